package policy

import (
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// The documents of the public guides on organization trails, as readers paste
// them.
const (
	orgBucket = `{ "Version": "2012-10-17", "Statement": [ { "Sid": "AWSCloudTrailAclCheck20150319", "Effect": "Allow", "Principal": { "Service": [ "cloudtrail.amazonaws.com" ] }, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::my-organization-bucket" }, { "Sid": "AWSCloudTrailWrite20150319", "Effect": "Allow", "Principal": { "Service": [ "cloudtrail.amazonaws.com" ] }, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::my-organization-bucket/AWSLogs/111111111111/*", "Condition": { "StringEquals": { "s3:x-amz-acl": "bucket-owner-full-control" } } }, { "Sid": "AWSCloudTrailWrite20150319", "Effect": "Allow", "Principal": { "Service": [ "cloudtrail.amazonaws.com" ] }, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::my-organization-bucket/AWSLogs/o-exampleorgid/*", "Condition": { "StringEquals": { "s3:x-amz-acl": "bucket-owner-full-control" } } } ] }`

	convertedBucket = `{"Version":"2012-10-17","Statement":[
 {"Sid":"AWSCloudTrailAclCheck","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::bucket-name"},
 {"Sid":"AWSCloudTrailWrite20150319","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket-name/AWSLogs/primary-account-id/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}},
 {"Sid":"AWSCloudTrailWrite","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket-name/AWSLogs/org-id/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}]}`

	logsRole = `{"Version":"2012-10-17","Statement":[
 {"Sid":"AWSCloudTrailCreateLogStream","Effect":"Allow","Action":["logs:CreateLogStream"],"Resource":["arn:aws:logs:your-region:primary-account-id:log-group:log-group-name:log-stream:primary-account-id_CloudTrail_your-region*","arn:aws:logs:your-region:primary-account-id:log-group:log-group-name:log-stream:org-id_*"]},
 {"Sid":"AWSCloudTrailPutLogEvents","Effect":"Allow","Action":["logs:PutLogEvents"],"Resource":["arn:aws:logs:your-region:primary-account-id:log-group:log-group-name:log-stream:primary-account-id_CloudTrail_your-region*","arn:aws:logs:your-region:primary-account-id:log-group:log-group-name:log-stream:org-id_*"]}]}`

	trailBucket = `{"Version":"2012-10-17","Statement":[
 {"Sid":"AWSCloudTrailAclCheck20150319","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::my-bucket","Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail"}}},
 {"Sid":"AWSCloudTrailWrite20150319","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::my-bucket/p/AWSLogs/111111111111/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceArn":"arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail"}}},
 {"Sid":"AWSCloudTrailOrganizationWrite20150319","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::my-bucket/p/AWSLogs/o-exampleorgid/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceArn":"arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail"}}}]}`

	trailKey = `{"Version":"2012-10-17","Statement":[
 {"Sid":"Enable IAM user permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"kms:*","Resource":"*"},
 {"Sid":"AllowCloudTrailEncryptLogs","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:GenerateDataKey*","Resource":"*","Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail"},"StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":"arn:aws:cloudtrail:*:111111111111:trail/*"}}},
 {"Sid":"AllowCloudTrailAccess","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:DescribeKey","Resource":"*"},
 {"Sid":"EnableCloudTrailLogDecryptPermissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:role/Auditor"},"Action":"kms:Decrypt","Resource":"*","Condition":{"Null":{"kms:EncryptionContext:aws:cloudtrail:arn":"false"}}}]}`

	trailTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

var documents = []string{orgBucket, convertedBucket, logsRole, trailBucket, trailKey, trailTrust,
	`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
	`{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"111111111111"},"NotAction":"s3:Get*","NotResource":"arn:aws:s3:::my-bucket/${aws:username, 'x'}/*","Condition":{"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["a*","${*}"]},"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"},"DateLessThan":{"aws:CurrentTime":"2026-01-31T02:10:00Z"},"NumericLessThan":{"s3:max-keys":10},"Null":{"aws:username":true},"ArnLike":{"aws:SourceArn":"arn:aws:*:*:*:*"},"BinaryEquals":{"k":"QQ=="}}}}`,
}

func TestSeedDocuments(t *testing.T) {
	expect(t, "organization bucket", CheckBucket([]byte(orgBucket), "my-organization-bucket", nil), "", "")
	expect(t, "converted bucket", CheckBucket([]byte(convertedBucket), "bucket-name", nil), "", "")
	expect(t, "trail bucket", CheckBucket([]byte(trailBucket), "my-bucket", nil), "", "")
	expect(t, "role for the log group", CheckIdentity([]byte(logsRole)), "", "")
	expect(t, "trust of that role", CheckTrust([]byte(trailTrust), nil), "", "")
	for _, doc := range []string{orgBucket, convertedBucket, trailBucket} {
		if parse(t, doc).IsPublic() {
			t.Errorf("public: %s", doc)
		}
	}

	// Pasted with the mistakes that the procedure invites.
	for name, c := range map[string]struct{ doc, bucket, want string }{
		"into another bucket":      {orgBucket, "my-bucket", "Policy has invalid resource"},
		"without braces":           {strings.Trim(convertedBucket, "{}"), "bucket-name", "Policies must be valid JSON and the first byte must be '{'"},
		"with empty services":      {strings.ReplaceAll(convertedBucket, "cloudtrail.amazonaws.com", ""), "bucket-name", "Invalid principal in policy"},
		"placeholders left in":     {convertedBucket, "my-bucket", "Policy has invalid resource"},
		"ACL check on the objects": {strings.Replace(orgBucket, `my-organization-bucket"`, `my-organization-bucket/*"`, 1), "my-organization-bucket", "Action does not apply to any resource(s) in statement"},
		"ten digits":               {strings.ReplaceAll(orgBucket, "111111111111", "1111111111"), "my-organization-bucket", ""},
	} {
		expect(t, name, CheckBucket([]byte(c.doc), c.bucket, nil), "MalformedPolicy", c.want)
	}
	twice := strings.Replace(logsRole, "AWSCloudTrailPutLogEvents", "AWSCloudTrailCreateLogStream", 1)
	expect(t, "equal Sids", CheckIdentity([]byte(twice)), "MalformedPolicyDocument", "Statement IDs (SID) in a single policy must be unique.")
}

// probe is what CloudTrail asks before it accepts a bucket: whether it may
// read the bucket's ACL and write, for a trail of account 111111111111, below
// each of the prefixes. It returns the first refusal.
func probe(policy *Attached, prefix string) Decision {
	const bucket = "arn:aws:s3:::my-bucket"
	base := Context{
		"aws:sourcearn":     {"arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail"},
		"aws:sourceaccount": {home}, "aws:sourceorgid": {"o-exampleorgid"}, "aws:securetransport": {"true"},
		"aws:principalisawsservice": {"true"}, "aws:principalservicename": {"cloudtrail.amazonaws.com"},
	}
	ask := func(action, resource string, extra Context) Decision {
		ctx := Context{}
		for _, c := range []Context{base, extra} {
			for k, v := range c {
				ctx[k] = v
			}
		}
		return Evaluate(Request{Principal: aws.ServicePrincipal("cloudtrail.amazonaws.com"), Action: action, Resource: resource,
			ResourceAccount: home, Context: ctx}, Documents{Resource: policy}).Decision
	}
	if got := ask("s3:GetBucketAcl", bucket, nil); got != Allowed {
		return got
	}
	write := Context{"s3:x-amz-acl": {"bucket-owner-full-control"}}
	for _, path := range []string{"111111111111/CloudTrail/x", "o-exampleorgid/111111111111/CloudTrail/x"} {
		if got := ask("s3:PutObject", bucket+"/"+prefix+"AWSLogs/"+path, write); got != Allowed {
			return got
		}
	}
	return Allowed
}

// Which policies satisfy the probe.
func TestProbe(t *testing.T) {
	const (
		acl   = `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::my-bucket"}`
		write = `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":["arn:aws:s3:::my-bucket/AWSLogs/111111111111/*","arn:aws:s3:::my-bucket/AWSLogs/o-exampleorgid/*"],"Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}`
		arn   = "arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail"
	)
	source := func(arn string) string {
		with := `"Condition":{"StringEquals":{"aws:SourceArn":"` + arn + `"}}`
		return strings.Replace(acl, `"Resource"`, with+`,"Resource"`, 1) + "," +
			strings.Replace(write, `{"s3:x-amz-acl"`, `{"aws:SourceArn":"`+arn+`","s3:x-amz-acl"`, 1)
	}
	swap := func(old, new string) string { return strings.ReplaceAll(acl+","+write, old, new) }
	deny := func(condition string) string {
		return acl + "," + write + `,{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::my-bucket","arn:aws:s3:::my-bucket/*"],"Condition":` + condition + `}`
	}
	for _, c := range []struct {
		name, statements, prefix string
		want                     Decision
	}{
		{"as documented, without aws:SourceArn", acl + "," + write, "", Allowed},
		{"with aws:SourceArn", source(arn), "", Allowed},
		{"the service in a list", swap(`"cloudtrail.amazonaws.com"`, `["cloudtrail.amazonaws.com"]`), "", Allowed},
		{"everyone who is the service", strings.ReplaceAll(swap(`{"Service":"cloudtrail.amazonaws.com"}`, `"*"`), `"s3:x-amz-acl"`, `"aws:PrincipalServiceName":"cloudtrail.amazonaws.com","s3:x-amz-acl"`), "", Allowed},
		{"without the ACL condition", swap(`,"Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}`, ``), "", Allowed},
		{"another ACL", swap("bucket-owner-full-control", "private"), "", ImplicitDeny},
		{"no ACL statement", write, "", ImplicitDeny},
		{"no write statement", acl, "", ImplicitDeny},
		{"prefix in the trail only", acl + "," + write, "p/", ImplicitDeny},
		{"prefix in both", swap("my-bucket/AWSLogs", "my-bucket/p/AWSLogs"), "p/", Allowed},
		{"prefix in the policy only", swap("my-bucket/AWSLogs", "my-bucket/p/AWSLogs"), "", ImplicitDeny},
		{"no organization statement", swap(`,"arn:aws:s3:::my-bucket/AWSLogs/o-exampleorgid/*"`, ``), "", ImplicitDeny},
		{"the unit's id for the organization's", swap("o-exampleorgid", "ou-abcd-12345678"), "", ImplicitDeny},
		{"ten digits", swap("111111111111", "1111111111"), "", ImplicitDeny},
		{"no wildcard at the end", swap("/*", ""), "", ImplicitDeny},
		{"aws:SourceArn of a member", source(strings.Replace(arn, home, abroad, 1)), "", ImplicitDeny},
		{"aws:SourceArn of another region", source(strings.Replace(arn, "us-east-2", "us-west-2", 1)), "", ImplicitDeny},
		{"aws:SourceArn of another trail", source(arn + "2"), "", ImplicitDeny},
		{"denies plain transport", deny(`{"Bool":{"aws:SecureTransport":"false"}}`), "", Allowed},
		{"denies all but the organization's principals", deny(`{"StringNotEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}`), "", ExplicitDeny},
		{"denies all but the organization's sources", deny(`{"StringNotEquals":{"aws:SourceOrgID":"o-exampleorgid"}}`), "", Allowed},
		{"denies all but the organization's principals and services", deny(`{"StringNotEquals":{"aws:PrincipalOrgID":"o-exampleorgid"},"Bool":{"aws:PrincipalIsAWSService":"false"}}`), "", Allowed},
		{"denies what is not encrypted with KMS", deny(`{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}`), "", ExplicitDeny},
	} {
		if got := probe(&policyOf(t, c.statements)[0], c.prefix); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := probe(&Attached{Document: parse(t, trailBucket)}, "p/"); got != Allowed {
		t.Errorf("the template: %v", got)
	}
}

// The key policy of a trail, for everyone it names.
func TestTrailKey(t *testing.T) {
	key := &Attached{Document: parse(t, trailKey)}
	trail := roleSession("arn:aws:iam::111111111111:role/Auditor", "AROAX", session)
	decrypt := Context{"kms:encryptioncontext:aws:cloudtrail:arn": {"arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail"}}
	encrypt := Context{"kms:encryptioncontext:aws:cloudtrail:arn": decrypt["kms:encryptioncontext:aws:cloudtrail:arn"],
		"aws:sourcearn": {"arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail"}}
	for _, c := range []struct {
		name   string
		who    aws.Principal
		action string
		ctx    Context
		want   Decision
	}{
		{"CloudTrail encrypts", service, "kms:GenerateDataKey", encrypt, Allowed},
		{"CloudTrail encrypts for nobody", service, "kms:GenerateDataKey", decrypt, ImplicitDeny},
		{"CloudTrail describes", service, "kms:DescribeKey", nil, Allowed},
		{"CloudTrail decrypts", service, "kms:Decrypt", encrypt, ImplicitDeny},
		{"the auditor reads logs", trail, "kms:Decrypt", decrypt, Allowed},
		{"the auditor reads something else", trail, "kms:Decrypt", nil, ImplicitDeny},
		{"root", root, "kms:Decrypt", nil, Allowed},
		{"a user without permissions", user, "kms:Decrypt", decrypt, ImplicitDeny},
	} {
		got := Evaluate(Request{Principal: c.who, Action: c.action, Resource: "arn:aws:kms:us-east-2:111111111111:key/k", ResourceAccount: home, Context: c.ctx},
			Documents{Resource: key, ResourceOnly: true})
		if got.Decision != c.want {
			t.Errorf("%s: %v", c.name, got.Decision)
		}
	}
}
