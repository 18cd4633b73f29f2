package s3

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// Access lists the permissions that a call needs. A bucket that does not
// exist, or belongs to somebody whom the caller did not expect, answers the
// call before any policy is asked. What is found is noted for the record, so
// that a refused call says what it was about.
func (s *Service) Access(c *call.Call, in any) ([]call.Target, error) {
	p, ok := permissions[c.Operation.Name]
	if !ok {
		return nil, call.NoPermission(c)
	}
	q := &question{c: c, in: reflect.ValueOf(in).Elem()}
	if !p.unbound {
		if err := q.find(q.text("Bucket"), q.text("ExpectedBucketOwner")); err != nil {
			return nil, err
		}
	}
	if err := p.ask(q); err != nil {
		return nil, err
	}
	return q.targets, nil
}

// question is a call whose permissions are being listed.
type question struct {
	c       *call.Call
	in      reflect.Value // the input's structure
	bucket  *Bucket       // nil for the calls that need none
	targets []call.Target
}

// find looks the bucket of the call up.
func (q *question) find(name, owner string) error {
	b, err := ownedBucket(q.c, name, owner)
	if err != nil {
		return err
	}
	q.bucket = b
	if key, ok := q.lookup("Key"); ok {
		noteObject(q.c, b, key)
	} else {
		noteBucket(q.c, b)
	}
	return nil
}

// ownedBucket finds a bucket whose owner is the one the caller expects, when
// it expects one.
func ownedBucket(c *call.Call, name, owner string) (*Bucket, error) {
	b, err := findBucket(c.State, name)
	switch {
	case err != nil:
		return nil, err
	case owner != "" && owner != b.Account:
		noteBucket(c, b)
		return nil, accessDenied()
	}
	return b, nil
}

func accessDenied() *aws.Error { return aws.Errorf(aws.AccessDenied, "Access Denied") }

// lookup returns a member of the input as condition keys hold it, and whether
// the call has it.
func (q *question) lookup(member string) (string, bool) {
	f := q.in.FieldByName(member)
	if !f.IsValid() || f.Kind() != reflect.Pointer || f.IsNil() {
		return "", false
	}
	switch v := f.Interface().(type) {
	case *string:
		return *v, true
	case *bool:
		return strconv.FormatBool(*v), true
	case *int32:
		return strconv.Itoa(int(*v)), true
	case *time.Time:
		return v.UTC().Format(time.RFC3339), true
	}
	return "", false
}

func (q *question) text(member string) string {
	v, _ := q.lookup(member)
	return v
}

// onBucket asks for an action on the bucket of the call.
func (q *question) onBucket(action string) {
	q.add(action, q.bucket, q.bucket.ARN(), q.context())
}

// onObject asks for an action on the object of the call, in the form for a
// version where one is named.
func (q *question) onObject(action, onVersion string) {
	if q.text("VersionId") != "" {
		action = onVersion
	}
	q.add(action, q.bucket, objectARN(q.bucket.Name, q.text("Key")), q.context())
}

// add asks for an action on something in a bucket.
func (q *question) add(action string, b *Bucket, arn string, context policy.Context) {
	q.targets = append(q.targets, b.target(q.c, action, arn, context))
}

// target is an action on something in a bucket.
func (b *Bucket) target(c *call.Call, action, arn string, context policy.Context) call.Target {
	context.Set("s3:ResourceAccount", b.Account)
	return call.Target{
		Action: "s3:" + action, Resource: arn, Owner: b.Account,
		Policy: b.policyFor(&c.Principal, action), Context: context,
	}
}

// policyFor is the bucket's policy as it bears on an action of a caller. The
// owner's root user can always mend it. A public policy that the bucket
// restricts lets nobody in from other accounts.
func (b *Bucket) policyFor(p *aws.Principal, action string) *policy.Attached {
	own := p.Account == b.Account
	switch {
	case b.Policy.IsZero(),
		own && p.Type == aws.Root && slices.Contains(policyActions, action),
		!own && p.Type != aws.AWSService && b.restricted() && b.Policy.Document().IsPublic():
		return nil
	}
	return &policy.Attached{Document: b.Policy.Document()}
}

var policyActions = []string{"GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"}

// contextKeys are the condition keys that members of inputs stand for.
var contextKeys = []struct{ member, key string }{
	{"ACL", "s3:x-amz-acl"},
	{"CopySource", "s3:x-amz-copy-source"},
	{"Delimiter", "s3:delimiter"},
	{"GrantFullControl", "s3:x-amz-grant-full-control"},
	{"GrantRead", "s3:x-amz-grant-read"},
	{"GrantReadACP", "s3:x-amz-grant-read-acp"},
	{"GrantWrite", "s3:x-amz-grant-write"},
	{"GrantWriteACP", "s3:x-amz-grant-write-acp"},
	{"IfMatch", "s3:if-match"},
	{"IfNoneMatch", "s3:if-none-match"},
	{"MaxKeys", "s3:max-keys"},
	{"MetadataDirective", "s3:x-amz-metadata-directive"},
	{"ObjectLockLegalHoldStatus", "s3:object-lock-legal-hold"},
	{"ObjectLockMode", "s3:object-lock-mode"},
	{"ObjectLockRetainUntilDate", "s3:object-lock-retain-until-date"},
	{"ObjectOwnership", "s3:x-amz-object-ownership"},
	{"Prefix", "s3:prefix"},
	{"SSECustomerAlgorithm", "s3:x-amz-server-side-encryption-customer-algorithm"},
	{"SSEKMSKeyId", "s3:x-amz-server-side-encryption-aws-kms-key-id"},
	{"ServerSideEncryption", "s3:x-amz-server-side-encryption"},
	{"StorageClass", "s3:x-amz-storage-class"},
	{"VersionId", "s3:VersionId"},
	{"WebsiteRedirectLocation", "s3:x-amz-website-redirect-location"},
}

// context holds the condition keys of the call's input.
func (q *question) context() policy.Context {
	ctx := policy.Context{}
	for _, k := range contextKeys {
		if v, ok := q.lookup(k.member); ok {
			ctx.Set(k.key, v)
		}
	}
	return ctx
}

// documentRequest is the record of a call whose body is a policy: S3 shows
// the policy as an object.
func documentRequest(c *call.Call, bucket string, document *string) {
	if text := aws.Val(document); json.Valid([]byte(text)) {
		c.Request = map[string]any{"bucketName": bucket, "Host": c.Host, "policy": "", "bucketPolicy": json.RawMessage(text)}
	}
}
