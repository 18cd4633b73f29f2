package advice

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

var organizationTrail = Trail{
	ARN: "arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail", Bucket: "my-bucket", Organization: "o-exampleorgid",
	LogGroup: "arn:aws:logs:us-east-2:111111111111:log-group:CloudTrail/logs:*",
}

const (
	aclStatement  = `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::my-bucket"}`
	putStatement  = `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":["arn:aws:s3:::my-bucket/AWSLogs/111111111111/*","arn:aws:s3:::my-bucket/AWSLogs/o-exampleorgid/*"],"Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}`
	denyStatement = `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::my-bucket","arn:aws:s3:::my-bucket/*"],"Condition":%s}`
)

// meets returns the rules of what the trail misses.
func meets(t *testing.T, kind Kind, trail Trail, text string) string {
	t.Helper()
	p, err := Read([]byte(text), kind, "")
	if err != nil {
		t.Fatal(err)
	}
	findings, err := p.Meets(trail)
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, f := range findings {
		rules = append(rules, strings.TrimPrefix(f.Rule, "statement-"))
	}
	return strings.Join(rules, " ")
}

// What CloudTrail's probe of a bucket accepts and what it refuses; with an
// amended document it is content, unless something denies.
func TestMeetsBucket(t *testing.T) {
	swap := func(old, new string) string {
		return document(strings.ReplaceAll(aclStatement, old, new), strings.ReplaceAll(putStatement, old, new))
	}
	deny := func(condition string) string {
		return document(aclStatement, putStatement, fmt.Sprintf(denyStatement, condition))
	}
	for _, c := range []struct{ name, text, want string }{
		{"as documented", document(aclStatement, putStatement), ""},
		{"the service in a list", swap(`"cloudtrail.amazonaws.com"`, `["cloudtrail.amazonaws.com"]`), ""},
		{"everyone who is the service", document(
			strings.Replace(aclStatement, `{"Service":"cloudtrail.amazonaws.com"}`, `"*"`, 1),
			strings.Replace(strings.Replace(putStatement, `{"Service":"cloudtrail.amazonaws.com"}`, `"*"`, 1), `"s3:x-amz-acl"`, `"aws:PrincipalServiceName":"cloudtrail.amazonaws.com","s3:x-amz-acl"`, 1)), ""},
		{"no condition", swap(`,"Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}`, ``), ""},
		{"ArnLike on the source", swap(`"Condition":{`, `"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:111111111111:trail/*"},`), ""},
		{"the organization as source", swap(`"Condition":{`, `"Condition":{"StringLike":{"aws:SourceOrgID":"o-exampleorgid"},`), ""},
		{"another organization as source", swap(`"Condition":{`, `"Condition":{"StringLike":{"aws:SourceOrgID":"o-otherorgid00"},`), "refused missing differs"},
		{"the trail's account as source", swap(`"Condition":{`, `"Condition":{"StringLike":{"aws:SourceAccount":"111111111111"},`), ""},
		{"nothing", document(`{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"s3:*","Resource":"arn:aws:s3:::my-bucket"}`), "refused missing missing missing"},
		{"no ACL statement", document(putStatement), "refused missing"},
		{"no write statement", document(aclStatement), "refused missing missing"},
		{"no wildcard", swap("/*", ""), "refused missing differs"},
		{"another action on the bucket", swap("s3:GetBucketAcl", "s3:GetBucketLocation"), "refused differs"},
		{"plain transport denied", deny(`{"Bool":{"aws:SecureTransport":"false"}}`), ""},
		{"other principals denied", deny(`{"StringNotEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}`), "refused denies"},
		{"other sources denied", deny(`{"StringNotEquals":{"aws:SourceOrgID":"o-exampleorgid"}}`), ""},
		{"other principals denied, but no services", deny(`{"StringNotEquals":{"aws:PrincipalOrgID":"o-exampleorgid"},"Bool":{"aws:PrincipalIsAWSService":"false"}}`), ""},
		{"what KMS does not encrypt denied", deny(`{"StringNotEqualsIfExists":{"s3:x-amz-server-side-encryption":"aws:kms"}}`), "refused denies"},
		{"everything denied", document(aclStatement, putStatement, strings.Replace(denyStatement, `,"Condition":%s`, "", 1)), "refused denies"},
		{"no member", swap("o-exampleorgid/*", "o-exampleorgid/111111111111/*"), "missing"},
		{"no digests", swap("/*", "/*CloudTrail/*"), "missing missing"},
		{"only one region", swap("111111111111/*", "111111111111/CloudTrail/eu-west-1/*"), "refused missing"},
	} {
		if got := meets(t, Bucket, organizationTrail, c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		p, _ := Read([]byte(c.text), Bucket, "")
		amended, err := p.Amend(organizationTrail)
		if err != nil {
			t.Fatal(err)
		}
		if c.want == "" && string(amended) != c.text {
			t.Errorf("%s: changed\n%s", c.name, amended)
		}
		want := ""
		if strings.HasSuffix(c.want, "denies") {
			want = "refused denies"
		}
		if got := meets(t, Bucket, organizationTrail, string(amended)); got != want {
			t.Errorf("%s, amended: %q, want %q\n%s", c.name, got, want, amended)
		}
	}
}

func TestMeetsRole(t *testing.T) {
	const (
		trusted = `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}`
		streams = `{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":["arn:aws:logs:us-east-2:111111111111:log-group:CloudTrail/logs:log-stream:111111111111_CloudTrail_us-east-2*","arn:aws:logs:us-east-2:111111111111:log-group:CloudTrail/logs:log-stream:o-exampleorgid_*"]}`
	)
	for _, c := range []struct {
		name, text string
		kind       Kind
		want       string
	}{
		{"trusted", document(trusted), Trust, ""},
		{"trusted for the trail", document(strings.Replace(trusted, `"Action"`, `"Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail"}},"Action"`, 1)), Trust, ""},
		{"trusted for another trail", document(strings.Replace(trusted, `"Action"`, `"Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-2:111111111111:trail/other"}},"Action"`, 1)), Trust, "refused differs"},
		{"another service trusted", document(strings.Replace(trusted, "cloudtrail", "ec2", 1)), Trust, "refused differs"},
		{"an account trusted", document(strings.Replace(trusted, `"Service":"cloudtrail.amazonaws.com"`, `"AWS":"111111111111"`, 1)), Trust, "refused missing"},
		{"only tags", document(strings.Replace(trusted, "AssumeRole", "TagSession", 1)), Trust, "refused differs"},
		{"streams", document(streams), Identity, ""},
		{"all streams", document(`{"Effect":"Allow","Action":"logs:*","Resource":"*"}`), Identity, ""},
		{"no streams of the organization", document(strings.Replace(streams, "o-exampleorgid_*", "111111111111_*", 1)), Identity, "refused missing missing"},
		{"another group", document(strings.ReplaceAll(streams, "CloudTrail/logs", "logs")), Identity, "refused differs missing"},
		{"no events", document(strings.Replace(streams, `,"logs:PutLogEvents"`, "", 1)), Identity, "refused missing"},
		{"denied", document(streams, `{"Effect":"Deny","Action":"logs:*","Resource":"*"}`), Identity, "refused denies"},
	} {
		if got := meets(t, c.kind, organizationTrail, c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTrailErrors(t *testing.T) {
	p, err := Read([]byte(document(aclStatement)), Bucket, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind   Kind
		change func(*Trail)
		want   string
	}{
		{Bucket, func(t *Trail) { t.ARN = "my-trail" }, "my-trail is not the ARN of a trail"},
		{Bucket, func(t *Trail) { t.ARN = "arn:aws:cloudtrail:us-east-2:1111111111:trail/my-trail" }, "is not the ARN of a trail"},
		{Bucket, func(t *Trail) { t.ARN = "" }, "the ARN of the trail is missing"},
		{Bucket, func(t *Trail) { t.Bucket = "" }, "the name of the bucket is missing"},
		{Bucket, func(t *Trail) { t.Organization = "r-abcd" }, "organization: r-abcd is the root"},
		{Bucket, func(t *Trail) { t.Organization = "o-x" }, "organization: o-x is no organization id"},
		{Identity, func(t *Trail) { t.LogGroup = "logs" }, `"logs" is not the ARN of a log group`},
		{Identity, func(t *Trail) { t.LogGroup = strings.Replace(t.LogGroup, "us-east-2", "us-west-2", 1) }, "the log group is in us-west-2"},
		{RCP, func(t *Trail) {}, "a trail needs nothing of a resource control policy"},
	} {
		trail := organizationTrail
		c.change(&trail)
		p.Kind = c.kind
		_, err := p.Meets(trail)
		_, again := p.Amend(trail)
		if err == nil || !strings.Contains(err.Error(), c.want) || fmt.Sprint(again) != err.Error() {
			t.Errorf("%v: %v, %v, want %s", c.kind, err, again, c.want)
		}
	}
}

// The added statements are those that AWS documents.
func TestAmendDocumented(t *testing.T) {
	p, err := Read([]byte(`{"Version":"2012-10-17","Id":"x<y","Statement":{"Sid":"AWSCloudTrailWrite20150319","Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::my-bucket/*"}}`), Bucket, "")
	if err != nil {
		t.Fatal(err)
	}
	trail := organizationTrail
	trail.Prefix = "p/"
	amended, err := p.Amend(trail)
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(amended, &got); err != nil {
		t.Fatal(err)
	}
	json.Unmarshal([]byte(`{"Version":"2012-10-17","Id":"x<y","Statement":[
 {"Sid":"AWSCloudTrailWrite20150319","Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::my-bucket/*"},
 {"Sid":"AWSCloudTrailAclCheck20150319","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::my-bucket","Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail"}}},
 {"Sid":"AWSCloudTrailWrite20150319x2","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::my-bucket/p/AWSLogs/111111111111/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceArn":"arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail"}}},
 {"Sid":"AWSCloudTrailOrganizationWrite20150319","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::my-bucket/p/AWSLogs/o-exampleorgid/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceArn":"arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail"}}}]}`), &want)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s", amended)
	}
	if strings.Contains(string(amended), `\u003c`) {
		t.Errorf("escaped: %s", amended)
	}
	if q, err := Read(amended, Bucket, ""); err != nil || len(q.Lint()) > 0 {
		t.Errorf("the documented form is not faultless: %v, %v", err, q.Lint())
	}
}
