package events

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

// body is what a target gets of an event that send sent.
func body(id, source, detail string) string {
	return fmt.Sprintf(`{"version":"0","id":"%s","detail-type":"test","source":"%s","account":"111111111111","time":"2026-01-31T02:10:30Z",`+
		`"region":"us-east-2","resources":[],"detail":%s}`, id, source, detail)
}

func TestDelivery(t *testing.T) {
	h := newHouse(t)
	group := "arn:aws:logs:us-east-2:111111111111:log-group:/aws/events/g:*"
	h.rule("default", "all", `{"source":["x"]}`,
		api.Target{Arn: queue("q")},
		api.Target{Arn: topic("t"), InputPath: new("$.detail.list")},
		api.Target{Arn: queue("f.fifo"), SqsParameters: &api.SqsParameters{MessageGroupId: new("g")}, Input: new(`{"fixed": 1}`)},
		api.Target{Arn: &group},
		api.Target{Arn: queue("t"), InputPath: new("$.detail.none")},
	)
	h.rule("default", "off", `{"source":["x"]}`, api.Target{Arn: queue("off")})
	must(h, own, h.DisableRule, &api.DisableRuleInput{Name: new("off")})
	h.rule("default", "others", `{"source":["y"]}`, api.Target{Arn: queue("others")})

	detail := `{"list":[1,{"a":"<&>"}],"empty":{}}`
	id := h.send("default", "x", detail)
	want := body(id, "x", detail)
	calltest.Equal(t, "received", h.received(), []string{
		"q|" + want, `t|[1,{"a":"<&>"}]`, `f.fifo|{"fixed": 1} group=g`, "log-group:/aws/events/g:*|2026-01-31T02:10:30Z " + want, "t|null",
	})
	calltest.Equal(t, "metrics", h.Metrics(), Metrics{Matched: 1, Invocations: 5})

	must(h, own, h.PutEvents, &api.PutEventsInput{Entries: []api.PutEventsRequestEntry{{
		Source: new("y"), DetailType: new("t"), Detail: new(`{ "a" : 1 }`), TraceHeader: new("Root=1"), Resources: []string{"arn:x"},
		Time: new(time.Date(2020, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))),
	}}})
	got := h.received()[0]
	if !strings.HasSuffix(got, `"time":"2020-01-02T02:04:05Z","region":"us-east-2","resources":["arn:x"],"detail":{"a":1}} trace=Root=1`) {
		t.Error(got)
	}
}

func TestRefusedDelivery(t *testing.T) {
	h := newHouse(t)
	dlq := &api.DeadLetterConfig{Arn: queue("dlq")}
	h.rule("default", "r", `{"source":["x"]}`,
		api.Target{Arn: queue("closed"), DeadLetterConfig: dlq, Input: new("1")},
		api.Target{Arn: topic("gone"), DeadLetterConfig: dlq},
		api.Target{Arn: queue("odd"), DeadLetterConfig: dlq},
		api.Target{Arn: queue("closed")},
		api.Target{Arn: new("arn:aws:logs:us-east-2:111111111111:log-group:private")},
	)
	h.refusing[*queue("closed")] = aws.AccessDenied
	h.refusing[*topic("gone")] = "NotFound"
	h.refusing[*queue("odd")] = "InvalidParameterValue"
	id := h.send("default", "x", "{}")
	letter := func(target, code string) string {
		return "dlq|" + body(id, "x", "{}") + " ERROR_CODE=" + code + " ERROR_MESSAGE=refused RETRY_ATTEMPTS=0 RULE_ARN=arn:aws:events:us-east-2:111111111111:rule/r TARGET_ARN=" + target
	}
	calltest.Equal(t, "dead letters", h.received(), []string{
		letter(*queue("closed"), "NO_PERMISSIONS"), letter(*topic("gone"), "NO_RESOURCE"), letter(*queue("odd"), "SDK_CLIENT_ERROR"),
	})
	calltest.Equal(t, "metrics", h.Metrics(), Metrics{Matched: 1, Invocations: 5, Failed: 5, DeadLettered: 3, Dropped: 2})

	h.refusing[*queue("dlq")] = aws.AccessDenied
	h.send("default", "x", "{}")
	calltest.Equal(t, "nobody has it", h.received(), nil)
	calltest.Equal(t, "metrics", h.Metrics(), Metrics{Matched: 2, Invocations: 10, Failed: 10, DeadLettered: 3, Dropped: 7})
}

