package logs

import (
	"context"
	"iter"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Events reads what was logged. It sees what is durable, which may be more
// than the state that a call works with.
type Events interface {
	Read(ctx context.Context, q segment.Query, p *segment.Progress) iter.Seq2[segment.Event, error]
	// Stored is what the events of groups count for in bytes.
	Stored(ctx context.Context, groups []int64) (map[int64]int64, error)
	// Result is what a query has found; key opens it, nil when it is not sealed.
	Result(ctx context.Context, query string, key *seal.Key) ([]byte, error)
}

// Keys are the keys of KMS. None of the methods asks for a permission.
type Keys interface {
	// Target is the use of a key by its ARN: a permission to ask for. The
	// error tells that there is no such key or that it cannot be used now.
	Target(r store.Reader, key, account, region, action string, encryptionContext map[string]string, viaService string) (call.Target, *aws.Error)
	GenerateDataKey(r store.Reader, keyARN string, encryptionContext map[string]string) (plaintext, ciphertext []byte, err *aws.Error)
	Decrypt(r store.Reader, ciphertext []byte, encryptionContext map[string]string) (plaintext []byte, keyARN string, err *aws.Error)
}

// Queues are the queues of SQS.
type Queues interface {
	// Send puts a message into a queue as part of the change that tx is, if
	// the queue's policy lets the source. After an error nothing was sent.
	Send(tx *store.Tx, now time.Time, queueARN string, from call.Source, body string) *aws.Error
}

// Bucket takes the objects of export tasks.
type Bucket interface {
	// Probe asks whether the bucket exists and its policy lets the source
	// read the bucket's ACL and put an object under each key.
	Probe(c *call.Call, bucket string, keys []string, from call.Source) *aws.Error
	// Put puts one object, durably. Putting the same one again is harmless.
	Put(ctx context.Context, r store.Reader, o Object) *aws.Error
}

// Object is one object of an export task.
type Object struct {
	Bucket, Key string
	Body        []byte
	Gzip        bool // Body is gzip
	From        call.Source
}

// State is the store as Advance and Run see it.
type State interface {
	View() *store.Snapshot
	Update(ctx context.Context, fn func(*store.Tx) error) error
	Writer() int64 // the number of this process
	Notify() <-chan struct{}
}
