package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"github.com/orgtrail/orgtrail/internal/journal"
)

// trimStep is how many chunks one transaction removes, so that commits never
// wait long for it.
const trimStep = 256

// Trim removes the chunks that the cursor has passed. It keeps the newest
// chunk of a writer that may still be alive, because a commit of it whose
// answer was lost is recognized by its chunk. Writers that are gone and have
// left nothing are forgotten.
func (s *Store) Trim(ctx context.Context, upTo journal.Cursor) error {
	for w, seq := range upTo {
		if err := s.trimWriter(ctx, w, seq); err != nil {
			return fmt.Errorf("store: trimming the journal: %w", err)
		}
	}
	err := s.db.transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM writer WHERE id <> $1 AND expires <= $2
AND NOT EXISTS (SELECT 1 FROM chunk WHERE chunk.writer = writer.id)
AND NOT EXISTS (SELECT 1 FROM intent WHERE intent.writer = writer.id)`, s.writer, s.now().Add(-writerGone).UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("store: forgetting writers: %w", err)
	}
	return nil
}

func (s *Store) trimWriter(ctx context.Context, w, upTo int64) error {
	first, last, err := s.extent(ctx, w)
	if err != nil {
		return err
	}
	for upTo = min(upTo, last); first <= upTo; first += trimStep {
		err := s.db.transact(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `DELETE FROM chunk WHERE writer = $1 AND seq >= $2 AND seq <= $3`,
				w, first, min(upTo, first+trimStep-1))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// extent returns the first and the last chunk of a writer that may be
// removed; first is greater than last when there is none.
func (s *Store) extent(ctx context.Context, w int64) (first, last int64, err error) {
	err = s.db.snapshot(ctx, func(tx *sql.Tx) error {
		var lo, hi sql.NullInt64
		if err := tx.QueryRowContext(ctx, `SELECT min(seq), max(seq) FROM chunk WHERE writer = $1`, w).Scan(&lo, &hi); err != nil {
			return err
		}
		var alive int64
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM writer WHERE id = $1 AND (id = $2 OR expires > $3)`,
			w, s.writer, s.now().Add(-writerGone).UnixMilli()).Scan(&alive); err != nil {
			return err
		}
		first, last = lo.Int64, hi.Int64-alive
		if !lo.Valid {
			first, last = 1, 0
		}
		return nil
	})
	return first, last, err
}

// Writers returns the numbers of the writers that are known or have chunks,
// in ascending order. A follower may forget its place in any other.
func (s *Store) Writers(ctx context.Context) ([]int64, error) {
	var ids journal.Cursor
	err := s.db.snapshot(ctx, func(tx *sql.Tx) (err error) {
		if ids, err = tails(ctx, tx); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT id FROM writer`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids[id] = 0
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("store: reading writers: %w", err)
	}
	return slices.Sorted(maps.Keys(ids)), nil
}
