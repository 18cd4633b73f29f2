package events

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

// The accounts of the tests, and the region.
const (
	own    = "111111111111"
	other  = "222222222222"
	region = "us-east-2"
)

// house is the service, with targets that remember what they got.
type house struct {
	*calltest.Door
	*Service
	// got is what targets received: "queue|body" and its like.
	got []string
	// refusing are the targets that refuse, with the code.
	refusing map[string]string
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{Door: calltest.New(t, store.Options{}), refusing: map[string]string{}}
	h.Region, h.Door.Membership = region, h.membership
	h.Clock.Advance(10*time.Minute + 30*time.Second)
	h.Service = &Service{Queues: fakeQueues{h}, Topics: fakeTopics{h}, Logs: fakeLogs{h}, Membership: h.membership}
	h.Serve(api.API, api.Handlers(h.Service), h.Access)
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
	p := calltest.Policy(l, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},
		"Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:*:*:log-group:/aws/events/*:*"}]}`)
	return call.Target{
		Action: action, Resource: strings.TrimSuffix(arn, ":*") + ":log-stream:" + stream, Owner: a.Account,
		Policy: p,
	}
}

func (l fakeLogs) PutAsService(_ *store.Tx, _ time.Time, arn, stream string, at time.Time, message string) *aws.Error {
	from := call.Source{Service: ServicePrincipal, ARN: "arn:aws:events:", Account: own}
	if len(stream) != 36 {
		l.Errorf("stream %q", stream)
	}
	return l.receive(arn, from, at.UTC().Format(time.RFC3339)+" "+message)
}

// must makes a call of a method in the name of an account's root, which
// succeeds.
func must[I, O any](h *house, account string, method func(*call.Call, *I) (*O, error), in *I) *O {
	h.Helper()
	return h.Do(calltest.By(h.Door, account, method, in)).(*O)
}

// refuses makes a call that fails with a code and a message, which may end
// with an asterisk.
func refuses[I, O any](h *house, want, account string, method func(*call.Call, *I) (*O, error), in *I) {
	h.Helper()
	e := h.Refused(calltest.By(h.Door, account, method, in))
	if e == nil {
		return
	}
	got := strings.TrimSuffix(e.Code, "Exception") + ": " + e.Message
	if prefix, ok := strings.CutSuffix(want, "*"); got != want && !(ok && strings.HasPrefix(got, prefix)) {
		h.Errorf("%T:\n got %s\nwant %s", in, got, want)
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
