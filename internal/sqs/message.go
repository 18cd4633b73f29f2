package sqs

import (
	"strconv"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

// message is a message in a queue, without what it says: that is in the heap.
// Its key is what the queue's messages begin with, and its place: of a
// standard queue the time it was sent, of a FIFO queue its number. Moments
// are in milliseconds since 1970.
type message struct {
	ID     string // grows with time, so that messages of one moment stand in order
	Sender string
	Sent   int64
	// Visible is the moment from which it may be received: when it was sent,
	// when its delay is over, or when it was received last and how long it is
	// hidden since.
	Visible int64
	// Since is when it was received last.
	Since int64 `json:",omitempty"`
	// Received counts how often it was received, in all queues; Arrived is
	// what it was when it came into this one.
	Received int   `json:",omitempty"`
	Arrived  int   `json:",omitempty"`
	First    int64 `json:",omitempty"` // when it was received first

	Body  string // key of its content in the heap
	Cover cover  `json:",omitzero"`
	Trace string `json:",omitempty"` // AWSTraceHeader
	// Origin is the ARN of the queue from which it was moved to this
	// dead-letter queue.
	Origin string `json:",omitempty"`

	Group string `json:",omitempty"`
	// The rest belongs to FIFO queues. Behind says that another message of
	// the group stands before it, Blocked until when others of its group are
	// in flight.
	Dedup    string `json:",omitempty"`
	Sequence uint64 `json:",omitempty"`
	Behind   bool   `json:",omitempty"`
	Blocked  int64  `json:",omitempty"`
}

const (
	byReady = "ready"
	byAway  = "away"
	byGroup = "group"
)

// messages are in three orders besides that of their keys: by the moment from
// which they may be received, in flight and delayed ones by the moment that
// ends it, and those of FIFO queues by their group.
var messages = store.NewKind("sqs.message",
	store.Index[message]{Name: byReady, Keys: func(key string, m *message) []string {
		if m.Behind {
			return nil
		}
		return []string{prefixOf(key) + moment(m.ready())}
	}},
	store.Index[message]{Name: byAway, Keys: func(key string, m *message) []string {
		switch {
		case m.receivedHere():
			return []string{prefixOf(key) + inFlight + moment(m.Visible)}
		case m.Sequence != 0 || m.Visible > m.Sent:
			return []string{prefixOf(key) + delayed + moment(m.Visible)}
		}
		return nil
	}},
	store.Index[message]{Name: byGroup, Keys: func(key string, m *message) []string {
		if m.Sequence == 0 {
			return nil
		}
		return []string{prefixOf(key) + m.Group}
	}},
)

// contents holds what messages say.
var contents = store.NewHeap("sqs.message")

// The two ways in which a message is away.
const (
	inFlight = "f/"
	delayed  = "d/"
)

// ready is the moment from which the message may be received, as far as it
// follows from itself: of FIFO queues the delay comes to it.
func (m *message) ready() int64 { return max(m.Visible, m.Blocked) }

// receivedHere reports whether the message was received in the queue that it
// is in.
func (m *message) receivedHere() bool { return m.Received > m.Arrived }

// isInFlight reports whether somebody has received the message and still has
// the time to delete it.
func (m *message) isInFlight(now int64) bool { return m.receivedHere() && m.Visible > now }

// expired reports whether the queue has kept the message for long enough.
func (q *Queue) expired(m *message, now int64) bool {
	return m.Sent+int64(q.Retention)*1000 <= now
}

// matured reports whether the delay of a FIFO queue is over for a message. It
// is the queue's as it is now, whatever it was when the message was sent.
func (q *Queue) matured(m *message, now int64) bool {
	return !q.FIFO || m.receivedHere() || m.Sent+int64(q.Delay)*1000 <= now
}

// prefix is what the keys of the queue's messages begin with.
func (q *Queue) prefix() string { return q.Messages + "/" }

func prefixOf(key string) string { return key[:strings.IndexByte(key, '/')+1] }

// moment writes a moment so that moments sort as their texts do.
func moment(ms int64) string {
	digits := strconv.AppendInt(make([]byte, 0, 2*momentDigits), max(0, ms), 10)
	return zeros[:max(0, momentDigits-len(digits))] + string(digits)
}

// momentDigits are enough for some thousand years.
const (
	momentDigits = 14
	zeros        = "00000000000000"
)

// place is the rest of a message's key. Messages of a standard queue that were
// sent in the same moment stand in the order of their ids.
func (m *message) place() string {
	if m.Sequence != 0 {
		return sequenceNumber(m.Sequence)
	}
	return moment(m.Sent) + "-" + m.ID
}

// after is a text behind all that begin with prefix, which ends with a slash.
func after(prefix string) string { return prefix[:len(prefix)-1] + "0" }

func countAll(r store.Reader, q *Queue) int {
	index := byReady
	if q.FIFO {
		index = byGroup
	}
	return messages.Count(r, index, q.prefix(), after(q.prefix()))
}

func countInFlight(r store.Reader, q *Queue, now time.Time) int {
	prefix := q.prefix() + inFlight
	return messages.Count(r, byAway, prefix+moment(now.UnixMilli()+1), after(prefix))
}

func countDelayed(r store.Reader, q *Queue, now time.Time) int {
	prefix, from := q.prefix()+delayed, now.UnixMilli()+1
	if q.FIFO { // filed by when they were sent
		from -= int64(q.Delay) * 1000
	}
	return messages.Count(r, byAway, prefix+moment(from), after(prefix))
}

// drop removes a message and what it says.
func drop(tx *store.Tx, key string, m *message) {
	messages.Delete(tx, key)
	contents.Delete(tx, m.Body)
}
