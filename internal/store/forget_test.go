package store

import (
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"
)

// traces counts the rows of records that were deleted.
func traces(t testing.TB, s *Store) (n int) {
	t.Helper()
	must(t, s.Read(t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRow(`SELECT count(*) FROM rec WHERE val IS NULL`).Scan(&n)
	}))
	return n
}

func TestForget(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		const n = 2*forgetStep + 11
		for i := 0; i < n; i += 500 {
			update(t, s, func(tx *Tx) {
				for j := i; j < min(i+500, n); j++ {
					counts.Put(tx, fmt.Sprint(j), &j)
				}
			})
		}
		for i := 0; i < n; i += 500 {
			update(t, s, func(tx *Tx) {
				for j := i; j < min(i+500, n); j++ {
					if j%10 > 0 {
						counts.Delete(tx, fmt.Sprint(j))
					}
				}
			})
		}
		horizon := s.View().Rev()
		update(t, s, func(tx *Tx) { counts.Delete(tx, "10") })
		before := traces(t, s)
		must(t, s.forget(t.Context(), horizon))
		if got := traces(t, s); before != n-n/10 || got != 1 {
			t.Fatalf("%d traces, then %d", before, got)
		}
		must(t, s.forget(t.Context(), horizon)) // again, and less
		must(t, s.forget(t.Context(), horizon-1))
		must(t, s.forget(t.Context(), s.View().Rev()))
		if got := traces(t, s); got != 0 {
			t.Fatalf("%d traces", got)
		}
		want := n/10 + 1 - 1
		if got := len(keys(counts.Scan(s.View(), ""))); got != want {
			t.Fatalf("%d records, want %d", got, want)
		}
		update(t, s, func(tx *Tx) { counts.Put(tx, "10", new(10)) })
		must(t, s.Close())
		s = b.open(t)
		if got := len(keys(counts.Scan(s.View(), ""))); got != want+1 {
			t.Fatalf("%d records after opening, want %d", got, want+1)
		}
	})
}

// TestForgetLoop: what is deleted leaves no trace for long, without anybody
// asking.
func TestForgetLoop(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		o := b.options()
		o.StaleAfter = 10 * time.Millisecond
		s, err := Open(t.Context(), o)
		must(t, err)
		defer s.Close()
		update(t, s, func(tx *Tx) { counts.Put(tx, "n", new(1)) })
		update(t, s, func(tx *Tx) { counts.Delete(tx, "n") })
		eventually(t, "the trace goes", func() bool { return traces(t, s) == 0 })
	})
}

// TestFollowerBehindHorizon: a replica that did not look while deletions were
// forgotten finds out what is gone all the same, by looking and by committing.
func TestFollowerBehindHorizon(t *testing.T) {
	b := postgresBench(t)
	writer := b.open(t)
	o := b.options()
	o.Poll, o.StaleAfter = time.Hour, time.Hour // it never looks by itself
	open := func() *Store {
		s, err := Open(t.Context(), o)
		must(t, err)
		t.Cleanup(func() { s.Close() })
		return s
	}
	update(t, writer, func(tx *Tx) {
		for i := range 10 {
			counts.Put(tx, fmt.Sprint(i), &i)
		}
	})
	looks, commits, close := open(), open(), open()
	update(t, writer, func(tx *Tx) {
		for i := range 5 {
			counts.Delete(tx, fmt.Sprint(i))
		}
	})
	must(t, close.refresh(t.Context())) // it has seen them
	kept := close.View().img.start
	must(t, writer.forget(t.Context(), writer.View().Rev()))
	if traces(t, writer) != 0 {
		t.Fatal("there are traces")
	}
	if n := len(keys(counts.Scan(looks.View(), ""))); n != 10 {
		t.Fatalf("it has looked: %d", n)
	}
	must(t, looks.refresh(t.Context()))
	must(t, close.refresh(t.Context()))
	seen := 0
	must(t, commits.Update(t.Context(), func(tx *Tx) error {
		seen = len(keys(counts.Scan(tx, "")))
		counts.Put(tx, "new", new(1))
		return nil
	}))
	if seen != 5 {
		t.Fatalf("a change saw %d records", seen)
	}
	must(t, looks.refresh(t.Context()))
	must(t, writer.refresh(t.Context()))
	for name, s := range map[string]*Store{"looks": looks, "commits": commits, "writer": writer} {
		if n := len(keys(counts.Scan(s.View(), ""))); n != 6 {
			t.Errorf("%s sees %d records", name, n)
		}
	}
	if close.View().img.start != kept {
		t.Error("a replica that had seen the deletions began anew")
	}
}

// TestForgetBesideReplicas: replicas that change, delete and forget at the
// same time agree in the end.
func TestForgetBesideReplicas(t *testing.T) {
	b := postgresBench(t)
	replicas := []*Store{b.open(t), b.open(t), b.open(t)}
	var wg sync.WaitGroup
	for w, s := range replicas {
		wg.Go(func() {
			for i := range 60 {
				key := fmt.Sprint((i*7 + w) % 20)
				update(t, s, func(tx *Tx) {
					if _, ok := counts.Get(tx, key); ok {
						counts.Delete(tx, key)
					} else {
						counts.Put(tx, key, &i)
					}
				})
				if i%3 == w {
					must(t, s.forget(t.Context(), s.View().Rev()))
				}
			}
		})
	}
	wg.Wait()
	var lists [3]string
	for i, s := range replicas {
		must(t, s.refresh(t.Context()))
		lists[i] = fmt.Sprint(keys(counts.Scan(s.View(), "")))
	}
	must(t, replicas[0].Close())
	fresh := fmt.Sprint(keys(counts.Scan(b.open(t).View(), "")))
	if lists[0] != lists[1] || lists[1] != lists[2] || lists[2] != fresh {
		t.Errorf("%v, in the database %s", lists, fresh)
	}
}
