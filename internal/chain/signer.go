package chain

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/orgtrail/orgtrail/internal/lease"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Config is what a Signer works with. Zero values of what follows Seal are
// the values it should have in production.
type Config struct {
	Store  Store
	Trails Trails
	Bucket Bucket
	Seal   *seal.Key // keeps the private keys

	// Interval is how long the window of a digest is, in whole seconds; 0 is
	// an hour.
	Interval time.Duration
	// Clock is the time of digests; nil is time.Now.
	Clock func() time.Time
	// Log is told what an operator should know; nil is slog.Default().
	Log *slog.Logger

	// LeaseTime is for how long the chains stay with a replica that is gone;
	// 0 is 15 seconds.
	LeaseTime time.Duration
}

// Signer is the stage that writes digests. Of several replicas one does, the
// one that holds the lease. All its methods may be called at any time and
// together.
type Signer struct {
	Config
	poll  time.Duration
	every time.Duration // between two surveys
	puts  int           // at once
	keys  *ring

	// mu is held for the whole of a step: there is one at a time.
	mu    sync.Mutex
	lease lease.Lease
	// epoch is that of the lease under which the control plane was caught up
	// with.
	epoch int64
	// surveyed is when the chains were last surveyed, zero when they must be.
	surveyed time.Time
	drain    drain

	counters
}

// New returns a Signer. It does nothing until Run, RunDue or Flush is called.
func New(c Config) *Signer {
	c.Interval = roundUp(cmp.Or(c.Interval, time.Hour))
	c.LeaseTime = cmp.Or(c.LeaseTime, 15*time.Second)
	c.Log = cmp.Or(c.Log, slog.Default())
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return &Signer{
		Config: c,
		poll:   min(max(c.Interval/60, 50*time.Millisecond), time.Second),
		every:  min(c.Interval/4, time.Minute),
		puts:   putsAtOnce,
		keys:   newRing(c.Store, c.Seal),
		lease:  lease.Lease{Store: c.Store, Name: "chain", TTL: c.LeaseTime},
	}
}

// roundUp returns the next whole second.
func roundUp(d time.Duration) time.Duration {
	return max(time.Second, (d + time.Second - 1).Truncate(time.Second))
}

// Run signs digests until ctx ends, and gives the lease back. What was not
// finished is taken up by whoever runs next.
func (s *Signer) Run(ctx context.Context) {
	defer s.leave()
	lease.Repeat(ctx, s.poll, func(ctx context.Context) error { return s.step(ctx, s.Clock(), false) },
		func(err error, again time.Duration) {
			s.Log.Error("digests are interrupted", "error", err, "again", again)
		})
}

// RunDue delivers the digests that are due at now, one for each interval that
// has passed, and returns when they are in their buckets or refused. It is for
// a clock that was moved; chains of another replica are left to it.
func (s *Signer) RunDue(ctx context.Context, now time.Time) error {
	s.mustSurvey()
	return s.stepUnlessHeld(ctx, now, false)
}

// Flush brings the chains up to date: those that are missing are opened,
// those that are over get their last digest, and digests that were refused are
// tried again. No window is closed early for its sake. Call it when everything
// is delivered; chains of another replica are left to it.
func (s *Signer) Flush(ctx context.Context) error {
	s.mustSurvey()
	return s.stepUnlessHeld(ctx, s.Clock(), true)
}

// Reset forgets what is in memory, because the store was emptied.
func (s *Signer) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.surveyed, s.drain = time.Time{}, drain{}
	s.keys.forget()
}

func (s *Signer) mustSurvey() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.surveyed = time.Time{}
}

func (s *Signer) stepUnlessHeld(ctx context.Context, now time.Time, retry bool) error {
	for {
		switch err := s.step(ctx, now, retry); {
		case errors.Is(err, store.ErrLeaseHeld):
			return nil
		case !errors.Is(err, store.ErrLeaseLost):
			return err
		}
	}
}

// step does what is due at now, with retry also what waits after a refusal.
// It fails with ErrLeaseHeld when another replica signs. After any error the
// next step starts from what is durable: recovery is the normal way in.
func (s *Signer) step(ctx context.Context, now time.Time, retry bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, done, err := s.lease.Hold(ctx)
	if err != nil {
		return err
	}
	if err = s.catchUp(ctx); err == nil {
		err = s.advance(ctx, now, retry)
	}
	if lost := context.Cause(ctx); err != nil && lost != nil {
		err = lost
	}
	done()
	if errors.Is(err, store.ErrLeaseLost) {
		s.lease.Held = store.Lease{}
	}
	return err
}

// catchUp waits until what a new holder of the lease reads of the control
// plane is not older than what the holder before it has acted on.
func (s *Signer) catchUp(ctx context.Context) error {
	epoch := s.lease.Held.Epoch
	if s.epoch == epoch {
		return nil
	}
	var rev int64
	err := s.Store.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT rev FROM head WHERE id = 1`).Scan(&rev)
	})
	if err != nil {
		return err
	}
	for s.Store.View().Rev() < rev {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	s.epoch, s.surveyed, s.drain = epoch, time.Time{}, drain{}
	return nil
}

// advance surveys the chains when it is time to, and does what is due.
func (s *Signer) advance(ctx context.Context, now time.Time, retry bool) error {
	if retry {
		if err := s.retryNow(ctx); err != nil {
			return err
		}
	}
	if now.Sub(s.surveyed).Abs() < s.every {
		return s.work(ctx, now)
	}
	// What a survey has changed may be followed by more: a chain that was
	// opened for late files comes to its end.
	for changed := true; changed; {
		var err error
		if changed, err = s.survey(ctx, now); err != nil {
			return err
		}
		if err := s.work(ctx, now); err != nil {
			return err
		}
	}
	s.surveyed = now
	return nil
}

// retryNow lets the chains that wait after a refusal wait no longer.
func (s *Signer) retryNow(ctx context.Context) error {
	return s.Store.Fenced(ctx, s.lease.Held, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE chain SET due = 0 WHERE wait > 0`)
		return err
	})
}

// work delivers the digests that are due at now, batch by batch.
func (s *Signer) work(ctx context.Context, now time.Time) error {
	silent := new(sync.Map) // bucket → *aws.Error
	for {
		b, err := s.nextBatch(ctx, now.UnixMilli())
		if err != nil || len(b.tasks) == 0 {
			return err
		}
		if err := s.plan(ctx, b); err != nil {
			return err
		}
		if err := s.put(ctx, b.tasks, silent); err != nil {
			return err
		}
		if err := s.settle(ctx, b.tasks, s.Clock()); err != nil {
			return err
		}
		s.count(b.tasks)
	}
}

// leave gives the lease back.
func (s *Signer) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.lease.Release(); err != nil {
		s.Log.Warn("the lease of the digests was not given back and will expire", "error", err)
	}
}
