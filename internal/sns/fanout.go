package sns

import (
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
)

// fanout is one message on its way to the subscriptions of its topic.
type fanout struct {
	s       *Service
	tx      *store.Tx
	now     time.Time
	topic   *Topic
	message *Message
	receipt receipt
	signed  map[string]envelope // by text: a signature serves all that get the same one
}

// source is SNS at work for a topic.
func (n TopicName) source() call.Source {
	return call.Source{Service: ServicePrincipal, ARN: n.ARN(), Account: n.Account}
}

// send gives a subscription its text.
func (f *fanout) send(sub *Subscription, text string) error {
	out := outgoing{kind: notification, id: f.receipt.ID, body: text}
	if sub.Raw {
		out.attributes = f.message.Attributes
	} else {
		e, err := f.envelope(text)
		if err != nil {
			return err
		}
		out.body = e.text(sub, f.s.Base)
	}
	if sub.overHTTP() {
		f.s.enqueue(f.tx, f.now, f.topic, sub, out)
		return nil
	}
	f.queue(sub, out)
	return nil
}

// queue sends to a queue. What its owner's policy, or the queue itself, does
// not let in is an error of the client: it is not tried again and goes to the
// dead-letter queue at once.
func (f *fanout) queue(sub *Subscription, out outgoing) {
	m := QueueMessage{Body: out.body, Attributes: out.attributes}
	toFIFO := strings.HasSuffix(sub.Endpoint, fifoSuffix)
	if toFIFO || !f.topic.FIFO() {
		m.GroupID, m.Deduplication = f.message.GroupID, f.message.Deduplication
	}
	source := f.topic.source()
	refused := f.s.Queues.SendAsService(f.tx, f.now, sub.Endpoint, source, m)
	if refused == nil {
		return
	}
	f.s.bury(f.tx, f.now, sub.ARN(), sub.DeadEnd, source, m, refused.Error())
}

// bury sends a message that could not be delivered to the dead-letter queue.
// Without one, or when that refuses it, too, the message is lost, and the log
// says so; a transaction that runs twice says it twice.
func (s *Service) bury(tx *store.Tx, now time.Time, subscription, queue string, source call.Source, m QueueMessage, reason string) {
	if queue == "" {
		s.Log.Warn("sns: a message was not delivered", "subscription", subscription, "reason", reason)
		return
	}
	if refused := s.Queues.SendAsService(tx, now, queue, source, m); refused != nil {
		s.Log.Warn("sns: a message was not delivered, nor taken by the dead-letter queue",
			"subscription", subscription, "reason", reason, "queue", queue, "error", refused)
	}
}

// envelope is the signed envelope of a text.
func (f *fanout) envelope(text string) (envelope, error) {
	if e, ok := f.signed[text]; ok {
		return e, nil
	}
	e, err := f.s.sign(f.tx, f.topic, envelope{
		Type: notification, MessageID: f.receipt.ID, Topic: f.topic.TopicName, Sequence: f.receipt.Number,
		Subject: f.message.Subject, Message: text, Time: f.now, Attributes: f.message.Attributes,
	})
	if err == nil {
		f.signed[text] = e
	}
	return e, err
}
