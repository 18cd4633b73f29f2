package kms

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/record"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

const (
	owner    = "111111111111"
	stranger = "222222222222"
	home     = "us-east-2"
	abroad   = "eu-west-1"
)

// house is the service, with whom it asks for principals.
type house struct {
	*calltest.Door
	*Service
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{Door: calltest.New(t, store.Options{}), Service: New(calltest.Key(t))}
	h.Caller, h.Region = calltest.Root(owner), home
	h.Principals, h.State, h.Service.System = h, h.Store, h.Door.System
	h.Now, h.Service.Log = h.Clock.Now, slog.New(slog.DiscardHandler)
	h.Serve(api.API, api.Handlers(h.Service), h.Access)
	return h
}

// PrincipalExists knows everybody of the two accounts but those called nobody.
func (h *house) PrincipalExists(_ store.Reader, arn string) bool {
	a, ok := aws.ParseARN(arn)
	return ok && (a.Account == owner || a.Account == stranger) && !strings.HasSuffix(arn, "/nobody") &&
		(a.Service == "iam" || a.Service == "sts")
}

// PrincipalID knows nobody whom an id would outlive.
func (h *house) PrincipalID(store.Reader, string) string { return "" }

func userARN(account, name string) string { return calltest.User(account, name).ARN }

// as changes the caller for what fn does.
func (h *house) as(p aws.Principal, fn func()) {
	h.Helper()
	before := h.Caller
	h.Caller = p
	defer func() { h.Caller = before }()
	fn()
}

// in changes the region for what fn does.
func (h *house) in(region string, fn func()) {
	before := h.Region
	h.Region = region
	defer func() { h.Region = before }()
	fn()
}

// do makes a call that succeeds.
func do[O any](h *house, in wire.Shape) *O {
	h.Helper()
	return h.Do(in).(*O)
}

// create makes a key and returns its id.
func (h *house) create(in *api.CreateKeyInput) string {
	h.Helper()
	return *do[api.CreateKeyOutput](h, in).KeyMetadata.KeyId
}

func (h *house) arn(id string) string { return keyARN(owner, h.Region, id) }

// specced makes a key of a spec and a usage.
func (h *house) specced(spec, usage string) *string {
	h.Helper()
	return new(h.create(&api.CreateKeyInput{KeySpec: &spec, KeyUsage: &usage}))
}

func (h *house) describe(id string) *api.KeyMetadata {
	h.Helper()
	return do[api.DescribeKeyOutput](h, &api.DescribeKeyInput{KeyId: &id}).KeyMetadata
}

func (h *house) state(id string) string { h.Helper(); return *h.describe(id).KeyState }

// pass moves the clock, and lets the work be done that has fallen due.
func (h *house) pass(d time.Duration) {
	h.Helper()
	h.Clock.Advance(d)
	if err := h.Advance(h.Context()); err != nil {
		h.Fatal(err)
	}
}

const day = 24 * time.Hour

// heard returns the names of the events since it was called last.
func (h *house) heard() string { return named(h.Emitted()) }

func named(events []call.Event) string {
	var names []string
	for _, e := range events {
		names = append(names, e.Name)
	}
	return strings.Join(names, " ")
}

// recorded is what the record of the last call, which had this input, says of
// its request and, for calls that set it themselves, of its response.
func (h *house) recorded(in wire.Shape) (request, response string) {
	h.Helper()
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			h.Fatal(err)
		}
		return string(b)
	}
	var r struct{ RequestParameters any }
	if err := json.Unmarshal(record.Call(h.Last(), record.Outcome{In: in}, record.Copy{}), &r); err != nil {
		h.Fatal(err)
	}
	return text(r.RequestParameters), text(h.Last().Response)
}

// stored is a copy of a key's record.
func (h *house) stored(id string) *Key {
	h.Helper()
	k, ok := keys.Get(h.Store.View(), place(owner, h.Region)+id)
	if !ok {
		h.Fatalf("no key %s", id)
	}
	return k.clone()
}

func (h *house) put(k *Key) {
	h.Helper()
	h.Update(func(tx *store.Tx) error { keys.Put(tx, k.key(), k); return nil })
}
