package events

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

// Target is where a rule sends the events that it matches.
type Target struct {
	ID, ARN string
	Role    string `json:",omitempty"`
	// At most one of the following says what is sent in place of the event.
	Input       string       `json:",omitempty"`
	InputPath   string       `json:",omitempty"`
	Transformer *Transformer `json:",omitempty"`

	MessageGroup string `json:",omitempty"`
	DeadLetter   string `json:",omitempty"` // the ARN of a queue
	// Retry is told and has no effect: nothing is retried.
	Retry *api.RetryPolicy `json:",omitempty"`
}

// serves reports whether an ARN is that of a target that is served: a queue, a
// topic, a log group or an event bus.
func serves(a aws.ARN) bool {
	switch a.Service {
	case "sqs", "sns":
		return aws.IsAccountID(a.Account) && a.Region != "" && !strings.ContainsAny(a.Resource, ":/")
	case "logs":
		return aws.IsAccountID(a.Account) && a.Region != "" && strings.HasPrefix(a.Resource, "log-group:")
	case "events":
		_, ok := parseBusARN(a.String())
		return ok
	}
	return false
}

// PutTargets adds targets to a rule, or gives those of the same id other
// settings. Targets of services that are not here fail by themselves.
func (s *Service) PutTargets(c *call.Call, in *api.PutTargetsInput) (*api.PutTargetsOutput, error) {
	old, err := findRule(c, in.Rule, in.EventBusName)
	if err != nil {
		return nil, err
	}
	r := new(*old)
	r.Targets = slices.Clone(r.Targets)
	failed := []api.PutTargetsResultEntry{}
	for i := range in.Targets {
		t, err := readTarget(&in.Targets[i])
		if err != nil {
			return nil, err
		}
		if a, _ := aws.ParseARN(t.ARN); !serves(a) {
			failed = append(failed, api.PutTargetsResultEntry{
				TargetId: &t.ID, ErrorCode: new(validationException), ErrorMessage: new("Targets of the type of " + t.ARN + " are not served here."),
			})
			continue
		}
		r.set(t)
	}
	if len(r.Targets) > targetsPerRule {
		return nil, overLimit()
	}
	if len(failed) < len(in.Targets) {
		r.put(c.Tx)
	}
	return &api.PutTargetsOutput{FailedEntryCount: new(int32(len(failed))), FailedEntries: failed}, nil
}

// set adds a target in the place of one of the same id.
func (r *Rule) set(t Target) {
	i, found := slices.BinarySearchFunc(r.Targets, t.ID, func(t Target, id string) int { return cmp.Compare(t.ID, id) })
	if found {
		r.Targets[i] = t
		return
	}
	r.Targets = slices.Insert(r.Targets, i, t)
}

// readTarget checks a target of an input.
func readTarget(in *api.Target) (Target, error) {
	t := Target{
		ID: aws.Val(in.Id), ARN: aws.Val(in.Arn), Role: aws.Val(in.RoleArn), Input: aws.Val(in.Input),
		InputPath: aws.Val(in.InputPath), Retry: in.RetryPolicy,
	}
	a, ok := aws.ParseARN(t.ARN)
	if !ok {
		return t, badARN(t.ARN)
	}
	if err := checkRole(in.RoleArn); err != nil {
		return t, err
	}
	if in.SqsParameters != nil {
		t.MessageGroup = aws.Val(in.SqsParameters.MessageGroupId)
	}
	if a.Service == "sqs" && strings.HasSuffix(a.Resource, ".fifo") && t.MessageGroup == "" {
		return t, invalid("Parameter(s) MessageGroupId must be specified for target: %s.", t.ID)
	}
	if in.DeadLetterConfig != nil && in.DeadLetterConfig.Arn != nil {
		t.DeadLetter = *in.DeadLetterConfig.Arn
		if !isQueue(t.DeadLetter) {
			return t, badDeadLetter(t.DeadLetter)
		}
	}
	return t, t.readInput(in)
}

func badARN(text string) error {
	return invalid("Parameter %s is not valid. Reason: Provided Arn is not in correct format.", text)
}

