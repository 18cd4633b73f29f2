package sqs

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/orgtrail/orgtrail/internal/store"
)

// attempt is what a call with a ReceiveRequestAttemptId received from a FIFO
// queue, so that the same call gets the same when its answer was lost.
type attempt struct {
	At       int64
	Receipts []attemptReceipt
}

type attemptReceipt struct {
	Key      string
	Received int
}

var attempts = store.NewKind("sqs.attempt",
	store.Index[attempt]{Name: byAge, Keys: func(_ string, a *attempt) []string { return []string{moment(a.At)} }})

func (q *Queue) attemptKey(id string) string {
	sum := sha256.Sum256([]byte(id))
	return q.ID + "/" + hex.EncodeToString(sum[:16])
}

// repeat hands out what the same attempt has received before, as far as it is
// still in flight, and hides it for as long again. It reports whether there
// was anything. What belongs to an attempt that is over is forgotten.
func (t *taking) repeat() (bool, error) {
	if t.wish.attempt == "" {
		return false, nil
	}
	key := t.q.attemptKey(t.wish.attempt)
	a, ok := attempts.Get(t.tx, key)
	if !ok {
		return false, nil
	}
	for _, r := range a.Receipts {
		m := receipt{key: r.Key, received: r.Received}.message(t.tx)
		if m != nil && m.isInFlight(t.now) && t.now-a.At < memory.Milliseconds() {
			t.hide(r.Key, new(*m))
		}
	}
	for _, m := range t.found {
		t.q.line(t.tx, m.Group, t.now)
	}
	if len(t.found) == 0 {
		attempts.Delete(t.tx, key)
	}
	return len(t.found) > 0, nil
}

// remember notes what an attempt has received.
func (t *taking) remember() {
	if t.wish.attempt == "" || len(t.found) == 0 {
		return
	}
	a := &attempt{At: t.now}
	for _, m := range t.found {
		a.Receipts = append(a.Receipts, attemptReceipt{m.key, m.Received})
	}
	attempts.Put(t.tx, t.q.attemptKey(t.wish.attempt), a)
}
