package webhook

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/orgtrail/orgtrail/internal/lease"
	"github.com/orgtrail/orgtrail/internal/sns"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Store is the store as a Deliverer uses it.
type Store interface {
	lease.Store
	View() *store.Snapshot
	Notify() <-chan struct{}
	Update(ctx context.Context, fn func(*store.Tx) error) error
}

// Config is what a Deliverer works with. Zero values of what follows Topics
// are the values it should have in production.
type Config struct {
	Store  Store
	Topics *sns.Service

	// Private lets endpoints be on this machine and in its network.
	Private bool
	// Roots are the authorities that endpoints' certificates must come from;
	// nil are those of the machine.
	Roots *x509.CertPool
	// Clock is the time by which deliveries fall due; nil is time.Now.
	Clock func() time.Time
	// Log is told what an operator should know; nil is slog.Default().
	Log *slog.Logger

	// Patience is how long an endpoint may take to answer; 0 is 15 seconds.
	Patience time.Duration
	// Parallel is how many attempts an endpoint has under way; 0 is 4.
	Parallel int
	// LeaseTime is for how long the work stays with a replica that is gone;
	// 0 is 15 seconds.
	LeaseTime time.Duration
}

// Deliverer makes the deliveries of the outbox. Run and RunDue may be called
// together.
type Deliverer struct {
	Config
	client *http.Client

	leasing sync.Mutex // guards what follows
	lease   lease.Lease
	running bool // Run holds the lease

	mu        sync.Mutex
	underWay  map[string]bool // by key of the outbox
	perTarget map[string]int  // by endpoint
	ended     chan struct{}   // closed when an attempt ends
	attempts  sync.WaitGroup
	pruned    time.Time
}

// New returns a Deliverer. It does nothing until Run or RunDue is called.
func New(c Config) *Deliverer {
	c.Log = cmp.Or(c.Log, slog.Default())
	c.Patience = cmp.Or(c.Patience, 15*time.Second)
	c.Parallel = cmp.Or(c.Parallel, 4)
	c.LeaseTime = cmp.Or(c.LeaseTime, 15*time.Second)
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return &Deliverer{
		Config: c, client: newClient(c), lease: lease.Lease{Store: c.Store, Name: "sns.webhook", TTL: c.LeaseTime},
		underWay: map[string]bool{}, perTarget: map[string]int{}, ended: make(chan struct{}),
	}
}

const (
	// idle is how often a Deliverer looks when nothing wakes it: its clock
	// may be moved, and the lease be free.
	idle = time.Second
	// breath is between two looks: one serves all the commits of a burst.
	breath = 5 * time.Millisecond
	// pruneEvery is how often what is void is looked for.
	pruneEvery = time.Minute
)

// Run delivers until ctx ends, and gives the lease back. Attempts under way
// are broken off; they count for nothing and are made again by whoever runs
// next.
func (d *Deliverer) Run(ctx context.Context) {
	for ctx.Err() == nil {
		held, done, err := d.take(ctx)
		if err != nil {
			if !errors.Is(err, store.ErrLeaseHeld) && ctx.Err() == nil {
				d.Log.Warn("sns: webhooks wait for their lease", "error", err)
			}
			pause(ctx, idle, nil, nil)
			continue
		}
		d.work(held)
		d.attempts.Wait()
		done()
	}
	d.leasing.Lock()
	defer d.leasing.Unlock()
	if err := d.lease.Release(); err != nil && !errors.Is(err, store.ErrLeaseLost) {
		d.Log.Warn("sns: the lease of webhooks is not given back", "error", err)
	}
}

// take holds the lease for Run. The context ends when it is lost.
func (d *Deliverer) take(ctx context.Context) (context.Context, func(), error) {
	d.leasing.Lock()
	defer d.leasing.Unlock()
	held, done, err := d.lease.Hold(ctx)
	if err != nil {
		return nil, nil, err
	}
	d.running = true
	return held, func() {
		d.leasing.Lock()
		defer d.leasing.Unlock()
		d.running = false
		done()
	}, nil
}

// work starts what falls due until ctx ends.
func (d *Deliverer) work(ctx context.Context) {
	for ctx.Err() == nil {
		committed, ended := d.Store.Notify(), d.end()
		now, wait := d.Clock(), idle
		d.prune(ctx, now)
		if next, _ := d.start(ctx, now); !next.IsZero() {
			wait = min(next.Sub(now), idle)
		}
		pause(ctx, breath, nil, nil)
		pause(ctx, wait, committed, ended)
	}
}

