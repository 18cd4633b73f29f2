package delivery

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/lease"
	"github.com/orgtrail/orgtrail/internal/store"
)

// follower is the name that delivery's cursors stand under.
const follower = "delivery"

// A shard delivers the records of its accounts. Everything in it is memory
// that can be thrown away at any time and read again.
type shard struct {
	*Delivery
	number int

	// mu is held for the whole of a step: a shard does one thing at a time.
	mu    sync.Mutex
	lease lease.Lease

	// window is nil until the shard's durable state was loaded.
	window *window
	// settled is when the cursor was last made durable.
	settled time.Time
	// spool has the trails of which files of this shard are spooled.
	spool map[string]*backoff
	// weighed says that the gauges of the spool are true.
	weighed bool
	// trimmed is when the journal was last trimmed.
	trimmed time.Time

	gauges
}

func newShard(d *Delivery, number int) *shard {
	return &shard{
		Delivery: d,
		number:   number,
		lease:    lease.Lease{Store: d.Store, Name: fmt.Sprint(follower, "/", number), TTL: d.LeaseTime},
	}
}

// run takes steps until ctx ends.
func (s *shard) run(ctx context.Context) {
	defer s.leave()
	lease.Repeat(ctx, s.poll, func(ctx context.Context) error { return s.step(ctx, s.Clock(), false) },
		func(err error, again time.Duration) {
			s.Log.Error("delivery is interrupted", "shard", s.number, "error", err, "again", again)
		})
}

// flush takes steps until everything up to tail is delivered.
func (s *shard) flush(ctx context.Context, tail journal.Cursor) error {
	for {
		err := s.step(ctx, s.Clock(), true)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if !errors.Is(err, store.ErrLeaseHeld) && !errors.Is(err, store.ErrLeaseLost) {
			return err
		}
		if done, err := s.delivered(ctx, tail); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(s.poll):
		}
	}
}

// delivered reports whether the durable cursor has come to tail. Of what is
// not in the journal any more it has: that was trimmed.
func (s *shard) delivered(ctx context.Context, tail journal.Cursor) (bool, error) {
	left, err := s.Store.Tail(ctx)
	if err != nil {
		return false, err
	}
	at, err := s.durable(ctx)
	for writer := range left {
		left[writer] = min(left[writer], tail[writer])
	}
	return at.Covers(left), err
}

// step does what is due at now, or with flush everything there is to do. It
// fails with ErrLeaseHeld when the shard is another replica's.
//
// After any error the shard forgets what it holds and starts again from what
// is durable: recovery is the normal way in.
func (s *shard) step(ctx context.Context, now time.Time, flush bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	epoch := s.lease.Held.Epoch
	ctx, done, err := s.lease.Hold(ctx)
	if err == nil {
		if s.lease.Held.Epoch != epoch {
			s.forget() // another replica may have had the shard
		}
		err = s.advance(ctx, now, flush)
		if lost := context.Cause(ctx); err != nil && lost != nil {
			err = lost
		}
		done()
	}
	if err != nil {
		s.forget()
	}
	s.measure(err)
	return err
}

func (s *shard) advance(ctx context.Context, now time.Time, flush bool) error {
	if s.window == nil {
		if err := s.load(ctx, now); err != nil {
			return err
		}
	}
	if err := s.retrySpool(ctx, now, flush); err != nil {
		return err
	}
	tail, err := s.Store.Tail(ctx)
	if err != nil {
		return err
	}
	for more := true; more; {
		if more, err = s.read(ctx, tail, now); err != nil {
			return err
		}
		s.behind.Store(more)
		if s.due(now) || flush && !more {
			if err := s.cut(ctx, now); err != nil {
				return err
			}
		}
	}
	if err := s.weighSpool(ctx); err != nil {
		return err
	}
	return s.trim(ctx, now)
}

// due reports whether the window is to be cut: a record has waited for the
// interval, or there is no room for more. A window without records is due too,
// so that the cursor of a shard that has nothing to deliver moves on.
func (s *shard) due(now time.Time) bool {
	since := s.window.oldest
	if s.window.empty() {
		since = s.settled
	}
	return s.window.size >= s.WindowSize || !now.Before(since.Add(s.Interval))
}

