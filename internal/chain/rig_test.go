package chain

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"database/sql"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/digest"
	"github.com/orgtrail/orgtrail/internal/delivery"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/store/storetest"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

const (
	virginia = "us-east-1"
	ireland  = "eu-west-1"

	owner = "000000000001" // of every trail; the management account of the organization
	alice = "000000000002"
	bob   = "000000000003"
)

// A trail is what the house knows of a trail.
type trail struct {
	Trail
	Logging, Validation, Deleted, MultiRegion bool
	Layout                                    string // the organization, "" for a trail of the owner
	Accounts                                  []string
}

var trails = store.NewKind[trail]("test.trail")

// mark keeps the run and the periods as CloudTrail does.
func (t *trail) mark(now time.Time) {
	n := len(t.Validated)
	switch on := n > 0 && t.Validated[n-1].lasts(); {
	case t.Validation && !on:
		t.Validated = append(slices.Clone(t.Validated), Period{From: now})
	case !t.Validation && on:
		t.Validated = slices.Clone(t.Validated)
		t.Validated[n-1].Until = now
	}
	wanted := t.Logging && t.Validation && !t.Deleted
	switch {
	case wanted && (!t.Run.lasts() || t.Run.Organization != t.Layout):
		t.Run = Run{fmt.Sprint(t.ID, "-", now.UnixNano(), "-", len(t.Validated)), t.Layout, Period{From: now}}
	case !wanted && t.Run.lasts():
		t.Run.Until = now
	}
}

func (t *trail) logs(account, region string) bool {
	return t.Logging && !t.Deleted && slices.Contains(t.Accounts, account) && (t.MultiRegion || region == t.Home)
}

// house is CloudTrail, as delivery and digests see it.
type house struct{}

func (house) Trails(r store.Reader) iter.Seq[*Trail] {
	return func(yield func(*Trail) bool) {
		for _, t := range trails.Scan(r, "") {
			if t.Run.ID != "" && !yield(&t.Trail) {
				return
			}
		}
	}
}

func (house) Trail(r store.Reader, id string) (*Trail, bool) {
	t, ok := trails.Get(r, id)
	if !ok {
		return nil, false
	}
	return &t.Trail, true
}

func (house) Accounts(r store.Reader, id string) iter.Seq[string] {
	t, _ := trails.Get(r, id)
	return slices.Values(t.Accounts)
}

func (house) Validates(r store.Reader, id, account, region string) bool {
	t, ok := trails.Get(r, id)
	return ok && t.Run.lasts() && t.logs(account, region)
}

func (house) Destination(r store.Reader, id string) (delivery.Destination, bool) {
	t, ok := trails.Get(r, id)
	if !ok {
		return delivery.Destination{}, false
	}
	return delivery.Destination{Bucket: t.Bucket, Prefix: t.Prefix, TrailARN: t.ARN, Owner: t.Owner, Organization: t.Organization}, true
}

// A rig is a house with a journal, its delivery, its digests and buckets.
type rig struct {
	t       testing.TB
	options store.Options
	store   *store.Store
	clock   *storetest.Clock
	buckets *buckets
	events  int

	delivery *delivery.Delivery
	signer   *Signer
}

func newRig(t testing.TB) *rig {
	c := storetest.NewClock(noon)
	return startRig(t, c, store.Options{Dir: t.TempDir(), Now: c.Now})
}

func startRig(t testing.TB, c *storetest.Clock, o store.Options) *rig {
	o.Log = slog.New(slog.DiscardHandler)
	r := &rig{t: t, options: o, clock: c, buckets: newBuckets()}
	r.open()
	for _, region := range []string{virginia, ireland} {
		r.giveKey(region, noon.Add(-time.Hour))
	}
	return r
}

// open opens the database, again after a close, and starts the stages.
func (r *rig) open() {
	r.t.Helper()
	s, err := store.Open(context.Background(), r.options)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { s.Close() })
	r.store = s
	r.delivery = delivery.New(delivery.Config{
		Store: s, Trails: house{}, Bucket: r.buckets, Clock: r.clock.Now, Log: slog.New(slog.DiscardHandler),
	})
	r.signer = r.newSigner()
}

