package record

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/wire"
	cloudtrailapi "github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
	iamapi "github.com/orgtrail/orgtrail/internal/wire/api/iam"
	organizationsapi "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
	s3api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
	stsapi "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

var update = flag.Bool("update", false, "write the golden files")

var (
	at = time.Date(2026, 1, 31, 2, 0, 1, 500e6, time.UTC)

	user = aws.Principal{
		Type: aws.IAMUser, Account: "111111111111", ARN: "arn:aws:iam::111111111111:user/ops",
		ID: "AIDAEXAMPLE1", UserName: "ops", AccessKeyID: "AKIAEXAMPLE1",
	}
	roleSession = aws.Principal{
		Type: aws.AssumedRole, Account: "111111111111", ARN: "arn:aws:sts::111111111111:assumed-role/TrailAdmin/ops",
		ID: "AROAEXAMPLEID1:ops", AccessKeyID: "ASIAEXAMPLEKEY1",
		Session: &aws.Session{
			IssuerType: aws.RoleIssuer, IssuerID: "AROAEXAMPLEID1", IssuerARN: "arn:aws:iam::111111111111:role/TrailAdmin",
			IssuerName: "TrailAdmin", Created: at.Add(-5 * time.Minute), MFA: true, SourceIdentity: "zoe",
		},
	}
	root = aws.Principal{Type: aws.Root, Account: "111111111111", ARN: aws.RootARN("111111111111"), ID: "111111111111", AccessKeyID: "AKIAROOT"}
)

func callOf(api *wire.Service, operation string, p aws.Principal) *call.Call {
	return &call.Call{
		Principal: p, SourceIP: "198.51.100.10", UserAgent: "aws-cli/2.17.0", Region: "us-east-2",
		Operation: api.Operation(operation), Host: "127.0.0.1:4566", RequestID: "11111111-2222-3333-4444-555555555555",
	}
}

