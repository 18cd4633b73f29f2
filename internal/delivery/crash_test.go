package delivery

import (
	"context"
	"testing"

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

func (m mortalBucket) PutLog(ctx context.Context, r store.Reader, o Object) (refused *aws.Error) {
	err := m.Do(func() error { refused = m.Bucket.PutLog(ctx, r, o); return nil })
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

// untilNobodyDies is storetest's for a scenario of deliveries. Each time the
// process is dead, the database is opened again and the next process delivers.
func untilNobodyDies(t *testing.T, scenario func(*rig, *Delivery), small ...func(*Config)) {
	storetest.UntilNobodyDies(t, func(l *storetest.Life) {
		r := newRig(t)
		scenario(r, r.delivery(append(small, mortal(l))...))
		r.reopen()
		r.buckets.refusing(nil)
		r.flush(r.delivery(small...))
		r.check()
		r.store.Close()
	})
}

func TestCrashAtEveryStep(t *testing.T) {
	untilNobodyDies(t, func(r *rig, d *Delivery) {
		r.appendMany(60)
		d.Flush(context.Background())
		r.appendMany(20)
		d.Flush(context.Background())
	})
}

func TestCrashAtEveryStepOfAFullWindow(t *testing.T) {
	untilNobodyDies(t, func(r *rig, d *Delivery) {
		r.appendMany(100)
		d.RunDue(context.Background(), r.clock.Now())
	}, func(c *Config) { c.WindowSize, c.FileSize = 4<<10, 1<<10 })
}

func TestCrashAtEveryStepOfTheSpool(t *testing.T) {
	untilNobodyDies(t, func(r *rig, d *Delivery) {
		r.buckets.refusing(func(o Object) *aws.Error {
			if o.Bucket == "org-trail" {
				return aws.Errorf(aws.AccessDenied, "no")
			}
			return nil
		})
		r.appendMany(30)
		d.Flush(context.Background())
		r.buckets.refusing(nil)
		d.Flush(context.Background())
	})
}

// A process that dies again and again at the same place gets through as soon
// as it lives a little longer, and repeats nothing with other keys.
func TestCrashInARow(t *testing.T) {
	r := newRig(t)
	r.appendMany(60)
	for n := 1; n < 60; n++ {
		r.delivery(mortal(storetest.NewLife(n))).Flush(context.Background())
		r.reopen()
	}
	r.flush(r.delivery())
	r.check()
}

// Chunks of several writers that were read in one order are read in another
// one after the crash.
func TestCrashWithSeveralWriters(t *testing.T) {
	for n := 1; n < 40; n += 3 {
		r := newRig(t)
		for range 3 {
			r.appendMany(20)
			r.reopen()
		}
		l := storetest.NewLife(n)
		d := r.delivery(mortal(l))
		d.RunDue(context.Background(), r.clock.Now())
		r.appendMany(20)
		d.Flush(context.Background())
		r.reopen()
		r.appendMany(20)
		r.flush(r.delivery())
		r.check()
		if t.Failed() {
			t.Fatalf("after a death at touch %d", n)
		}
		r.store.Close()
	}
}
