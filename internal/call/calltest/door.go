package calltest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/gateway"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/store/storetest"
	"github.com/orgtrail/orgtrail/internal/wire"
)

// Door is the front door of one service, over a store of the test's own and
// by a clock that only the test moves.
type Door struct {
	testing.TB
	Store *store.Store
	Clock *storetest.Clock

	// Caller makes the calls that follow, in Region, of Host.
	Caller       aws.Principal
	Region, Host string
	// Identities knows the policies of callers; nil is what Permit says.
	Identities Identities
	// Forbidden are actions that a service control policy denies to all.
	Forbidden map[string]bool
	// Membership is the organization of an account and the account's path in
	// it; nil is none.
	Membership func(r store.Reader, account string) (organization, path string)

	// Runs is how often the functions of transactions ran.
	Runs int

	options  store.Options
	service  gateway.Service
	gateway  gateway.Gateway
	policies map[string][]policy.Attached // of callers, by ARN

	mu     sync.Mutex // of what follows: some calls are made side by side
	last   *call.Call
	asked  []call.Target
	events []call.Event
}

// Identities knows what callers may do.
type Identities interface {
	PoliciesOf(r store.Reader, p aws.Principal) (identity, boundary, session []policy.Attached)
	TagsOf(r store.Reader, p aws.Principal) map[string]string
}

// New returns a door on a new store. Without options that is SQLite in a
// directory of the test's.
func New(t testing.TB, o store.Options) *Door {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	d := &Door{
		TB: t, Clock: storetest.NewClock(time.Date(2026, 1, 31, 2, 0, 0, 0, time.UTC)), Region: aws.GlobalRegion,
		Forbidden: map[string]bool{}, options: o, policies: map[string][]policy.Attached{},
	}
	d.open()
	t.Cleanup(func() { d.Store.Close() })
	return d
}

func (d *Door) open() {
	d.Helper()
	var err error
	if d.Store, err = store.Open(d.Context(), d.options); err != nil {
		d.Fatal(err)
	}
	known := known{d: d}
	d.gateway = gateway.Gateway{
		Services: []*gateway.Service{&d.service}, Store: d.Store, Identities: known, Organizations: known, Router: nowhere{},
		Now: func() time.Time { return d.Clock.Now() }, CanonicalUser: func(string) string { return "" },
	}
}

// Reopen forgets everything that is not on disk.
func (d *Door) Reopen() {
	d.Helper()
	if err := d.Store.Close(); err != nil {
		d.Fatal(err)
	}
	d.open()
}

// Serve puts a service behind the door.
func (d *Door) Serve(api *wire.Service, handlers map[string]call.Handler, access func(*call.Call, any) ([]call.Target, error)) {
	d.service = gateway.Service{API: api, Handlers: handlers, Access: access}
}

// Update changes the store outside of any call.
func (d *Door) Update(fn func(*store.Tx) error) {
	d.Helper()
	if err := d.Store.Update(d.Context(), fn); err != nil {
		d.Fatal(err)
	}
}

// System is call.System, by the gateway's own code.
func (d *Door) System(ctx context.Context, service, account, region string, fn func(*call.Call) error) error {
	var events []call.Event
	err := d.gateway.System(ctx, service, account, region, func(c *call.Call) error {
		err := fn(c)
		events = c.Events
		return err
	})
	if err == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.events = append(d.events, events...)
	}
	return err
}

// Last is the call that Call made last.
func (d *Door) Last() *call.Call {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}

// Asked returns the permissions that calls asked for since it was called
// last, first those that a call needs and then those that its service asked
// for while it ran.
func (d *Door) Asked() []call.Target {
	d.mu.Lock()
	defer d.mu.Unlock()
	asked := d.asked
	d.asked = nil
	return asked
}

// Emitted returns what was emitted since it was called last, by calls and by
// services at work, as far as it would be recorded.
func (d *Door) Emitted() []call.Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	events := d.events
	d.events = nil
	return events
}

// nowhere is where records go when there is no trail.
type nowhere struct{}

func (nowhere) Routes(store.Reader, *call.Facts) []journal.Route { return nil }
