package gateway

import (
	"strings"
	"testing"
)

func TestHostBucket(t *testing.T) {
	for host, want := range map[string]string{
		"my-bucket.s3.us-east-2.amazonaws.com": "my-bucket",
		"my-bucket.s3.amazonaws.com":           "my-bucket",
		"my-bucket.s3-us-west-1.amazonaws.com": "my-bucket",
		"my.dotted.bucket.s3.amazonaws.com":    "my.dotted.bucket",
		"my-bucket.s3.localhost:4566":          "my-bucket",
		"MY-bucket.s3.localhost.":              "my-bucket",
		"my-bucket.localhost:4566":             "my-bucket",
		"a.s3.b.s3.localhost":                  "a.s3.b",
		"s3.us-east-2.amazonaws.com":           "",
		"s3.localhost:4566":                    "",
		"s3.us-east-2.localhost":               "",
		"localhost:4566":                       "",
		"127.0.0.1:4566":                       "",
		"[::1]:4566":                           "",
		".localhost":                           "",
		"":                                     "",
	} {
		if got := hostBucket(host); got != want {
			t.Errorf("%q: got %q, want %q", host, got, want)
		}
	}
}

// FuzzHostBucket: a bucket stands in the host as it was found, and is found
// again when it is written in the plainest way.
func FuzzHostBucket(f *testing.F) {
	for _, host := range []string{"b.s3.amazonaws.com", "b.s3.localhost:4566", "b.localhost", "[::1]:1", "a.s3.s3-.localhost", "x:y:z"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		bucket := hostBucket(host)
		if !strings.Contains(strings.ToLower(host), bucket) {
			t.Fatalf("%q names the bucket %q", host, bucket)
		}
		if again := hostBucket(bucket + ".s3.amazonaws.com"); again != bucket && !strings.Contains(bucket, ":") {
			t.Fatalf("%q names the bucket %q, which is then %q", host, bucket, again)
		}
	})
}