func TestBusToBus(t *testing.T) {
	h := newHouse(t)
	busARN := func(account, name string) *string {
		return new("arn:aws:events:us-east-2:" + account + ":event-bus/" + name)
	}
	for _, name := range []string{"a", "b", "c"} {
		must(h, own, h.CreateEventBus, &api.CreateEventBusInput{Name: &name})
	}
	h.rule("a", "to-b", `{"source":["x"]}`, api.Target{Arn: busARN(own, "b")}, api.Target{Arn: busARN(own, "none")})
	h.rule("b", "to-c", `{"source":["x"]}`, api.Target{Arn: busARN(own, "c")}, api.Target{Arn: busARN(own, "a")}, api.Target{Arn: queue("b")})
	h.rule("c", "to-q", `{"source":["x"]}`, api.Target{Arn: queue("c")})
	id := h.send("a", "x", "{}")
	calltest.Equal(t, "one hop", h.received(), []string{"b|" + body(id, "x", "{}")})

	// To a bus of another account, which lets in or does not.
	must(h, other, h.PutRule, &api.PutRuleInput{Name: new("in"), EventPattern: new(`{"account":["111111111111"]}`)})
	must(h, other, h.PutTargets, &api.PutTargetsInput{Rule: new("in"), Targets: []api.Target{{Id: new("q"), Arn: queue("abroad")}}})
	h.rule("default", "out", `{"source":["x"]}`, api.Target{Arn: busARN(other, "default"), DeadLetterConfig: &api.DeadLetterConfig{Arn: queue("dlq")}})
	h.send("default", "x", "{}")
	if got := h.received(); len(got) != 1 || !strings.Contains(got[0], "ERROR_CODE=NO_PERMISSIONS") {
		t.Errorf("without permission: %v", got)
	}
	must(h, other, h.PutPermission, &api.PutPermissionInput{Action: new("events:PutEvents"), Principal: new(own), StatementId: new("s")})
	id = h.send("default", "x", "{}")
	calltest.Equal(t, "abroad", h.received(), []string{"abroad|" + body(id, "x", "{}")})
}

func TestPutEvents(t *testing.T) {
	h := newHouse(t)
	entry := func(source, detail, bus *string) api.PutEventsRequestEntry {
		return api.PutEventsRequestEntry{Source: source, DetailType: new("t"), Detail: detail, EventBusName: bus}
	}
	entries := []api.PutEventsRequestEntry{
		entry(new("x"), new("{}"), nil),
		entry(nil, new("{}"), nil),
		entry(new("x"), nil, nil),
		{Source: new("x"), Detail: new("{}")},
		entry(new("x"), new("[]"), nil),
		entry(new("x"), new(`"text"`), nil),
		entry(new("x"), new("{"), nil),
		entry(new("aws.s3"), new("{}"), nil),
		entry(new("x"), new("{}"), new("none")),
		{Source: new("x"), Detail: new("{}"), DetailType: new(strings.Repeat("x", 129))},
	}
	out := must(h, own, h.PutEvents, &api.PutEventsInput{Entries: entries})
	calltest.Equal(t, "failures", *out.FailedEntryCount, 8)
	for i, want := range []string{
		"", "InvalidArgument: Parameter Source is not valid. Reason: Source is a required argument.",
		"InvalidArgument: Parameter Detail is not valid. Reason: Detail is a required argument.",
		"InvalidArgument: Parameter DetailType is not valid. Reason: DetailType is a required argument.",
		"MalformedDetail: Detail is malformed.", "MalformedDetail: Detail is malformed.", "MalformedDetail: Detail is malformed.",
		"NotAuthorizedForSourceException: Not authorized for the source.", "",
		"InvalidArgument: Parameter DetailType is not valid. Reason: DetailType must not be longer than 128 characters.",
	} {
		e := out.Entries[i]
		if (e.EventId != nil) != (want == "") || want != "" && *e.ErrorCode+": "+*e.ErrorMessage != want {
			t.Errorf("%d: %s: %s", i, aws.Val(e.ErrorCode), aws.Val(e.ErrorMessage))
		}
	}

	abroad := entry(new("x"), new("{}"), new("arn:aws:events:us-east-2:"+other+":event-bus/default"))
	out = must(h, own, h.PutEvents, &api.PutEventsInput{Entries: []api.PutEventsRequestEntry{abroad, entry(new("x"), new("{}"), nil)}})
	calltest.Equal(t, "one refused", fmt.Sprint(*out.FailedEntryCount, *out.Entries[0].ErrorCode, out.Entries[1].EventId != nil), "1AccessDeniedExceptiontrue")
	refuses(h, "AccessDenied: *", own, h.PutEvents, &api.PutEventsInput{Entries: []api.PutEventsRequestEntry{abroad, abroad}})
	refuses(h, "Validation: Total size of the entries in the request is over the limit.", own, h.PutEvents, &api.PutEventsInput{Entries: []api.PutEventsRequestEntry{
		entry(new("x"), new(`{"a":"`+strings.Repeat("x", 256<<10)+`"}`), nil)}})
	refuses(h, "Validation: 1 validation error detected: *", own, h.PutEvents, &api.PutEventsInput{Entries: slices.Repeat(entries[:1], 11)})
	refuses(h, "Validation: Global endpoints are not served here: *", own, h.PutEvents, &api.PutEventsInput{Entries: entries[:1], EndpointId: new("abcde.veo")})
}

