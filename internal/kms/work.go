package kms

import (
	"context"
	"errors"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// sweepEvery is how often Run looks for what has fallen due.
const sweepEvery = time.Minute

// Advance does what has fallen due: keys whose waiting is over are deleted,
// imported material expires, and keys are rotated. A nil error means that
// nothing of it is left and that all of it is durable. It may be called at any
// time, also while Run runs.
func (s *Service) Advance(ctx context.Context) error {
	var failures []error
	now := s.Now()
	for record, k := range keys.By(s.State.View(), due, "") {
		if k.next().Compare(now) <= 0 {
			failures = append(failures, s.settle(ctx, record, k))
		}
	}
	return errors.Join(failures...)
}

// Run advances until ctx ends.
func (s *Service) Run(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		if err := s.Advance(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("work on keys is left undone", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// next is when something of the key falls due, zero when nothing will.
func (k *Key) next() time.Time {
	if k.leaving() {
		return k.Deletion // nobody knows that of a primary that waits for its replicas
	}
	var next time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if k.Rotation.Enabled && k.State == api.KeyStateEnabled {
		sooner(k.Rotation.Next)
	}
	for i := range k.Materials {
		if m := &k.Materials[i]; len(m.Sealed) > 0 {
			sooner(m.Expires)
		}
	}
	return next
}

// settle does what has fallen due of one key, in a transaction of its own. It
// looks again, since others may have been here.
func (s *Service) settle(ctx context.Context, record string, k *Key) error {
	return s.System(ctx, ServicePrincipal, k.Account, k.Region, func(c *call.Call) error {
		k, ok := keys.Get(c.State, record)
		switch {
		case !ok || k.next().IsZero() || k.next().After(c.Time):
			return nil
		case k.leaving():
			remove(c, k)
			return nil
		}
		k = k.clone()
		for i := range k.Materials {
			if m := &k.Materials[i]; len(m.Sealed) > 0 && m.expired(c.Time) {
				m.Sealed, m.Expires = nil, time.Time{}
				serviceEvent(c, k, "DeleteExpiredKeyMaterial", map[string]any{"keyMaterialId": m.ID})
			}
		}
		if r := &k.Rotation; r.Enabled && k.State == api.KeyStateEnabled && r.Next.Compare(c.Time) <= 0 {
			s.rotate(c, k, api.RotationTypeAutomatic)
			r.start(c.Time, r.Days)
		}
		keys.Put(c.Tx, k.key(), k)
		return nil
	})
}

// remove deletes a key with its aliases and grants. The last replica to go
// lets its primary's own days of waiting begin.
func remove(c *call.Call, k *Key) {
	for key := range aliases.By(c.Tx, byTarget, k.key()) {
		aliases.Delete(c.Tx, key)
	}
	for key := range grants.Scan(c.Tx, k.key()+"/") {
		grants.Delete(c.Tx, key)
	}
	keys.Delete(c.Tx, k.key())
	serviceEvent(c, k, "DeleteKey", nil)
	if p := k.primary(c.Tx); p != k && p.State == api.KeyStatePendingReplicaDeletion && len(replicasOf(c.Tx, p)) == 0 {
		p = p.clone()
		p.schedule(c.Time)
		keys.Put(c.Tx, p.key(), p)
	}
}
