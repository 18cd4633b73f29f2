package store

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
)

func TestJournal(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		var want []string
		for i := range 30 {
			id := fmt.Sprintf("e%02d", i)
			want = append(want, id, id+"x")
			must(t, s.Append(t.Context(), entry(id), entry(id+"x")))
		}
		for _, maxBytes := range []int{0, 1, 100, 1 << 20} {
			if got := readAll(t, s, journal.Cursor{}, maxBytes); !slices.Equal(got, want) {
				t.Fatalf("maxBytes %d: %v", maxBytes, got)
			}
		}
		chunks, err := s.ReadChunks(t.Context(), nil, 0)
		if must(t, err); len(chunks) != 1 || chunks[0].Writer != s.Writer() || chunks[0].Seq != 1 {
			t.Fatalf("%v", chunks)
		}
		if e := entry("e00"); !reflect.DeepEqual(chunks[0].Entries[0], e) {
			t.Fatalf("got %v, want %v", chunks[0].Entries[0], e)
		}
		// The next incarnation has a journal of its own.
		first := s.Writer()
		must(t, s.Close())
		s = b.open(t)
		must(t, s.Append(t.Context(), entry("late")))
		if s.Writer() <= first {
			t.Fatalf("writer %d after %d", s.Writer(), first)
		}
		wantIDs(t, s, append(want, "late")...)
		tail, err := s.Tail(t.Context())
		if must(t, err); !maps.Equal(tail, journal.Cursor{first: 30, s.Writer(): 1}) {
			t.Fatalf("tail %v", tail)
		}
		if got := readAll(t, s, tail, 100); len(got) != 0 {
			t.Fatalf("after the tail: %v", got)
		}
	})
}

func TestTrim(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		for i := range 300 {
			must(t, s.Append(t.Context(), entry(fmt.Sprintf("e%03d", i))))
		}
		must(t, s.Trim(t.Context(), journal.Cursor{s.Writer(): 290, 99: 5}))
		if got := readAll(t, s, journal.Cursor{}, 1<<20); len(got) != 10 || got[0] != "e290" {
			t.Fatalf("%v", got)
		}
		tail, _ := s.Tail(t.Context())
		must(t, s.Trim(t.Context(), tail))
		wantIDs(t, s, "e299") // the newest of a living writer stays
		if ws, _ := s.Writers(t.Context()); !slices.Equal(ws, []int64{s.Writer()}) {
			t.Fatalf("writers %v", ws)
		}
		old := s.Writer()
		must(t, s.Close())
		s = b.open(t)
		if ws, _ := s.Writers(t.Context()); !slices.Equal(ws, []int64{old, s.Writer()}) {
			t.Fatalf("writers %v", ws)
		}
		b.clock.advance(2 * writerGone)
		must(t, s.Trim(t.Context(), tail))
		wantIDs(t, s)
		if ws, _ := s.Writers(t.Context()); !slices.Equal(ws, []int64{s.Writer()}) {
			t.Fatalf("writers %v", ws)
		}
	})
}

func TestDamagedChunk(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		must(t, s.Append(t.Context(), entry("e")))
		must(t, s.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`UPDATE chunk SET hash = $1`, make([]byte, 32))
			return err
		}))
		if _, err := s.ReadChunks(t.Context(), nil, 100); !errors.Is(err, journal.ErrCorrupt) {
			t.Fatal(err)
		}
	})
}

func TestIntents(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		for _, id := range []string{"i1", "i2", "i3"} {
			must(t, s.OpenIntent(t.Context(), id, []byte("payload of "+id)))
		}
		must(t, s.OpenIntent(t.Context(), "empty", nil))
		if err := s.OpenIntent(t.Context(), "i1", nil); !errors.Is(err, ErrIntentOpen) {
			t.Fatal(err)
		}
		for _, id := range []string{"", "\x00", "\xff"} {
			if err := s.OpenIntent(t.Context(), id, nil); err == nil {
				t.Fatalf("an intent %q", id)
			}
			if err := s.AppendClosing(t.Context(), id); !errors.Is(err, ErrIntentClosed) {
				t.Fatal(err)
			}
		}
		must(t, s.AppendClosing(t.Context(), "i1", entry("e1")))
		if err := s.AppendClosing(t.Context(), "i1", entry("e1")); !errors.Is(err, ErrIntentClosed) {
			t.Fatal(err)
		}
		if got, err := s.Orphans(t.Context()); err != nil || len(got) != 0 {
			t.Fatalf("own intents are orphans: %v, %v", got, err)
		}
		writer := s.Writer()
		must(t, s.Close())
		s = b.open(t)
		got, err := s.Orphans(t.Context())
		want := []Intent{{"empty", writer, []byte{}}, {"i2", writer, []byte("payload of i2")}, {"i3", writer, []byte("payload of i3")}}
		for i := range got {
			if len(got[i].Payload) == 0 {
				got[i].Payload = []byte{}
			}
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%v, %v", got, err)
		}
		// Two who found the same orphan: one record.
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() { errs[i] = s.AppendClosing(t.Context(), "i2", entry("orphan")) })
		}
		wg.Wait()
		lost := 0
		for _, err := range errs {
			if errors.Is(err, ErrIntentClosed) {
				lost++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if lost != 7 {
			t.Fatalf("%d of 8 lost", lost)
		}
		wantIDs(t, s, "e1", "orphan")
	})
}

