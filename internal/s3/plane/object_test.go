package plane

import (
	"context"
	"encoding/base64"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/s3"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// code makes a call and returns the code of its refusal.
func code(s store, in wire.Shape) string {
	out, err := s.Do(context.Background(), in)
	if get, ok := out.(*api.GetObjectOutput); ok && err == nil {
		get.Body.Close()
	}
	return aws.CodeOf(err)
}

func enableVersioning(t testing.TB, s store, bucket, status string) {
	t.Helper()
	must[api.PutBucketVersioningOutput](t, s, &api.PutBucketVersioningInput{Bucket: &bucket,
		VersioningConfiguration: &api.VersioningConfiguration{Status: &status}})
}

func TestProperties(t *testing.T) {
	l := openLocal(t, t.TempDir())
	createBucket(t, l, "bucket")
	in := putInput("bucket", "log.json.gz", "hello")
	in.ContentType, in.ContentEncoding, in.CacheControl = new("application/json"), new("gzip"), new("no-store")
	in.ContentDisposition, in.ContentLanguage = new("inline"), new("de")
	in.Metadata = map[string]string{"signature": "abc", "two-words": "a b"}
	in.Tagging = new("team=audit&env=two%20words")
	must[api.PutObjectOutput](t, l, in)
	out := must[api.GetObjectOutput](t, l, &api.GetObjectInput{Bucket: new("bucket"), Key: new("log.json.gz"), Range: new("bytes=1-3")})
	b, _ := io.ReadAll(out.Body)
	out.Body.Close()
	if string(b) != "ell" || *out.ContentLength != 3 || *out.ContentRange != "bytes 1-3/5" {
		t.Errorf("range: %q, %d, %s", b, *out.ContentLength, *out.ContentRange)
	}
	head := must[api.HeadObjectOutput](t, l, &api.HeadObjectInput{Bucket: new("bucket"), Key: new("log.json.gz")})
	for what, got := range map[string]struct{ got, want string }{
		"type":     {aws.Val(head.ContentType), "application/json"},
		"encoding": {aws.Val(head.ContentEncoding), "gzip"},
		"cache":    {aws.Val(head.CacheControl), "no-store"},
		"dispose":  {aws.Val(head.ContentDisposition), "inline"},
		"language": {aws.Val(head.ContentLanguage), "de"},
		"meta":     {head.Metadata["signature"], "abc"},
		"words":    {head.Metadata["two-words"], "a b"},
		"etag":     {aws.Val(head.ETag), `"5d41402abc4b2a76b9719d911017c592"`},
	} {
		if got.got != got.want {
			t.Errorf("%s: %q, want %q", what, got.got, got.want)
		}
	}
	attrs := must[api.GetObjectAttributesOutput](t, l, &api.GetObjectAttributesInput{Bucket: new("bucket"), Key: new("log.json.gz"), ObjectAttributes: []string{"ETag", "ObjectSize"}})
	if *attrs.ObjectSize != 5 || *attrs.ETag != "5d41402abc4b2a76b9719d911017c592" || !attrs.LastModified.Equal(*head.LastModified) {
		t.Errorf("%+v", attrs)
	}
	if head.VersionId != nil || *head.ContentLength != 5 || aws.Val(head.TagCount) != 2 {
		t.Errorf("%+v", head)
	}
	tags := must[api.GetObjectTaggingOutput](t, l, &api.GetObjectTaggingInput{Bucket: new("bucket"), Key: new("log.json.gz")})
	if len(tags.TagSet) != 2 {
		t.Errorf("tags: %+v", tags)
	}
	if c := code(l, &api.GetObjectInput{Bucket: new("bucket"), Key: new("log.json.gz"), Range: new("bytes=9-")}); c != "InvalidRange" {
		t.Errorf("range behind the end: %s", c)
	}
}

func TestConditions(t *testing.T) {
	l := openLocal(t, t.TempDir())
	for _, bucket := range []string{"plain", "versioned"} {
		createBucket(t, l, bucket)
		if bucket == "versioned" {
			enableVersioning(t, l, bucket, api.BucketVersioningStatusEnabled)
		}
		with := func(body string, ifMatch, ifNoneMatch *string) string {
			in := putInput(bucket, "key", body)
			in.IfMatch, in.IfNoneMatch = ifMatch, ifNoneMatch
			return code(l, in)
		}
		if c := with("one", new(`"0"`), nil); c != "NoSuchKey" {
			t.Errorf("%s: if-match of nothing: %s", bucket, c)
		}
		if c := with("one", nil, new("*")); c != "" {
			t.Errorf("%s: first: %s", bucket, c)
		}
		if c := with("two", nil, new("*")); c != "PreconditionFailed" {
			t.Errorf("%s: second: %s", bucket, c)
		}
		etag := must[api.HeadObjectOutput](t, l, &api.HeadObjectInput{Bucket: &bucket, Key: new("key")}).ETag
		if c := with("two", etag, nil); c != "" {
			t.Errorf("%s: if-match: %s", bucket, c)
		}
		if c := with("three", etag, nil); c != "PreconditionFailed" {
			t.Errorf("%s: stale if-match: %s", bucket, c)
		}
		if body, _ := get(t, l, bucket, "key", ""); body != "two" {
			t.Errorf("%s: %q", bucket, body)
		}
		if c := code(l, &api.GetObjectInput{Bucket: &bucket, Key: new("key"), IfMatch: etag}); c != "PreconditionFailed" {
			t.Errorf("%s: get if-match: %s", bucket, c)
		}
		now := must[api.HeadObjectOutput](t, l, &api.HeadObjectInput{Bucket: &bucket, Key: new("key")})
		if c := code(l, &api.GetObjectInput{Bucket: &bucket, Key: new("key"), IfNoneMatch: now.ETag}); c != "NotModified" {
			t.Errorf("%s: get if-none-match: %s", bucket, c)
		}
		if c := code(l, &api.DeleteObjectInput{Bucket: &bucket, Key: new("key"), IfMatch: etag}); c != "PreconditionFailed" {
			t.Errorf("%s: delete if-match: %s", bucket, c)
		}
	}
}

func TestChecksums(t *testing.T) {
	l := openLocal(t, t.TempDir())
	createBucket(t, l, "bucket")
	body := strings.Repeat("0123456789", 20_000) // several chunks
	for _, algorithm := range []string{"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"} {
		sum := s3.NewChecksum(algorithm)
		io.WriteString(sum, body)
		want := base64.StdEncoding.EncodeToString(sum.Sum(nil))
		for _, size := range []int{0, 1, chunkSize, chunkSize + 1, len(body)} {
			in := putInput("bucket", algorithm, body[:size])
			in.ChecksumAlgorithm = new(algorithm)
			must[api.PutObjectOutput](t, l, in)
			if got, _ := get(t, l, "bucket", algorithm, ""); got != body[:size] {
				t.Fatalf("%s: %d bytes became %d", algorithm, size, len(got))
			}
		}
		out := must[api.HeadObjectOutput](t, l, &api.HeadObjectInput{Bucket: new("bucket"), Key: new(algorithm), ChecksumMode: new("ENABLED")})
		got := map[string]*string{"CRC32": out.ChecksumCRC32, "CRC32C": out.ChecksumCRC32C, "CRC64NVME": out.ChecksumCRC64NVME, "SHA1": out.ChecksumSHA1, "SHA256": out.ChecksumSHA256}
		for a, sum := range got {
			if (a == algorithm) != (sum != nil) || sum != nil && *sum != want {
				t.Errorf("%s: the object has %s %q", algorithm, a, aws.Val(sum))
			}
		}
		if out.ContentEncoding != nil {
			t.Errorf("%s: encoding %q", algorithm, *out.ContentEncoding)
		}
	}
	in := putInput("bucket", "wrong", body)
	in.ChecksumCRC32 = new("AAAAAA==")
	if c := code(l, in); c != "BadDigest" {
		t.Errorf("wrong checksum: %s", c)
	}
	in = putInput("bucket", "wrong", body)
	in.ContentMD5 = new("AAAAAAAAAAAAAAAAAAAAAA==")
	if c := code(l, in); c != "BadDigest" {
		t.Errorf("wrong MD5: %s", c)
	}
	if _, c := get(t, l, "bucket", "wrong", ""); c != "NoSuchKey" {
		t.Errorf("a refused object is there: %s", c)
	}
}

func TestTrailedLength(t *testing.T) {
	for _, n := range []int{0, 1, 15, 16, 17, chunkSize - 1, chunkSize, chunkSize + 1, 3*chunkSize + 7} {
		b, err := io.ReadAll(newTrailed(io.NopCloser(strings.NewReader(strings.Repeat("x", n))), "CRC32"))
		if err != nil || int64(len(b)) != trailedLength(int64(n), "CRC32") {
			t.Errorf("%d bytes became %d, not %d; %v", n, len(b), trailedLength(int64(n), "CRC32"), err)
		}
	}
}

// broken is a body that is refused before its end.
type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = aws.Errorf("SignatureDoesNotMatch", "no")
	}
	return n, err
}
func (broken) Close() error { return nil }

