package gateway

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
	"github.com/orgtrail/orgtrail/internal/wire/api/s3"
	"github.com/orgtrail/orgtrail/internal/wire/api/sqs"
	"github.com/orgtrail/orgtrail/internal/wire/api/sts"
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

// TestChooseProtocol: one service answers the clients of both its protocols,
// wherever their requests are addressed.
func TestChooseProtocol(t *testing.T) {
	g := &Gateway{Services: []*Service{{API: sts.API}, {API: s3.API}, {API: sqs.API}}}
	const scope = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260131/us-east-1/sqs/aws4_request, SignedHeaders=host;x-amz-date, Signature=" +
		"0000000000000000000000000000000000000000000000000000000000000000"
	form := "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		method, target, contentType, scope, path, body string
		want                                           string
		protocol                                       wire.Protocol
	}{
		"JSON":                    {"POST", "AmazonSQS.SendMessage", "application/x-amz-json-1.0", scope, "/", "{}", "SendMessage", wire.AWSJSON},
		"JSON to the queue":       {"POST", "AmazonSQS.SendMessage", "application/x-amz-json-1.0", scope, "/111111111111/q", "{}", "SendMessage", wire.AWSJSON},
		"JSON without signature":  {"POST", "AmazonSQS.SendMessage", "application/x-amz-json-1.0", "", "/111111111111/q", "{}", "SendMessage", wire.AWSJSON},
		"query":                   {"POST", "", form, scope, "/", "Action=ListQueues&Version=2012-11-05", "ListQueues", wire.AWSQuery},
		"query to the queue":      {"POST", "", form, scope, "/111111111111/q", "Action=PurgeQueue", "PurgeQueue", wire.AWSQuery},
		"GET of the queue":        {"GET", "", "", scope, "/111111111111/q?Action=ReceiveMessage", "", "ReceiveMessage", wire.AWSQuery},
		"query without signature": {"POST", "", form, "", "/111111111111/q", "Action=SendMessage&Version=2012-11-05", "SendMessage", wire.AWSQuery},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		for header, value := range map[string]string{"X-Amz-Target": c.target, "Content-Type": c.contentType, "Authorization": c.scope} {
			if value != "" {
				r.Header.Set(header, value)
			}
		}
		r.Header.Set("X-Amz-Date", "20260131T000000Z")
		x := &exchange{g: g, req: wire.Request{HTTP: r}}
		if err := x.identify(); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if x.Operation.Name != c.want || x.Operation.Service.ID != "sqs" || x.api().Protocol != c.protocol || x.Operation.Service != x.api() {
			t.Errorf("%s: %s of %s over %d", name, x.Operation.Name, x.api().ID, x.api().Protocol)
		}
	}
}

// TestInputLimit: bodies are bounded, those of messages less narrowly.
func TestInputLimit(t *testing.T) {
	g := &Gateway{Services: []*Service{{API: sts.API}, {API: s3.API}, {API: sqs.API}, {API: cloudtrail.API}}}
	for _, c := range []struct {
		target string
		size   int
		refuse bool
	}{
		{"AmazonSQS.SendMessage", maxPayload, false},
		{"AmazonSQS.SendMessage", maxPayload + 1, true},
		{"CloudTrail_20131101.CreateTrail", maxInput, false},
		{"CloudTrail_20131101.CreateTrail", maxInput + 1, true},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat(" ", c.size)))
		r.Header.Set("X-Amz-Target", c.target)
		x := &exchange{g: g, req: wire.Request{HTTP: r}}
		if err := x.identify(); (aws.CodeOf(err) == "RequestEntityTooLarge") != c.refuse {
			t.Errorf("%s with %d bytes: %v", c.target, c.size, err)
		}
	}
}
