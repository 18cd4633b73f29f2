package store

import (
	"context"
	"database/sql"
	"time"
)

// forgetStep is about how many records one transaction looks at, so that
// commits never wait long for it.
const forgetStep = 2000

// forgetLoop removes the traces of deleted records until the store is closed.
// Whoever follows by revision learns from them what is gone; who has not
// looked for so long that it counts as unhealthy loads everything anew.
func (s *Store) forgetLoop() {
	tick := time.NewTicker(2 * s.staleAfter)
	defer tick.Stop()
	var forgotten int64
	for {
		upTo := s.View().Rev()
		select {
		case <-s.closing.Done():
			return
		case <-tick.C:
		}
		if upTo == forgotten {
			continue
		}
		if err := s.forget(s.closing, upTo); err != nil {
			if s.closing.Err() == nil {
				s.log.Warn("the traces of deleted records could not be removed", "err", err)
			}
			continue
		}
		forgotten = upTo
	}
}

// forget removes the traces of what was deleted up to a revision, and notes
// in the same transactions that they are gone. It may be interrupted at any
// time, and several replicas may be at it.
func (s *Store) forget(ctx context.Context, upTo int64) error {
	for done := false; !done; {
		err := s.db.transact(ctx, func(tx *sql.Tx) (err error) {
			done, err = forgetSome(ctx, tx, upTo)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func forgetSome(ctx context.Context, tx *sql.Tx, upTo int64) (done bool, err error) {
	// The lock of whoever changes the control plane: it reads the horizon and
	// then the records, and nothing may vanish in between.
	if _, err := tx.ExecContext(ctx, `UPDATE head SET rev = rev WHERE id = 1`); err != nil {
		return false, err
	}
	now, err := heads(ctx, tx)
	if err != nil || now.forgotten >= upTo {
		return true, err
	}
	var step sql.NullInt64
	if err := tx.QueryRowContext(ctx, `SELECT max(rev) FROM (SELECT rev FROM rec WHERE rev > $1 AND rev <= $2 ORDER BY rev LIMIT $3) AS step`,
		now.forgotten, upTo, forgetStep).Scan(&step); err != nil {
		return false, err
	}
	to := upTo
	if step.Valid {
		to = step.Int64
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM rec WHERE rev > $1 AND rev <= $2 AND val IS NULL`, now.forgotten, to); err != nil {
		return false, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE head SET rev = $1 WHERE id = 4`, to)
	return to == upTo, err
}
