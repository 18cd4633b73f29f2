package events

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// state is the event of EventBridge's own examples.
func state(t testing.TB) (*arrival, *Rule) {
	now := time.Date(2015, 11, 11, 21, 29, 54, 0, time.UTC)
	a, err := arrive(Event{
		ID: "7bf73129-1428-4cd3-a780-95db273d1602", DetailType: "EC2 Instance State-change Notification", Source: "aws.ec2",
		Account: "123456789012", Time: now, Region: "us-east-1", Resources: []string{"arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"},
		Detail: json.RawMessage(`{"instance-id":"i-0123456789","state":"RUNNING","n":5,"none":null,"list":[{"a":1},{"a":"x"}],"quote":"say \"hi\"\\","a/b":"slash"}`),
	}, now.Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return a, &Rule{Bus: busName{"123456789012", "us-east-1", "default"}, Name: "example"}
}

func TestTransformer(t *testing.T) {
	paths := map[string]string{
		"instance": "$.detail.instance-id", "state": "$.detail.state", "n": "$.detail.n", "none": "$.detail.none", "missing": "$.detail.missing",
		"detail": "$.detail.list", "all": "$.detail.list[*].a", "quote": "$.detail.quote", "timestamp": "$.time",
	}
	a, r := state(t)
	for _, tt := range []struct{ template, want string }{
		{`"instance <instance> is in <state>"`, `"instance i-0123456789 is in RUNNING"`},
		{`"instance \"<instance>\" is in <state>"`, `"instance \"i-0123456789\" is in RUNNING"`},
		{"{\n \"instance\" : <instance>,\n \"state\": [ 9, <state>, true ] }", `{"instance":"i-0123456789","state":[9,"RUNNING",true]}`},
		{`{"instance":<instance>,"state":"<state>","status":"instance \"<instance>\" is in <state>"}`,
			`{"instance":"i-0123456789","state":"RUNNING","status":"instance \"i-0123456789\" is in RUNNING"}`},
		{`{"arn":<aws.events.rule-arn>,"name":"<aws.events.rule-name>"}`, `{"arn":"arn:aws:events:us-east-1:123456789012:rule/example","name":"example"}`},
		{`"<aws.events.rule-name> triggered"`, `"example triggered"`},
		{`<aws.events.event.ingestion-time>`, `"2015-11-11T21:29:55Z"`},
		{`{"event":<aws.events.event>}`, `{"event":{"id":"7bf73129-1428-4cd3-a780-95db273d1602","account":"123456789012","detailType":"EC2 Instance State-change Notification",` +
			`"time":"2015-11-11T21:29:54Z","source":"aws.ec2","region":"us-east-1","resources":["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],"version":"0"}}`},
		{`<aws.events.event.json>`, string(a.json)},
		{`{"n":<n>,"none":<none>,"missing":<missing>}`, `{"n":5,"none":null,"missing":""}`},
		{`"<n> <none> <missing>."`, `"5 null ."`},
		{`{"list":<detail>,"all":<all>}`, `{"list":[{"a":1},{"a":"x"}],"all":[1,"x"]}`},
		{`{"quote":<quote>}`, `{"quote":"say \"hi\"\\"}`},
		{`"<quote>"`, `"say "hi"\"`},
		{`plain <instance> text`, `plain "i-0123456789" text`},
		{`"a < b and <instance"`, `"a < b and <instance"`},
		{`{"timestamp":<timestamp>,"message":"<state>"}`, `{"timestamp":"2015-11-11T21:29:54Z","message":"RUNNING"}`},
	} {
		tr := &Transformer{tt.template, paths}
		if err := tr.check("x"); err != nil {
			t.Errorf("%s: %v", tt.template, err)
		}
		if got := tr.render(a, r); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.template, got, tt.want)
		}
	}
}

