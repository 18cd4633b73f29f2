package cloudtrail

import (
	"context"
	"iter"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
)

// ServicePrincipal is the name under which CloudTrail acts and is trusted.
const ServicePrincipal = "cloudtrail.amazonaws.com"

// Organization is what a trail depends on of an account's organization.
type Organization struct {
	ID                string
	ManagementAccount string
	AllFeatures       bool
	TrustedAccess     bool // CloudTrail is a trusted service
}

// Organizations knows which organization an account belongs to.
type Organizations interface {
	OrganizationOf(r store.Reader, account string) (Organization, bool)
	IsDelegatedAdministrator(r store.Reader, organization, account string) bool
	// Accounts yields every account of an organization, the management
	// account included.
	Accounts(r store.Reader, organization string) iter.Seq[string]
	// RegisterDelegatedAdministrator and its opposite answer with the errors
	// of Organizations.
	RegisterDelegatedAdministrator(c *call.Call, account string) error
	DeregisterDelegatedAdministrator(c *call.Call, account string) error
}

// Roles keeps CloudTrail's service-linked role in accounts.
type Roles interface {
	HasServiceLinkedRole(r store.Reader, account string) bool
	EnsureServiceLinkedRole(tx *store.Tx, now time.Time, account string) error
	RemoveServiceLinkedRole(tx *store.Tx, account string)
}

// Bucket tells whether a trail may write into a bucket.
type Bucket interface {
	// Probe asks, as CloudTrail and for the trail, whether the bucket exists
	// and its policy allows reading its ACL and putting objects under each
	// key, encrypted by a key of KMS where there is one. The error has S3's
	// code.
	Probe(c *call.Call, bucket string, keys []string, kmsKey string, trail Source) *aws.Error
}

// Topics tells whether a trail may publish to a topic.
type Topics interface {
	// Probe asks, as CloudTrail and for the trail, whether the topic exists
	// and its policy lets it publish. Nothing is published.
	Probe(r store.Reader, topic string, trail Source, at time.Time) *aws.Error
}

// TrailKeys tells whether a trail may encrypt with a key.
type TrailKeys interface {
	// Probe finds the key that the caller names, in the region of the bucket,
	// and asks as CloudTrail whether it may be described and encrypt the
	// object. It returns the key's ARN as soon as that is known. The error
	// has the code NotFoundException, AccessDenied, or one of the key's state.
	Probe(c *call.Call, key, bucket, object string, trail Source) (arn string, err *aws.Error)
}

// LogGroups tells whether a trail may write to a log group through a role.
type LogGroups interface {
	Exists(r store.Reader, group string) bool
	// Assume asks whether the role trusts CloudTrail at work for the trail.
	Assume(r store.Reader, role string, trail Source, at time.Time) *aws.Error
	// Permits asks whether the role may make the stream and write to it.
	Permits(r store.Reader, role, group, stream string, trail Source, at time.Time) *aws.Error
}

// Source is the trail that CloudTrail acts for, as policies see it.
type Source struct {
	ARN          string
	Account      string // the owner, also for what is delivered for members
	Organization string // the organization of the owner, "" when it is in none
}

// Status is what is known of the deliveries of one trail in one account and
// region. A zero time means never.
type Status struct {
	Attempted, Delivered time.Time
	Error                string // S3's code of the last refusal
	// Notified is when the topic last took a notice, NoticeAttempted when one
	// was last tried, and NoticeError SNS's code of the last refusal.
	Notified, NoticeAttempted time.Time
	NoticeError               string
	// Logged is when the log group last took records, and LogError why it
	// last did not.
	Logged   time.Time
	LogError string
	// Digest is when the last digest was delivered, and DigestError S3's code
	// of the last refusal of one.
	Digest      time.Time
	DigestError string
}

// Delivery answers how the deliveries of a trail go.
type Delivery interface {
	Status(ctx context.Context, trail, account, region string) (Status, error)
}

// PublicKey is the public half of a key that signs digests.
type PublicKey struct {
	Value       []byte // DER of a PKCS #1 RSAPublicKey
	Fingerprint string // hex MD5 of Value
	From, Until time.Time
}

// PublicKeys knows the keys that digests were and are signed with.
type PublicKeys interface {
	// PublicKeys returns the keys of a region that are valid at some time of
	// the period, the oldest first.
	PublicKeys(r store.Reader, region string, from, until time.Time) []PublicKey
}
