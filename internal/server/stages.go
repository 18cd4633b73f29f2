package server

import (
	"context"
	"time"
)

const (
	usesInterval    = time.Minute      // how often the last uses of access keys are written down
	orphansInterval = 15 * time.Second // how often calls that a crash cut short are looked for
)

// startStages starts everything that runs beside the calls.
func (s *Server) startStages() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	for _, stage := range []func(context.Context){
		s.delivery.Run,
		s.signer.Run,
		s.relay.Run,
		s.organizations.Run,
		s.kms.Run,
		s.logs.Run,
		s.upkeep.Run,
		s.sqs.Run,
		s.webhooks.Run,
		s.closeOrphans,
		s.flushUses,
	} {
		s.stages.Go(func() { stage(ctx) })
	}
}

// closeOrphans journals the records of calls that a crash cut short, also
// those of replicas that die while this one runs.
func (s *Server) closeOrphans(ctx context.Context) {
	tick := time.NewTicker(orphansInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := s.gateway.CloseOrphans(ctx); err != nil && ctx.Err() == nil {
				s.Log.Warn("records of calls that a crash cut short not journaled", "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// flushUses writes down when access keys were last used, now and then and at
// the end.
func (s *Server) flushUses(ctx context.Context) {
	flush := func(ctx context.Context) {
		if err := s.iam.FlushUses(ctx, s.store); err != nil {
			s.Log.Warn("last uses of access keys not written", "error", err)
		}
	}
	tick := time.NewTicker(usesInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			flush(ctx)
		case <-ctx.Done():
			flush(context.WithoutCancel(ctx))
			return
		}
	}
}

// flush delivers everything journaled so far, and what is under way in the
// background before it; then the digests that wait for nothing else.
func (s *Server) flush(ctx context.Context) error {
	if err := s.organizations.Advance(ctx); err != nil {
		return err
	}
	if err := s.delivery.Flush(ctx); err != nil {
		return err
	}
	if err := s.relay.Flush(ctx); err != nil {
		return err
	}
	return s.signer.Flush(ctx)
}

// runDue does what has fallen due on the server's clock.
func (s *Server) runDue(ctx context.Context) error {
	at := func(run func(context.Context, time.Time) error) func(context.Context) error {
		return func(ctx context.Context) error { return run(ctx, s.clock.now()) }
	}
	for _, due := range []func(context.Context) error{
		s.organizations.Advance,
		s.kms.Advance,
		s.sqs.Advance,
		s.logs.Advance,
		s.upkeep.Advance,
		at(s.delivery.RunDue),
		s.relay.Flush,
		at(s.webhooks.RunDue),
		at(s.signer.RunDue),
	} {
		if err := due(ctx); err != nil {
			return err
		}
	}
	return nil
}
