package s3

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

const (
	publicPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}]}`
	trailPolicy  = `{"Version":"2012-10-17","Statement":[
 {"Sid":"AclCheck","Effect":"Allow","Principal":{"Service":["cloudtrail.amazonaws.com"]},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::bucket"},
 {"Sid":"Write","Effect":"Allow","Principal":{"Service":["cloudtrail.amazonaws.com"]},"Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket/AWSLogs/111111111111/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}},
 {"Sid":"Write","Effect":"Allow","Principal":{"Service":["cloudtrail.amazonaws.com"]},"Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket/AWSLogs/o-exampleorgid/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}]}`
)

func TestBucketPolicy(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	get, status := &api.GetBucketPolicyInput{Bucket: new("bucket")}, &api.GetBucketPolicyStatusInput{Bucket: new("bucket")}
	const none = "NoSuchBucketPolicy: The bucket policy does not exist"
	h.fails(none, get)
	h.fails(none, status)

	h.put("bucket", trailPolicy)
	record, err := json.Marshal(h.last.Request)
	if err != nil || !strings.Contains(string(record), `"bucketPolicy":{"Version":"2012-10-17","Statement":[{"Sid":"AclCheck"`) ||
		!strings.Contains(string(record), `"Host":"s3.us-east-2.amazonaws.com"`) || !strings.Contains(string(record), `"policy":""`) {
		t.Errorf("recorded as %s, %v", record, err)
	}
	h.answers("set", get, &api.GetBucketPolicyOutput{Policy: new(trailPolicy)})
	h.answers("not public", status, &api.GetBucketPolicyStatusOutput{PolicyStatus: &api.PolicyStatus{IsPublic: new(false)}})

	put := func(policy string) *api.PutBucketPolicyInput {
		return &api.PutBucketPolicyInput{Bucket: new("bucket"), Policy: &policy}
	}
	for want, in := range map[string]*api.PutBucketPolicyInput{
		"MalformedPolicy: Policies must be valid JSON and the first byte must be '{'": put("no"),
		"MalformedPolicy: Policy has invalid resource":                                put(strings.ReplaceAll(publicPolicy, ":::bucket", ":::other")),
		"MalformedPolicy: Invalid principal in policy":                                put(strings.ReplaceAll(publicPolicy, `"*"`, `{"AWS":"333333333333"}`)),
		"MalformedPolicy: Action does not apply to any resource(s) in statement":      put(strings.ReplaceAll(trailPolicy, `"arn:aws:s3:::bucket"`, `"arn:aws:s3:::bucket/*"`)),
		"PolicyTooLarge: Policy exceeds the maximum allowed document size.":           put(publicPolicy + strings.Repeat(" ", 20<<10)),
		`AccessDenied: User: arn:aws:iam::111111111111:root is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::bucket" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`: put(publicPolicy),
	} {
		h.fails(want, in)
	}

	h.unblock("bucket")
	h.put("bucket", publicPolicy)
	h.answers("public", status, &api.GetBucketPolicyStatusOutput{PolicyStatus: &api.PolicyStatus{IsPublic: new(true)}})
	h.caller = rootOf(stranger)
	h.fails("MethodNotAllowed: The specified method is not allowed against this resource.", get)
	h.fails("MethodNotAllowed: The specified method is not allowed against this resource.", put(trailPolicy))
	h.fails("MethodNotAllowed: The specified method is not allowed against this resource.", &api.DeleteBucketPolicyInput{Bucket: new("bucket")})
	h.caller = rootOf(owner)
	h.do(&api.DeleteBucketPolicyInput{Bucket: new("bucket")}, &api.DeleteBucketPolicyInput{Bucket: new("bucket")})
	h.fails(none, get)
}

// The owner's root user is not bound by the policy where it mends it, and a
// restricted public policy lets in nobody from elsewhere.
func TestPolicyFor(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	h.unblock("bucket")
	h.put("bucket", publicPolicy)
	open, _ := findBucket(h.store.View(), "bucket")
	h.do(&api.PutPublicAccessBlockInput{Bucket: new("bucket"), PublicAccessBlockConfiguration: &api.PublicAccessBlockConfiguration{RestrictPublicBuckets: new(true)}})
	restricted, _ := findBucket(h.store.View(), "bucket")
	for _, test := range []struct {
		what   string
		b      *Bucket
		who    aws.Principal
		action string
		want   bool
	}{
		{"root reads", open, rootOf(owner), "GetObject", true},
		{"root mends", open, rootOf(owner), "PutBucketPolicy", false},
		{"root looks", open, rootOf(owner), "GetBucketPolicyStatus", true},
		{"user mends", open, userOf(owner, "ops"), "PutBucketPolicy", true},
		{"foreign root", open, rootOf(stranger), "PutBucketPolicy", true},
		{"anonymous", open, aws.Principal{}, "GetObject", true},
		{"restricted: own user", restricted, userOf(owner, "ops"), "GetObject", true},
		{"restricted: foreign user", restricted, userOf(stranger, "ops"), "GetObject", false},
		{"restricted: anonymous", restricted, aws.Principal{}, "GetObject", false},
		{"restricted: service", restricted, aws.ServicePrincipal(logService), "GetObject", true},
		{"no policy", &Bucket{Account: owner}, rootOf(stranger), "GetObject", false},
	} {
		if got := test.b.policyFor(&test.who, test.action) != nil; got != test.want {
			t.Errorf("%s: %v, want %v", test.what, got, test.want)
		}
	}
}
