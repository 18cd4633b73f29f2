package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store/postgrestest"
)

// The test binary runs itself as a child that works until it is killed.
const (
	childRole = "ORGTRAIL_TEST_CHILD"
	childURL  = "ORGTRAIL_TEST_URL"
)

func TestMain(m *testing.M) {
	switch os.Getenv(childRole) {
	case "load":
		childLoad()
	case "steps":
		childSteps()
	default:
		os.Exit(m.Run())
	}
}

func child(role, url string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childRole+"="+role, childURL+"="+url)
	c.Stderr = os.Stderr
	return c
}

func childOpen() *Store {
	s, err := Open(context.Background(), Options{URL: os.Getenv(childURL), Log: quiet})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return s
}

// childLoad appends, changes and closes intents from many goroutines, and
// says a line for each thing that was acknowledged: the kind of work, its id.
func childLoad() {
	s := childOpen()
	ctx := context.Background()
	var out sync.Mutex
	say := func(what, id string) {
		out.Lock()
		defer out.Unlock()
		fmt.Printf("%s %s\n", what, id)
	}
	say("open", "")
	for w := range 32 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", s.Writer(), w, i)
				switch w % 4 {
				case 0, 1:
					childMust(s.Append(ctx, entry("a"+id), entry("b"+id)))
					say("append", id)
				case 2:
					childMust(s.Update(ctx, func(tx *Tx) error {
						accounts.Put(tx, id, &account{Name: id, Org: "load"})
						tx.Append(entry("u" + id))
						return nil
					}))
					say("update", id)
				case 3:
					childMust(s.OpenIntent(ctx, id, []byte(id)))
					say("intent", id)
					childMust(s.AppendClosing(ctx, id, entry("c"+id)))
					say("closed", id)
				}
			}
		}()
	}
	select {}
}

func childMust(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// acked runs a load and returns what it said before it was killed, which
// begins when it has said so many lines.
func acked(t *testing.T, url string, lines int, kill func(*exec.Cmd)) map[string][]string {
	t.Helper()
	c := child("load", url)
	pipe, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	said := map[string][]string{}
	for s := bufio.NewScanner(pipe); s.Scan(); {
		what, id, ok := strings.Cut(s.Text(), " ")
		if !ok {
			t.Fatalf("the child said %q", s.Text())
		}
		said[what] = append(said[what], id)
		if lines--; lines == 0 {
			go kill(c)
		}
	}
	c.Wait()
	return said
}

// verify holds the store to what was acknowledged, and to the promises that
// hold for everything else.
func verify(t *testing.T, s *Store, said map[string][]string) {
	t.Helper()
	times := map[string]int{}
	for _, id := range readAll(t, s, journal.Cursor{}, 1<<20) {
		times[id]++
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("entry %s stands %d times", id, n)
		}
		kind, id := id[:1], id[1:]
		switch kind {
		case "a", "b":
			if times["a"+id] != times["b"+id] {
				t.Errorf("half of append %s", id)
			}
		case "u":
			if _, ok := accounts.Get(s.View(), id); !ok {
				t.Errorf("the entry of update %s without the update", id)
			}
		}
	}
	for id := range accounts.By(s.View(), "org", "load") {
		if times["u"+id] != 1 {
			t.Errorf("update %s without its entry", id)
		}
	}
	for what, prefix := range map[string]string{"append": "a", "update": "u", "closed": "c"} {
		for _, id := range said[what] {
			if times[prefix+id] != 1 {
				t.Errorf("lost: %s %s", what, id)
			}
		}
	}
	orphans, err := s.Orphans(t.Context())
	must(t, err)
	open := map[string]bool{}
	for _, o := range orphans {
		open[o.ID] = true
		if times["c"+o.ID] != 0 {
			t.Errorf("intent %s is open and recorded", o.ID)
		}
	}
	for _, id := range said["intent"] {
		if !open[id] && times["c"+id] != 1 {
			t.Errorf("intent %s has vanished", id)
		}
	}
}

func merge(all, more map[string][]string) {
	for k, v := range more {
		all[k] = append(all[k], v...)
	}
}

// TestKill kills a busy process again and again.
func TestKill(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		all := map[string][]string{}
		for round := range 6 {
			lines := 1 + 100*round + rand.IntN(500) // the first is the one that says that the store is open
			merge(all, acked(t, b.url, lines, func(c *exec.Cmd) { c.Process.Kill() }))
			b.clock.t = time.Now().Add(2 * writerTTL) // the dead are dead
			s := b.open(t)
			verify(t, s, all)
			must(t, s.Close())
		}
		if len(all["append"]) == 0 || len(all["update"]) == 0 || len(all["closed"]) == 0 {
			t.Fatalf("nothing was acknowledged: %d, %d, %d", len(all["append"]), len(all["update"]), len(all["closed"]))
		}
		t.Logf("acknowledged: %d appends, %d updates, %d intents", len(all["append"]), len(all["update"]), len(all["closed"]))
	})
}

// TestServerCrash crashes the server below a busy process, which goes on when
// the server is back and is killed then.
func TestServerCrash(t *testing.T) {
	server := postgrestest.Start(t)
	b := bench{server.Database(t), &clock{}}
	all := map[string][]string{}
	for range 2 {
		merge(all, acked(t, b.url, 500, func(c *exec.Cmd) {
			defer c.Process.Kill()
			server.Stop(t, true)
			server.Restart(t)
			time.Sleep(500 * time.Millisecond)
		}))
		b.clock.t = time.Now().Add(2 * writerTTL)
		s := b.open(t)
		verify(t, s, all)
		must(t, s.Close())
	}
	t.Logf("acknowledged: %d appends, %d updates, %d intents", len(all["append"]), len(all["update"]), len(all["closed"]))
}

func TestOneProcessPerFile(t *testing.T) {
	b := sqliteBench(t)
	s := b.open(t)
	if _, err := Open(t.Context(), b.options()); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Fatal(err)
	}
	must(t, s.Close())
	c := child("load", b.url)
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	defer func() { c.Process.Kill(); c.Wait() }()
	if !bufio.NewScanner(out).Scan() {
		t.Fatal("the child did not open the file")
	}
	go func() { // keep the pipe from filling
		for r := bufio.NewScanner(out); r.Scan(); {
		}
	}()
	if _, err := Open(t.Context(), b.options()); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Fatal(err)
	}
}

// TestDiskFull: what does not fit fails, alone, and nothing else is harmed.
func TestDiskFull(t *testing.T) {
	s := sqliteBench(t).open(t)
	must(t, s.Append(t.Context(), entry("before")))
	var pages int
	must(t, s.db.write.QueryRow(`PRAGMA page_count`).Scan(&pages))
	limit := func(n int) {
		t.Helper()
		if _, err := s.db.write.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, n)); err != nil {
			t.Fatal(err)
		}
	}
	big := entry("big")
	big.Record = make([]byte, 1<<20)
	rnd := rand.NewChaCha8([32]byte{})
	rnd.Read(big.Record)
	limit(pages + 20)
	release := stall(t, s) // so that they share a batch
	fits, full := make(chan error, 1), make(chan error, 1)
	go func() { full <- s.Append(context.Background(), big) }()
	queuedUp(s, 1)
	go func() { fits <- s.Append(context.Background(), entry("beside")) }()
	queuedUp(s, 2)
	release()
	if err := <-full; err == nil || errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "full") {
		t.Fatal(err)
	}
	must(t, <-fits)
	must(t, s.Healthy())
	limit(1 << 30)
	must(t, s.Append(t.Context(), entry("after")))
	wantIDs(t, s, "before", "beside", "after")
}
