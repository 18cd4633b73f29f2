package sqs

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/store/storetest"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

const (
	account = "111111111111"
	other   = "222222222222"
	region  = "us-east-2"
	base    = "http://localhost:4566/" + account + "/"
)

// fixture is the service over a store, with a caller and a clock.
type fixture struct {
	testing.TB
	service  *Service
	handlers map[string]call.Handler
	store    *store.Store
	clock    *storetest.Clock
	caller   aws.Principal
	identity []policy.Attached // the caller's policies
	asking   sync.Mutex
	asked    []call.Target // what Allow was asked, in the order it was
}

func newFixture(t testing.TB) *fixture { return newFixtureAt(t, "") }

// newFixtureAt is newFixture on a database; "" is SQLite.
func newFixtureAt(t testing.TB, url string) *fixture {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	key, err := seal.New([]byte(strings.Repeat("k", seal.Size)))
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{TB: t, service: New(st, key), store: st, clock: storetest.NewClock(time.Date(2026, 1, 31, 2, 0, 0, 0, time.UTC))}
	f.service.Now = f.clock.Now
	f.handlers = api.Handlers(f.service)
	f.caller = root(account)
	return f
}

func root(account string) aws.Principal {
	return aws.Principal{Type: aws.Root, Account: account, ARN: aws.RootARN(account), ID: account}
}

func user(account, name string) aws.Principal {
	return aws.Principal{
		Type: aws.IAMUser, Account: account, UserName: name, ID: "AIDA" + strings.ToUpper(name),
		ARN: aws.NewARN("iam", "", account, "user/"+name).String(),
	}
}

// call makes a call as the front door does: checked against the model,
// authorized, and in a transaction when it writes.
func (f *fixture) call(in wire.Shape) (out any, err error) {
	f.Helper()
	op := api.API.Operation(strings.TrimSuffix(in.Describe().Name, "Input"))
	if op == nil {
		f.Fatalf("no operation for %s", in.Describe().Name)
	}
	c := &call.Call{
		Ctx: context.Background(), Principal: f.caller, Region: region, Operation: op, Host: "localhost:4566",
		Time: f.clock.Now(), State: f.store.View(),
	}
	return f.run(c, in)
}

func (f *fixture) run(c *call.Call, in wire.Shape) (out any, err error) {
	if err := wire.Check(c.Operation, in); err != nil {
		return nil, err
	}
	c.Allow = func(t call.Target) error { return f.allow(c, t) }
	serve := func() error {
		targets, err := f.service.Access(c, in)
		for _, t := range targets {
			if err == nil {
				err = c.Allow(t)
			}
		}
		if err == nil {
			out, err = f.handlers[c.Operation.Name](c, in)
		}
		return err
	}
	if !c.Operation.Writes {
		return out, serve()
	}
	err = f.store.Update(c.Ctx, func(tx *store.Tx) error {
		c.State, c.Tx, c.Notes = tx, tx, call.Notes{}
		return serve()
	})
	return out, err
}

// allow decides as the front door does.
func (f *fixture) allow(c *call.Call, t call.Target) error {
	f.asking.Lock()
	f.asked = append(f.asked, t)
	f.asking.Unlock()
	owner := t.Owner
	if owner == "" {
		owner = c.Account()
	}
	req := policy.Request{
		Principal: c.Principal, Action: t.Action, Resource: t.Resource, ResourceAccount: owner,
		Context: policy.PrincipalContext(c.Principal, nil, c.Time),
	}
	for key, values := range t.Context {
		req.Context[key] = values
	}
	docs := policy.Documents{Identity: f.identity, Resource: t.Policy, ResourceOnly: t.PolicyRequired}
	if denial := policy.Evaluate(req, docs).Denial(req); denial != nil {
		return denial
	}
	return nil
}

// do makes calls that must succeed, and returns the answer of the last one.
func do[O any](f *fixture, ins ...wire.Shape) *O {
	f.Helper()
	var out any
	for _, in := range ins {
		var err error
		if out, err = f.call(in); err != nil {
			f.Fatalf("%s: %v", in.Describe().Name, err)
		}
	}
	return out.(*O)
}

// does makes calls that must succeed.
func (f *fixture) does(ins ...wire.Shape) {
	f.Helper()
	for _, in := range ins {
		if _, err := f.call(in); err != nil {
			f.Fatalf("%s: %v", in.Describe().Name, err)
		}
	}
}

