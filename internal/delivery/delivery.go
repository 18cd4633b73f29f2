package delivery

import (
	"cmp"
	"context"
	"errors"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

// shards is the number of shards. It is part of the stored form: cursors,
// cuts and spooled files are those of a shard.
const shards = 4

// shardOf returns the shard that delivers an account's records.
func shardOf(account string) int {
	h := fnv.New32a()
	h.Write([]byte(account))
	return int(h.Sum32() % shards)
}

// Config is what a Delivery works with. Zero values of what follows Bucket
// are the values it should have in production.
type Config struct {
	Store  Store
	Trails Trails
	Bucket Bucket

	// Interval is how long a record waits before its file is put; 0 is five
	// minutes.
	Interval time.Duration
	// Clock is the time of deliveries; nil is time.Now.
	Clock func() time.Time
	// Log is told what an operator should know; nil is slog.Default().
	Log *slog.Logger

	// WindowSize is how many bytes of records a shard holds before it cuts
	// without waiting for the interval; 0 is 32 MB.
	WindowSize int
	// FileSize is the uncompressed size that a log file does not exceed; 0
	// is 50 MB.
	FileSize int
	// LeaseTime is for how long a shard stays with a replica that is gone;
	// 0 is 15 seconds.
	LeaseTime time.Duration
}

// Delivery is the follower of the journal that writes log files. All its
// methods may be called at any time and together.
type Delivery struct {
	Config
	poll   time.Duration
	tape   *tape
	shards [shards]*shard
	counters
}

// New returns a Delivery. It does nothing until Run, RunDue or Flush is called.
func New(c Config) *Delivery {
	c.Interval = cmp.Or(c.Interval, 5*time.Minute)
	c.WindowSize = cmp.Or(c.WindowSize, 32<<20)
	c.FileSize = cmp.Or(c.FileSize, 50<<20)
	c.LeaseTime = cmp.Or(c.LeaseTime, 15*time.Second)
	c.Log = cmp.Or(c.Log, slog.Default())
	if c.Clock == nil {
		c.Clock = time.Now
	}
	d := &Delivery{
		Config: c,
		poll:   min(max(c.Interval/4, 50*time.Millisecond), time.Second),
		tape:   &tape{journal: c.Store, patience: time.Second},
	}
	for i := range d.shards {
		d.shards[i] = newShard(d, i)
	}
	return d
}

// Run delivers until ctx ends, and gives the leases back. Nothing is
// delivered for the end's sake: what was not finished is taken up by whoever
// runs next.
//
// It looks at the journal once a second instead of following each commit,
// because one long read costs less than many short ones.
func (d *Delivery) Run(ctx context.Context) {
	d.each(func(s *shard) error {
		s.run(ctx)
		return nil
	})
}

// RunDue delivers what is due at now, and returns when that is in its buckets
// or in the spool. It is for a clock that was moved; shards of other replicas
// are left to them.
func (d *Delivery) RunDue(ctx context.Context, now time.Time) error {
	return d.each(func(s *shard) error {
		err := s.step(ctx, now, false)
		if errors.Is(err, store.ErrLeaseHeld) {
			return nil
		}
		return err
	})
}

// Flush delivers everything that was journaled before the call. A nil error
// means that each file is in its bucket, or in the spool because the bucket
// refused it: the status of its trail says why. What waited in the spool is
// tried once more.
//
// A shard that another replica holds is delivered by that one in its own
// time, and Flush waits for it.
func (d *Delivery) Flush(ctx context.Context) error {
	tail, err := d.Store.Tail(ctx)
	if err != nil {
		return err
	}
	return d.each(func(s *shard) error { return s.flush(ctx, tail) })
}

// Reset forgets what was read, because the store was emptied.
func (d *Delivery) Reset() {
	d.tape.clear()
	d.each(func(s *shard) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.forget()
		return nil
	})
}

// each runs fn for all shards at once.
func (d *Delivery) each(fn func(*shard) error) error {
	var errs [shards]error
	var wg sync.WaitGroup
	for i, s := range d.shards {
		wg.Go(func() { errs[i] = fn(s) })
	}
	wg.Wait()
	return errors.Join(errs[:]...)
}
