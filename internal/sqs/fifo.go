package sqs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

// sequences are the numbers of the newest messages of FIFO queues, by the
// queue's id. A number is never given twice, also when the queue is empty.
var sequences = store.NewKind[uint64]("sqs.sequence")

// firstSequence makes sequence numbers twenty digits long from the first, so
// that they sort as texts do.
const firstSequence = 10_000_000_000_000_000_000

func sequenceNumber(n uint64) string { return fmt.Sprintf("%020d", n) }

func (q *Queue) nextSequence(tx *store.Tx) uint64 {
	n := uint64(firstSequence)
	if last, ok := sequences.Get(tx, q.ID); ok {
		n = *last
	}
	n++
	sequences.Put(tx, q.ID, &n)
	return n
}

// duplicate is a message that was sent to a FIFO queue, for as long as the
// same must not be sent again.
type duplicate struct {
	Sent     int64
	ID       string
	Sequence uint64
}

const byAge = "age"

var duplicates = store.NewKind("sqs.duplicate",
	store.Index[duplicate]{Name: byAge, Keys: func(_ string, d *duplicate) []string { return []string{moment(d.Sent)} }})

// memory is for how long a FIFO queue remembers deduplication ids and
// attempts to receive.
const memory = 5 * time.Minute

// duplicateKey is where a message is remembered: by its deduplication id, in
// the queue or in its group.
func (q *Queue) duplicateKey(group, dedup string) string {
	if q.DedupScope != perGroup {
		group = ""
	}
	sum := sha256.Sum256([]byte(group + "\x00" + dedup))
	return q.ID + "/" + hex.EncodeToString(sum[:16])
}

// duplicate finds the message that m would repeat.
func (q *Queue) duplicate(r store.Reader, m *message) (*duplicate, bool) {
	d, ok := duplicates.Get(r, q.duplicateKey(m.Group, m.Dedup))
	return d, ok && m.Sent-d.Sent < memory.Milliseconds()
}

// remember keeps m from being sent again for a while.
func (q *Queue) remember(tx *store.Tx, m *message) {
	duplicates.Put(tx, q.duplicateKey(m.Group, m.Dedup), &duplicate{m.Sent, m.ID, m.Sequence})
}

// contentID is the deduplication id of a message that brings none.
func contentID(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// line puts the group of a FIFO queue in order after a change: the message
// that stands first may be received when none of the group is in flight, and
// those behind it not yet. In flight are only messages at the front, as many
// as one call receives.
func (q *Queue) line(tx *store.Tx, group string, now int64) {
	headKey, blocked, n := "", int64(0), 0
	var head *message
	for key, m := range messages.By(tx, byGroup, q.prefix()+group) {
		if head == nil {
			headKey, head = key, m
		} else if m.isInFlight(now) {
			blocked = max(blocked, m.Visible)
		}
		if n++; n > maxReceived {
			break
		}
	}
	if head != nil && (head.Behind || head.Blocked != blocked) {
		head = new(*head)
		head.Behind, head.Blocked = false, blocked
		messages.Put(tx, headKey, head)
	}
}

// isPunctuated reports whether s may be a group or a deduplication id.
func isPunctuated(s string) bool {
	return len(s) >= 1 && len(s) <= 128 && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}
