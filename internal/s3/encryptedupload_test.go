package s3_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/s3"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

func TestEncryptedUpload(t *testing.T) {
	h, _ := newKeyHouse(t)
	must[api.PutObjectOutput](h, kmsInput("bucket", "source", text(5<<20+100)))
	for _, algorithm := range []string{"", "CRC32", "CRC64NVME"} {
		create := &api.CreateMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), ServerSideEncryption: new("aws:kms"), SSEKMSKeyId: new("k-1"), Metadata: map[string]string{"colour": "red"}}
		if algorithm != "" {
			create.ChecksumAlgorithm = &algorithm
		}
		up := must[api.CreateMultipartUploadOutput](h, create)
		contents := map[int32]string{2: text(5<<20 + 1), 3: text(5 << 20), 7: "the end"}
		var list []api.CompletedPart
		var want string
		for _, number := range []int32{2, 3, 7} {
			out := must[api.UploadPartOutput](h, h.partInput(up.UploadId, number, contents[number]))
			if (out.ChecksumCRC64NVME != nil) != (algorithm == "CRC64NVME") {
				t.Errorf("part %d with %q: %+v", number, algorithm, out)
			}
			list = append(list, api.CompletedPart{PartNumber: &number, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32})
			want += contents[number]
		}
		copied := must[api.UploadPartCopyOutput](h, &api.UploadPartCopyInput{Bucket: new("bucket"), Key: new("key"), UploadId: up.UploadId,
			PartNumber: new(int32(3)), CopySource: new("bucket/source"), CopySourceRange: new("bytes=100-5242979")})
		list[1].ETag, list[1].ChecksumCRC32 = copied.CopyPartResult.ETag, copied.CopyPartResult.ChecksumCRC32
		contents[3] = text(5<<20 + 100)[100:]
		want = contents[2] + contents[3] + contents[7]
		parts := must[api.ListPartsOutput](h, &api.ListPartsInput{Bucket: new("bucket"), Key: new("key"), UploadId: up.UploadId})
		if len(parts.Parts) != 3 || *parts.Parts[0].Size != 5<<20+1 || *parts.Parts[2].Size != 7 || (parts.Parts[0].ChecksumCRC32 != nil) != (algorithm == "CRC32") {
			t.Errorf("%+v", parts.Parts)
		}
		uploads := must[api.ListMultipartUploadsOutput](h, &api.ListMultipartUploadsInput{Bucket: new("bucket")})
		if len(uploads.Uploads) != 1 || *uploads.Uploads[0].UploadId != *up.UploadId {
			t.Errorf("%+v", uploads.Uploads)
		}
		done := must[api.CompleteMultipartUploadOutput](h, &api.CompleteMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), UploadId: up.UploadId,
			MpuObjectSize: new(int64(len(want))), MultipartUpload: &api.CompletedMultipartUpload{Parts: list}})
		h.uploaded(done, algorithm, want)
		if got := h.code(&api.ListPartsInput{Bucket: new("bucket"), Key: new("key"), UploadId: up.UploadId}); got != "NoSuchUpload" {
			t.Errorf("parts of what is done: %q", got)
		}
	}
}

func (h *house) partInput(id *string, number int32, content string) *api.UploadPartInput {
	return &api.UploadPartInput{Bucket: new("bucket"), Key: new("key"), UploadId: id, PartNumber: &number,
		Body: io.NopCloser(strings.NewReader(content)), ContentLength: new(int64(len(content)))}
}

