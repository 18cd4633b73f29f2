package s3

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// TestDocuments sets every document of a bucket, and reads it as it is at
// first, once set and read back from disk, and once deleted.
func TestDocuments(t *testing.T) {
	name := new("bucket")
	aes := &api.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: &api.ServerSideEncryptionConfiguration{Rules: []api.ServerSideEncryptionRule{*defaultEncryption()}}}
	blocked := &api.ServerSideEncryptionConfiguration{Rules: []api.ServerSideEncryptionRule{{
		ApplyServerSideEncryptionByDefault: &api.ServerSideEncryptionByDefault{SSEAlgorithm: new("AES256")}, BucketKeyEnabled: new(true),
		BlockedEncryptionTypes: &api.BlockedEncryptionTypes{EncryptionType: []string{"SSE-C"}},
	}}}
	tags := []api.Tag{{Key: new("b"), Value: new("2")}, {Key: new("a"), Value: new("")}}
	rules := []api.LifecycleRule{{
		ID: new("old"), Status: new("Enabled"), Filter: &api.LifecycleRuleFilter{Prefix: new("AWSLogs/")},
		Expiration: &api.LifecycleExpiration{Days: new(int32(90))},
	}, {
		ID: new("dated"), Status: new("Disabled"), Prefix: new(""),
		Transitions: []api.Transition{{Date: new(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)), StorageClass: new("GLACIER")}},
	}}
	cors := []api.CORSRule{{AllowedMethods: []string{"GET"}, AllowedOrigins: []string{"https://*.example.com"}, MaxAgeSeconds: new(int32(60))}}
	website := &api.WebsiteConfiguration{
		IndexDocument: &api.IndexDocument{Suffix: new("index.html")}, ErrorDocument: &api.ErrorDocument{Key: new("error.html")},
		RoutingRules: []api.RoutingRule{{Redirect: &api.Redirect{HostName: new("example.com")}}},
	}
	topic := api.TopicConfiguration{Id: new("one"), TopicArn: new("arn:aws:sns:us-east-2:111111111111:t"), Events: []string{"s3:ObjectCreated:*"}}
	logging := &api.LoggingEnabled{TargetBucket: new("target"), TargetPrefix: new("logs/")}
	lock := &api.ObjectLockConfiguration{ObjectLockEnabled: new("Enabled"), Rule: &api.ObjectLockRule{
		DefaultRetention: &api.DefaultRetention{Mode: new("COMPLIANCE"), Days: new(int32(7))},
	}}

	for _, test := range []struct {
		what   string
		get    wire.Shape
		before any // an output, or the refusal
		put    wire.Shape
		after  any
		remove wire.Shape
		gone   any // nil: as before
	}{
		{
			"versioning", &api.GetBucketVersioningInput{Bucket: name}, &api.GetBucketVersioningOutput{},
			&api.PutBucketVersioningInput{Bucket: name, VersioningConfiguration: &api.VersioningConfiguration{Status: new("Enabled")}},
			&api.GetBucketVersioningOutput{Status: new("Enabled")},
			&api.PutBucketVersioningInput{Bucket: name, VersioningConfiguration: &api.VersioningConfiguration{Status: new("Suspended")}},
			&api.GetBucketVersioningOutput{Status: new("Suspended")},
		}, {
			"encryption", &api.GetBucketEncryptionInput{Bucket: name}, aes,
			&api.PutBucketEncryptionInput{Bucket: name, ServerSideEncryptionConfiguration: blocked},
			&api.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: blocked},
			&api.DeleteBucketEncryptionInput{Bucket: name}, nil,
		}, {
			"tags", &api.GetBucketTaggingInput{Bucket: name}, "NoSuchTagSet: The TagSet does not exist",
			&api.PutBucketTaggingInput{Bucket: name, Tagging: &api.Tagging{TagSet: tags}},
			&api.GetBucketTaggingOutput{TagSet: tags},
			&api.DeleteBucketTaggingInput{Bucket: name}, nil,
		}, {
			"lifecycle", &api.GetBucketLifecycleConfigurationInput{Bucket: name}, "NoSuchLifecycleConfiguration: The lifecycle configuration does not exist",
			&api.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: &api.BucketLifecycleConfiguration{Rules: rules}},
			&api.GetBucketLifecycleConfigurationOutput{Rules: rules, TransitionDefaultMinimumObjectSize: new("all_storage_classes_128K")},
			&api.DeleteBucketLifecycleInput{Bucket: name}, nil,
		}, {
			"notification", &api.GetBucketNotificationConfigurationInput{Bucket: name}, &api.GetBucketNotificationConfigurationOutput{},
			&api.PutBucketNotificationConfigurationInput{Bucket: name, SkipDestinationValidation: new(true), NotificationConfiguration: &api.NotificationConfiguration{
				TopicConfigurations: []api.TopicConfiguration{topic}, EventBridgeConfiguration: &api.EventBridgeConfiguration{},
			}},
			&api.GetBucketNotificationConfigurationOutput{TopicConfigurations: []api.TopicConfiguration{topic}, EventBridgeConfiguration: &api.EventBridgeConfiguration{}},
			&api.PutBucketNotificationConfigurationInput{Bucket: name, NotificationConfiguration: &api.NotificationConfiguration{}}, nil,
		}, {
			"logging", &api.GetBucketLoggingInput{Bucket: name}, &api.GetBucketLoggingOutput{},
			&api.PutBucketLoggingInput{Bucket: name, BucketLoggingStatus: &api.BucketLoggingStatus{LoggingEnabled: logging}},
			&api.GetBucketLoggingOutput{LoggingEnabled: logging},
			&api.PutBucketLoggingInput{Bucket: name, BucketLoggingStatus: &api.BucketLoggingStatus{}}, nil,
		}, {
			"cors", &api.GetBucketCorsInput{Bucket: name}, "NoSuchCORSConfiguration: The CORS configuration does not exist",
			&api.PutBucketCorsInput{Bucket: name, CORSConfiguration: &api.CORSConfiguration{CORSRules: cors}},
			&api.GetBucketCorsOutput{CORSRules: cors},
			&api.DeleteBucketCorsInput{Bucket: name}, nil,
		}, {
			"website", &api.GetBucketWebsiteInput{Bucket: name}, "NoSuchWebsiteConfiguration: The specified bucket does not have a website configuration",
			&api.PutBucketWebsiteInput{Bucket: name, WebsiteConfiguration: website},
			&api.GetBucketWebsiteOutput{IndexDocument: website.IndexDocument, ErrorDocument: website.ErrorDocument, RoutingRules: website.RoutingRules},
			&api.DeleteBucketWebsiteInput{Bucket: name}, nil,
		}, {
			"payment", &api.GetBucketRequestPaymentInput{Bucket: name}, &api.GetBucketRequestPaymentOutput{Payer: new("BucketOwner")},
			&api.PutBucketRequestPaymentInput{Bucket: name, RequestPaymentConfiguration: &api.RequestPaymentConfiguration{Payer: new("Requester")}},
			&api.GetBucketRequestPaymentOutput{Payer: new("Requester")},
			&api.PutBucketRequestPaymentInput{Bucket: name, RequestPaymentConfiguration: &api.RequestPaymentConfiguration{Payer: new("BucketOwner")}}, nil,
		}, {
			"acceleration", &api.GetBucketAccelerateConfigurationInput{Bucket: name}, &api.GetBucketAccelerateConfigurationOutput{},
			&api.PutBucketAccelerateConfigurationInput{Bucket: name, AccelerateConfiguration: &api.AccelerateConfiguration{Status: new("Enabled")}},
			&api.GetBucketAccelerateConfigurationOutput{Status: new("Enabled")},
			&api.PutBucketAccelerateConfigurationInput{Bucket: name, AccelerateConfiguration: &api.AccelerateConfiguration{Status: new("Suspended")}},
			&api.GetBucketAccelerateConfigurationOutput{Status: new("Suspended")},
		}, {
			"ownership", &api.GetBucketOwnershipControlsInput{Bucket: name}, ownership("BucketOwnerEnforced"),
			&api.PutBucketOwnershipControlsInput{Bucket: name, OwnershipControls: ownership("ObjectWriter").OwnershipControls}, ownership("ObjectWriter"),
			&api.DeleteBucketOwnershipControlsInput{Bucket: name}, "OwnershipControlsNotFoundError: The bucket ownership controls were not found",
		}, {
			"public access", &api.GetPublicAccessBlockInput{Bucket: name}, publicAccessInput(true, true, true, true),
			&api.PutPublicAccessBlockInput{Bucket: name, PublicAccessBlockConfiguration: &api.PublicAccessBlockConfiguration{BlockPublicAcls: new(true)}},
			publicAccessInput(true, false, false, false),
			&api.DeletePublicAccessBlockInput{Bucket: name}, "NoSuchPublicAccessBlockConfiguration: The public access block configuration was not found",
		}, {
			"replication", &api.GetBucketReplicationInput{Bucket: name}, "ReplicationConfigurationNotFoundError: The replication configuration was not found", nil, nil, nil, nil,
		}, {
			"object lock", &api.GetObjectLockConfigurationInput{Bucket: new("locked")}, &api.GetObjectLockConfigurationOutput{
				ObjectLockConfiguration: &api.ObjectLockConfiguration{ObjectLockEnabled: new("Enabled")}},
			&api.PutObjectLockConfigurationInput{Bucket: new("locked"), ObjectLockConfiguration: lock},
			&api.GetObjectLockConfigurationOutput{ObjectLockConfiguration: lock},
			&api.PutObjectLockConfigurationInput{Bucket: new("locked"), ObjectLockConfiguration: &api.ObjectLockConfiguration{ObjectLockEnabled: new("Enabled")}}, nil,
		}, {
			"no object lock", &api.GetObjectLockConfigurationInput{Bucket: name}, "ObjectLockConfigurationNotFoundError: Object Lock configuration does not exist for this bucket", nil, nil, nil, nil,
		},
	} {
		t.Run(test.what, func(t *testing.T) {
			h := newHouse(t)
			h.make("bucket")
			h.make("target")
			h.do(&api.CreateBucketInput{Bucket: new("locked"), ObjectLockEnabledForBucket: new(true),
				CreateBucketConfiguration: &api.CreateBucketConfiguration{LocationConstraint: &h.region}})
			h.answers("at first", test.get, test.before)
			if test.put == nil {
				return
			}
			h.do(test.put)
			h.reopen()
			h.answers("set", test.get, test.after)
			h.do(test.remove)
			if test.gone == nil {
				test.gone = test.before
			}
			h.answers("removed", test.get, test.gone)
		})
	}
}

