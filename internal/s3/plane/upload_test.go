package plane

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

const partSize = 5 << 20

func createUpload(t testing.TB, l *Local, bucket, key string) string {
	t.Helper()
	out := must[api.CreateMultipartUploadOutput](t, l, &api.CreateMultipartUploadInput{Bucket: &bucket, Key: &key})
	if *out.Key != key || *out.Bucket != bucket {
		t.Errorf("%+v", out)
	}
	return *out.UploadId
}

func uploadPart(t testing.TB, l *Local, bucket, key, id string, number int32, body string) api.CompletedPart {
	t.Helper()
	out := must[api.UploadPartOutput](t, l, &api.UploadPartInput{Bucket: &bucket, Key: &key, UploadId: &id, PartNumber: &number,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: new(int64(len(body)))})
	return api.CompletedPart{PartNumber: &number, ETag: out.ETag}
}

func complete(bucket, key, id string, parts ...api.CompletedPart) *api.CompleteMultipartUploadInput {
	return &api.CompleteMultipartUploadInput{Bucket: &bucket, Key: &key, UploadId: &id, MultipartUpload: &api.CompletedMultipartUpload{Parts: parts}}
}

func TestUploads(t *testing.T) {
	l := openLocal(t, t.TempDir())
	big, small := strings.Repeat("b", partSize), "the end"
	for _, versioning := range []string{"", api.BucketVersioningStatusEnabled, api.BucketVersioningStatusSuspended} {
		bucket, key := "bucket"+strings.ToLower(versioning), "dir//ü"
		createBucket(t, l, bucket)
		if versioning != "" {
			enableVersioning(t, l, bucket, versioning)
		}
		put(t, l, bucket, "source", small)
		id := createUpload(t, l, bucket, key)
		one := uploadPart(t, l, bucket, key, id, 1, big)
		copied := must[api.UploadPartCopyOutput](t, l, &api.UploadPartCopyInput{Bucket: &bucket, Key: &key, UploadId: &id, PartNumber: new(int32(2)), CopySource: new(bucket + "/source")})
		two := api.CompletedPart{PartNumber: new(int32(2)), ETag: copied.CopyPartResult.ETag}
		parts := must[api.ListPartsOutput](t, l, &api.ListPartsInput{Bucket: &bucket, Key: &key, UploadId: &id})
		if len(parts.Parts) != 2 || *parts.Key != key || *parts.UploadId != id || *parts.Parts[1].Size != int64(len(small)) {
			t.Errorf("%s: %+v", versioning, parts)
		}
		if c := code(l, complete(bucket, key, id, one, api.CompletedPart{PartNumber: new(int32(3)), ETag: one.ETag})); c != "InvalidPart" {
			t.Errorf("%s: a part that was not sent: %s", versioning, c)
		}
		out := must[api.CompleteMultipartUploadOutput](t, l, complete(bucket, key, id, one, two))
		if *out.Key != key || !strings.HasSuffix(*out.ETag, `-2"`) || (out.VersionId != nil) != (versioning == "Enabled") {
			t.Errorf("%s: %+v", versioning, out)
		}
		if body, _ := get(t, l, bucket, key, ""); body != big+small {
			t.Errorf("%s: %d bytes", versioning, len(body))
		}
		part := must[api.HeadObjectOutput](t, l, &api.HeadObjectInput{Bucket: &bucket, Key: &key, PartNumber: new(int32(2))})
		if *part.ContentLength != int64(len(small)) || *part.PartsCount != 2 {
			t.Errorf("%s: part 2: %+v", versioning, part)
		}
		if c := code(l, &api.ListPartsInput{Bucket: &bucket, Key: &key, UploadId: &id}); c != "NoSuchUpload" {
			t.Errorf("%s: parts of a completed upload: %s", versioning, c)
		}
		gone := createUpload(t, l, bucket, key)
		must[api.AbortMultipartUploadOutput](t, l, &api.AbortMultipartUploadInput{Bucket: &bucket, Key: &key, UploadId: &gone})
		if c := code(l, complete(bucket, key, gone, one)); c != "NoSuchUpload" {
			t.Errorf("%s: completing an aborted upload: %s", versioning, c)
		}
	}
}

