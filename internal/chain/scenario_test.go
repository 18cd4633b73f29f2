package chain

import (
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/digest"
	"github.com/orgtrail/orgtrail/internal/aws"
)

const hour = time.Hour

// A trail without traffic has digests in its home region, one for each hour
// that has passed, however far the clock is moved at once.
func TestIdleTrail(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.pass(59 * time.Minute)
	r.wantWindows(owner, virginia)
	r.pass(time.Minute)
	r.wantWindows(owner, virginia, "*0-60 0")
	r.pass(3 * hour)
	r.wantWindows(owner, virginia, "*0-60 0", "60-120 0", "120-180 0", "180-240 0")
	r.wantNotices()
}

// Each account has a chain in the home region at once, and in others from the
// first file on. A file stands in the window of its delivery.
func TestOrganization(t *testing.T) {
	r := newRig(t)
	r.create("a", "o-exampleorg", alice, bob)
	r.flush()
	r.clock.Advance(10 * time.Minute)
	r.log(owner, virginia)
	r.log(alice, ireland)
	r.flush()
	r.pass(50 * time.Minute)
	r.log(alice, ireland)
	r.log(alice, virginia)
	r.pass(70 * time.Minute)
	r.wantWindows(owner, virginia, "*0-60 1", "60-120 0")
	r.wantWindows(owner, ireland)
	r.wantWindows(alice, virginia, "*0-60 0", "60-120 0")
	r.wantWindows(alice, ireland, "*10-70 1", "70-130 0")
	r.wantWindows(bob, virginia, "*0-60 0", "60-120 0")
	r.pass(hour)
	r.wantWindows(alice, ireland, "*10-70 1", "70-130 0", "130-190 1")
	r.wantNotices()
	if s := r.status("a", alice, ireland); s.Error != "" || !s.Delivered.Equal(r.clock.Now()) {
		t.Errorf("%+v", s)
	}
}

// After logging has stopped a last digest holds everything up to the stop,
// as soon as that is delivered. Logging again begins another chain.
func TestStopAndStart(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.pass(70 * time.Minute)
	r.log(owner, virginia) // the stop is the last one
	r.set("a", func(t *trail) { t.Logging = false })
	r.pass(3 * time.Minute)
	r.wantWindows(owner, virginia, "*0-60 0") // it is not delivered yet
	r.pass(3 * time.Minute)
	r.wantWindows(owner, virginia, "*0-60 0", "60-76:01 1")
	r.log(owner, virginia) // goes nowhere
	r.pass(24 * hour)
	r.wantWindows(owner, virginia, "*0-60 0", "60-76:01 1")
	r.set("a", func(t *trail) { t.Logging = true })
	r.pass(hour)
	r.wantWindows(owner, virginia, "*0-60 0", "60-76:01 1", "*1516-1576 0")
	r.wantNotices(digest.Gap)
}

// Starting again before the old chain has its end, with the signer away, ends
// it where the new one begins.
func TestRestartWhileTheSignerIsAway(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.flush()
	r.clock.Advance(10 * time.Minute)
	r.log(owner, virginia)
	r.set("a", func(t *trail) { t.Logging = false })
	r.clock.Advance(time.Minute)
	r.set("a", func(t *trail) { t.Logging = true })
	r.clock.Advance(time.Minute)
	r.deliver() // into the new chain's window
	r.pass(2 * hour)
	r.wantWindows(owner, virginia, "*0-11 0", "*11-71 1", "71-131 0")
	r.wantNotices(digest.Gap)
}

// A stop that comes while the bucket refuses is over when the spool is empty.
func TestStopWithSpool(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.flush()
	r.log(owner, virginia)
	r.buckets.refusing(denyAll)
	r.set("a", func(t *trail) { t.Logging = false })
	r.pass(6 * time.Minute)
	r.pass(2 * hour)
	r.wantWindows(owner, virginia)
	if s := r.status("a", owner, virginia); s.Error != "NoSuchBucket" || !s.Delivered.IsZero() {
		t.Errorf("%+v", s)
	}
	r.buckets.refusing(nil)
	r.flush()
	r.wantWindows(owner, virginia, "*0-60 0", "60-120 0", "120-126:01 1")
	if s := r.status("a", owner, virginia); s.Error != "" || !s.Delivered.Equal(r.clock.Now()) {
		t.Errorf("%+v", s)
	}
	r.wantNotices()
}

