package sqs

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

const (
	// sweepEvery is how often Run looks for what time has made due.
	sweepEvery = time.Second
	// sweepStep is how many records one transaction removes, so that other
	// commits never wait long for it.
	sweepStep = 500
)

// Run advances until ctx ends. Several replicas may run it: what one has done
// the others find done.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := s.Advance(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("work on queues is left undone", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Advance does what has fallen due: it moves the messages of move tasks, and
// removes messages that were kept for long enough, those of queues that were
// purged or deleted, and what need not be remembered any more. A nil error
// means that nothing of it is left.
func (s *Service) Advance(ctx context.Context) error {
	now := s.Now()
	return errors.Join(
		s.move(ctx),
		s.expire(ctx, now.UnixMilli()),
		s.removeOrphans(ctx),
		sweep(ctx, s.State, duplicates, now),
		sweep(ctx, s.State, attempts, now),
		s.sweepDeleted(ctx, now),
	)
}

// expire removes the messages that their queues have kept for long enough.
// They stand in the order in which they were sent.
func (s *Service) expire(ctx context.Context, now int64) error {
	view := s.State.View()
	for queue, q := range queues.Scan(view, "") {
		for left := q.oldestExpired(view, now); left; {
			err := s.State.Update(ctx, func(tx *store.Tx) error {
				left = expireSome(tx, queue, now)
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (q *Queue) oldestExpired(r store.Reader, now int64) bool {
	for _, m := range messages.Scan(r, q.prefix()) {
		return q.expired(m, now)
	}
	return false
}

func expireSome(tx *store.Tx, queue string, now int64) (left bool) {
	q, ok := queues.Get(tx, queue)
	if !ok {
		return false
	}
	n, groups := 0, map[string]bool{}
	for key, m := range messages.Scan(tx, q.prefix()) {
		if n == sweepStep || !q.expired(m, now) {
			break
		}
		drop(tx, key, m)
		groups[m.Group] = true
		n++
	}
	if q.FIFO {
		for group := range groups {
			q.line(tx, group, now)
		}
	}
	return n == sweepStep
}

// removeOrphans removes the messages of queues that are gone or were purged:
// those whose keys begin with what no queue has.
func (s *Service) removeOrphans(ctx context.Context) error {
	for from := ""; ; {
		view := s.State.View()
		prefix := ""
		for key := range messages.ScanAfter(view, "", from) {
			prefix = prefixOf(key)
			break
		}
		if prefix == "" {
			return nil
		}
		if from = after(prefix); owned(view, prefix) {
			continue
		}
		for left := true; left; {
			err := s.State.Update(ctx, func(tx *store.Tx) error {
				left = removeSome(tx, prefix)
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
}

// owned reports whether messages whose keys begin so belong to a queue.
func owned(r store.Reader, prefix string) bool {
	for range queues.By(r, byMessages, strings.TrimSuffix(prefix, "/")) {
		return true
	}
	return false
}

func removeSome(tx *store.Tx, prefix string) (left bool) {
	if owned(tx, prefix) {
		return false
	}
	n := 0
	for key, m := range messages.Scan(tx, prefix) {
		if n == sweepStep {
			return true
		}
		drop(tx, key, m)
		n++
	}
	return false
}

// sweep removes the records of a kind that are remembered for a while only.
func sweep[T any](ctx context.Context, state State, kind *store.Kind[T], now time.Time) error {
	end := moment(now.Add(-memory).UnixMilli() + 1)
	for kind.Count(state.View(), byAge, "", end) > 0 {
		err := state.Update(ctx, func(tx *store.Tx) error {
			n := min(sweepStep, kind.Count(tx, byAge, "", end))
			for key := range kind.Ordered(tx, byAge, "") {
				if n--; n < 0 {
					break
				}
				kind.Delete(tx, key)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sweepDeleted forgets the names that may be used again.
func (s *Service) sweepDeleted(ctx context.Context, now time.Time) error {
	var due []string
	for key, at := range deleted.Scan(s.State.View(), "") {
		if now.Sub(*at) >= restingPeriod {
			due = append(due, key)
		}
	}
	if len(due) == 0 {
		return nil
	}
	return s.State.Update(ctx, func(tx *store.Tx) error {
		for _, key := range due {
			if at, ok := deleted.Get(tx, key); ok && now.Sub(*at) >= restingPeriod {
				deleted.Delete(tx, key)
			}
		}
		return nil
	})
}
