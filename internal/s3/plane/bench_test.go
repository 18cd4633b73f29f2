package plane

import (
	"fmt"
	"testing"

	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

func BenchmarkPut(b *testing.B) {
	l := openLocal(b, b.TempDir())
	createBucket(b, l, "bucket")
	for b.Loop() {
		put(b, l, "bucket", fmt.Sprintf("AWSLogs/o-abc/111111111111/CloudTrail/us-east-1/2026/01/31/%d.json.gz", b.N), "0123456789")
	}
}

func BenchmarkGet(b *testing.B) {
	l := openLocal(b, b.TempDir())
	createBucket(b, l, "bucket")
	put(b, l, "bucket", "dir/key", "0123456789")
	for b.Loop() {
		get(b, l, "bucket", "dir/key", "")
	}
}

func BenchmarkListV2(b *testing.B) {
	l := openLocal(b, b.TempDir())
	createBucket(b, l, "bucket")
	for i := range 1000 {
		put(b, l, "bucket", fmt.Sprintf("dir/%d", i), "")
	}
	for b.Loop() {
		must[api.ListObjectsV2Output](b, l, &api.ListObjectsV2Input{Bucket: new("bucket")})
	}
}
