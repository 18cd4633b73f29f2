package sns

import (
	"log/slog"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
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

// fixture is the service and its neighbours.
type fixture struct {
	*calltest.Door
	service *Service
	queues  *queues
	keys    *keys
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

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{
		Door: calltest.New(t, store.Options{}), service: New(calltest.Key(t)),
		queues: &queues{map[string][]QueueMessage{}, map[string]call.Source{}, map[string]*aws.Error{}},
		keys:   &keys{refuses: map[string]*aws.Error{}},
	}
	f.Region = region
	f.Clock.Advance(123 * time.Millisecond)
	f.service.Queues, f.service.Keys, f.service.Base = f.queues, f.keys, "https://sns.example.com"
	f.service.Principals = people{aws.RootARN(account), aws.RootARN(other), "arn:aws:iam::222222222222:role/r"}
	f.service.Log = slog.New(slog.DiscardHandler)
	f.Serve(api.API, api.Handlers(f.service), f.service.Access)
	f.as(account)
	return f
}

// as makes the calls that follow those of an account's user, who is allowed
// everything.
func (f *fixture) as(account string) {
	f.Caller = calltest.User(account, "u")
	f.Permit(f.Caller, calltest.Allowing("*"))
}

// unsigned makes the calls that follow those of nobody.
func (f *fixture) unsigned() { f.Caller = aws.Principal{} }

func (f *fixture) topic(name string, attributes map[string]string) string {
	f.Helper()
	return *f.Do(&api.CreateTopicInput{Name: &name, Attributes: attributes}).(*api.CreateTopicOutput).TopicArn
}

func (f *fixture) subscribe(topic, protocol, endpoint string, attributes map[string]string) string {
	f.Helper()
	return *f.Do(&api.SubscribeInput{
		TopicArn: &topic, Protocol: &protocol, Endpoint: &endpoint, Attributes: attributes, ReturnSubscriptionArn: new(true),
	}).(*api.SubscribeOutput).SubscriptionArn
}

func (f *fixture) attributes(topic string) map[string]string {
	f.Helper()
	return f.Do(&api.GetTopicAttributesInput{TopicArn: &topic}).(*api.GetTopicAttributesOutput).Attributes
}

func (f *fixture) settings(subscription string) map[string]string {
	f.Helper()
	return f.Do(&api.GetSubscriptionAttributesInput{SubscriptionArn: &subscription}).(*api.GetSubscriptionAttributesOutput).Attributes
}

func (f *fixture) publish(topic, body string) *api.PublishOutput {
	f.Helper()
	return f.Do(&api.PublishInput{TopicArn: &topic, Message: &body}).(*api.PublishOutput)
}

// entries are the deliveries of the outbox, in the order in which they are
// due.
func (f *fixture) entries() (list []*Delivery) {
	Due(f.Store.View(), f.Clock.Now().AddDate(10, 0, 0), func(_ string, d *Delivery) { list = append(list, d) })
	return list
}

func (f *fixture) bodies(queue string) (list []string) {
	for _, m := range f.queues.sent[queue] {
		list = append(list, m.Body)
	}
	return list
}
