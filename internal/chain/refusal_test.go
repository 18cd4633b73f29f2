package chain

import (
	"slices"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/digest"
	"github.com/orgtrail/orgtrail/internal/aws"
)

// While a bucket refuses, digests wait in their order, and all of them come
// when it is mended.
func TestRefusedAndMended(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.flush()
	r.buckets.refusing(denyDigests)
	for range 3 {
		r.log(owner, virginia)
		r.pass(hour)
	}
	r.wantWindows(owner, virginia)
	if s := r.status("a", owner, virginia); s.Error != aws.AccessDenied || !s.Delivered.IsZero() {
		t.Errorf("%+v", s)
	}
	r.buckets.refusing(nil)
	r.flush()
	r.wantWindows(owner, virginia, "*0-60 0", "60-120 1", "120-180 1")
	if !slices.IsSorted(r.buckets.digests) {
		t.Errorf("put in the order %q", r.buckets.digests)
	}
	if s := r.status("a", owner, virginia); s.Error != "" || !s.Delivered.Equal(r.clock.Now()) {
		t.Errorf("%+v", s)
	}
	r.pass(hour)
	r.wantNotices()
}

// The pause between two attempts doubles up to an hour, and ends by itself
// when the bucket takes the digest.
func TestRetries(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.flush()
	tries := 0
	r.buckets.refusing(func(_, _ string) *aws.Error {
		tries++
		return aws.Errorf(aws.AccessDenied, "no")
	})
	r.pass(hour)
	var minutes []int
	for m := range 300 {
		before := tries
		r.pass(time.Minute)
		if tries > before {
			minutes = append(minutes, m+1)
		}
	}
	if want := []int{1, 3, 7, 15, 31, 63, 123, 183, 243}; !slices.Equal(minutes, want) {
		t.Errorf("tried again after %v minutes, want %v", minutes, want)
	}
	r.buckets.refusing(nil)
	r.pass(hour)
	if n := len(r.windows(owner, virginia)); n != 7 {
		t.Errorf("%d digests", n)
	}
	if n := r.count(`SELECT COUNT(*) FROM chain WHERE wait > 0`); n != 0 {
		t.Errorf("%d chains wait", n)
	}
	r.wantNotices()
}

// A bucket that does not answer is asked once for all digests that are due,
// and does not show in the status.
func TestSilentBucket(t *testing.T) {
	r := newRig(t)
	r.create("a", "o-exampleorg", alice, bob)
	r.create("b", "")
	r.set("b", func(t *trail) { t.Bucket, t.Name = "other", "u" })
	r.flush()
	var logs int
	r.buckets.refusing(func(bucket, _ string) *aws.Error {
		if bucket == "other" {
			return nil
		}
		logs++
		return aws.Errorf(aws.InternalFailure, "no answer")
	})
	r.signer.puts = 1
	r.pass(hour)
	if logs != 1 {
		t.Errorf("asked %d times", logs)
	}
	if s := r.status("a", alice, virginia); s != (Status{}) {
		t.Errorf("%+v", s)
	}
	if s := r.status("b", owner, virginia); s.Delivered.IsZero() {
		t.Errorf("%+v", s)
	}
	if m := r.signer.Metrics(); m.Digests != 1 || m.Failures != 3 {
		t.Errorf("%+v", m)
	}
	r.buckets.refusing(nil)
	r.flush()
	r.wantNotices()
}

// A refused digest goes to the trail's new bucket when it gets one, with all
// that it lists.
func TestMendedByAnotherBucket(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.log(owner, virginia)
	r.flush()
	r.pass(hour)
	r.log(owner, virginia)
	r.flush()
	r.buckets.refusing(func(bucket, key string) *aws.Error {
		if bucket == "logs" {
			return denyDigests(bucket, key)
		}
		return nil
	})
	r.pass(2 * hour)
	r.wantWindows(owner, virginia, "*0-60 1")
	r.set("a", func(t *trail) { t.Bucket = "better" })
	r.flush()
	r.wantWindows(owner, virginia, "*0-60 1", "60-120 1", "120-180 0")
	for _, s := range r.signed() {
		if want := map[bool]string{true: "logs", false: "better"}[s.Previous == (digest.Link{})]; s.Bucket != want {
			t.Errorf("%s in %s", s.Object, s.Bucket)
		}
	}
	r.wantNotices()
}

// A chain that waits for its bucket lets the next one of its place wait too,
// and nothing gets out of order.
func TestRestartWhileRefused(t *testing.T) {
	r := newRig(t)
	r.create("a", "")
	r.flush()
	r.buckets.refusing(denyDigests)
	for range 3 {
		r.log(owner, virginia)
		r.pass(50 * time.Minute)
		r.set("a", func(t *trail) { t.Logging = false })
		r.flush()
		r.pass(10 * time.Minute)
		r.set("a", func(t *trail) { t.Logging = true })
		r.flush()
	}
	r.wantWindows(owner, virginia)
	r.buckets.refusing(nil)
	r.flush()
	r.wantWindows(owner, virginia, "*0-50:01 1", "*60-110:01 1", "*120-170:01 1")
	if !slices.IsSorted(r.buckets.digests) {
		t.Errorf("put in the order %q", r.buckets.digests)
	}
	r.pass(hour)
	r.wantNotices(digest.Gap)
}
