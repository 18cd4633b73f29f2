package lease

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

func TestRepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		broken := errors.New("broken")
		results := []error{nil, store.ErrLeaseHeld, broken, broken, fmt.Errorf("a step: %w", store.ErrLeaseLost), broken, nil}
		start := time.Now()
		var steps, told []time.Duration
		Repeat(ctx, 20*time.Second, func(context.Context) error {
			steps = append(steps, time.Since(start))
			if len(steps) > len(results) {
				cancel()
				return broken
			}
			return results[len(steps)-1]
		}, func(err error, again time.Duration) {
			if err != broken {
				t.Errorf("failed with %v", err)
			}
			told = append(told, again)
		})
		const s = time.Second
		if got, want := fmt.Sprint(steps), fmt.Sprint([]time.Duration{0, 20 * s, 40 * s, 80 * s, 140 * s, 160 * s, 200 * s, 220 * s}); got != want {
			t.Errorf("steps at %s, want %s", got, want)
		}
		if got, want := fmt.Sprint(told), fmt.Sprint([]time.Duration{40 * s, 60 * s, 40 * s}); got != want {
			t.Errorf("told of pauses of %s, want %s", got, want)
		}
	})
}
