package events

import (
	"encoding/json"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

// Access lists the permissions that a call needs. What it names need not
// exist: whether it does is asked later, of callers who may know.
func (s *Service) Access(c *call.Call, in any) ([]call.Target, error) {
	n := &permissions{c: c}
	switch in := in.(type) {
	case *api.CreateEventBusInput:
		n.creates(n.bus(in.Name), in.Tags)
	case *api.DescribeEventBusInput:
		n.bus(in.Name)
	case *api.UpdateEventBusInput:
		n.bus(in.Name)
	case *api.DeleteEventBusInput:
		n.bus(in.Name)
	case *api.PutPermissionInput:
		n.bus(in.EventBusName)
	case *api.RemovePermissionInput:
		n.bus(in.EventBusName)
	case *api.ListEventBusesInput, *api.TestEventPatternInput:
		n.need("*")
	case *api.PutRuleInput:
		t := n.rule(in.Name, in.EventBusName)
		wanted(t.Context, aws.Val(in.EventPattern))
		n.creates(t, in.Tags)
		n.passes(in.RoleArn)
	case *api.DescribeRuleInput:
		n.rule(in.Name, in.EventBusName)
	case *api.DeleteRuleInput:
		n.rule(in.Name, in.EventBusName)
	case *api.EnableRuleInput:
		n.rule(in.Name, in.EventBusName)
	case *api.DisableRuleInput:
		n.rule(in.Name, in.EventBusName)
	case *api.ListRulesInput:
		n.rule(new("*"), in.EventBusName)
	case *api.ListRuleNamesByTargetInput:
		n.rule(new("*"), in.EventBusName)
	case *api.ListTargetsByRuleInput:
		n.rule(in.Rule, in.EventBusName)
	case *api.RemoveTargetsInput:
		n.rule(in.Rule, in.EventBusName)
	case *api.PutTargetsInput:
		n.putTargets(in)
	case *api.PutEventsInput:
		for i := range in.Entries {
			n.targets = append(n.targets, putting(c, &in.Entries[i]))
		}
	case *api.TagResourceInput:
		tag.Of(in.Tags).SetRequest(n.resource(in.ResourceARN).Context)
	case *api.UntagResourceInput:
		tag.SetKeys(n.resource(in.ResourceARN).Context, in.TagKeys)
	case *api.ListTagsForResourceInput:
		n.resource(in.ResourceARN)
	default:
		return nil, call.NoPermission(c)
	}
	return n.targets, nil
}

// permissions collects what one call needs.
type permissions struct {
	c       *call.Call
	targets []call.Target
}

// need adds the call's own action on a resource.
func (n *permissions) need(resource string) call.Target {
	t := call.Target{Action: "events:" + n.c.Operation.Name, Resource: resource, Context: policy.Context{}}
	n.targets = append(n.targets, t)
	return t
}

// on adds the call's own action on something of a bus, whose policy has a say.
func (n *permissions) on(name busName, resource string) call.Target {
	n.need(resource)
	t := &n.targets[len(n.targets)-1]
	t.Owner = name.Account
	if b, ok := findBus(n.c.State, name); ok {
		t.Policy = b.attached()
	}
	return *t
}

func (n *permissions) bus(nameOrARN *string) call.Target {
	name := bus(n.c, nameOrARN)
	t := n.on(name, name.arn())
	if b, ok := findBus(n.c.State, name); ok {
		b.Tags.SetResource(t.Context)
	}
	return t
}

func (n *permissions) rule(name, busNameOrARN *string) call.Target {
	of := bus(n.c, busNameOrARN)
	t := n.on(of, of.ruleARN(aws.Val(name)))
	creator := n.c.Account()
	if r, ok := rules.Get(n.c.State, of.rules()+aws.Val(name)); ok {
		creator = r.CreatedBy
		r.Tags.SetResource(t.Context)
	}
	t.Context.Set("events:creatorAccount", creator)
	return t
}

// resource names what has tags.
func (n *permissions) resource(arn *string) call.Target {
	t := n.need(aws.Val(arn))
	if tags, _, err := tagged(n.c, arn); err == nil {
		tags.SetResource(t.Context)
	}
	return t
}

// creates adds that tagging what is made is a permission of its own.
func (n *permissions) creates(t call.Target, tags []api.Tag) {
	if len(tags) == 0 {
		return
	}
	tag.Of(tags).SetRequest(t.Context)
	t.Action = "events:TagResource"
	n.targets = append(n.targets, t)
}

func (n *permissions) putTargets(in *api.PutTargetsInput) {
	t := n.rule(in.Rule, in.EventBusName)
	arns := make([]string, len(in.Targets))
	for i := range in.Targets {
		arns[i] = aws.Val(in.Targets[i].Arn)
		n.passes(in.Targets[i].RoleArn)
	}
	t.Context.Set("events:TargetArn", arns...)
}

// passes adds that a role is given to EventBridge.
func (n *permissions) passes(role *string) {
	a, ok := aws.ParseARN(aws.Val(role))
	if !ok {
		return
	}
	t := call.Target{Action: "iam:PassRole", Resource: *role, Owner: a.Account, Context: policy.Context{}}
	t.Context.Set("iam:PassedToService", ServicePrincipal)
	n.targets = append(n.targets, t)
}

// wanted sets the keys that tell what a pattern asks for: the texts that stand
// in it as they are.
func wanted(ctx policy.Context, pattern string) {
	var p struct {
		Source     []any
		DetailType []any `json:"detail-type"`
		Detail     struct {
			Service       []any
			EventTypeCode []any `json:"eventTypeCode"`
			UserIdentity  struct{ PrincipalID []any }
		}
	}
	if json.Unmarshal([]byte(pattern), &p) != nil {
		return
	}
	for key, values := range map[string][]any{
		"events:source": p.Source, "events:detail-type": p.DetailType, "events:detail.service": p.Detail.Service,
		"events:detail.eventTypeCode": p.Detail.EventTypeCode, "events:detail.userIdentity.principalId": p.Detail.UserIdentity.PrincipalID,
	} {
		var texts []string
		for _, v := range values {
			if s, ok := v.(string); ok {
				texts = append(texts, s)
			}
		}
		if texts != nil {
			ctx.Set(key, texts...)
		}
	}
}
