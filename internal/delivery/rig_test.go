package delivery

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/store/storetest"
)

// known are trails that are where they say.
type known map[string]Destination

func (k known) Destination(_ store.Reader, trail string) (Destination, bool) {
	d, ok := k[trail]
	return d, ok
}

// A rig is a store, buckets and trails to deliver with.
type rig struct {
	t         testing.TB
	dir       string
	store     *store.Store
	buckets   *memoryBuckets
	trails    known
	clock     *storetest.Clock
	journaled []journal.Entry
}

// newRig starts with an empty database and three trails: an organization's,
// an account's, and one with a prefix.
func newRig(t testing.TB) *rig {
	r := &rig{
		t:       t,
		dir:     t.TempDir(),
		buckets: &memoryBuckets{},
		clock:   storetest.NewClock(noon),
		trails: known{
			"org-trail":      {Bucket: "org-trail", TrailARN: "arn:aws:cloudtrail:us-east-1:000000000001:trail/org", Owner: "000000000001", Organization: "o-example"},
			"account-trail":  {Bucket: "account-trail", TrailARN: "arn:aws:cloudtrail:us-east-1:000000000002:trail/account", Owner: "000000000002"},
			"prefixed-trail": {Bucket: "shared", Prefix: "prefixed-trail", TrailARN: "arn:aws:cloudtrail:eu-west-1:000000000003:trail/prefixed", Owner: "000000000003"},
		},
	}
	r.open()
	return r
}

// open opens the database, again after a close.
func (r *rig) open() {
	r.t.Helper()
	s, err := store.Open(context.Background(), store.Options{Dir: r.dir})
	if err != nil {
		r.t.Fatal(err)
	}
	r.store = s
	r.t.Cleanup(func() { s.Close() })
}

func (r *rig) reopen() {
	r.t.Helper()
	if err := r.store.Close(); err != nil {
		r.t.Fatal(err)
	}
	r.open()
}

// delivery returns a new Delivery, as after a start.
func (r *rig) delivery(changes ...func(*Config)) *Delivery {
	c := Config{
		Store: r.store, Trails: r.trails, Bucket: r.buckets, Clock: r.clock.Now,
		Log: slog.New(slog.DiscardHandler),
	}
	for _, change := range changes {
		change(&c)
	}
	return New(c)
}

var (
	toOrg      = journal.Route{Trail: "org-trail", Organization: "o-example"}
	toAccount  = journal.Route{Trail: "account-trail"}
	toPrefixed = journal.Route{Trail: "prefixed-trail"}
)

// entry makes the entry number n of an account.
func entry(n int, account int, region string, at time.Time, routes ...journal.Route) journal.Entry {
	e := journal.Entry{
		Account: fmt.Sprintf("%012d", account), Region: region, Time: at.UTC(),
		EventID: fmt.Sprintf("event-%d", n), Routes: routes,
	}
	e.Record = fmt.Appendf(nil, `{"eventTime":"%s","recipientAccountId":"%s","awsRegion":"%s","eventID":"%s","padding":"%s"}`,
		e.Time.Format(time.RFC3339), e.Account, region, e.EventID, strings.Repeat("x", n%97))
	return e
}

// append journals entries, in several commits.
func (r *rig) append(entries ...journal.Entry) {
	r.t.Helper()
	r.journaled = append(r.journaled, entries...)
	for len(entries) > 0 {
		n := min(len(entries), 7)
		if err := r.store.Append(context.Background(), entries[:n]...); err != nil {
			r.t.Fatal(err)
		}
		entries = entries[n:]
	}
}

// appendMany journals n entries of eight accounts in two regions to all
// combinations of routes, none among them.
func (r *rig) appendMany(n int) {
	r.t.Helper()
	var entries []journal.Entry
	for i := range n {
		var routes []journal.Route
		for bit, route := range []journal.Route{toOrg, toAccount, toPrefixed} {
			if i>>bit&1 == 1 {
				routes = append(routes, route)
			}
		}
		number := len(r.journaled) + i
		entries = append(entries, entry(number, number/3%8, []string{"us-east-1", "eu-west-1"}[number/5%2], r.clock.Now(), routes...))
	}
	r.append(entries...)
}

func (r *rig) flush(d *Delivery) {
	r.t.Helper()
	if err := d.Flush(context.Background()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) runDue(d *Delivery) {
	r.t.Helper()
	if err := d.RunDue(context.Background(), r.clock.Now()); err != nil {
		r.t.Fatal(err)
	}
}

// check is the oracle over everything journaled so far, which must all be in
// the buckets.
func (r *rig) check() {
	r.t.Helper()
	objects := r.buckets.bodies(r.t)
	checkDelivered(r.t, objects, r.journaled)
	checkManifest(r.t, r.store, objects)
	for _, table := range []string{"cut", "spool"} {
		if n := tableSize(r.t, r.store, table); n != 0 {
			r.t.Errorf("%d rows in %s after everything was delivered", n, table)
		}
	}
}

// otherFollower sets the cursor of another follower of the journal. Writer 0
// announces it.
func (r *rig) otherFollower(writer, seq int64) {
	r.t.Helper()
	r.write(`INSERT INTO cursor (follower, shard, writer, seq) VALUES ('index', 0, $1, $2)`, writer, seq)
}

func (r *rig) write(text string, args ...any) {
	r.t.Helper()
	err := r.store.Write(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec(text, args...)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// routed returns how many records all trails together are to get.
func (r *rig) routed() (n int64) {
	for _, e := range r.journaled {
		n += int64(len(e.Routes))
	}
	return n
}

func (r *rig) status(d *Delivery, e journal.Entry, route journal.Route) Status {
	r.t.Helper()
	s, err := d.Status(context.Background(), route.Trail, e.Account, e.Region)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}
