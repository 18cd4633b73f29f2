package chain

import (
	"context"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/store/storetest"
)

// mortalBucket is a bucket used by a life. What a dead process gets to hear
// of it does not matter: it can commit nothing any more.
type mortalBucket struct {
	Bucket
	*storetest.Life
}

func (m mortalBucket) PutDigest(ctx context.Context, r store.Reader, o Object) (refused *aws.Error) {
	err := m.Do(func() error { refused = m.Bucket.PutDigest(ctx, r, o); return nil })
	if err != nil {
		return aws.Errorf(aws.InternalFailure, "%v", err)
	}
	return refused
}

func mortal(l *storetest.Life) func(*Config) {
	return func(c *Config) {
		c.Store = storetest.Mortal{Store: c.Store.(*store.Store), Life: l}
		c.Bucket = mortalBucket{c.Bucket, l}
	}
}

// untilNobodyDies is storetest's for a scenario that moves the clock. Each time
// the process is dead, the database is opened again and the next process goes
// on.
func untilNobodyDies(t *testing.T, members []string, scenario func(*rig, func(time.Duration)), want []string) {
	storetest.UntilNobodyDies(t, func(l *storetest.Life) {
		r := newRig(t)
		r.create("a", "o-exampleorg", members...)
		r.flush()
		r.signer = r.newSigner(mortal(l))
		scenario(r, func(d time.Duration) { // as pass, whatever becomes of it
			r.clock.Advance(d)
			r.deliver()
			r.signer.Flush(context.Background())
		})
		r.reopen()
		r.flush()
		r.check()
		r.wantWindows(owner, virginia, want...)
		r.store.Close()
	})
}

// Digests are the same, to the second, wherever a process died: what is due
// does not depend on when somebody comes to it.
func TestCrashAtEveryStep(t *testing.T) {
	untilNobodyDies(t, []string{alice}, func(r *rig, pass func(time.Duration)) {
		r.log(owner, virginia)
		r.log(alice, ireland)
		pass(30 * time.Minute)
		r.log(owner, virginia)
		pass(30 * time.Minute)
		pass(2 * hour)
		r.set("a", func(t *trail) { t.Validation = false })
		pass(hour)
	}, []string{"*0-60 1", "60-120 1", "120-180 0"})
}

func TestCrashAtEveryStepOfARefusal(t *testing.T) {
	untilNobodyDies(t, nil, func(r *rig, pass func(time.Duration)) {
		r.log(owner, virginia)
		pass(time.Minute)
		r.buckets.refusing(denyDigests)
		pass(time.Hour)
		r.set("a", func(t *trail) { t.Bucket = "better" })
		r.buckets.refusing(nil)
		pass(time.Hour)
	}, []string{"*0-60 1", "60-120 0"})
}

func TestCrashAtEveryStepOfARestart(t *testing.T) {
	untilNobodyDies(t, nil, func(r *rig, pass func(time.Duration)) {
		pass(time.Minute)
		r.log(owner, virginia)
		r.set("a", func(t *trail) { t.Validation = false })
		pass(time.Minute)
		r.set("a", func(t *trail) { t.Validation = true })
		r.log(owner, virginia)
		pass(time.Hour)
		pass(time.Hour)
	}, []string{"*0-1 0", "*2-62 1", "62-122 1"})
}

// A process that dies again and again gets through as soon as it lives a
// little longer, and repeats nothing with other bytes.
func TestCrashInARow(t *testing.T) {
	r := newRig(t)
	r.create("a", "o-exampleorg", alice, bob)
	r.log(owner, virginia)
	r.deliver()
	r.clock.Advance(5 * hour)
	for n := 1; n < 40; n++ {
		r.newSigner(mortal(storetest.NewLife(n))).Flush(context.Background())
		r.reopen()
	}
	r.flush()
	r.wantWindows(owner, virginia, "*0-60 1", "60-120 0", "120-180 0", "180-240 0", "240-300 0")
	r.wantNotices()
}
