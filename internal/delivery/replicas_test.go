package delivery

import (
	"context"
	"database/sql"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/store/postgrestest"
	"github.com/orgtrail/orgtrail/internal/store/storetest"
)

// A gate is what a process that was stopped cannot pass until it goes on.
type gate struct {
	sync.RWMutex
	// stopping is closed by the first put that finds it, which then stops
	// the process.
	mu       sync.Mutex
	stopping chan struct{}
}

// stopAtPut makes the process stop at its next put, when the plan of a cut
// stands and its files are on their way. The channel closes when it has.
func (g *gate) stopAtPut() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopping = make(chan struct{})
	return g.stopping
}

// goOn lets a stopped process go on, and reports whether it was stopped.
func (g *gate) goOn() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	stopped := g.stopping == nil
	if stopped {
		g.Unlock()
	}
	g.stopping = nil
	return stopped
}

func (g *gate) put() {
	g.mu.Lock()
	if g.stopping != nil {
		g.Lock()
		close(g.stopping)
		g.stopping = nil
	}
	g.mu.Unlock()
	g.pass()
}

func (g *gate) pass() {
	g.RLock()
	defer g.RUnlock()
}

type gatedStore struct {
	*store.Store
	*gate
}

func (s gatedStore) Fenced(ctx context.Context, l store.Lease, fn func(*sql.Tx) error) error {
	s.pass()
	return s.Store.Fenced(ctx, l, fn)
}

func (s gatedStore) Renew(ctx context.Context, l store.Lease, ttl time.Duration) (store.Lease, error) {
	s.pass()
	return s.Store.Renew(ctx, l, ttl)
}

func (s gatedStore) Acquire(ctx context.Context, name string, ttl time.Duration) (store.Lease, error) {
	s.pass()
	return s.Store.Acquire(ctx, name, ttl)
}

type gatedBucket struct {
	Bucket
	*gate
}

func (b gatedBucket) PutLog(ctx context.Context, r store.Reader, o Object) *aws.Error {
	b.put()
	return b.Bucket.PutLog(ctx, r, o)
}

// Two replicas on one database. In turn one is stopped while it puts files,
// for so long that the other one takes its shards, and goes on then believing
// that they are its own.
func TestReplicasFightForShards(t *testing.T) {
	url := postgrestest.URL(t)
	r := &rig{t: t, buckets: &memoryBuckets{}, clock: storetest.NewClock(noon)}
	r.trails = newRig(t).trails
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	type replica struct {
		*gate
		*Delivery
	}
	var replicas []replica
	for range 2 {
		s, err := store.Open(ctx, store.Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		r.store = s
		g := new(gate)
		d := New(Config{
			Store: gatedStore{s, g}, Bucket: gatedBucket{r.buckets, g}, Trails: r.trails,
			Interval: 20 * time.Millisecond, LeaseTime: 200 * time.Millisecond,
			Log: slog.New(slog.DiscardHandler),
		})
		replicas = append(replicas, replica{g, d})
		running.Go(func() { d.Run(ctx) })
	}
	r.buckets.refusing(func(Object) *aws.Error {
		if rand.IntN(5) == 0 {
			return aws.Errorf("SlowDown", "no")
		}
		return nil
	})
	takeovers := 0
	for n := range 10 {
		one, other := replicas[n%2], replicas[(n+1)%2]
		stopped := one.stopAtPut()
		r.clock.Set(time.Now())
		r.appendMany(50)
		delivered := make(chan error, 1)
		go func() { delivered <- other.Flush(ctx) }()
		select {
		case <-stopped:
		case err := <-delivered: // the other one had all shards
			delivered <- err
		}
		if err := <-delivered; err != nil {
			t.Fatal(err)
		}
		if one.goOn() {
			takeovers++
		}
	}
	if takeovers == 0 {
		t.Error("no replica was ever stopped while it delivered")
	}
	t.Logf("%d takeovers", takeovers)
	r.buckets.refusing(nil)
	for _, one := range replicas {
		if err := one.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	running.Wait()
	r.check()
	for _, one := range replicas {
		for _, e := range r.journaled {
			for _, route := range e.Routes {
				if s := r.status(one.Delivery, e, route); s.Delivered.IsZero() || s.Error != "" {
					t.Fatalf("status %+v after everything was delivered", s)
				}
			}
		}
	}

	// Both have given their leases back.
	r.appendMany(50)
	r.flush(r.delivery(func(c *Config) { c.LeaseTime = time.Hour }))
	r.check()
}
