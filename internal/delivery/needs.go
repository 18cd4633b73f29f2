package delivery

import (
	"context"
	"database/sql"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/lease"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Trails finds the trails that the journal names.
type Trails interface {
	// Destination says where the log files of a trail go now. A deleted
	// trail still has its last destination for as long as records of it may
	// be on their way; false is a trail that never was.
	Destination(r store.Reader, trail string) (Destination, bool)
}

// Destination is where the log files of a trail go, and in whose name.
type Destination struct {
	Bucket string `json:"bucket"`
	Prefix string `json:"prefix,omitempty"` // without a slash at its end
	// TrailARN, Owner and Organization are what the bucket's policy sees as
	// aws:SourceArn, aws:SourceAccount and aws:SourceOrgID. Organization is
	// that of the owner, "" when it is in none.
	TrailARN     string `json:"arn"`
	Owner        string `json:"owner"`
	Organization string `json:"organization,omitempty"`
	// Key is the KMS key that encrypts the files, and Topic the topic that is
	// told of them: ARNs, "" where there is none.
	Key   string `json:"key,omitempty"`
	Topic string `json:"topic,omitempty"`
}

// Bucket takes log files.
type Bucket interface {
	// PutLog puts one object as CloudTrail does, durably. Putting the same
	// object again must be harmless. The error has S3's code; a failure
	// without an answer of S3 (a time-out, no connection) has the code
	// aws.InternalFailure. After a success the body may not be used any more.
	PutLog(ctx context.Context, r store.Reader, o Object) *aws.Error
}

// Object is one log file on its way to its bucket.
type Object struct {
	Bucket, Key                   string
	Body                          []byte // gzip of one line of JSON
	TrailARN, Owner, Organization string // as in Destination
	Account, Region               string // whose records it holds
	KMSKey                        string // that encrypts it, "" for the bucket's own way
}

// Store is what delivery needs of the store.
type Store interface {
	View() *store.Snapshot
	Update(ctx context.Context, fn func(*store.Tx) error) error
	ReadChunks(ctx context.Context, after journal.Cursor, maxBytes int) ([]store.Chunk, error)
	Tail(ctx context.Context) (journal.Cursor, error)
	Trim(ctx context.Context, upTo journal.Cursor) error
	Writers(ctx context.Context) ([]int64, error)
	lease.Store
	Fenced(ctx context.Context, l store.Lease, fn func(*sql.Tx) error) error
	Read(ctx context.Context, fn func(*sql.Tx) error) error
}
