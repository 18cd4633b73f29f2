package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
)

func TestChangeAndReopen(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		before := s.View()
		update(t, s, func(tx *Tx) {
			accounts.Put(tx, "a", &account{Name: "A", Org: "o-1", Tags: []string{"x", "y"}})
			accounts.Put(tx, "b", &account{Name: "B", Org: "o-1"})
			accounts.Put(tx, "c", &account{Name: "C", Org: "o-2", Tags: []string{"x"}})
			tx.Append(entry("e1"))
		})
		update(t, s, func(tx *Tx) {
			accounts.Delete(tx, "b")
			accounts.Delete(tx, "nobody")
			accounts.Put(tx, "c", &account{Name: "C2", Org: "o-1"})
			counts.Put(tx, "n", new(7))
		})
		check := func(s *Store) {
			t.Helper()
			v := s.View()
			if a, ok := accounts.Get(v, "a"); !ok || a.Name != "A" {
				t.Fatalf("a = %v, %v", a, ok)
			}
			if _, ok := accounts.Get(v, "b"); ok {
				t.Fatal("b is still there")
			}
			for _, c := range []struct {
				got  iter.Seq2[string, *account]
				want []string
			}{
				{accounts.Scan(v, ""), []string{"a", "c"}},
				{accounts.Scan(v, "c"), []string{"c"}},
				{accounts.ScanAfter(v, "", "a"), []string{"c"}},
				{accounts.By(v, "org", "o-1"), []string{"a", "c"}},
				{accounts.ByAfter(v, "org", "o-1", "a"), []string{"c"}},
				{accounts.By(v, "org", "o-2"), []string{}},
				{accounts.By(v, "tag", "x"), []string{"a"}},
				{accounts.By(v, "tag", "y"), []string{"a"}},
			} {
				if got := keys(c.got); !slices.Equal(got, c.want) {
					t.Fatalf("got %v, want %v", got, c.want)
				}
			}
			if n, ok := counts.Get(v, "n"); !ok || *n != 7 {
				t.Fatalf("n = %v, %v", n, ok)
			}
		}
		check(s)
		if len(keys(accounts.Scan(before, ""))) != 0 {
			t.Fatal("an old snapshot has changed")
		}
		rev := s.View().Rev()
		must(t, s.Close())
		s = b.open(t)
		check(s)
		if s.View().Rev() < rev {
			t.Fatalf("revision %d after %d", s.View().Rev(), rev)
		}
		wantIDs(t, s, "e1")
	})
}

func TestFailedChangeChangesNothing(t *testing.T) {
	mine := errors.New("mine")
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		update(t, s, func(tx *Tx) { counts.Put(tx, "n", new(1)) })
		rev := s.View().Rev()
		for name, c := range map[string]struct {
			fn   func(*Tx) error
			want string
		}{
			"error":      {func(tx *Tx) error { return mine }, "mine"},
			"panic":      {func(tx *Tx) error { panic("ouch") }, "panicked: ouch"},
			"bad value":  {func(tx *Tx) error { oddity.Put(tx, "k", new(func() {})); return nil }, "cannot be encoded"},
			"nil value":  {func(tx *Tx) error { counts.Put(tx, "k", nil); return nil }, "nil"},
			"NUL in key": {func(tx *Tx) error { counts.Put(tx, "a\x00b", new(1)); return nil }, "UTF-8"},
			"bad UTF-8":  {func(tx *Tx) error { counts.Put(tx, "a\xff", new(1)); return nil }, "UTF-8"},
			"too much":   {func(tx *Tx) error { tx.Append(journal.Entry{Record: make([]byte, requestBytes)}); return nil }, "exceed"},
			"bad index":  {func(tx *Tx) error { keys(accounts.By(tx, "no", "x")); return nil }, "no index"},
			"after put":  {func(tx *Tx) error { accounts.Put(tx, "x", &account{}); return mine }, "mine"},
			"after loop": {func(tx *Tx) error { keys(counts.Scan(tx, "")); return mine }, "mine"},
		} {
			err := s.Update(t.Context(), func(tx *Tx) error {
				counts.Put(tx, "n", new(2))
				counts.Put(tx, "m", new(2))
				tx.Append(entry("no"))
				return c.fn(tx)
			})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%s: %v", name, err)
			}
			if n, _ := counts.Get(s.View(), "n"); *n != 1 || len(keys(counts.Scan(s.View(), ""))) != 1 {
				t.Fatalf("%s: something has changed", name)
			}
		}
		if s.View().Rev() != rev {
			t.Fatal("a failed change made a revision")
		}
		if err := s.Append(t.Context(), journal.Entry{Record: make([]byte, requestBytes)}); !errors.Is(err, journal.ErrTooLarge) {
			t.Fatal(err)
		}
		must(t, s.Append(t.Context())) // nothing is durable at once
		wantIDs(t, s)
	})
}

