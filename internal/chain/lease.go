package chain

import (
	"context"
	"errors"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

// A lease is the right to sign digests. Whatever the holder believes, a
// transaction fenced by a lease that was taken over does nothing.
type lease struct {
	store Store
	ttl   time.Duration

	held    store.Lease // its epoch is 0 while it is not held
	renewed time.Time   // by the process's own clock: it paces the renewals
}

const leaseName = "chain"

// hold takes the lease or renews it, and keeps it until done is called. The
// context it returns ends when the lease is lost. The error is ErrLeaseHeld
// when another replica has it.
func (l *lease) hold(ctx context.Context) (_ context.Context, done func(), err error) {
	if err := l.refresh(ctx); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stopped := make(chan struct{})
	next, renewed := l.held, l.renewed
	go func() {
		defer close(stopped)
		tick := time.NewTicker(l.ttl / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			switch n, err := l.store.Renew(ctx, next, l.ttl); {
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
		l.held, l.renewed = next, renewed
	}, nil
}

// refresh makes sure that the lease is held and fresh.
func (l *lease) refresh(ctx context.Context) error {
	now := time.Now()
	if l.held.Epoch != 0 {
		if now.Sub(l.renewed) < l.ttl/3 {
			return nil
		}
		held, err := l.store.Renew(ctx, l.held, l.ttl)
		if err == nil {
			l.held, l.renewed = held, now
		}
		if !errors.Is(err, store.ErrLeaseLost) {
			return err
		}
		l.held = store.Lease{}
	}
	held, err := l.store.Acquire(ctx, leaseName, l.ttl)
	if err == nil {
		l.held, l.renewed = held, now
	}
	return err
}

// release gives the lease back if it is held.
func (l *lease) release() error {
	if l.held.Epoch == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	held := l.held
	l.held = store.Lease{}
	return l.store.Release(ctx, held)
}
