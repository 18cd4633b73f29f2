package chain

import (
	"context"
	"database/sql"
	"time"
)

// firstRetry and lastRetry bound the pause before the digest of a chain that
// was refused is tried again. It doubles each time.
const (
	firstRetry = 60 * second
	lastRetry  = 60 * firstRetry
)

// settle makes what became of the tasks durable, all or nothing: the chains
// whose digest is in its bucket move on, the others wait with their plan.
func (s *Signer) settle(ctx context.Context, tasks []*task, now time.Time) error {
	var changes []change
	for _, t := range tasks {
		if t.refused == nil {
			changes = append(changes, t.moveOn(s.Interval.Milliseconds()))
		} else {
			changes = append(changes, t.holdBack(now.UnixMilli()))
		}
		changes = append(changes, t.status(now.UnixMilli()))
	}
	return s.commit(ctx, changes)
}

// moveOn makes the planned digest the newest one, and the next window the
// one behind it.
func (t *task) moveOn(interval int64) change {
	start, head := t.plan.End, t.plan.link()
	due := start + interval
	switch {
	case t.last == 0:
	case start >= t.last:
		due = never
	default:
		due = 0 // the last window may be closed at any time
	}
	return func(ctx context.Context, tx *sql.Tx) error {
		return exactlyOne(tx.ExecContext(ctx, `UPDATE chain SET start = $5, due = $6, wait = 0, planned = '', plan = $7,
			bucket = $8, object = $9, hash = $10, signature = $11 WHERE `+thisChain+` AND planned = $9`,
			append(t.key(), start, due, []byte{}, head.Bucket, head.Object, head.Hash, head.Signature)...))
	}
}

// holdBack sets when a refused digest is tried again.
func (t *task) holdBack(now int64) change {
	wait := min(max(2*t.wait, firstRetry), lastRetry)
	return func(ctx context.Context, tx *sql.Tx) error {
		return exactlyOne(tx.ExecContext(ctx, `UPDATE chain SET due = $5, wait = $6 WHERE `+thisChain, append(t.key(), now+wait, wait)...))
	}
}
