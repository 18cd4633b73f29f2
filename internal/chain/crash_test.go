package chain

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
// a signer does to a store or a bucket touches it once before and once after.
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

func (m mortalStore) Update(ctx context.Context, fn func(*store.Tx) error) error {
	return m.do(func() error { return m.Store.Update(ctx, fn) })
}

func (m mortalStore) Tail(ctx context.Context) (c journal.Cursor, err error) {
	err = m.do(func() (err error) { c, err = m.Store.Tail(ctx); return })
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

// mortalBucket is a bucket used by a life. What a dead process gets to hear
// of it does not matter: it can commit nothing any more.
type mortalBucket struct {
	Bucket
	*life
}

func (m mortalBucket) PutDigest(ctx context.Context, r store.Reader, o Object) (refused *aws.Error) {
	err := m.do(func() error { refused = m.Bucket.PutDigest(ctx, r, o); return nil })
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
// opened again and the next process goes on; in the end everything must be as
// if nobody had died.
func untilNobodyDies(t *testing.T, members []string, scenario func(*rig, func(time.Duration)), want []string) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	for n := 1; ; n++ {
		r := newRig(t)
		r.create("a", "o-exampleorg", members...)
		r.flush()
		l := &life{touches: n}
		r.signer = r.newSigner(mortal(l))
		scenario(r, func(d time.Duration) { // as pass, whatever becomes of it
			r.clock.advance(d)
			r.deliver()
			r.signer.Flush(context.Background())
		})
		r.reopen()
		r.flush()
		r.check()
		r.wantWindows(owner, virginia, want...)
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

// Digests are the same, to the second, wherever a process died: what is due
// does not depend on when somebody comes to it.
func TestCrashAtEveryStep(t *testing.T) {
	untilNobodyDies(t, []string{alice}, func(r *rig, pass func(time.Duration)) {
		r.log(owner, virginia)
		r.log(alice, ireland)
		pass(30 * time.Minute)
		r.log(owner, virginia)
		pass(30 * time.Minute)
		pass(2 * hour)
		r.set("a", func(t *trail) { t.Validation = false })
		pass(hour)
	}, []string{"*0-60 1", "60-120 1", "120-180 0"})
}

func TestCrashAtEveryStepOfARefusal(t *testing.T) {
	untilNobodyDies(t, nil, func(r *rig, pass func(time.Duration)) {
		r.log(owner, virginia)
		pass(time.Minute)
		r.buckets.refusing(denyDigests)
		pass(time.Hour)
		r.set("a", func(t *trail) { t.Bucket = "better" })
		r.buckets.refusing(nil)
		pass(time.Hour)
	}, []string{"*0-60 1", "60-120 0"})
}

func TestCrashAtEveryStepOfARestart(t *testing.T) {
	untilNobodyDies(t, nil, func(r *rig, pass func(time.Duration)) {
		pass(time.Minute)
		r.log(owner, virginia)
		r.set("a", func(t *trail) { t.Validation = false })
		pass(time.Minute)
		r.set("a", func(t *trail) { t.Validation = true })
		r.log(owner, virginia)
		pass(time.Hour)
		pass(time.Hour)
	}, []string{"*0-1 0", "*2-62 1", "62-122 1"})
}

// A process that dies again and again gets through as soon as it lives a
// little longer, and repeats nothing with other bytes.
func TestCrashInARow(t *testing.T) {
	r := newRig(t)
	r.create("a", "o-exampleorg", alice, bob)
	r.log(owner, virginia)
	r.deliver()
	r.clock.advance(5 * hour)
	for n := 1; n < 40; n++ {
		r.newSigner(mortal(&life{touches: n})).Flush(context.Background())
		r.reopen()
	}
	r.flush()
	r.wantWindows(owner, virginia, "*0-60 1", "60-120 0", "120-180 0", "180-240 0", "240-300 0")
	r.wantNotices()
}
