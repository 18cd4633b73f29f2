package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// expect compares a refusal with a code and a message; the message "" stands
// for a document that is accepted.
func expect(t *testing.T, doc string, got *aws.Error, code, message string) {
	t.Helper()
	switch {
	case got == nil && message == "":
	case got == nil:
		t.Errorf("%s\naccepted, want %s", doc, message)
	case got.Code != code || got.Message != message:
		t.Errorf("%s\n got %v\nwant %s", doc, got, message)
	}
}

func TestCheckIdentity(t *testing.T) {
	const (
		syntax  = "Syntax errors in policy."
		version = "Policy document must be version 2012-10-17 or greater."
		legacy  = "The policy failed legacy parsing"
		sids    = "Statement IDs (SID) in a single policy must be unique."
		vendor  = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
		colon   = "Actions/Condition can contain only one colon."
		actions = "Policy statement must contain actions."
		targets = "Policy statement must contain resources."
		regexes = "Resource vendor must be fully qualified and cannot contain regexes."
		bucket  = `"Resource":"arn:aws:s3:::b"`
	)
	doc := func(statement string) string { return `{"Version":"2012-10-17","Statement":{` + statement + `}}` }
	ok := func(resource string) string {
		return doc(`"Effect":"Allow","Action":"s3:ListBucket","Resource":` + resource)
	}
	when := func(condition string) string {
		return doc(`"Effect":"Allow","Action":"s3:ListBucket",` + bucket + `,"Condition":` + condition)
	}
	for _, c := range []struct{ doc, want string }{
		{ok(`"*"`), ""},
		{ok(`["arn:aws:s3:::b","*"]`), ""},
		{ok(`"arn:aws:s3:::b/${aws:username}/*"`), ""},
		{doc(`"Sid":"","Effect":"Deny","NotAction":"iam:*","NotResource":"*"`), ""},
		{doc(`"Effect":"Allow","Action":"*",` + bucket), ""},
		{doc(`"Effect":"Allow","Action":"service-prefix.v2:Any name",` + bucket), ""},
		{`{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"a","Effect":"Allow","Action":"s3:*",` + bucket + `},{"Effect":"Allow","Action":"s3:*",` + bucket + `}]}`, ""},

		{``, syntax},
		{`no JSON`, syntax},
		{`null`, syntax},
		{`{"Version":"2012-10-17"}`, syntax},
		{`{"Version":"2012-10-17","Statement":[]}`, syntax},
		{`{"Version":"2013-10-17","Statement":{"Effect":"Allow","Action":"s3:*",` + bucket + `}}`, syntax},
		{`{"Version":"2012-10-17","Extra":1,"Statement":{"Effect":"Allow","Action":"s3:*",` + bucket + `}}`, syntax},
		{doc(`"Effect":"Allow","Action":"s3:*",` + bucket + `,"Extra":"x"`), syntax},
		{doc(`"Action":"s3:*",` + bucket), syntax},
		{doc(`"Effect":"Perhaps","Action":"s3:*",` + bucket), syntax},
		{doc(`"Effect":"Allow","Action":"s3:*","NotAction":"s3:*",` + bucket), syntax},
		{doc(`"Effect":"Allow","Action":[[]],` + bucket), syntax},
		{ok(`{}`), syntax},
		{ok(`["x",{}]`), syntax},
		{ok(`"arn:aws:s3:::b/${aws:username"`), syntax},
		{when(`[]`), syntax},
		{when(`{"x":{"aws:a":"1"}}`), syntax},
		{when(`{"x":{}}`), ""},
		{when(`{"DateGreaterThan":{"aws:CurrentTime":{}}}`), syntax},

		{`{"Statement":{"Effect":"Allow","Action":"s3:*",` + bucket + `}}`, version},
		{`{"Version":"2008-10-17","Statement":{"Effect":"denY","Action":"s3:*",` + bucket + `}}`, version},

		{doc(`"Effect":"allow","Action":"s3:*",` + bucket), legacy},
		{doc(`"Effect":"Allow","Resource":"arn:aws:s3::b"`), legacy},
		{ok(`"arn:aws:s3::b"`), legacy},
		{ok(`"arn:aws::x"`), legacy},
		{ok(`"arn:aws::::b"`), legacy},
		{ok(`["*","arn:aws:s3::b"]`), legacy},
		{ok(`"arn:aws:anything"`), ""},
		{when(`{"DateLessThan":{"aws:CurrentTime":"soon"}}`), legacy},
		{when(`{"DateLessThan":{"aws:CurrentTime":"234-13"}}`), legacy},
		{when(`{"ForAnyValue:DateLessThanIfExists":{"aws:CurrentTime":["2026-01-31","soon"]}}`), legacy},
		{when(`{"DateLessThan":{"aws:CurrentTime":"2026-01-31T02:10:00.593194+00:00"}}`), ""},
		{when(`{"DateLessThan":{"aws:CurrentTime":[]}}`), ""},
		{when(`{"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":["a"]}}`), ""},

		{`{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":"s3:*",` + bucket + `},{"Sid":"a","Effect":"Allow"}]}`, sids},
		{doc(`"Sid":"not alnum","Effect":"Allow","Action":"s3:*",` + bucket), "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"},
		{doc(`"Effect":"Allow","Action":"s3:*",` + bucket + `,"Principal":"*"`), "Policy document should not specify a principal."},
		{doc(`"Effect":"Allow","Action":"sts:AssumeRole","NotPrincipal":{"Service":"ec2.amazonaws.com"}`), "Policy document should not specify a principal."},
		{doc(`"Effect":"Allow"`), actions},
		{doc(`"Effect":"Allow","Action":[],` + bucket), actions},

		{ok(`"nothing"`), `Resource nothing must be in ARN format or "*".`},
		{ok(`""`), `Resource  must be in ARN format or "*".`},
		{ok(`"x:aws:s3:::b"`), `Resource x:aws:s3:::b must be in ARN format or "*".`},
		{ok(`"arn:aws"`), regexes},
		{ok(`"arn:aws:s*:::b"`), regexes},
		{ok(`"aws:s3:::b"`), `Partition "s3" is not valid for resource "arn:s3:::b:*".`},
		{ok(`"a:b"`), `Partition "b" is not valid for resource "arn:b:*:*:*:*".`},
		{ok(`"a:b:"`), `Partition "b" is not valid for resource "arn:b:*:*:*:*".`},
		{ok(`"a:b:c:d:e:f:g:h"`), `Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".`},
		{ok(`"arn:aws:iam:us-east-1::user/x"`), "IAM resource arn:aws:iam:us-east-1::user/x cannot contain region information."},
		{ok(`"arn:aws:s3:us-east-1::b"`), "Resource arn:aws:s3:us-east-1::b can not contain region information."},
		{ok(`"arn:aws:s3:us-east-1:111111111111:accesspoint/a"`), ""},
		{ok(`"arn:aws:ec2:us-east-1::image/x"`), ""},
		{ok(`"arn:aws:iam::111111111111:role/x"`), ""},
		{ok(`"arn:aws:iam::111111111111:*"`), ""},
		{ok(`"arn:aws:iam::111111111111:root"`), ""},
		{ok(`"arn:aws:iam::111111111111:x/y"`), `IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.`},
		{ok(`["arn:error:s3:::a","nothing"]`), `Partition "error" is not valid for resource "arn:error:s3:::a".`},
		{doc(`"Effect":"Allow","Action":"a:b:c","Resource":"nothing"`), `Resource nothing must be in ARN format or "*".`},

		{doc(`"Effect":"Allow","Action":"ListBucket"`), vendor},
		{doc(`"Effect":"Allow","NotAction":"",` + bucket), vendor},
		{doc(`"Effect":"Allow","Action":["s3:*","s3:List:Bucket"],` + bucket), colon},
		{doc(`"Effect":"Allow","Action":"a a:ListBucket",` + bucket), "Vendor a a is not valid"},
		{doc(`"Effect":"Allow","Action":"s3:*"`), targets},
		{doc(`"Effect":"Allow","Action":"s3:*","Resource":[]`), targets},
	} {
		expect(t, c.doc, CheckIdentity([]byte(c.doc)), "MalformedPolicyDocument", c.want)
	}
}

