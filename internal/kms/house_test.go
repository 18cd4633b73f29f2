package kms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/record"
	"github.com/orgtrail/orgtrail/internal/seal"
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

// house is the service over a real store, called as the front door does:
// checked against the model, authorized by the one evaluation of policies, in
// a transaction where the operation writes. The clock only tests move.
type house struct {
	testing.TB
	*Service
	store  *store.Store
	now    time.Time
	region string
	caller aws.Principal
	// identity are the policies of callers, by ARN; the root needs none.
	identity map[string]string
	events   []call.Event
	last     *call.Call // the call made last
	input    wire.Shape // and its input
	targets  []call.Target
	runs     int // of the transactions of calls
}

func newHouse(t testing.TB) *house {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	h := &house{
		TB: t, Service: New(testMaster(t)), store: st, region: home, caller: rootOf(owner),
		now: time.Date(2026, 1, 31, 2, 0, 0, 0, time.UTC), identity: map[string]string{},
	}
	h.Principals, h.State, h.System = h, st, h.system
	h.Now, h.Service.Log = func() time.Time { return h.now }, slog.New(slog.DiscardHandler)
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

func (h *house) system(ctx context.Context, service, _, region string, fn func(*call.Call) error) error {
	var c *call.Call
	err := h.store.Update(ctx, func(tx *store.Tx) error {
		c = &call.Call{Ctx: ctx, Principal: aws.ServicePrincipal(service), Region: region, Time: h.now, State: tx, Tx: tx}
		return fn(c)
	})
	if err == nil {
		h.events = append(h.events, c.Events...)
	}
	return err
}

func rootOf(account string) aws.Principal {
	return aws.Principal{Type: aws.Root, Account: account, ARN: aws.RootARN(account), ID: account}
}

func userOf(account, name string) aws.Principal {
	return aws.Principal{Type: aws.IAMUser, Account: account, ARN: userARN(account, name), ID: "AIDA" + name, UserName: name}
}

func userARN(account, name string) string {
	return aws.NewARN("iam", "", account, "user/"+name).String()
}

// as changes the caller for what fn does.
func (h *house) as(p aws.Principal, fn func()) {
	h.Helper()
	before := h.caller
	h.caller = p
	defer func() { h.caller = before }()
	fn()
}

// in changes the region for what fn does.
func (h *house) in(region string, fn func()) {
	before := h.region
	h.region = region
	defer func() { h.region = before }()
	fn()
}

// call makes a call as the front door does.
func (h *house) call(in wire.Shape) (out any, err error) {
	h.Helper()
	op := api.API.Operation(strings.TrimSuffix(in.Describe().Name, "Input"))
	if op == nil {
		h.Fatalf("no operation for %s", in.Describe().Name)
	}
	c := &call.Call{
		Ctx: h.Context(), Principal: h.caller, Region: h.region, Operation: op, Time: h.now, State: h.store.View(),
	}
	h.last, h.input = c, in
	c.Allow = func(t call.Target) error { return h.allow(c, t) }
	if err := wire.Check(op, in); err != nil {
		return nil, err
	}
	run := func() error {
		var err error
		if h.targets, err = h.Access(c, in); err != nil {
			return err
		}
		for _, t := range h.targets {
			if err := c.Allow(t); err != nil {
				return err
			}
		}
		out, err = api.Handlers(h.Service)[op.Name](c, in)
		return err
	}
	if op.Writes {
		err = h.store.Update(c.Ctx, func(tx *store.Tx) error {
			h.runs++
			c.State, c.Tx, c.Notes = tx, tx, call.Notes{}
			return run()
		})
	} else {
		err = run()
	}
	if err == nil {
		h.events = append(h.events, c.Events...)
	}
	return out, err
}

func (h *house) allow(c *call.Call, t call.Target) error {
	account := t.Owner
	if account == "" {
		account = c.Account()
	}
	ctx := policy.PrincipalContext(c.Principal, nil, c.Time)
	maps.Copy(ctx, t.Context)
	req := policy.Request{Principal: c.Principal, Action: t.Action, Resource: t.Resource, ResourceAccount: account, Context: ctx}
	docs := policy.Documents{Resource: t.Policy, ResourceOnly: t.PolicyRequired}
	if text, ok := h.identity[c.Principal.ARN]; ok {
		docs.Identity = mustAttach(text)
	}
	if denial := policy.Evaluate(req, docs).Denial(req); denial != nil {
		return denial
	}
	return nil
}

// do makes a call that succeeds.
func do[O any](h *house, in wire.Shape) *O {
	h.Helper()
	out, err := h.call(in)
	if err != nil {
		h.Fatalf("%s: %v", in.Describe().Name, err)
	}
	return out.(*O)
}

func (h *house) do(ins ...wire.Shape) {
	h.Helper()
	for _, in := range ins {
		if _, err := h.call(in); err != nil {
			h.Fatalf("%s: %v", in.Describe().Name, err)
		}
	}
}

// fails makes a call that must fail with this code and, where want goes on
// after it, with this message.
func (h *house) fails(want string, in wire.Shape) {
	h.Helper()
	_, err := h.call(in)
	var e *aws.Error
	if !errors.As(err, &e) || e.Error() != want && e.Code != want {
		h.Errorf("%s: %v\nwant: %s", in.Describe().Name, err, want)
	}
}

func (h *house) equal(what string, got, want any) {
	h.Helper()
	if !reflect.DeepEqual(got, want) {
		h.Errorf("%s:\n got %#v\nwant %#v", what, got, want)
	}
}

// create makes a key and returns its id.
func (h *house) create(in *api.CreateKeyInput) string {
	h.Helper()
	return *do[api.CreateKeyOutput](h, in).KeyMetadata.KeyId
}

func (h *house) arn(id string) string { return keyARN(owner, h.region, id) }

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
	h.now = h.now.Add(d)
	if err := h.Advance(h.Context()); err != nil {
		h.Fatal(err)
	}
}

const day = 24 * time.Hour

// heard returns the names of the events since it was called last.
func (h *house) heard() string {
	var names []string
	for _, e := range h.events {
		names = append(names, e.Name)
	}
	h.events = nil
	return strings.Join(names, " ")
}

// recorded is what the record of the last call says of its request and, for
// calls that set it themselves, of its response.
func (h *house) recorded() (request, response string) {
	h.Helper()
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			h.Fatal(err)
		}
		return string(b)
	}
	var r struct{ RequestParameters any }
	if err := json.Unmarshal(record.Call(h.last, record.Outcome{In: h.input}, record.Copy{}), &r); err != nil {
		h.Fatal(err)
	}
	return text(r.RequestParameters), text(h.last.Response)
}

// stored is a copy of a key's record.
func (h *house) stored(id string) *Key {
	h.Helper()
	k, ok := keys.Get(h.store.View(), place(owner, h.region)+id)
	if !ok {
		h.Fatalf("no key %s", id)
	}
	return k.clone()
}

func (h *house) put(k *Key) {
	h.Helper()
	if err := h.store.Update(h.Context(), func(tx *store.Tx) error { keys.Put(tx, k.key(), k); return nil }); err != nil {
		h.Fatal(err)
	}
}

func testMaster(t testing.TB) *seal.Key {
	master, err := seal.New(bytes.Repeat([]byte{7}, seal.Size))
	if err != nil {
		t.Fatal(err)
	}
	return master
}
