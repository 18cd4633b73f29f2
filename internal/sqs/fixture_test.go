package sqs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

const (
	account = "111111111111"
	other   = "222222222222"
	region  = "us-east-2"
	base    = "http://localhost:4566/" + account + "/"
)

// fixture is the service, by the clock of its door.
type fixture struct {
	*calltest.Door
	service *Service
}

func newFixture(t testing.TB) *fixture { return newFixtureAt(t, "") }

// newFixtureAt is newFixture on a database; "" is SQLite.
func newFixtureAt(t testing.TB, url string) *fixture {
	t.Helper()
	f := &fixture{Door: calltest.New(t, store.Options{URL: url})}
	f.Caller, f.Region, f.Host = calltest.Root(account), region, "localhost:4566"
	f.service = New(f.Store, calltest.Key(t))
	f.service.Now = f.Clock.Now
	f.Serve(api.API, api.Handlers(f.service), f.service.Access)
	return f
}

// do makes calls that must succeed, and returns the answer of the last one.
func do[O any](f *fixture, ins ...wire.Shape) *O {
	f.Helper()
	return f.Do(ins...).(*O)
}

// update changes the store outside of any call.
func (f *fixture) update(fn func(*store.Tx)) {
	f.Helper()
	f.Update(func(tx *store.Tx) error { fn(tx); return nil })
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
	f.Do(&api.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{name: value}})
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
		f.Do(&api.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
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
			m := &message{ID: fmt.Sprintf("m%07d", i), Sent: f.Clock.Now().UnixMilli()}
			m.Visible = m.Sent
			edit(m)
			q.put(tx, m)
		}
	})
}
