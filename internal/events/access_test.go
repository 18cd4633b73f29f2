package events

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

func showTargets(targets []call.Target) string {
	var all []string
	for _, t := range targets {
		s := t.Action + " " + strings.ReplaceAll(t.Resource, "arn:aws:events:us-east-2:", "")
		if t.Owner != "" && t.Owner != own {
			s += " owner=" + t.Owner
		}
		if t.Policy != nil {
			s += " policy"
		}
		for _, key := range slices.Sorted(maps.Keys(t.Context)) {
			s += fmt.Sprintf(" %s=%s", strings.TrimPrefix(key, "events:"), strings.Join(t.Context[key], ","))
		}
		all = append(all, strings.TrimPrefix(s, "events:"))
	}
	return strings.Join(all, "; ")
}

// TestAccess: what every operation asks for.
func TestAccess(t *testing.T) {
	h := newHouse(t)
	tags := []api.Tag{{Key: new("K"), Value: new("v")}}
	must(h, own, h.CreateEventBus, &api.CreateEventBusInput{Name: new("b"), Tags: tags})
	must(h, own, h.PutPermission, &api.PutPermissionInput{EventBusName: new("b"), Action: new("events:PutEvents"), Principal: new(other), StatementId: new("s")})
	must(h, own, h.PutRule, &api.PutRuleInput{Name: new("r"), EventBusName: new("b"), EventPattern: new(`{"a":[1]}`), Tags: tags})
	const bus = "111111111111:event-bus/b policy aws:resourcetag/k=v"
	const rule = "111111111111:rule/b/r policy aws:resourcetag/k=v creatoraccount=111111111111"
	b, r := new("b"), new("r")
	seen := map[string]bool{}
	for _, tt := range []struct {
		in   wire.Shape
		want string
	}{
		{&api.CreateEventBusInput{Name: new("new")}, "CreateEventBus 111111111111:event-bus/new"},
		{&api.CreateEventBusInput{Name: new("new"), Tags: tags}, "CreateEventBus 111111111111:event-bus/new aws:requesttag/k=v aws:tagkeys=K; TagResource 111111111111:event-bus/new aws:requesttag/k=v aws:tagkeys=K"},
		{&api.DescribeEventBusInput{Name: b}, "DescribeEventBus " + bus},
		{&api.DescribeEventBusInput{}, "DescribeEventBus 111111111111:event-bus/default"},
		{&api.DescribeEventBusInput{Name: new("arn:aws:events:us-east-2:222222222222:event-bus/x")}, "DescribeEventBus 222222222222:event-bus/x owner=222222222222"},
		{&api.UpdateEventBusInput{Name: b}, "UpdateEventBus " + bus},
		{&api.DeleteEventBusInput{Name: b}, "DeleteEventBus " + bus},
		{&api.ListEventBusesInput{}, "ListEventBuses *"},
		{&api.PutPermissionInput{EventBusName: b}, "PutPermission " + bus},
		{&api.RemovePermissionInput{EventBusName: b}, "RemovePermission " + bus},
		{&api.PutRuleInput{Name: r, EventBusName: b, RoleArn: new("arn:aws:iam::111111111111:role/x"),
			EventPattern: new(`{"source":["a",{"prefix":"x"},"b"],"detail-type":["t"],"detail":{"service":["S"],"userIdentity":{"principalId":["p"]}}}`)},
			"PutRule " + rule + " detail-type=t detail.service=S detail.useridentity.principalid=p source=a,b; iam:PassRole arn:aws:iam::111111111111:role/x iam:passedtoservice=events.amazonaws.com"},
		{&api.PutRuleInput{Name: new("new"), Tags: tags}, "PutRule 111111111111:rule/new aws:requesttag/k=v aws:tagkeys=K creatoraccount=111111111111; TagResource 111111111111:rule/new aws:requesttag/k=v aws:tagkeys=K creatoraccount=111111111111"},
		{&api.DescribeRuleInput{Name: r, EventBusName: b}, "DescribeRule " + rule},
		{&api.DeleteRuleInput{Name: r, EventBusName: b}, "DeleteRule " + rule},
		{&api.EnableRuleInput{Name: r, EventBusName: b}, "EnableRule " + rule},
		{&api.DisableRuleInput{Name: r, EventBusName: b}, "DisableRule " + rule},
		{&api.ListRulesInput{EventBusName: b}, "ListRules 111111111111:rule/b/* policy creatoraccount=111111111111"},
		{&api.ListRuleNamesByTargetInput{}, "ListRuleNamesByTarget 111111111111:rule/* creatoraccount=111111111111"},
		{&api.ListTargetsByRuleInput{Rule: r, EventBusName: b}, "ListTargetsByRule " + rule},
		{&api.RemoveTargetsInput{Rule: r, EventBusName: b}, "RemoveTargets " + rule},
		{&api.PutTargetsInput{Rule: r, EventBusName: b, Targets: []api.Target{{Arn: new("x")}, {Arn: new("y"), RoleArn: new("arn:aws:iam::111111111111:role/x")}}},
			"PutTargets " + rule + " targetarn=x,y; iam:PassRole arn:aws:iam::111111111111:role/x iam:passedtoservice=events.amazonaws.com"},
		{&api.PutEventsInput{Entries: []api.PutEventsRequestEntry{{Source: new("s"), DetailType: new("t"), EventBusName: b}}},
			"PutEvents 111111111111:event-bus/b policy aws:resourcetag/k=v detail-type=t eventbusinvocation=false source=s"},
		{&api.TestEventPatternInput{}, "TestEventPattern *"},
		{&api.TagResourceInput{ResourceARN: new("arn:aws:events:us-east-2:111111111111:rule/b/r"), Tags: tags}, "TagResource 111111111111:rule/b/r aws:requesttag/k=v aws:resourcetag/k=v aws:tagkeys=K"},
		{&api.UntagResourceInput{ResourceARN: new("arn:aws:events:us-east-2:111111111111:event-bus/b"), TagKeys: []string{"K"}}, "UntagResource 111111111111:event-bus/b aws:resourcetag/k=v aws:tagkeys=K"},
		{&api.ListTagsForResourceInput{ResourceARN: new("arn:aws:events:us-east-2:111111111111:event-bus/none")}, "ListTagsForResource 111111111111:event-bus/none"},
	} {
		name := strings.TrimSuffix(tt.in.Describe().Name, "Input")
		seen[name] = true
		got, err := h.Access(h.Begin(tt.in), tt.in)
		if err != nil || showTargets(got) != tt.want {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, showTargets(got), tt.want)
		}
	}
	for _, op := range api.API.Operations {
		if !seen[op.Name] {
			t.Errorf("%s is not tested", op.Name)
		}
	}
	h.Forbidden["iam:PassRole"] = true
	refuses(h, "AccessDenied: *", own, h.PutRule, &api.PutRuleInput{Name: r, EventPattern: new(`{"a":[1]}`), RoleArn: new("arn:aws:iam::111111111111:role/x")})
}
