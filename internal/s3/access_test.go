package s3

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

func setText(in wire.Shape, member, value string) {
	if f := reflect.ValueOf(in).Elem().FieldByName(member); f.IsValid() && f.Type() == reflect.TypeFor[*string]() {
		f.Set(reflect.ValueOf(&value))
	}
}

// wanted are the actions of every operation on the plainest input. A * marks
// the bucket, a slash the object.
var wanted = map[string]string{
	"CreateBucket": "*CreateBucket", "DeleteBucket": "*DeleteBucket", "HeadBucket": "*ListBucket", "ListBuckets": "ListAllMyBuckets",
	"GetBucketLocation": "*GetBucketLocation", "GetBucketPolicy": "*GetBucketPolicy", "PutBucketPolicy": "*PutBucketPolicy",
	"DeleteBucketPolicy": "*DeleteBucketPolicy", "GetBucketPolicyStatus": "*GetBucketPolicyStatus",
	"GetBucketAcl": "*GetBucketAcl", "PutBucketAcl": "*PutBucketAcl", "GetPublicAccessBlock": "*GetBucketPublicAccessBlock",
	"PutPublicAccessBlock": "*PutBucketPublicAccessBlock", "DeletePublicAccessBlock": "*PutBucketPublicAccessBlock",
	"GetBucketOwnershipControls": "*GetBucketOwnershipControls", "PutBucketOwnershipControls": "*PutBucketOwnershipControls",
	"DeleteBucketOwnershipControls": "*PutBucketOwnershipControls", "GetBucketVersioning": "*GetBucketVersioning", "PutBucketVersioning": "*PutBucketVersioning",
	"GetBucketEncryption": "*GetEncryptionConfiguration", "PutBucketEncryption": "*PutEncryptionConfiguration", "DeleteBucketEncryption": "*PutEncryptionConfiguration",
	"GetBucketLifecycleConfiguration": "*GetLifecycleConfiguration", "PutBucketLifecycleConfiguration": "*PutLifecycleConfiguration",
	"DeleteBucketLifecycle": "*PutLifecycleConfiguration", "GetBucketNotificationConfiguration": "*GetBucketNotification",
	"PutBucketNotificationConfiguration": "*PutBucketNotification", "GetBucketLogging": "*GetBucketLogging", "PutBucketLogging": "*PutBucketLogging",
	"GetBucketTagging": "*GetBucketTagging", "PutBucketTagging": "*PutBucketTagging", "DeleteBucketTagging": "*PutBucketTagging",
	"GetBucketRequestPayment": "*GetBucketRequestPayment", "PutBucketRequestPayment": "*PutBucketRequestPayment",
	"GetBucketCors": "*GetBucketCORS", "PutBucketCors": "*PutBucketCORS", "DeleteBucketCors": "*PutBucketCORS",
	"GetBucketWebsite": "*GetBucketWebsite", "PutBucketWebsite": "*PutBucketWebsite", "DeleteBucketWebsite": "*DeleteBucketWebsite",
	"GetBucketReplication": "*GetReplicationConfiguration", "GetBucketAccelerateConfiguration": "*GetAccelerateConfiguration",
	"PutBucketAccelerateConfiguration": "*PutAccelerateConfiguration", "GetObjectLockConfiguration": "*GetBucketObjectLockConfiguration",
	"PutObjectLockConfiguration": "*PutBucketObjectLockConfiguration", "ListObjects": "*ListBucket", "ListObjectsV2": "*ListBucket",
	"ListObjectVersions": "*ListBucketVersions", "ListMultipartUploads": "*ListBucketMultipartUploads",
	"GetObject": "/GetObject", "HeadObject": "/GetObject", "GetObjectAttributes": "/GetObject /GetObjectAttributes", "GetObjectAcl": "/GetObjectAcl",
	"PutObjectAcl": "/PutObjectAcl", "GetObjectTagging": "/GetObjectTagging", "PutObjectTagging": "/PutObjectTagging",
	"DeleteObjectTagging": "/DeleteObjectTagging", "GetObjectRetention": "/GetObjectRetention", "PutObjectRetention": "/PutObjectRetention",
	"GetObjectLegalHold": "/GetObjectLegalHold", "PutObjectLegalHold": "/PutObjectLegalHold", "PutObject": "/PutObject",
	"CopyObject": "/GetObject /PutObject", "DeleteObject": "/DeleteObject", "DeleteObjects": "/DeleteObject",
	"CreateMultipartUpload": "/PutObject", "UploadPart": "/PutObject", "UploadPartCopy": "/GetObject /PutObject",
	"CompleteMultipartUpload": "/PutObject", "AbortMultipartUpload": "/AbortMultipartUpload", "ListParts": "/ListMultipartUploadParts",
}

