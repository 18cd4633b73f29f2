package gateway

import (
	"context"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
)

// System runs fn as a service of this house (call.System): in a transaction
// of its own, with the records that it emits in the same one.
func (g *Gateway) System(ctx context.Context, service, account, region string, fn func(*call.Call) error) error {
	made := call.Made{}
	return g.transact(ctx, &made, func(tx *store.Tx) error {
		c := &call.Call{
			Ctx: ctx, Made: made, Principal: aws.ServicePrincipal(service), Region: region, Time: g.Now(),
			RequestID: aws.UUID(), SourceIP: service, UserAgent: service, State: tx, Tx: tx,
			Allow: func(call.Target) error { return nil }, // a service acts by its own right
		}
		if err := fn(c); err != nil {
			return err
		}
		tx.Append(g.emitted(c, g.Now())...)
		return nil
	})
}

// Emit journals records that services made outside of any call, as those of
// delivered log files. They may be dropped when no trail asks for them.
func (g *Gateway) Emit(ctx context.Context, events ...call.Event) error {
	c := &call.Call{Ctx: ctx, State: g.Store.View(), RequestID: aws.UUID(), Notes: call.Notes{Events: events}}
	entries := g.emitted(c, g.Now())
	if len(entries) == 0 {
		return nil
	}
	return g.Store.Append(ctx, entries...)
}
