package chain

import (
	"context"
	"database/sql"

	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store"
)

// A drain knows up to which state of the control plane everything that was
// journaled has been delivered or spooled. A trail that had stopped by then
// gets no more files out of the journal. It is memory only: a process that
// starts knows nothing and finds out anew.
type drain struct {
	passed *store.Snapshot // nil before the first
	next   *store.Snapshot // the state that is waited for, nil for none
	end    journal.Cursor  // the end of the journal then
}

// follow looks how far delivery has come.
func (d *drain) follow(ctx context.Context, s Store) error {
	for {
		view := s.View() // before the journal's end is asked for
		tail, err := s.Tail(ctx)
		if err != nil {
			return err
		}
		fresh := d.next == nil
		if fresh {
			d.next, d.end = view, tail
		}
		at, err := delivered(ctx, s)
		if err != nil || !past(at, d.end, tail) {
			return err
		}
		d.passed, d.next = d.next, nil
		if fresh {
			return nil
		}
	}
}

// past reports whether delivery is past what was the end of the journal. A
// writer of which nothing is left in the journal was passed: what is trimmed
// was.
func past(delivered, end, now journal.Cursor) bool {
	for writer, seq := range end {
		if now[writer] > 0 && delivered[writer] < seq {
			return false
		}
	}
	return true
}

// delivered reads how far every shard of delivery has come.
func delivered(ctx context.Context, s Store) (journal.Cursor, error) {
	var all []journal.Cursor
	err := s.Read(ctx, func(tx *sql.Tx) error {
		all = nil
		rows, err := tx.QueryContext(ctx, `SELECT shard, writer, seq FROM cursor WHERE follower = 'delivery' ORDER BY shard`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for shard := int64(-1); rows.Next(); {
			var number int64
			var p journal.Position
			if err := rows.Scan(&number, &p.Writer, &p.Seq); err != nil {
				return err
			}
			if number != shard {
				shard, all = number, append(all, journal.Cursor{})
			}
			all[len(all)-1].Advance(p)
		}
		return rows.Err()
	})
	return journal.Least(all...), err
}
