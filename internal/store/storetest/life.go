package storetest

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store"
)

var errDead = errors.New("the process is dead")

// A Life is a process that dies at its n-th touch of the outside: everything
// that is done to a store or a bucket touches it once before and once after.
// A death before a call is a crash in which the call did not happen, one
// after it a crash in which it did and nobody learned of it.
type Life struct {
	mu      sync.Mutex
	touches int
}

// NewLife returns a life of so many touches.
func NewLife(touches int) *Life { return &Life{touches: touches} }

// Do makes a call of the process.
func (l *Life) Do(call func() error) error {
	if !l.touch() {
		return errDead
	}
	err := call()
	if !l.touch() {
		return errDead
	}
	return err
}

func (l *Life) touch() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.touches--
	return l.touches >= 0
}

// Dead reports whether the life is over.
func (l *Life) Dead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.touches < 0
}

// UntilNobodyDies runs a scenario with lives of one touch, two, three and so
// on, until one survives it. In the end of each everything must be as if
// nobody had died.
func UntilNobodyDies(t *testing.T, scenario func(*Life)) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	for n := 1; ; n++ {
		l := NewLife(n)
		scenario(l)
		if t.Failed() {
			t.Fatalf("after a death at touch %d", n)
		}
		if !l.Dead() {
			t.Logf("%d places to die", n)
			return
		}
	}
}

// Mortal is a store used by a life. The methods below are the store's, and touch
// the life; the others are the store's alone. Renewals of leases are among
// them: they come by a clock of their own.
type Mortal struct {
	*store.Store
	*Life
}

// Update is the store's.
func (m Mortal) Update(ctx context.Context, fn func(*store.Tx) error) error {
	return m.Do(func() error { return m.Store.Update(ctx, fn) })
}

// ReadChunks is the store's.
func (m Mortal) ReadChunks(ctx context.Context, after journal.Cursor, maxBytes int) (c []store.Chunk, err error) {
	err = m.Do(func() (err error) { c, err = m.Store.ReadChunks(ctx, after, maxBytes); return })
	return c, err
}

// Tail is the store's.
func (m Mortal) Tail(ctx context.Context) (c journal.Cursor, err error) {
	err = m.Do(func() (err error) { c, err = m.Store.Tail(ctx); return })
	return c, err
}

// Trim is the store's.
func (m Mortal) Trim(ctx context.Context, upTo journal.Cursor) error {
	return m.Do(func() error { return m.Store.Trim(ctx, upTo) })
}

// Acquire is the store's.
func (m Mortal) Acquire(ctx context.Context, name string, ttl time.Duration) (l store.Lease, err error) {
	err = m.Do(func() (err error) { l, err = m.Store.Acquire(ctx, name, ttl); return })
	return l, err
}

// Fenced is the store's.
func (m Mortal) Fenced(ctx context.Context, l store.Lease, fn func(*sql.Tx) error) error {
	return m.Do(func() error { return m.Store.Fenced(ctx, l, fn) })
}

// Read is the store's.
func (m Mortal) Read(ctx context.Context, fn func(*sql.Tx) error) error {
	return m.Do(func() error { return m.Store.Read(ctx, fn) })
}
