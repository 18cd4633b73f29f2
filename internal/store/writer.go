package store

import (
	"context"
	"database/sql"
	"math"
	"time"
)

// A writer is one incarnation of a process. On PostgreSQL it renews its row;
// one that has not done so for writerTTL is not alive. On SQLite the process
// that has the file is the only one there is.
const (
	writerTTL   = 15 * time.Second
	writerRenew = 4 * time.Second
)

// writerGone is for how long a writer must not have been alive until nothing
// of it can still be on its way.
const writerGone = time.Hour

// enlist takes a writer number that no process had before.
func (s *Store) enlist(ctx context.Context) error {
	return s.db.transact(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `UPDATE head SET rev = rev + 1 WHERE id = 3 RETURNING rev`).Scan(&s.writer)
		if err != nil {
			return err
		}
		if !s.db.engine.shared() {
			if err := alone(ctx, tx); err != nil {
				return err
			}
		}
		return s.putWriter(ctx, tx)
	})
}

// alone declares every other process dead, and drops what only replicas need:
// the traces of deleted records.
func alone(ctx context.Context, tx *sql.Tx) error {
	for _, text := range []string{
		`UPDATE writer SET expires = 0`,
		`UPDATE lease SET expires = 0`,
		`DELETE FROM rec WHERE val IS NULL`,
	} {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) putWriter(ctx context.Context, tx *sql.Tx) error {
	expires := int64(math.MaxInt64)
	if s.db.engine.shared() {
		expires = s.now().Add(writerTTL).UnixMilli()
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO writer (id, expires) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET expires = excluded.expires`, s.writer, expires)
	return err
}

// stayAlive renews the writer's row until the store is closed.
func (s *Store) stayAlive() {
	tick := time.NewTicker(writerRenew)
	defer tick.Stop()
	for {
		select {
		case <-s.closing.Done():
			return
		case <-tick.C:
		}
		err := s.db.transact(s.closing, func(tx *sql.Tx) error { return s.putWriter(s.closing, tx) })
		if err != nil && s.closing.Err() == nil {
			s.log.Warn("this process could not say that it is alive", "err", err)
		}
	}
}

// retire says that this writer is not alive any more, so that another process
// need not wait for it.
func (s *Store) retire() error {
	if !s.db.engine.shared() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	err := s.db.transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE writer SET expires = 0 WHERE id = $1`, s.writer)
		return err
	})
	if err != nil {
		s.log.Warn("this process could not say that it ends", "err", err)
	}
	return nil
}
