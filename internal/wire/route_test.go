package wire_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

func TestRoute(t *testing.T) {
	for _, c := range []struct{ request, headers, want string }{
		{"GET /", "", "ListBuckets"},
		{"GET /?x-id=ListBuckets", "", "ListBuckets"},
		{"PUT /b", "", "CreateBucket"},
		{"PUT /b/", "", "CreateBucket"},
		{"DELETE /b", "", "DeleteBucket"},
		{"HEAD /b", "", "HeadBucket"},
		{"GET /b", "", "ListObjects"},
		{"GET /b?prefix=p&marker=m&unknown", "", "ListObjects"},
		{"GET /b?list-type=2", "", "ListObjectsV2"},
		{"GET /b?list-type=1", "", "ListObjects"},
		{"GET /b?versions&prefix=p", "", "ListObjectVersions"},
		{"GET /b?uploads", "", "ListMultipartUploads"},
		{"GET /b?location", "", "GetBucketLocation"},
		{"GET /b?policy=", "", "GetBucketPolicy"},
		{"GET /b?policyStatus", "", "GetBucketPolicyStatus"},
		{"PUT /b?acl", "", "PutBucketAcl"},
		{"PUT /b?lifecycle", "", "PutBucketLifecycleConfiguration"},
		{"GET /b?notification", "", "GetBucketNotificationConfiguration"},
		{"POST /b?delete", "", "DeleteObjects"},
		{"PUT /b/k", "", "PutObject"},
		{"PUT /b/k", "x-amz-copy-source: b/s", "CopyObject"},
		{"PUT /b/k?partNumber=1&uploadId=u", "", "UploadPart"},
		{"PUT /b/k?partNumber=1&uploadId=u", "x-amz-copy-source: b/s", "UploadPartCopy"},
		{"PUT /b/k?acl", "", "PutObjectAcl"},
		{"GET /b/k", "", "GetObject"},
		{"GET /b/k?versionId=v&partNumber=2", "", "GetObject"},
		{"GET /b/k?uploadId=u", "", "ListParts"},
		{"GET /b/k?attributes", "", "GetObjectAttributes"},
		{"POST /b/k?uploads", "", "CreateMultipartUpload"},
		{"POST /b/k?uploadId=u", "", "CompleteMultipartUpload"},
		{"DELETE /b/k?uploadId=u", "", "AbortMultipartUpload"},
		{"DELETE /b/k?tagging", "", "DeleteObjectTagging"},
		{"DELETE /b/k?versionId=v", "", "DeleteObject"},

		{"GET /b?inventory", "", "NotImplemented ListBucketInventoryConfigurations"},
		{"GET /b?inventory&id=1", "", "NotImplemented GetBucketInventoryConfiguration"},
		{"PUT /b?replication", "", "NotImplemented PutBucketReplication"},
		{"GET /b/k?torrent", "", "NotImplemented GetObjectTorrent"},
		{"POST /b/k?select&select-type=2", "", "NotImplemented SelectObjectContent"},
		{"POST /b", "", "MethodNotAllowed POST"},
		{"PATCH /b/k", "", "MethodNotAllowed PATCH"},
		{"PUT /", "", "MethodNotAllowed PUT"},
		{"DELETE /b?acl", "", "DeleteBucket"}, // there is no such sub-resource to delete
	} {
		method, target, _ := strings.Cut(c.request, " ")
		req := &wire.Request{HTTP: httptest.NewRequest(method, target, nil)}
		if name, value, ok := strings.Cut(c.headers, ": "); ok {
			req.HTTP.Header.Set(name, value)
		}
		req.Labels("")
		op, err := s3.API.Identify(req)
		got := aws.CodeOf(err)
		switch got {
		case "":
			got = op.Name
		case "NotImplemented":
			got += " " + err.(*aws.Error).Field("Header")
		case "MethodNotAllowed":
			got += " " + err.(*aws.Error).Field("Method")
		}
		if got != c.want {
			t.Errorf("%s %s: %s, want %s", c.request, c.headers, got, c.want)
		}
	}
}

func TestLabels(t *testing.T) {
	for _, c := range []struct{ target, host, bucket, key string }{
		{"/", "", "", ""},
		{"/b", "", "b", ""},
		{"/b/", "", "b", ""},
		{"/b/k", "", "b", "k"},
		{"/b/a/b//c/", "", "b", "a/b//c/"},
		{"/b//k", "", "b", "/k"},
		{"/b/a%20b%2Fc+%C3%A9", "", "b", "a b/c+é"},
		{"/", "b", "b", ""},
		{"/k/l", "b", "b", "k/l"},
		{"//k", "", "", "k"},
	} {
		req := &wire.Request{HTTP: httptest.NewRequest("GET", "http://host"+c.target, nil)}
		req.Labels(c.host)
		if req.Bucket != c.bucket || req.Key != c.key {
			t.Errorf("%s %s: %q %q", c.host, c.target, req.Bucket, req.Key)
		}
	}
	req := &wire.Request{HTTP: httptest.NewRequest("GET", "http://host//k", nil)}
	req.Labels("")
	if _, err := s3.API.Identify(req); aws.CodeOf(err) != "InvalidBucketName" {
		t.Errorf("a key without a bucket: %v", err)
	}
}

// The encoding of an object is not that of the chunks it was sent in.
func TestContentEncoding(t *testing.T) {
	for sent, want := range map[string]string{"aws-chunked": "", "aws-chunked,gzip": "gzip", "gzip, aws-chunked": "gzip", "gzip,br": "gzip,br"} {
		r := httptest.NewRequest("PUT", "/b/k", nil)
		r.Header.Set("Content-Encoding", sent)
		req := &wire.Request{HTTP: r}
		req.Labels("")
		in, err := wire.DecodeRequest(s3.API.Operation("PutObject"), req)
		if err != nil {
			t.Fatal(err)
		}
		got := in.(*s3.PutObjectInput).ContentEncoding
		if want == "" && got != nil || want != "" && (got == nil || *got != want) {
			t.Errorf("%q is understood as %v", sent, got)
		}
	}
}

// Whatever is asked, the answer is an operation of that method or an error
// with a code, and its input decodes or says why not.
func FuzzRoute(f *testing.F) {
	f.Add("PUT", "/b/k", "partNumber=1&uploadId=u", "x-amz-copy-source", "b/k", "")
	f.Add("GET", "/b", "list-type=2&max-keys=x", "range", "bytes=0-", "")
	f.Add("PUT", "/b", "versioning", "content-encoding", "aws-chunked,gzip", "<VersioningConfiguration/>")
	f.Fuzz(func(t *testing.T, method, path, query, name, value, body string) {
		r := httptest.NewRequest("GET", "/", strings.NewReader(body))
		r.Method, r.URL.Path, r.URL.RawQuery = method, path, query
		r.Header = http.Header{http.CanonicalHeaderKey(name): {value}}
		req := &wire.Request{HTTP: r, Body: []byte(body)}
		req.Labels("")
		op, err := s3.API.Identify(req)
		if err != nil {
			if aws.CodeOf(err) == "" {
				t.Fatal(err)
			}
			return
		}
		if op.Method != method || op.NewInput == nil {
			t.Fatalf("%s %s is %s", method, path, op.Name)
		}
		in, err := wire.DecodeRequest(op, req)
		if err == nil {
			err = wire.Check(op, in)
		}
		if err != nil && aws.CodeOf(err) == "" {
			t.Fatal(err)
		}
	})
}
