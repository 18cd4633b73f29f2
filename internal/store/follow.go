package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// querier is a transaction or a pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// head is the state of the control plane in three numbers.
type head struct {
	rev     int64
	emptied int64 // how often everything was emptied
	// forgotten is the revision up to which deleted records may have left no
	// trace: who is older than it cannot learn what is gone.
	forgotten int64
}

func heads(ctx context.Context, q querier) (h head, err error) {
	rows, err := q.QueryContext(ctx, `SELECT id, rev FROM head WHERE id IN (1, 2, 4)`)
	if err != nil {
		return h, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, n int64
		if err := rows.Scan(&id, &n); err != nil {
			return h, err
		}
		switch id {
		case 1:
			h.rev = n
		case 2:
			h.emptied = n
		case 4:
			h.forgotten = n
		}
	}
	return h, rows.Err()
}

// catchUp returns the control plane as q sees it, made of base and the
// records that are newer. Revisions are given under the lock of the head row,
// so whoever sees one of them sees all before it.
func (s *Store) catchUp(ctx context.Context, q querier, base *image) (*image, error) {
	now, err := heads(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("store: reading the revision: %w", err)
	}
	if now.emptied != base.emptied || now.rev < base.rev || base.rev < now.forgotten {
		start := base.start + 1
		base = blank()
		base.start, base.emptied = start, now.emptied
	}
	if now.rev == base.rev {
		return base, nil
	}
	rows, err := q.QueryContext(ctx, `SELECT kind, k, rev, val FROM rec WHERE rev > $1`, base.rev)
	if err != nil {
		return nil, fmt.Errorf("store: reading records: %w", err)
	}
	defer rows.Close()
	img := base.edit()
	img.rev = now.rev
	for rows.Next() {
		var kind, key string
		var rev int64
		var val []byte
		if err := rows.Scan(&kind, &key, &rev, &val); err != nil {
			return nil, fmt.Errorf("store: reading records: %w", err)
		}
		if err := img.replay(kind, key, rev, val); err != nil {
			return nil, err
		}
	}
	return img.freeze(), rows.Err()
}

// load reads the whole control plane.
func (s *Store) load(ctx context.Context) (img *image, err error) {
	err = s.db.snapshot(ctx, func(tx *sql.Tx) error {
		img, err = s.catchUp(ctx, tx, blank())
		return err
	})
	return img, err
}

// publish makes an image the one that View returns, and reports that, unless
// a newer one is.
func (s *Store) publish(img *image) bool {
	s.publishing.Lock()
	defer s.publishing.Unlock()
	if !img.newer(s.current.Load().img) {
		return false
	}
	s.current.Store(&Snapshot{img})
	return true
}

// refresh publishes what other replicas have changed.
func (s *Store) refresh(ctx context.Context) error {
	base := s.View().img
	now, err := heads(ctx, s.db.read)
	if err != nil || now.rev == base.rev && now.emptied == base.emptied {
		return err
	}
	var img *image
	err = s.db.snapshot(ctx, func(tx *sql.Tx) error {
		img, err = s.catchUp(ctx, tx, base)
		return err
	})
	if err != nil {
		return err
	}
	if s.publish(img) {
		s.notify()
	}
	return nil
}

// follow looks for the changes of other replicas until the store is closed.
func (s *Store) follow() {
	tick := time.NewTicker(s.poll)
	defer tick.Stop()
	for {
		select {
		case <-s.closing.Done():
			return
		case <-tick.C:
		}
		began := time.Since(s.started)
		ctx, cancel := context.WithTimeout(s.closing, s.staleAfter)
		err := s.refresh(ctx)
		cancel()
		if s.closing.Err() != nil {
			return
		}
		s.followedAt(began, err)
	}
}

// followedAt notes how a look went that began then.
func (s *Store) followedAt(began time.Duration, err error) {
	was := s.unfollowed.Load()
	if err != nil {
		if was == nil {
			s.log.Warn("other replicas cannot be followed", "err", err)
		}
		s.unfollowed.Store(&err)
		return
	}
	if was != nil {
		s.log.Info("other replicas are followed again")
		s.unfollowed.Store(nil)
	}
	s.followed.Store(int64(began))
}