// actions writes targets as wanted does.
func actions(targets []call.Target) string {
	var list []string
	for _, t := range targets {
		action := strings.TrimPrefix(t.Action, "s3:")
		switch t.Resource {
		case "arn:aws:s3:::bucket":
			action = "*" + action
		case "arn:aws:s3:::bucket/a key":
			action = "/" + action
		case "*":
		default:
			action = t.Resource + "?" + action
		}
		list = append(list, action)
	}
	return strings.Join(list, " ")
}

func (h *house) access(in wire.Shape) []call.Target {
	h.Helper()
	targets, err := h.s.Access(h.begin(in), in)
	if err != nil {
		h.Fatalf("%s: %v", in.Describe().Name, err)
	}
	return targets
}

// Every operation served asks for permissions, its own and no others.
func TestAccess(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	h.put("bucket", trailPolicy)
	h.caller = userOf(stranger, "ops")
	for _, op := range api.API.Operations {
		in := op.NewInput()
		setText(in, "Bucket", "bucket")
		setText(in, "Key", "a key")
		setText(in, "CopySource", "bucket/a%20key")
		if d, ok := in.(*api.DeleteObjectsInput); ok {
			d.Delete = &api.Delete{Objects: []api.ObjectIdentifier{{Key: new("a key")}}}
		}
		targets := h.access(in)
		if got := actions(targets); got != wanted[op.Name] {
			t.Errorf("%s: %s, want %s", op.Name, got, wanted[op.Name])
		}
		if permissions[op.Name].unbound {
			continue
		}
		for _, target := range targets {
			if target.Owner != owner || target.Policy == nil || !reflect.DeepEqual(target.Context["s3:resourceaccount"], []string{owner}) {
				t.Errorf("%s: target %+v", op.Name, target)
			}
		}
		resources := []call.Resource{{Account: owner, Type: "AWS::S3::Bucket", ARN: "arn:aws:s3:::bucket"}}
		if op.Path == wire.ObjectPath {
			resources = append([]call.Resource{{Type: "AWS::S3::Object", ARN: "arn:aws:s3:::bucket/a key"}}, resources...)
		}
		h.equal(op.Name+" resources", h.last.Resources, resources)
		h.equal(op.Name+" owners", h.last.Owners, []string{owner})
	}
	for name := range permissions {
		if api.API.Operation(name) == nil {
			t.Errorf("%s is no operation", name)
		}
	}
}

