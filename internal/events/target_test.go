package events

import (
	"fmt"
	"testing"

	"github.com/orgtrail/orgtrail/internal/call/calltest"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

func TestTargets(t *testing.T) {
	h := newHouse(t)
	h.rule("default", "r", `{"source":["x"]}`)
	full := api.Target{
		Id: new("b"), Arn: queue("q.fifo"), RoleArn: new("arn:aws:iam::111111111111:role/x"),
		InputTransformer: &api.InputTransformer{InputPathsMap: map[string]string{"a": "$.detail.a"}, InputTemplate: new("<a>")},
		SqsParameters:    &api.SqsParameters{MessageGroupId: new("g")}, DeadLetterConfig: &api.DeadLetterConfig{Arn: queue("dlq")},
		RetryPolicy: &api.RetryPolicy{MaximumRetryAttempts: new(int32(3)), MaximumEventAgeInSeconds: new(int32(60))},
	}
	out := must(h, own, h.PutTargets, &api.PutTargetsInput{Rule: new("r"), Targets: []api.Target{
		full,
		{Id: new("a"), Arn: topic("t"), InputPath: new("$.detail")},
		{Id: new("lambda"), Arn: new("arn:aws:lambda:us-east-2:111111111111:function:f")},
		{Id: new("stream"), Arn: new("arn:aws:kinesis:us-east-2:111111111111:stream/s")},
	}})
	calltest.Equal(t, "failures", *out.FailedEntryCount, 2)
	calltest.Equal(t, "failure", fmt.Sprint(*out.FailedEntries[0].TargetId, " ", *out.FailedEntries[0].ErrorCode, ": ", *out.FailedEntries[0].ErrorMessage),
		"lambda ValidationException: Targets of the type of arn:aws:lambda:us-east-2:111111111111:function:f are not served here.")
	list := must(h, own, h.ListTargetsByRule, &api.ListTargetsByRuleInput{Rule: new("r")}).Targets
	calltest.Equal(t, "targets", len(list), 2)
	calltest.Equal(t, "target", list[1], full)
	must(h, own, h.PutTargets, &api.PutTargetsInput{Rule: new("r"), Targets: []api.Target{{Id: new("a"), Arn: topic("t"), Input: new(`"x"`)}}})
	list = must(h, own, h.ListTargetsByRule, &api.ListTargetsByRuleInput{Rule: new("r")}).Targets
	calltest.Equal(t, "replaced", list[0], api.Target{Id: new("a"), Arn: topic("t"), Input: new(`"x"`)})

	for want, in := range map[string]api.Target{
		"Validation: Parameter nonsense is not valid. Reason: Provided Arn is not in correct format.":  {Arn: new("nonsense")},
		"Validation: Parameter role/x is not valid. Reason: Provided Arn is not in correct format.":    {Arn: queue("q"), RoleArn: new("role/x")},
		"Validation: Parameter(s) MessageGroupId must be specified for target: x.":                     {Arn: queue("q.fifo")},
		"Validation: Only one of Input, InputPath, or InputTransformer must be provided for target x.": {Arn: queue("q"), Input: new("1"), InputPath: new("$")},
		"Validation: JSON syntax error in input for target x.":                                         {Arn: queue("q"), Input: new("{")},
		"Validation: Invalid InputPath for target x: a JSON path must begin with $.":                   {Arn: queue("q"), InputPath: new("detail")},
		"Validation: Invalid InputPath for target x: the JSON path is not valid.":                      {Arn: queue("q"), InputPath: new("$.detail[")},
		"Validation: InputTemplate for target x contains invalid placeholder none.":                    {Arn: queue("q"), InputTransformer: &api.InputTransformer{InputTemplate: new("<none>")}},
		"Validation: Invalid InputPathsMap for target x: a: *":                                         {Arn: queue("q"), InputTransformer: &api.InputTransformer{InputPathsMap: map[string]string{"a": "x"}, InputTemplate: new("<a>")}},
		"Validation: Parameter DeadLetterConfig.Arn is not valid. Reason: *":                           {Arn: queue("q"), DeadLetterConfig: &api.DeadLetterConfig{Arn: topic("t")}},
		"Validation: 1 validation error detected: *":                                                   {Arn: queue("q"), RetryPolicy: &api.RetryPolicy{MaximumEventAgeInSeconds: new(int32(1))}},
	} {
		in.Id = new("x")
		refuses(h, want, own, h.PutTargets, &api.PutTargetsInput{Rule: new("r"), Targets: []api.Target{in}})
	}
	var five []api.Target
	for i := range 4 {
		five = append(five, api.Target{Id: new(fmt.Sprint(i)), Arn: queue("q")})
	}
	refuses(h, "LimitExceeded: The requested resource exceeds the maximum number allowed.", own, h.PutTargets, &api.PutTargetsInput{Rule: new("r"), Targets: five})

	removed := must(h, own, h.RemoveTargets, &api.RemoveTargetsInput{Rule: new("r"), Ids: []string{"a", "none"}})
	calltest.Equal(t, "not removed", fmt.Sprint(*removed.FailedEntryCount, " ", *removed.FailedEntries[0].ErrorCode, ": ", *removed.FailedEntries[0].ErrorMessage),
		"1 ResourceNotFoundException: Rule r does not have a target with the Id none.")
	calltest.Equal(t, "one is left", len(must(h, own, h.ListTargetsByRule, &api.ListTargetsByRuleInput{Rule: new("r")}).Targets), 1)
}
