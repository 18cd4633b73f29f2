package digest

import (
	"context"
	"sync"
)

// A crew does work at the same time, so much and no more.
type crew struct {
	places chan struct{}
	wg     sync.WaitGroup
}

func newCrew(size int) *crew {
	return &crew{places: make(chan struct{}, size)}
}

// do waits for a free place and has the work done in it. It reports false
// when the context ended first.
func (c *crew) do(ctx context.Context, work func()) bool {
	select {
	case <-ctx.Done():
		return false
	case c.places <- struct{}{}:
	}
	c.wg.Go(func() {
		defer func() { <-c.places }()
		work()
	})
	return true
}

// wait returns when all work is done.
func (c *crew) wait() { c.wg.Wait() }
