package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store/postgrestest"
)

// eventually waits for what another goroutine brings about.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestReplicas lets three replicas change the same records, with and without
// conflicts that the server answers with 40001.
func TestReplicas(t *testing.T) {
	for _, level := range []string{"read committed", "serializable"} {
		t.Run(level, func(t *testing.T) {
			b := postgresBench(t)
			b.url += "&default_transaction_isolation=" + url.PathEscape(level)
			testReplicas(t, b)
		})
	}
}

func testReplicas(t *testing.T, b bench) {
	const each = 100
	var all []*Store
	var opening sync.WaitGroup
	var mu sync.Mutex
	for range 3 { // at once, on a database without a schema
		opening.Go(func() {
			s := b.open(t)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, s)
		})
	}
	opening.Wait()
	var work sync.WaitGroup
	for r, s := range all {
		for w := range 4 {
			work.Go(func() {
				last := int64(0)
				for i := range each {
					err := s.Update(t.Context(), func(tx *Tx) error {
						n, ok := counts.Get(tx, "n")
						if !ok {
							n = new(0)
						}
						counts.Put(tx, "n", new(*n+1))
						tx.Append(entry(fmt.Sprintf("e%d-%d-%d", r, w, i)))
						key := fmt.Sprint("k", *n%5)
						if _, ok := accounts.Get(tx, key); ok {
							accounts.Delete(tx, key)
						} else {
							accounts.Put(tx, key, &account{Org: fmt.Sprint("o", *n%3)})
						}
						return nil
					})
					if err != nil {
						t.Error(err)
						return
					}
					rev := s.View().Rev()
					if rev < last {
						t.Errorf("revision %d after %d", rev, last)
					}
					last = rev
					if i%10 == 0 {
						if err := s.Append(t.Context(), entry(fmt.Sprintf("a%d-%d-%d", r, w, i))); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
	}
	work.Wait()
	for _, s := range all {
		eventually(t, "all changes are followed", func() bool {
			n, ok := counts.Get(s.View(), "n")
			return ok && *n == 3*4*each
		})
	}
	fresh := b.open(t)
	for _, s := range append(all, fresh) {
		want := model{}
		for k, a := range accounts.Scan(fresh.View(), "") {
			want[k] = *a
		}
		if d := want.differ(s.View()); d != "" {
			t.Fatal(d)
		}
		must(t, s.Healthy())
		if ids := readAll(t, s, journal.Cursor{}, 1<<20); len(ids) != 3*4*(each+each/10) {
			t.Fatalf("%d entries", len(ids))
		}
	}
}

func TestReplicaWakes(t *testing.T) {
	b := postgresBench(t)
	one, two := b.open(t), b.open(t)
	woken := two.Notify()
	update(t, one, func(tx *Tx) { counts.Put(tx, "n", new(5)) })
	<-woken
	if n, ok := counts.Get(two.View(), "n"); !ok || *n != 5 {
		t.Fatal("woken too early")
	}
	// Tombstones and emptying reach the others too.
	update(t, one, func(tx *Tx) { counts.Delete(tx, "n"); counts.Put(tx, "m", new(1)) })
	eventually(t, "the deletion is followed", func() bool {
		_, n := counts.Get(two.View(), "n")
		_, m := counts.Get(two.View(), "m")
		return !n && m
	})
	must(t, one.Reset(t.Context()))
	eventually(t, "the reset is followed", func() bool { return len(keys(counts.Scan(two.View(), ""))) == 0 })
	update(t, two, func(tx *Tx) { counts.Put(tx, "after", new(1)) })
	eventually(t, "changes after the reset are followed", func() bool { _, ok := counts.Get(one.View(), "after"); return ok })
	if got := keys(counts.Scan(one.View(), "")); len(got) != 1 {
		t.Fatalf("%v", got)
	}
}

// TestOrphansOfTheLiving: an intent is an orphan only once its process has
// not said for some time that it is alive, or has said that it ends.
func TestOrphansOfTheLiving(t *testing.T) {
	b := postgresBench(t)
	one, two, three := b.open(t), b.open(t), b.open(t)
	must(t, one.OpenIntent(t.Context(), "i1", nil))
	must(t, three.OpenIntent(t.Context(), "i3", nil))
	orphans := func(s *Store) (ids []string) {
		found, err := s.Orphans(t.Context())
		must(t, err)
		for _, i := range found {
			ids = append(ids, i.ID)
		}
		return ids
	}
	if got := orphans(two); len(got) != 0 {
		t.Fatalf("%v", got)
	}
	must(t, three.Close())
	if got := orphans(two); fmt.Sprint(got) != "[i3]" {
		t.Fatalf("%v", got)
	}
	b.clock.advance(writerTTL + time.Second)
	if got := orphans(two); fmt.Sprint(got) != "[i1 i3]" {
		t.Fatalf("%v", got)
	}
	must(t, two.AppendClosing(t.Context(), "i1", entry("incomplete")))
	if err := one.AppendClosing(t.Context(), "i1", entry("late")); !errors.Is(err, ErrIntentClosed) {
		t.Fatal(err)
	}
	wantIDs(t, one, "incomplete")
}

func TestLeasesOfReplicas(t *testing.T) {
	b := postgresBench(t)
	ctx := t.Context()
	one, two := b.open(t), b.open(t)
	l, err := one.Acquire(ctx, "x", time.Minute)
	must(t, err)
	if _, err := two.Acquire(ctx, "x", time.Minute); !errors.Is(err, ErrLeaseHeld) {
		t.Fatal(err)
	}
	b.clock.advance(time.Hour)
	// While a fenced transaction runs nobody can take the lease, though it
	// has expired.
	taken := make(chan error, 1)
	must(t, one.Fenced(ctx, l, func(tx *sql.Tx) error {
		go func() {
			_, err := two.Acquire(ctx, "x", time.Minute)
			taken <- err
		}()
		select {
		case err := <-taken:
			t.Errorf("taken during the transaction: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
		return nil
	}))
	must(t, <-taken)
	if err := one.Fenced(ctx, l, func(*sql.Tx) error { return nil }); !errors.Is(err, ErrLeaseLost) {
		t.Fatal(err)
	}
}

// TestServerAway: a replica that cannot follow says so, fails commits after
// its patience, and recovers by itself.
func TestServerAway(t *testing.T) {
	server := postgrestest.Start(t)
	b := bench{server.Database(t), &clock{t: time.Unix(1, 0)}}
	o := b.options()
	o.StaleAfter, o.Patience = 300*time.Millisecond, 500*time.Millisecond
	s, err := Open(t.Context(), o)
	must(t, err)
	defer s.Close()
	update(t, s, func(tx *Tx) { counts.Put(tx, "n", new(1)) })
	eventually(t, "it is healthy", func() bool { return s.Healthy() == nil })
	server.Stop(t, false)
	if err := s.Append(t.Context(), entry("lost")); err == nil {
		t.Fatal("appended to nothing")
	} else if errors.Is(err, ErrUnknown) {
		t.Fatalf("COMMIT was never sent: %v", err)
	}
	eventually(t, "it is unhealthy", func() bool { return s.Healthy() != nil })
	if err := s.Healthy(); !strings.Contains(err.Error(), "followed") {
		t.Fatal(err)
	}
	server.Restart(t)
	eventually(t, "it is healthy again", func() bool { return s.Healthy() == nil })
	must(t, s.Append(t.Context(), entry("back")))
	wantIDs(t, s, "back")
	// A short absence is waited for.
	o.Patience = time.Minute
	must(t, s.Close())
	s, err = Open(t.Context(), o)
	must(t, err)
	server.Stop(t, true)
	done := make(chan error, 1)
	go func() { done <- s.Append(context.Background(), entry("patient")) }()
	server.Restart(t)
	must(t, <-done)
	wantIDs(t, s, "back", "patient")
}

func TestRefusedServers(t *testing.T) {
	b := postgresBench(t)
	name := b.url[strings.LastIndex(b.url, "/test")+1 : strings.Index(b.url, "?")]
	must(t, b.open(t).Write(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`ALTER DATABASE ` + name + ` SET synchronous_commit = off`)
		return err
	}))
	for at, want := range map[string]string{
		b.url:                                "synchronous_commit = off",
		"postgres://u:sesame@127.0.0.1:1/db": `cannot use the database "db" at 127.0.0.1:1`,
		"postgres://u:sesame@%zz/db":         "database URL",
	} {
		o := b.options()
		o.URL = at
		_, err := Open(t.Context(), o)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", at, err)
			continue
		}
		if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v", at, err)
		}
	}
	for _, c := range []struct {
		fsync, commit, standbys string
		ok                      bool
	}{
		{"on", "on", "", true}, {"on", "remote_apply", "a", true}, {"on", "local", "", true}, {"", "", "", true},
		{"off", "on", "", false}, {"on", "off", "", false}, {"on", "local", "a", false},
	} {
		if err := durable(c.fsync, c.commit, c.standbys); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c, err)
		}
	}
	o := b.options()
	o.URL = "/no/such/directory/x.db"
	if _, err := Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), o.URL) {
		t.Error(err)
	}
}
