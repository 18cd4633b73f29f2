package s3

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

var (
	trail = call.Source{
		Service: logService,
		ARN:     "arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail", Account: owner,
		Organization: "o-exampleorgid", OrganizationPath: "o-exampleorgid/r-abcd/",
	}
	logKeys = []string{"AWSLogs/111111111111/CloudTrail/x.json.gz", "AWSLogs/o-exampleorgid/111111111111/CloudTrail/x.json.gz"}
)

// edited is the template of a log bucket's policy with something else in it.
func edited(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(trailPolicy) }

// with adds a statement.
func with(statement string) string {
	return strings.TrimSuffix(trailPolicy, "]}") + "," + statement + "]}"
}

const trailARN = `"aws:SourceArn":"arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail"`

func TestProbe(t *testing.T) {
	deny := func(action, resource, condition string) string {
		return with(`{"Effect":"Deny","Principal":"*","Action":"` + action + `","Resource":"arn:aws:s3:::bucket` + resource + `","Condition":{` + condition + `}}`)
	}
	for _, test := range []struct {
		what, policy string
		ok           bool
	}{
		{"the template", trailPolicy, true},
		{"principal as a string", edited(`["cloudtrail.amazonaws.com"]`, `"cloudtrail.amazonaws.com"`), true},
		{"with aws:SourceArn", edited(`"StringEquals":{`, `"StringEquals":{`+trailARN+`,`), true},
		{"principal *, by service name", edited(`{"Service":["cloudtrail.amazonaws.com"]},"Action":"s3:PutObject"`, `"*","Action":"s3:PutObject"`,
			`"StringEquals":{`, `"StringEquals":{"aws:PrincipalServiceName":"cloudtrail.amazonaws.com",`), true},
		{"no condition on the ACL", edited(`,"Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}`, ``), true},
		{"other ACL", edited("bucket-owner-full-control", "private"), false},
		{"no right to read the ACL", edited("s3:GetBucketAcl", "s3:ListBucket"), false},
		{"a prefix", edited("bucket/AWSLogs", "bucket/prefix/AWSLogs"), false},
		{"no /*", edited("111111111111/*", "111111111111"), false},
		{"no statement for the organization", edited("o-exampleorgid", "o-otherorgid"), false},
		{"a member's trail", edited(`"StringEquals":{`, `"StringEquals":{`+strings.Replace(trailARN, owner, stranger, 1)+`,`), false},
		{"other region", edited(`"StringEquals":{`, `"StringEquals":{`+strings.Replace(trailARN, "us-east-2", "us-east-1", 1)+`,`), false},
		{"other trail", edited(`"StringEquals":{`, `"StringEquals":{`+strings.Replace(trailARN, "my-trail", "other", 1)+`,`), false},
		{"aws:SourceAccount", edited(`"StringEquals":{`, `"StringEquals":{"aws:SourceAccount":"111111111111",`), true},
		{"aws:SourceOrgID", edited(`"StringEquals":{`, `"StringEquals":{"aws:SourceOrgID":"o-exampleorgid",`), true},
		{"deny without TLS", deny("s3:*", "/*", `"Bool":{"aws:SecureTransport":"false"}`), true},
		{"deny outside the organization", deny("s3:PutObject", "/*", `"StringNotEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}`), false},
		{"deny sources outside the organization", deny("s3:PutObject", "/*", `"StringNotEquals":{"aws:SourceOrgID":"o-exampleorgid"}`), true},
		{"deny outside the organization but services", deny("s3:PutObject", "/*",
			`"StringNotEquals":{"aws:PrincipalOrgID":"o-exampleorgid"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}`), true},
		{"deny but SSE-KMS", deny("s3:PutObject", "/*", `"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}`), false},
		{"no policy", "", false},
	} {
		t.Run(test.what, func(t *testing.T) {
			h := newHouse(t)
			h.make("bucket")
			h.unblock("bucket")
			if test.policy != "" {
				h.put("bucket", test.policy)
			}
			c := h.begin(&api.GetBucketAclInput{})
			err := h.s.Probe(c, "bucket", logKeys, "", trail)
			if (err == nil) != test.ok || err != nil && err.Code != aws.AccessDenied {
				t.Errorf("probe: %v, want %v", err, test.ok)
			}
			if len(c.Events) != 1 {
				t.Errorf("%d events", len(c.Events))
			}
			for _, key := range logKeys[1:] { // delivery asks the same question again
				_, put := h.s.PutAsService(t.Context(), h.store.View(), ServiceObject{Bucket: "bucket", Key: key, Body: []byte("x"), From: trail})
				if test.ok && put != nil {
					t.Errorf("put: %v", put)
				}
			}
		})
	}
}