// TestCall compares whole records, byte for byte, with golden files.
func TestCall(t *testing.T) {
	overTLS := callOf(cloudtrailapi.API, "CreateTrail", user)
	overTLS.TLS = &call.TLS{Version: "TLSv1.3", CipherSuite: "TLS_AES_128_GCM_SHA256"}
	overTLS.Host = "cloudtrail.us-east-2.amazonaws.com"
	assume := callOf(stsapi.API, "AssumeRole", user)
	assume.Resources = []call.Resource{{Account: "222222222222", Type: "AWS::IAM::Role", ARN: "arn:aws:iam::222222222222:role/Reader"}}
	putPolicy := callOf(s3api.API, "PutBucketPolicy", root)
	putPolicy.Host = "my-bucket.s3.us-east-2.amazonaws.com"
	putPolicy.Resources = []call.Resource{{Account: "111111111111", Type: "AWS::S3::Bucket", ARN: "arn:aws:s3:::my-bucket"}}
	putPolicy.Request = map[string]any{"bucketName": "my-bucket", "bucketPolicy": map[string]any{"Version": "2012-10-17"}, "policy": ""}
	putPolicy.Additional = map[string]any{"AuthenticationMethod": "AuthHeader", "bytesTransferredIn": 412}
	putObject := callOf(s3api.API, "PutObject", roleSession)
	putObject.Resources = []call.Resource{{Type: "AWS::S3::Object", ARN: "arn:aws:s3:::data/in/file.txt"}, {Account: "111111111111", Type: "AWS::S3::Bucket", ARN: "arn:aws:s3:::data"}}

	credentials := &stsapi.Credentials{AccessKeyId: new("ASIANEW"), SecretAccessKey: new("secret"), SessionToken: new("token"), Expiration: new(at.Add(time.Hour))}
	abroad := callOf(s3api.API, "GetObject", user)
	abroad.Owners, abroad.Resources = []string{"222222222222"}, []call.Resource{{Type: "AWS::S3::Object", ARN: "arn:aws:s3:::theirs/in/x"}, {Account: "222222222222", Type: "AWS::S3::Bucket", ARN: "arn:aws:s3:::theirs"}}
	abroadDenied := Outcome{In: &s3api.GetObjectInput{Bucket: new("theirs"), Key: new("in/x")}, Err: aws.Errorf("AccessDenied", "Access Denied")}
	for name, c := range map[string]struct {
		call *call.Call
		o    Outcome
		copy Copy
	}{
		"create-trail": {overTLS, Outcome{
			In: &cloudtrailapi.CreateTrailInput{Name: new("my-trail"), S3BucketName: new("my-bucket"), IsMultiRegionTrail: new(true), IsOrganizationTrail: new(true)},
			Out: &cloudtrailapi.CreateTrailOutput{Name: new("my-trail"), S3BucketName: new("my-bucket"), IncludeGlobalServiceEvents: new(true),
				IsMultiRegionTrail: new(true), TrailARN: new("arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail"), LogFileValidationEnabled: new(false), IsOrganizationTrail: new(true)},
		}, Copy{Account: "111111111111"}},
		"update-trail-refused": {callOf(cloudtrailapi.API, "UpdateTrail", roleSession), Outcome{
			In:  &cloudtrailapi.UpdateTrailInput{Name: new("nope"), IsMultiRegionTrail: new(true)},
			Err: aws.Errorf("TrailNotFoundException", "Unknown trail: arn:aws:cloudtrail:us-east-2:111111111111:trail/nope for the user: 111111111111"),
		}, Copy{Account: "111111111111"}},
		"describe-trails":   {callOf(cloudtrailapi.API, "DescribeTrails", root), Outcome{In: &cloudtrailapi.DescribeTrailsInput{}, Out: &cloudtrailapi.DescribeTrailsOutput{TrailList: []cloudtrailapi.Trail{}}}, Copy{Account: "111111111111"}},
		"unreadable":        {callOf(cloudtrailapi.API, "CreateTrail", user), Outcome{Err: aws.Errorf("SerializationException", "bad")}, Copy{Account: "111111111111"}},
		"assume-role":       {assume, Outcome{In: &stsapi.AssumeRoleInput{RoleArn: new("arn:aws:iam::222222222222:role/Reader"), RoleSessionName: new("ops")}, Out: &stsapi.AssumeRoleOutput{Credentials: credentials}}, Copy{Account: "111111111111", SharedID: "shared"}},
		"assume-role-owner": {assume, Outcome{In: &stsapi.AssumeRoleInput{RoleArn: new("arn:aws:iam::222222222222:role/Reader"), RoleSessionName: new("ops")}, Out: &stsapi.AssumeRoleOutput{Credentials: credentials}}, Copy{Account: "222222222222", SharedID: "shared"}},
		"create-user": {callOf(iamapi.API, "CreateUser", user), Outcome{
			In:  &iamapi.CreateUserInput{UserName: new("dev")},
			Out: &iamapi.CreateUserOutput{User: &iamapi.User{Path: new("/"), UserName: new("dev"), UserId: new("AIDAX"), Arn: new("arn:aws:iam::111111111111:user/dev"), CreateDate: new(at)}},
		}, Copy{Account: "111111111111"}},
		"get-user-missing":  {callOf(iamapi.API, "GetUser", user), Outcome{In: &iamapi.GetUserInput{UserName: new("x")}, Err: aws.Errorf("NoSuchEntity", "The user with name x cannot be found.")}, Copy{Account: "111111111111"}},
		"create-access-key": {callOf(iamapi.API, "CreateAccessKey", user), Outcome{In: &iamapi.CreateAccessKeyInput{}, Out: &iamapi.CreateAccessKeyOutput{AccessKey: &iamapi.AccessKey{UserName: new("ops"), AccessKeyId: new("AKIANEW"), Status: new("Active"), SecretAccessKey: new("secret")}}}, Copy{Account: "111111111111"}},
		"create-account": {callOf(organizationsapi.API, "CreateAccount", user), Outcome{
			In:  &organizationsapi.CreateAccountInput{Email: new("one@example.com"), AccountName: new("one")},
			Out: &organizationsapi.CreateAccountOutput{CreateAccountStatus: &organizationsapi.CreateAccountStatus{Id: new("car-1"), AccountName: new("one"), State: new("IN_PROGRESS"), RequestedTimestamp: new(at)}},
		}, Copy{Account: "111111111111"}},
		"enable-access": {callOf(organizationsapi.API, "EnableAWSServiceAccess", user), Outcome{In: &organizationsapi.EnableAWSServiceAccessInput{ServicePrincipal: new("cloudtrail.amazonaws.com")}, Out: &organizationsapi.EnableAWSServiceAccessOutput{}}, Copy{Account: "111111111111"}},
		"create-bucket": {callOf(s3api.API, "CreateBucket", user), Outcome{
			In:  &s3api.CreateBucketInput{Bucket: new("my-bucket"), CreateBucketConfiguration: &s3api.CreateBucketConfiguration{LocationConstraint: new("us-east-2")}},
			Out: &s3api.CreateBucketOutput{Location: new("/my-bucket")},
		}, Copy{Account: "111111111111"}},
		"get-object-denied-abroad":       {abroad, abroadDenied, Copy{Account: "111111111111", SharedID: "shared"}},
		"get-object-denied-abroad-owner": {abroad, abroadDenied, Copy{Account: "222222222222", SharedID: "shared"}},
		"put-bucket-acl": {callOf(s3api.API, "PutBucketAcl", user), Outcome{In: &s3api.PutBucketAclInput{Bucket: new("data"), AccessControlPolicy: &s3api.AccessControlPolicy{
			Owner:  &s3api.Owner{ID: new("o")},
			Grants: []s3api.Grant{{Permission: new("READ"), Grantee: &s3api.Grantee{Type: new("Group"), URI: new("http://acs.amazonaws.com/groups/global/AllUsers")}}},
		}}}, Copy{Account: "111111111111"}},
		"put-bucket-tagging": {callOf(s3api.API, "PutBucketTagging", user), Outcome{In: &s3api.PutBucketTaggingInput{Bucket: new("data"), Tagging: &s3api.Tagging{
			TagSet: []s3api.Tag{{Key: new("a"), Value: new("1")}, {Key: new("b"), Value: new("2")}},
		}}}, Copy{Account: "111111111111"}},
		"put-bucket-encryption": {callOf(s3api.API, "PutBucketEncryption", user), Outcome{In: &s3api.PutBucketEncryptionInput{Bucket: new("data"), ServerSideEncryptionConfiguration: &s3api.ServerSideEncryptionConfiguration{
			Rules: []s3api.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &s3api.ServerSideEncryptionByDefault{SSEAlgorithm: new("aws:kms"), KMSMasterKeyID: new("k")}, BucketKeyEnabled: new(true)}},
		}}}, Copy{Account: "111111111111"}},
		"put-bucket-policy": {putPolicy, Outcome{In: &s3api.PutBucketPolicyInput{}, Out: &s3api.PutBucketPolicyOutput{}}, Copy{Account: "111111111111"}},
		"put-object": {putObject, Outcome{
			In:  &s3api.PutObjectInput{Bucket: new("data"), Key: new("in/file.txt"), ACL: new("bucket-owner-full-control"), ContentType: new("text/plain"), Metadata: map[string]string{"secret": "x"}},
			Out: &s3api.PutObjectOutput{ETag: new(`"x"`), ServerSideEncryption: new("AES256")},
		}, Copy{Account: "111111111111"}},
		"anonymous-get": {callOf(s3api.API, "GetObject", aws.Principal{}), Outcome{In: &s3api.GetObjectInput{Bucket: new("data"), Key: new("k")}, Err: aws.Errorf("AccessDenied", "Access Denied")}, Copy{Account: "111111111111"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.Time, c.copy.EventID = at, "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
			golden(t, name, Call(c.call, c.o, c.copy))
		})
	}
}