// uploaded checks an object that was uploaded in three parts.
func (h *house) uploaded(done *api.CompleteMultipartUploadOutput, algorithm, want string) {
	t := h.t
	t.Helper()
	out, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key"), ChecksumMode: new("ENABLED")})
	if err != nil || got != want || *out.ContentLength != int64(len(want)) || out.Metadata["colour"] != "red" || len(out.Metadata) != 1 || !strings.Contains(*done.ETag, "-3") {
		t.Fatalf("%v, %d of %d bytes, %+v", err, len(got), len(want), out)
	}
	if algorithm != "CRC64NVME" && done.ChecksumCRC64NVME != nil || algorithm == "" && done.ChecksumType != nil {
		t.Errorf("a checksum of what is stored: %+v", done)
	}
	switch algorithm {
	case "CRC32":
		if !strings.HasSuffix(aws.Val(out.ChecksumCRC32), "-3") || aws.Val(out.ChecksumType) != "COMPOSITE" || aws.Val(done.ChecksumCRC32) != *out.ChecksumCRC32 {
			t.Errorf("%+v, %+v", done, out)
		}
	case "CRC64NVME":
		sum := s3.NewChecksum(algorithm)
		io.WriteString(sum, want)
		if aws.Val(out.ChecksumCRC64NVME) != base64.StdEncoding.EncodeToString(sum.Sum(nil)) || aws.Val(out.ChecksumType) != "FULL_OBJECT" {
			t.Errorf("%+v", out)
		}
	}
	border := 5<<20 + 1
	for _, r := range [][2]int{{0, 0}, {border - 1, border}, {border - segment, border + 2*segment}, {border, border}, {10, len(want) - 1}, {len(want) - 8, len(want) - 1}} {
		_, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key"), Range: new(fmt.Sprintf("bytes=%d-%d", r[0], r[1]))})
		if err != nil || got != want[r[0]:r[1]+1] {
			t.Errorf("%v: %v, %d bytes", r, err, len(got))
		}
	}
	part, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key"), PartNumber: new(int32(3))})
	if err != nil || got != "the end" || aws.Val(part.PartsCount) != 3 || aws.Val(part.ContentRange) == "" {
		t.Errorf("%v, %q, %+v", err, got, part)
	}
	attributes := must[api.GetObjectAttributesOutput](h, &api.GetObjectAttributesInput{Bucket: new("bucket"), Key: new("key"), MaxParts: new(int32(2)), ObjectAttributes: []string{"ObjectSize", "ObjectParts"}})
	if p := attributes.ObjectParts; *attributes.ObjectSize != int64(len(want)) || *p.TotalPartsCount != 3 || algorithm != "" && (len(p.Parts) != 2 || !*p.IsTruncated || *p.Parts[0].Size != int64(border)) {
		t.Errorf("%+v", attributes)
	}
	list := must[api.ListObjectsV2Output](h, &api.ListObjectsV2Input{Bucket: new("bucket"), Prefix: new("key")})
	if *list.Contents[0].Size != int64(len(want)) {
		t.Errorf("listed with %d bytes", *list.Contents[0].Size)
	}
}

