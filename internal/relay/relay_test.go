package relay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/store/postgrestest"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// arrived is what recipients were given, by recipient: state of the store
// like the streams, buses and queues that they stand for.
var arrived = store.NewKind[[]string]("relaytest.arrived")

func give(tx *store.Tx, to string, lines ...string) {
	var all []string
	if have, ok := arrived.Get(tx, to); ok {
		all = slices.Clone(*have)
	}
	all = append(all, lines...)
	arrived.Put(tx, to, &all)
}

// house is everybody whom the relay asks.
type house struct {
	refuseLogs, refuseTopic *aws.Error
	failOffer               error
	nobody                  bool // waits for anything
}

func (h *house) Streams(store.Reader) bool { return !h.nobody }
func (h *house) Rules(store.Reader) bool   { return !h.nobody }

func (h *house) Stream(_ store.Reader, trail, account string) (Stream, bool) {
	return Stream{Group: "group", Role: "role", Name: account, From: call.Source{ARN: trail}}, trail == "logged"
}

func (h *house) Source(_ store.Reader, trail string) call.Source { return call.Source{ARN: trail} }

func (h *house) Put(c *call.Call, s Stream, records []Record) *aws.Error {
	if h.refuseLogs != nil {
		return h.refuseLogs
	}
	for _, r := range records {
		give(c.Tx, "stream "+s.Name, string(r.JSON))
	}
	return nil
}

func (h *house) Interested(_ store.Reader, account, region string) bool {
	return account == "000000000001" && region == "us-east-1"
}

func (h *house) Offer(c *call.Call, r Record) error {
	give(c.Tx, "bus "+r.Account, r.ID)
	return h.failOffer
}

func (h *house) Publish(c *call.Call, topic, message string, from call.Source) *aws.Error {
	if h.refuseTopic != nil {
		return h.refuseTopic
	}
	give(c.Tx, topic, from.ARN+" "+message)
	return nil
}

type rig struct {
	*house
	t     *testing.T
	store *store.Store
}

// onEngines runs a test on both engines.
func onEngines(t *testing.T, test func(r *rig)) {
	engines := map[string]func(t *testing.T) store.Options{
		"SQLite":     func(t *testing.T) store.Options { return store.Options{Dir: t.TempDir()} },
		"PostgreSQL": func(t *testing.T) store.Options { return store.Options{URL: postgrestest.URL(t)} },
	}
	for name, options := range engines {
		t.Run(name, func(t *testing.T) {
			test(&rig{house: new(house), t: t, store: open(t, options(t))})
		})
	}
}

