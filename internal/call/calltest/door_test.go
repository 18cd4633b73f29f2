package calltest

import (
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

const account = "111111111111"

type thing struct{ Name string }

var things = store.NewKind[thing]("test.thing")

// watched is a test that may fail without this one's failing.
type watched struct {
	testing.TB
	failures int
}

func (w *watched) Errorf(string, ...any) { w.failures++ }

// serve has a function serve DeleteTopic, which writes, and another ListTopics,
// which reads. Both need a permission of their own name.
func serve(d *Door, deletes, lists func(*call.Call) error) {
	handler := func(fn func(*call.Call) error, out any) call.Handler {
		return func(c *call.Call, _ any) (any, error) { return out, fn(c) }
	}
	d.Caller = User(account, "ann")
	d.Serve(api.API, map[string]call.Handler{
		"DeleteTopic": handler(deletes, &api.DeleteTopicOutput{}), "ListTopics": handler(lists, &api.ListTopicsOutput{}),
	}, func(c *call.Call, _ any) ([]call.Target, error) {
		return []call.Target{{Action: "sns:" + c.Operation.Name, Resource: "*"}, {Action: "sns:Apart", Resource: "*", Apart: true}}, nil
	})
}

var deleting = &api.DeleteTopicInput{TopicArn: new("t")}

// Whoever has no policy may nothing, also not what the service asks for while
// it runs.
func TestPermissions(t *testing.T) {
	d := New(t, store.Options{})
	asks := func(c *call.Call) error { return c.Allow(call.Target{Action: "sns:Other", Resource: "*"}) }
	serve(d, asks, asks)
	const none = " on resource: * because no identity-based policy allows the "
	const ann = "AccessDenied: User: arn:aws:iam::111111111111:user/ann is not authorized to perform: "
	d.Fails(ann+"sns:DeleteTopic"+none+"sns:DeleteTopic action", deleting)
	d.Permit(d.Caller, Allowing("sns:DeleteTopic"))
	d.Fails(ann+"sns:Other"+none+"sns:Other action", deleting)
	d.Permit(d.Caller, Allowing("sns:DeleteTopic"), Allowing("sns:Other"))
	d.Asked()
	d.Do(deleting)
	var actions []string
	for _, target := range d.Asked() {
		actions = append(actions, target.Action)
	}
	d.Equal("asked", actions, []string{"sns:DeleteTopic", "sns:Apart", "sns:Other"})
	d.Forbidden["sns:Other"] = true
	d.Fails(aws.AccessDenied, deleting)
	d.Caller = Root(account)
	d.Fails(aws.AccessDenied, deleting)
	d.Caller = aws.Principal{}
	d.Fails(aws.AccessDenied, deleting)
	d.Fails("ValidationError", &api.DeleteTopicInput{}) // which the model refuses
}

// What is made beforehand is kept between the runs of a transaction, and
// nothing else.
func TestRuns(t *testing.T) {
	d := New(t, store.Options{})
	made := 0
	serve(d, func(c *call.Call) error {
		c.Emit(call.Event{Name: "Done"})
		_, err := call.Beforehand(c, "key", func() (int, error) { made++; return made, nil })
		return err
	}, nil)
	d.Permit(d.Caller, Allowing("sns:*"))
	d.Do(deleting)
	d.Equal("runs, made, emitted, asked", []int{d.Runs, made, len(d.Emitted()), len(d.Asked())}, []int{2, 1, 1, 2})
}

// A refused call changes nothing and emits what stands alone. A test hears of
// one that is not refused, is refused otherwise, or changes something.
func TestRefused(t *testing.T) {
	d := New(t, store.Options{})
	refusal := aws.Errorf("Refused", "so it is")
	put := func(tx *store.Tx) error { things.Put(tx, "a", &thing{"a"}); return nil }
	serve(d, func(c *call.Call) error {
		c.Emit(call.Event{Name: "Falls"})
		c.Emit(call.Event{Name: "Stands", Stands: true})
		put(c.Tx)
		return refusal
	}, func(c *call.Call) error {
		d.Update(put) // what no call may do
		return refusal
	})
	d.Permit(d.Caller, Allowing("sns:*"))
	d.Fails("Refused: so it is", deleting)
	d.Fails("Refused", deleting)
	events := d.Emitted()
	d.Equal("emitted", []any{len(events), events[0].Name}, []any{2, "Stands"})
	if _, ok := things.Get(d.Store.View(), "a"); ok {
		t.Error("a refused call changed something")
	}

	w := &watched{TB: t}
	d.TB = w
	for want, fails := range map[string]func(){
		"another message": func() { d.Fails("Refused: so it is not", deleting) },
		"another code":    func() { d.Fails("Refuse", deleting) },
		"a change":        func() { d.Fails("Refused", &api.ListTopicsInput{}) },
	} {
		w.failures = 0
		if fails(); w.failures != 1 {
			t.Errorf("%s: %d failures", want, w.failures)
		}
	}
	serve(d, func(*call.Call) error { return nil }, nil)
	w.failures = 0
	if d.Refused(deleting) != nil || w.failures != 1 {
		t.Error("a call that succeeds passes for a refused one")
	}
}