// TestBatchMates puts updates and appends that succeed and fail into the same
// batches.
func TestBatchMates(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		var want []string
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				id := fmt.Sprintf("e%02d", i)
				var err error
				switch i % 4 {
				case 0:
					err = s.Append(t.Context(), entry(id))
				case 1, 2:
					err = s.Update(t.Context(), func(tx *Tx) error {
						n, ok := counts.Get(tx, "n")
						if !ok {
							n = new(0)
						}
						counts.Put(tx, "n", new(*n+1))
						counts.Put(tx, id, n)
						tx.Append(entry(id))
						if i%4 == 2 {
							return errors.New("no")
						}
						return nil
					})
				case 3:
					err = s.AppendClosing(t.Context(), "no such intent", entry(id))
				}
				if failed := i%4 >= 2; failed != (err != nil) {
					t.Errorf("%d: %v", i, err)
				}
				if err == nil {
					mu.Lock()
					want = append(want, id)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		wantIDs(t, s, want...)
		if n, _ := counts.Get(s.View(), "n"); *n != 16 {
			t.Fatalf("n = %d", *n)
		}
		if got := len(keys(counts.Scan(s.View(), ""))); got != 17 {
			t.Fatalf("%d counts", got)
		}
		m := s.Metrics()
		if m.Requests != 32 || m.Entries != 32 || m.Commits > 32 || m.Wait <= 0 || m.Queued != 0 || m.ChunkBytes == 0 {
			t.Fatalf("metrics: %+v", m)
		}
	})
}

// TestBigBatch passes the bounds of a batch in the middle of updates.
func TestBigBatch(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		var wg sync.WaitGroup
		var want []string
		for i := range 40 {
			id := fmt.Sprintf("e%02d", i)
			want = append(want, id)
			wg.Go(func() {
				err := s.Update(t.Context(), func(tx *Tx) error {
					e := entry(id)
					e.Record = slices.Repeat([]byte("x"), batchBytes/3)
					tx.Append(e)
					counts.Put(tx, id, new(i))
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		wantIDs(t, s, want...)
		if got := len(keys(counts.Scan(s.View(), ""))); got != 40 {
			t.Fatalf("%d counts", got)
		}
		if got := s.Metrics().Commits; got < 10 {
			t.Fatalf("%d commits of 4 MiB at most", got)
		}
	})
}

func TestWritesInLoops(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		update(t, s, func(tx *Tx) {
			for i := range 500 {
				accounts.Put(tx, fmt.Sprintf("k%03d", i), &account{Org: "o"})
			}
		})
		update(t, s, func(tx *Tx) {
			seen := 0
			for k := range accounts.Scan(tx, "") {
				seen++
				accounts.Delete(tx, k)
				accounts.Put(tx, "new"+k, &account{Org: "p"})
			}
			if seen != 500 || len(keys(accounts.By(tx, "org", "o"))) != 0 || len(keys(accounts.Scan(tx, "new"))) != 500 {
				t.Errorf("saw %d", seen)
			}
			for k := range accounts.By(tx, "org", "p") {
				accounts.Put(tx, k, &account{Org: "q"})
			}
		})
		if got := len(keys(accounts.By(s.View(), "org", "q"))); got != 500 {
			t.Fatalf("%d", got)
		}
	})
}

// stall blocks commits until the returned function is called.
func stall(t *testing.T, s *Store) (release func()) {
	t.Helper()
	began, end := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- s.Update(context.Background(), func(*Tx) error {
			close(began)
			<-end
			return nil
		})
	}()
	<-began
	return func() { close(end); must(t, <-done) }
}

