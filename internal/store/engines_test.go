package store

import (
	"io"
	"iter"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store/postgrestest"
)

type account struct {
	Name string
	Org  string   `json:",omitempty"`
	Tags []string `json:",omitempty"`
}

var (
	accounts = NewKind("test.account",
		Index[account]{"org", func(_ string, a *account) []string {
			if a.Org == "" {
				return nil
			}
			return []string{a.Org}
		}},
		Index[account]{"tag", func(_ string, a *account) []string { return a.Tags }})
	counts = NewKind[int]("test.count")
	oddity = NewKind[func()]("test.oddity") // cannot be encoded
)

// clock is a clock that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// bench is an empty database of one engine.
type bench struct {
	url   string
	clock *clock
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func (b bench) options() Options {
	return Options{URL: b.url, Now: b.clock.now, Log: quiet}
}

func (b bench) open(t testing.TB) *Store {
	t.Helper()
	s, err := Open(t.Context(), b.options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func sqliteBench(t testing.TB) bench {
	return bench{filepath.Join(t.TempDir(), "state ?%41#.db"), &clock{t: time.Unix(1_800_000_000, 0)}}
}

func postgresBench(t testing.TB) bench {
	return bench{postgrestest.URL(t), &clock{t: time.Unix(1_800_000_000, 0)}}
}

// engines runs a test on every engine, each time on an empty database.
func engines(t *testing.T, test func(t *testing.T, b bench)) {
	t.Run("sqlite", func(t *testing.T) { test(t, sqliteBench(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, postgresBench(t)) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func update(t testing.TB, s *Store, fn func(*Tx)) {
	t.Helper()
	must(t, s.Update(t.Context(), func(tx *Tx) error { fn(tx); return nil }))
}

func entry(id string) journal.Entry {
	return journal.Entry{Account: "111122223333", Region: "us-east-1", EventID: id, Time: time.Unix(1_700_000_000, 0).UTC(),
		Routes: []journal.Route{{Trail: "t1", Organization: "o-1"}}, Record: []byte(`{"eventID":"` + id + `"}`)}
}

func keys[T any](seq iter.Seq2[string, T]) []string {
	out := []string{}
	for k := range seq {
		out = append(out, k)
	}
	return out
}

// readAll follows the journal from a cursor to its end.
func readAll(t testing.TB, s *Store, c journal.Cursor, maxBytes int) (ids []string) {
	t.Helper()
	for {
		chunks, err := s.ReadChunks(t.Context(), c, maxBytes)
		must(t, err)
		if len(chunks) == 0 {
			return ids
		}
		for _, ch := range chunks {
			if ch.Seq != c[ch.Writer]+1 && c[ch.Writer] != 0 {
				t.Fatalf("chunk %v follows %d", ch.Position, c[ch.Writer])
			}
			c.Advance(ch.Position)
			for _, e := range ch.Entries {
				ids = append(ids, e.EventID)
			}
		}
	}
}

func wantIDs(t testing.TB, s *Store, want ...string) {
	t.Helper()
	got := readAll(t, s, journal.Cursor{}, 1<<20)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("journal has %v, want %v", got, want)
	}
}
