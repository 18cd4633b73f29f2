package delivery

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store"
)

var errDead = errors.New("the process is dead")

// A life is a process that dies at its n-th touch of the outside: everything
// delivery does to a store or a bucket touches it once before and once after.
// A death before a call is a crash in which the call did not happen, one
// after it a crash in which it did and nobody learned of it.
type life struct {
	mu      sync.Mutex
	touches int
}

func (l *life) touch() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.touches--
	return l.touches >= 0
}

func (l *life) do(call func() error) error {
	if !l.touch() {
		return errDead
	}
	err := call()
	if !l.touch() {
		return errDead
	}
	return err
}

// dead reports whether the life is over.
func (l *life) dead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.touches < 0
}

// mortalStore is a store used by a life.
type mortalStore struct {
	*store.Store
	*life
}

func (m mortalStore) ReadChunks(ctx context.Context, after journal.Cursor, n int) (c []store.Chunk, err error) {
	err = m.do(func() (err error) { c, err = m.Store.ReadChunks(ctx, after, n); return })
	return c, err
}

func (m mortalStore) Acquire(ctx context.Context, name string, ttl time.Duration) (l store.Lease, err error) {
	err = m.do(func() (err error) { l, err = m.Store.Acquire(ctx, name, ttl); return })
	return l, err
}

func (m mortalStore) Fenced(ctx context.Context, l store.Lease, fn func(*sql.Tx) error) error {
	return m.do(func() error { return m.Store.Fenced(ctx, l, fn) })
}

func (m mortalStore) Read(ctx context.Context, fn func(*sql.Tx) error) error {
	return m.do(func() error { return m.Store.Read(ctx, fn) })
}

func (m mortalStore) Trim(ctx context.Context, upTo journal.Cursor) error {
	return m.do(func() error { return m.Store.Trim(ctx, upTo) })
}

// mortalBucket is a bucket used by a life. What a dead process gets to hear
// of it does not matter: it can commit nothing any more.
type mortalBucket struct {
	Bucket
	*life
}

func (m mortalBucket) PutLog(ctx context.Context, r store.Reader, o Object) (refused *aws.Error) {
	err := m.do(func() error { refused = m.Bucket.PutLog(ctx, r, o); return nil })
	if err != nil {
		return aws.Errorf(aws.InternalFailure, "%v", err)
	}
	return refused
}

func mortal(l *life) func(*Config) {
	return func(c *Config) {
		c.Store = mortalStore{c.Store.(*store.Store), l}
		c.Bucket = mortalBucket{c.Bucket, l}
	}
}

// untilNobodyDies runs a scenario with lives of one touch, two, three and so
// on, until one survives it. Each time the process is dead, the database is
// opened again and the next process delivers; then everything must be as if
// nobody had died.
func untilNobodyDies(t *testing.T, scenario func(*rig, *Delivery), small ...func(*Config)) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	for n := 1; ; n++ {
		r := newRig(t)
		l := &life{touches: n}
		scenario(r, r.delivery(append(small, mortal(l))...))
		r.reopen()
		r.buckets.refusing(nil)
		d := r.delivery(small...)
		r.flush(d)
		r.check()
		if t.Failed() {
			t.Fatalf("after a death at touch %d", n)
		}
		if !l.dead() {
			t.Logf("%d places to die", n)
			return
		}
		r.store.Close()
	}
}

func TestCrashAtEveryStep(t *testing.T) {
	untilNobodyDies(t, func(r *rig, d *Delivery) {
		r.appendMany(60)
		d.Flush(context.Background())
		r.appendMany(20)
		d.Flush(context.Background())
	})
}

func TestCrashAtEveryStepOfAFullWindow(t *testing.T) {
	untilNobodyDies(t, func(r *rig, d *Delivery) {
		r.appendMany(100)
		d.RunDue(context.Background(), r.clock.Now())
	}, func(c *Config) { c.WindowSize, c.FileSize = 4<<10, 1<<10 })
}

func TestCrashAtEveryStepOfTheSpool(t *testing.T) {
	untilNobodyDies(t, func(r *rig, d *Delivery) {
		r.buckets.refusing(func(o Object) *aws.Error {
			if o.Bucket == "org-trail" {
				return aws.Errorf(aws.AccessDenied, "no")
			}
			return nil
		})
		r.appendMany(30)
		d.Flush(context.Background())
		r.buckets.refusing(nil)
		d.Flush(context.Background())
	})
}

// A process that dies again and again at the same place gets through as soon
// as it lives a little longer, and repeats nothing with other keys.
func TestCrashInARow(t *testing.T) {
	r := newRig(t)
	r.appendMany(60)
	for n := 1; n < 60; n++ {
		r.delivery(mortal(&life{touches: n})).Flush(context.Background())
		r.reopen()
	}
	r.flush(r.delivery())
	r.check()
}

// Chunks of several writers that were read in one order are read in another
// one after the crash.
func TestCrashWithSeveralWriters(t *testing.T) {
	for n := 1; n < 40; n += 3 {
		r := newRig(t)
		for range 3 {
			r.appendMany(20)
			r.reopen()
		}
		l := &life{touches: n}
		d := r.delivery(mortal(l))
		d.RunDue(context.Background(), r.clock.Now())
		r.appendMany(20)
		d.Flush(context.Background())
		r.reopen()
		r.appendMany(20)
		r.flush(r.delivery())
		r.check()
		if t.Failed() {
			t.Fatalf("after a death at touch %d", n)
		}
		r.store.Close()
	}
}
