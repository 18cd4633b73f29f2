package delivery

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/journal"
)

func TestRefusedFilesWaitInTheSpool(t *testing.T) {
	r := newRig(t)
	d := r.delivery()
	e := entry(1, 1, "us-east-1", noon, toOrg, toAccount)
	r.append(e)
	r.buckets.refusing(func(o Object) *aws.Error {
		if o.Bucket == "org-trail" {
			return aws.Errorf("NoSuchBucket", "no")
		}
		return nil
	})
	r.flush(d)
	if n := tableSize(t, r.store, "spool"); n != 1 {
		t.Fatalf("%d files in the spool", n)
	}
	if s := r.status(d, e, toOrg); s != (Status{Attempted: noon, Error: "NoSuchBucket"}) {
		t.Errorf("status of the refused file: %+v", s)
	}
	if s := r.status(d, e, toAccount); s != (Status{Attempted: noon, Delivered: noon}) {
		t.Errorf("status of the file that was taken: %+v", s)
	}
	if s := r.status(d, entry(1, 1, "eu-west-1", noon), toOrg); s != (Status{}) {
		t.Errorf("status of a region without records: %+v", s)
	}

	r.buckets.refusing(nil)
	later := r.clock.Advance(time.Hour)
	r.runDue(r.delivery()) // as after a restart
	r.check()
	if s := r.status(d, e, toOrg); s != (Status{Attempted: later, Delivered: later}) {
		t.Errorf("status after the bucket was mended: %+v", s)
	}
}

func TestRetriesBackOff(t *testing.T) {
	r := newRig(t)
	d := r.delivery()
	r.append(entry(1, 1, "us-east-1", noon, toOrg), entry(2, 1, "eu-west-1", noon, toOrg))
	r.buckets.refusing(denied(aws.AccessDenied))
	r.flush(d)
	var at []time.Duration
	puts := r.buckets.puts
	for range 5 * 60 {
		now := r.clock.Advance(time.Minute)
		r.runDue(d)
		switch n := r.buckets.puts - puts; n {
		case 0:
		case 1:
			at = append(at, now.Sub(noon)/time.Minute)
		default:
			t.Fatalf("%d files tried at once of a bucket that refuses", n)
		}
		puts = r.buckets.puts
	}
	if want := []time.Duration{1, 3, 7, 15, 31, 63, 123, 183, 243}; !slices.Equal(at, want) {
		t.Errorf("tried after minutes %d, want %d", at, want)
	}

	// A file of the trail that is taken proves the bucket mended.
	r.buckets.refusing(nil)
	r.append(entry(3, 1, "us-east-1", r.clock.Now().Add(-5*time.Minute), toOrg))
	r.runDue(d)
	r.runDue(d)
	r.check()
}

func TestSpooledFilesAreTakenInOrder(t *testing.T) {
	r := newRig(t)
	d := r.delivery()
	r.buckets.refusing(denied(aws.AccessDenied))
	for n := range 3 * spoolBatch {
		r.append(entry(n, 1, "us-east-1", r.clock.Now(), toOrg))
		r.clock.Advance(5 * time.Minute)
		r.runDue(d)
	}
	var order []string
	r.buckets.refusing(func(o Object) *aws.Error {
		order = append(order, o.Key)
		return nil
	})
	r.clock.Advance(time.Hour)
	r.runDue(d)
	r.check()
	if len(order) != 3*spoolBatch || !slices.IsSorted(order) {
		t.Errorf("taken in the order %s", strings.Join(order, "\n"))
	}
}

