package segment

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/store/postgrestest"
)

// rig is a log in a real store, with a clock that only tests move.
type rig struct {
	testing.TB
	store  *store.Store
	log    *Log
	upkeep *Upkeep
	now    time.Time
	before map[int64]int64 // the horizons
	keys   map[int64]*seal.Key
	next   map[int64]int64 // the next number of each stream
}

func newRig(t testing.TB, url string) *rig {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	r := &rig{TB: t, store: st, log: Open(st), now: time.UnixMilli(1_800_000_000_000), before: map[int64]int64{}, keys: map[int64]*seal.Key{}, next: map[int64]int64{}}
	r.upkeep = r.newUpkeep(st)
	return r
}

func (r *rig) newUpkeep(s Store) *Upkeep {
	return &Upkeep{
		Store: s, Keys: r.key, Now: func() time.Time { return r.now }, Log: slog.New(slog.DiscardHandler),
		Horizons: func(time.Time) map[int64]int64 { return r.before },
	}
}

func (r *rig) key(n int64) (*seal.Key, error) {
	k, ok := r.keys[n]
	if !ok {
		return nil, fmt.Errorf("no key %d", n)
	}
	return k, nil
}

func (r *rig) newKey(n int64) {
	r.Helper()
	k, err := seal.New([]byte(strings.Repeat(string(rune('a'+n)), seal.Size)))
	if err != nil {
		r.Fatal(err)
	}
	r.keys[n] = k
}

// both runs a test on SQLite and on PostgreSQL.
func both(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, "") })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, postgrestest.URL(t)) })
}

// put writes messages at times, in milliseconds since the clock's now.
func (r *rig) put(to Place, messages ...message) {
	r.Helper()
	first := r.next[to.Stream]
	events := make([]Event, len(messages))
	for i, m := range messages {
		events[i] = Event{ID{r.now.UnixMilli() + m.at, r.now.UnixMilli(), first + int64(i), to.Stream}, []byte(m.text)}
	}
	to.Key = r.keys[to.DataKey]
	if err := r.store.Update(context.Background(), func(tx *store.Tx) error { Put(tx, to, events); return nil }); err != nil {
		r.Fatal(err)
	}
	r.next[to.Stream] = first + int64(len(messages))
}

type message struct {
	at   int64
	text string
}

// read returns the messages that a query finds.
func (r *rig) read(q Query) []string {
	r.Helper()
	if q.Until == 0 {
		q.Until = MaxTime
	}
	q.Keys = r.key
	found := []string{}
	for e, err := range r.log.Read(context.Background(), q, nil) {
		if err != nil {
			r.Fatal(err)
		}
		found = append(found, string(e.Message))
	}
	return found
}

// count answers a statement that asks for one number.
func (r *rig) count(text string, args ...any) (n int) {
	r.Helper()
	err := r.store.Read(context.Background(), func(tx *sql.Tx) error { return tx.QueryRow(text, args...).Scan(&n) })
	if err != nil {
		r.Fatal(err)
	}
	return n
}

func (r *rig) advance() {
	r.Helper()
	if err := r.upkeep.Advance(context.Background()); err != nil {
		r.Fatal(err)
	}
}