func TestProbeOfBuckets(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	h.put("bucket", trailPolicy)
	c := h.begin(&api.GetBucketAclInput{})
	if err := h.s.Probe(c, "nowhere", logKeys, "", trail); err == nil || err.Code != "NoSuchBucket" || len(c.Events) != 0 {
		t.Errorf("no bucket: %v, %+v", err, c.Events)
	}
	h.do(&api.PutBucketRequestPaymentInput{Bucket: new("bucket"), RequestPaymentConfiguration: &api.RequestPaymentConfiguration{Payer: new("Requester")}})
	c = h.begin(&api.GetBucketAclInput{})
	if err := h.s.Probe(c, "bucket", logKeys, "", trail); err == nil || err.Code != aws.AccessDenied || c.Events[0].Err == nil {
		t.Errorf("requester pays: %v", err)
	}
	h.do(&api.PutBucketRequestPaymentInput{Bucket: new("bucket"), RequestPaymentConfiguration: &api.RequestPaymentConfiguration{Payer: new("BucketOwner")}})

	c = h.begin(&api.GetBucketAclInput{})
	if err := h.s.Probe(c, "bucket", logKeys, "", trail); err != nil {
		t.Fatal(err)
	}
	probe := c.Events[0]
	if probe.SharedID == "" {
		t.Error("no shared id")
	}
	h.equal("event", probe, call.Event{
		Type: "AwsApiCall", Source: "s3.amazonaws.com", Name: "GetBucketAcl", Account: owner, Region: "us-east-2", ReadOnly: true,
		InvokedBy: "cloudtrail.amazonaws.com", SharedID: probe.SharedID, Stands: true,
		Resources: []call.Resource{{Account: owner, Type: "AWS::S3::Bucket", ARN: "arn:aws:s3:::bucket"}},
		Request:   map[string]any{"bucketName": "bucket", "Host": "bucket.s3.us-east-2.amazonaws.com", "acl": ""},
	})

	var asked string
	h.s.ResourceControls = func(_ store.Reader, account string) [][]policy.Attached {
		asked = account
		doc, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},
			{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceOrgID":"o-mine"}}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		return [][]policy.Attached{{{Document: doc}}}
	}
	if err := h.s.Probe(h.begin(&api.GetBucketAclInput{}), "bucket", logKeys, "", trail); err == nil || asked != owner {
		t.Errorf("resource control policy of %s: %v", asked, err)
	}
}

func TestPutAsService(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	h.put("bucket", trailPolicy)
	o := ServiceObject{Bucket: "bucket", Key: logKeys[0], Body: []byte("body"), Type: "application/json", Encoding: "gzip", Metadata: map[string]string{"signature": "s"}, From: trail}
	event, err := h.s.PutAsService(t.Context(), h.store.View(), o)
	if err != nil {
		t.Fatal(err)
	}
	put := h.plane.puts[0]
	h.equal("stored", string(h.plane.buckets["bucket"][o.Key]), "body")
	put.Body = nil
	h.equal("put", put, &api.PutObjectInput{
		Bucket: new("bucket"), Key: &o.Key, ContentLength: new(int64(4)), ContentType: new("application/json"), ContentEncoding: new("gzip"),
		ServerSideEncryption: new("AES256"), Metadata: o.Metadata,
	})
	request, _ := json.Marshal(event.Request)
	h.equal("request", string(request), `{"Host":"bucket.s3.us-east-2.amazonaws.com","bucketName":"bucket","key":"`+o.Key+`","x-amz-acl":"bucket-owner-full-control","x-amz-server-side-encryption":"AES256"}`)
	h.equal("response", event.Response, any(map[string]any{"x-amz-server-side-encryption": "AES256"}))
	h.equal("resources", event.Resources, []call.Resource{
		{Type: "AWS::S3::Object", ARN: "arn:aws:s3:::bucket/" + o.Key}, {Account: owner, Type: "AWS::S3::Bucket", ARN: "arn:aws:s3:::bucket"}})
	if event.Name != "PutObject" || event.DataType != "AWS::S3::Object" || event.ReadOnly || event.SharedID == "" || event.Account != owner || event.Region != "us-east-2" {
		t.Errorf("event %+v", event)
	}

	for _, test := range []struct {
		fail error
		want string
	}{
		{errors.New("broken pipe"), aws.InternalFailure},
		{context.DeadlineExceeded, aws.InternalFailure},
		{aws.Errorf("ServiceUnavailable", "no answer"), aws.InternalFailure},
		{aws.Errorf("RequestTimeout", "no answer"), aws.InternalFailure},
		{aws.Errorf("InternalError", "failed"), aws.InternalFailure},
		{aws.Errorf(aws.InternalFailure, "failed"), aws.InternalFailure},
		{aws.Errorf("NoSuchBucket", "gone"), "NoSuchBucket"},
		{aws.Errorf("SlowDown", "later"), "SlowDown"},
	} {
		h.plane.fail = test.fail
		event, err := h.s.PutAsService(t.Context(), h.store.View(), o)
		if err == nil || err.Code != test.want || event.Err != err || event.Response != nil {
			t.Errorf("%v: %v, event %+v", test.fail, err, event)
		}
	}
	h.plane.fail = nil
	h.do(&api.DeleteBucketPolicyInput{Bucket: new("bucket")})
	if _, err := h.s.PutAsService(t.Context(), h.store.View(), o); err == nil || err.Code != aws.AccessDenied {
		t.Errorf("without a policy: %v", err)
	}
	if event, err := h.s.PutAsService(t.Context(), h.store.View(), ServiceObject{Bucket: "nowhere"}); err == nil || err.Code != "NoSuchBucket" || event.Name != "" {
		t.Errorf("without a bucket: %v", err)
	}
}