func open(t *testing.T, o store.Options) *store.Store {
	s, err := store.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// relay returns a new Relay, as after a start.
func (r *rig) relay() *Relay {
	return New(Config{
		Store: r.store, Trails: r, Logs: r, Buses: r, Topics: r, Log: slog.New(slog.DiscardHandler),
		System: func(ctx context.Context, _, _, _ string, fn func(*call.Call) error) error {
			return r.store.Update(ctx, func(tx *store.Tx) error {
				return fn(&call.Call{Ctx: ctx, Time: noon, State: tx, Tx: tx})
			})
		},
	})
}

func (r *rig) journal(n int, account, region string, routes ...journal.Route) {
	r.t.Helper()
	e := journal.Entry{Account: account, Region: region, Time: noon.Add(time.Duration(n) * time.Second),
		EventID: fmt.Sprint("event-", n), Routes: routes, Record: fmt.Appendf(nil, `{"n":%d}`, n)}
	if err := r.store.Append(context.Background(), e); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) deliver(trail, topic string, keys ...string) {
	r.t.Helper()
	err := r.store.Write(context.Background(), func(tx *sql.Tx) error {
		for _, key := range keys {
			_, err := tx.Exec(`INSERT INTO manifest (trail, account, region, delivered, bucket, object, sha256, oldest, newest, records, size, topic)
				VALUES ($1, '000000000001', 'us-east-1', $2, 'logs', $3, '', 0, 0, 1, 1, $4)`, trail, noon.UnixMilli(), key, topic)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) flush(relay *Relay) {
	r.t.Helper()
	if err := relay.Flush(context.Background()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) want(to string, lines ...string) {
	r.t.Helper()
	var got []string
	if have, ok := arrived.Get(r.store.View(), to); ok {
		got = *have
	}
	if !slices.Equal(got, lines) {
		r.t.Errorf("%s has %q, want %q", to, got, lines)
	}
}

// TestNobody: what was journaled while nobody waited is not passed on when
// somebody does.
func TestNobody(t *testing.T) {
	onEngines(t, func(r *rig) {
		relay := r.relay()
		r.nobody = true
		r.journal(1, "000000000001", "us-east-1", logged)
		r.flush(relay)
		r.nobody = false
		r.journal(2, "000000000001", "us-east-1", logged)
		r.flush(relay)
		r.want("stream 000000000001", `{"n":2}`)
	})
}

func idle() bool { return false }

// TestBusy: while somebody is busy, one piece of the journal is passed on at a
// time.
func TestBusy(t *testing.T) {
	onEngines(t, func(r *rig) {
		relay := r.relay()
		half := strings.Repeat("x", maxRecord-100)
		for n := range 6 {
			e := journal.Entry{Account: "000000000001", Region: "us-east-1", Time: noon, EventID: fmt.Sprint("event-", n),
				Routes: []journal.Route{logged}, Record: fmt.Appendf(nil, "%d%s", n, half)}
			if err := r.store.Append(context.Background(), e); err != nil {
				t.Fatal(err)
			}
		}
		passed := func() int {
			have, _ := arrived.Get(r.store.View(), "bus 000000000001")
			return len(*have)
		}
		if err := relay.step(context.Background(), func() bool { return true }); err != nil {
			t.Fatal(err)
		}
		if n := passed(); n == 0 || n == 6 {
			t.Errorf("%d records at once", n)
		}
		r.flush(relay)
		if n := passed(); n != 6 {
			t.Errorf("%d records in all", n)
		}
	})
}

var (
	logged = journal.Route{Trail: "logged"}
	plain  = journal.Route{Trail: "plain"}
)

// TestRecords: records go to the streams of the trails they were routed to
// and to the buses that wait for them, once, in the order of their times,
// whatever restarts.
func TestRecords(t *testing.T) {
	onEngines(t, func(r *rig) {
		first := r.relay()
		r.journal(2, "000000000001", "us-east-1", logged)
		r.journal(1, "000000000001", "us-east-1", logged, plain)
		r.journal(3, "000000000001", "us-east-1")         // no trail
		r.journal(4, "000000000001", "eu-west-1", plain)  // no log group, nobody waits
		r.journal(5, "000000000002", "us-east-1", logged) // nobody waits
		r.flush(first)
		first.leave()
		r.journal(6, "000000000001", "us-east-1", plain)
		r.flush(r.relay())
		r.flush(r.relay())
		r.want("stream 000000000001", `{"n":1}`, `{"n":2}`)
		r.want("stream 000000000002", `{"n":5}`)
		r.want("bus 000000000001", "event-2", "event-1", "event-6")
	})
}

// TestLarge: a record that is too large is passed on to nobody, and holds
// nothing up.
func TestLarge(t *testing.T) {
	onEngines(t, func(r *rig) {
		big := journal.Entry{Account: "000000000001", Region: "us-east-1", Time: noon, EventID: "big", Routes: []journal.Route{logged},
			Record: []byte(`"` + strings.Repeat("x", maxRecord) + `"`)}
		if err := r.store.Append(context.Background(), big); err != nil {
			t.Fatal(err)
		}
		r.journal(1, "000000000001", "us-east-1", logged)
		r.flush(r.relay())
		r.want("stream 000000000001", `{"n":1}`)
		r.want("bus 000000000001", "event-1")
	})
}

// TestFailureRepeats: when a transaction fails nothing of it has arrived, and
// all of it arrives later.
func TestFailureRepeats(t *testing.T) {
	onEngines(t, func(r *rig) {
		relay := r.relay()
		r.journal(1, "000000000001", "us-east-1", logged)
		r.failOffer = errors.New("broken")
		if err := relay.Flush(context.Background()); !errors.Is(err, r.failOffer) {
			t.Fatalf("flush: %v", err)
		}
		r.want("stream 000000000001")
		r.want("bus 000000000001")
		r.failOffer = nil
		r.flush(relay)
		r.want("stream 000000000001", `{"n":1}`)
		r.want("bus 000000000001", "event-1")
	})
}

// TestLostLease: who has lost the lease passes nothing on, although it does
// not know yet.
func TestLostLease(t *testing.T) {
	onEngines(t, func(r *rig) {
		old := r.relay()
		r.flush(old)
		if err := old.lease.Store.Release(context.Background(), old.lease.Held); err != nil {
			t.Fatal(err)
		}
		other, err := r.store.Acquire(context.Background(), name, time.Hour) // the lease changes hands
		if err != nil {
			t.Fatal(err)
		}
		r.journal(1, "000000000001", "us-east-1", logged)
		if err := old.records(context.Background(), idle); !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("passing on without the lease: %v", err)
		}
		r.want("stream 000000000001")
		if err := r.store.Release(context.Background(), other); err != nil {
			t.Fatal(err)
		}
		r.flush(r.relay())
		r.want("stream 000000000001", `{"n":1}`)
	})
}

// TestNotices: a topic hears of the files of its trails, once, those of one
// delivery together.
func TestNotices(t *testing.T) {
	onEngines(t, func(r *rig) {
		relay := r.relay()
		r.deliver("logged", "topic", "a.json.gz", "b.json.gz")
		r.deliver("plain", "topic", "c.json.gz")
		r.deliver("plain", "", "d.json.gz")
		r.flush(relay)
		relay.leave()
		r.flush(r.relay())
		r.want("topic",
			`logged {"s3Bucket":"logs","s3ObjectKey":["a.json.gz","b.json.gz"]}`,
			`plain {"s3Bucket":"logs","s3ObjectKey":["c.json.gz"]}`)
	})
}

// TestRefused: a refusal is told in the status and ends with the next success;
// what was refused is not passed on later.
func TestRefused(t *testing.T) {
	onEngines(t, func(r *rig) {
		relay := r.relay()
		status := func() Status {
			t.Helper()
			s, err := relay.Status(context.Background(), "logged", "000000000001", "us-east-1")
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		if got := status(); got != (Status{}) {
			t.Errorf("before anything: %+v", got)
		}
		r.refuseLogs, r.refuseTopic = aws.Errorf("AccessDenied", "Access denied."), aws.Errorf("AuthorizationError", "no")
		r.journal(1, "000000000001", "us-east-1", logged)
		r.deliver("logged", "topic", "a.json.gz")
		r.flush(relay)
		want := Status{Logs: Outcome{Attempted: noon, Error: "Access denied."}, Topic: Outcome{Attempted: noon, Error: "AuthorizationError"}}
		if got := status(); got != want {
			t.Errorf("refused: %+v, want %+v", got, want)
		}
		r.refuseLogs, r.refuseTopic = nil, nil
		r.journal(2, "000000000001", "us-east-1", logged)
		r.deliver("logged", "topic", "b.json.gz")
		r.flush(relay)
		want = Status{Logs: Outcome{Attempted: noon, Taken: noon}, Topic: Outcome{Attempted: noon, Taken: noon}}
		if got := status(); got != want {
			t.Errorf("taken: %+v, want %+v", got, want)
		}
		r.want("stream 000000000001", `{"n":2}`)
		r.want("topic", `logged {"s3Bucket":"logs","s3ObjectKey":["b.json.gz"]}`)
	})
}

// TestIdle: nothing to pass on writes nothing that would have to be passed on.
func TestIdle(t *testing.T) {
	onEngines(t, func(r *rig) {
		relay := r.relay()
		r.journal(1, "000000000002", "us-east-1", plain)
		r.flush(relay)
		before, err := r.store.Tail(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		r.flush(relay)
		r.flush(r.relay2(relay))
		after, err := r.store.Tail(context.Background())
		if err != nil || !before.Covers(after) {
			t.Errorf("the journal went from %v to %v (%v)", before, after, err)
		}
	})
}

// relay2 replaces a relay as a restart does.
func (r *rig) relay2(old *Relay) *Relay {
	old.leave()
	return r.relay()
}