func TestEvent(t *testing.T) {
	c := callOf(cloudtrailapi.API, "CreateTrail", user)
	golden(t, "event-account-created", Event(c, &call.Event{
		Type: "AwsServiceEvent", Source: "organizations.amazonaws.com", Name: "CreateAccountResult", Account: "111111111111",
		Region: "us-east-1", InvokedBy: "organizations.amazonaws.com",
		Details: map[string]any{"createAccountStatus": map[string]any{"id": "car-1", "state": "SUCCEEDED"}},
	}, at, Copy{Account: "111111111111", EventID: "event"}))
	golden(t, "event-probe", Event(c, &call.Event{
		Type: "AwsApiCall", Source: "s3.amazonaws.com", Name: "GetBucketAcl", Account: "111111111111", Region: "us-east-2",
		InvokedBy: "cloudtrail.amazonaws.com", ReadOnly: true, Request: map[string]any{"bucketName": "my-bucket", "acl": ""},
		Resources: []call.Resource{{Account: "111111111111", Type: "AWS::S3::Bucket", ARN: "arn:aws:s3:::my-bucket"}},
	}, at, Copy{Account: "111111111111", EventID: "event", SharedID: "shared"}))
	overTLS := callOf(s3api.API, "DeleteObjects", user)
	overTLS.TLS = &call.TLS{Version: "TLSv1.3", CipherSuite: "TLS_AES_128_GCM_SHA256"}
	golden(t, "event-part-of-a-call", Event(overTLS, &call.Event{
		Type: "AwsApiCall", Source: "s3.amazonaws.com", Name: "DeleteObject", Account: "111111111111", Region: "us-east-2",
		DataType: "AWS::S3::Object", Request: map[string]any{"bucketName": "my-bucket", "key": "k"},
		Resources: []call.Resource{{Type: "AWS::S3::Object", ARN: "arn:aws:s3:::my-bucket/k"}},
	}, at, Copy{Account: "111111111111", EventID: "event"}))
	golden(t, "event-decrypt-inside", Event(c, &call.Event{
		Type: "AwsApiCall", Source: "kms.amazonaws.com", Name: "Decrypt", Account: "111111111111", Region: "us-east-2",
		Inside: true, ReadOnly: true, Request: map[string]any{"encryptionAlgorithm": "SYMMETRIC_DEFAULT"},
		Resources: []call.Resource{{Account: "111111111111", Type: "AWS::KMS::Key", ARN: "arn:aws:kms:us-east-2:111111111111:key/k"}},
	}, at, Copy{Account: "111111111111", EventID: "event"}))
}