// read fills the window up to tail, or until it is full: more is true then.
func (s *shard) read(ctx context.Context, tail journal.Cursor, now time.Time) (more bool, err error) {
	for !s.window.end.Covers(tail) {
		if s.window.size >= s.WindowSize {
			return true, nil
		}
		chunks, err := s.tape.read(ctx, s.number, s.window.end)
		if err != nil {
			return false, err
		}
		if len(chunks) == 0 {
			return false, nil
		}
		for i := range chunks {
			s.window.add(&chunks[i], s.number, now)
		}
	}
	return false, nil
}

// cut delivers the window. It survives a crash, or the loss of the lease, at
// any point: before the first commit nothing has happened; from there to the
// last one the plan stands and whoever loads the shard carries it out again;
// after that everything of it is done.
func (s *shard) cut(ctx context.Context, now time.Time) error {
	c, err := s.plan(ctx, now)
	if err != nil {
		return err
	}
	if len(c.Files) > 0 {
		if err := s.commitPlan(ctx, c); err != nil {
			return err
		}
	}
	return s.carryOut(ctx, c)
}

// carryOut puts the files of a cut and settles it.
func (s *shard) carryOut(ctx context.Context, c *cut) error {
	began := time.Now()
	files, err := c.files(s.window)
	if err != nil {
		return err
	}
	results, err := s.put(ctx, files)
	if err != nil {
		return err
	}
	now := s.Clock()
	if err := s.settle(ctx, c, results, now); err != nil {
		return err
	}
	s.count(results)
	if len(files) > 0 {
		s.cuts.Add(1)
		s.cutTime.Add(int64(time.Since(began)))
	}
	s.spooled(results, now)
	s.settled = now
	end := s.window.end
	s.window.close()
	s.window = newWindow(end)
	return nil
}

// load reads the durable state of the shard and finishes the cut that stands,
// if one does.
func (s *shard) load(ctx context.Context, now time.Time) error {
	var c *cut
	var trails []string
	at, err := s.durable(ctx)
	if err != nil {
		return err
	}
	err = s.Store.Read(ctx, func(tx *sql.Tx) (err error) {
		if c, err = s.standingCut(ctx, tx); err != nil {
			return err
		}
		trails, err = s.spooledTrails(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	s.spool, s.weighed = map[string]*backoff{}, false
	for _, t := range trails {
		s.spool[t] = new(backoff)
	}
	s.settled = now
	s.window = newWindow(at)
	if c == nil {
		return nil
	}
	s.Log.Info("delivery takes up a cut", "shard", s.number, "cut", c.ID, "files", len(c.Files), "planned", c.Time)
	s.oldest.Store(c.Time.UnixMilli())
	if err := s.readAgain(ctx, c.To); err != nil {
		return err
	}
	return s.carryOut(ctx, c)
}

// readAgain fills the window with exactly the chunks up to the end of a cut.
func (s *shard) readAgain(ctx context.Context, to journal.Cursor) error {
	at := s.window.end.Clone()
	for !s.window.end.Covers(to) {
		chunks, err := s.Store.ReadChunks(ctx, at, stretchSize)
		if err != nil {
			return err
		}
		if len(chunks) == 0 {
			return fmt.Errorf("delivery: the journal of shard %d ends before its cut does", s.number)
		}
		for i := range chunks {
			if p := chunks[i].Position; to.Passed(p) {
				s.window.add(&chunks[i], s.number, s.Clock())
				at.Advance(p)
			} else {
				at[p.Writer] = math.MaxInt64 // nothing more of this writer
			}
		}
	}
	return nil
}

// durable reads the shard's cursor.
func (s *shard) durable(ctx context.Context) (journal.Cursor, error) {
	var at journal.Cursor
	err := s.Store.Read(ctx, func(tx *sql.Tx) (err error) {
		at, err = store.ReadCursor(ctx, tx, follower, s.number)
		return err
	})
	return at, err
}

// forget drops what the shard has read.
func (s *shard) forget() {
	if s.window != nil {
		s.window.close()
	}
	s.window, s.spool = nil, nil
}

// leave forgets everything and gives the lease back.
func (s *shard) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	s.measure(store.ErrLeaseLost)
	if err := s.lease.Release(); err != nil {
		s.Log.Warn("a lease was not given back and will expire", "shard", s.number, "error", err)
	}
}
