package plane

import (
	"context"
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// told is an answer as a text to compare: the output with its body, or the
// refusal.
func told(t *testing.T, out wire.Shape, err error) string {
	t.Helper()
	if err != nil {
		return err.Error()
	}
	body := ""
	if get, ok := out.(*api.GetObjectOutput); ok {
		all, err := io.ReadAll(get.Body)
		if err != nil {
			t.Fatal(err)
		}
		get.Body.Close()
		get.Body, body = nil, string(all)
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + body
}

// TestDirect: who is answered directly is answered as through the server.
func TestDirect(t *testing.T) {
	l := openLocal(t, t.TempDir())
	createBucket(t, l, "bucket")
	d := l.tree.store.(*direct)
	put(t, l, "bucket", "plain", "0123456789")
	put(t, l, "bucket", "empty", "")
	rich := putInput("bucket", "a/b/rich", "0123456789")
	rich.Metadata = map[string]string{"Colour": "red", "b": "c d"}
	rich.ContentType, rich.ContentEncoding, rich.CacheControl, rich.ContentDisposition = new("text/x"), new("gzip"), new("no-cache"), new("inline")
	rich.ContentLanguage, rich.Expires, rich.Tagging, rich.WebsiteRedirectLocation = new("de"), new("Thu, 01 Dec 2033 16:00:00 GMT"), new("a=b&c=d"), new("/x")
	rich.ChecksumAlgorithm = new("SHA256")
	etag := must[api.PutObjectOutput](t, l, rich).ETag
	for _, key := range []string{"plain", "empty", "a/b/rich", "a/b", "nothing"} {
		name := nameOf(key)
		for _, edit := range []func(*api.GetObjectInput){
			func(*api.GetObjectInput) {},
			func(in *api.GetObjectInput) { in.ChecksumMode = new("ENABLED") },
			func(in *api.GetObjectInput) { in.Range = new("bytes=2-4") },
			func(in *api.GetObjectInput) { in.Range = new("bytes=-3") },
			func(in *api.GetObjectInput) { in.Range = new("bytes=10-") },
			func(in *api.GetObjectInput) { in.Range = new("nonsense") },
			func(in *api.GetObjectInput) { in.IfMatch = etag },
			func(in *api.GetObjectInput) { in.IfNoneMatch = etag },
			func(in *api.GetObjectInput) { in.IfModifiedSince = new(time.Now().Add(-time.Hour)) },
			func(in *api.GetObjectInput) { in.IfUnmodifiedSince = new(time.Now().Add(-time.Hour)) },
			func(in *api.GetObjectInput) { in.PartNumber = new(int32(1)) },
			func(in *api.GetObjectInput) { in.ResponseContentType = new("text/y") },
		} {
			in := &api.GetObjectInput{Bucket: new("bucket"), Key: &name}
			edit(in)
			head := &api.HeadObjectInput{Bucket: in.Bucket, Key: in.Key, Range: in.Range, ChecksumMode: in.ChecksumMode, PartNumber: in.PartNumber,
				IfMatch: in.IfMatch, IfNoneMatch: in.IfNoneMatch, IfModifiedSince: in.IfModifiedSince, IfUnmodifiedSince: in.IfUnmodifiedSince, ResponseContentType: in.ResponseContentType}
			sameAnswer(t, d, in)
			sameAnswer(t, d, head)
		}
	}
	for _, in := range []*api.ListObjectsV2Input{
		{}, {Prefix: new("a/")}, {Delimiter: new("/")}, {MaxKeys: new(int32(1))}, {MaxKeys: new(int32(0))}, {MaxKeys: new(int32(5000))},
		{StartAfter: new("b")}, {ContinuationToken: new("b"), StartAfter: new("a")}, {Bucket: new("nowhere")}, {MaxKeys: new(int32(-1))},
	} {
		if in.Bucket == nil {
			in.Bucket = new("bucket")
		}
		sameAnswer(t, d, in)
	}
}

// sameAnswer compares the two ways. A page that a server of S3 was asked for in
// other words says so, which nobody reads.
func sameAnswer(t *testing.T, d *direct, in wire.Shape) {
	t.Helper()
	ask := func(s store) string {
		out, err := s.Do(context.Background(), in)
		if list, ok := out.(*api.ListObjectsV2Output); ok && err == nil {
			list.ContinuationToken, list.EncodingType = nil, nil
			if len(list.Contents) == 0 {
				list.Contents = nil
			}
			for i := range list.Contents {
				if a := list.Contents[i].ChecksumAlgorithm; len(a) == 1 && a[0] == "" {
					list.Contents[i].ChecksumAlgorithm = nil
				}
			}
		}
		return told(t, out, err)
	}
	if got, want := ask(d), ask(d.Endpoint); got != want {
		text, _ := json.Marshal(in)
		t.Errorf("%T %s:\ndirectly           %s\nthrough the server %s", in, text, got, want)
	}
}

func TestDirectLock(t *testing.T) {
	l := openLocal(t, t.TempDir())
	must[api.CreateBucketOutput](t, l, &api.CreateBucketInput{Bucket: new("locked"), ObjectLockEnabledForBucket: new(true)})
	in := putInput("locked", "key", "content")
	in.ObjectLockMode, in.ObjectLockRetainUntilDate, in.ObjectLockLegalHoldStatus = new("GOVERNANCE"), new(time.Now().Add(time.Hour)), new("ON")
	id := must[api.PutObjectOutput](t, l, in).VersionId
	name := nameOfVersion("key", aws.Val(id))
	d := l.tree.store.(*direct)
	sameAnswer(t, d, &api.GetObjectInput{Bucket: new("locked"), Key: &name})
	sameAnswer(t, d, &api.HeadObjectInput{Bucket: new("locked"), Key: &name})
	must[api.DeleteObjectOutput](t, l, &api.DeleteObjectInput{Bucket: new("locked"), Key: new("other")})
	must[api.PutObjectLegalHoldOutput](t, l, &api.PutObjectLegalHoldInput{Bucket: new("locked"), Key: new("key"), LegalHold: &api.ObjectLockLegalHold{Status: new("OFF")}})
	sameAnswer(t, d, &api.HeadObjectInput{Bucket: new("locked"), Key: &name})
}
