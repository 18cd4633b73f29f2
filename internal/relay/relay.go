package relay

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/lease"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Config is what a Relay works with. Zero values of what follows Topics are
// the values it should have in production.
type Config struct {
	Store  Store
	System call.System
	Trails Trails
	Logs   Logs
	Buses  Buses
	Topics Topics

	// Busy reports whether delivery has a backlog, before which Run stands
	// back. nil: never.
	Busy func() bool
	// Poll is how often the journal is looked at; 0 is a second.
	Poll time.Duration
	// Clock is the server's time; nil is time.Now.
	Clock func() time.Time
	// Log is told what an operator should know; nil is slog.Default().
	Log *slog.Logger
	// LeaseTime is for how long the work stays with a replica that is gone;
	// 0 is 15 seconds.
	LeaseTime time.Duration
}

const (
	// name is the lease's, and that of the cursor.
	name = "relay"
	// actor is who passes things on.
	actor = "cloudtrail.amazonaws.com"
)

// Relay is the follower that passes records and notices on. One replica does
// so at a time, the one that holds the lease. Its methods may be called at any
// time and together.
type Relay struct {
	Config

	mu    sync.Mutex
	lease lease.Lease
	epoch int64          // of the lease under which at was read
	at    journal.Cursor // how far the journal was read, nil when not known
	saved time.Time      // when that was made durable last
}

// New returns a Relay. It does nothing until Run, RunDue or Flush is called.
func New(c Config) *Relay {
	c.Poll = cmp.Or(c.Poll, time.Second)
	c.LeaseTime = cmp.Or(c.LeaseTime, 15*time.Second)
	c.Log = cmp.Or(c.Log, slog.Default())
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Busy == nil {
		c.Busy = func() bool { return false }
	}
	return &Relay{Config: c, lease: lease.Lease{Store: c.Store, Name: name, TTL: c.LeaseTime}}
}

// Run passes on until ctx ends, and gives the lease back. While delivery has a
// backlog it passes on one piece of the journal at each look: little, but
// never nothing.
func (r *Relay) Run(ctx context.Context) {
	defer r.leave()
	lease.Repeat(ctx, r.Poll, func(ctx context.Context) error { return r.step(ctx, r.Busy) },
		func(err error, again time.Duration) {
			r.Log.Warn("records and notices wait to be passed on", "error", err, "again", again)
		})
}

// Flush passes on everything that was journaled and delivered before the
// call. Work that another replica holds is left to it.
func (r *Relay) Flush(ctx context.Context) error {
	err := r.step(ctx, func() bool { return false })
	if errors.Is(err, store.ErrLeaseHeld) {
		return nil
	}
	return err
}

// Reset forgets what was read, because the store was emptied.
func (r *Relay) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = nil
}

// step passes on all there is, or one piece of the journal when somebody else
// is busy. After any error it starts again from what is durable.
func (r *Relay) step(ctx context.Context, busy func() bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	ctx, done, err := r.lease.Hold(ctx)
	if err != nil {
		return err
	}
	defer done()
	if r.lease.Held.Epoch != r.epoch {
		r.at, r.epoch = nil, r.lease.Held.Epoch // another replica may have had it
	}
	if err = r.records(ctx, busy); err == nil {
		err = r.notices(ctx)
	}
	if err != nil {
		r.at = nil
		if lost := context.Cause(ctx); lost != nil {
			err = lost
		}
	}
	return err
}

func (r *Relay) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = nil
	if err := r.lease.Release(); err != nil {
		r.Log.Warn("the lease of the relay was not given back and will expire", "error", err)
	}
}
