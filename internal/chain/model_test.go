package chain

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/store/postgrestest"
	"github.com/orgtrail/orgtrail/internal/store/storetest"
)

// A step is something that may happen to a house with digests.
type step struct {
	name string
	do   func(*rig, *rand.Rand)
}

func anyOf[T any](n *rand.Rand, of ...T) T { return of[n.IntN(len(of))] }

var steps = []step{
	{"log", func(r *rig, n *rand.Rand) {
		for range n.IntN(4) {
			r.log(anyOf(n, owner, alice, bob), anyOf(n, virginia, ireland))
		}
	}},
	{"deliver", func(r *rig, n *rand.Rand) { r.deliver() }},
	{"flush", func(r *rig, n *rand.Rand) { r.flush() }},
	{"pass minutes", func(r *rig, n *rand.Rand) { r.pass(time.Duration(n.IntN(20*60*1000)) * time.Millisecond) }},
	{"pass hours", func(r *rig, n *rand.Rand) { r.pass(time.Duration(n.IntN(3*3600)) * time.Second) }},
	{"nobody is there", func(r *rig, n *rand.Rand) { r.clock.Advance(time.Duration(n.IntN(4*3600*1000)) * time.Millisecond) }},
	{"log and deliver", func(r *rig, n *rand.Rand) {
		r.log(anyOf(n, owner, alice), virginia)
		r.clock.Advance(time.Duration(n.IntN(2000)) * time.Millisecond)
		r.deliver()
	}},
	{"logging", func(r *rig, n *rand.Rand) { r.set("a", func(t *trail) { t.Logging = !t.Logging }) }},
	{"restart", func(r *rig, n *rand.Rand) {
		r.set("a", func(t *trail) { t.Logging = false })
		r.clock.Advance(time.Duration(n.IntN(1500)) * time.Millisecond)
		r.set("a", func(t *trail) { t.Logging = true })
	}},
	{"validation", func(r *rig, n *rand.Rand) { r.set("a", func(t *trail) { t.Validation = !t.Validation }) }},
	{"membership", func(r *rig, n *rand.Rand) {
		r.set("a", func(t *trail) {
			if i := slices.Index(t.Accounts, alice); i < 0 {
				t.Accounts = append(slices.Clone(t.Accounts), alice)
			} else {
				t.Accounts = slices.Delete(slices.Clone(t.Accounts), i, i+1)
			}
		})
	}},
	{"conversion", func(r *rig, n *rand.Rand) {
		r.set("a", func(t *trail) {
			if t.Layout == "" {
				t.Layout, t.Accounts = "o-exampleorg", []string{owner, alice, bob}
			} else {
				t.Layout, t.Accounts = "", []string{owner}
			}
		})
	}},
	{"regions", func(r *rig, n *rand.Rand) { r.set("a", func(t *trail) { t.MultiRegion = !t.MultiRegion }) }},
	{"bucket", func(r *rig, n *rand.Rand) { r.set("a", func(t *trail) { t.Bucket = anyOf(n, "logs", "other") }) }},
	{"refuse", func(r *rig, n *rand.Rand) {
		code := anyOf(n, aws.AccessDenied, aws.InternalFailure)
		bucket := anyOf(n, "logs", "other")
		digests := n.IntN(2) == 0
		r.buckets.refusing(func(b, key string) *aws.Error {
			if b != bucket || digests && denyDigests(b, key) == nil {
				return nil
			}
			return aws.Errorf(code, "no")
		})
	}},
	{"mend", func(r *rig, n *rand.Rand) { r.buckets.refusing(nil) }},
	{"death", func(r *rig, n *rand.Rand) {
		l := storetest.NewLife(1 + n.IntN(30))
		dying := r.newSigner(mortal(l))
		r.signer.leave()
		dying.Flush(context.Background())
		dying.lease.Release()
		if l.Dead() {
			r.reopen()
		}
	}},
	{"late row", func(r *rig, n *rand.Rand) {
		r.turnUp(owner, virginia, r.clock.Now().Add(-time.Duration(n.IntN(2*3600*1000))*time.Millisecond))
	}},
}

// Whatever happens, and in whatever order, the oracle has nothing to say in
// the end.
func TestAnything(t *testing.T) {
	for seed := range uint64(25) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { anything(t, newRig(t), seed) })
	}
}

func TestAnythingOnPostgres(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c := storetest.NewClock(noon)
			anything(t, startRig(t, c, store.Options{URL: postgrestest.URL(t), Now: c.Now}), seed)
		})
	}
}

func anything(t *testing.T, r *rig, seed uint64) {
	n := rand.New(rand.NewPCG(seed, 1))
	r.create("a", "o-exampleorg", alice)
	var done []string
	for range 60 {
		s := anyOf(n, steps...)
		done = append(done, s.name)
		s.do(r, n)
		if n.IntN(3) > 0 {
			r.clock.Advance(time.Duration(n.IntN(90*1000)) * time.Millisecond)
		}
	}
	r.buckets.refusing(nil)
	r.flush()
	r.pass(2 * hour)
	r.flush()
	r.check()
	if t.Failed() {
		t.Logf("%q", done)
	}
}
