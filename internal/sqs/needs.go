package sqs

import (
	"context"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
)

// State is the store, for what is no part of a call's own transaction:
// receiving, which may wait, and the work that nobody waits for.
type State interface {
	View() *store.Snapshot
	// Update makes a change durable. A nil error promises it.
	Update(ctx context.Context, fn func(*store.Tx) error) error
	// Notify returns a channel that is closed at the next change.
	Notify() <-chan struct{}
	// Load reads values of a heap. What is not there is missing in the answer.
	Load(ctx context.Context, h *store.Heap, keys ...string) (map[string][]byte, error)
}

// Principals knows whom a queue's policy names.
type Principals interface {
	// PrincipalID returns the unique id of a user or a role, "" of others.
	PrincipalID(r store.Reader, arn string) string
}

// Keys is KMS, for queues whose messages are encrypted with a key of its.
type Keys interface {
	// Target is the permission for an action on a key, which is named by its
	// id, its ARN or an alias. The error says that there is no such key, or
	// that it cannot be used.
	Target(r store.Reader, key, account, region, action string, encryptionContext map[string]string, viaService string) (call.Target, *aws.Error)
	// GenerateDataKey and Decrypt ask for no permission.
	GenerateDataKey(r store.Reader, keyARN string, encryptionContext map[string]string) (plaintext, ciphertext []byte, err *aws.Error)
	Decrypt(r store.Reader, ciphertext []byte, encryptionContext map[string]string) (plaintext []byte, keyARN string, err *aws.Error)
	// ManagedKey makes the key that an account has for a service (sqs), called
	// alias/aws/sqs, unless it is there.
	ManagedKey(tx *store.Tx, now time.Time, account, region, service string) (string, error)
}
