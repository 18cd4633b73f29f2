package chain

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/store/postgrestest"
	"github.com/orgtrail/orgtrail/internal/store/storetest"
)

// twoReplicas is a rig on PostgreSQL and a second store on its database.
func twoReplicas(t *testing.T) (*rig, *store.Store) {
	c := storetest.NewClock(noon)
	o := store.Options{URL: postgrestest.URL(t), Now: c.Now, Log: slog.New(slog.DiscardHandler)}
	r := startRig(t, c, o)
	other, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	return r, other
}

// A replica that loses the lease in the middle of a put commits nothing; who
// takes over puts the same object.
func TestLeaseLostWhilePutting(t *testing.T) {
	r, other := twoReplicas(t)
	r.create("a", "")
	r.flush()
	r.log(owner, virginia)
	r.deliver()
	second := r.newSigner(func(c *Config) { c.Store = other })
	if err := second.step(t.Context(), r.clock.Now(), false); !errors.Is(err, store.ErrLeaseHeld) {
		t.Fatalf("%v", err)
	}
	r.clock.Advance(hour)
	taken := false
	r.buckets.refusing(func(_, _ string) *aws.Error {
		if taken {
			return nil
		}
		taken = true
		r.buckets.mu.Unlock() // the first replica hangs here
		defer r.buckets.mu.Lock()
		r.clock.Advance(time.Minute)
		if err := second.step(context.Background(), r.clock.Now(), false); err != nil {
			t.Error(err)
		}
		return nil
	})
	if err := r.signer.step(t.Context(), r.clock.Now(), false); !errors.Is(err, store.ErrLeaseLost) {
		t.Errorf("%v", err)
	}
	if n := len(r.buckets.digests); n != 2 {
		t.Errorf("%d puts", n)
	}
	r.wantWindows(owner, virginia, "*0-60 1")
	if err := r.signer.RunDue(t.Context(), r.clock.Now()); err != nil { // left to the second
		t.Error(err)
	}
	r.clock.Advance(hour)
	if err := second.RunDue(t.Context(), r.clock.Now()); err != nil {
		t.Error(err)
	}
	r.wantWindows(owner, virginia, "*0-60 1", "60-120 0")
	r.wantNotices()
}

// A replica that stops gives the lease back, and the other goes on at once.
func TestHandOver(t *testing.T) {
	r, other := twoReplicas(t)
	r.create("a", "")
	r.flush()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	r.signer.Run(ctx)
	r.clock.Advance(hour)
	if err := r.newSigner(func(c *Config) { c.Store = other }).step(t.Context(), r.clock.Now(), false); err != nil {
		t.Fatal(err)
	}
	r.wantWindows(owner, virginia, "*0-60 0")
}

// Two replicas take the lease from one another all the time.
func TestReplicasThatFight(t *testing.T) {
	r, other := twoReplicas(t)
	r.create("a", "o-exampleorg", alice, bob)
	r.flush()
	signers := []*Signer{r.signer, r.newSigner(func(c *Config) { c.Store = other })}
	for _, s := range signers {
		s.LeaseTime, s.lease.TTL = 20*time.Millisecond, 20*time.Millisecond
	}
	var wg sync.WaitGroup
	for _, s := range signers {
		wg.Go(func() {
			for range 60 {
				r.clock.Advance(10 * time.Minute)
				err := s.step(t.Context(), r.clock.Now(), false)
				if err != nil && !errors.Is(err, store.ErrLeaseHeld) && !errors.Is(err, store.ErrLeaseLost) {
					t.Error(err)
				}
			}
		})
	}
	for range 30 {
		r.log(alice, virginia)
		r.deliver()
	}
	wg.Wait()
	r.clock.Advance(hour)
	r.flush()
	r.pass(hour)
	if n := len(r.windows(bob, virginia)); n < 20 {
		t.Errorf("%d digests", n)
	}
	r.wantNotices()
}
