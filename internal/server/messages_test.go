package server

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// snsForm is a call of SNS.
func snsForm(action string, pairs ...string) url.Values {
	form := url.Values{"Version": {"2010-03-31"}, "Action": {action}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// Who has the link of a subscription may end it without a signature, and
// without the version that AWS's links do not have either. A signature that
// comes along is checked, and every other call needs one.
func TestUnsubscribeByLink(t *testing.T) {
	s, p := startServer(t, func(c *Config) { c.AccountID = devAccount })
	c := newClient(t, p)
	topic, queue := "arn:aws:sns:us-east-1:"+devAccount+":t", "arn:aws:sqs:us-east-1:"+devAccount+":q"
	c.must(c.form("sqs", url.Values{"Version": {"2012-11-05"}, "Action": {"CreateQueue"}, "QueueName": {"q"}}))
	c.must(c.form("sns", snsForm("CreateTopic", "Name", "t")))
	var out struct {
		SubscribeResult struct{ SubscriptionArn string }
	}
	unmarshal(c, c.must(c.form("sns", snsForm("Subscribe", "TopicArn", topic, "Protocol", "sqs", "Endpoint", queue))), &out)
	arn := out.SubscribeResult.SubscriptionArn

	get := func(query url.Values) *reply {
		r, err := http.NewRequest(http.MethodGet, p.Endpoint+"/?"+query.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.do(r)
	}
	if a := get(url.Values{"Action": {"DeleteTopic"}, "TopicArn": {topic}}); a.code() != "MissingAuthenticationToken" {
		t.Errorf("DeleteTopic without a signature: %s %s", a.Status, a.body)
	}
	forged := c.request(http.MethodGet, "/?"+url.Values{"Action": {"Unsubscribe"}, "SubscriptionArn": {arn}}.Encode(), "sns", nil, nil)
	forged.Header.Set("Authorization", strings.TrimRight(forged.Header.Get("Authorization"), "0123456789abcdef")+strings.Repeat("0", 64))
	if a := c.do(forged); a.code() != "SignatureDoesNotMatch" {
		t.Errorf("Unsubscribe with a forged signature: %s %s", a.Status, a.body)
	}
	left := func() bool {
		a := c.must(c.form("sns", snsForm("ListSubscriptionsByTopic", "TopicArn", topic)))
		return strings.Contains(string(a.body), arn)
	}
	if !left() {
		t.Fatal("a refused call ended the subscription")
	}
	c.must(get(url.Values{"Action": {"Unsubscribe"}, "SubscriptionArn": {arn}}))
	if left() {
		t.Error("the subscription goes on")
	}
	if n := len(records(t, s, "Unsubscribe")); n == 0 {
		t.Error("no record of the end of the subscription")
	}
}

// SNS has a code of its own for what is not permitted.
func TestSNSDenies(t *testing.T) {
	_, p := startServer(t, func(c *Config) { c.AccountID = devAccount })
	c := newClient(t, p)
	iam := func(form url.Values) *reply {
		form.Set("Version", "2010-05-08")
		return c.must(c.form("iam", form))
	}
	iam(url.Values{"Action": {"CreateUser"}, "UserName": {"nobody"}})
	var out struct {
		CreateAccessKeyResult struct {
			AccessKey struct{ AccessKeyId, SecretAccessKey string }
		}
	}
	unmarshal(c, iam(url.Values{"Action": {"CreateAccessKey"}, "UserName": {"nobody"}}), &out)
	p.AccessKeyID, p.SecretAccessKey = out.CreateAccessKeyResult.AccessKey.AccessKeyId, out.CreateAccessKeyResult.AccessKey.SecretAccessKey
	a := newClient(t, p).form("sns", snsForm("CreateTopic", "Name", "t"))
	if a.StatusCode != http.StatusForbidden || a.code() != "AuthorizationError" || !strings.Contains(string(a.body), "is not authorized to perform: ") {
		t.Errorf("%s %s", a.Status, a.body)
	}
}

// CloudTrail's question to a bucket stands in the owner's log although the
// trail was refused for the answer.
func TestProbeOfRefusedTrail(t *testing.T) {
	s, p := startServer(t, nil)
	c := newClient(t, p)
	c.must(c.s3(http.MethodPut, "/logs", ""))
	if a := c.json("CloudTrail_20131101.CreateTrail", `{"Name":"all","S3BucketName":"logs"}`); a.code() != "InsufficientS3BucketPolicyException" {
		t.Fatalf("%s %s", a.Status, a.body)
	}
	probes := records(t, s, "GetBucketAcl")
	if len(probes) != 1 || !strings.Contains(string(probes[0].Record), `"errorCode":"AccessDenied"`) || !strings.Contains(string(probes[0].Record), `"invokedBy":"cloudtrail.amazonaws.com"`) {
		t.Errorf("%d probes: %s", len(probes), probes)
	}
	if n := len(records(t, s, "CreateTrail")); n != 1 {
		t.Errorf("%d records of the refused call", n)
	}
}
