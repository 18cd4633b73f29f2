package policy

import (
	"fmt"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
)

func TestCompare(t *testing.T) {
	const statement = `{"Effect":"Allow","Principal":{"AWS":["111111111111","arn:aws:iam::111111111111:role/team/Auditor"],"Service":"cloudtrail.amazonaws.com"},
 "Action":"s3:Get*","Resource":"arn:aws:s3:::my-bucket/*","Condition":{"StringEquals":{"a":"1","b":"2"},"Null":{"c":"true"}}}`
	s := &policyOf(t, statement)[0].Document.Statements[0]
	context := Context{"a": {"1"}, "b": {"2"}}
	for _, c := range []struct {
		name string
		r    Request
		want string
	}{
		{"all", Request{Principal: auditor, Action: "s3:GetObject", Resource: object, Context: context}, "{true true 2 []} true"},
		{"through the account", Request{Principal: user, Action: "s3:GetObject", Resource: object, Context: context}, "{true true 1 []} true"},
		{"a service", Request{Principal: service, Action: "s3:GetObject", Resource: object, Context: context}, "{true true 2 []} true"},
		{"others", Request{Principal: anonymous, Action: "s3:GetObject", Resource: object, Context: context}, "{true true 0 []} false"},
		{"another action", Request{Principal: user, Action: "s3:PutObject", Resource: object, Context: context}, "{false true 1 []} false"},
		{"another resource", Request{Principal: user, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: context}, "{true false 1 []} false"},
		{"conditions", Request{Principal: user, Action: "s3:GetObject", Resource: object, Context: Context{"b": {"2"}, "c": {""}}}, "{true true 1 [0 2]} false"},
	} {
		got := s.Compare(c.r)
		if text := fmt.Sprint(got, got.Matches()); text != c.want {
			t.Errorf("%s: %s, want %s", c.name, text, c.want)
		}
	}
}

// What Compare says and what Evaluate does are one.
func TestCompareAgrees(t *testing.T) {
	documents := policyOf(t, `{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::my-bucket/*","Condition":{"StringEquals":{"aws:username":"zoe"}}}`)
	for _, action := range []string{"s3:GetObject", "s3:PutObject"} {
		for _, resource := range []string{object, "arn:aws:s3:::b/k"} {
			for _, name := range []string{"zoe", "bob"} {
				r := Request{Principal: user, Action: action, Resource: resource, Context: Context{"aws:username": {name}}}
				matches := documents[0].Document.Statements[0].Compare(r).Matches()
				if allowed := Evaluate(r, Documents{Identity: documents}).Decision == Allowed; allowed != matches {
					t.Errorf("%s %s %s: allowed %v, matches %v", action, resource, name, allowed, matches)
				}
			}
		}
	}
}

func TestExempt(t *testing.T) {
	for _, c := range []struct {
		who        aws.Principal
		action     string
		scps, rcps bool
	}{
		{user, "s3:GetObject", false, false},
		{user, "iam:CreateUser", false, true},
		{user, "kms:RetireGrant", false, true},
		{root, "s3:GetObject", false, false},
		{service, "s3:GetObject", true, false},
		{anonymous, "s3:GetObject", true, false},
		{linked, "s3:GetObject", true, true},
	} {
		if scps, rcps := Exempt(Request{Principal: c.who, Action: c.action}); scps != c.scps || rcps != c.rcps {
			t.Errorf("%v %s: %v %v", c.who.Type, c.action, scps, rcps)
		}
	}
}

func TestS3ActionsView(t *testing.T) {
	get := S3ActionsLike("S3:getobject")
	if len(get) != 1 || get[0].Name() != "GetObject" || get[0].OnBucket() || !get[0].OnObject() || !get[0].Knows("s3:ExistingObjectTag/team") || get[0].Knows("s3:prefix") {
		t.Errorf("%+v", get)
	}
	if all := S3ActionsLike("*"); len(all) != len(s3Actions) {
		t.Errorf("%d of %d", len(all), len(s3Actions))
	}
	for _, key := range S3Keys() {
		if !isS3Key(conditionKeyName(key)) {
			t.Errorf("%s is no key of S3", key)
		}
	}
	if !MatchesAction("Get*", "GetObject") || MatchesAction("Get", "GetObject") {
		t.Error("MatchesAction")
	}
}
