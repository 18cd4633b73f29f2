package sns

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Queues are the queues of SQS.
type Queues interface {
	// SendAsService enqueues a message in tx if the queue's policy lets from
	// send. The error is SQS's refusal; nothing was enqueued then.
	SendAsService(tx *store.Tx, now time.Time, queueARN string, from call.Source, m QueueMessage) *aws.Error
}

// QueueMessage is a message as a queue takes it. The group and the
// deduplication id are "" where the queue wants none.
type QueueMessage struct {
	Body                   string
	Attributes             map[string]Attribute
	GroupID, Deduplication string
}

// Keys are the keys of KMS.
type Keys interface {
	// Target is an action (kms:Decrypt) on a key that is named by its id, its
	// ARN or an alias of the account. The error is KMS's for a key that is
	// not there or cannot be used.
	Target(r store.Reader, key, account, region, action string, encryptionContext map[string]string, viaService string) (call.Target, *aws.Error)
	// ManagedKey makes the key that an account has for a service (sns), called
	// alias/aws/sns, unless it is there.
	ManagedKey(tx *store.Tx, now time.Time, account, region, service string) (string, error)
}

// Principals knows whom a topic's policy may name.
type Principals interface {
	PrincipalExists(r store.Reader, arn string) bool
	// PrincipalID returns the unique id of a user or a role, "" of others.
	PrincipalID(r store.Reader, arn string) string
}
