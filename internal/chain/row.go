package chain

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"github.com/orgtrail/orgtrail/digest"
)

// Times in rows are Unix milliseconds. Windows begin and end at whole seconds,
// as the format has them.
const (
	second = int64(time.Second / time.Millisecond)
	day    = 24 * 60 * 60 * second
)

func floor(ms int64) int64 { return ms - ms%second }
func ceil(ms int64) int64  { return floor(ms + second - 1) }

func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// unixMilli is 0 for the zero time.
func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// never is the due time of a chain of which nothing is to come.
const never = math.MaxInt64

// A place has one chain at a time.
type place struct{ trail, account, region string }

// A chain is a row without what only its next digest needs.
type chain struct {
	place
	since   int64
	run     string
	start   int64
	last    int64
	due     int64
	wait    int64
	planned string
}

const chainColumns = `trail, account, region, since, run, start, last, due, wait, planned`

func (c *chain) fields() []any {
	return []any{&c.trail, &c.account, &c.region, &c.since, &c.run, &c.start, &c.last, &c.due, &c.wait, &c.planned}
}

// finished reports whether nothing is to come.
func (c *chain) finished() bool { return c.due == never }

// end is where the windows end that are delivered, planned or still to come
// as far as that is known.
func (c *chain) end() int64 {
	end := max(c.start, c.last)
	if k, err := digest.ParseKey(c.planned); err == nil {
		end = max(end, k.End.UnixMilli())
	}
	return end
}

// The row of a chain, in statements after other arguments.
const thisChain = `trail = $1 AND account = $2 AND region = $3 AND since = $4`

func (c *chain) key() []any { return []any{c.trail, c.account, c.region, c.since} }

// open writes the row of a new chain.
func (c *chain) open(organization string) change {
	return func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO chain (`+chainColumns+`, organization, plan, bucket, object, hash, signature)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', '', '', '')`,
			c.trail, c.account, c.region, c.since, c.run, c.start, c.last, c.due, c.wait, c.planned, organization, []byte{})
		return err
	}
}

// close gives the chain an end. What is planned stays planned.
func (c *chain) close(end int64) change {
	c.last = end
	switch {
	case c.planned != "":
	case c.start >= end:
		c.due = never
	default:
		c.due = 0
	}
	last, due := c.last, c.due
	return func(ctx context.Context, tx *sql.Tx) error {
		return exactlyOne(tx.ExecContext(ctx, `UPDATE chain SET last = $5, due = $6 WHERE `+thisChain, append(c.key(), last, due)...))
	}
}

// drop forgets the chain.
func (c *chain) drop() change {
	return func(ctx context.Context, tx *sql.Tx) error {
		return exactlyOne(tx.ExecContext(ctx, `DELETE FROM chain WHERE `+thisChain, c.key()...))
	}
}

// A change is a part of a transaction.
type change func(context.Context, *sql.Tx) error

// exactlyOne checks that a statement changed the one row it was meant to.
func exactlyOne(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		err = fmt.Errorf("chain: %d rows where there is one", n)
	}
	return err
}

// horizon returns the moment up to which windows may be closed: now, or when
// the oldest cut that is under way was planned. now must have been read from
// the clock before the transaction began.
func horizon(ctx context.Context, tx *sql.Tx, now int64) (int64, error) {
	var oldest sql.NullInt64
	err := tx.QueryRowContext(ctx, `SELECT MIN(created) FROM cut`).Scan(&oldest)
	if oldest.Valid {
		now = min(now, oldest.Int64)
	}
	return now, err
}

// span is a stretch of deliveries, from a time up to another.
type span struct{ from, until int64 }

// spans are the deliveries before end that belong in digests of the trail.
func (t *Trail) spans(end int64) []span {
	var all []span
	for _, p := range t.Validated {
		s := span{p.From.UnixMilli(), end}
		if !p.Until.IsZero() {
			s.until = min(end, p.Until.UnixMilli())
		}
		if s.from < s.until {
			all = append(all, s)
		}
	}
	return all
}

// The files of a place that stand in no digest yet and were delivered in a
// span, in statements on the manifest.
const undigested = `trail = $1 AND account = $2 AND region = $3 AND digested = 0 AND delivered >= $4 AND delivered < $5`

// files are those that stand in no digest yet.
type files struct{ oldest, newest int64 }

// undigested returns when the first and the last file of a place was
// delivered that stands in no digest and belongs in one; false when there is
// none.
func (t *Trail) undigested(ctx context.Context, tx *sql.Tx, p place) (f files, some bool, err error) {
	for _, s := range t.spans(never) {
		var oldest, newest sql.NullInt64
		err := tx.QueryRowContext(ctx, `SELECT MIN(delivered), MAX(delivered) FROM manifest WHERE `+undigested,
			p.trail, p.account, p.region, s.from, s.until).Scan(&oldest, &newest)
		if err != nil {
			return f, false, err
		}
		if !oldest.Valid {
			continue
		}
		if !some {
			f.oldest, some = oldest.Int64, true
		}
		f.newest = newest.Int64
	}
	return f, some, nil
}