// RunDue makes the deliveries that are due at now and returns when each of
// their attempts has ended. It is for a clock that was moved; when another
// replica delivers they are left to it.
func (d *Deliverer) RunDue(ctx context.Context, now time.Time) error {
	d.leasing.Lock()
	if d.running {
		d.leasing.Unlock()
		return d.finish(ctx, now)
	}
	defer d.leasing.Unlock()
	held, done, err := d.lease.Hold(ctx)
	if errors.Is(err, store.ErrLeaseHeld) {
		return nil
	}
	if err != nil {
		return err
	}
	defer done()
	return d.finish(held, now)
}

// finish makes the deliveries that are due at now.
func (d *Deliverer) finish(ctx context.Context, now time.Time) error {
	d.prune(ctx, now)
	for ctx.Err() == nil {
		ended := d.end()
		if _, left := d.start(ctx, now); left == 0 {
			return nil
		}
		pause(ctx, idle, nil, ended)
	}
	return context.Cause(ctx)
}

// start makes an attempt for everything that is due and whose endpoint has
// room. It returns when something falls due next, and how much is due that
// has not ended, as far as it was under way or is now.
func (d *Deliverer) start(ctx context.Context, now time.Time) (next time.Time, left int) {
	next = sns.Due(d.Store.View(), now, func(key string, entry *sns.Delivery) {
		if d.claim(key, entry.Endpoint, &left) {
			d.attempts.Go(func() {
				defer d.release(key, entry.Endpoint)
				d.deliver(ctx, key, entry)
			})
		}
	})
	return next, left
}

// claim takes an entry to deliver, unless it is under way, or gone since the
// caller looked, or its endpoint has no room.
func (d *Deliverer) claim(key, endpoint string, left *int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.underWay[key] {
		*left++
		return false
	}
	// What has ended is out of the outbox before it is released, so a view
	// from now on does not show it.
	if !sns.Waiting(d.Store.View(), key) {
		return false
	}
	*left++
	if d.perTarget[endpoint] >= d.Parallel {
		return false
	}
	d.underWay[key] = true
	d.perTarget[endpoint]++
	return true
}

func (d *Deliverer) release(key, endpoint string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.underWay, key)
	if d.perTarget[endpoint]--; d.perTarget[endpoint] == 0 {
		delete(d.perTarget, endpoint)
	}
	close(d.ended)
	d.ended = make(chan struct{})
}

// end is a channel that is closed when the next attempt ends.
func (d *Deliverer) end() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ended
}

// deliver makes one attempt and notes how it ended.
func (d *Deliverer) deliver(ctx context.Context, key string, entry *sns.Delivery) {
	failure := d.post(ctx, entry)
	if ctx.Err() != nil {
		return // broken off, not failed
	}
	if failure != nil {
		d.Log.Info("sns: a delivery failed", "subscription", entry.Subscription, "endpoint", host(entry.Endpoint),
			"attempt", entry.Failures+1, "reason", failure.reason)
	}
	d.settle(ctx, func(tx *store.Tx) error {
		if failure == nil {
			sns.Delivered(tx, key)
		} else {
			d.Topics.Failed(tx, d.Clock(), key, failure.reason, failure.final)
		}
		return nil
	})
}

// settle commits, however long that takes: an entry that was let go before
// would be delivered again at once.
func (d *Deliverer) settle(ctx context.Context, fn func(*store.Tx) error) {
	for ctx.Err() == nil {
		err := d.Store.Update(ctx, fn)
		if err == nil || errors.Is(err, store.ErrClosed) {
			return
		}
		d.Log.Warn("sns: the end of a delivery is not noted", "error", err)
		pause(ctx, idle, nil, nil)
	}
}

// prune removes what is void, now and then.
func (d *Deliverer) prune(ctx context.Context, now time.Time) {
	d.mu.Lock()
	due := now.Sub(d.pruned) >= pruneEvery || now.Before(d.pruned)
	if due {
		d.pruned = now
	}
	d.mu.Unlock()
	if !due || !sns.Stale(d.Store.View(), now) {
		return
	}
	err := d.Store.Update(ctx, func(tx *store.Tx) error {
		sns.Prune(tx, now)
		return nil
	})
	if err != nil && ctx.Err() == nil {
		d.Log.Warn("sns: what is void is not removed", "error", err)
	}
}

// pause waits for a time, or until one of the channels is closed.
func pause(ctx context.Context, wait time.Duration, a, b <-chan struct{}) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-a:
	case <-b:
	}
}