// answers makes a call that gives an output, or fails with a text.
func (h *house) answers(when string, in wire.Shape, want any) {
	h.Helper()
	if text, ok := want.(string); ok {
		h.fails(text, in)
		return
	}
	if got := h.do(in); !reflect.DeepEqual(got, want) {
		h.Errorf("%s %s:\n got %s\nwant %s", in.Describe().Name, when, jsonOf(got), jsonOf(want))
	}
}

func jsonOf(v any) string {
	e := wire.NewJSONEncoder(nil)
	wire.Encode(e, v.(wire.Shape))
	return string(e.Bytes())
}

func ownership(o string) *api.GetBucketOwnershipControlsOutput {
	return &api.GetBucketOwnershipControlsOutput{OwnershipControls: &api.OwnershipControls{Rules: []api.OwnershipControlsRule{{ObjectOwnership: &o}}}}
}

func publicAccessInput(a, b, c, d bool) *api.GetPublicAccessBlockOutput {
	return &api.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: &api.PublicAccessBlockConfiguration{
		BlockPublicAcls: &a, IgnorePublicAcls: &b, BlockPublicPolicy: &c, RestrictPublicBuckets: &d}}
}

func lifecycleInput(edit func(*api.LifecycleRule)) *api.PutBucketLifecycleConfigurationInput {
	r := api.LifecycleRule{Status: new("Enabled"), Prefix: new(""), Expiration: &api.LifecycleExpiration{Days: new(int32(1))}}
	edit(&r)
	return &api.PutBucketLifecycleConfigurationInput{Bucket: new("bucket"), LifecycleConfiguration: &api.BucketLifecycleConfiguration{Rules: []api.LifecycleRule{r}}}
}