// newSigner returns a signer, as after a start.
func (r *rig) newSigner(changes ...func(*Config)) *Signer {
	c := Config{
		Store: r.store, Trails: house{}, Bucket: r.buckets, Seal: masterKey(r.t), Clock: r.clock.Now,
		Log: slog.New(slog.DiscardHandler),
	}
	for _, change := range changes {
		change(&c)
	}
	return New(c)
}

func (r *rig) reopen() {
	r.t.Helper()
	if err := r.store.Close(); err != nil {
		r.t.Fatal(err)
	}
	r.open()
}

func masterKey(t testing.TB) *seal.Key {
	k, err := seal.New(make([]byte, seal.Size))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// oneKey spares the tests the making of keys that they are not about.
var oneKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		panic(err)
	}
	return k
})

// giveKey gives a region a key that lasts for the whole test.
func (r *rig) giveKey(region string, from time.Time) {
	r.t.Helper()
	g := newRing(r.store, masterKey(r.t))
	k := g.describe(oneKey(), region, from)
	r.change(func(tx *store.Tx) { signingKeys.Put(tx, k.key(), k) })
}

func (r *rig) change(fn func(*store.Tx)) {
	r.t.Helper()
	if err := r.store.Update(context.Background(), func(tx *store.Tx) error { fn(tx); return nil }); err != nil {
		r.t.Fatal(err)
	}
}

// create makes a multi-region trail that logs and validates, of the owner's
// account or, with a layout, of the organization.
func (r *rig) create(id, layout string, members ...string) {
	r.t.Helper()
	t := &trail{Logging: true, Validation: true, MultiRegion: true, Layout: layout, Accounts: append([]string{owner}, members...)}
	t.Trail = Trail{
		ID: id, Name: "t", Home: virginia, Bucket: "logs",
		ARN: "arn:aws:cloudtrail:us-east-1:" + owner + ":trail/t", Owner: owner, Organization: layout,
	}
	t.mark(r.clock.Now())
	r.change(func(tx *store.Tx) { trails.Put(tx, id, t) })
}

// set changes a trail.
func (r *rig) set(id string, fn func(*trail)) {
	r.t.Helper()
	r.change(func(tx *store.Tx) {
		old, _ := trails.Get(tx, id)
		t := new(*old)
		fn(t)
		t.mark(r.clock.Now())
		trails.Put(tx, id, t)
	})
}

// log journals one event of an account for every trail that logs it.
func (r *rig) log(account, region string) {
	r.t.Helper()
	r.events++
	e := journal.Entry{Account: account, Region: region, Time: r.clock.Now(), EventID: fmt.Sprint("event-", r.events)}
	e.Record = fmt.Appendf(nil, `{"eventTime":"%s","eventID":"%s"}`, e.Time.Format(time.RFC3339), e.EventID)
	for _, t := range trails.Scan(r.store.View(), "") {
		if t.logs(account, region) {
			e.Routes = append(e.Routes, journal.Route{Trail: t.ID, Organization: t.Layout})
		}
	}
	if err := r.store.Append(context.Background(), e); err != nil {
		r.t.Fatal(err)
	}
}

// flush delivers everything and brings the chains up to date.
func (r *rig) flush() {
	r.t.Helper()
	r.deliver()
	if err := r.signer.Flush(context.Background()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) deliver() {
	r.t.Helper()
	if err := r.delivery.Flush(context.Background()); err != nil {
		r.t.Fatal(err)
	}
}

// pass lets time pass, and then does what is due.
func (r *rig) pass(d time.Duration) {
	r.t.Helper()
	r.clock.Advance(d)
	if err := r.delivery.RunDue(context.Background(), r.clock.Now()); err != nil {
		r.t.Fatal(err)
	}
	if err := r.signer.RunDue(context.Background(), r.clock.Now()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) status(trail, account, region string) Status {
	r.t.Helper()
	s, err := r.signer.Status(context.Background(), trail, account, region)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *rig) exec(text string, args ...any) {
	r.t.Helper()
	err := r.store.Write(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec(text, args...)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) count(text string, args ...any) (n int) {
	r.t.Helper()
	err := r.store.Read(context.Background(), func(tx *sql.Tx) error {
		return tx.QueryRow(text, args...).Scan(&n)
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// keysOf are the public keys as the verifier asks for them.
type keysOf struct{ *rig }

func (k keysOf) PublicKeys(_ context.Context, region string, start, end time.Time) ([]digest.PublicKey, error) {
	return PublicKeys(k.store.View(), region, start, end), nil
}