// What a Check accepts, Parse accepts.
func TestAcceptedIsParsed(t *testing.T) {
	for _, doc := range documents {
		_, err := Parse([]byte(doc))
		if CheckIdentity([]byte(doc)) == nil && err != nil {
			t.Errorf("%s: %v", doc, err)
		}
	}
}

func TestCheckTrust(t *testing.T) {
	known := map[string]bool{aws.RootARN(home): true, roleARN: true}
	exists := func(arn string) bool { return known[arn] }
	doc := func(statement string) string { return `{"Version":"2012-10-17","Statement":{` + statement + `}}` }
	trust := func(principal string) string {
		return doc(`"Effect":"Allow","Action":"sts:AssumeRole","Principal":` + principal)
	}
	with := func(action string) string {
		return doc(`"Effect":"Allow","Principal":{"AWS":"*"},"Action":` + action)
	}
	const onlySTS = "AssumeRole policy may only specify STS AssumeRole actions."
	for _, c := range []struct{ doc, want string }{
		{trust(`{"Service":"cloudtrail.amazonaws.com"}`), ""},
		{trust(`{"Service":["a.amazonaws.com","b.us-east-1.amazonaws.com"],"AWS":"111111111111"}`), ""},
		{trust(`{"AWS":"*"}`), ""},
		{trust(`{"AWS":"` + roleARN + `"}`), ""},
		{trust(`{"AWS":"arn:aws:sts::111111111111:assumed-role/R/s"}`), ""},
		{trust(`{"AWS":"arn:aws:sts::111111111111:federated-user/f"}`), ""},
		{trust(`{"Federated":"arn:aws:iam::111111111111:saml-provider/idp"}`), ""},
		{`{"Statement":{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":false}}}}`, ""},
		{with(`["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]`), ""},
		{with(`"sts:*"`), ""},
		{with(`"STS:assumerole"`), ""},

		{`nonsense`, "This policy contains invalid Json"},
		{`[]`, "This policy contains invalid Json"},
		{`{"Version":"2013-10-17","Statement":{}}`, "The policy must contain a valid version string"},
		{`{"Version":"2012-10-17"}`, "Missing required field Statement"},
		{`{"Version":"2012-10-17","Statement":[]}`, "Could not parse the policy: Statement is empty!"},
		{doc(`"Efect":"Allow"`), "Unknown field Efect"},
		{doc(`"Effect":1`), "Syntax errors in policy."},
		{doc(`"Action":"sts:AssumeRole","Principal":{"AWS":"*"}`), "Missing required field Effect"},
		{doc(`"Effect":"allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}`), "Invalid effect: allow"},
		{doc(`"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"},"Resource":"*"`), "Has prohibited field Resource"},
		{doc(`"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"},"NotResource":"*"`), "Has prohibited field NotResource"},
		{doc(`"Effect":"Allow","Action":"sts:AssumeRole"`), "Missing required field Principal"},
		{doc(`"Effect":"Deny","Action":"sts:AssumeRole","NotPrincipal":{"AWS":"*"}`), "AssumeRole policy must not contain NotPrincipal field."},
		{doc(`"Effect":"Allow","Action":"sts:AssumeRole","NotPrincipal":{"AWS":"*"}`), "Allow with NotPrincipal is not allowed."},
		{doc(`"Effect":"Allow","Principal":{"AWS":"*"}`), "Missing required field Action"},
		{doc(`"Effect":"Allow","Principal":{"AWS":"*"},"Action":[]`), "Missing required field Action"},
		{trust(`"*"`), "Principal must be a JSON object."},
		{trust(`{}`), "Missing required field Principal cannot be empty!"},
		{trust(`{"AWS":[]}`), "Missing required field Principal cannot be empty!"},
		{trust(`{"AWS":"222222222222"}`), `Invalid principal in policy: "AWS":"222222222222"`},
		{trust(`{"AWS":["111111111111","arn:aws:iam::111111111111:role/gone"]}`), `Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:role/gone"`},
		{trust(`{"AWS":"arn:aws:iam::111111111111:role/*"}`), `Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:role/*"`},
		{trust(`{"AWS":"arn:aws:iam::111111111111:group/g"}`), `Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:group/g"`},
		{trust(`{"AWS":"arn:aws:iam::111111111111:role/"}`), `Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:role/"`},
		{trust(`{"AWS":"arn:aws:sts::111111111111:assumed-role/R"}`), `Invalid principal in policy: "AWS":"arn:aws:sts::111111111111:assumed-role/R"`},
		{trust(`{"AWS":"AROAGONE"}`), `Invalid principal in policy: "AWS":"AROAGONE"`},
		{trust(`{"Service":"cloudtrail"}`), `Invalid principal in policy: "SERVICE":"cloudtrail"`},
		{trust(`{"Service":"*"}`), `Invalid principal in policy: "SERVICE":"*"`},
		{trust(`{"Service":".amazonaws.com"}`), `Invalid principal in policy: "SERVICE":".amazonaws.com"`},
		{trust(`{"Federated":""}`), `Invalid principal in policy: "FEDERATED":""`},
		{trust(`{"CanonicalUser":"x"}`), `Invalid principal in policy: "CanonicalUser":"x"`},
		{with(`"s3:GetObject"`), onlySTS},
		{with(`"*"`), onlySTS},
		{with(`["sts:AssumeRole","sts:GetCallerIdentity"]`), onlySTS},
		{`{"Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"},{"Sid":"a","Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`, "The Statement Ids in the policy are not unique"},
		{doc(`"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"},"Condition":{"x":{"a":"b"}}`), "Syntax errors in policy."},
	} {
		expect(t, c.doc, CheckTrust([]byte(c.doc), exists), "MalformedPolicyDocument", c.want)
	}
	if err := CheckTrust([]byte(trust(`{"AWS":"222222222222"}`)), nil); err != nil {
		t.Errorf("everybody exists: %v", err)
	}
}

