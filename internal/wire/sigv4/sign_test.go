package sigv4

import (
	"context"
	"net/http"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// outgoing are requests of all kinds of paths, queries and headers.
var outgoing = []struct {
	name, service, method, url, token string
	headers                           []string // name, value, …
}{
	{"json call", "cloudtrail", "POST", "http://127.0.0.1:4566/", "", []string{"Content-Type", "application/x-amz-json-1.1", "X-Amz-Target", "CloudTrail_20131101.ListTrails"}},
	{"no path", "iam", "GET", "https://iam.amazonaws.com?Action=ListUsers&Version=2010-05-08", "tok+en/==", nil},
	{"encoded path", "service", "GET", "https://example.amazonaws.com/a%20b/%E6%97%A5:x", "", nil},
	{"key", "s3", "PUT", "http://127.0.0.1:9000/bucket/AWSLogs/o-x/%E6%97%A5%20%2B.json.gz", "tok", []string{"Content-Type", "application/json", "Content-Md5", "XUFAKrxLKna5cZ2REBfFkg==", "X-Amz-Meta-A", "b  c", "X-Amz-Acl", "private"}},
	{"slashes", "s3", "GET", "http://127.0.0.1:9000/bucket//a/../b//", "", nil},
	{"special characters", "s3", "GET", "http://127.0.0.1:9000/bucket/~%21%40%24%26%27%28%29%2A%2C%3B%3D%3A", "", nil},
	{"query", "s3", "GET", "http://127.0.0.1:9000/bucket?list-type=2&prefix=a%2Fb%20c&delimiter=%2F&a-b=1&a=2&a=1&versions", "", nil},
	{"value twice", "s3", "GET", "http://127.0.0.1:9000/bucket", "", []string{"X-Amz-Meta-A", "1", "X-Amz-Meta-A", "2"}},
}

func TestSignIsWhatTheSDKSigns(t *testing.T) {
	for _, o := range outgoing {
		build := func() *http.Request {
			r, err := http.NewRequest(o.method, o.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(o.headers); i += 2 {
				r.Header.Add(o.headers[i], o.headers[i+1])
			}
			return r
		}
		ours, theirs := build(), build()
		Sign(ours, Credentials{testKey, testSecret, o.token}, "us-east-2", o.service, EmptyPayload, testNow)
		if o.service == "s3" {
			theirs.Header.Set("X-Amz-Content-Sha256", EmptyPayload)
		}
		signer := v4.NewSigner(func(s *v4.SignerOptions) { s.DisableURIPathEscaping = o.service == "s3" })
		err := signer.SignHTTP(context.Background(), sdk.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret, SessionToken: o.token},
			theirs, EmptyPayload, o.service, "us-east-2", testNow)
		if err != nil {
			t.Fatal(err)
		}
		for name := range theirs.Header {
			if got, want := ours.Header.Get(name), theirs.Header.Get(name); got != want {
				t.Errorf("%s: %s is\n %s, want\n %s", o.name, name, got, want)
			}
		}
		if _, err := check(ours, testNow, testSecret); err != nil {
			t.Errorf("%s: refused: %v%s", o.name, err, details(err))
		}
	}
}

// TestPresignedBySDK verifies the URLs of the SDK's signer.
func TestPresignedBySDK(t *testing.T) {
	for _, o := range outgoing {
		if o.method != "GET" {
			continue
		}
		url := o.url + "?"
		if strings.Contains(o.url, "?") {
			url = o.url + "&"
		}
		r := presigned(t, o.service, url+"X-Amz-Expires=60")
		if _, err := check(r, testNow, testSecret); err != nil {
			t.Errorf("%s: refused: %v%s", o.name, err, details(err))
		}
	}
}

// TestSignFoldsNames signs headers whose names are not written in the
// canonical way, as they arrive at the other side: as one header.
func TestSignFoldsNames(t *testing.T) {
	r, err := http.NewRequest("PUT", "http://127.0.0.1:9000/b/k", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header["x-amz-meta-note"] = []string{"2", "3"}
	r.Header["X-Amz-Meta-Note"] = []string{"1"}
	r.Header["User-Agent"] = []string{"orgtrail"}
	Sign(r, testCredentials, "us-east-2", "s3", EmptyPayload, testNow)
	if got := r.Header.Get("Authorization"); !strings.Contains(got, "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-note,") {
		t.Errorf("signed %s", got)
	}
	var wire strings.Builder
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	if _, err := check(readRequest(t, wire.String()), testNow, testSecret); err != nil {
		t.Errorf("refused: %v%s", err, details(err))
	}
}
