package chain

import (
	"context"
	"database/sql"
	"iter"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/lease"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Trails knows the trails whose files are validated.
type Trails interface {
	// Trails yields every trail, deleted ones among them, of which there is
	// or was a run.
	Trails(r store.Reader) iter.Seq[*Trail]
	// Trail finds one of them by the id that the manifest has.
	Trail(r store.Reader, id string) (*Trail, bool)
	// Accounts yields the accounts that a trail logs.
	Accounts(r store.Reader, id string) iter.Seq[string]
	// Validates reports whether a run of the trail lasts and has a chain in
	// an account and a region.
	Validates(r store.Reader, id, account, region string) bool
}

// Trail is a trail as digests see it.
type Trail struct {
	ID             string
	Name           string
	Home           string // its home region
	Bucket, Prefix string // where its digests go now

	// ARN, Owner and Organization are what the bucket's policy sees as
	// aws:SourceArn, aws:SourceAccount and aws:SourceOrgID.
	ARN, Owner, Organization string

	// Run is the newest run, lasting or not.
	Run Run
	// Validated are the periods in which validation was on, in order. A file
	// that was delivered in one of them stands in a digest.
	Validated []Period
}

// Run is a time in which a trail logged and was validated without a break,
// and its key layout did not change. Each run has chains of its own.
type Run struct {
	ID           string
	Organization string // of the key layout; "" in the account's
	Period
}

// Period is a time from its beginning up to its end, which is zero while it
// lasts.
type Period struct{ From, Until time.Time }

func (p Period) lasts() bool { return !p.From.IsZero() && p.Until.IsZero() }

// Bucket takes digests.
type Bucket interface {
	// PutDigest puts one object as CloudTrail does, durably. Putting the
	// same object again must be harmless. The error has S3's code; a failure
	// without an answer of S3 has the code aws.InternalFailure.
	PutDigest(ctx context.Context, r store.Reader, o Object) *aws.Error
}

// Object is one digest on its way to its bucket.
type Object struct {
	Bucket, Key              string
	Body                     []byte            // gzip of JSON
	Metadata                 map[string]string // without the prefix x-amz-meta-
	ARN, Owner, Organization string            // as in Trail
}

// Store is what digests need of the store.
type Store interface {
	View() *store.Snapshot
	Update(ctx context.Context, fn func(*store.Tx) error) error
	Tail(ctx context.Context) (journal.Cursor, error)
	lease.Store
	Fenced(ctx context.Context, l store.Lease, fn func(*sql.Tx) error) error
	Read(ctx context.Context, fn func(*sql.Tx) error) error
}