func TestOrganizationPolicies(t *testing.T) {
	doc := func(statement string) string { return `{"Version":"2012-10-17","Statement":{` + statement + `}}` }
	const refusal = "The provided policy document does not meet the requirements of the specified policy type."
	for _, c := range []struct {
		doc      string
		scp, rcp bool // accepted
	}{
		{doc(`"Effect":"Allow","Action":"*","Resource":"*"`), true, false},
		{doc(`"Effect":"Deny","Action":["cloudtrail:StopLogging","s3:*Bucket"],"Resource":"arn:aws:s3:::b","Condition":{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}}`), true, false},
		{doc(`"Effect":"Deny","NotAction":"iam:*","NotResource":"*"`), true, false},
		{doc(`"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"`), false, true},
		{doc(`"Effect":"Deny","Principal":"*","Action":["sts:AssumeRole","kms:*","sqs:*","secretsmanager:*","logs:*","dynamodb:*","ecr:*"],"NotResource":"arn:aws:s3:::b/*","Condition":{"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}`), false, true},
		{doc(`"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"`), false, true},
		{doc(`"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"`), false, false},
		{doc(`"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*"`), false, false},
		{doc(`"Effect":"Deny","NotPrincipal":"*","Action":"s3:*","Resource":"*"`), false, false},
		{doc(`"Effect":"Deny","Principal":"*","NotAction":"s3:*","Resource":"*"`), false, false},
		{doc(`"Effect":"Deny","Principal":"*","Action":"ec2:*","Resource":"*"`), false, false},
		{doc(`"Effect":"Deny","Principal":"*","Action":"s3:*"`), false, false},
		{doc(`"Effect":"Allow","Action":"*"`), false, false},
		{doc(`"Effect":"Allow","Action":"*","Resource":[]`), false, false},
		{doc(`"Effect":"Allow","Action":"*","Resource":"b"`), false, false},
		{doc(`"Effect":"Allow","Action":"ListBucket","Resource":"*"`), false, false},
		{doc(`"Effect":"Allow","Action":[],"Resource":"*"`), false, false},
		{doc(`"Effect":"allow","Action":"*","Resource":"*"`), false, false},
		{`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, false, false},
		{`{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, false, false},
		{`{"Version":"2012-10-17","Statement":[]}`, false, false},
		{`{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"iam:*","Resource":"*"}]}`, false, false},
		{`not JSON`, false, false},
	} {
		for name, accepted := range map[string]bool{"SCP": c.scp, "RCP": c.rcp} {
			want := refusal
			if accepted {
				want = ""
			}
			check := map[string]func([]byte) *aws.Error{"SCP": CheckSCP, "RCP": CheckRCP}[name]
			expect(t, name+" "+c.doc, check([]byte(c.doc)), "MalformedPolicyDocumentException", want)
		}
	}
}

func TestCheckBucket(t *testing.T) {
	known := map[string]bool{aws.RootARN(home): true, userARN: true}
	exists := func(arn string) bool { return known[arn] }
	doc := func(statement string) string { return `{"Version":"2012-10-17","Statement":{` + statement + `}}` }
	with := func(principal, action, resource, condition string) string {
		return doc(fmt.Sprintf(`"Effect":"Allow","Principal":%s,"Action":%s,"Resource":%s,"Condition":%s`, principal, action, resource, condition))
	}
	const (
		trail   = `{"Service":"cloudtrail.amazonaws.com"}`
		bucket  = `"arn:aws:s3:::my-bucket"`
		objects = `"arn:aws:s3:::my-bucket/*"`
		both    = `["arn:aws:s3:::my-bucket","arn:aws:s3:::my-bucket/*"]`
		put     = `"s3:PutObject"`

		noJSON       = "Policies must be valid JSON and the first byte must be '{'"
		badPrincipal = "Invalid principal in policy"
		badResource  = "Policy has invalid resource"
		badAction    = "Policy has invalid action"
		applies      = "Action does not apply to any resource(s) in statement"
		conditions   = "Conditions do not apply to combination of actions and resources in statement"
		badKey       = "Policy has an invalid condition key"
		badVersion   = "The policy must contain a valid version string"
	)
	for _, c := range []struct{ doc, want string }{
		// Not a document.
		{`"Version": "2012-10-17", "Statement": [`, noJSON},
		{``, noJSON},
		{`[]`, noJSON},
		{`{"Version":`, noJSON},
		{`{"Version":"2012-10-18","Statement":{}}`, badVersion},
		{`{"Version":20121017,"Statement":{}}`, badVersion},
		{`{"Version":"2012-10-17"}`, "Missing required field Statement"},
		{`{"Version":"2012-10-17","Statement":[]}`, "Could not parse the policy: Statement is empty!"},
		{`{"Version":"2012-10-17","Statement":{},"Extra":1}`, "Unknown field Extra"},
		{doc(`"efect":"Allow"`), "Unknown field efect"},
		{doc(`"Effect":{}`), "Invalid policy syntax."},
		{`{"Statement":{"Effect":"Allow","Principal":` + trail + `,"Action":` + put + `,"Resource":` + objects + `}}`, ""},
		{`{"Version":"2008-10-17","Statement":{"Effect":"Deny","NotPrincipal":` + trail + `,"NotAction":` + put + `,"NotResource":` + objects + `}}`, ""},

		// Fields of a statement.
		{doc(`"Principal":"*","Action":` + put + `,"Resource":` + objects), "Missing required field Effect"},
		{doc(`"Effect":"Permit","Principal":"*","Action":` + put + `,"Resource":` + objects), "Invalid effect: Permit"},
		{doc(`"Effect":"Allow","Action":` + put + `,"Resource":` + objects), "Missing required field Principal"},
		{doc(`"Effect":"Allow","NotPrincipal":"*","Action":` + put + `,"Resource":` + objects), "Allow with NotPrincipal is not allowed."},
		{doc(`"Effect":"Allow","Principal":"*","Action":` + put), "Statement is missing required element"},
		{doc(`"Effect":"Allow","Principal":"*","Resource":` + objects), "Statement is missing required element"},

		// Principals.
		{with(`"*"`, put, objects, `{}`), ""},
		{with(`{"AWS":"*"}`, put, objects, `{}`), ""},
		{with(`{"AWS":["111111111111","arn:aws:iam::111111111111:root","`+userARN+`","arn:aws:sts::111111111111:assumed-role/r/s"]}`, put, objects, `{}`), ""},
		{with(`{"Service":["anything.at-all.amazonaws.com"]}`, put, objects, `{}`), ""},
		{with(`{"CanonicalUser":"`+strings.Repeat("0a", 32)+`"}`, put, objects, `{}`), ""},
		{with(`{"Federated":"cognito-identity.amazonaws.com"}`, put, objects, `{}`), ""},
		{with(`"me"`, put, objects, `{}`), badPrincipal},
		{with(`{}`, put, objects, `{}`), badPrincipal},
		{with(`{"AWS":[]}`, put, objects, `{}`), badPrincipal},
		{with(`{"AWS":"222222222222"}`, put, objects, `{}`), badPrincipal},
		{with(`{"AWS":"1111111111"}`, put, objects, `{}`), badPrincipal},
		{with(`{"AWS":"arn:aws:iam::111111111111:role/unknown"}`, put, objects, `{}`), badPrincipal},
		{with(`{"AWS":"arn:aws:iam::111111111111:user/*"}`, put, objects, `{}`), badPrincipal},
		{with(`{"AWS":"AIDAGONE"}`, put, objects, `{}`), badPrincipal},
		{with(`{"Service":""}`, put, objects, `{}`), badPrincipal},
		{with(`{"Service":"cloudtrail"}`, put, objects, `{}`), badPrincipal},
		{with(`{"Service":"cloudtrail.example.com"}`, put, objects, `{}`), badPrincipal},
		{with(`{"CanonicalUser":"0a"}`, put, objects, `{}`), badPrincipal},
		{with(`{"Federated":""}`, put, objects, `{}`), badPrincipal},
		{with(`{"Group":"x"}`, put, objects, `{}`), badPrincipal},

		// Actions.
		{with(trail, `"s3:putobject"`, objects, `{}`), ""},
		{with(trail, `["s3:Get*","s3:*Bucket","s3:*"]`, both, `{}`), ""},
		{with(trail, `"*"`, objects, `{}`), ""},
		{with(trail, `"s3:PutObjects"`, objects, `{}`), badAction},
		{with(trail, `"PutObject"`, objects, `{}`), badAction},
		{with(trail, `["s3:PutObject","sqs:SendMessage"]`, objects, `{}`), badAction},
		{with(trail, `[]`, objects, `{}`), badAction},

		// Resources.
		{with(trail, put, `"arn:aws:s3:::my-bucket/AWSLogs/1111111111/*"`, `{}`), ""},
		{with(trail, `"s3:*"`, `"arn:aws:s3:::my-bucket*"`, `{}`), ""},
		{with(trail, put, `"arn:aws:s3:::other/*"`, `{}`), badResource},
		{with(trail, put, `"arn:aws:s3:::my-bucket-2/*"`, `{}`), badResource},
		{with(trail, put, `["arn:aws:s3:::my-bucket/*","arn:aws:s3:::other/*"]`, `{}`), badResource},
		{with(trail, put, `"*"`, `{}`), badResource},
		{with(trail, put, `"my-bucket/*"`, `{}`), badResource},
		{with(trail, put, `[]`, `{}`), badResource},

		// Actions and resources.
		{with(trail, `"s3:GetBucketAcl"`, bucket, `{}`), ""},
		{with(trail, `["s3:GetBucketAcl","s3:PutObject"]`, both, `{}`), ""},
		{with(trail, `"s3:GetBucketAcl"`, objects, `{}`), applies},
		{with(trail, put, bucket, `{}`), applies},
		{with(trail, `["s3:GetBucketAcl","s3:PutObject"]`, objects, `{}`), applies},
		{with(trail, `"s3:ListAllMyBuckets"`, both, `{}`), applies},
		{with(trail, `"s3:*"`, bucket, `{}`), ""},
		{doc(`"Effect":"Deny","Principal":"*","NotAction":"s3:GetBucketAcl","Resource":` + objects), ""},
		{doc(`"Effect":"Deny","Principal":"*","Action":"s3:GetBucketAcl","NotResource":` + objects), ""},

		// Conditions.
		{with(trail, put, objects, `{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceArn":"arn:aws:cloudtrail:us-east-2:111111111111:trail/t"}}`), ""},
		{with(trail, put, objects, `{"StringEquals":{"AWS:PrincipalTag/x":"1","s3:RequestObjectTag/y":"2"},"Bool":{"aws:SecureTransport":true}}`), ""},
		{with(trail, `"s3:ListBucket"`, bucket, `{"StringLike":{"s3:prefix":"AWSLogs/*"}}`), ""},
		{with(trail, `"s3:*"`, both, `{"StringEquals":{"s3:x-amz-acl":"x"}}`), ""},
		{with(trail, `"s3:*"`, bucket, `{"StringEquals":{"s3:x-amz-server-side-encryption":"x"}}`), conditions},
		{with(trail, `"s3:GetBucketAcl"`, bucket, `{"StringEquals":{"s3:x-amz-acl":"x"}}`), conditions},
		{with(trail, `["s3:ListBucket","s3:GetBucketLocation"]`, bucket, `{"StringLike":{"s3:prefix":"x"}}`), conditions},
		{with(trail, `["s3:GetObject","s3:PutObject"]`, objects, `{"StringEquals":{"s3:x-amz-acl":"x"}}`), conditions},
		{with(trail, `"s3:DeleteObject"`, objects, `{"StringEquals":{"s3:ExistingObjectTag/k":"x"}}`), conditions},
		{with(trail, put, objects, `{"StringEquals":{"s3:x-amz-nothing":"x"}}`), badKey},
		{with(trail, put, objects, `{"StringEquals":{"aws:SourceAccounts":"x"}}`), badKey},
		{with(trail, put, objects, `{"StringEquals":{"aws:SourceArn/x":"x"}}`), badKey},
		{with(trail, put, objects, `{"StringEquals":{"kms:ViaService":"x"}}`), badKey},
		{with(trail, put, objects, `{"StringIs":{"aws:SourceArn":"x"}}`), "Invalid Condition type : StringIs"},
		{with(trail, put, objects, `{"stringEquals":{"aws:SourceArn":"x"}}`), "Invalid Condition type : stringEquals"},
		{with(trail, put, objects, `{"IpAddress":{"aws:SourceIp":"here"}}`), "Invalid IP address in Conditions"},
		{with(trail, put, objects, `{"NotIpAddressIfExists":{"aws:SourceIp":["10.0.0.0/8","10.0.0.0/99"]}}`), "Invalid IP address in Conditions"},
		{with(trail, put, objects, `{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::1"]}}`), ""},
		{with(trail, put, objects, `{"StringEquals":{"aws:username":"${"}}`), "Invalid policy syntax."},
		{doc(`"Effect":"Deny","Principal":"*","NotAction":` + put + `,"Resource":` + objects + `,"Condition":{"StringEquals":{"s3:x-amz-acl":"x"}}`), ""},
	} {
		expect(t, c.doc, CheckBucket([]byte(c.doc), "my-bucket", exists), "MalformedPolicy", c.want)
	}
	long := with(trail, put, objects, `{}`)
	long += strings.Repeat(" ", maxBucketPolicy-len(long))
	expect(t, "twenty kilobytes", CheckBucket([]byte(long), "my-bucket", exists), "", "")
	expect(t, "one byte more", CheckBucket([]byte(long+" "), "my-bucket", exists), "PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
}

func TestIsPublic(t *testing.T) {
	doc := func(principal, condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"},{"Effect":"Allow",` + principal + `,"Action":"s3:GetObject","Resource":"*","Condition":` + condition + `}]}`
	}
	const everyone = `"Principal":"*"`
	for _, c := range []struct {
		principal, condition string
		want                 bool
	}{
		{everyone, `{}`, true},
		{`"Principal":{"AWS":"*"}`, `{}`, true},
		{`"Principal":{"AWS":["111111111111","*"]}`, `{}`, true},
		{`"NotPrincipal":{"AWS":"111111111111"}`, `{}`, true},
		{`"Principal":{"AWS":"111111111111"}`, `{}`, false},
		{`"Principal":{"Service":"cloudtrail.amazonaws.com"}`, `{}`, false},
		{`"Principal":{"CanonicalUser":"x"}`, `{}`, false},
		{everyone, `{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`, false},
		{everyone, `{"StringLike":{"aws:PrincipalOrgID":"o-*"}}`, true},
		{everyone, `{"StringEquals":{"aws:SourceAccount":["111111111111","222222222222"]}}`, false},
		{everyone, `{"StringEquals":{"aws:PrincipalServiceName":"cloudtrail.amazonaws.com"}}`, false},
		{everyone, `{"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-2:111111111111:trail/t"}}`, false},
		{everyone, `{"ArnLike":{"aws:SourceArn":["arn:aws:sns:us-east-2:111111111111:t","arn:aws:cloudtrail:*:111111111111:trail/*"]}}`, true},
		{everyone, `{"StringEquals":{"aws:SourceArn":"${aws:PrincipalArn}"}}`, true},
		{everyone, `{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}`, true},
		{everyone, `{"StringEqualsIfExists":{"aws:SourceVpce":"vpce-1"}}`, true},
		{everyone, `{"ForAllValues:StringEquals":{"aws:SourceVpce":"vpce-1"}}`, true},
		{everyone, `{"ForAnyValue:StringEquals":{"aws:SourceVpce":"vpce-1"}}`, false},
		{everyone, `{"Null":{"aws:SourceVpce":"false"}}`, true},
		{everyone, `{"StringEquals":{"aws:SourceVpce":[]}}`, true},
		{everyone, `{"StringEquals":{"aws:SourceVpce":"vpce-1"},"StringLike":{"aws:Referer":"*"}}`, false},
		{everyone, `{"StringEquals":{"aws:Referer":"x"}}`, true},
		{everyone, `{"StringLike":{"aws:userid":"AROAX:*"}}`, true},
		{everyone, `{"StringEquals":{"aws:userid":"AIDAX"}}`, false},
		{everyone, `{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`, false},
		{everyone, `{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, false},
		{everyone, `{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/1"]}}`, true},
		{everyone, `{"IpAddress":{"aws:SourceIp":"2001:db8::/32"}}`, false},
		{everyone, `{"IpAddress":{"aws:SourceIp":"2001::/16"}}`, true},
		{everyone, `{"NumericEquals":{"aws:SourceAccount":"1"}}`, true},
	} {
		if got := parse(t, doc(c.principal, c.condition)).IsPublic(); got != c.want {
			t.Errorf("%s %s: public %v", c.principal, c.condition, got)
		}
	}
	if parse(t, `{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}`).IsPublic() {
		t.Error("a policy that only denies is public")
	}
}