// fails makes a call that must fail with exactly this: "Code: message". A
// code alone stands for any message.
func (f *fixture) fails(want string, in wire.Shape) {
	f.Helper()
	_, err := f.call(in)
	var e *aws.Error
	switch {
	case err == nil:
		f.Errorf("%s succeeded, want %s", in.Describe().Name, want)
	case !errors.As(err, &e), e.Error() != want && e.Code != want:
		f.Errorf("%s: %v\nwant: %s", in.Describe().Name, err, want)
	}
}

func (f *fixture) equal(what string, got, want any) {
	f.Helper()
	if !reflect.DeepEqual(got, want) {
		f.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// queue makes a queue with attributes, and returns its address.
func (f *fixture) queue(name string, attributes ...string) *string {
	f.Helper()
	in := &api.CreateQueueInput{QueueName: &name, Attributes: map[string]string{}}
	for pair := range slices.Chunk(attributes, 2) {
		in.Attributes[pair[0]] = pair[1]
	}
	if strings.HasSuffix(name, ".fifo") {
		in.Attributes["FifoQueue"] = "true"
	}
	return do[api.CreateQueueOutput](f, in).QueueUrl
}

func arn(name string) string { return "arn:aws:sqs:" + region + ":" + account + ":" + name }

func (f *fixture) set(url *string, name, value string) {
	f.Helper()
	f.does(&api.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{name: value}})
}

// send sends messages with these bodies.
func (f *fixture) send(url *string, bodies ...string) (out *api.SendMessageOutput) {
	f.Helper()
	for _, body := range bodies {
		out = do[api.SendMessageOutput](f, &api.SendMessageInput{QueueUrl: url, MessageBody: &body})
	}
	return out
}

// sendTo sends messages of a group; their bodies are their deduplication ids.
func (f *fixture) sendTo(url *string, group string, bodies ...string) (out *api.SendMessageOutput) {
	f.Helper()
	for _, body := range bodies {
		out = do[api.SendMessageOutput](f, &api.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageGroupId: &group, MessageDeduplicationId: &body})
	}
	return out
}

// receive receives up to so many messages, with all that is said of them.
func (f *fixture) receive(url *string, most int32) []api.Message {
	f.Helper()
	return do[api.ReceiveMessageOutput](f, &api.ReceiveMessageInput{
		QueueUrl: url, MaxNumberOfMessages: &most,
		MessageSystemAttributeNames: []string{"All"}, MessageAttributeNames: []string{"All"},
	}).Messages
}

// bodies receives up to ten messages and returns what they say.
func (f *fixture) bodies(url *string) []string {
	f.Helper()
	return bodiesOf(f.receive(url, 10))
}

func bodiesOf(list []api.Message) []string {
	texts := make([]string, len(list))
	for i, m := range list {
		texts[i] = *m.Body
	}
	return texts
}

func (f *fixture) delete(url *string, list ...api.Message) {
	f.Helper()
	for _, m := range list {
		f.does(&api.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
	}
}

// attributes are a queue's attributes.
func (f *fixture) attributes(url *string, names ...string) map[string]string {
	f.Helper()
	return do[api.GetQueueAttributesOutput](f, &api.GetQueueAttributesInput{QueueUrl: url, AttributeNames: names}).Attributes
}

// count says how many messages are visible, in flight and delayed.
func (f *fixture) count(url *string) [3]string {
	f.Helper()
	a := f.attributes(url, "All")
	return [3]string{a["ApproximateNumberOfMessages"], a["ApproximateNumberOfMessagesNotVisible"], a["ApproximateNumberOfMessagesDelayed"]}
}

func (f *fixture) advance() {
	f.Helper()
	if err := f.service.Advance(context.Background()); err != nil {
		f.Fatal(err)
	}
}

// fill puts messages into a queue, as edit makes them.
func (f *fixture) fill(name string, n int, edit func(*message)) {
	f.Helper()
	f.update(func(tx *store.Tx) {
		q, _ := findARN(tx, arn(name))
		for i := range n {
			m := &message{ID: fmt.Sprintf("m%07d", i), Sent: f.clock.Now().UnixMilli()}
			m.Visible = m.Sent
			edit(m)
			q.put(tx, m)
		}
	})
}
