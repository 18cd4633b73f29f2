package delivery

import (
	"context"
	"testing"
	"time"
)

func TestJournalIsTrimmed(t *testing.T) {
	r := newRig(t)
	d := r.delivery()
	r.appendMany(200)
	r.runDue(d)
	chunks := tableSize(t, r.store, "chunk")
	r.clock.Advance(trimEvery)
	r.runDue(d)
	if n := tableSize(t, r.store, "chunk"); n != chunks {
		t.Errorf("%d chunks of %d are left although none was delivered", n, chunks)
	}
	r.clock.Advance(5 * time.Minute)
	r.runDue(d) // delivers, in some shards after the first one has trimmed
	r.clock.Advance(trimEvery)
	r.runDue(d)
	if n := tableSize(t, r.store, "chunk"); n != 1 { // a living writer keeps its newest one
		t.Errorf("%d chunks are left after all were delivered", n)
	}
	r.check()
}

func TestAnotherFollowerKeepsItsChunks(t *testing.T) {
	r := newRig(t)
	d := r.delivery()
	r.otherFollower(0, 0)
	r.appendMany(70)
	deliver := func() {
		for range 2 {
			r.clock.Advance(5 * time.Minute)
			r.runDue(d)
		}
	}
	deliver()
	if n := tableSize(t, r.store, "chunk"); n != 10 {
		t.Errorf("%d chunks are left of 10 that a follower has not read", n)
	}
	tail, err := r.store.Tail(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for writer, seq := range tail {
		r.otherFollower(writer, seq-3)
	}
	deliver()
	if n := tableSize(t, r.store, "chunk"); n != 3 {
		t.Errorf("%d chunks are left of 3 that a follower has not read", n)
	}
}

func TestCursorsOfDeadWritersGo(t *testing.T) {
	r := newRig(t)
	for range 3 {
		r.appendMany(20)
		r.flush(r.delivery())
		r.reopen()
	}
	d := r.delivery()
	for range 2 {
		r.clock.Advance(trimEvery)
		r.flush(d)
	}
	if n := tableSize(t, r.store, "cursor"); n != 0 {
		t.Errorf("%d cursors are left of writers that are gone", n)
	}
	r.appendMany(20)
	r.flush(d)
	r.check()
}

func TestManifestIsKeptForFortyDays(t *testing.T) {
	r := newRig(t)
	d := r.delivery()
	r.append(entry(1, 1, "us-east-1", noon, toOrg))
	r.flush(d)
	for _, tt := range []struct {
		wait time.Duration
		rows int
	}{{manifestTime, 1}, {trimEvery, 0}} {
		r.clock.Advance(tt.wait)
		r.runDue(d)
		if n := tableSize(t, r.store, "manifest"); n != tt.rows {
			t.Errorf("%d rows %v after the delivery", n, tt.wait)
		}
	}
}
