package sqs

import (
	"context"
	"sync"
	"time"
)

// lines are the calls that wait for messages. Those of one queue stand in
// line: the first watches, the others wait for their turn. So a message wakes
// one of them, however many there are.
type lines struct {
	mu      sync.Mutex
	byQueue map[string]*turn
}

// turn is held by the first in line.
type turn struct {
	held    chan struct{} // has one place
	waiting int
}

// enter waits for the turn at a queue. leave gives it on; it must be called
// when the error is nil, which otherwise is that of ctx.
func (l *lines) enter(ctx context.Context, queue string) (leave func(), err error) {
	l.mu.Lock()
	t := l.byQueue[queue]
	if t == nil {
		t = &turn{held: make(chan struct{}, 1)}
		if l.byQueue == nil {
			l.byQueue = map[string]*turn{}
		}
		l.byQueue[queue] = t
	}
	t.waiting++
	l.mu.Unlock()
	gone := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(l.byQueue, queue)
		}
	}
	select {
	case t.held <- struct{}{}:
		return func() { <-t.held; gone() }, nil
	case <-ctx.Done():
		gone()
		return nil, ctx.Err()
	}
}

// lookAgain is how often a waiting call looks at the clock, which may have
// been moved.
const lookAgain = time.Second

// wait calls try whenever there may be something to receive, until it says
// that there was, or ctx ends. due tells, from the state as it is, whether
// there is something now, or else when the next message becomes visible; the
// zero time says that none will.
func (s *Service) wait(ctx context.Context, queue string, due func() (now bool, next time.Time, err error), try func() (bool, error)) error {
	leave, err := s.lines.enter(ctx, queue)
	if err != nil {
		return nil
	}
	defer leave()
	for {
		changed := s.State.Notify() // before looking, so that nothing falls in between
		now, next, err := due()
		if err != nil {
			return err
		}
		if now {
			if done, err := try(); done || err != nil {
				return err
			}
			continue
		}
		pause := lookAgain
		if !next.IsZero() {
			pause = min(pause, max(next.Sub(s.Now()), time.Millisecond))
		}
		timer := time.NewTimer(pause)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
		timer.Stop()
	}
}