// checkRole refuses what is no role's ARN.
func checkRole(arn *string) error {
	if arn == nil {
		return nil
	}
	if a, ok := aws.ParseARN(*arn); !ok || a.Service != "iam" || !strings.HasPrefix(a.Resource, "role/") {
		return badARN(*arn)
	}
	return nil
}

// readInput checks what is sent in place of the event.
func (t *Target) readInput(in *api.Target) error {
	given := 0
	for _, is := range []bool{in.Input != nil, in.InputPath != nil, in.InputTransformer != nil} {
		if is {
			given++
		}
	}
	if given > 1 {
		return invalid("Only one of Input, InputPath, or InputTransformer must be provided for target %s.", t.ID)
	}
	if in.Input != nil && !json.Valid([]byte(t.Input)) {
		return invalid("JSON syntax error in input for target %s.", t.ID)
	}
	if in.InputPath != nil {
		if _, err := parsePath(t.InputPath); err != nil {
			return invalid("Invalid InputPath for target %s: %v.", t.ID, err)
		}
	}
	if in.InputTransformer != nil {
		t.Transformer = &Transformer{aws.Val(in.InputTransformer.InputTemplate), in.InputTransformer.InputPathsMap}
		return t.Transformer.check(t.ID)
	}
	return nil
}

// isQueue reports whether an ARN is that of a standard queue, as dead-letter
// queues are.
func isQueue(arn string) bool {
	a, ok := aws.ParseARN(arn)
	return ok && a.Service == "sqs" && serves(a) && !strings.HasSuffix(a.Resource, ".fifo")
}

func badDeadLetter(arn string) error {
	return invalid("Parameter DeadLetterConfig.Arn is not valid. Reason: %s is not the ARN of a standard Amazon SQS queue.", arn)
}

// ListTargetsByRule lists the targets of a rule.
func (s *Service) ListTargetsByRule(c *call.Call, in *api.ListTargetsByRuleInput) (*api.ListTargetsByRuleOutput, error) {
	r, err := findRule(c, in.Rule, in.EventBusName)
	if err != nil {
		return nil, err
	}
	byID := func(yield func(string, *Target) bool) {
		for i := range r.Targets {
			if !yield(r.Targets[i].ID, &r.Targets[i]) {
				return
			}
		}
	}
	p, next, err := page(c, in.NextToken, in.Limit, byID)
	return &api.ListTargetsByRuleOutput{Targets: pages.Views(p, (*Target).view), NextToken: next}, err
}

// RemoveTargets takes targets from a rule.
func (s *Service) RemoveTargets(c *call.Call, in *api.RemoveTargetsInput) (*api.RemoveTargetsOutput, error) {
	old, err := findRule(c, in.Rule, in.EventBusName)
	if err != nil {
		return nil, err
	}
	r := new(*old)
	failed := []api.RemoveTargetsResultEntry{}
	for _, id := range in.Ids {
		if !slices.ContainsFunc(old.Targets, func(t Target) bool { return t.ID == id }) {
			failed = append(failed, api.RemoveTargetsResultEntry{
				TargetId: &id, ErrorCode: new(resourceNotFound), ErrorMessage: new("Rule " + r.Name + " does not have a target with the Id " + id + "."),
			})
		}
	}
	r.Targets = slices.DeleteFunc(slices.Clone(old.Targets), func(t Target) bool { return slices.Contains(in.Ids, t.ID) })
	r.put(c.Tx)
	return &api.RemoveTargetsOutput{FailedEntryCount: new(int32(len(failed))), FailedEntries: failed}, nil
}

func (t *Target) view() api.Target {
	v := api.Target{
		Id: &t.ID, Arn: &t.ARN, RoleArn: optional(t.Role), Input: optional(t.Input), InputPath: optional(t.InputPath),
		DeadLetterConfig: deadLetterConfig(t.DeadLetter), RetryPolicy: t.Retry,
	}
	if t.MessageGroup != "" {
		v.SqsParameters = &api.SqsParameters{MessageGroupId: &t.MessageGroup}
	}
	if t.Transformer != nil {
		v.InputTransformer = &api.InputTransformer{InputPathsMap: t.Transformer.Paths, InputTemplate: &t.Transformer.Template}
	}
	return v
}