func TestLeases(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		ctx := t.Context()
		s := b.open(t)
		l, err := s.Acquire(ctx, "delivery", time.Minute)
		if must(t, err); l.Epoch != 1 || !l.Expires.Equal(b.clock.now().Add(time.Minute)) {
			t.Fatalf("%+v", l)
		}
		fenced := func(l Lease) error {
			return s.Fenced(ctx, l, func(tx *sql.Tx) error {
				_, err := tx.Exec(`INSERT INTO cut (shard, id, created, body) VALUES (1, 'c', 0, $1) ON CONFLICT (shard) DO NOTHING`, []byte{1})
				return err
			})
		}
		must(t, fenced(l))
		// Another holder.
		steal := func() { // as another process would
			must(t, s.Write(ctx, func(tx *sql.Tx) error {
				_, err := tx.Exec(`UPDATE lease SET holder = holder + 1, epoch = epoch + 1 WHERE name = 'delivery'`)
				return err
			}))
		}
		again, err := s.Acquire(ctx, "delivery", time.Minute)
		if must(t, err); again.Epoch != 2 {
			t.Fatalf("%+v", again)
		}
		if err := fenced(l); !errors.Is(err, ErrLeaseLost) {
			t.Fatalf("the epoch before is still good: %v", err)
		}
		b.clock.advance(2 * time.Minute) // expired, but nobody took it
		if again, err = s.Renew(ctx, again, time.Minute); err != nil || !again.Expires.Equal(b.clock.now().Add(time.Minute)) {
			t.Fatalf("%+v, %v", again, err)
		}
		must(t, fenced(again))
		steal()
		if _, err := s.Acquire(ctx, "delivery", time.Minute); !errors.Is(err, ErrLeaseHeld) {
			t.Fatal(err)
		}
		for name, err := range map[string]error{"fenced": fenced(again), "release": s.Release(ctx, again)} {
			if !errors.Is(err, ErrLeaseLost) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if _, err := s.Renew(ctx, again, time.Minute); !errors.Is(err, ErrLeaseLost) {
			t.Fatal(err)
		}
		b.clock.advance(2 * time.Minute)
		l, err = s.Acquire(ctx, "delivery", time.Minute)
		if must(t, err); l.Epoch != 4 {
			t.Fatalf("%+v", l)
		}
		must(t, s.Release(ctx, l))
		if err := fenced(l); !errors.Is(err, ErrLeaseLost) {
			t.Fatalf("a released lease is still good: %v", err)
		}
		if l, err = s.Acquire(ctx, "delivery", time.Minute); err != nil || l.Epoch != 5 {
			t.Fatalf("%+v, %v", l, err)
		}
		// fn's own error undoes what it did.
		mine := errors.New("mine")
		err = s.Fenced(ctx, l, func(tx *sql.Tx) error {
			if _, err := tx.Exec(`DELETE FROM cut`); err != nil {
				return err
			}
			return mine
		})
		if !errors.Is(err, mine) {
			t.Fatal(err)
		}
		must(t, s.Read(ctx, func(tx *sql.Tx) error {
			var n int
			err := tx.QueryRow(`SELECT count(*) FROM cut`).Scan(&n)
			if n != 1 {
				t.Errorf("%d cuts", n)
			}
			return err
		}))
	})
}

