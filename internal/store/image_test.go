package store

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/orgtrail/orgtrail/internal/journal"
)

// model is what accounts should hold: key → organization and tags.
type model map[string]account

func (m model) filed(by func(account) []string, value string) []string {
	out := []string{}
	for k, a := range m {
		if slices.Contains(by(a), value) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// differ says in what a reader differs from the model.
func (m model) differ(r Reader) string {
	n := 0
	for k, a := range accounts.Scan(r, "") {
		n++
		if want, ok := m[k]; !ok || want.Org != a.Org || !slices.Equal(want.Tags, a.Tags) {
			return fmt.Sprintf("%s is %v, want %v", k, *a, want)
		}
	}
	if n != len(m) {
		return fmt.Sprintf("%d records, want %d", n, len(m))
	}
	for o := range 4 {
		org := fmt.Sprint("o", o)
		if got, want := keys(accounts.By(r, "org", org)), m.filed(func(a account) []string { return []string{a.Org} }, org); !slices.Equal(got, want) {
			return fmt.Sprintf("org %s: %v, want %v", org, got, want)
		}
	}
	for _, tag := range []string{"a", "a\x00b", "b"} {
		if got, want := keys(accounts.By(r, "tag", tag)), m.filed(func(a account) []string { return a.Tags }, tag); !slices.Equal(got, want) {
			return fmt.Sprintf("tag %q: %v, want %v", tag, got, want)
		}
	}
	return ""
}

// TestSnapshotsNeverChange makes random changes, failing ones among them,
// keeps many of the snapshots in between, and lets readers go over them all
// the time.
func TestSnapshotsNeverChange(t *testing.T) {
	s := sqliteBench(t).open(t)
	rnd := rand.New(rand.NewPCG(uint64(1), 2))
	type kept struct {
		view *Snapshot
		want model
	}
	var mu sync.Mutex
	var all []kept
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				mu.Lock()
				var k kept
				if len(all) > 0 {
					k = all[(i*7)%len(all)]
				}
				mu.Unlock()
				if k.view != nil {
					if d := k.want.differ(k.view); d != "" {
						t.Errorf("a snapshot changed: %s", d)
						return
					}
				}
			}
		})
	}
	now := model{}
	for step := range 400 {
		next := maps.Clone(now)
		var inner string
		err := s.Update(t.Context(), func(tx *Tx) error {
			for range rnd.IntN(60) {
				// Few keys in a row, so that nodes empty, merge and split.
				k := strings.Repeat("k", rnd.IntN(3)) + fmt.Sprintf("%04d", rnd.IntN(1500))
				if rnd.IntN(100) < 30+40*(step/50%2) {
					accounts.Delete(tx, k)
					delete(next, k)
				} else {
					a := account{Org: fmt.Sprint("o", rnd.IntN(4)), Tags: [][]string{nil, {"a"}, {"a\x00b"}, {"a", "b"}, {"b", "b"}}[rnd.IntN(5)]}
					accounts.Put(tx, k, &a)
					next[k] = a
				}
			}
			if step%10 == 0 {
				inner = next.differ(tx)
			}
			if step%5 == 0 {
				return errGoexit
			}
			return nil
		})
		if inner != "" {
			t.Fatalf("step %d: in the transaction: %s", step, inner)
		}
		if err == nil {
			now = next
		}
		if step%4 == 0 {
			if d := now.differ(s.View()); d != "" {
				t.Fatalf("step %d: %s", step, d)
			}
			mu.Lock()
			all = append(all, kept{s.View(), now})
			mu.Unlock()
		}
	}
	close(stop)
	readers.Wait()
	for i, k := range all {
		if d := k.want.differ(k.view); d != "" {
			t.Fatalf("snapshot %d: %s", i, d)
		}
	}
}

func TestNewKindRefusesATakenName(t *testing.T) {
	defer func() {
		if p := recover(); p == nil {
			t.Fatal("two kinds of one name")
		}
	}()
	NewKind[int]("test.count")
}

func TestLateKind(t *testing.T) {
	s := sqliteBench(t).open(t)
	late := NewKind[int](fmt.Sprintf("test.late%d", rand.Uint64()))
	defer func() {
		if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "after the store was opened") {
			t.Fatal(p)
		}
	}()
	late.Get(s.View(), "k")
}

func TestPutKeepsNothingOfTheCaller(t *testing.T) {
	s := sqliteBench(t).open(t)
	a := &account{Name: "before", Tags: []string{"x"}}
	update(t, s, func(tx *Tx) {
		accounts.Put(tx, "a", a)
		a.Name, a.Tags[0] = "after", "y"
		if got, _ := accounts.Get(tx, "a"); got.Name != "before" || got.Tags[0] != "x" {
			t.Errorf("%+v", got)
		}
	})
}

func TestLists(t *testing.T) {
	for _, l := range []*list{&putRecords, &putIntents, &deleteIntents} {
		for rows := range 300 {
			args := make([]any, rows*l.columns)
			for i := range args {
				args[i] = i
			}
			var got []any
			must(t, l.each(args, func(text string, args []any) error {
				if marks := strings.Count(text, "$"); marks != len(args) {
					t.Fatalf("%d marks for %d arguments", marks, len(args))
				}
				got = append(got, args...)
				return nil
			}))
			if !slices.Equal(got, args) {
				t.Fatalf("%d rows: %v", rows, got)
			}
		}
	}
}

func TestEntrySizeBoundsTheChunk(t *testing.T) {
	// A batch is at most batchBytes and one request more, which must fit.
	var e journal.Encoder
	x := journal.Entry{Routes: make([]journal.Route, 1000)}
	n := (batchBytes + requestBytes) / entrySize([]journal.Entry{x})
	if _, err := e.Encode(slices.Repeat([]journal.Entry{x}, n)); err != nil {
		t.Fatal(err)
	}
	x = journal.Entry{}
	n = (batchBytes + requestBytes) / entrySize([]journal.Entry{x})
	if _, err := e.Encode(slices.Repeat([]journal.Entry{x}, n)); err != nil {
		t.Fatal(err)
	}
}

// TestNotADatabase: what is no database is refused in words, whatever it is.
func TestNotADatabase(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "directory")
	if err := os.Mkdir(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{directory, text} {
		if s, err := Open(t.Context(), Options{URL: path}); err == nil {
			s.Close()
			t.Errorf("%s was opened", path)
		}
	}
}
