package sns

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

const (
	account = "111111111111"
	other   = "222222222222"
	region  = "us-east-1"
	topic   = "arn:aws:sns:us-east-1:111111111111:t"
	queue   = "arn:aws:sqs:us-east-1:111111111111:q"
	dead    = "arn:aws:sqs:us-east-1:111111111111:dead"
	foreign = "arn:aws:sqs:us-east-1:222222222222:q"
	hook    = "https://example.com/hook"
)

// fixture is a store and a caller.
type fixture struct {
	testing.TB
	service  *Service
	handlers map[string]call.Handler
	store    *store.Store
	now      time.Time
	region   string
	caller   aws.Principal
	identity []policy.Attached // of the caller
	last     *call.Call
	runs     int // of the transactions of calls
	queues   *queues
	keys     *keys
}

// queues are fake queues of SQS.
type queues struct {
	sent    map[string][]QueueMessage
	from    map[string]call.Source
	refuses map[string]*aws.Error
}

func (q *queues) SendAsService(_ *store.Tx, _ time.Time, arn string, from call.Source, m QueueMessage) *aws.Error {
	if refused := q.refuses[arn]; refused != nil {
		return refused
	}
	q.sent[arn] = append(q.sent[arn], m)
	q.from[arn] = from
	return nil
}

// keys are fake keys of KMS. Each refusal is by action.
type keys struct {
	refuses map[string]*aws.Error
	policy  *policy.Attached
	context map[string]string
	via     string
	managed []string // whose key was made for which service
}

func (k *keys) ManagedKey(_ *store.Tx, _ time.Time, account, region, service string) (string, error) {
	k.managed = append(k.managed, account+" "+region+" "+service)
	return "", nil
}

func (k *keys) Target(_ store.Reader, key, owner, region, action string, encryptionContext map[string]string, via string) (call.Target, *aws.Error) {
	k.context, k.via = encryptionContext, via
	if refused := k.refuses[action]; refused != nil {
		return call.Target{}, refused
	}
	return call.Target{Action: action, Resource: "arn:aws:kms:" + region + ":" + owner + ":key/" + key, Owner: owner, Policy: k.policy, PolicyRequired: true}, nil
}

// people are the principals that exist.
type people []string

func (p people) PrincipalExists(_ store.Reader, arn string) bool {
	for _, name := range p {
		if name == arn {
			return true
		}
	}
	return false
}

func (people) PrincipalID(store.Reader, string) string { return "" }

func policyOf(t testing.TB, text string) policy.Attached {
	t.Helper()
	doc, err := policy.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return policy.Attached{Document: doc}
}