func TestEncryptedUploadRefusals(t *testing.T) {
	h, _ := newKeyHouse(t)
	up := must[api.CreateMultipartUploadOutput](h, &api.CreateMultipartUploadInput{Bucket: new("bucket"), Key: new("key"),
		ServerSideEncryption: new("aws:kms"), ChecksumAlgorithm: new("CRC32")})
	part := h.partInput(up.UploadId, 1, "content")
	part.ChecksumSHA1 = new("AAAA")
	if got := h.code(part); got != "InvalidRequest" {
		t.Errorf("other checksum: %q", got)
	}
	h.allow = refusing("kms:Decrypt")
	if got := h.code(h.partInput(up.UploadId, 1, "content")); got != "AccessDenied" {
		t.Errorf("part without kms:Decrypt: %q", got)
	}
	h.allow = nil
	one := must[api.UploadPartOutput](h, h.partInput(up.UploadId, 1, "content"))
	two := must[api.UploadPartOutput](h, h.partInput(up.UploadId, 2, "content"))
	complete := func(edit func(*api.CompleteMultipartUploadInput)) string {
		in := &api.CompleteMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), UploadId: up.UploadId, MultipartUpload: &api.CompletedMultipartUpload{
			Parts: []api.CompletedPart{{PartNumber: new(int32(1)), ETag: one.ETag}}}}
		edit(in)
		return h.code(in)
	}
	for want, edit := range map[string]func(*api.CompleteMultipartUploadInput){
		"EntityTooSmall": func(in *api.CompleteMultipartUploadInput) {
			in.MultipartUpload.Parts = append(in.MultipartUpload.Parts, api.CompletedPart{PartNumber: new(int32(2)), ETag: two.ETag})
		},
		"InvalidRequest": func(in *api.CompleteMultipartUploadInput) { in.MpuObjectSize = new(int64(8)) },
		"InvalidPart": func(in *api.CompleteMultipartUploadInput) {
			in.MultipartUpload.Parts[0].ChecksumCRC32 = new("AAAAAA==")
		},
		"BadDigest":    func(in *api.CompleteMultipartUploadInput) { in.ChecksumCRC32 = new("AAAAAA==") },
		"NoSuchUpload": func(in *api.CompleteMultipartUploadInput) { in.UploadId = new("none.kms") },
		"":             func(*api.CompleteMultipartUploadInput) {},
	} {
		if want == "" {
			continue
		}
		if got := complete(edit); got != want {
			t.Errorf("want %q: %q", want, got)
		}
	}
	plain := must[api.CreateMultipartUploadOutput](h, &api.CreateMultipartUploadInput{Bucket: new("bucket"), Key: new("plain"), ServerSideEncryption: new("AES256")})
	for _, number := range []int32{1, 2} {
		in := h.partInput(plain.UploadId, number, "content")
		in.Key = new("plain")
		must[api.UploadPartOutput](h, in)
	}
	for key, id := range map[string]*string{"key": up.UploadId, "plain": plain.UploadId} {
		for want, numbers := range map[string][]*int32{
			"InvalidPartOrder": {new(int32(2)), new(int32(1))}, // though part 2 is too small for a part that others follow
			"InvalidArgument":  {new(int32(0))},
			"MalformedXML":     {nil},
		} {
			list := &api.CompletedMultipartUpload{}
			for _, n := range numbers {
				list.Parts = append(list.Parts, api.CompletedPart{PartNumber: n, ETag: one.ETag})
			}
			if got := h.code(&api.CompleteMultipartUploadInput{Bucket: new("bucket"), Key: &key, UploadId: id, MultipartUpload: list}); got != want {
				t.Errorf("%s: want %q: %q", key, want, got)
			}
		}
		twice := &api.CompletedMultipartUpload{Parts: []api.CompletedPart{{PartNumber: new(int32(1)), ETag: one.ETag}, {PartNumber: new(int32(1)), ETag: one.ETag}}}
		if got := h.code(&api.CompleteMultipartUploadInput{Bucket: new("bucket"), Key: &key, UploadId: id, MultipartUpload: twice}); got != "InvalidPartOrder" {
			t.Errorf("%s: a part twice: %q", key, got)
		}
	}
	if got := complete(func(*api.CompleteMultipartUploadInput) {}); got != "" {
		t.Error(got)
	}
	up = must[api.CreateMultipartUploadOutput](h, &api.CreateMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), ServerSideEncryption: new("aws:kms")})
	must[api.AbortMultipartUploadOutput](h, &api.AbortMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), UploadId: up.UploadId})
	if got := h.code(h.partInput(up.UploadId, 1, "content")); got != "NoSuchUpload" {
		t.Errorf("part of what was dropped: %q", got)
	}
	for kind, algorithm := range map[string]string{"FULL_OBJECT": "SHA256", "COMPOSITE": "CRC64NVME"} {
		if got := h.code(&api.CreateMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), ServerSideEncryption: new("aws:kms"), ChecksumAlgorithm: &algorithm, ChecksumType: &kind}); got != "InvalidRequest" {
			t.Errorf("%s of %s: %q", kind, algorithm, got)
		}
	}
}