func queuedUp(s *Store, n int) {
	for s.Metrics().Queued < n {
		time.Sleep(time.Millisecond)
	}
}

func TestCancel(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		release := stall(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() { left <- s.Append(ctx, entry("withdrawn")) }()
		queuedUp(s, 1)
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		release()
		// Once it is taken, the outcome is waited for.
		ctx, cancel = context.WithCancel(t.Context())
		must(t, s.Update(ctx, func(tx *Tx) error {
			cancel()
			tx.Append(entry("taken"))
			return nil
		}))
		if err := s.Append(ctx, entry("dead")); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		wantIDs(t, s, "taken")
	})
}

func TestCloseFinishesTheQueue(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		release := stall(t, s)
		const n = 50
		var want []string
		errs := make(chan error, n)
		for i := range n {
			id := fmt.Sprintf("e%02d", i)
			want = append(want, id)
			go func() { errs <- s.Append(context.Background(), entry(id)) }()
		}
		queuedUp(s, n)
		closed := make(chan error)
		go func() { closed <- s.Close() }()
		<-s.closing.Done()
		release()
		must(t, <-closed)
		for range n {
			must(t, <-errs)
		}
		for name, err := range map[string]error{
			"append": s.Append(t.Context(), entry("late")),
			"update": s.Update(t.Context(), func(*Tx) error { return nil }),
		} {
			if !errors.Is(err, ErrClosed) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		must(t, s.Close())
		wantIDs(t, b.open(t), want...)
	})
}

func TestGoexitInUpdate(t *testing.T) {
	s := sqliteBench(t).open(t)
	err := s.Update(t.Context(), func(tx *Tx) error {
		counts.Put(tx, "n", new(1))
		// What t.FailNow does, in the wrong goroutine.
		runtime.Goexit()
		return nil
	})
	if !errors.Is(err, errGoexit) {
		t.Fatal(err)
	}
	must(t, s.Append(t.Context(), entry("e")))
	if _, ok := counts.Get(s.View(), "n"); ok {
		t.Fatal("changed")
	}
	must(t, s.Close())
}

func TestNewerSchema(t *testing.T) {
	files, err := migrations.ReadDir("migrations")
	must(t, err)
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		must(t, s.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`UPDATE schema_version SET version = 1000`)
			return err
		}))
		must(t, s.Close())
		_, err := Open(t.Context(), b.options())
		if err == nil || !strings.Contains(err.Error(), "version 1000") || !strings.Contains(err.Error(), fmt.Sprint("up to ", len(files))) {
			t.Fatal(err)
		}
	})
}

func TestUndecodableRecord(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		update(t, s, func(tx *Tx) { accounts.Put(tx, "a", &account{}) })
		must(t, s.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`UPDATE rec SET kind = 'test.unknown'`)
			return err
		}))
		must(t, s.Close())
		s = b.open(t) // a kind of another program is left alone
		must(t, s.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`UPDATE rec SET kind = 'test.account', val = $1`, []byte("{"))
			return err
		}))
		must(t, s.Close())
		if _, err := Open(t.Context(), b.options()); err == nil || !strings.Contains(err.Error(), `test.account "a"`) {
			t.Fatal(err)
		}
	})
}

func TestEngine(t *testing.T) {
	if e := sqliteBench(t).open(t).Engine(); !strings.HasPrefix(e, "SQLite 3.") {
		t.Error(e)
	}
	if e := postgresBench(t).open(t).Engine(); !strings.HasPrefix(e, "PostgreSQL 1") || strings.Contains(e, "(") {
		t.Error(e)
	}
}
