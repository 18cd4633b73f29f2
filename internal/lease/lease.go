package lease

import (
	"context"
	"errors"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

// Store is what leases need of the store.
type Store interface {
	Acquire(ctx context.Context, name string, ttl time.Duration) (store.Lease, error)
	Renew(ctx context.Context, l store.Lease, ttl time.Duration) (store.Lease, error)
	Release(ctx context.Context, l store.Lease) error
}

// A Lease is the right to do the work of that name. Its methods are for one
// goroutine.
type Lease struct {
	Store Store
	Name  string
	// TTL is for how long the work stays with a replica that is gone.
	TTL time.Duration

	// Held is the lease as it was last renewed, to fence transactions with.
	// Its epoch is 0 while it is not held.
	Held    store.Lease
	renewed time.Time // by the process's own clock: it paces the renewals
}

// Hold takes the lease or renews it, and keeps it until done is called. The
// context it returns ends when the lease is lost. The error is
// store.ErrLeaseHeld when another replica has it.
func (l *Lease) Hold(ctx context.Context) (_ context.Context, done func(), err error) {
	if err := l.refresh(ctx); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stopped := make(chan struct{})
	next, renewed := l.Held, l.renewed
	go func() {
		defer close(stopped)
		tick := time.NewTicker(l.TTL / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			switch n, err := l.Store.Renew(ctx, next, l.TTL); {
			case err == nil:
				next, renewed = n, time.Now()
			case errors.Is(err, store.ErrLeaseLost):
				next = store.Lease{}
				cancel(err)
				return
			}
			// Other errors are tried again: the lease may well outlive them.
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-stopped
		l.Held, l.renewed = next, renewed
	}, nil
}

// refresh makes sure that the lease is held and fresh.
func (l *Lease) refresh(ctx context.Context) error {
	now := time.Now()
	if l.Held.Epoch != 0 {
		if now.Sub(l.renewed) < l.TTL/3 {
			return nil
		}
		held, err := l.Store.Renew(ctx, l.Held, l.TTL)
		if err == nil {
			l.Held, l.renewed = held, now
		}
		if !errors.Is(err, store.ErrLeaseLost) {
			return err
		}
		l.Held = store.Lease{}
	}
	held, err := l.Store.Acquire(ctx, l.Name, l.TTL)
	if err == nil {
		l.Held, l.renewed = held, now
	}
	return err
}

// Release gives the lease back if it is held.
func (l *Lease) Release() error {
	if l.Held.Epoch == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	held := l.Held
	l.Held = store.Lease{}
	return l.Store.Release(ctx, held)
}