// What is delivered while validation is off stands nowhere.
func TestSwitchOffAndOn(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.log(owner, virginia)
	r.flush()
	r.clock.Advance(30 * time.Minute)
	r.set("a", func(t *trail) { t.Validation = false })
	r.log(owner, virginia)
	r.log(owner, ireland)
	r.flush()
	r.wantWindows(owner, virginia, "*0-30 1")
	r.pass(24 * hour)
	r.wantWindows(owner, virginia, "*0-30 1")
	r.log(owner, virginia)
	r.set("a", func(t *trail) { t.Validation = true })
	r.flush()
	r.pass(hour)
	r.wantWindows(owner, virginia, "*0-30 1", "*1470-1530 1")
	r.wantWindows(owner, ireland)
	r.wantNotices(digest.Gap, digest.LogsUnvouched)
}

// The same with the signer away all the time: the two windows end and begin
// where they would have.
func TestSwitchOffAndOnWhileTheSignerIsAway(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.log(owner, virginia)
	r.flush()
	for range 2 {
		r.clock.Advance(20*time.Minute + 500*time.Millisecond)
		r.set("a", func(t *trail) { t.Validation = false })
		r.clock.Advance(10 * time.Minute)
		r.log(owner, virginia)
		r.deliver()
		r.clock.Advance(time.Second)
		r.set("a", func(t *trail) { t.Validation = true })
		r.clock.Advance(10*time.Minute - time.Second)
		r.log(owner, virginia)
		r.deliver()
	}
	r.pass(hour)
	r.wantWindows(owner, virginia, "*0-20:01 1", "*70:02-130:02 2")
	r.check()
}

// Another bucket or another prefix does not end a chain.
func TestBucketChange(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.log(owner, virginia)
	r.flush()
	r.pass(hour)
	r.set("a", func(t *trail) { t.Bucket, t.Prefix = "archive", "some/where" })
	r.log(owner, virginia)
	r.pass(hour)
	r.pass(hour)
	r.wantWindows(owner, virginia, "*0-60 1", "60-120 0", "120-180 1")
	r.wantNotices()
}

// A trail that is made again under its name has a chain of its own, and the
// digests of the old one are found beside it.
func TestDeleteAndCreate(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.log(owner, virginia)
	r.flush()
	r.clock.Advance(10 * time.Minute)
	r.log(owner, virginia)
	r.set("a", func(t *trail) { t.Deleted = true })
	r.create("b", "")
	r.log(owner, virginia)
	r.flush()
	r.wantWindows(owner, virginia, "*0-10:01 2")
	r.pass(2 * hour)
	r.wantWindows(owner, virginia, "*0-10:01 2", "*10-70 1", "70-130 0")
	r.wantNotices(digest.Gap)
}

// Trails of one name whose digests would fall on the same second keep out of
// each other's way.
func TestSameNameSameSecond(t *testing.T) {
	r := newRig(t)
	for _, id := range []string{"a", "b", "c"} {
		r.create(id, "")
		r.log(owner, virginia)
		if id != "c" {
			r.set(id, func(t *trail) { t.Deleted = true })
		}
	}
	r.flush()
	r.pass(hour)
	r.wantWindows(owner, virginia, "*0-0:01 1", "*0-0:02 1", "*0-60 1")
	r.checkFiles()
	r.checkLinks()
}

// Conversion changes the layout and begins new chains; the way back too.
func TestConversion(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.log(owner, virginia)
	r.flush()
	r.clock.Advance(10 * time.Minute)
	r.set("a", func(t *trail) { t.Layout, t.Accounts = "o-exampleorg", []string{owner, alice} })
	r.log(owner, virginia)
	r.log(alice, virginia)
	r.flush()
	r.clock.Advance(10 * time.Minute)
	r.log(alice, virginia)
	r.set("a", func(t *trail) { t.Layout, t.Accounts = "", []string{owner} })
	r.flush()
	r.pass(hour)
	r.wantWindows(owner, virginia, "*0-10 1", "*10-20 1", "*20-80 0")
	r.wantWindows(alice, virginia, "*10-20:01 2")
	for _, s := range r.signed() {
		org := s.Start.Time().Sub(noon) == 10*time.Minute
		if org != (s.key.Organization == "o-exampleorg") {
			t.Errorf("%s in the layout of %q", s.Object, s.key.Organization)
		}
	}
	r.check()
}

