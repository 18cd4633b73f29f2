package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The usual question: an administrator and a bucket whose policy has three
// statements, two of them for CloudTrail.
func BenchmarkEvaluate(b *testing.B) {
	admin := policyOf(b, "allow")
	bucket := &Attached{Document: parse(b, trailBucket)}
	ctx := PrincipalContext(user, map[string]string{"team": "red"}, time.Unix(0, 0))
	r := Request{Principal: user, Action: "s3:PutObject", Resource: "arn:aws:s3:::my-bucket/p/AWSLogs/111111111111/x", ResourceAccount: home, Context: ctx}
	d := Documents{Identity: admin, Resource: bucket, SCPs: [][]Attached{admin, admin, admin}}
	b.ReportAllocs()
	for b.Loop() {
		if Evaluate(r, d).Decision != Allowed {
			b.Fatal("refused")
		}
	}
}

func BenchmarkEvaluateDelivery(b *testing.B) {
	bucket := &Attached{Document: parse(b, trailBucket)}
	ctx := PrincipalContext(service, nil, time.Unix(0, 0))
	ctx.Set("aws:SourceArn", "arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail")
	ctx.Set("s3:x-amz-acl", "bucket-owner-full-control")
	r := Request{Principal: service, Action: "s3:PutObject", Resource: "arn:aws:s3:::my-bucket/p/AWSLogs/o-exampleorgid/x", ResourceAccount: home, Context: ctx}
	d := Documents{Resource: bucket}
	b.ReportAllocs()
	for b.Loop() {
		if Evaluate(r, d).Decision != Allowed {
			b.Fatal("refused")
		}
	}
}

// A policy as long as the read-only one that AWS manages.
func BenchmarkEvaluateLongPolicy(b *testing.B) {
	var actions []string
	for i := range 1500 {
		actions = append(actions, fmt.Sprintf(`"service%d:Describe*"`, i))
	}
	long := policyOf(b, `{"Effect":"Allow","Action":[`+strings.Join(actions, ",")+`,"s3:Get*"],"Resource":"*"}`)
	r := Request{Principal: user, Action: "s3:GetObject", Resource: object}
	b.ReportAllocs()
	for b.Loop() {
		if Evaluate(r, Documents{Identity: long}).Decision != Allowed {
			b.Fatal("refused")
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse([]byte(trailBucket)); err != nil {
			b.Fatal(err)
		}
	}
}

// A call as busy accounts have them: five policies of eight statements each,
// of which the last allows.
func BenchmarkEvaluateFivePolicies(b *testing.B) {
	var statements []string
	for i := range 7 {
		effect := []string{"Allow", "Deny"}[i%2]
		statements = append(statements, fmt.Sprintf(`{"Effect":"%s","Action":["s3:Delete*","s3:PutObject","iam:*"],"Resource":["arn:aws:s3:::bucket-%d","arn:aws:s3:::bucket-%d/*"],"Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"},"IpAddress":{"aws:SourceIp":"10.%d.0.0/16"}}}`, effect, i, i, i))
	}
	busy := policyOf(b, append(statements, `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)...)
	resource := policyOf(b, append(statements, `{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"s3:*","Resource":"*"}`)...)
	ctx := PrincipalContext(user, map[string]string{"team": "red"}, time.Unix(0, 0))
	ctx.Set("aws:SourceIp", "10.200.0.1")
	r := Request{Principal: user, Action: "s3:PutObject", Resource: "arn:aws:s3:::bucket-6/AWSLogs/x", ResourceAccount: home, Context: ctx}
	d := Documents{Identity: append(busy, busy...), Boundary: busy, Resource: &resource[0], SCPs: [][]Attached{busy}}
	b.ReportAllocs()
	for b.Loop() {
		if Evaluate(r, d).Decision != Allowed {
			b.Fatal("refused")
		}
	}
}
