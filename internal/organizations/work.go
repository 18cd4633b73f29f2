package organizations

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// sideBySide is how many requests are completed at the same time. They commit
// one after the other, but wait for the disk together.
const sideBySide = 16

// sweepEvery is how often Run looks for what only time makes due, and for
// requests of replicas that are gone.
const sweepEvery = time.Minute

// retryAfter is how long Run waits after a failure.
const retryAfter = time.Second

// Advance completes every CreateAccount and CloseAccount that is in progress,
// and does what has fallen due: handshakes expire, old ones are deleted, and
// accounts closed for ninety days leave. A nil error means that nothing of it
// is left and that all of it is durable. It may be called at any time, also
// while Run runs.
func (s *Service) Advance(ctx context.Context) error {
	return errors.Join(s.settle(ctx), s.sweep(ctx))
}

// Run advances until ctx ends. The commit of a CreateAccount is also the
// commit of its record, so the journal's notice is the sign to look.
func (s *Service) Run(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for next := s.Advance; ; {
		committed := s.State.Notify()
		var again <-chan time.Time
		if err := next(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("work on organizations is left undone", "error", err)
			committed, again = nil, time.After(retryAfter)
		}
		next = s.settle
		select {
		case <-ctx.Done():
			return
		case <-committed:
		case <-again:
		case <-ticker.C:
			next = s.Advance
		}
	}
}

// settle completes the requests in progress. One that fails does not keep the
// others from being completed.
func (s *Service) settle(ctx context.Context) error {
	view := s.State.View()
	var group errgroup.Group
	group.SetLimit(sideBySide)
	for _, cr := range creations.By(view, "open", "") {
		group.Go(func() error { return s.complete(ctx, cr) })
	}
	for _, m := range members.By(view, "closing", api.AccountStatePendingClosure) {
		group.Go(func() error { return s.close(ctx, m) })
	}
	return group.Wait()
}

// sweep does what time alone makes due.
func (s *Service) sweep(ctx context.Context) error {
	view, now := s.State.View(), s.Now()
	var failures []error
	for _, m := range members.By(view, "closing", api.AccountStateClosed) {
		if m.outlived(now) {
			failures = append(failures, s.purge(ctx, m))
		}
	}
	var due []string // organizations
	for _, h := range handshakes.Scan(view, "") {
		if h.due(now) && !slices.Contains(due, h.Organization) {
			due = append(due, h.Organization)
		}
	}
	for _, organization := range due {
		failures = append(failures, s.expire(ctx, organization))
	}
	return errors.Join(failures...)
}

// due reports whether time has changed what should be stored of a handshake.
func (h *Handshake) due(now time.Time) bool {
	return h.gone(now) || h.State != h.state(now)
}

// expire stores what time has done to the handshakes of an organization.
func (s *Service) expire(ctx context.Context, organization string) error {
	return s.unattended(ctx, organization, func(c *call.Call, o *Organization) error {
		for key, h := range handshakes.Scan(c.Tx, prefix(o.ID)) {
			if h.pending() && h.state(c.Time) == api.HandshakeStateExpired {
				h = finish(c, h, api.HandshakeStateExpired, h.Expires)
			}
			if h.gone(c.Time) {
				handshakes.Delete(c.Tx, key)
			}
		}
		return nil
	})
}

// unattended runs work that nobody waits for, in a transaction of its own and
// in the name of the management account. There is nothing to do any more when
// the organization is gone.
func (s *Service) unattended(ctx context.Context, organization string, fn func(*call.Call, *Organization) error) error {
	o, ok := organizations.Get(s.State.View(), organization)
	if !ok {
		return nil
	}
	return s.System(ctx, ServicePrincipal, o.Management, aws.GlobalRegion, func(c *call.Call) error {
		o, ok := organizations.Get(c.State, organization)
		if !ok {
			return nil
		}
		return fn(c, o)
	})
}

// emitResult emits the record of work that was asked for before.
func emitResult(c *call.Call, o *Organization, name string, details any) {
	c.Emit(call.Event{
		Type:      "AwsServiceEvent",
		Source:    api.API.EventSource,
		Name:      name,
		Account:   o.Management,
		Region:    aws.GlobalRegion,
		InvokedBy: ServicePrincipal,
		Details:   details,
	})
}
