package sns

import (
	"fmt"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Delivery is a message on its way to an HTTP(S) endpoint. It holds all that
// this needs, whatever becomes of the topic.
type Delivery struct {
	Topic        TopicName
	Subscription string // its ARN
	Type         string // Notification and the like
	MessageID    string
	Endpoint     string
	ContentType  string
	Body         string
	Raw          bool
	Attributes   map[string]Attribute `json:",omitempty"` // of a raw message, for the dead-letter queue
	DeadEnd      string               `json:",omitempty"` // ARN of the dead-letter queue
	Retry        RetryPolicy
	Failures     int // attempts so far
}

const bySubscription = "subscription"

// outbox holds the deliveries under the time at which each is due and an id
// that carries the time of its making, so that they come in the order in which
// they are to be made.
var outbox = store.NewKind("sns.outbox",
	store.Index[Delivery]{Name: bySubscription, Keys: func(_ string, d *Delivery) []string { return []string{d.Subscription} }},
)

func outboxKey(due time.Time, id string) string { return fmt.Sprintf("%015d/%s", due.UnixMilli(), id) }

// dueAt is the time in a key of the outbox.
func dueAt(key string) time.Time {
	var milli int64
	fmt.Sscanf(key, "%d/", &milli) // the key is ours
	return time.UnixMilli(milli)
}

// outgoing is a message as one subscription gets it.
type outgoing struct {
	kind, id, body string
	attributes     map[string]Attribute
}

// enqueue puts a message for an HTTP(S) subscription into the outbox.
func (s *Service) enqueue(tx *store.Tx, now time.Time, t *Topic, sub *Subscription, out outgoing) {
	r := sub.Delivery.under(t.Delivery)
	d := &Delivery{
		Topic: t.TopicName, Subscription: sub.ARN(), Type: out.kind, MessageID: out.id,
		Endpoint: sub.Endpoint, ContentType: plainText, Body: out.body, Retry: *r.Retry,
	}
	if out.kind == notification {
		d.ContentType, d.Raw, d.DeadEnd = r.Request.ContentType, sub.Raw, sub.DeadEnd
	}
	if d.DeadEnd != "" {
		d.Attributes = out.attributes
	}
	outbox.Put(tx, outboxKey(now, aws.EventID()), d)
}

// drop gives up what waits for a subscription that has ended.
func drop(tx *store.Tx, sub *Subscription) {
	for key := range outbox.By(tx, bySubscription, sub.ARN()) {
		outbox.Delete(tx, key)
	}
}

// Due goes through the deliveries that are due, in order, and returns when
// the next one after them is; the zero time when there is none.
func Due(r store.Reader, now time.Time, yield func(key string, d *Delivery)) (next time.Time) {
	after := outboxKey(now.Add(time.Millisecond), "")
	for key, d := range outbox.Scan(r, "") {
		if key >= after {
			return dueAt(key)
		}
		yield(key, d)
	}
	return time.Time{}
}

// Waiting reports whether a delivery is still to be made.
func Waiting(r store.Reader, key string) bool {
	_, ok := outbox.Get(r, key)
	return ok
}

// Delivered takes a delivery out of the outbox.
func Delivered(tx *store.Tx, key string) { outbox.Delete(tx, key) }

// Failed notes that an attempt has failed, and for what reason. The delivery
// is due again when its retry policy says so. When that is exhausted, or the
// failure is final, the message goes to the dead-letter queue or is lost.
// A delivery that is not in the outbox any more is let be.
func (s *Service) Failed(tx *store.Tx, now time.Time, key, reason string, final bool) {
	d, ok := outbox.Get(tx, key)
	if !ok {
		return
	}
	outbox.Delete(tx, key)
	d = new(*d)
	d.Failures++
	if delay, again := d.Retry.Delay(d.Failures); again && !final {
		outbox.Put(tx, outboxKey(now.Add(delay), aws.EventID()), d)
		return
	}
	m := QueueMessage{Body: d.Body, Attributes: d.Attributes}
	s.bury(tx, now, d.Subscription, d.DeadEnd, d.Topic.source(), m, reason)
}
