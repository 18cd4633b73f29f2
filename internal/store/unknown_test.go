package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/store/postgrestest"
)

// What a proxy does with the next COMMIT, once.
const (
	pass        int32 = iota
	loseAnswer        // the server commits, the answer never arrives
	loseCommit        // the server never hears of it
	delayCommit       // the connection is lost, the server hears of it later
)

// proxy stands between the store and PostgreSQL and loses things.
type proxy struct {
	server, dir string
	next        atomic.Int32
	down        atomic.Bool // refuse connections
}

func newProxy(t *testing.T, dbURL string) (p *proxy, through string) {
	t.Helper()
	u, err := url.Parse(dbURL)
	must(t, err)
	dir, err := os.MkdirTemp("/tmp", "otpx")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	const socket = ".s.PGSQL.5432"
	p = &proxy{server: filepath.Join(u.Query().Get("host"), socket), dir: dir}
	l, err := net.Listen("unix", filepath.Join(dir, socket))
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	u.RawQuery = url.Values{"host": {dir}}.Encode()
	return p, u.String()
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	if p.down.Load() {
		return
	}
	server, err := net.Dial("unix", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	var muted atomic.Bool
	go func() { // what the server says
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			if muted.Load() || err != nil {
				client.Close()
				return
			}
			client.Write(buf[:n])
		}
	}()
	buf := make([]byte, 8<<20)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if bytes.Contains(buf[:n], []byte("commit\x00")) {
			switch p.next.Swap(pass) {
			case loseAnswer:
				muted.Store(true)
			case loseCommit:
				return
			case delayCommit:
				client.Close()
				time.Sleep(300 * time.Millisecond)
				muted.Store(true)
				server.Write(buf[:n])
				time.Sleep(300 * time.Millisecond)
				return
			}
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

// TestLostCommits loses the answer to a COMMIT in every way, under every kind
// of request, and asks for exactly one effect.
func TestLostCommits(t *testing.T) {
	b := postgresBench(t)
	direct := b.open(t)
	p, through := newProxy(t, b.url)
	o := b.options()
	o.URL, o.Poll = through, time.Hour // nothing else commits
	s, err := Open(t.Context(), o)
	must(t, err)
	defer s.Close()
	var want []string
	sum := 0
	for mode, name := range map[int32]string{loseAnswer: "answer", loseCommit: "request", delayCommit: "delay"} {
		id := func(kind string) string {
			want = append(want, kind+name)
			return kind + name
		}
		lose := func(do func() error) {
			t.Helper()
			unknown := s.Metrics().Unknown
			p.next.Store(mode)
			if err := do(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if s.Metrics().Unknown != unknown+1 {
				t.Fatalf("%s: %d commits were lost", name, s.Metrics().Unknown-unknown)
			}
			must(t, s.Append(t.Context(), entry(id("after"+fmt.Sprint(len(want))))))
		}
		lose(func() error { return s.Append(t.Context(), entry(id("append"))) })
		lose(func() error {
			return s.Update(t.Context(), func(tx *Tx) error {
				n, ok := counts.Get(tx, "n")
				if !ok {
					n = new(0)
				}
				counts.Put(tx, "n", new(*n+1))
				return nil
			})
		})
		sum++
		lose(func() error { return s.OpenIntent(t.Context(), "i"+name, nil) })
		lose(func() error { return s.AppendClosing(t.Context(), "i"+name, entry(id("closing"))) })
		if n, _ := counts.Get(s.View(), "n"); *n != sum {
			t.Fatalf("%s: n = %d, want %d", name, *n, sum)
		}
	}
	wantIDs(t, direct, want...)
	eventually(t, "the change is followed", func() bool { n, ok := counts.Get(direct.View(), "n"); return ok && *n == sum })
}

// TestUnknown loses the answer and then the server for longer than callers
// are kept waiting: they get ErrUnknown, and nothing is committed until the
// truth is known.
func TestUnknown(t *testing.T) {
	for mode, happened := range map[int32]bool{loseAnswer: true, loseCommit: false} {
		b := postgresBench(t)
		p, through := newProxy(t, b.url)
		o := b.options()
		o.URL, o.Poll, o.StaleAfter, o.Patience = through, time.Hour, time.Hour, 300*time.Millisecond
		s, err := Open(t.Context(), o)
		must(t, err)
		defer s.Close()
		p.next.Store(mode)
		p.down.Store(true)
		err = s.Update(t.Context(), func(tx *Tx) error {
			counts.Put(tx, "n", new(1))
			tx.Append(entry("lost"))
			return nil
		})
		if !errors.Is(err, ErrUnknown) {
			t.Fatal(err)
		}
		if err := s.Healthy(); !errors.Is(err, ErrUnknown) {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := s.Append(ctx, entry("refused")); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		cancel()
		p.down.Store(false)
		must(t, s.Append(t.Context(), entry("later")))
		must(t, s.Healthy())
		_, there := counts.Get(s.View(), "n")
		if there != happened {
			t.Fatalf("the change is there: %v", there)
		}
		want := []string{"later"}
		if happened {
			want = append(want, "lost")
		}
		wantIDs(t, s, want...)
		// The change is, or is not, in the database as in the view.
		must(t, s.Close())
		_, there = counts.Get(b.open(t).View(), "n")
		if there != happened {
			t.Fatalf("after reopening the change is there: %v", there)
		}
	}
}

// TestCloseWithUnknown: closing does not wait for a server that is gone.
func TestCloseWithUnknown(t *testing.T) {
	b := postgresBench(t)
	p, through := newProxy(t, b.url)
	o := b.options()
	o.URL, o.Poll = through, time.Hour
	s, err := Open(t.Context(), o)
	must(t, err)
	p.next.Store(loseAnswer)
	p.down.Store(true)
	done := make(chan error, 1)
	go func() { done <- s.Append(context.Background(), entry("lost")) }()
	eventually(t, "the outcome is unknown", func() bool { return errors.Is(s.Healthy(), ErrUnknown) })
	s.Close()
	if err := <-done; !errors.Is(err, ErrUnknown) {
		t.Fatal(err)
	}
}

// TestStandbyGivenUp: an operator ends the wait for a standby that is gone.
// PostgreSQL then answers COMMIT with success and a warning, though only this
// server has the commit; the caller is not told until a standby has it, or
// none is asked for.
func TestStandbyGivenUp(t *testing.T) {
	server := postgrestest.Start(t)
	b := bench{server.Database(t), &clock{t: time.Unix(1, 0)}}
	s := b.open(t)
	must(t, s.Append(t.Context(), entry("before")))
	setStandbys := func(text string) {
		server.Exec(t, "postgres", text)
		server.Exec(t, "postgres", `SELECT pg_reload_conf()`)
	}
	setStandbys(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`)
	// Before the store is closed, whose last COMMIT would wait for nobody.
	t.Cleanup(func() { setStandbys(`ALTER SYSTEM RESET synchronous_standby_names`) })
	eventually(t, "the setting is read", func() bool {
		var v string
		must(t, s.db.read.QueryRow(`SHOW synchronous_standby_names`).Scan(&v))
		return v == "nobody"
	})
	done := make(chan error, 1)
	go func() { done <- s.Append(context.Background(), entry("waiting")) }()
	// Each time the wait is given up the store asks once more. Others than the
	// append wait, too: the store also notes that it is alive.
	giveUp := func() bool {
		var cancelled int
		must(t, s.db.read.QueryRow(`SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`).Scan(&cancelled))
		return cancelled > 0
	}
	eventually(t, "the append's COMMIT is given up", func() bool { giveUp(); return s.Metrics().Unknown == 1 })
	eventually(t, "a COMMIT is given up again", giveUp)
	select {
	case err := <-done:
		t.Fatalf("told although no standby has it: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	if s.Metrics().Unknown != 1 {
		t.Fatalf("%+v", s.Metrics())
	}
	setStandbys(`ALTER SYSTEM RESET synchronous_standby_names`)
	must(t, <-done)
	wantIDs(t, s, "before", "waiting")
}

// TestStolenNumber: a writer that finds another's chunk under its number
// stops for good.
func TestStolenNumber(t *testing.T) {
	b := postgresBench(t)
	one, two := b.open(t), b.open(t)
	two.writer = one.writer
	must(t, one.Append(t.Context(), entry("one")))
	if err := two.Append(t.Context(), entry("two")); !errors.Is(err, errTaken) {
		t.Fatal(err)
	}
	if err := two.Append(t.Context(), entry("two")); !errors.Is(err, errTaken) {
		t.Fatal(err)
	}
	if err := two.Healthy(); !errors.Is(err, errTaken) {
		t.Fatal(err)
	}
	wantIDs(t, one, "one")
}