func testKey(t testing.TB) *seal.Key {
	t.Helper()
	key, err := seal.New([]byte(strings.Repeat("k", seal.Size)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	f := &fixture{
		TB: t, service: New(testKey(t)), store: st, now: time.Date(2026, 1, 31, 2, 0, 0, 123_000_000, time.UTC), region: region,
		queues: &queues{map[string][]QueueMessage{}, map[string]call.Source{}, map[string]*aws.Error{}},
		keys:   &keys{refuses: map[string]*aws.Error{}},
	}
	f.service.Queues, f.service.Keys, f.service.Base = f.queues, f.keys, "https://sns.example.com"
	f.service.Principals = people{aws.RootARN(account), aws.RootARN(other), "arn:aws:iam::222222222222:role/r"}
	f.service.Log = slog.New(slog.DiscardHandler)
	f.handlers = api.Handlers(f.service)
	f.as(account)
	return f
}

// as makes the calls that follow those of an account's user, who is allowed
// everything.
func (f *fixture) as(account string) {
	f.caller = aws.Principal{Type: aws.IAMUser, Account: account, ARN: "arn:aws:iam::" + account + ":user/u", ID: "AIDA" + account}
	f.identity = []policy.Attached{policyOf(f, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}
}

// unsigned makes the calls that follow those of nobody.
func (f *fixture) unsigned() { f.caller, f.identity = aws.Principal{}, nil }

// call makes a call as the front door does: checked against the model,
// permitted, in a transaction when it writes.
func (f *fixture) call(in wire.Shape) (out any, err error) {
	f.Helper()
	op := api.API.Operation(strings.TrimSuffix(in.Describe().Name, "Input"))
	if op == nil {
		f.Fatalf("no operation for %s", in.Describe().Name)
	}
	if err := wire.Check(op, in); err != nil {
		return nil, err
	}
	c := &call.Call{Ctx: context.Background(), Principal: f.caller, Region: f.region, Operation: op, Time: f.now, State: f.store.View()}
	f.last = c
	c.Allow = func(t call.Target) error { return f.allow(c, t) }
	run := func() error {
		targets, err := f.service.Access(c, in)
		if err != nil {
			return err
		}
		for _, t := range targets {
			if err := c.Allow(t); err != nil {
				return err
			}
		}
		out, err = f.handlers[op.Name](c, in)
		return err
	}
	if !op.Writes {
		return out, run()
	}
	return out, f.store.Update(c.Ctx, func(tx *store.Tx) error {
		f.runs++
		c.State, c.Tx, c.Notes = tx, tx, call.Notes{}
		return run()
	})
}

func (f *fixture) allow(c *call.Call, t call.Target) error {
	owner := t.Owner
	if owner == "" {
		owner = c.Account()
	}
	ctx := policy.PrincipalContext(c.Principal, nil, c.Time)
	for k, v := range t.Context {
		ctx[k] = v
	}
	req := policy.Request{Principal: c.Principal, Action: t.Action, Resource: t.Resource, ResourceAccount: owner, Context: ctx}
	docs := policy.Documents{Identity: f.identity, Resource: t.Policy, ResourceOnly: t.PolicyRequired}
	if denial := policy.Evaluate(req, docs).Denial(req); denial != nil {
		return denial
	}
	return nil
}

// do makes calls that must succeed, and returns the answer of the last one.
func (f *fixture) do(ins ...wire.Shape) (out any) {
	f.Helper()
	for _, in := range ins {
		var err error
		if out, err = f.call(in); err != nil {
			f.Fatalf("%s: %v", in.Describe().Name, err)
		}
	}
	return out
}

// fails makes a call that must fail with exactly this: "Code: message".
func (f *fixture) fails(want string, in wire.Shape) {
	f.Helper()
	_, err := f.call(in)
	var e *aws.Error
	if !errors.As(err, &e) || e.Error() != want {
		f.Errorf("%s: %v\nwant: %s", in.Describe().Name, err, want)
	}
}

func (f *fixture) update(fn func(*store.Tx) error) error {
	return f.store.Update(context.Background(), fn)
}

func (f *fixture) equal(what string, got, want any) {
	f.Helper()
	if !reflect.DeepEqual(got, want) {
		f.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func (f *fixture) topic(name string, attributes map[string]string) string {
	f.Helper()
	return *f.do(&api.CreateTopicInput{Name: &name, Attributes: attributes}).(*api.CreateTopicOutput).TopicArn
}

func (f *fixture) subscribe(topic, protocol, endpoint string, attributes map[string]string) string {
	f.Helper()
	return *f.do(&api.SubscribeInput{
		TopicArn: &topic, Protocol: &protocol, Endpoint: &endpoint, Attributes: attributes, ReturnSubscriptionArn: new(true),
	}).(*api.SubscribeOutput).SubscriptionArn
}

func (f *fixture) attributes(topic string) map[string]string {
	f.Helper()
	return f.do(&api.GetTopicAttributesInput{TopicArn: &topic}).(*api.GetTopicAttributesOutput).Attributes
}

func (f *fixture) settings(subscription string) map[string]string {
	f.Helper()
	return f.do(&api.GetSubscriptionAttributesInput{SubscriptionArn: &subscription}).(*api.GetSubscriptionAttributesOutput).Attributes
}

func (f *fixture) publish(topic, body string) *api.PublishOutput {
	f.Helper()
	return f.do(&api.PublishInput{TopicArn: &topic, Message: &body}).(*api.PublishOutput)
}

// entries are the deliveries of the outbox, in the order in which they are
// due.
func (f *fixture) entries() (list []*Delivery) {
	Due(f.store.View(), f.now.AddDate(10, 0, 0), func(_ string, d *Delivery) { list = append(list, d) })
	return list
}

func (f *fixture) bodies(queue string) (list []string) {
	for _, m := range f.queues.sent[queue] {
		list = append(list, m.Body)
	}
	return list
}