func tagging(keys ...string) *api.PutBucketTaggingInput {
	in := &api.PutBucketTaggingInput{Bucket: new("bucket"), Tagging: &api.Tagging{TagSet: []api.Tag{}}}
	for _, k := range keys {
		in.Tagging.TagSet = append(in.Tagging.TagSet, api.Tag{Key: new(k), Value: new("v")})
	}
	return in
}

func encryption(d *api.ServerSideEncryptionByDefault) *api.PutBucketEncryptionInput {
	return &api.PutBucketEncryptionInput{Bucket: new("bucket"), ServerSideEncryptionConfiguration: &api.ServerSideEncryptionConfiguration{
		Rules: []api.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: d}}}}
}

func retention(days, years int32) *api.PutObjectLockConfigurationInput {
	r := &api.DefaultRetention{Mode: new("GOVERNANCE"), Days: &days, Years: &years}
	if years == 0 {
		r.Years = nil
	}
	return &api.PutObjectLockConfigurationInput{Bucket: new("bucket"), ObjectLockConfiguration: &api.ObjectLockConfiguration{
		ObjectLockEnabled: new("Enabled"), Rule: &api.ObjectLockRule{DefaultRetention: r}}}
}

func logTo(target string) *api.PutBucketLoggingInput {
	return &api.PutBucketLoggingInput{Bucket: new("bucket"), BucketLoggingStatus: &api.BucketLoggingStatus{
		LoggingEnabled: &api.LoggingEnabled{TargetBucket: &target, TargetPrefix: new("")}}}
}