func TestPaths(t *testing.T) {
	a, _ := state(t)
	for p, want := range map[string]string{
		"$":                     string(a.json),
		"$.detail.state":        `"RUNNING"`,
		"$.detail['state']":     `"RUNNING"`,
		`$["detail"]["state"]`:  `"RUNNING"`,
		"$.resources[0]":        `"arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"`,
		"$.resources[1]":        "",
		"$.detail.list[1].a":    `"x"`,
		"$.detail.list[*].a":    `[1,"x"]`,
		"$.detail.list.*":       `[{"a":1},{"a":"x"}]`,
		"$.detail.list[*].none": "",
		"$.detail.list[0].*":    `[1]`,
		"$.detail.a/b":          `"slash"`,
		"$.detail.state.deeper": "",
		"$.detail[0]":           "",
		"$.detail.none":         "null",
		"$.detail.none.x":       "",
		"":                      "!",
		"detail":                "!",
		"$detail":               "!",
		"$.":                    "!",
		"$..a":                  "!",
		"$.a[":                  "!",
		"$.a[x]":                "!",
		"$.a[-1]":               "!",
		"$.a]":                  "!",
		"$.a[99999999999]":      "!",
	} {
		parsed, err := parsePath(p)
		got := "!"
		if err == nil {
			got = string(parsed.in(a.json))
		}
		if got != want {
			t.Errorf("%s: %s, want %s", p, got, want)
		}
	}
}

func TestLogEvent(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		`{"timestamp":"2015-11-11T21:29:54Z","message":"m"}`: "2015-11-11T21:29:54Z m",
		`{"timestamp":1447277394000,"message":"m"}`:          "2015-11-11T21:29:54Z m",
		`{"timestamp":"soon","message":"m"}`:                 "2026-01-01T00:00:00Z m",
		`{"message":"m"}`:                                    "2026-01-01T00:00:00Z m",
		`{"message":5}`:                                      `2026-01-01T00:00:00Z {"message":5}`,
		`"text"`:                                             `2026-01-01T00:00:00Z "text"`,
	} {
		when, message := logEvent(at, text)
		if got := when.UTC().Format(time.RFC3339) + " " + message; got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// FuzzPath: a path that is read finds JSON or nothing.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"$.detail.list[*].a", "$['detail'].list[1]", "$.*.*", "$[*][0]"} {
		f.Add(s, `{"detail":{"list":[{"a":1},{"a":null}]}}`)
	}
	f.Fuzz(func(t *testing.T, s, event string) {
		p, err := parsePath(s)
		if err != nil || !json.Valid([]byte(event)) {
			return
		}
		if found := p.in(json.RawMessage(strings.TrimSpace(event))); found != nil && !json.Valid(found) {
			t.Fatalf("%s of %s is %s", s, event, found)
		}
	})
}

// FuzzTransformer: a template that is accepted can be filled, and one of JSON
// without quoted placeholders gives JSON.
func FuzzTransformer(f *testing.F) {
	f.Add(`{"a":<a>,"b":"<aws.events.rule-name>"}`, "$.detail.n")
	f.Add(`"<a>" <a> \"<a>`, "$.detail.list[*]")
	f.Fuzz(func(t *testing.T, template, p string) {
		tr := &Transformer{template, map[string]string{"a": p}}
		if err := tr.check("x"); err != nil {
			var refusal *aws.Error
			if !errors.As(err, &refusal) {
				t.Fatal(err)
			}
			return
		}
		a, r := state(t)
		out := tr.render(a, r)
		isJSON := func(value string) bool { return json.Valid(placeholder.ReplaceAll([]byte(template), []byte(value))) }
		if isJSON("0") && isJSON(`""`) && !quotesPlaceholder(template) && !json.Valid([]byte(out)) {
			t.Fatalf("%s became %s", template, out)
		}
	})
}

func quotesPlaceholder(template string) bool {
	inside, done := false, 0
	for _, at := range placeholder.FindAllStringIndex(template, -1) {
		if inside = inQuotes(template[done:at[0]], inside); inside {
			return true
		}
		done = at[1]
	}
	return false
}
