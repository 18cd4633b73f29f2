package delivery

import (
	"context"
	"database/sql"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
)

const (
	// trimEvery is how often the journal and the manifest are trimmed.
	trimEvery = time.Minute
	// manifestTime is how long a row of the manifest is kept: longer than a
	// digest of it may be late.
	manifestTime = 40 * 24 * time.Hour
)

// trim drops what nobody needs any more: the chunks that every follower has
// passed, the cursors of writers that are gone, old rows of the manifest. The
// first shard does it for all.
func (s *shard) trim(ctx context.Context, now time.Time) error {
	if s.number != 0 || now.Before(s.trimmed.Add(trimEvery)) {
		return nil
	}
	passed, err := s.passed(ctx)
	if err != nil {
		return err
	}
	if len(passed) > 0 {
		if err := s.Store.Trim(ctx, passed); err != nil {
			return err
		}
	}
	// Asked before the cursors are looked at again: a writer that is gone by
	// now gets no new chunks.
	alive, err := s.Store.Writers(ctx)
	if err != nil {
		return err
	}
	err = s.Store.Fenced(ctx, s.lease.Held, func(tx *sql.Tx) error {
		if err := dropCursors(ctx, tx, alive); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM manifest WHERE delivered < $1`, now.Add(-manifestTime).UnixMilli())
		return err
	})
	if err == nil {
		s.trimmed = now
	}
	return err
}

// passed returns the cursor that every follower has passed. Delivery's own
// shards always take part; another follower does from its first row on.
func (s *shard) passed(ctx context.Context) (journal.Cursor, error) {
	type part struct {
		follower string
		shard    int
	}
	cursors := map[part]journal.Cursor{}
	for i := range shards {
		cursors[part{follower, i}] = journal.Cursor{}
	}
	err := s.Store.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT follower, shard, writer, seq FROM cursor`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var at part
			var p journal.Position
			if err := rows.Scan(&at.follower, &at.shard, &p.Writer, &p.Seq); err != nil {
				return err
			}
			if cursors[at] == nil {
				cursors[at] = journal.Cursor{}
			}
			cursors[at].Advance(p)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	var all []journal.Cursor
	for _, c := range cursors {
		all = append(all, c)
	}
	return journal.Least(all...), nil
}

// dropCursors deletes the cursors of writers that are not alive and have no
// chunks. The rows of writer 0, which does not exist, stay: a follower may
// announce itself by one before it has read anything.
func dropCursors(ctx context.Context, tx *sql.Tx, alive []int64) error {
	keep := map[int64]bool{0: true}
	for _, w := range alive {
		keep[w] = true
	}
	rows, err := tx.QueryContext(ctx, `SELECT DISTINCT writer FROM cursor`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var gone []int64
	for rows.Next() {
		var w int64
		if err := rows.Scan(&w); err != nil {
			return err
		}
		if !keep[w] {
			gone = append(gone, w)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, w := range gone {
		if _, err := tx.ExecContext(ctx, `DELETE FROM cursor WHERE writer = $1`, w); err != nil {
			return err
		}
	}
	return nil
}
