package delivery

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store"
)

func TestRecordsWaitForTheInterval(t *testing.T) {
	r := newRig(t)
	d := r.delivery()
	r.appendMany(100)
	for _, wait := range []time.Duration{0, time.Minute, 4*time.Minute - time.Millisecond} {
		r.clock.Advance(wait)
		r.runDue(d)
		if keys := r.buckets.keys(); len(keys) > 0 {
			t.Fatalf("delivered after %v: %v", wait, keys)
		}
	}
	r.clock.Advance(time.Millisecond)
	r.runDue(d)
	r.check()

	puts := r.buckets.puts
	r.clock.Advance(time.Hour)
	r.runDue(d)
	r.flush(d)
	if r.buckets.puts != puts {
		t.Errorf("%d objects put when there was nothing to deliver", r.buckets.puts-puts)
	}
}

// A server that never lives for an interval delivers nevertheless.
func TestWaitingSurvivesARestart(t *testing.T) {
	r := newRig(t)
	r.appendMany(20)
	for range 5 {
		r.runDue(r.delivery())
		r.clock.Advance(time.Minute)
		r.reopen()
	}
	r.runDue(r.delivery())
	r.check()
}

func TestFlushDeliversAtOnce(t *testing.T) {
	r := newRig(t)
	d := r.delivery()
	for range 3 {
		r.appendMany(50)
		r.flush(d)
		r.check()
	}
}

func TestObjectsAreOfTheTrail(t *testing.T) {
	r := newRig(t)
	e := entry(1, 7, "eu-west-1", noon, toOrg, toPrefixed)
	r.append(e)
	r.flush(r.delivery())
	r.check()
	for _, want := range []Object{
		{Bucket: "org-trail", Key: "AWSLogs/o-example/000000000007/CloudTrail/eu-west-1/2026/01/31/000000000007_CloudTrail_eu-west-1_20260131T1200Z_",
			TrailARN: "arn:aws:cloudtrail:us-east-1:000000000001:trail/org", Owner: "000000000001", Organization: "o-example"},
		{Bucket: "shared", Key: "prefixed-trail/AWSLogs/000000000007/CloudTrail/eu-west-1/2026/01/31/000000000007_CloudTrail_eu-west-1_20260131T1200Z_",
			TrailARN: "arn:aws:cloudtrail:eu-west-1:000000000003:trail/prefixed", Owner: "000000000003"},
	} {
		found := false
		for at, o := range r.buckets.objects {
			if !strings.HasPrefix(at, want.Bucket+"/"+want.Key) {
				continue
			}
			found = true
			if o.TrailARN != want.TrailARN || o.Owner != want.Owner || o.Organization != want.Organization || o.Account != e.Account || o.Region != e.Region {
				t.Errorf("%s was put as %+v", at, o)
			}
			if got := gunzip(t, o.Body); got != `{"Records":[`+string(e.Record)+`]}` {
				t.Errorf("%s holds %s", at, got)
			}
		}
		if !found {
			t.Errorf("no object %s/%s", want.Bucket, want.Key)
		}
	}
}

// A trail that is converted delivers the records of before in the old layout,
// those of after in the new one.
func TestConversionKeepsLayoutsApart(t *testing.T) {
	r := newRig(t)
	before := journal.Route{Trail: "org-trail"}
	r.append(entry(1, 1, "us-east-1", noon, before), entry(2, 1, "us-east-1", noon, toOrg), entry(3, 1, "us-east-1", noon, before))
	r.flush(r.delivery())
	r.check()
	if keys := r.buckets.keys(); len(keys) != 2 {
		t.Errorf("objects: %v", keys)
	}
}

func TestFullWindowIsCutBeforeTheInterval(t *testing.T) {
	r := newRig(t)
	d := r.delivery(func(c *Config) { c.WindowSize, c.FileSize = 4<<10, 1<<10 })
	r.appendMany(2000)
	r.runDue(d)
	part := len(r.buckets.keys())
	if part == 0 {
		t.Error("nothing was delivered although windows are full")
	}
	for at, o := range r.buckets.objects {
		if n := len(gunzip(t, o.Body)); n > 1<<10 {
			t.Errorf("%s has %d bytes", at, n)
		}
	}
	r.appendMany(8)
	r.runDue(d)
	if n := len(r.buckets.keys()); n != part {
		t.Errorf("%d files of windows that have room", n-part)
	}
	r.clock.Advance(5 * time.Minute)
	r.runDue(d)
	r.check()
}

