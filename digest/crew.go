package digest

import (
	"context"
	"sync"
)

// A crew does work at the same time, so much and no more. Who has done one
// piece takes the next: a goroutine that has grown its stack is worth keeping.
type crew struct {
	work   chan func()
	places chan struct{}
	wg     sync.WaitGroup
}

func newCrew(size int) *crew {
	return &crew{work: make(chan func()), places: make(chan struct{}, size)}
}

// do waits until somebody is free and has the work done. It reports false
// when the context ended first.
func (c *crew) do(ctx context.Context, work func()) bool {
	select {
	case c.work <- work:
		return true
	default:
	}
	select {
	case <-ctx.Done():
		return false
	case c.work <- work:
	case c.places <- struct{}{}:
		c.wg.Go(func() {
			for ok := true; ok; work, ok = <-c.work {
				work()
			}
		})
	}
	return true
}

// wait returns when all work is done. There is none after it.
func (c *crew) wait() {
	close(c.work)
	c.wg.Wait()
}
