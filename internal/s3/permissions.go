package s3

import (
	"net/url"
	"slices"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// permission is what one operation asks for.
type permission struct {
	ask func(*question) error
	// unbound operations are not about a bucket that exists.
	unbound bool
}

// permissions are those of every operation. The source is the service
// authorization reference and the API's own pages.
var permissions = map[string]permission{
	"CreateBucket": {ask: askCreateBucket, unbound: true},
	"ListBuckets":  {ask: askListBuckets, unbound: true},

	"DeleteBucket":      bucketPermission("DeleteBucket"),
	"HeadBucket":        bucketPermission("ListBucket"),
	"GetBucketLocation": bucketPermission("GetBucketLocation"),

	"GetBucketPolicy":       bucketPermission("GetBucketPolicy"),
	"PutBucketPolicy":       {ask: askPutBucketPolicy},
	"DeleteBucketPolicy":    bucketPermission("DeleteBucketPolicy"),
	"GetBucketPolicyStatus": bucketPermission("GetBucketPolicyStatus"),

	"GetBucketAcl":                       bucketPermission("GetBucketAcl"),
	"PutBucketAcl":                       bucketPermission("PutBucketAcl"),
	"GetPublicAccessBlock":               bucketPermission("GetBucketPublicAccessBlock"),
	"PutPublicAccessBlock":               bucketPermission("PutBucketPublicAccessBlock"),
	"DeletePublicAccessBlock":            bucketPermission("PutBucketPublicAccessBlock"),
	"GetBucketOwnershipControls":         bucketPermission("GetBucketOwnershipControls"),
	"PutBucketOwnershipControls":         bucketPermission("PutBucketOwnershipControls"),
	"DeleteBucketOwnershipControls":      bucketPermission("PutBucketOwnershipControls"),
	"GetBucketVersioning":                bucketPermission("GetBucketVersioning"),
	"PutBucketVersioning":                bucketPermission("PutBucketVersioning"),
	"GetBucketEncryption":                bucketPermission("GetEncryptionConfiguration"),
	"PutBucketEncryption":                bucketPermission("PutEncryptionConfiguration"),
	"DeleteBucketEncryption":             bucketPermission("PutEncryptionConfiguration"),
	"GetBucketLifecycleConfiguration":    bucketPermission("GetLifecycleConfiguration"),
	"PutBucketLifecycleConfiguration":    bucketPermission("PutLifecycleConfiguration"),
	"DeleteBucketLifecycle":              bucketPermission("PutLifecycleConfiguration"),
	"GetBucketNotificationConfiguration": bucketPermission("GetBucketNotification"),
	"PutBucketNotificationConfiguration": bucketPermission("PutBucketNotification"),
	"GetBucketLogging":                   bucketPermission("GetBucketLogging"),
	"PutBucketLogging":                   bucketPermission("PutBucketLogging"),
	"GetBucketTagging":                   bucketPermission("GetBucketTagging"),
	"PutBucketTagging":                   bucketPermission("PutBucketTagging"),
	"DeleteBucketTagging":                bucketPermission("PutBucketTagging"),
	"GetBucketRequestPayment":            bucketPermission("GetBucketRequestPayment"),
	"PutBucketRequestPayment":            bucketPermission("PutBucketRequestPayment"),
	"GetBucketCors":                      bucketPermission("GetBucketCORS"),
	"PutBucketCors":                      bucketPermission("PutBucketCORS"),
	"DeleteBucketCors":                   bucketPermission("PutBucketCORS"),
	"GetBucketWebsite":                   bucketPermission("GetBucketWebsite"),
	"PutBucketWebsite":                   bucketPermission("PutBucketWebsite"),
	"DeleteBucketWebsite":                bucketPermission("DeleteBucketWebsite"),
	"GetBucketReplication":               bucketPermission("GetReplicationConfiguration"),
	"GetBucketAccelerateConfiguration":   bucketPermission("GetAccelerateConfiguration"),
	"PutBucketAccelerateConfiguration":   bucketPermission("PutAccelerateConfiguration"),
	"GetObjectLockConfiguration":         bucketPermission("GetBucketObjectLockConfiguration"),
	"PutObjectLockConfiguration":         bucketPermission("PutBucketObjectLockConfiguration"),

	"ListObjects":          bucketPermission("ListBucket"),
	"ListObjectsV2":        bucketPermission("ListBucket"),
	"ListObjectVersions":   bucketPermission("ListBucketVersions"),
	"ListMultipartUploads": bucketPermission("ListBucketMultipartUploads"),

	"GetObject":           objectPermission("GetObject", "GetObjectVersion"),
	"HeadObject":          objectPermission("GetObject", "GetObjectVersion"),
	"GetObjectAttributes": {ask: askGetObjectAttributes},
	"GetObjectAcl":        objectPermission("GetObjectAcl", "GetObjectVersionAcl"),
	"PutObjectAcl":        objectPermission("PutObjectAcl", "PutObjectVersionAcl"),
	"GetObjectTagging":    objectPermission("GetObjectTagging", "GetObjectVersionTagging"),
	"PutObjectTagging":    {ask: askPutObjectTagging},
	"DeleteObjectTagging": objectPermission("DeleteObjectTagging", "DeleteObjectVersionTagging"),
	"GetObjectRetention":  objectPermission("GetObjectRetention", "GetObjectRetention"),
	"PutObjectRetention":  {ask: askPutObjectRetention},
	"GetObjectLegalHold":  objectPermission("GetObjectLegalHold", "GetObjectLegalHold"),
	"PutObjectLegalHold":  {ask: askPutObjectLegalHold},

	"PutObject":     {ask: askPutObject},
	"CopyObject":    {ask: askCopyObject},
	"DeleteObject":  {ask: askDeleteObject},
	"DeleteObjects": {ask: askDeleteObjects},

	"CreateMultipartUpload":   {ask: askPutObject},
	"UploadPart":              objectPermission("PutObject", "PutObject"),
	"UploadPartCopy":          {ask: askUploadPartCopy},
	"CompleteMultipartUpload": objectPermission("PutObject", "PutObject"),
	"AbortMultipartUpload":    objectPermission("AbortMultipartUpload", "AbortMultipartUpload"),
	"ListParts":               objectPermission("ListMultipartUploadParts", "ListMultipartUploadParts"),
}

func bucketPermission(action string) permission {
	return permission{ask: func(q *question) error {
		q.onBucket(action)
		return nil
	}}
}

func objectPermission(action, onVersion string) permission {
	return permission{ask: func(q *question) error {
		q.onObject(action, onVersion)
		return nil
	}}
}

func input[T any](q *question) *T { return q.in.Addr().Interface().(*T) }

// askCreateBucket asks in the name of the bucket to be, which is the
// caller's.
func askCreateBucket(q *question) error {
	in := input[api.CreateBucketInput](q)
	b := &Bucket{Name: aws.Val(in.Bucket), Account: q.c.Account()}
	if q.c.Principal.Type == aws.Anonymous {
		return accessDenied()
	}
	noteBucket(q.c, b)
	context := q.context()
	if conf := in.CreateBucketConfiguration; conf != nil {
		if conf.LocationConstraint != nil {
			context.Set("s3:LocationConstraint", *conf.LocationConstraint)
		}
		addRequestTags(context, "aws:RequestTag/", "aws:TagKeys", conf.Tags)
	}
	q.add("CreateBucket", b, b.ARN(), context)
	if in.ACL != nil && *in.ACL != api.BucketCannedACLPrivate || len(firstGrants(in)) > 0 {
		q.add("PutBucketAcl", b, b.ARN(), context)
	}
	if in.ObjectOwnership != nil {
		q.add("PutBucketOwnershipControls", b, b.ARN(), context)
	}
	if aws.Val(in.ObjectLockEnabledForBucket) {
		q.add("PutBucketObjectLockConfiguration", b, b.ARN(), context)
		q.add("PutBucketVersioning", b, b.ARN(), context)
	}
	if conf := in.CreateBucketConfiguration; conf != nil && len(conf.Tags) > 0 {
		q.add("TagResource", b, b.ARN(), context)
	}
	return nil
}

func askListBuckets(q *question) error {
	if q.c.Principal.Type == aws.Anonymous {
		return accessDenied()
	}
	b := &Bucket{Account: q.c.Account()}
	q.add("ListAllMyBuckets", b, "*", q.context())
	return nil
}

func askPutBucketPolicy(q *question) error {
	documentRequest(q.c, q.bucket.Name, input[api.PutBucketPolicyInput](q).Policy)
	q.onBucket("PutBucketPolicy")
	return nil
}

func askGetObjectAttributes(q *question) error {
	q.onObject("GetObject", "GetObjectVersion")
	q.onObject("GetObjectAttributes", "GetObjectVersionAttributes")
	return nil
}

func askPutObjectTagging(q *question) error {
	q.onObject("PutObjectTagging", "PutObjectVersionTagging")
	if t := input[api.PutObjectTaggingInput](q).Tagging; t != nil {
		addRequestTags(q.targets[0].Context, "s3:RequestObjectTag/", "s3:RequestObjectTagKeys", t.TagSet)
	}
	return nil
}

func askPutObjectRetention(q *question) error {
	q.onObject("PutObjectRetention", "PutObjectRetention")
	if r := input[api.PutObjectRetentionInput](q).Retention; r != nil {
		setRetention(q.targets[0].Context, r)
	}
	return askBypass(q)
}

func setRetention(context policy.Context, r *api.ObjectLockRetention) {
	if r.Mode != nil {
		context.Set("s3:object-lock-mode", *r.Mode)
	}
	if r.RetainUntilDate != nil {
		context.Set("s3:object-lock-retain-until-date", r.RetainUntilDate.UTC().Format("2006-01-02T15:04:05Z"))
	}
}

func askPutObjectLegalHold(q *question) error {
	q.onObject("PutObjectLegalHold", "PutObjectLegalHold")
	if h := input[api.PutObjectLegalHoldInput](q).LegalHold; h != nil && h.Status != nil {
		q.targets[0].Context.Set("s3:object-lock-legal-hold", *h.Status)
	}
	return nil
}

// askPutObject asks for a write and for what else it sets. An access control
// list that gives the bucket's owner everything changes nothing that the
// owner would not have; services deliver with it and the permission to put
// alone.
func askPutObject(q *question) error {
	return q.write(q.context())
}

func (q *question) write(context policy.Context) error {
	arn := objectARN(q.bucket.Name, q.text("Key"))
	if err := setTagging(context, q.text("Tagging")); err != nil {
		return err
	}
	q.add("PutObject", q.bucket, arn, context)
	for _, further := range []struct {
		asked  bool
		action string
	}{
		{q.setsACL(), "PutObjectAcl"},
		{q.text("Tagging") != "", "PutObjectTagging"},
		{q.text("ObjectLockMode") != "", "PutObjectRetention"},
		{q.text("ObjectLockLegalHoldStatus") != "", "PutObjectLegalHold"},
	} {
		if further.asked {
			q.add(further.action, q.bucket, arn, context)
		}
	}
	return nil
}

// setsACL reports whether a write sets access control lists where they are
// enabled.
func (q *question) setsACL() bool {
	if q.bucket.Ownership == api.ObjectOwnershipBucketOwnerEnforced {
		return false
	}
	acl := q.text("ACL")
	granted := slices.ContainsFunc([]string{"GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"},
		func(member string) bool { return q.text(member) != "" })
	return granted || acl != "" && acl != api.ObjectCannedACLPrivate && acl != api.ObjectCannedACLBucketOwnerFullControl
}

func askCopyObject(q *question) error {
	if err := q.readSource(); err != nil {
		return err
	}
	return q.write(q.context())
}

func askUploadPartCopy(q *question) error {
	if err := q.readSource(); err != nil {
		return err
	}
	q.onObject("PutObject", "PutObject")
	return nil
}

// readSource asks for reading what is copied.
func (q *question) readSource() error {
	source, err := ParseCopySource(q.text("CopySource"))
	if err != nil {
		return err
	}
	b, err := ownedBucket(q.c, source.Bucket, q.text("ExpectedSourceBucketOwner"))
	if err != nil {
		return err
	}
	noteObject(q.c, b, source.Key)
	action, context := "GetObject", policy.Context{}
	if source.Version != "" {
		action = "GetObjectVersion"
		context.Set("s3:VersionId", source.Version)
	}
	q.add(action, b, objectARN(b.Name, source.Key), context)
	return nil
}

func askDeleteObject(q *question) error {
	q.onObject("DeleteObject", "DeleteObjectVersion")
	return askBypass(q)
}

// askBypass asks for overriding a retention, when the call wants to.
func askBypass(q *question) error {
	if q.text("BypassGovernanceRetention") == "true" {
		q.onObject("BypassGovernanceRetention", "BypassGovernanceRetention")
	}
	return nil
}

func askDeleteObjects(q *question) error {
	in := input[api.DeleteObjectsInput](q)
	if in.Delete == nil {
		return malformedXML()
	}
	for _, o := range in.Delete.Objects {
		q.targets = append(q.targets, q.bucket.deletion(q.c, o, aws.Val(in.BypassGovernanceRetention))...)
	}
	return nil
}

// deletion is what it takes to delete one of the objects of DeleteObjects. A
// refusal leaves that object, and no other.
func (b *Bucket) deletion(c *call.Call, o api.ObjectIdentifier, bypass bool) []call.Target {
	actions, context := []string{"DeleteObject"}, policy.Context{}
	if aws.Val(o.VersionId) != "" {
		actions = []string{"DeleteObjectVersion"}
		context.Set("s3:VersionId", *o.VersionId)
	}
	if bypass {
		actions = append(actions, "BypassGovernanceRetention")
	}
	var targets []call.Target
	for _, action := range actions {
		t := b.target(c, action, objectARN(b.Name, aws.Val(o.Key)), context)
		t.Apart = true
		targets = append(targets, t)
	}
	return targets
}

// setTagging adds the tags of a header, which are written like a query.
func setTagging(context policy.Context, header string) error {
	if header == "" {
		return nil
	}
	values, err := url.ParseQuery(header)
	if err != nil {
		return invalidArgument("x-amz-tagging", header, "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	}
	var tags []api.Tag
	for key, v := range values {
		tags = append(tags, api.Tag{Key: new(key), Value: new(v[0])})
	}
	addRequestTags(context, "s3:RequestObjectTag/", "s3:RequestObjectTagKeys", tags)
	return nil
}

// addRequestTags adds the tags that a call sets: one key for each, and one
// that names them all.
func addRequestTags(context policy.Context, each, all string, tags []api.Tag) {
	if len(tags) == 0 {
		return
	}
	keys := make([]string, len(tags))
	for i, t := range tags {
		keys[i] = aws.Val(t.Key)
		context.Set(each+keys[i], aws.Val(t.Value))
	}
	slices.Sort(keys)
	context.Set(all, keys...)
}
