package lease

import (
	"context"
	"errors"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

// Repeat takes steps of work that a lease is held for until ctx ends, with a
// pause behind each. That another replica has the lease is no failure; after
// any other error the pause is twice the one before, up to a minute, and
// failed is told of it.
func Repeat(ctx context.Context, pause time.Duration, step func(context.Context) error, failed func(err error, again time.Duration)) {
	next := pause
	for {
		switch err := step(ctx); {
		case ctx.Err() != nil:
			return
		case err == nil, errors.Is(err, store.ErrLeaseHeld), errors.Is(err, store.ErrLeaseLost):
			next = pause
		default:
			next = min(2*next, time.Minute)
			failed(err, next)
		}
		select {
		case <-ctx.Done():
		case <-time.After(next):
		}
	}
}
