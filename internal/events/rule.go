package events

import (
	"encoding/json"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/pattern"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

// Rule is a rule of a bus. The key of the record is that of the bus, a colon
// and the name.
type Rule struct {
	Bus         busName
	Name        string
	Pattern     Pattern
	State       string // of api.RuleState…
	Description string `json:",omitempty"`
	Role        string `json:",omitempty"`
	CreatedBy   string // an account
	Tags        tag.Set
	Targets     []Target // in the order of their ids
}

// Pattern is an event pattern as its author wrote it, parsed once.
type Pattern struct {
	text   string
	parsed *pattern.Pattern
}

func newPattern(text string) (Pattern, error) {
	p, err := pattern.ParseEvent(text)
	if err != nil {
		return Pattern{}, aws.Errorf("InvalidEventPatternException", "%v", err)
	}
	return Pattern{text, p}, nil
}

// MarshalJSON writes the text.
func (p Pattern) MarshalJSON() ([]byte, error) { return json.Marshal(p.text) }

// UnmarshalJSON reads and parses the text.
func (p *Pattern) UnmarshalJSON(b []byte) error {
	var text string
	err := json.Unmarshal(b, &text)
	if err == nil {
		*p, err = newPattern(text)
	}
	return err
}

const byTarget = "target"

// rules are found by the ARNs of their targets, on their bus.
var rules = store.NewKind("events.rule", store.Index[Rule]{Name: byTarget, Keys: func(_ string, r *Rule) []string {
	keys := make([]string, len(r.Targets))
	for i := range r.Targets {
		keys[i] = targetKey(r.Bus, r.Targets[i].ARN)
	}
	return keys
}})

func targetKey(n busName, target string) string { return n.rules() + target }

func (r *Rule) arn() string      { return r.Bus.ruleARN(r.Name) }
func (r *Rule) put(tx *store.Tx) { rules.Put(tx, r.Bus.rules()+r.Name, r) }
func (r *Rule) enabled() bool    { return r.State != api.RuleStateDisabled }
func (r *Rule) seesReading() bool {
	return r.State == api.RuleStateEnabledWithAllCloudtrailManagementEvents
}

// findRule returns the rule of a name and the bus it is on.
func findRule(c *call.Call, name, busNameOrARN *string) (*Rule, error) {
	b, err := open(c, busNameOrARN)
	if err != nil {
		return nil, err
	}
	r, ok := rules.Get(c.State, b.rules()+aws.Val(name))
	if !ok {
		return nil, noRule(aws.Val(name), b.Name)
	}
	return r, nil
}

// PutRule makes a rule, or gives one other settings. Targets and tags of a
// rule that exists stay.
func (s *Service) PutRule(c *call.Call, in *api.PutRuleInput) (*api.PutRuleOutput, error) {
	b, err := open(c, in.EventBusName)
	if err != nil {
		return nil, err
	}
	switch {
	case in.ScheduleExpression != nil && b.Name != defaultBus:
		return nil, invalid("ScheduleExpression is supported only on the default event bus.")
	case in.ScheduleExpression != nil:
		return nil, invalid("Rules on a schedule are not served here: ScheduleExpression must not be specified.")
	case in.EventPattern == nil:
		return nil, invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
	}
	if err := checkRole(in.RoleArn); err != nil {
		return nil, err
	}
	p, err := newPattern(*in.EventPattern)
	if err != nil {
		return nil, err
	}
	r := &Rule{Bus: b.busName, Name: aws.Val(in.Name), CreatedBy: c.Account()}
	if old, ok := rules.Get(c.State, b.rules()+r.Name); ok {
		r = new(*old)
	} else if r.Tags, err = tagRules.With(nil, tag.Of(in.Tags)); err != nil {
		return nil, err
	} else if pages.Count(rules.Scan(c.State, b.rules())) >= rulesPerBus {
		return nil, overLimit()
	}
	r.Pattern, r.Description, r.Role = p, aws.Val(in.Description), aws.Val(in.RoleArn)
	r.State = api.RuleStateEnabled
	if in.State != nil {
		r.State = *in.State
	}
	r.put(c.Tx)
	return &api.PutRuleOutput{RuleArn: new(r.arn())}, nil
}

// DescribeRule tells a rule.
func (s *Service) DescribeRule(c *call.Call, in *api.DescribeRuleInput) (*api.DescribeRuleOutput, error) {
	r, err := findRule(c, in.Name, in.EventBusName)
	if err != nil {
		return nil, err
	}
	v := r.view()
	return &api.DescribeRuleOutput{
		Name: v.Name, Arn: v.Arn, EventPattern: v.EventPattern, State: v.State, Description: v.Description,
		RoleArn: v.RoleArn, EventBusName: v.EventBusName, CreatedBy: &r.CreatedBy,
	}, nil
}

// EnableRule lets a rule see events.
func (s *Service) EnableRule(c *call.Call, in *api.EnableRuleInput) (*api.EnableRuleOutput, error) {
	return nil, setState(c, in.Name, in.EventBusName, api.RuleStateEnabled)
}

// DisableRule keeps events from a rule.
func (s *Service) DisableRule(c *call.Call, in *api.DisableRuleInput) (*api.DisableRuleOutput, error) {
	return nil, setState(c, in.Name, in.EventBusName, api.RuleStateDisabled)
}

func setState(c *call.Call, name, bus *string, state string) error {
	old, err := findRule(c, name, bus)
	if err != nil {
		return err
	}
	r := new(*old)
	r.State = state
	r.put(c.Tx)
	return nil
}

// DeleteRule removes a rule that has no targets. One that is not there is no
// error.
func (s *Service) DeleteRule(c *call.Call, in *api.DeleteRuleInput) (*api.DeleteRuleOutput, error) {
	b, err := open(c, in.EventBusName)
	if err != nil {
		return nil, err
	}
	key := b.rules() + aws.Val(in.Name)
	if r, ok := rules.Get(c.State, key); ok && len(r.Targets) > 0 {
		return nil, invalid("Rule can't be deleted since it has targets.")
	}
	rules.Delete(c.Tx, key)
	return nil, nil
}

// ListRules lists the rules of a bus.
func (s *Service) ListRules(c *call.Call, in *api.ListRulesInput) (*api.ListRulesOutput, error) {
	b, err := open(c, in.EventBusName)
	if err != nil {
		return nil, err
	}
	p, next, err := page(c, in.NextToken, in.Limit, rules.Scan(c.State, b.rules()+aws.Val(in.NamePrefix)))
	return &api.ListRulesOutput{Rules: pages.Views(p, (*Rule).view), NextToken: next}, err
}

// ListRuleNamesByTarget lists the rules of a bus that send to a target.
func (s *Service) ListRuleNamesByTarget(c *call.Call, in *api.ListRuleNamesByTargetInput) (*api.ListRuleNamesByTargetOutput, error) {
	b, err := open(c, in.EventBusName)
	if err != nil {
		return nil, err
	}
	found := rules.By(c.State, byTarget, targetKey(b.busName, aws.Val(in.TargetArn)))
	p, next, err := page(c, in.NextToken, in.Limit, found)
	return &api.ListRuleNamesByTargetOutput{RuleNames: pages.Views(p, func(r *Rule) string { return r.Name }), NextToken: next}, err
}

// TestEventPattern says whether a pattern matches an event, which must have
// the members of one.
func (s *Service) TestEventPattern(_ *call.Call, in *api.TestEventPatternInput) (*api.TestEventPatternOutput, error) {
	var event map[string]json.RawMessage
	if err := json.Unmarshal([]byte(aws.Val(in.Event)), &event); err != nil {
		return nil, invalid("Parameter Event is not valid.")
	}
	for _, member := range []string{"id", "account", "source", "time", "region", "detail-type"} {
		if !strings.HasPrefix(string(event[member]), `"`) {
			return nil, invalid("Parameter Event is not valid.")
		}
	}
	p, err := newPattern(aws.Val(in.EventPattern))
	if err != nil {
		return nil, err
	}
	return &api.TestEventPatternOutput{Result: new(p.parsed.MatchJSON([]byte(*in.Event)))}, nil
}

func (r *Rule) view() api.Rule {
	return api.Rule{
		Name: &r.Name, Arn: new(r.arn()), EventPattern: &r.Pattern.text, State: &r.State,
		Description: optional(r.Description), RoleArn: optional(r.Role), EventBusName: &r.Bus.Name,
	}
}