// A policy may deny the keys of one account for ever. Those of the others
// get through.
func TestOneFolderDoesNotHoldUpTheOthers(t *testing.T) {
	r := newRig(t)
	d := r.delivery()
	const member = "000000000001"
	var mine []journal.Entry
	for n := range 6 {
		mine = append(mine, entry(n, n%3+1, "us-east-1", noon, toOrg)) // account 1 and two more
	}
	r.append(mine...)
	r.buckets.refusing(denied(aws.AccessDenied))
	r.flush(d)
	r.buckets.refusing(func(o Object) *aws.Error {
		if o.Account == member {
			return aws.Errorf(aws.AccessDenied, "no")
		}
		return nil
	})
	for range 4 {
		r.clock.Advance(time.Hour)
		r.runDue(d)
	}
	var taken []journal.Entry
	for _, e := range mine {
		if e.Account != member {
			taken = append(taken, e)
		}
	}
	checkDelivered(t, r.buckets.bodies(t), taken)
	if s := r.status(d, mine[0], toOrg); s.Error != aws.AccessDenied || !s.Delivered.IsZero() {
		t.Errorf("status of the denied account: %+v", s)
	}
	if s := r.status(d, mine[1], toOrg); s.Error != "" || s.Delivered.IsZero() {
		t.Errorf("status of another account: %+v", s)
	}
	r.buckets.refusing(nil)
	r.flush(d)
	r.check()
}

func TestSilentBucketIsNoErrorInTheStatus(t *testing.T) {
	r := newRig(t)
	d := r.delivery()
	regions := []string{"us-east-1", "eu-west-1", "eu-west-2"}
	var last journal.Entry
	appendAll := func(n int) {
		for i, region := range regions {
			last = entry(n+i, 1, region, r.clock.Now(), toOrg)
			r.append(last)
		}
	}
	appendAll(0)
	r.buckets.refusing(denied("NoSuchBucket"))
	r.flush(d)

	appendAll(10)
	now := r.clock.Advance(5 * time.Minute)
	r.buckets.refusing(denied(aws.InternalFailure))
	before := r.buckets.puts
	r.runDue(d)
	if s := r.status(d, last, toOrg); s.Error != "NoSuchBucket" || !s.Attempted.Equal(now) {
		t.Errorf("status after a time-out: %+v", s)
	}
	// At most all files of the cut are under way when the first one fails,
	// and one spooled file is tried.
	if n := r.buckets.puts - before; n < 2 || n > len(regions)+1 {
		t.Errorf("%d puts into a bucket that does not answer", n)
	}
	if n := tableSize(t, r.store, "spool"); n != 2*len(regions) {
		t.Errorf("%d files in the spool", n)
	}
	r.buckets.refusing(nil)
	r.flush(d)
	r.check()
	if s := r.status(d, last, toOrg); s.Error != "" {
		t.Errorf("status after all: %+v", s)
	}
}

func TestSpooledFileFollowsItsTrail(t *testing.T) {
	r := newRig(t)
	d := r.delivery()
	r.append(entry(1, 1, "us-east-1", noon, toOrg))
	r.buckets.refusing(denied("NoSuchBucket"))
	r.flush(d)
	r.buckets.refusing(nil)
	to := r.trails["org-trail"]
	to.Bucket, to.Prefix = "elsewhere", "org-trail"
	r.trails["org-trail"] = to
	r.flush(d)
	r.check()
	if keys := r.buckets.keys(); len(keys) != 1 || !strings.HasPrefix(keys[0], "elsewhere/org-trail/AWSLogs/o-example/") {
		t.Errorf("objects %v", keys)
	}
}

func TestSpooledFilesAreGivenUp(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*rig)
		left   int
	}{
		"after thirty days":      {func(r *rig) { r.clock.Advance(spoolTime + time.Millisecond) }, 0},
		"not before":             {func(r *rig) { r.clock.Advance(spoolTime) }, 1},
		"when the trail is gone": {func(r *rig) { delete(r.trails, "org-trail") }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			d := r.delivery()
			r.append(entry(1, 1, "us-east-1", noon, toOrg))
			r.buckets.refusing(denied(aws.AccessDenied))
			r.flush(d)
			tt.change(r)
			r.flush(d)
			m := d.Metrics(noon)
			if n := tableSize(t, r.store, "spool"); n != tt.left || m.GivenUp != int64(1-tt.left) || m.SpoolFiles != int64(tt.left) {
				t.Errorf("%d files in the spool, metrics %+v", n, m)
			}
			if len(r.buckets.keys()) != 0 {
				t.Error("the bucket took what it refuses")
			}
		})
	}
}
