package logs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/store"
)

const (
	// sideBySide is how many queries and export tasks a process works on at
	// once.
	sideBySide = 4
	// claimTime is for how long work stays with a process that is gone.
	claimTime = time.Minute
	// sweepEvery is how often Run looks for what only time makes due.
	sweepEvery = time.Minute
)

// A claim is the mark of the process that works on something.
type claim struct {
	Worker int64 `json:",omitempty"` // its number
	Until  int64 `json:",omitempty"` // Unix milliseconds
}

// A job is a query or an export task that is open.
type job struct {
	// held returns the claim on the job, nil when it is no longer open.
	held func(store.Reader) *claim
	// take puts a claim on it.
	take func(*store.Tx, claim)
	// do does the work. Its last transaction changes nothing unless mine
	// says that the claim still holds.
	do func(ctx context.Context, mine func(store.Reader) bool) error
}

// Run works on the queries and export tasks that are open, of all replicas
// together each on its own ones, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	var work errgroup.Group
	work.SetLimit(sideBySide)
	defer work.Wait()
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		committed := s.State.Notify()
		for j := range s.open(s.State.View()) {
			work.TryGo(func() error {
				if err := s.work(ctx, j); err != nil && ctx.Err() == nil {
					s.Log.Error("a query or an export task is left undone", "error", err)
				}
				return nil
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-committed: // also when a job has ended and there is room for another
		case <-tick.C:
			if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
				s.Log.Error("old queries are not forgotten", "error", err)
			}
		}
	}
}

// Advance does all of the work that is open and not another replica's, and
// what has fallen due. A nil error means that it is done and durable. It may
// be called at any time, also while Run runs.
func (s *Service) Advance(ctx context.Context) error {
	for ctx.Err() == nil {
		committed := s.State.Notify()
		var work errgroup.Group
		work.SetLimit(sideBySide)
		for j := range s.open(s.State.View()) {
			work.Go(func() error { return s.work(ctx, j) })
		}
		if err := work.Wait(); err != nil {
			return err
		}
		if !s.busy() {
			return s.sweep(ctx)
		}
		select {
		case <-committed:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// open are the jobs that nobody works on.
func (s *Service) open(r store.Reader) iter.Seq[job] {
	return func(yield func(job) bool) {
		for j := range s.jobs(r) {
			if by := j.held(r); by != nil && by.Until <= s.Now().UnixMilli() && !yield(j) {
				return
			}
		}
	}
}

func (s *Service) jobs(r store.Reader) iter.Seq[job] {
	return func(yield func(job) bool) {
		for _, q := range queries.By(r, byOpen, "") {
			if !yield(q.job(s)) {
				return
			}
		}
		for _, t := range exportTasks.By(r, byOpen, "") {
			if !yield(t.job(s)) {
				return
			}
		}
	}
}

// busy reports whether this process works on a job.
func (s *Service) busy() bool {
	r := s.State.View()
	for j := range s.jobs(r) {
		if by := j.held(r); by != nil && by.Worker == s.State.Writer() && by.Until > s.Now().UnixMilli() {
			return true
		}
	}
	return false
}

// errTaken is the error of a claim on what somebody else works on.
var errTaken = errors.New("logs: the job is taken")

// work claims a job and does it. The claim is prolonged while it is done; the
// work ends when the claim is lost or the job is no longer open.
func (s *Service) work(ctx context.Context, j job) error {
	err := s.State.Update(ctx, func(tx *store.Tx) error {
		by := j.held(tx)
		if by == nil || by.Until > s.Now().UnixMilli() {
			return errTaken
		}
		j.take(tx, s.claim())
		return nil
	})
	if errors.Is(err, errTaken) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("claiming it: %w", err)
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		defer stop()
		s.keep(working, j)
	}()
	err = j.do(working, s.mine(j))
	lost := working.Err() != nil && ctx.Err() == nil
	stop()
	<-kept
	if lost {
		return nil
	}
	return err
}

func (s *Service) claim() claim {
	return claim{s.State.Writer(), s.Now().Add(claimTime).UnixMilli()}
}

// mine tells whether a job is open and claimed by this process.
func (s *Service) mine(j job) func(store.Reader) bool {
	return func(r store.Reader) bool {
		by := j.held(r)
		return by != nil && by.Worker == s.State.Writer()
	}
}

// keep prolongs the claim on a job until ctx ends or the claim is lost.
func (s *Service) keep(ctx context.Context, j job) {
	mine := s.mine(j)
	tick := time.NewTicker(claimTime / 3)
	defer tick.Stop()
	for {
		committed := s.State.Notify()
		if !mine(s.State.View()) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-committed:
			continue
		case <-tick.C:
		}
		err := s.State.Update(ctx, func(tx *store.Tx) error {
			if mine(tx) {
				j.take(tx, s.claim())
			}
			return nil
		})
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("a claim is not prolonged", "error", err)
		}
	}
}

// sweep forgets the queries whose results are no longer kept.
func (s *Service) sweep(ctx context.Context) error {
	before := s.Now().Add(-queryKept).UnixMilli()
	var old []string
	for key, q := range queries.Scan(s.State.View(), "") {
		if q.Created < before {
			old = append(old, key)
		}
	}
	if len(old) == 0 {
		return nil
	}
	return s.State.Update(ctx, func(tx *store.Tx) error {
		for _, key := range old {
			if q, ok := queries.Get(tx, key); ok {
				segment.DropResult(tx, q.ID)
				queries.Delete(tx, key)
			}
		}
		return nil
	})
}