// golden compares a record with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if !json.Valid(got) || strings.ContainsRune(string(got), '\n') {
		t.Errorf("not one line of JSON: %s", got)
	}
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(want)) != string(got) {
		t.Errorf("%s\ngot  %s\nwant %s", name, got, want)
	}
}

// TestLimits: texts are cut, objects that are too large are replaced.
func TestLimits(t *testing.T) {
	c := callOf(iamapi.API, "CreateRole", user)
	c.UserAgent = strings.Repeat("é", 1000)
	out := Call(c, Outcome{
		In:  &iamapi.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: new(strings.Repeat("x", 101<<10))},
		Err: aws.Errorf("LimitExceeded", "%s", strings.Repeat("m", 5000)), Time: at,
	}, Copy{Account: "111111111111"})
	var r struct {
		UserAgent         string
		ErrorMessage      string
		RequestParameters map[string]any
		RequestID         string
	}
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.UserAgent) != 1024 || len(r.ErrorMessage) != 1024 {
		t.Errorf("user agent %d bytes, message %d bytes", len(r.UserAgent), len(r.ErrorMessage))
	}
	if r.RequestParameters["omitted"] != true || r.RequestParameters["reason"] != "requestParameters too large" || r.RequestID == "" {
		t.Errorf("got %v", r.RequestParameters)
	}
}

func BenchmarkCall(b *testing.B) {
	c := callOf(cloudtrailapi.API, "DescribeTrails", user)
	o := Outcome{In: &cloudtrailapi.DescribeTrailsInput{}, Out: &cloudtrailapi.DescribeTrailsOutput{}, Time: at}
	for b.Loop() {
		Call(c, o, Copy{Account: "111111111111", EventID: "e"})
	}
}