func TestOffer(t *testing.T) {
	h := newHouse(t)
	offer := func(e Event) []string {
		t.Helper()
		if err := h.Store.Update(t.Context(), func(tx *store.Tx) error { return h.Offer(tx, h.Clock.Now(), own, region, e) }); err != nil {
			t.Fatal(err)
		}
		return h.received()
	}
	call := Event{
		ID: "3e3c153a-8339-4e30-8c35-687ebef853fe", DetailType: "AWS API Call via CloudTrail", Source: "aws.iam", Account: own, Region: region,
		Time: h.Clock.Now(), Detail: json.RawMessage(`{"eventName":"CreateUser"}`),
	}
	calltest.Equal(t, "interested in nothing", h.Interested(h.Store.View(), own, region), false)
	h.rule("default", "r", `{"source":["aws.iam"]}`, api.Target{Arn: queue("q")})
	calltest.Equal(t, "interested", h.Interested(h.Store.View(), own, region), true)
	calltest.Equal(t, "interested elsewhere", h.Interested(h.Store.View(), own, "us-east-1"), false)
	calltest.Equal(t, "an event", offer(call), []string{`q|{"version":"0","id":"3e3c153a-8339-4e30-8c35-687ebef853fe","detail-type":"AWS API Call via CloudTrail",` +
		`"source":"aws.iam","account":"111111111111","time":"2026-01-31T02:10:30Z","region":"us-east-2","resources":[],"detail":{"eventName":"CreateUser"}}`})

	reading := call
	reading.ReadOnly = true
	calltest.Equal(t, "reading", offer(reading), nil)
	must(h, own, h.PutRule, &api.PutRuleInput{Name: new("r"), EventPattern: new(`{"source":["aws.iam"]}`), State: new(api.RuleStateEnabledWithAllCloudtrailManagementEvents)})
	calltest.Equal(t, "reading, for those who ask", len(offer(reading)), 1)
	calltest.Equal(t, "writing", len(offer(call)), 1)

	large := call
	large.Detail = json.RawMessage(`{"a":"` + strings.Repeat("x", 256<<10) + `"}`)
	calltest.Equal(t, "too large", offer(large), nil)
	large.Detail = json.RawMessage(`{"a":"` + strings.Repeat("x", 256<<10-100) + `"}`)
	calltest.Equal(t, "too large with its envelope", offer(large), nil)
	bad := call
	bad.Detail = json.RawMessage(`{`)
	if err := h.Store.Update(t.Context(), func(tx *store.Tx) error { return h.Offer(tx, h.Clock.Now(), own, region, bad) }); err == nil {
		t.Error("an event that is no JSON was taken")
	}
	must(h, own, h.DisableRule, &api.DisableRuleInput{Name: new("r")})
	calltest.Equal(t, "nobody looks", h.Interested(h.Store.View(), own, region), false)
}

// TestStored: patterns are read again from the database.
func TestStored(t *testing.T) {
	h := newHouse(t)
	h.rule("default", "r", `{"source":[{"prefix":"x"}]}`, api.Target{Arn: queue("q")})
	h.Reopen()
	h.send("default", "xyz", "{}")
	calltest.Equal(t, "received", len(h.received()), 1)
}

// BenchmarkInterested is what a call costs in an account without rules.
func BenchmarkInterested(b *testing.B) {
	h := newHouse(b)
	for i := range 100 {
		h.rule("default", fmt.Sprint(i), `{"source":["x"]}`)
	}
	view := h.Store.View()
	b.ReportAllocs()
	for b.Loop() {
		h.Interested(view, other, region)
	}
}
