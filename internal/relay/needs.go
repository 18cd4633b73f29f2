package relay

import (
	"context"
	"database/sql"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/lease"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Trails knows the trails that the journal and the manifest name.
type Trails interface {
	// Streams reports whether any trail has a log group.
	Streams(r store.Reader) bool
	// Stream says which log stream the records of an account go to; false
	// when the trail has no log group.
	Stream(r store.Reader, trail, account string) (Stream, bool)
	// Source is the trail as the policy of its topic sees it.
	Source(r store.Reader, trail string) call.Source
}

// Stream is a log stream, and the role through which a trail writes to it.
type Stream struct {
	Group, Role string // ARNs
	Name        string
	From        call.Source
}

// Logs takes records.
type Logs interface {
	// Put assumes the role and writes to the stream, which it makes if there
	// is none, in the call's transaction. An error says that nothing was
	// written, and why.
	Put(c *call.Call, s Stream, records []Record) *aws.Error
}

// Buses takes events.
type Buses interface {
	// Rules reports whether anybody waits for events at all.
	Rules(r store.Reader) bool
	// Interested reports whether anybody waits for events of an account and
	// a region.
	Interested(r store.Reader, account, region string) bool
	// Offer gives a record to the account's bus in the call's transaction.
	Offer(c *call.Call, r Record) error
}

// Topics takes notices.
type Topics interface {
	// Publish publishes a message in the call's transaction. The error has
	// SNS's code.
	Publish(c *call.Call, topic, message string, from call.Source) *aws.Error
}

// Record is one record of the journal.
type Record struct {
	Account, Region string
	Time            time.Time
	ID              string
	JSON            []byte
}

// Store is what the relay needs of the store.
type Store interface {
	lease.Store
	View() *store.Snapshot
	ReadChunks(ctx context.Context, after journal.Cursor, maxBytes int) ([]store.Chunk, error)
	Tail(ctx context.Context) (journal.Cursor, error)
	Fenced(ctx context.Context, l store.Lease, fn func(*sql.Tx) error) error
	Read(ctx context.Context, fn func(*sql.Tx) error) error
}