func TestRefusedBody(t *testing.T) {
	l := openLocal(t, t.TempDir())
	createBucket(t, l, "bucket")
	for _, algorithm := range []*string{nil, new("CRC32")} {
		for _, size := range []int{10, smallBody, 5 * chunkSize} {
			in := putInput("bucket", "dir/key", "")
			in.Body, in.ContentLength, in.ChecksumAlgorithm = broken{strings.NewReader(strings.Repeat("x", size))}, new(int64(size+1)), algorithm
			if c := code(l, in); c != "SignatureDoesNotMatch" {
				t.Errorf("%d bytes: code %s", size, c)
			}
		}
	}
	// The store hears of a body that breaks off only afterwards.
	deadline := time.Now().Add(time.Minute)
	for code(l, &api.DeleteBucketInput{Bucket: new("bucket")}) == "OperationAborted" && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if c := code(l, &api.ListObjectsV2Input{Bucket: new("bucket")}); c != "NoSuchBucket" {
		t.Errorf("what was refused is in the bucket: %q %q", c, list(t, l, "bucket", "", "", 10))
	}
}

// TestDates: the date that the store tells is one at which an object was not
// modified since, also for copies, and for keys that S3s read differently.
func TestDates(t *testing.T) {
	l := openLocal(t, t.TempDir())
	createBucket(t, l, "bucket")
	must[api.PutObjectOutput](t, l, putInput("bucket", "a+b", "body"))
	told := must[api.HeadObjectOutput](t, l, &api.HeadObjectInput{Bucket: new("bucket"), Key: new("a+b")}).LastModified
	before := new(told.Add(-time.Second))
	get := func(since, unmodified *time.Time) string {
		return code(l, &api.GetObjectInput{Bucket: new("bucket"), Key: new("a+b"), IfModifiedSince: since, IfUnmodifiedSince: unmodified})
	}
	copied := func(since, unmodified *time.Time) string {
		return code(l, &api.CopyObjectInput{
			Bucket: new("bucket"), Key: new("copy"), CopySource: new("bucket/a%2Bb"),
			CopySourceIfModifiedSince: since, CopySourceIfUnmodifiedSince: unmodified,
		})
	}
	got := []string{get(told, nil), get(before, nil), get(nil, told), get(nil, before), copied(told, nil), copied(before, nil), copied(nil, told), copied(nil, before)}
	want := []string{"NotModified", "", "", "PreconditionFailed", "PreconditionFailed", "", "", "PreconditionFailed"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCopy(t *testing.T) {
	l := openLocal(t, t.TempDir())
	createBucket(t, l, "source")
	createBucket(t, l, "target")
	in := putInput("source", "dir/ä b?", "body")
	in.Metadata, in.ContentType, in.Tagging, in.ChecksumAlgorithm = map[string]string{"a": "1"}, new("text/x"), new("k=v"), new("CRC32")
	must[api.PutObjectOutput](t, l, in)
	source := "source/dir/%C3%A4%20b%3F"
	sum := crc32.ChecksumIEEE([]byte("body"))
	want := base64.StdEncoding.EncodeToString([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})

	for _, versioning := range []string{"", api.BucketVersioningStatusEnabled, api.BucketVersioningStatusSuspended} {
		if versioning != "" {
			enableVersioning(t, l, "target", versioning)
		}
		out := must[api.CopyObjectOutput](t, l, &api.CopyObjectInput{Bucket: new("target"), Key: new("a/b"), CopySource: &source})
		if (out.VersionId != nil) != (versioning == "Enabled") || aws.Val(out.CopyObjectResult.ETag) == "" || out.CopyObjectResult.LastModified == nil {
			t.Errorf("%s: %+v", versioning, out)
		}
		head := must[api.HeadObjectOutput](t, l, &api.HeadObjectInput{Bucket: new("target"), Key: new("a/b"), ChecksumMode: new("ENABLED")})
		if len(head.Metadata) != 1 || head.Metadata["a"] != "1" || *head.ContentType != "text/x" || aws.Val(head.TagCount) != 1 || aws.Val(head.ChecksumCRC32) != want {
			t.Errorf("%s: %+v", versioning, head)
		}
		// onto itself, with other metadata
		self := &api.CopyObjectInput{Bucket: new("target"), Key: new("a/b"), CopySource: new("target/a/b")}
		if c := code(l, self); (c == "InvalidRequest") != (versioning != "Enabled") {
			t.Errorf("%s: copy to itself: %q", versioning, c)
		}
		self.MetadataDirective, self.Metadata, self.ContentType = new("REPLACE"), map[string]string{"b": "2"}, new("text/y")
		must[api.CopyObjectOutput](t, l, self)
		head = must[api.HeadObjectOutput](t, l, &api.HeadObjectInput{Bucket: new("target"), Key: new("a/b"), ChecksumMode: new("ENABLED")})
		if len(head.Metadata) != 1 || head.Metadata["b"] != "2" || *head.ContentType != "text/y" || aws.Val(head.TagCount) != 1 || aws.Val(head.ChecksumCRC32) != want {
			t.Errorf("%s: %+v", versioning, head)
		}
		if body, _ := get(t, l, "target", "a/b", ""); body != "body" {
			t.Errorf("%s: %q", versioning, body)
		}
	}
	if c := code(l, &api.CopyObjectInput{Bucket: new("target"), Key: new("x"), CopySource: new("source/nothing")}); c != "NoSuchKey" {
		t.Errorf("copy of nothing: %s", c)
	}
	if c := code(l, &api.CopyObjectInput{Bucket: new("target"), Key: new("x"), CopySource: &source, CopySourceIfNoneMatch: new("*")}); c != "PreconditionFailed" {
		t.Errorf("copy if none match: %s", c)
	}
}

func TestVersionsOfOneKey(t *testing.T) {
	l := openLocal(t, t.TempDir())
	createBucket(t, l, "bucket")
	put(t, l, "bucket", "key", "null")
	enableVersioning(t, l, "bucket", api.BucketVersioningStatusEnabled)
	v1 := *put(t, l, "bucket", "key", "one").VersionId
	v2 := *put(t, l, "bucket", "key", "two").VersionId
	del := must[api.DeleteObjectOutput](t, l, &api.DeleteObjectInput{Bucket: new("bucket"), Key: new("key")})
	if !aws.Val(del.DeleteMarker) || del.VersionId == nil {
		t.Fatalf("%+v", del)
	}
	for version, want := range map[string]string{v1: "one", v2: "two", "null": "null"} {
		if body, _ := get(t, l, "bucket", "key", version); body != want {
			t.Errorf("version %s: %q, want %q", version, body, want)
		}
	}
	for version, want := range map[string]string{
		"": "NoSuchKey", *del.VersionId: "MethodNotAllowed", newVersion(false): "NoSuchVersion", "nonsense": "InvalidArgument",
	} {
		if _, got := get(t, l, "bucket", "key", version); got != want {
			t.Errorf("version %q: %s, want %s", version, got, want)
		}
	}
	must[api.PutObjectTaggingOutput](t, l, &api.PutObjectTaggingInput{Bucket: new("bucket"), Key: new("key"), VersionId: &v1,
		Tagging: &api.Tagging{TagSet: []api.Tag{{Key: new("a"), Value: new("b")}}}})
	if c := code(l, &api.DeleteBucketInput{Bucket: new("bucket")}); c != "BucketNotEmpty" {
		t.Errorf("delete of a bucket with versions: %s", c)
	}
	must[api.DeleteObjectOutput](t, l, &api.DeleteObjectInput{Bucket: new("bucket"), Key: new("key"), VersionId: del.VersionId})
	if body, _ := get(t, l, "bucket", "key", ""); body != "two" {
		t.Errorf("without the marker: %q", body)
	}
	out := must[api.DeleteObjectsOutput](t, l, &api.DeleteObjectsInput{Bucket: new("bucket"), Delete: &api.Delete{Objects: []api.ObjectIdentifier{
		{Key: new("key"), VersionId: &v1}, {Key: new("key"), VersionId: &v2}, {Key: new("key"), VersionId: new("null")}, {Key: new("other")}, {Key: new("bad"), VersionId: new("x")},
	}}})
	if len(out.Deleted) != 4 || len(out.Errors) != 1 || aws.Val(out.Deleted[3].DeleteMarkerVersionId) == "" {
		t.Errorf("%+v", out)
	}
}

func TestObjectLock(t *testing.T) {
	l := openLocal(t, t.TempDir())
	must[api.CreateBucketOutput](t, l, &api.CreateBucketInput{Bucket: new("bucket"), ObjectLockEnabledForBucket: new(true)})
	v := put(t, l, "bucket", "key", "kept").VersionId
	if v == nil {
		t.Fatal("a bucket with object lock has no versions")
	}
	must[api.PutObjectLegalHoldOutput](t, l, &api.PutObjectLegalHoldInput{Bucket: new("bucket"), Key: new("key"), LegalHold: &api.ObjectLockLegalHold{Status: new("ON")}})
	hold := must[api.GetObjectLegalHoldOutput](t, l, &api.GetObjectLegalHoldInput{Bucket: new("bucket"), Key: new("key"), VersionId: v})
	if *hold.LegalHold.Status != "ON" {
		t.Errorf("%+v", hold.LegalHold)
	}
	if c := code(l, &api.DeleteObjectInput{Bucket: new("bucket"), Key: new("key"), VersionId: v}); c != "AccessDenied" {
		t.Errorf("delete of a held version: %q", c)
	}
	must[api.DeleteObjectOutput](t, l, &api.DeleteObjectInput{Bucket: new("bucket"), Key: new("key")})
	must[api.PutObjectLegalHoldOutput](t, l, &api.PutObjectLegalHoldInput{Bucket: new("bucket"), Key: new("key"), VersionId: v, LegalHold: &api.ObjectLockLegalHold{Status: new("OFF")}})
	must[api.DeleteObjectOutput](t, l, &api.DeleteObjectInput{Bucket: new("bucket"), Key: new("key"), VersionId: v})
}