// The chain of an account ends when it leaves, after what it did before, and
// another one begins when it comes back.
func TestLeaveAndJoin(t *testing.T) {
	r := newRig(t)
	r.create("a", "o-exampleorg", alice)
	r.flush()
	r.clock.Advance(10 * time.Minute)
	r.log(alice, virginia)
	r.set("a", func(t *trail) { t.Accounts = []string{owner} })
	r.flush()
	r.wantWindows(alice, virginia, "*0-10:01 1")
	r.pass(48 * hour)
	r.set("a", func(t *trail) { t.Accounts = []string{owner, alice} })
	r.log(alice, virginia)
	r.flush()
	r.pass(hour)
	r.wantWindows(alice, virginia, "*0-10:01 1", "*2890-2950 1")
	if n := len(r.windows(owner, virginia)); n != 49 {
		t.Errorf("%d digests of the owner", n)
	}
	r.wantNotices(digest.Gap)
}

// A trail that leaves a region has its last digest there.
func TestSingleRegion(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.log(owner, ireland)
	r.flush()
	r.clock.Advance(10 * time.Minute)
	r.set("a", func(t *trail) { t.MultiRegion = false })
	r.flush()
	r.wantWindows(owner, ireland, "*0-10 1")
	r.pass(2 * hour)
	r.set("a", func(t *trail) { t.MultiRegion = true })
	r.pass(hour)
	r.log(owner, ireland)
	r.flush()
	r.pass(hour)
	r.wantWindows(owner, ireland, "*0-10 1", "*190-250 1")
	r.wantNotices(digest.Gap)
}

// A run that nobody has surveyed while it lasted still has its files listed.
func TestRunThatNobodySaw(t *testing.T) {
	r := newRig(t)
	r.create("a", "o-exampleorg", alice)
	r.log(owner, ireland)
	r.log(alice, virginia)
	r.deliver()
	r.set("a", func(t *trail) { t.Deleted = true })
	r.flush()
	r.wantWindows(owner, ireland, "*0-0:01 1")
	r.wantWindows(alice, virginia, "*0-0:01 1")
	r.wantWindows(owner, virginia)
	r.wantNotices()
}

// Rows of chains, and what waits in them, end with the time that files are
// remembered.
func TestRetention(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.create("b", "")
	r.log(owner, virginia)
	r.flush()
	r.set("a", func(t *trail) { t.Deleted = true })
	r.set("b", func(t *trail) { t.Deleted, t.Bucket = true, "gone" })
	r.buckets.refusing(func(bucket, key string) *aws.Error {
		if bucket == "gone" {
			return denyAll(bucket, key)
		}
		return nil
	})
	r.flush()
	if n := r.count(`SELECT COUNT(*) FROM chain`); n != 2 {
		t.Fatalf("%d chains", n)
	}
	r.pass(29 * 24 * hour)
	if n := r.count(`SELECT COUNT(*) FROM chain WHERE wait > 0`); n != 1 {
		t.Errorf("%d chains wait", n)
	}
	r.pass(2 * 24 * hour)
	if n := r.count(`SELECT COUNT(*) FROM chain`); n != 1 {
		t.Errorf("%d chains after a month", n)
	}
	r.pass(10 * 24 * hour)
	if n := r.count(`SELECT COUNT(*) FROM chain`); n != 0 {
		t.Errorf("%d chains after forty days", n)
	}
}

// After everything was emptied, a trail of the same name starts anew.
func TestReset(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.log(owner, virginia)
	r.flush()
	r.pass(hour)
	if err := r.store.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.buckets.objects = newBuckets().objects
	r.delivery.Reset()
	r.signer.Reset()
	r.pass(hour)
	if n := r.count(`SELECT COUNT(*) FROM chain`); n != 0 || len(r.signed()) != 0 {
		t.Errorf("%d chains, %d digests", n, len(r.signed()))
	}
	r.create("a", "")
	r.flush()
	r.pass(hour)
	r.wantWindows(owner, virginia, "*120-180 0")
	r.wantNotices()
}