// TestFence: a change under a lease lands while the lease is held, and not at
// all once someone else has it; those that share its transaction do not care.
func TestFence(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		ctx := t.Context()
		s := b.open(t)
		l, err := s.Acquire(ctx, "relay", time.Minute)
		must(t, err)
		write := func(name, id string, fences ...Lease) error {
			return s.Update(ctx, func(tx *Tx) error {
				for _, l := range fences {
					tx.Fence(l)
				}
				counts.Put(tx, name, new(1))
				tx.Append(entry(id))
				tx.WriteCursor(name, 0, journal.Cursor{7: 7})
				return nil
			})
		}
		must(t, write("held", "e1", l))
		_, err = s.Acquire(ctx, "relay", time.Minute) // a holder of a later epoch
		must(t, err)
		var mates sync.WaitGroup
		for i := range 8 {
			mates.Go(func() {
				if err := write(fmt.Sprint("mate", i), fmt.Sprint("mate", i)); err != nil {
					t.Error(err)
				}
			})
			if err := write("lost", "no", l); !errors.Is(err, ErrLeaseLost) {
				t.Errorf("under a lease that was lost: %v", err)
			}
		}
		mates.Wait()
		want := []string{"e1"}
		for i := range 8 {
			want = append(want, fmt.Sprint("mate", i))
		}
		wantIDs(t, s, want...)
		if _, there := counts.Get(s.View(), "lost"); there {
			t.Error("the refused change is in the view")
		}
		must(t, s.Read(ctx, func(tx *sql.Tx) error {
			for name, want := range map[string]bool{"held": true, "mate0": true, "lost": false} {
				at, err := ReadCursor(ctx, tx, name, 0)
				if err != nil {
					return err
				}
				if at.Covers(journal.Cursor{7: 7}) != want {
					t.Errorf("the cursor of %s: %v", name, at)
				}
			}
			return nil
		}))
	})
}

func TestReadIsReadOnly(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		err := s.Read(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`DELETE FROM rec`)
			return err
		})
		if err == nil {
			t.Fatal("Read wrote")
		}
	})
}

func TestReset(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		fill := func() {
			update(t, s, func(tx *Tx) { counts.Put(tx, "n", new(1)); tx.Append(entry("e")) })
			must(t, s.OpenIntent(t.Context(), "i", nil))
			must(t, s.Write(t.Context(), func(tx *sql.Tx) error {
				_, err := tx.Exec(`INSERT INTO cursor (follower, shard, writer, seq) VALUES ('f', 1, 1, 1)`)
				return err
			}))
		}
		for range 3 {
			fill()
			old := s.View()
			must(t, s.Reset(t.Context()))
			if got := keys(counts.Scan(s.View(), "")); len(got) != 0 {
				t.Fatalf("%v", got)
			}
			if got := keys(counts.Scan(old, "")); len(got) != 1 {
				t.Fatal("a snapshot has changed")
			}
			wantIDs(t, s)
		}
		fill()
		wantIDs(t, s, "e")
		must(t, s.Reset(t.Context()))
		must(t, s.Close())
		s = b.open(t)
		if got := keys(counts.Scan(s.View(), "")); len(got) != 0 {
			t.Fatalf("%v", got)
		}
		if got, _ := s.Orphans(t.Context()); len(got) != 0 {
			t.Fatalf("%v", got)
		}
	})
}

// TestResetIsComplete names the tables that Reset must not forget.
func TestResetIsComplete(t *testing.T) {
	s := sqliteBench(t).open(t)
	kept := []string{"head", "lease", "schema_version", "writer"}
	must(t, s.Read(t.Context(), func(tx *sql.Tx) error {
		rows, err := tx.Query(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			if slices.Contains(kept, name) == slices.Contains(emptiable, name) {
				t.Errorf("table %s is emptied: %v", name, slices.Contains(emptiable, name))
			}
		}
		return rows.Err()
	}))
}

func TestNotify(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		o := b.options()
		o.Poll = time.Hour // only commits wake
		s, err := Open(t.Context(), o)
		must(t, err)
		defer s.Close()
		done := make(chan error)
		for i := range 20 {
			woken := s.Notify()
			if woken != s.Notify() {
				t.Fatal("two channels")
			}
			go func() {
				done <- s.Update(t.Context(), func(tx *Tx) error { counts.Put(tx, "n", new(i)); return nil })
			}()
			<-woken
			if n, ok := counts.Get(s.View(), "n"); !ok || *n != i {
				t.Fatalf("woken before the view shows %d", i)
			}
			must(t, <-done)
			woken = s.Notify()
			go func() { done <- s.Append(t.Context(), entry("e")) }()
			<-woken
			must(t, <-done)
		}
	})
}
