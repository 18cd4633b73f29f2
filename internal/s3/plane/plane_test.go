package plane

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// openLocal opens a store in a directory of the test. Since the store moves
// the working directory, tests that use it do not run side by side.
func openLocal(t testing.TB, dir string) *Local { return openWith(t, dir, false) }

func openWith(t testing.TB, dir string, beside bool) *Local {
	t.Helper()
	l, err := open(dir, beside)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func must[O any](t testing.TB, s store, in wire.Shape) *O {
	t.Helper()
	out, err := do[O](context.Background(), s, in)
	if err != nil {
		t.Fatalf("%s: %v", in.Describe().Name, err)
	}
	return out
}

func createBucket(t testing.TB, s store, name string) {
	t.Helper()
	must[api.CreateBucketOutput](t, s, &api.CreateBucketInput{Bucket: &name})
}

func put(t testing.TB, s store, bucket, key, body string) *api.PutObjectOutput {
	t.Helper()
	return must[api.PutObjectOutput](t, s, putInput(bucket, key, body))
}

func putInput(bucket, key, body string) *api.PutObjectInput {
	return &api.PutObjectInput{Bucket: &bucket, Key: &key, Body: io.NopCloser(strings.NewReader(body)), ContentLength: new(int64(len(body)))}
}

// get returns the body of an object, or the code of the refusal.
func get(t testing.TB, s store, bucket, key, version string) (body, code string) {
	t.Helper()
	in := &api.GetObjectInput{Bucket: &bucket, Key: &key}
	if version != "" {
		in.VersionId = &version
	}
	out, err := do[api.GetObjectOutput](context.Background(), s, in)
	if err != nil {
		return "", aws.CodeOf(err)
	}
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), ""
}

func TestPutGetDelete(t *testing.T) {
	for _, beside := range []bool{false, true} {
		testPutGetDelete(t, openWith(t, t.TempDir(), beside))
	}
}

func testPutGetDelete(t *testing.T, l *Local) {
	createBucket(t, l, "bucket")
	keys := []string{"a", "a/b", "a/b/c", "a/", "x//y", "/", "//", "./a", "../a", "..", "two words", "ü/ß", "100%", "a+b", "a?b#c&d=e", "\x01", strings.Repeat("k", 1024),
		strings.Repeat("é", 512), strings.Repeat("/", 1024), strings.Repeat(" ", 1024), ".sgwtmp/multipart/x", "meta/acl", "\uFFFE"}
	for _, key := range keys {
		out := put(t, l, "bucket", key, "body of "+key)
		if out.VersionId != nil || aws.Val(out.ETag) == "" {
			t.Errorf("put %q: %+v", key, out)
		}
	}
	for _, key := range keys {
		if body, code := get(t, l, "bucket", key, ""); body != "body of "+key {
			t.Errorf("get %q: %q, %s", key, body, code)
		}
	}
	if _, err := l.Do(context.Background(), &api.DeleteBucketInput{Bucket: new("bucket")}); aws.CodeOf(err) != "BucketNotEmpty" {
		t.Errorf("delete of a bucket with objects: %v", err)
	}
	for _, key := range keys {
		must[api.DeleteObjectOutput](t, l, &api.DeleteObjectInput{Bucket: new("bucket"), Key: &key})
		if _, code := get(t, l, "bucket", key, ""); code != "NoSuchKey" {
			t.Errorf("get %q after its deletion: %s", key, code)
		}
	}
	must[api.DeleteBucketOutput](t, l, &api.DeleteBucketInput{Bucket: new("bucket")})
}

// TestManyBuckets writes to many buckets at once, over connections whose
// buffers are used again.
func TestManyBuckets(t *testing.T) {
	l := openLocal(t, t.TempDir())
	for i := range 20 {
		createBucket(t, l, fmt.Sprintf("bucket-%d", i))
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				bucket := fmt.Sprintf("bucket-%d", rand.IntN(20))
				if c := code(l, putInput(bucket, fmt.Sprint(rand.IntN(100)), "")); c != "" {
					t.Errorf("%s: %s", bucket, c)
				}
			}
		})
	}
	wg.Wait()
}