func TestAccessFurther(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	h.make("source")
	b, k := new("bucket"), new("a key")
	lock := &api.PutObjectInput{Bucket: b, Key: k, ObjectLockMode: new("GOVERNANCE"), ObjectLockLegalHoldStatus: new("ON"), Tagging: new("a=1&b=2")}
	for _, test := range []struct {
		in   wire.Shape
		want string
	}{
		{&api.GetObjectInput{Bucket: b, Key: k, VersionId: new("v")}, "/GetObjectVersion"},
		{&api.HeadObjectInput{Bucket: b, Key: k, VersionId: new("v")}, "/GetObjectVersion"},
		{&api.GetObjectAttributesInput{Bucket: b, Key: k, VersionId: new("v")}, "/GetObjectVersion /GetObjectVersionAttributes"},
		{&api.GetObjectAclInput{Bucket: b, Key: k, VersionId: new("v")}, "/GetObjectVersionAcl"},
		{&api.PutObjectTaggingInput{Bucket: b, Key: k, VersionId: new("v")}, "/PutObjectVersionTagging"},
		{&api.GetObjectRetentionInput{Bucket: b, Key: k, VersionId: new("v")}, "/GetObjectRetention"},
		{&api.DeleteObjectInput{Bucket: b, Key: k, VersionId: new("v"), BypassGovernanceRetention: new(true)}, "/DeleteObjectVersion /BypassGovernanceRetention"},
		{&api.PutObjectRetentionInput{Bucket: b, Key: k, BypassGovernanceRetention: new(true)}, "/PutObjectRetention /BypassGovernanceRetention"},
		{&api.DeleteObjectsInput{Bucket: b, Delete: &api.Delete{Objects: []api.ObjectIdentifier{{Key: k}, {Key: k, VersionId: new("v")}}}}, "/DeleteObject /DeleteObjectVersion"},
		{lock, "/PutObject /PutObjectTagging /PutObjectRetention /PutObjectLegalHold"},
		{&api.PutObjectInput{Bucket: b, Key: k, ACL: new("bucket-owner-full-control")}, "/PutObject"},
		{&api.CopyObjectInput{Bucket: b, Key: k, CopySource: new("/source/x%2Fy?versionId=v")}, "arn:aws:s3:::source/x/y?GetObjectVersion /PutObject"},
		{&api.CreateBucketInput{Bucket: b, ACL: new("private")}, "*CreateBucket"},
		{&api.CreateBucketInput{Bucket: b, GrantRead: new("id=x"), ObjectOwnership: new("ObjectWriter"), ObjectLockEnabledForBucket: new(true),
			CreateBucketConfiguration: &api.CreateBucketConfiguration{Tags: []api.Tag{{Key: new("k"), Value: new("v")}}}},
			"*CreateBucket *PutBucketAcl *PutBucketOwnershipControls *PutBucketObjectLockConfiguration *PutBucketVersioning *TagResource"},
	} {
		if got := actions(h.access(test.in)); got != test.want {
			t.Errorf("%s: %s, want %s", test.in.Describe().Name, got, test.want)
		}
	}
	enableACLs(h)
	got := actions(h.access(&api.PutObjectInput{Bucket: b, Key: k, ACL: new("public-read")}))
	h.equal("with an ACL", got, "/PutObject /PutObjectAcl")
	got = actions(h.access(&api.PutObjectInput{Bucket: b, Key: k, ACL: new("bucket-owner-full-control")}))
	h.equal("with the owner's ACL", got, "/PutObject")
}

