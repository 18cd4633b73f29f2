package chain

import (
	"context"
	"database/sql"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/digest"
	"github.com/orgtrail/orgtrail/internal/delivery"
	"github.com/orgtrail/orgtrail/internal/store"
)

// turnUp delivers a file whose row carries an earlier time, as one does whose
// transaction took long.
func (r *rig) turnUp(account, region string, delivered time.Time) {
	r.t.Helper()
	now := r.clock.Now()
	r.deliver()
	r.clock.Advance(delivered.Sub(now))
	r.log(account, region)
	r.deliver()
	r.clock.Advance(now.Sub(delivered))
}

// A row that appears after its window was closed stands in the next digest.
func TestLateRow(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.flush()
	r.pass(hour)
	r.turnUp(owner, virginia, noon.Add(hour-time.Millisecond))
	r.pass(hour)
	r.wantWindows(owner, virginia, "*0-60 0", "60-120 1")
	r.wantNotices()
}

// A row that appears after the last digest of a chain gets one more, or is
// left to the chain that has begun meanwhile.
func TestLateRowOfAFinishedChain(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.flush()
	r.log(owner, virginia)
	r.set("a", func(t *trail) { t.Logging = false })
	r.flush()
	r.wantWindows(owner, virginia, "*0-0:01 1")
	// A call that had read the trail before it stopped.
	r.set("a", func(t *trail) { t.Logging = true; t.Run.Until = time.Time{} })
	r.log(owner, virginia)
	r.set("a", func(t *trail) { t.Logging = false })
	r.flush()
	r.wantWindows(owner, virginia, "*0-0:01 1", "0:01-0:02 1")
	r.clock.Advance(time.Minute)
	r.set("a", func(t *trail) { t.Logging = true })
	r.flush()
	r.turnUp(owner, virginia, noon)
	r.pass(hour)
	r.wantWindows(owner, virginia, "*0-0:01 1", "0:01-0:02 1", "*1-61 1")
	r.wantNotices(digest.Gap)
}

// A window stays open while a cut may deliver into it.
func TestStandingCut(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.flush()
	r.clock.Advance(59 * time.Minute)
	r.exec(`INSERT INTO cut (shard, id, created, body) VALUES (7, 'x', $1, '{}')`, r.clock.Now().UnixMilli())
	r.pass(time.Minute)
	r.pass(2 * hour)
	r.wantWindows(owner, virginia)
	r.exec(`UPDATE cut SET created = $1`, noon.Add(2*hour).UnixMilli())
	r.pass(0)
	r.wantWindows(owner, virginia, "*0-60 0", "60-120 0")
	r.exec(`DELETE FROM cut`)
	r.pass(0)
	r.wantWindows(owner, virginia, "*0-60 0", "60-120 0", "120-180 0")
}

// hooked is a store that does something before its n-th fenced transaction.
type hooked struct {
	*store.Store
	n    int
	hook func()
}

func (h *hooked) Fenced(ctx context.Context, l store.Lease, fn func(*sql.Tx) error) error {
	if h.n--; h.n == 0 {
		h.hook()
	}
	return h.Store.Fenced(ctx, l, fn)
}

// A row that appears while a digest is planned is in it, whenever it comes.
func TestRowWhilePlanning(t *testing.T) {
	for n := 1; n <= 3; n++ {
		r := newRig(t)
		r.create("a", "")
		r.log(owner, virginia)
		r.flush()
		r.clock.Advance(hour)
		h := &hooked{r.store, n, func() { r.turnUp(owner, virginia, noon.Add(30*time.Minute)) }}
		r.signer = r.newSigner(func(c *Config) { c.Store = h })
		r.pass(0)
		switch {
		case h.n > 0: // there are no more transactions to disturb
			return
		case n == 1: // while the plan was made
			r.wantWindows(owner, virginia, "*0-60 2")
		default:
			r.wantWindows(owner, virginia, "*0-60 1")
		}
		r.pass(hour)
		r.wantNotices()
	}
}

// restless is a clock that moves whenever it is looked at.
type restless struct {
	mu    sync.Mutex
	now   time.Time
	moves bool
}

func (c *restless) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.moves {
		c.now = c.now.Add(3 * time.Millisecond)
	}
	return c.now
}

// Deliveries and digests run together, with windows of a second. Every file
// stands in the digest of its own window: no row is late, because no window
// is closed too early.
func TestRaceWithDelivery(t *testing.T) {
	r := newRig(t)
	c := &restless{now: noon, moves: true}
	r.delivery = delivery.New(delivery.Config{
		Store: r.store, Trails: house{}, Bucket: r.buckets, Clock: c.Now, Interval: time.Millisecond,
		Log: slog.New(slog.DiscardHandler),
	})
	r.signer = r.newSigner(func(cfg *Config) { cfg.Clock, cfg.Interval = c.Now, time.Second })
	r.create("a", "o-exampleorg", alice, bob)
	r.signer.Flush(t.Context())

	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	loop := func(fn func() error) {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := fn(); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	loop(func() error { return r.delivery.RunDue(ctx, c.Now()) })
	loop(func() error { return r.signer.step(ctx, c.Now(), false) })
	for n := range 400 {
		r.clock.Set(c.Now())
		r.log([]string{owner, alice, bob}[n%3], []string{virginia, ireland}[n/3%2])
	}
	cancel()
	wg.Wait()

	c.moves = false
	r.clock.Set(c.now)
	r.deliver()
	r.clock.Advance(5 * time.Second)
	c.now = r.clock.Now()
	if err := r.signer.RunDue(t.Context(), c.now); err != nil {
		t.Fatal(err)
	}
	late := 0
	rows := r.manifest()
	for _, s := range r.signed() {
		for _, f := range s.LogFiles {
			if d := rows[f.Bucket+"/"+f.Object].delivered; d < s.Start.Time().UnixMilli() {
				late++
			}
		}
	}
	t.Logf("%d files in %d digests", len(rows), len(r.signed()))
	if late > 0 {
		t.Errorf("%d of %d files stand in a later digest than their own", late, len(rows))
	}
	if len(r.signed()) < 20 {
		t.Error("hardly any digests: the test proves nothing")
	}
	r.wantNotices()
}
