package plane

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

var someone = sigv4.Credentials{AccessKey: "AKIA", Secret: "secret"}

func TestExternalNeedsAnEndpoint(t *testing.T) {
	for _, url := range []string{"", "minio:9000", "ftp://x", "http://", "http://x/path", "://"} {
		if _, err := External(url, someone, "us-east-1"); err == nil {
			t.Errorf("%q is taken", url)
		}
	}
	if _, err := External("http://x:9000/", sigv4.Credentials{}, "us-east-1"); err == nil {
		t.Error("no credentials are taken")
	}
}

func TestExternalCall(t *testing.T) {
	var got *http.Request
	var body string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
		w.Header().Set("ETag", `"e"`)
	}))
	defer srv.Close()
	e, err := External(srv.URL, someone, "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	in := putInput("bucket", "a//b ü", "body")
	in.ContentEncoding, in.ChecksumAlgorithm = new("gzip"), new("CRC32")
	out, err := do[api.PutObjectOutput](context.Background(), e, in)
	if err != nil || *out.ETag != `"e"` {
		t.Fatalf("%+v, %v", out, err)
	}
	if got.URL.EscapedPath() != "/bucket/a//b%20%C3%BC" || got.Header.Get("Content-Encoding") != "aws-chunked,gzip" ||
		got.Header.Get("X-Amz-Trailer") != "x-amz-checksum-crc32" || !strings.Contains(got.Header.Get("Authorization"), "/eu-west-1/s3/aws4_request") {
		t.Errorf("%s %+v", got.URL, got.Header)
	}
	if want := "4\r\nbody\r\n0\r\nx-amz-checksum-crc32:G2NRxQ==\r\n\r\n"; !strings.HasPrefix(body, "4\r\nbody\r\n0\r\nx-amz-checksum-crc32:") || len(body) != len(want) {
		t.Errorf("body %q", body)
	}
}

func TestRefusalsOfTheStore(t *testing.T) {
	status, answer := 0, ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, answer)
	}))
	e, err := External(srv.URL, someone, "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	head := &api.HeadObjectInput{Bucket: new("bucket"), Key: new("key")}
	list := &api.ListObjectsV2Input{Bucket: new("bucket")}
	for _, tt := range []struct {
		status int
		answer string
		want   string
	}{
		{404, "<Error><Code>NoSuchBucket</Code><Message>no</Message><Key>secret</Key></Error>", "NoSuchBucket"},
		{403, "<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error>", aws.InternalFailure},
		{500, "<Error><Code>InternalError</Code><Message>no</Message></Error>", aws.InternalFailure},
		{503, "<html>", "ServiceUnavailable"},
	} {
		status, answer = tt.status, tt.answer
		_, err := e.Do(context.Background(), list)
		if aws.CodeOf(err) != tt.want || strings.Contains(err.Error(), "secret") {
			t.Errorf("%d %s: %v", tt.status, tt.answer, err)
		}
	}
	status, answer = 404, ""
	if c := code(e, head); c != "NoSuchKey" {
		t.Errorf("a bare 404: %s", c)
	}
	srv.Close()
	if c := code(e, list); c != "ServiceUnavailable" {
		t.Errorf("nobody there: %s", c)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.Do(ctx, list); aws.CodeOf(err) != "RequestTimeout" {
		t.Errorf("given up: %v", err)
	}
}
