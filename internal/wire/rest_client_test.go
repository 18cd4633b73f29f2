package wire_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

func TestNewRequest(t *testing.T) {
	for _, c := range []struct {
		op       string
		in       wire.Shape
		base     string
		want     string
		length   int64
		contains string
	}{
		{"ListBuckets", &s3.ListBucketsInput{}, "http://h", "GET http://h/", 0, ""},
		{"GetObject", &s3.GetObjectInput{Bucket: new("b"), Key: new("a b/+é%?#/..//"), VersionId: new("v/1+")}, "http://h/base/",
			"GET http://h/base/b/a%20b/%2B%C3%A9%25%3F%23/..//?versionId=v%2F1%2B", 0, ""},
		{"ListObjectsV2", &s3.ListObjectsV2Input{Bucket: new("b"), Prefix: new("p q"), MaxKeys: new(int32(5))}, "http://h", "GET http://h/b?list-type=2&max-keys=5&prefix=p%20q", 0, ""},
		{"GetBucketAcl", &s3.GetBucketAclInput{Bucket: new("b")}, "http://h", "GET http://h/b?acl=", 0, ""},
		{"PutObject", &s3.PutObjectInput{Bucket: new("b"), Key: new("k"), Body: io.NopCloser(strings.NewReader("12345")), ContentLength: new(int64(5))}, "http://h", "PUT http://h/b/k", 5, "12345"},
		{"PutObject", &s3.PutObjectInput{Bucket: new("b"), Key: new("k"), Body: io.NopCloser(strings.NewReader("12345"))}, "http://h", "PUT http://h/b/k", -1, "12345"},
		{"PutObject", &s3.PutObjectInput{Bucket: new("b"), Key: new("k")}, "http://h", "PUT http://h/b/k", 0, ""},
		{"CreateMultipartUpload", &s3.CreateMultipartUploadInput{Bucket: new("b"), Key: new("k")}, "http://h", "POST http://h/b/k?uploads=", 0, ""},
		{"PutBucketPolicy", &s3.PutBucketPolicyInput{Bucket: new("b"), Policy: new("{}")}, "http://h", "PUT http://h/b?policy=", 2, "{}"},
		{"CompleteMultipartUpload", &s3.CompleteMultipartUploadInput{Bucket: new("b"), Key: new("k"), UploadId: new("u"), MultipartUpload: &s3.CompletedMultipartUpload{}}, "http://h",
			"POST http://h/b/k?uploadId=u", 138, `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`},
	} {
		req, err := wire.NewRequest(context.Background(), s3.API.Operation(c.op), c.in, c.base)
		if err != nil {
			t.Errorf("%s: %v", c.op, err)
			continue
		}
		var body []byte
		if req.Body != nil {
			body, _ = io.ReadAll(req.Body)
		}
		if got := req.Method + " " + req.URL.String(); got != c.want || req.ContentLength != c.length || !strings.Contains(string(body), c.contains) {
			t.Errorf("%s: %s, length %d, body %s", c.op, got, req.ContentLength, body)
		}
	}
	if _, err := wire.NewRequest(context.Background(), s3.API.Operation("ListBuckets"), &s3.ListBucketsInput{}, "http://[::1"); err == nil {
		t.Error("a base that is not a URL is accepted")
	}
}

func TestReadRefusal(t *testing.T) {
	for _, c := range []struct {
		op     string
		status int
		body   string
		want   string
		field  string
	}{
		{"GetObject", 404, `<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>gone</Message><Key>k</Key></Error>`, "NoSuchKey: gone", "k"},
		{"HeadObject", 404, "", "NoSuchKey: Not Found", ""},
		{"HeadBucket", 404, "", "NoSuchBucket: Not Found", ""},
		{"HeadObject", 403, "", "AccessDenied: Forbidden", ""},
		{"GetObject", 304, "", "NotModified: Not Modified", ""},
		{"GetObject", 412, "", "PreconditionFailed: Precondition Failed", ""},
		{"GetObject", 416, "", "InvalidRange: Requested Range Not Satisfiable", ""},
		{"PutObject", 502, "<html>bad gateway</html>", "InternalError: Bad Gateway", ""},
		{"PutObject", 503, "not XML", "ServiceUnavailable: Service Unavailable", ""},
		{"PutObject", 400, "", "InvalidRequest: Bad Request", ""},
		{"CompleteMultipartUpload", 200, "\n\n<Error><Code>InternalError</Code><Message>late</Message></Error>", "InternalError: late", ""},
		{"CopyObject", 200, "<Error><Code>SlowDown</Code><Message>late</Message></Error>", "SlowDown: late", ""},
	} {
		op := s3.API.Operation(c.op)
		err := wire.ReadResponse(op, response(c.status, c.body), op.NewOutput())
		var remote *wire.RemoteError
		var e *aws.Error
		if !errors.As(err, &remote) || !errors.As(err, &e) || remote.Status != c.status || e.Error() != c.want || e.Field("Key") != c.field {
			t.Errorf("%s %d: %v, want %s", c.op, c.status, err, c.want)
		}
	}
}

func TestReadBroken(t *testing.T) {
	for _, c := range []struct{ op, header, body string }{
		{"ListObjectsV2", "", "<ListBucketResult>"},
		{"ListObjectsV2", "", "<ListBucketResult><KeyCount>x</KeyCount></ListBucketResult>"},
		{"GetPublicAccessBlock", "", "{}"},
		{"HeadObject", "Last-Modified: yesterday", ""},
		{"GetObject", "x-amz-mp-parts-count: many", "body"},
		{"ListObjectsV2", "", strings.Repeat(" ", 17<<20)},
	} {
		op := s3.API.Operation(c.op)
		resp := response(200, c.body)
		if name, value, ok := strings.Cut(c.header, ": "); ok {
			resp.Header.Set(name, value)
		}
		if err := wire.ReadResponse(op, resp, op.NewOutput()); err == nil {
			t.Errorf("%s %s %.20s is accepted", c.op, c.header, c.body)
		}
	}
}

func response(status int, body string) *http.Response {
	w := httptest.NewRecorder()
	w.WriteHeader(status)
	io.WriteString(w, body)
	return w.Result()
}