const malformed = "MalformedXML: The XML you provided was not well-formed or did not validate against our published schema"

func TestDocumentRefusals(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	h.make("dotted.bucket")
	h.do(&api.CreateBucketInput{Bucket: new("locked"), ObjectLockEnabledForBucket: new(true),
		CreateBucketConfiguration: &api.CreateBucketConfiguration{LocationConstraint: &h.region}})
	h.region = "us-east-1"
	h.make("far")
	h.caller = rootOf(stranger)
	h.make("foreign")
	h.caller, h.region = rootOf(owner), "us-east-2"
	name := new("bucket")
	for _, test := range []struct {
		want string
		in   wire.Shape
	}{
		{"IllegalVersioningConfigurationException: The Versioning element must be specified",
			&api.PutBucketVersioningInput{Bucket: name, VersioningConfiguration: &api.VersioningConfiguration{}}},
		{"NotImplemented: MFA delete is not available.",
			&api.PutBucketVersioningInput{Bucket: name, VersioningConfiguration: &api.VersioningConfiguration{Status: new("Enabled"), MFADelete: new("Enabled")}}},
		{"InvalidBucketState: An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
			&api.PutBucketVersioningInput{Bucket: new("locked"), VersioningConfiguration: &api.VersioningConfiguration{Status: new("Suspended")}}},
		{"KMS.NotFoundException: AWS KMS is not available: objects are encrypted with AES256.",
			encryption(&api.ServerSideEncryptionByDefault{SSEAlgorithm: new("aws:kms")})},
		{"InvalidArgument: a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
			encryption(&api.ServerSideEncryptionByDefault{SSEAlgorithm: new("AES256"), KMSMasterKeyID: new("k")})},
		{malformed, &api.PutBucketEncryptionInput{Bucket: name, ServerSideEncryptionConfiguration: &api.ServerSideEncryptionConfiguration{Rules: []api.ServerSideEncryptionRule{}}}},
		{"InvalidTag: System tags cannot be added/updated by requester", tagging("aws:x")},
		{"InvalidTag: Cannot provide multiple Tags with the same key", tagging("a", "a")},
		{"InvalidTag: The TagKey you have provided is invalid", tagging(strings.Repeat("k", 129))},
		{"BadRequest: Tag count cannot be greater than 50", tagging(strings.Split(strings.Repeat("x", 51), "")...)},
		{malformed, lifecycleInput(func(r *api.LifecycleRule) { r.Prefix = nil })},
		{malformed, lifecycleInput(func(r *api.LifecycleRule) { r.Filter = &api.LifecycleRuleFilter{} })},
		{malformed, lifecycleInput(func(r *api.LifecycleRule) { r.Expiration.ExpiredObjectDeleteMarker = new(true) })},
		{"InvalidRequest: At least one action needs to be specified in a rule", lifecycleInput(func(r *api.LifecycleRule) { r.Expiration = nil })},
		{"InvalidArgument: 'Days' for Expiration action must be a positive integer", lifecycleInput(func(r *api.LifecycleRule) { r.Expiration.Days = new(int32(0)) })},
		{"InvalidArgument: 'Date' must be at midnight GMT", lifecycleInput(func(r *api.LifecycleRule) {
			r.Expiration = &api.LifecycleExpiration{Date: new(time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC))}
		})},
		{"InvalidArgument: ID length should not exceed allowed limit of 255", lifecycleInput(func(r *api.LifecycleRule) { r.ID = new(strings.Repeat("i", 256)) })},
		{"InvalidArgument: Unable to validate the following destination configurations",
			&api.PutBucketNotificationConfigurationInput{Bucket: name, NotificationConfiguration: &api.NotificationConfiguration{
				QueueConfigurations: []api.QueueConfiguration{{QueueArn: new("arn:aws:sqs:us-east-2:111111111111:q"), Events: []string{"s3:ObjectCreated:*"}}}}}},
		{"InvalidTargetBucketForLogging: The target bucket for logging does not exist", logTo("nowhere")},
		{"InvalidTargetBucketForLogging: The owner for the bucket to be logged and the target bucket must be the same.", logTo("foreign")},
		{"CrossLocationLoggingProhibited: Cross S3 location logging not allowed.", logTo("far")},
		{"InvalidRequest: Found unsupported HTTP method in CORS config. Unsupported method is PATCH",
			&api.PutBucketCorsInput{Bucket: name, CORSConfiguration: &api.CORSConfiguration{CORSRules: []api.CORSRule{{AllowedMethods: []string{"PATCH"}, AllowedOrigins: []string{"*"}}}}}},
		{`InvalidRequest: AllowedOrigin "*.*" can not have more than one wildcard.`,
			&api.PutBucketCorsInput{Bucket: name, CORSConfiguration: &api.CORSConfiguration{CORSRules: []api.CORSRule{{AllowedMethods: []string{"GET"}, AllowedOrigins: []string{"*.*"}}}}}},
		{"InvalidArgument: A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
			&api.PutBucketWebsiteInput{Bucket: name, WebsiteConfiguration: &api.WebsiteConfiguration{}}},
		{"InvalidArgument: The IndexDocument Suffix is not well formed",
			&api.PutBucketWebsiteInput{Bucket: name, WebsiteConfiguration: &api.WebsiteConfiguration{IndexDocument: &api.IndexDocument{Suffix: new("a/b")}}}},
		{"InvalidRequest: S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
			&api.PutBucketAccelerateConfigurationInput{Bucket: new("dotted.bucket"), AccelerateConfiguration: &api.AccelerateConfiguration{Status: new("Enabled")}}},
		{"InvalidBucketState: Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration", retention(1, 0)},
		{"InvalidRetentionPeriod: Default retention period must be a positive integer value.", retention(0, 0)},
		{"InvalidRetentionPeriod: Default retention period too large.", retention(36501, 0)},
		{malformed, retention(1, 1)},
		{malformed, &api.PutObjectLockConfigurationInput{Bucket: name, ObjectLockConfiguration: &api.ObjectLockConfiguration{}}},
	} {
		h.fails(test.want, test.in)
	}
}

func TestLifecycleIDs(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	in := lifecycleInput(func(*api.LifecycleRule) {})
	h.do(in)
	out := h.do(&api.GetBucketLifecycleConfigurationInput{Bucket: new("bucket")}).(*api.GetBucketLifecycleConfigurationOutput)
	if out.Rules[0].ID == nil || in.LifecycleConfiguration.Rules[0].ID != nil {
		t.Error("a rule without an id gets one, and its sender's is left alone")
	}
	in = lifecycleInput(func(r *api.LifecycleRule) { r.ID = new("same") })
	in.LifecycleConfiguration.Rules = append(in.LifecycleConfiguration.Rules, in.LifecycleConfiguration.Rules[0])
	h.fails("InvalidArgument: Rule ID must be unique. Found same ID for one or more rules", in)
}
