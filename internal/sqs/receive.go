package sqs

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

const (
	// maxReceived is how many messages one call receives.
	maxReceived = 10
	// maxCleared is how many messages that are not received, because they
	// have expired or been received too often, one call clears away.
	maxCleared = 500
)

// maxInFlight is how many messages of a queue may be in flight. Tests make do
// with fewer.
var maxInFlight = 120_000

// ReceiveMessage receives messages: it hides them from others for a while. It
// may wait for them, and therefore does not run in a transaction but makes
// one when there is something to receive.
func (s *Service) ReceiveMessage(c *call.Call, in *api.ReceiveMessageInput) (*api.ReceiveMessageOutput, error) {
	q, err := findURL(c, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	want, wait, err := wishOf(c, q, in)
	if err != nil {
		return nil, err
	}
	var found []received
	try := func() (bool, error) {
		found, err = s.take(c.Ctx, want)
		return len(found) > 0, err
	}
	due := func() (bool, time.Time, error) { return want.due(s.State.View(), s.Now()) }
	now, _, err := due()
	if err == nil && now {
		_, err = try()
	}
	if err == nil && len(found) == 0 && wait > 0 {
		ctx, cancel := context.WithTimeout(c.Ctx, wait)
		err = s.wait(ctx, q.key(), due, try)
		cancel()
	}
	if err != nil {
		return nil, err
	}
	return s.show(c, q, in, found)
}

// wish is what a call wants to receive.
type wish struct {
	queue   string // key
	id      string // of the queue: another one of the same name is not meant
	most    int
	hide    *int32 // seconds
	attempt string
	ask     asker
}

func wishOf(c *call.Call, q *Queue, in *api.ReceiveMessageInput) (w wish, wait time.Duration, err error) {
	w = wish{queue: q.key(), id: q.ID, most: 1, hide: in.VisibilityTimeout, ask: c.Allow}
	if n := in.MaxNumberOfMessages; n != nil {
		if *n < 1 || *n > maxReceived {
			return w, 0, invalidValue(*n, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
		}
		w.most = int(*n)
	}
	if n := in.VisibilityTimeout; n != nil && (*n < 0 || *n > maxVisibility) {
		return w, 0, invalidValue(*n, "VisibilityTimeout", "Must be between 0 and 43200, if provided.")
	}
	wait = time.Duration(q.Wait) * time.Second
	if n := in.WaitTimeSeconds; n != nil {
		if *n < 0 || *n > 20 {
			return w, 0, invalidValue(*n, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
		}
		wait = time.Duration(*n) * time.Second
	}
	if a := in.ReceiveRequestAttemptId; a != nil {
		switch {
		case !q.FIFO:
			return w, 0, otherQueueType(*a, "ReceiveRequestAttemptId")
		case !isPunctuated(*a):
			return w, 0, invalidValue(*a, "ReceiveRequestAttemptId", "ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length.")
		}
		w.attempt = *a
	}
	for _, name := range slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames) {
		if _, ok := systemAttributes[name]; !ok && name != api.MessageSystemAttributeNameAll {
			return w, 0, unknownAttribute(name)
		}
	}
	return w, wait, nil
}

// find finds the queue of a wish again. It may have been deleted meanwhile.
func (w *wish) find(r store.Reader) (*Queue, error) {
	q, ok := queues.Get(r, w.queue)
	if !ok || q.ID != w.id {
		return nil, noSuchQueue()
	}
	return q, nil
}

// due reports whether take would do something now, or else when the next
// message becomes visible, the zero time when none will by itself.
func (w *wish) due(r store.Reader, now time.Time) (bool, time.Time, error) {
	q, err := w.find(r)
	if err != nil {
		return false, time.Time{}, err
	}
	if _, ok := attempts.Get(r, q.attemptKey(w.attempt)); ok && w.attempt != "" {
		return true, time.Time{}, nil
	}
	at := now.UnixMilli()
	if q.full(r, at) {
		return false, time.Time{}, q.overLimit()
	}
	var next time.Time
	for _, m := range messages.Ordered(r, byReady, q.prefix()) {
		if m.ready() > at {
			return false, earlier(next, m.ready()), nil
		}
		if q.matured(m, at) || q.expired(m, at) {
			return true, now, nil
		}
		next = earlier(next, m.Sent+int64(q.Delay)*1000)
	}
	return false, next, nil
}

// full reports whether as many messages are in flight as may be.
func (q *Queue) full(r store.Reader, now int64) bool {
	return messages.Len(r) >= maxInFlight && countInFlight(r, q, time.UnixMilli(now)) >= maxInFlight
}

// overLimit is what the receiver is told then: of a FIFO queue nothing.
func (q *Queue) overLimit() error {
	if q.FIFO {
		return nil
	}
	return aws.Errorf("OverLimit", "Too many messages in flight for the queue.")
}

// earlier returns the earlier of two moments. The zero time is none.
func earlier(t time.Time, ms int64) time.Time {
	if other := time.UnixMilli(ms); t.IsZero() || other.Before(t) {
		return other
	}
	return t
}

// received is a message that a call receives.
type received struct {
	key string
	*message
}

// take receives messages in a transaction of its own. A nil error means that
// it is durable: nobody else receives them until their time is over. There
// may be none.
func (s *Service) take(ctx context.Context, w wish) (found []received, err error) {
	err = s.State.Update(ctx, func(tx *store.Tx) error {
		q, err := w.find(tx)
		if err != nil {
			return err
		}
		t := taking{Service: s, tx: tx, q: q, wish: w, now: s.Now().UnixMilli(), keys: map[string]bool{}}
		if err := t.run(); err != nil {
			return err
		}
		found = t.found
		return nil
	})
	return found, err
}

// taking is one run of take.
type taking struct {
	*Service
	tx      *store.Tx
	q       *Queue
	wish    wish
	now     int64
	found   []received
	cleared int
	keys    map[string]bool // KMS keys that the receiver may use
}

func (t *taking) run() error {
	if again, err := t.repeat(); again || err != nil {
		return err
	}
	if t.q.full(t.tx, t.now) {
		return t.q.overLimit()
	}
	for key, m := range messages.Ordered(t.tx, byReady, t.q.prefix()) {
		if m.ready() > t.now || t.full() {
			break
		}
		var err error
		if t.q.FIFO {
			err = t.group(m.Group)
		} else {
			_, err = t.one(key, m)
		}
		if err != nil {
			return err
		}
	}
	t.remember()
	return nil
}

func (t *taking) full() bool { return len(t.found) == t.wish.most || t.cleared >= maxCleared }

// one receives a message, unless its time in the queue is over. It reports
// false when what stands behind it must wait.
func (t *taking) one(key string, m *message) (bool, error) {
	switch {
	case t.q.expired(m, t.now):
		drop(t.tx, key, m)
		t.cleared++
		return true, nil
	case !t.q.matured(m, t.now) || m.Visible > t.now:
		return false, nil
	case t.q.bury(t.tx, key, m, t.now):
		t.cleared++
		return true, nil
	}
	if m.Cover.Key != "" && !t.keys[m.Cover.Key] {
		if err := t.mayRead(t.tx, t.q, m, t.wish.ask); err != nil {
			return false, err
		}
		t.keys[m.Cover.Key] = true
	}
	m = new(*m)
	m.Received++
	if m.First == 0 {
		m.First = t.now
	}
	t.hide(key, m)
	return true, nil
}

// hide keeps a message from others for a while and hands it out.
func (t *taking) hide(key string, m *message) {
	seconds := t.q.VisibilityTimeout
	if t.wish.hide != nil {
		seconds = int(*t.wish.hide)
	}
	m.Since, m.Visible = t.now, t.now+int64(seconds)*1000
	messages.Put(t.tx, key, m)
	t.found = append(t.found, received{key, m})
}

// group receives messages of a group of which none is in flight, in their
// order.
func (t *taking) group(group string) error {
	for key, m := range messages.By(t.tx, byGroup, t.q.prefix()+group) {
		if t.full() {
			break
		}
		if next, err := t.one(key, m); !next || err != nil {
			if err != nil {
				return err
			}
			break
		}
	}
	t.q.line(t.tx, group, t.now)
	return nil
}

// show answers with messages. What they say is read now, when nobody else can
// receive them; what was deleted in between, by a handle of an earlier
// reception, is left out.
func (s *Service) show(c *call.Call, q *Queue, in *api.ReceiveMessageInput, found []received) (*api.ReceiveMessageOutput, error) {
	out := new(api.ReceiveMessageOutput)
	if len(found) == 0 {
		return out, nil
	}
	keys := make([]string, len(found))
	for i := range found {
		keys[i] = found[i].Body
	}
	kept, err := s.State.Load(c.Ctx, contents, keys...)
	if err != nil {
		return nil, err
	}
	for _, m := range found {
		sealed, ok := kept[m.Body]
		if !ok {
			continue
		}
		said, err := s.unwrap(c.State, m.message, sealed)
		if err != nil {
			return nil, err
		}
		out.Messages = append(out.Messages, api.Message{
			MessageId: &m.ID, Body: &said.Body, MD5OfBody: new(md5Of(said.Body)),
			ReceiptHandle: new(s.handle(receipt{q.ID, m.key, m.Received})),
			Attributes:    m.attributes(slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)),
		})
		said.pick(in.MessageAttributeNames, &out.Messages[len(out.Messages)-1])
	}
	return out, nil
}

// systemAttributes are what SQS itself says of a message, by name. "" is not
// shown.
var systemAttributes = map[string]func(*message) string{
	"SenderId":                         func(m *message) string { return m.Sender },
	"SentTimestamp":                    func(m *message) string { return milliseconds(m.Sent) },
	"ApproximateReceiveCount":          func(m *message) string { return strconv.Itoa(m.Received) },
	"ApproximateFirstReceiveTimestamp": func(m *message) string { return milliseconds(m.First) },
	"SequenceNumber": func(m *message) string {
		if m.Sequence == 0 {
			return ""
		}
		return sequenceNumber(m.Sequence)
	},
	"MessageDeduplicationId":   func(m *message) string { return m.Dedup },
	"MessageGroupId":           func(m *message) string { return m.Group },
	"AWSTraceHeader":           func(m *message) string { return m.Trace },
	"DeadLetterQueueSourceArn": func(m *message) string { return m.Origin },
}

func milliseconds(ms int64) string { return strconv.FormatInt(ms, 10) }

// attributes are the system attributes that are asked for, nil when there are
// none.
func (m *message) attributes(names []string) map[string]string {
	if slices.Contains(names, api.MessageSystemAttributeNameAll) {
		names = slices.Collect(maps.Keys(systemAttributes))
	}
	var shown map[string]string
	for _, name := range names {
		if value := systemAttributes[name](m); value != "" {
			if shown == nil {
				shown = map[string]string{}
			}
			shown[name] = value
		}
	}
	return shown
}

// pick shows the attributes that are asked for: by name, by the beginning of
// a name (foo.*), or all.
func (c *content) pick(names []string, to *api.Message) {
	shown := map[string]Attribute{}
	for name, a := range c.Attributes {
		if slices.ContainsFunc(names, func(wanted string) bool { return picks(wanted, name) }) {
			shown[name] = a
		}
	}
	if len(shown) == 0 {
		return
	}
	to.MD5OfMessageAttributes = md5OfAttributes(shown)
	to.MessageAttributes = make(map[string]api.MessageAttributeValue, len(shown))
	for name, a := range shown {
		v := api.MessageAttributeValue{DataType: &a.DataType}
		if a.isBinary() {
			v.BinaryValue = a.BinaryValue
		} else {
			v.StringValue = &a.StringValue
		}
		to.MessageAttributes[name] = v
	}
}

func picks(wanted, name string) bool {
	if wanted == "All" || wanted == name {
		return true
	}
	prefix, ok := strings.CutSuffix(wanted, "*")
	return ok && (prefix == "." || strings.HasPrefix(name, prefix))
}
