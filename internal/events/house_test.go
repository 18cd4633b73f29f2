package events

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

// The accounts of the tests, and the region.
const (
	own    = "111111111111"
	other  = "222222222222"
	region = "us-east-2"
)

// house is the service on a real store, with targets that remember what they
// got.
type house struct {
	testing.TB
	*Service
	store *store.Store
	now   time.Time
	// got is what targets received: "queue|body" and its like.
	got []string
	// refusing are the targets that refuse, with the code.
	refusing map[string]string
	// forbidden are the actions that callers lack.
	forbidden map[string]bool
	record    call.Notes
}

func newHouse(t testing.TB) *house {
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	h := &house{
		TB: t, store: st, now: time.Date(2026, 1, 31, 2, 10, 30, 0, time.UTC),
		refusing: map[string]string{}, forbidden: map[string]bool{},
	}
	h.Service = &Service{Queues: fakeQueues{h}, Topics: fakeTopics{h}, Logs: fakeLogs{h}, Membership: h.membership}
	return h
}

func (h *house) membership(_ store.Reader, account string) (string, string) {
	if account == other {
		return "o-exampleorgid", "o-exampleorgid/r-abcd/"
	}
	return "", ""
}

func (h *house) receive(arn string, from call.Source, what string) *aws.Error {
	if code := h.refusing[arn]; code != "" {
		return aws.Errorf(code, "refused")
	}
	if from.Service != ServicePrincipal || !strings.HasPrefix(from.ARN, "arn:aws:events:") || from.Account == "" {
		h.Errorf("%s got something from %+v", arn, from)
	}
	a, _ := aws.ParseARN(arn)
	h.got = append(h.got, a.Resource+"|"+what)
	return nil
}

// received returns what targets got and forgets it.
func (h *house) received() []string {
	got := h.got
	h.got = nil
	return got
}

type fakeQueues struct{ *house }

func (q fakeQueues) SendAsService(_ *store.Tx, _ time.Time, arn string, from call.Source, m QueueMessage) *aws.Error {
	what := m.Body
	for _, name := range slices.Sorted(maps.Keys(m.Attributes)) {
		what += " " + name + "=" + m.Attributes[name]
	}
	if m.GroupID != "" {
		what += " group=" + m.GroupID
	}
	if m.TraceHeader != "" {
		what += " trace=" + m.TraceHeader
	}
	return q.receive(arn, from, what)
}

type fakeTopics struct{ *house }

func (t fakeTopics) PublishAsService(_ *store.Tx, _ time.Time, arn string, from call.Source, body string) *aws.Error {
	return t.receive(arn, from, body)
}

type fakeLogs struct{ *house }

