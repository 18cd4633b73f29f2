package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Lease is the right of one process to do something alone. Who takes it over
// gets a higher epoch, and from then on Fenced refuses the holder before.
type Lease struct {
	Name    string
	Epoch   int64
	Expires time.Time
}

// Acquire takes a lease that is free, expired, or this process's own, which
// ends the one it had. The error is ErrLeaseHeld while another has it. On
// SQLite the leases of a process that has ended are free at once.
func (s *Store) Acquire(ctx context.Context, name string, ttl time.Duration) (Lease, error) {
	now := s.now()
	l := Lease{Name: name, Expires: now.Add(ttl)}
	err := s.lease(ctx, &l, ErrLeaseHeld, `INSERT INTO lease (name, holder, epoch, expires) VALUES ($1, $2, 1, $3)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, epoch = lease.epoch + 1, expires = excluded.expires
WHERE lease.expires <= $4 OR lease.holder = excluded.holder RETURNING epoch`,
		name, s.writer, l.Expires.UnixMilli(), now.UnixMilli())
	return l, err
}

// Renew prolongs a lease, also an expired one that nobody has taken. The
// error is ErrLeaseLost when someone has.
func (s *Store) Renew(ctx context.Context, l Lease, ttl time.Duration) (Lease, error) {
	l.Expires = s.now().Add(ttl)
	err := s.lease(ctx, &l, ErrLeaseLost, `UPDATE lease SET expires = $1 WHERE name = $2 AND holder = $3 AND epoch = $4 RETURNING epoch`,
		l.Expires.UnixMilli(), l.Name, s.writer, l.Epoch)
	return l, err
}

// Release gives a lease back before it expires. The error is ErrLeaseLost
// when someone has taken it.
func (s *Store) Release(ctx context.Context, l Lease) error {
	// A holder of 0 is nobody, so that what still runs under the lease is
	// fenced off too.
	return s.lease(ctx, &l, ErrLeaseLost, `UPDATE lease SET expires = 0, holder = 0 WHERE name = $1 AND holder = $2 AND epoch = $3 RETURNING epoch`,
		l.Name, s.writer, l.Epoch)
}

// lease runs a statement that returns the epoch of the lease it affects;
// when it affects none the error is none.
func (s *Store) lease(ctx context.Context, l *Lease, none error, text string, args ...any) error {
	return s.db.transact(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, text, args...).Scan(&l.Epoch)
		if errors.Is(err, sql.ErrNoRows) {
			return none
		}
		return err
	})
}

// Fenced is Write under a lease: the transaction fails with ErrLeaseLost, and
// nothing has happened, when someone else has taken the lease. Nobody can
// take it while the transaction runs.
func (s *Store) Fenced(ctx context.Context, l Lease, fn func(*sql.Tx) error) error {
	return s.db.transact(ctx, func(tx *sql.Tx) error {
		if err := s.fence(ctx, tx, l); err != nil {
			return err
		}
		return fn(tx)
	})
}

// fence locks the row of a lease that is still held, until tx ends.
func (s *Store) fence(ctx context.Context, tx *sql.Tx, l Lease) error {
	done, err := tx.ExecContext(ctx, `UPDATE lease SET epoch = epoch WHERE name = $1 AND holder = $2 AND epoch = $3`,
		l.Name, s.writer, l.Epoch)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrLeaseLost)
	}
	return nil
}