func TestAccessContext(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	b, k := new("bucket"), new("a key")
	for _, test := range []struct {
		in   wire.Shape
		want policy.Context
	}{
		{&api.ListObjectsV2Input{Bucket: b, Prefix: new(""), Delimiter: new("/"), MaxKeys: new(int32(5))},
			policy.Context{"s3:prefix": {""}, "s3:delimiter": {"/"}, "s3:max-keys": {"5"}}},
		{&api.ListObjectVersionsInput{Bucket: b, Prefix: new("AWSLogs/")}, policy.Context{"s3:prefix": {"AWSLogs/"}}},
		{&api.GetObjectInput{Bucket: b, Key: k, VersionId: new("v")}, policy.Context{"s3:versionid": {"v"}}},
		{&api.PutObjectInput{Bucket: b, Key: k, ACL: new("bucket-owner-full-control"), ServerSideEncryption: new("aws:kms"), SSEKMSKeyId: new("key"),
			StorageClass: new("STANDARD_IA"), Tagging: new("team=a&env=b"), IfNoneMatch: new("*"), ObjectLockRetainUntilDate: new(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))},
			policy.Context{"s3:x-amz-acl": {"bucket-owner-full-control"}, "s3:x-amz-server-side-encryption": {"aws:kms"},
				"s3:x-amz-server-side-encryption-aws-kms-key-id": {"key"}, "s3:x-amz-storage-class": {"STANDARD_IA"}, "s3:if-none-match": {"*"},
				"s3:requestobjecttag/team": {"a"}, "s3:requestobjecttag/env": {"b"}, "s3:requestobjecttagkeys": {"env", "team"},
				"s3:object-lock-retain-until-date": {"2027-01-01T00:00:00Z"}}},
		{&api.CreateBucketInput{Bucket: b, CreateBucketConfiguration: &api.CreateBucketConfiguration{LocationConstraint: new("us-east-2")}},
			policy.Context{"s3:locationconstraint": {"us-east-2"}}},
		{&api.PutBucketAclInput{Bucket: b, GrantRead: new("id=x")}, policy.Context{"s3:x-amz-grant-read": {"id=x"}}},
		{&api.PutObjectLegalHoldInput{Bucket: b, Key: k, LegalHold: &api.ObjectLockLegalHold{Status: new("ON")}}, policy.Context{"s3:object-lock-legal-hold": {"ON"}}},
	} {
		test.want["s3:resourceaccount"] = []string{owner}
		h.equal(test.in.Describe().Name, h.access(test.in)[0].Context, test.want)
	}
	targets := h.access(&api.CopyObjectInput{Bucket: b, Key: k, CopySource: new("bucket/x"), MetadataDirective: new("REPLACE")})
	h.equal("source", targets[0].Context, policy.Context{"s3:resourceaccount": {owner}})
	h.equal("target", targets[1].Context, policy.Context{"s3:resourceaccount": {owner}, "s3:x-amz-copy-source": {"bucket/x"}, "s3:x-amz-metadata-directive": {"REPLACE"}})
}

func TestAccessRefusals(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	h.caller = rootOf(stranger)
	for want, in := range map[string]wire.Shape{
		"AccessDenied: Access Denied":                                                                 &api.HeadBucketInput{Bucket: new("bucket"), ExpectedBucketOwner: new(stranger)},
		"NoSuchBucket: The specified bucket does not exist":                                           &api.CopyObjectInput{Bucket: new("bucket"), Key: new("k"), CopySource: new("nowhere/k")},
		"InvalidArgument: Copy Source must mention the source bucket and key: sourcebucket/sourcekey": &api.CopyObjectInput{Bucket: new("bucket"), Key: new("k"), CopySource: new("x")},
		malformed: &api.DeleteObjectsInput{Bucket: new("bucket")},
	} {
		_, err := h.s.Access(h.begin(in), in)
		h.equal(in.Describe().Name, fmt.Sprint(err), want)
		if !slices.Contains(h.last.Owners, owner) || len(h.last.Resources) == 0 {
			t.Errorf("%s: the refusal is not noted: %+v", in.Describe().Name, h.last.Notes)
		}
	}
	h.access(&api.HeadBucketInput{Bucket: new("bucket"), ExpectedBucketOwner: new(owner)})
	in := &api.CopyObjectInput{Bucket: new("bucket"), Key: new("k"), CopySource: new("bucket/k"), ExpectedSourceBucketOwner: new(stranger)}
	if _, err := h.s.Access(h.begin(in), in); aws.CodeOf(err) != aws.AccessDenied {
		t.Errorf("source of another owner: %v", err)
	}
	unknown := &call.Call{Operation: &wire.Operation{Name: "Nonsense"}}
	if _, err := h.s.Access(unknown, in); aws.CodeOf(err) != aws.InternalFailure {
		t.Errorf("unknown operation: %v", err)
	}
}