// Target has a policy that lets EventBridge in at groups under /aws/events/.
func (l fakeLogs) Target(_ store.Reader, arn, stream, action string) call.Target {
	a, _ := aws.ParseARN(arn)
	p, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},
		"Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:*:*:log-group:/aws/events/*:*"}]}`))
	if err != nil {
		l.Fatal(err)
	}
	return call.Target{
		Action: action, Resource: strings.TrimSuffix(arn, ":*") + ":log-stream:" + stream, Owner: a.Account,
		Policy: &policy.Attached{Document: p},
	}
}

func (l fakeLogs) PutAsService(_ *store.Tx, _ time.Time, arn, stream string, at time.Time, message string) *aws.Error {
	from := call.Source{Service: ServicePrincipal, ARN: "arn:aws:events:", Account: own}
	if len(stream) != 36 {
		l.Errorf("stream %q", stream)
	}
	return l.receive(arn, from, at.UTC().Format(time.RFC3339)+" "+message)
}

// do makes a call in the name of an account's root, as the gateway does:
// checked against the model, in a transaction where the operation writes.
func do[I, O any](h *house, account string, method func(*call.Call, *I) (*O, error), in *I) (*O, error) {
	h.Helper()
	op := api.API.Operation(strings.TrimSuffix(reflect.TypeFor[I]().Name(), "Input"))
	if err := wire.Check(op, any(in).(wire.Shape)); err != nil {
		return nil, err
	}
	run := func(r store.Reader, tx *store.Tx) (*O, error) {
		c := h.call(account, op, r, tx)
		targets, err := h.Access(c, in)
		if err != nil {
			return nil, err
		}
		for _, t := range targets {
			if t.Apart {
				continue
			}
			if err := c.Allow(t); err != nil {
				return nil, err
			}
		}
		out, err := method(c, in)
		h.record = c.Notes
		return out, err
	}
	if !op.Writes {
		return run(h.store.View(), nil)
	}
	var out *O
	err := h.store.Update(h.Context(), func(tx *store.Tx) (err error) {
		out, err = run(tx, tx)
		return err
	})
	return out, err
}

func (h *house) call(account string, op *wire.Operation, r store.Reader, tx *store.Tx) *call.Call {
	return &call.Call{
		Ctx:       h.Context(),
		Principal: aws.Principal{Type: aws.Root, Account: account, ARN: aws.RootARN(account), ID: account},
		Region:    region,
		Operation: op,
		Time:      h.now,
		State:     r,
		Tx:        tx,
		Allow:     func(t call.Target) error { return h.allow(account, t) },
	}
}

// allow is the gateway's answer for the root of an account.
func (h *house) allow(account string, t call.Target) error {
	if h.forbidden[t.Action] {
		return aws.Errorf(aws.AccessDenied, "not authorized to perform: %s", t.Action)
	}
	ctx := policy.Context{}
	maps.Copy(ctx, t.Context)
	if organization, _ := h.membership(nil, account); organization != "" {
		ctx.Set("aws:PrincipalOrgID", organization)
	}
	q := policy.Request{
		Principal: aws.Principal{Type: aws.Root, Account: account, ARN: aws.RootARN(account), ID: account},
		Action:    t.Action, Resource: t.Resource, ResourceAccount: t.Owner, Context: ctx,
	}
	if denial := policy.Evaluate(q, policy.Documents{Resource: t.Policy}).Denial(q); denial != nil {
		return denial
	}
	return nil
}

// must is do for calls that succeed.
func must[I, O any](h *house, account string, method func(*call.Call, *I) (*O, error), in *I) *O {
	h.Helper()
	out, err := do(h, account, method, in)
	if err != nil {
		h.Fatalf("%T: %v", in, err)
	}
	return out
}

// refuses makes a call that fails with a code and a message, which may end
// with an asterisk.
func refuses[I, O any](h *house, want, account string, method func(*call.Call, *I) (*O, error), in *I) {
	h.Helper()
	before := h.store.View().Rev()
	_, err := do(h, account, method, in)
	var e *aws.Error
	if !errors.As(err, &e) {
		h.Errorf("%T: got %v, want %s", in, err, want)
		return
	}
	got := strings.TrimSuffix(e.Code, "Exception") + ": " + e.Message
	if prefix, ok := strings.CutSuffix(want, "*"); got != want && !(ok && strings.HasPrefix(got, prefix)) {
		h.Errorf("%T:\n got %s\nwant %s", in, got, want)
	}
	if h.store.View().Rev() != before {
		h.Errorf("%T changed something", in)
	}
}

// rule makes a rule with targets, which have the ids 0, 1, …
func (h *house) rule(bus, name, pattern string, targets ...api.Target) {
	h.Helper()
	must(h, own, h.PutRule, &api.PutRuleInput{Name: &name, EventBusName: &bus, EventPattern: &pattern})
	for i := range targets {
		if targets[i].Id == nil {
			targets[i].Id = new(fmt.Sprint(i))
		}
	}
	if len(targets) > 0 {
		out := must(h, own, h.PutTargets, &api.PutTargetsInput{Rule: &name, EventBusName: &bus, Targets: targets})
		if *out.FailedEntryCount != 0 {
			h.Fatalf("%s: %s", *out.FailedEntries[0].ErrorCode, *out.FailedEntries[0].ErrorMessage)
		}
	}
}

func queue(name string) *string { return new("arn:aws:sqs:" + region + ":" + own + ":" + name) }
func topic(name string) *string { return new("arn:aws:sns:" + region + ":" + own + ":" + name) }

// send puts one event on a bus and returns its id.
func (h *house) send(bus, source, detail string) string {
	h.Helper()
	out := must(h, own, h.PutEvents, &api.PutEventsInput{Entries: []api.PutEventsRequestEntry{
		{Source: &source, DetailType: new("test"), Detail: &detail, EventBusName: &bus},
	}})
	if out.Entries[0].EventId == nil {
		h.Fatalf("%s: %s", *out.Entries[0].ErrorCode, *out.Entries[0].ErrorMessage)
	}
	return *out.Entries[0].EventId
}

func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}
