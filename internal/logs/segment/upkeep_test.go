package segment

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

// exec changes a table behind everybody's back.
func (r *rig) exec(text string, args ...any) {
	r.Helper()
	err := r.store.Write(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec(text, args...)
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
}

// crashing is a store on which upkeep dies: at its nth transaction, before
// the commit or just behind it.
type crashing struct {
	*store.Store
	left   int
	behind bool
}

var errCrash = errors.New("crash")

func (c *crashing) Fenced(ctx context.Context, l store.Lease, fn func(*sql.Tx) error) error {
	if c.left--; c.left > 0 {
		return c.Store.Fenced(ctx, l, fn)
	}
	if c.left < 0 {
		return errCrash
	}
	err := c.Store.Fenced(ctx, l, func(tx *sql.Tx) error {
		if err := fn(tx); err != nil || c.behind {
			return err
		}
		return errCrash
	})
	return errors.Join(err, errCrash)
}

// Upkeep may die at every one of its transactions: nothing that is to be read
// is lost or there twice, and another run does what is left.
func TestCrashesOfUpkeep(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		r.newKey(1)
		var want []string
		fill := func(round int) {
			for i := range 40 {
				text := fmt.Sprintf("%02d-%02d", round, i)
				r.put(Place{Group: 1, Stream: int64(1 + i%3), DataKey: int64(i % 2)}, message{int64(round*100 + i), text})
				want = append(want, text)
				r.put(Place{Group: 2, Stream: 7}, message{int64(i), "gone"})
				if round == 0 { // nothing comes to what is gone
					r.put(Place{Group: 3, Stream: int64(8 + i%2)}, message{int64(i), "dropped"})
				}
			}
			r.now = r.now.Add(2 * mergeAfter)
		}
		fill(0)
		r.before[2] = MaxTime // all of it has expired
		if err := r.store.Update(t.Context(), func(tx *store.Tx) error { DropGroup(tx, 3); Drop(tx, 3, 8); return nil }); err != nil {
			t.Fatal(err)
		}
		for n := 1; n < 40; n++ {
			for _, behind := range []bool{false, true} {
				crash := &crashing{Store: r.store, left: n % 12, behind: behind}
				r.upkeep = r.newUpkeep(crash)
				_ = r.upkeep.Advance(t.Context()) // dies, or has nothing to do
				if got := r.read(Query{Group: 1}); !slices.Equal(got, want) {
					t.Fatalf("crash %d, behind the commit %v: %d events, want %d", n, behind, len(got), len(want))
				}
			}
			if n%10 == 0 {
				fill(n)
			}
		}
		r.upkeep = r.newUpkeep(r.store)
		r.advance()
		if got := r.read(Query{Group: 1}); !slices.Equal(got, want) {
			t.Errorf("%d events, want %d", len(got), len(want))
		}
		for _, table := range []string{"log_block WHERE grp > 1", "log_block WHERE fresh = 1", "log_dropped"} {
			if n := r.count(`SELECT COUNT(*) FROM ` + table); n > 0 {
				t.Errorf("%d rows are left of %s", n, table)
			}
		}
	})
}

// Two replicas may both believe that the upkeep is theirs.
func TestALostLeaseChangesNothing(t *testing.T) {
	r := newRig(t, "")
	for i := range 100 {
		r.put(Place{Group: 1, Stream: 1}, message{int64(i), fmt.Sprint(i)})
	}
	stolen := &stealing{Store: r.store}
	u := r.newUpkeep(stolen)
	if err := u.Advance(t.Context()); !errors.Is(err, store.ErrLeaseLost) {
		t.Errorf("without the lease: %v", err)
	}
	if n := r.count(`SELECT COUNT(*) FROM log_block`); n != 100 {
		t.Errorf("%d blocks", n)
	}
}

// stealing gives the lease to somebody else before every transaction.
type stealing struct{ *store.Store }

func (s *stealing) Fenced(ctx context.Context, l store.Lease, fn func(*sql.Tx) error) error {
	if _, err := s.Acquire(ctx, l.Name, time.Minute); err != nil {
		return err
	}
	return s.Store.Fenced(ctx, l, fn)
}

// Streams are written, read by followers, and merged, all at once: every
// follower sees every event of its stream once, in order.
func TestFollowersSeeEverythingOnce(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		const streams, batches, each = 3, 60, 5
		var work sync.WaitGroup
		merging, stop := context.WithCancel(t.Context())
		merged := make(chan struct{})
		go func() {
			defer close(merged)
			for merging.Err() == nil {
				u := r.newUpkeep(r.store)
				u.Now = func() time.Time { return r.now.Add(2 * mergeAfter) } // everything is due
				if err := u.Advance(merging); err != nil && merging.Err() == nil {
					t.Error(err)
				}
			}
		}()
		for s := range int64(streams) {
			work.Go(func() {
				for b := range int64(batches) {
					events := make([]Event, each)
					for i := range events {
						n := b*each + int64(i)
						events[i] = Event{ID{1000 + n, 1000 + n, n, s + 1}, fmt.Append(nil, n)}
					}
					if err := r.store.Update(t.Context(), func(tx *store.Tx) error { Put(tx, Place{Group: 1, Stream: s + 1}, events); return nil }); err != nil {
						t.Error(err)
					}
				}
			})
			work.Go(func() {
				q := Query{Group: 1, Streams: []int64{s + 1}, Until: MaxTime}
				for next := int64(0); next < batches*each; {
					for e, err := range r.log.Read(t.Context(), q, nil) {
						if err != nil {
							t.Error(err)
							return
						}
						if e.Seq != next || string(e.Message) != fmt.Sprint(next) {
							t.Errorf("stream %d: event %d %q, want %d", s+1, e.Seq, e.Message, next)
							return
						}
						q.After = e.ID
						next++
					}
				}
			})
		}
		work.Wait()
		stop()
		<-merged
		if got := r.read(Query{Group: 1}); len(got) != streams*batches*each {
			t.Errorf("%d events", len(got))
		}
	})
}

// What trickles in is not written again and again.
func TestMergingIsRare(t *testing.T) {
	r := newRig(t, "")
	for i := range mergeBlocks - 1 {
		r.put(Place{Group: 1, Stream: 1}, message{int64(i), "m"})
	}
	r.advance()
	if n := r.count(`SELECT COUNT(*) FROM log_block`); n != mergeBlocks-1 {
		t.Errorf("%d blocks are merged early", n)
	}
	r.put(Place{Group: 1, Stream: 1}, message{99, "m"})
	r.advance()
	if n := r.count(`SELECT COUNT(*) FROM log_block WHERE fresh = 1`); n != 1 {
		t.Errorf("%d open blocks", n)
	}
	r.now = r.now.Add(mergeAfter)
	r.advance()
	if n := r.count(`SELECT COUNT(*) FROM log_block WHERE fresh = 0`); n != 1 {
		t.Errorf("%d finished blocks", n)
	}
}