func TestUnknownTrailIsDropped(t *testing.T) {
	r := newRig(t)
	d := r.delivery()
	lost := entry(1, 1, "us-east-1", noon, journal.Route{Trail: "nobody"})
	r.append(entry(2, 1, "us-east-1", noon, toOrg, journal.Route{Trail: "nobody"}), lost)
	r.flush(d)
	if n := d.Metrics(noon).Unrouted; n != 2 {
		t.Errorf("%d records without a trail", n)
	}
	r.journaled = []journal.Entry{entry(2, 1, "us-east-1", noon, toOrg)}
	r.check()

	// A window of nothing else moves the cursor as well.
	r.append(lost)
	r.flush(d)
	r.flush(r.delivery())
	if n := d.Metrics(noon).Unrouted; n != 3 {
		t.Errorf("%d records without a trail", n)
	}
}

// A trail that another replica has just made is in the journal before it is in
// this replica's view.
func TestNewTrailOfAnotherReplicaIsFound(t *testing.T) {
	r := newRig(t)
	r.append(entry(1, 1, "us-east-1", noon, toOrg))
	r.flush(r.delivery(func(c *Config) { c.Trails = unseen{r.trails} }))
	r.check()
}

// unseen are trails that no snapshot has yet.
type unseen struct{ known }

func (u unseen) Destination(r store.Reader, trail string) (Destination, bool) {
	if _, stale := r.(*store.Snapshot); stale {
		return Destination{}, false
	}
	return u.known.Destination(r, trail)
}

func TestMetrics(t *testing.T) {
	r := newRig(t)
	d := r.delivery()
	r.append(entry(1, 1, "us-east-1", noon, toOrg), entry(2, 2, "us-east-1", noon.Add(30*time.Second), toOrg, toAccount))
	now := r.clock.Advance(2 * time.Minute)
	r.runDue(d)
	if m := d.Metrics(now); m.Lag != 2*time.Minute || m.Files != 0 {
		t.Errorf("while records wait: %+v", m)
	}
	r.buckets.refusing(func(o Object) *aws.Error {
		if o.Bucket == "account-trail" {
			return aws.Errorf(aws.AccessDenied, "no")
		}
		return nil
	})
	r.flush(d)
	m := d.Metrics(now)
	cuts := int64(1)
	if shardOf(r.journaled[0].Account) != shardOf(r.journaled[1].Account) {
		cuts = 2
	}
	size := int64(len(r.journaled[0].Record) + len(r.journaled[1].Record) + 2*(len(head)+len(tail)))
	if m.Lag != 0 || m.Files != 2 || m.Records != 2 || m.Bytes != size || m.Failures != 1 || m.Cuts != cuts || m.CutTime <= 0 {
		t.Errorf("after a flush: %+v, want 2 files of %d bytes", m, size)
	}
	if m.SpoolFiles != 1 || m.SpoolBytes == 0 {
		t.Errorf("spool: %+v", m)
	}
	r.buckets.refusing(nil)
	r.flush(d)
	if m := d.Metrics(now); m.SpoolFiles != 0 || m.SpoolBytes != 0 || m.Files != 3 {
		t.Errorf("after the bucket was mended: %+v", m)
	}
}

// A stop delivers nothing, waits for no bucket and leaves the shards to the
// next one.
func TestStopIsQuickAndLosesNothing(t *testing.T) {
	r := newRig(t)
	r.appendMany(100)
	r.clock.Advance(time.Hour)
	began := make(chan struct{}, 1000)
	d := r.delivery(func(c *Config) { c.Bucket = stuck{began} })
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		d.Run(ctx)
	}()
	<-began
	stop()
	select {
	case <-stopped:
	case <-time.After(time.Minute):
		t.Fatal("it does not stop while a bucket is slow")
	}
	r.flush(r.delivery(func(c *Config) { c.LeaseTime = time.Hour }))
	r.check()
}

// stuck is a bucket that takes nothing until the context ends.
type stuck struct{ began chan<- struct{} }

func (s stuck) PutLog(ctx context.Context, _ store.Reader, _ Object) *aws.Error {
	s.began <- struct{}{}
	<-ctx.Done()
	return aws.Errorf(aws.InternalFailure, "%v", ctx.Err())
}

func TestRunDelivers(t *testing.T) {
	r := newRig(t)
	d := r.delivery(func(c *Config) { c.Interval, c.Clock = 50*time.Millisecond, nil })
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) })
	defer running.Wait()
	defer stop()
	r.appendMany(100)
	deadline := time.Now().Add(time.Minute)
	for d.Metrics(time.Now()).Records < r.routed() {
		if time.Now().After(deadline) {
			t.Fatalf("delivered %+v", d.Metrics(time.Now()))
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	running.Wait()
	r.flush(d) // what it was about to do next
	r.check()
}

func TestReset(t *testing.T) {
	r := newRig(t)
	d := r.delivery()
	r.appendMany(30)
	r.runDue(d) // the windows are full of records that will be gone
	if err := r.store.Reset(context.Background()); err != nil {
		t.Fatal(err)
	}
	d.Reset()
	r.journaled = nil
	r.appendMany(30)
	r.flush(d)
	r.check()
}
