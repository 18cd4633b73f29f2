package s3

import (
	"context"
	"slices"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// Bucket is a bucket and everything that is set on it. What is nil or empty
// was never set, or was deleted.
type Bucket struct {
	Name    string    `json:"name"`
	Account string    `json:"account"` // the owner
	Region  string    `json:"region"`
	Created time.Time `json:"created"`

	Policy       policy.Source                  `json:"policy,omitzero"`
	PublicAccess *publicAccess                  `json:"publicAccess,omitempty"`
	Ownership    string                         `json:"ownership,omitempty"` // of objects
	Grants       []api.Grant                    `json:"grants,omitempty"`    // nil: the owner alone
	Versioning   string                         `json:"versioning,omitempty"`
	Encryption   *api.ServerSideEncryptionRule  `json:"encryption,omitempty"` // nil: AES256
	Tags         []api.Tag                      `json:"tags,omitempty"`
	Lifecycle    *lifecycle                     `json:"lifecycle,omitempty"`
	Notification *api.NotificationConfiguration `json:"notification,omitempty"`
	Logging      *api.LoggingEnabled            `json:"logging,omitempty"`
	ObjectLock   *objectLock                    `json:"objectLock,omitempty"`
	CORS         []api.CORSRule                 `json:"cors,omitempty"`
	Website      *api.WebsiteConfiguration      `json:"website,omitempty"`
	Acceleration string                         `json:"acceleration,omitempty"`
	Payer        string                         `json:"payer,omitempty"` // "": the owner

	// Encrypts says that the bucket has, or had, objects that a key of KMS
	// encrypts.
	Encrypts bool `json:"encrypts,omitempty"`
}

// buckets are all buckets, by name: the namespace is one for all accounts.
var buckets = store.NewKind[Bucket]("s3.bucket", byAccount)

var byAccount = store.Index[Bucket]{Name: "account", Keys: func(_ string, b *Bucket) []string { return []string{b.Account} }}

// ARN of the bucket.
func (b *Bucket) ARN() string { return bucketARN(b.Name) }

// versioned reports whether the bucket keeps, or once kept, versions.
func (b *Bucket) versioned() bool { return b.Versioning != "" }

// requesterPays reports whether callers from elsewhere must say that they pay.
func (b *Bucket) requesterPays() bool { return b.Payer == api.PayerRequester }

// host is the name under which the bucket is reached in its region.
func (b *Bucket) host() string { return b.Name + ".s3." + b.Region + ".amazonaws.com" }

func bucketARN(name string) string { return aws.NewARN("s3", "", "", name).String() }

func objectARN(bucket, key string) string { return bucketARN(bucket) + "/" + key }

func noSuchBucket(name string) *aws.Error {
	return aws.Errorf("NoSuchBucket", "The specified bucket does not exist").With("BucketName", name)
}

func findBucket(r store.Reader, name string) (*Bucket, *aws.Error) {
	b, ok := buckets.Get(r, name)
	if !ok {
		b, ok = findTemplates(name)
	}
	if !ok {
		return nil, noSuchBucket(name)
	}
	return b, nil
}

// BucketRegion is where a bucket is, false when there is none.
func BucketRegion(r store.Reader, name string) (string, bool) {
	b, ok := buckets.Get(r, name)
	if !ok {
		return "", false
	}
	return b.Region, true
}

// bucket returns the bucket that a call names, which is shared: change a
// copy. That its owner is the expected one Access has checked.
func (s *Service) bucket(c *call.Call, name *string) (*Bucket, error) {
	b, err := findBucket(c.State, aws.Val(name))
	if err != nil {
		return nil, err
	}
	return b, nil
}

// change changes a bucket in the call's transaction.
func (s *Service) change(c *call.Call, name *string, set func(*Bucket) error) error {
	b, err := s.bucket(c, name)
	if err != nil {
		return err
	}
	changed := *b
	if err := set(&changed); err != nil {
		return err
	}
	buckets.Put(c.Tx, changed.Name, &changed)
	return nil
}

// noteBucket names a bucket in the record of the call, and gives its owner a
// record of its own.
func noteBucket(c *call.Call, b *Bucket) {
	noteResource(c, call.Resource{Account: b.Account, Type: "AWS::S3::Bucket", ARN: b.ARN()})
	if b.Account != c.Account() && !slices.Contains(c.Owners, b.Account) {
		c.Owners = append(c.Owners, b.Account)
	}
}

// noteObject names an object and its bucket.
func noteObject(c *call.Call, b *Bucket, key string) {
	noteResource(c, call.Resource{Type: objectType, ARN: objectARN(b.Name, key)})
	noteBucket(c, b)
}

const objectType = "AWS::S3::Object"

// noteResource adds a resource that is not noted yet.
func noteResource(c *call.Call, r call.Resource) {
	if !slices.Contains(c.Resources, r) {
		c.Resources = append(c.Resources, r)
	}
}

// CreateBucket makes a bucket with the defaults of today: no public access,
// no access control lists, AES256.
func (s *Service) CreateBucket(c *call.Call, in *api.CreateBucketInput) (*api.CreateBucketOutput, error) {
	name := aws.Val(in.Bucket)
	if !validName(name) {
		return nil, aws.Errorf("InvalidBucketName", "The specified bucket is not valid.").With("BucketName", name)
	}
	region, err := locationOf(c.Region, in.CreateBucketConfiguration)
	if err != nil {
		return nil, err
	}
	out := &api.CreateBucketOutput{Location: new(address(name, region))}
	if b, none := findBucket(c.State, name); none == nil {
		return out, taken(c, b)
	}
	b, err := newBucket(c, region, in)
	if err != nil {
		return nil, err
	}
	if err := s.first(c, b, func(ctx context.Context) error { return s.createInPlane(ctx, b) }); err != nil {
		return nil, err
	}
	buckets.Put(c.Tx, name, b)
	return out, nil
}

// taken is the answer to making a bucket that exists. In the oldest region an
// owner may make a bucket again, and nothing happens.
func taken(c *call.Call, b *Bucket) error {
	switch {
	case b.Account != c.Account():
		return nameTaken(b.Name)
	case b.Region == aws.GlobalRegion && c.Region == aws.GlobalRegion:
		return nil
	}
	return aws.Errorf("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.").
		With("BucketName", b.Name)
}

func nameTaken(name string) error {
	return aws.Errorf("BucketAlreadyExists", "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again").
		With("BucketName", name)
}

func newBucket(c *call.Call, region string, in *api.CreateBucketInput) (*Bucket, error) {
	if aws.Val(in.BucketNamespace) == api.BucketNamespaceAccountRegional {
		return nil, notImplemented("Buckets in the namespace of an account are not available.")
	}
	b := &Bucket{
		Name: *in.Bucket, Account: c.Account(), Region: region, Created: c.Time.UTC().Truncate(time.Second),
		PublicAccess: blockAll(), Ownership: api.ObjectOwnershipBucketOwnerEnforced,
	}
	if in.ObjectOwnership != nil {
		b.Ownership = *in.ObjectOwnership
	}
	if in.CreateBucketConfiguration != nil {
		if err := checkTags(in.CreateBucketConfiguration.Tags, maxBucketTags); err != nil {
			return nil, err
		}
		b.Tags = in.CreateBucketConfiguration.Tags
	}
	if aws.Val(in.ObjectLockEnabledForBucket) {
		b.ObjectLock, b.Versioning = &objectLock{}, api.BucketVersioningStatusEnabled
	}
	return b, b.setFirstGrants(in)
}

// DeleteBucket deletes an empty bucket. The data plane knows whether it is
// empty, and keeps it from being filled by deleting it before the record goes.
func (s *Service) DeleteBucket(c *call.Call, in *api.DeleteBucketInput) (*api.DeleteBucketOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	if err := s.first(c, b, func(ctx context.Context) error { return s.deleteInPlane(ctx, b) }); err != nil {
		return nil, err
	}
	forgetUploads(c.Tx, b.Name+"/")
	buckets.Delete(c.Tx, b.Name)
	return nil, nil
}

func notEmpty(b *Bucket, text string) error {
	return aws.Errorf("BucketNotEmpty", "%s", text).With("BucketName", b.Name)
}

// HeadBucket says that the bucket exists, and where.
func (s *Service) HeadBucket(c *call.Call, in *api.HeadBucketInput) (*api.HeadBucketOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	return &api.HeadBucketOutput{BucketRegion: &b.Region, AccessPointAlias: new(false)}, nil
}

func notImplemented(text string) *aws.Error { return aws.Errorf("NotImplemented", "%s", text) }

func malformedXML() *aws.Error {
	return aws.Errorf("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

func invalidArgument(name, value, format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidArgument", format, args...).With("ArgumentName", name).With("ArgumentValue", value)
}

func invalidRequest(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidRequest", format, args...)
}
