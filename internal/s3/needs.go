package s3

import (
	"context"
	"encoding/json"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
)

// Plane keeps the bytes of objects. It takes the inputs of S3's operations
// and gives their outputs; it asks nobody for permission.
type Plane interface {
	// Do makes one call. The body of an output is the caller's to close. A
	// refusal is an *aws.Error with S3's code.
	Do(ctx context.Context, in wire.Shape) (wire.Shape, error)
}

// Principals knows whom a bucket policy may name.
type Principals interface {
	PrincipalExists(r store.Reader, arn string) bool
	// PrincipalID returns the unique id of a user or a role, "" of others.
	PrincipalID(r store.Reader, arn string) string
}

// Keys is AWS KMS. Errors have its codes.
type Keys interface {
	// Target resolves a key that an account names in a region, by id, alias
	// or ARN, and returns what to ask for an action on it: the Resource is
	// the key's ARN. The key is one that can be used now.
	Target(r store.Reader, key, account, region, action string, encryptionContext map[string]string, viaService string) (call.Target, *aws.Error)
	// GenerateDataKey makes a key of 32 bytes, and the form of it that only
	// the key of that ARN opens. It asks nobody.
	GenerateDataKey(r store.Reader, keyARN string, encryptionContext map[string]string) (plaintext, ciphertext []byte, err *aws.Error)
	// Decrypt opens it again. It asks nobody.
	Decrypt(r store.Reader, ciphertext []byte, encryptionContext map[string]string) (plaintext []byte, keyARN string, err *aws.Error)
	// ManagedKey returns the ARN of the key that an account has for a service
	// (s3), which is made when there is none.
	ManagedKey(tx *store.Tx, now time.Time, account, region, service string) (string, error)
}

// Notifications brings what happens in buckets to those who want to know. Its
// methods ask the destination's own policy, and write in the transaction what
// is then delivered.
type Notifications interface {
	// Publish publishes to a topic.
	Publish(tx *store.Tx, now time.Time, topicARN string, from call.Source, subject, message string) *aws.Error
	// Send sends to a queue.
	Send(tx *store.Tx, now time.Time, queueARN string, from call.Source, message string) *aws.Error
	// Offer puts an event on the default bus of an account.
	Offer(tx *store.Tx, now time.Time, account, region string, e BusEvent) error
}

// BusEvent is what EventBridge is told of an object.
type BusEvent struct {
	DetailType string   // Object Created
	Resources  []string // the bucket's ARN
	Detail     json.RawMessage
}
