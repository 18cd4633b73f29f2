package events

import (
	"fmt"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/call/calltest"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

func TestRules(t *testing.T) {
	h := newHouse(t)
	must(h, own, h.CreateEventBus, &api.CreateEventBusInput{Name: new("orders")})
	p := new(`{"source":["x"]}`)
	for bus, arn := range map[string]string{
		"default": "arn:aws:events:us-east-2:111111111111:rule/r",
		"orders":  "arn:aws:events:us-east-2:111111111111:rule/orders/r",
	} {
		bus := &bus
		out := must(h, own, h.PutRule, &api.PutRuleInput{Name: new("r"), EventBusName: bus, EventPattern: p, Description: new("d"), RoleArn: new("arn:aws:iam::111111111111:role/x"),
			Tags: []api.Tag{{Key: new("k"), Value: new("v")}}})
		calltest.Equal(t, "arn", *out.RuleArn, arn)
		d := must(h, own, h.DescribeRule, &api.DescribeRuleInput{Name: new("r"), EventBusName: bus})
		calltest.Equal(t, "rule", fmt.Sprint(*d.Name, *d.EventPattern, *d.State, *d.Description, *d.RoleArn, *d.EventBusName, *d.CreatedBy),
			fmt.Sprint("r", *p, "ENABLED", "d", "arn:aws:iam::111111111111:role/x", *bus, own))
		must(h, own, h.DisableRule, &api.DisableRuleInput{Name: new("r"), EventBusName: bus})
		calltest.Equal(t, "state", *must(h, own, h.DescribeRule, &api.DescribeRuleInput{Name: new("r"), EventBusName: bus}).State, "DISABLED")
		must(h, own, h.EnableRule, &api.EnableRuleInput{Name: new("r"), EventBusName: bus})

		must(h, own, h.PutTargets, &api.PutTargetsInput{Rule: new("r"), EventBusName: bus, Targets: []api.Target{{Id: new("1"), Arn: queue("q")}}})
		must(h, own, h.PutRule, &api.PutRuleInput{Name: new("r"), EventBusName: bus, EventPattern: new(`{"source":["y"]}`), State: new("DISABLED"), Tags: []api.Tag{{Key: new("other"), Value: new("v")}}})
		d = must(h, own, h.DescribeRule, &api.DescribeRuleInput{Name: new("r"), EventBusName: bus})
		calltest.Equal(t, "changed rule", fmt.Sprint(*d.EventPattern, *d.State, d.Description, d.RoleArn), `{"source":["y"]}DISABLED<nil> <nil>`)
		calltest.Equal(t, "targets stay", len(must(h, own, h.ListTargetsByRule, &api.ListTargetsByRuleInput{Rule: new("r"), EventBusName: bus}).Targets), 1)
		calltest.Equal(t, "tags stay", *must(h, own, h.ListTagsForResource, &api.ListTagsForResourceInput{ResourceARN: &arn}).Tags[0].Key, "k")

		refuses(h, "Validation: Rule can't be deleted since it has targets.", own, h.DeleteRule, &api.DeleteRuleInput{Name: new("r"), EventBusName: bus})
		must(h, own, h.RemoveTargets, &api.RemoveTargetsInput{Rule: new("r"), EventBusName: bus, Ids: []string{"1"}})
		must(h, own, h.DeleteRule, &api.DeleteRuleInput{Name: new("r"), EventBusName: bus})
		must(h, own, h.DeleteRule, &api.DeleteRuleInput{Name: new("r"), EventBusName: bus})
		refuses(h, "ResourceNotFound: Rule r does not exist on EventBus "+*bus+".", own, h.DescribeRule, &api.DescribeRuleInput{Name: new("r"), EventBusName: bus})
	}
	for want, in := range map[string]api.PutRuleInput{
		"ResourceNotFound: Event bus none does not exist.":                                                                                                      {EventBusName: new("none"), EventPattern: p},
		"Validation: Parameter(s) EventPattern or ScheduleExpression must be specified.":                                                                        {},
		"Validation: Rules on a schedule are not served here*":                                                                                                  {ScheduleExpression: new("rate(5 minutes)")},
		"Validation: ScheduleExpression is supported only on the default event bus.":                                                                            {ScheduleExpression: new("rate(5 minutes)"), EventBusName: new("orders")},
		"InvalidEventPattern: Event pattern is not valid. Reason: \"a\" must be an object or an array\n at [Source: (String)\"{\"a\":1}\"; line: 1, column: 7]": {EventPattern: new(`{"a":1}`)},
		"Validation: 1 validation error detected*":                                                                                                              {EventPattern: new(`{"a":["` + strings.Repeat("x", 4100) + `"]}`)},
		"Validation: aws: prefixed*":                                                                                                                            {EventPattern: p, Tags: []api.Tag{{Key: new("aws:x"), Value: new("")}}},
	} {
		in.Name = new("bad")
		refuses(h, want, own, h.PutRule, &in)
	}
	missing := "ResourceNotFound: Rule none does not exist on EventBus default."
	refuses(h, missing, own, h.EnableRule, &api.EnableRuleInput{Name: new("none")})
	refuses(h, missing, own, h.DisableRule, &api.DisableRuleInput{Name: new("none")})
	refuses(h, missing, own, h.PutTargets, &api.PutTargetsInput{Rule: new("none"), Targets: []api.Target{{Id: new("1"), Arn: queue("q")}}})
	refuses(h, missing, own, h.RemoveTargets, &api.RemoveTargetsInput{Rule: new("none"), Ids: []string{"1"}})
	refuses(h, missing, own, h.ListTargetsByRule, &api.ListTargetsByRuleInput{Rule: new("none")})
	refuses(h, "ResourceNotFound: Event bus none does not exist.", own, h.DeleteRule, &api.DeleteRuleInput{Name: new("x"), EventBusName: new("none")})
	refuses(h, "ResourceNotFound: Event bus none does not exist.", own, h.ListRules, &api.ListRulesInput{EventBusName: new("none")})
	refuses(h, "ResourceNotFound: Event bus none does not exist.", own, h.ListRuleNamesByTarget, &api.ListRuleNamesByTargetInput{TargetArn: queue("q"), EventBusName: new("none")})
}

func TestListRules(t *testing.T) {
	h := newHouse(t)
	must(h, own, h.CreateEventBus, &api.CreateEventBusInput{Name: new("default2")})
	h.rule("default2", "elsewhere", `{"source":["x"]}`, api.Target{Arn: queue("q")})
	for _, name := range []string{"b1", "a", "b2", "c"} {
		h.rule("default", name, `{"source":["x"]}`, api.Target{Arn: queue("q")}, api.Target{Arn: queue(name)})
	}
	names := func(in *api.ListRulesInput) (list []string, next *string) {
		out := must(h, own, h.ListRules, in)
		for _, r := range out.Rules {
			list = append(list, *r.Name)
		}
		return list, out.NextToken
	}
	list, next := names(&api.ListRulesInput{Limit: new(int32(3))})
	calltest.Equal(t, "page", fmt.Sprint(list), "[a b1 b2]")
	list, next = names(&api.ListRulesInput{Limit: new(int32(3)), NextToken: next})
	calltest.Equal(t, "second page", fmt.Sprint(list, next), "[c] <nil>")
	list, _ = names(&api.ListRulesInput{NamePrefix: new("b")})
	calltest.Equal(t, "prefix", fmt.Sprint(list), "[b1 b2]")

	by := must(h, own, h.ListRuleNamesByTarget, &api.ListRuleNamesByTargetInput{TargetArn: queue("q"), Limit: new(int32(2))})
	calltest.Equal(t, "by target", fmt.Sprint(by.RuleNames), "[a b1]")
	by = must(h, own, h.ListRuleNamesByTarget, &api.ListRuleNamesByTargetInput{TargetArn: queue("q"), NextToken: by.NextToken})
	calltest.Equal(t, "by target, second page", fmt.Sprint(by.RuleNames, by.NextToken), "[b2 c] <nil>")
	by = must(h, own, h.ListRuleNamesByTarget, &api.ListRuleNamesByTargetInput{TargetArn: queue("a")})
	calltest.Equal(t, "by another target", fmt.Sprint(by.RuleNames), "[a]")

	ts := must(h, own, h.ListTargetsByRule, &api.ListTargetsByRuleInput{Rule: new("a"), Limit: new(int32(1))})
	calltest.Equal(t, "targets", len(ts.Targets), 1)
	ts = must(h, own, h.ListTargetsByRule, &api.ListTargetsByRuleInput{Rule: new("a"), NextToken: ts.NextToken})
	calltest.Equal(t, "more targets", *ts.Targets[0].Arn, *queue("a"))

	for i := range rulesPerBus - 4 {
		must(h, own, h.PutRule, &api.PutRuleInput{Name: new(fmt.Sprint("n", i)), EventPattern: new(`{"source":["x"]}`)})
	}
	refuses(h, "LimitExceeded: *", own, h.PutRule, &api.PutRuleInput{Name: new("more"), EventPattern: new(`{"source":["x"]}`)})
}

func TestTestEventPattern(t *testing.T) {
	h := newHouse(t)
	event := `{"id":"1","source":"x","detail-type":"t","account":"111111111111","region":"us-east-2","time":"2022-07-13T13:48:01Z","detail":{"a":1}}`
	for p, want := range map[string]bool{`{"source":["x"]}`: true, `{"source":["y"]}`: false, `{"detail":{"a":[1]}}`: true} {
		out := must(h, own, h.TestEventPattern, &api.TestEventPatternInput{EventPattern: &p, Event: &event})
		calltest.Equal(t, p, *out.Result, want)
	}
	for _, bad := range []string{"text", "[]", "{}", `{"id":"1"}`, strings.Replace(event, `"us-east-2"`, "5", 1)} {
		refuses(h, "Validation: Parameter Event is not valid.", own, h.TestEventPattern, &api.TestEventPatternInput{EventPattern: new(`{"a":[1]}`), Event: &bad})
	}
	refuses(h, "InvalidEventPattern: Event pattern is not valid. Reason: Empty arrays*", own, h.TestEventPattern, &api.TestEventPatternInput{EventPattern: new(`{"a":[]}`), Event: &event})
}
