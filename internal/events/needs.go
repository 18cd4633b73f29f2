package events

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

// QueueMessage is a message as a queue takes it.
type QueueMessage struct {
	Body        string
	Attributes  map[string]string // of type String
	GroupID     string            // "" for none
	TraceHeader string            // "" for none
}

// Topics are the topics of SNS.
type Topics interface {
	// PublishAsService publishes a message in tx if the topic's policy lets
	// from publish. The error is SNS's refusal; nobody was told then.
	PublishAsService(tx *store.Tx, now time.Time, topicARN string, from call.Source, body string) *aws.Error
}

// Logs are the log groups of CloudWatch Logs.
type Logs interface {
	// Target is an action on a stream of a group, under the resource policies
	// of the group's account.
	Target(r store.Reader, groupARN, stream, action string) call.Target
	// PutAsService logs a message in tx. It asks for no permission. A stream
	// that is not there is made.
	PutAsService(tx *store.Tx, now time.Time, groupARN, stream string, at time.Time, message string) *aws.Error
}