func TestListUploads(t *testing.T) {
	l := openLocal(t, t.TempDir())
	createBucket(t, l, "bucket")
	var want []string
	for _, key := range []string{"a/1", "a/2", "b", "b", "c/x"} {
		want = append(want, key+" "+createUpload(t, l, "bucket", key))
	}
	for _, size := range []int32{1, 2, 1000} {
		var got []string
		in := &api.ListMultipartUploadsInput{Bucket: new("bucket"), MaxUploads: &size}
		for {
			out := must[api.ListMultipartUploadsOutput](t, l, in)
			for _, u := range out.Uploads {
				got = append(got, *u.Key+" "+*u.UploadId)
			}
			if !*out.IsTruncated {
				break
			}
			in.KeyMarker, in.UploadIdMarker = out.NextKeyMarker, out.NextUploadIdMarker
		}
		slices.Sort(got[2:4]) // of one key, by their beginning
		slices.Sort(want[2:4])
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d:\n%q\n%q", size, got, want)
		}
	}
	out := must[api.ListMultipartUploadsOutput](t, l, &api.ListMultipartUploadsInput{Bucket: new("bucket"), Delimiter: new("/")})
	if len(out.CommonPrefixes) != 2 || len(out.Uploads) != 2 {
		t.Errorf("%+v", out)
	}
}

// TestCompletionAfterCrash sets up what the store leaves behind when it dies
// before and after the object gets its name.
func TestCompletionAfterCrash(t *testing.T) {
	dir := t.TempDir()
	for _, linked := range []bool{false, true} {
		t.Run(fmt.Sprintf("linked=%v", linked), func(t *testing.T) {
			l := openLocal(t, dir)
			bucket := fmt.Sprintf("bucket-%v", linked)
			createBucket(t, l, bucket)
			id := createUpload(t, l, bucket, "key")
			part := uploadPart(t, l, bucket, "key", id, 1, "body")
			parts := filepath.Join(dir, "buckets", bucket, partsDir(nameOf("key")))
			saved := t.TempDir()
			if err := os.CopyFS(saved, os.DirFS(parts)); err != nil {
				t.Fatal(err)
			}
			if linked {
				must[api.CompleteMultipartUploadOutput](t, l, complete(bucket, "key", id, part))
				if err := os.MkdirAll(filepath.Join(parts, id), 0o700); err != nil {
					t.Fatal(err)
				}
				(attributesForTest{}).set(t, parts, "objname", nameOf("key"))
			}
			if err := os.Rename(filepath.Join(parts, id), filepath.Join(parts, id+".0123-1"+inProgress)); err != nil {
				t.Fatal(err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l.server, l.posix = nil, nil // closed already
			again := openLocal(t, dir)
			if linked {
				if c := code(again, &api.ListPartsInput{Bucket: &bucket, Key: new("key"), UploadId: &id}); c != "NoSuchUpload" {
					t.Errorf("parts of an upload that was completed: %q", c)
				}
			}
			must[api.CompleteMultipartUploadOutput](t, again, complete(bucket, "key", id, part))
			if body, c := get(t, again, bucket, "key", ""); body != "body" {
				t.Errorf("after the crash: %q, %s", body, c)
			}
			if left := aws.Val(must[api.ListMultipartUploadsOutput](t, again, &api.ListMultipartUploadsInput{Bucket: &bucket}).IsTruncated); left {
				t.Error("uploads are left")
			}
		})
	}
}

type attributesForTest struct{}

func (attributesForTest) set(t *testing.T, path, name, value string) {
	t.Helper()
	a, err := attributesOf(t.TempDir(), filepath.Dir(path), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.MetadataStorer.StoreAttribute(nil, path, "", name, []byte(value)); err != nil {
		t.Fatal(err)
	}
}
