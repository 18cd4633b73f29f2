package events

import (
	"fmt"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

func TestBuses(t *testing.T) {
	h := newHouse(t)
	const arn = "arn:aws:events:us-east-2:111111111111:event-bus/"

	d := must(h, own, h.DescribeEventBus, &api.DescribeEventBusInput{})
	calltest.Equal(t, "default bus", *d.Arn, arn+"default")

	out := must(h, own, h.CreateEventBus, &api.CreateEventBusInput{
		Name: new("orders"), Description: new("of the shop"), Tags: []api.Tag{{Key: new("k"), Value: new("v")}},
		DeadLetterConfig: &api.DeadLetterConfig{Arn: queue("dlq")},
	})
	calltest.Equal(t, "arn", *out.EventBusArn, arn+"orders")
	d = must(h, own, h.DescribeEventBus, &api.DescribeEventBusInput{Name: new(arn + "orders")})
	calltest.Equal(t, "description", *d.Description, "of the shop")
	calltest.Equal(t, "dlq", *d.DeadLetterConfig.Arn, *queue("dlq"))
	calltest.Equal(t, "created", d.CreationTime.Equal(h.Clock.Now()), true)
	must(h, own, h.UpdateEventBus, &api.UpdateEventBusInput{Name: new("orders"), Description: new("other")})
	calltest.Equal(t, "updated", *must(h, own, h.DescribeEventBus, &api.DescribeEventBusInput{Name: new("orders")}).Description, "other")
	must(h, own, h.UpdateEventBus, &api.UpdateEventBusInput{Description: new("the default one")})

	refuses(h, "ResourceAlreadyExists: Event bus orders already exists.", own, h.CreateEventBus, &api.CreateEventBusInput{Name: new("orders")})
	refuses(h, "ResourceAlreadyExists: Event bus default already exists.", own, h.CreateEventBus, &api.CreateEventBusInput{Name: new("default")})
	refuses(h, "Validation: Event bus name must not contain '/'.", own, h.CreateEventBus, &api.CreateEventBusInput{Name: new("a/b")})
	refuses(h, "Validation: Event bus name starting with 'aws.' is not valid.", own, h.CreateEventBus, &api.CreateEventBusInput{Name: new("aws.x")})
	refuses(h, "ResourceNotFound: Event source aws.partner/x/y does not exist.", own, h.CreateEventBus,
		&api.CreateEventBusInput{Name: new("x"), EventSourceName: new("aws.partner/x/y")})
	refuses(h, "Validation: *", own, h.CreateEventBus, &api.CreateEventBusInput{Name: new("x y")})
	refuses(h, "Validation: Event buses that are encrypted*", own, h.CreateEventBus, &api.CreateEventBusInput{Name: new("x"), KmsKeyIdentifier: new("k")})
	refuses(h, "Validation: Logs of event buses*", own, h.CreateEventBus, &api.CreateEventBusInput{Name: new("x"), LogConfig: &api.LogConfig{Level: new("INFO")}})
	refuses(h, "Validation: Parameter DeadLetterConfig.Arn is not valid.*", own, h.CreateEventBus,
		&api.CreateEventBusInput{Name: new("x"), DeadLetterConfig: &api.DeadLetterConfig{Arn: queue("q.fifo")}})
	refuses(h, "ResourceNotFound: Event bus none does not exist.", own, h.DescribeEventBus, &api.DescribeEventBusInput{Name: new("none")})
	refuses(h, "ResourceNotFound: Event bus none does not exist.", own, h.UpdateEventBus, &api.UpdateEventBusInput{Name: new("none")})
	refuses(h, "Validation: Cannot delete event bus default.", own, h.DeleteEventBus, &api.DeleteEventBusInput{Name: new("default")})
	refuses(h, "AccessDenied: *", other, h.DescribeEventBus, &api.DescribeEventBusInput{Name: new(arn + "orders")})

	h.rule("orders", "r", `{"source":["x"]}`)
	refuses(h, "Validation: Event bus orders can't be deleted since it has rules.", own, h.DeleteEventBus, &api.DeleteEventBusInput{Name: new("orders")})
	must(h, own, h.DeleteRule, &api.DeleteRuleInput{Name: new("r"), EventBusName: new("orders")})
	must(h, own, h.DeleteEventBus, &api.DeleteEventBusInput{Name: new("orders")})
	must(h, own, h.DeleteEventBus, &api.DeleteEventBusInput{Name: new("orders")})
}

func TestListEventBuses(t *testing.T) {
	h := newHouse(t)
	names := func(in *api.ListEventBusesInput) (list []string, next *string) {
		out := must(h, own, h.ListEventBuses, in)
		for _, b := range out.EventBuses {
			list = append(list, *b.Name)
		}
		return list, out.NextToken
	}
	list, _ := names(&api.ListEventBusesInput{})
	calltest.Equal(t, "alone", fmt.Sprint(list), "[default]")
	for _, name := range []string{"a", "b", "x", "xy"} {
		must(h, own, h.CreateEventBus, &api.CreateEventBusInput{Name: &name})
	}
	must(h, own, h.TagResource, &api.TagResourceInput{ResourceARN: new("arn:aws:events:us-east-2:111111111111:event-bus/default"), Tags: []api.Tag{{Key: new("k"), Value: new("")}}})
	list, next := names(&api.ListEventBusesInput{Limit: new(int32(3))})
	calltest.Equal(t, "page", fmt.Sprint(list), "[a b default]")
	list, next = names(&api.ListEventBusesInput{Limit: new(int32(3)), NextToken: next})
	calltest.Equal(t, "second page", fmt.Sprint(list, next), "[x xy] <nil>")
	list, _ = names(&api.ListEventBusesInput{NamePrefix: new("x")})
	calltest.Equal(t, "prefix", fmt.Sprint(list), "[x xy]")
	for _, token := range []string{"!", "zz"} {
		refuses(h, "Validation: Invalid nextToken.", own, h.ListEventBuses, &api.ListEventBusesInput{NextToken: &token})
	}
	for i := range busesPerAccount - 5 {
		must(h, own, h.CreateEventBus, &api.CreateEventBusInput{Name: new(fmt.Sprint("n", i))})
	}
	refuses(h, "LimitExceeded: *", own, h.CreateEventBus, &api.CreateEventBusInput{Name: new("more")})
}

func TestPermissions(t *testing.T) {
	h := newHouse(t)
	text := func() string {
		return aws.Val(must(h, own, h.DescribeEventBus, &api.DescribeEventBusInput{}).Policy)
	}
	put := func(in api.PutPermissionInput) { t.Helper(); must(h, own, h.PutPermission, &in) }
	const bus = "arn:aws:events:us-east-2:111111111111:event-bus/default"
	action := new("events:PutEvents")
	one := `{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":"events:PutEvents","Resource":"` + bus + `"}`
	all := `{"Sid":"all","Effect":"Allow","Principal":"*","Action":"events:PutEvents","Resource":"` + bus + `","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}}`

	entry := []api.PutEventsRequestEntry{{Source: new("s"), DetailType: new("t"), Detail: new("{}"), EventBusName: new(bus)}}
	refuses(h, "AccessDenied: *", other, h.PutEvents, &api.PutEventsInput{Entries: entry})

	put(api.PutPermissionInput{Action: action, Principal: new("333333333333"), StatementId: new("one")})
	put(api.PutPermissionInput{Action: action, Principal: new(other), StatementId: new("one")})
	calltest.Equal(t, "policy", text(), `{"Version":"2012-10-17","Statement":[`+one+`]}`)
	must(h, other, h.PutEvents, &api.PutEventsInput{Entries: entry})
	calltest.Equal(t, "owners", h.Last().Owners, []string{own})
	calltest.Equal(t, "resources", h.Last().Resources, []call.Resource{{Account: own, Type: "AWS::Events::EventBus", ARN: bus}})
	put(api.PutPermissionInput{Action: action, Principal: new("*"), StatementId: new("all"), Condition: &api.Condition{
		Type: new("StringEquals"), Key: new("aws:PrincipalOrgID"), Value: new("o-exampleorgid"),
	}})
	calltest.Equal(t, "two statements", text(), `{"Version":"2012-10-17","Statement":[`+one+`,`+all+`]}`)
	must(h, own, h.RemovePermission, &api.RemovePermissionInput{StatementId: new("one")})
	calltest.Equal(t, "after removal", text(), `{"Version":"2012-10-17","Statement":[`+all+`]}`)
	must(h, other, h.PutEvents, &api.PutEventsInput{Entries: entry}) // of the organization
	refuses(h, "AccessDenied: *", "333333333333", h.PutEvents, &api.PutEventsInput{Entries: entry})
	must(h, own, h.RemovePermission, &api.RemovePermissionInput{StatementId: new("all")})
	calltest.Equal(t, "empty", text(), "")

	whole := `{"Version":"2012-10-17","Statement":{"Sid":"w","Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":["events:PutRule","events:PutTargets","events:DescribeRule"],"Resource":"arn:aws:events:us-east-2:111111111111:rule/*"}}`
	put(api.PutPermissionInput{Policy: &whole})
	calltest.Equal(t, "whole", text(), whole)
	must(h, other, h.PutRule, &api.PutRuleInput{Name: new("theirs"), EventBusName: new(bus), EventPattern: new(`{"source":["x"]}`)})
	d := must(h, other, h.DescribeRule, &api.DescribeRuleInput{Name: new("theirs"), EventBusName: new(bus)})
	calltest.Equal(t, "creator", *d.CreatedBy+*d.Arn, other+"arn:aws:events:us-east-2:111111111111:rule/theirs")
	put(api.PutPermissionInput{Action: action, Principal: new("*"), StatementId: new("added")})
	must(h, own, h.RemovePermission, &api.RemovePermissionInput{StatementId: new("w")})
	must(h, own, h.RemovePermission, &api.RemovePermissionInput{RemoveAllPermissions: new(true)})
	calltest.Equal(t, "none", text(), "")

	for want, in := range map[string]api.PutPermissionInput{
		"Validation: Parameter(s) Action, Principal*":                        {Action: action},
		"Validation: Provided value in parameter 'action'*":                  {Action: new("events:PutRule"), Principal: new(other), StatementId: new("x")},
		"Validation: Provided condition is not supported*":                   {Action: action, Principal: new("*"), StatementId: new("x"), Condition: &api.Condition{Type: new("StringLike"), Key: new("aws:PrincipalOrgID"), Value: new("o")}},
		"Validation: Parameter Policy cannot be*":                            {Policy: &whole, StatementId: new("x")},
		"Validation: The policy is not valid: *":                             {Policy: new(`{"Version":"2012-10-17","Statement":[]`)},
		"Validation: The policy is not valid: a statement has no principal.": {Policy: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"events:PutEvents","Resource":"*"}]}`)},
		"Validation: The policy is not valid: a statement has an action*":    {Policy: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}`)},
		"PolicyLengthExceeded: *":                                            {Policy: new(fmt.Sprintf(`{"Version":"%10300s"}`, ""))},
		"ResourceNotFound: Event bus none does not exist.":                   {EventBusName: new("none"), Policy: &whole},
	} {
		refuses(h, want, own, h.PutPermission, &in)
	}
	refuses(h, "ResourceNotFound: Statement with the provided id does not exist.", own, h.RemovePermission, &api.RemovePermissionInput{StatementId: new("x")})
	refuses(h, "Validation: Parameter StatementId must be specified.", own, h.RemovePermission, &api.RemovePermissionInput{})
}

func TestTags(t *testing.T) {
	h := newHouse(t)
	h.rule("default", "r", `{"source":["x"]}`)
	for _, arn := range []string{"arn:aws:events:us-east-2:111111111111:rule/r", "arn:aws:events:us-east-2:111111111111:event-bus/default"} {
		tag := func(key, value string) []api.Tag { return []api.Tag{{Key: &key, Value: &value}} }
		must(h, own, h.TagResource, &api.TagResourceInput{ResourceARN: &arn, Tags: append(tag("b", "1"), tag("a", "2")...)})
		must(h, own, h.TagResource, &api.TagResourceInput{ResourceARN: &arn, Tags: tag("b", "3")})
		must(h, own, h.UntagResource, &api.UntagResourceInput{ResourceARN: &arn, TagKeys: []string{"a", "none"}})
		out := must(h, own, h.ListTagsForResource, &api.ListTagsForResourceInput{ResourceARN: &arn})
		calltest.Equal(t, arn, out.Tags, tag("b", "3"))
		refuses(h, "Validation: aws: prefixed*", own, h.TagResource, &api.TagResourceInput{ResourceARN: &arn, Tags: tag("AWS:x", "")})
		refuses(h, "Validation: Duplicate*", own, h.TagResource, &api.TagResourceInput{ResourceARN: &arn, Tags: append(tag("x", ""), tag("x", "")...)})
		var many []api.Tag
		for i := range 50 {
			many = append(many, tag(fmt.Sprint(i), "")...)
		}
		refuses(h, "LimitExceeded: *", own, h.TagResource, &api.TagResourceInput{ResourceARN: &arn, Tags: many})
	}
	for want, arn := range map[string]string{
		"ResourceNotFound: Event bus none does not exist.":                     "arn:aws:events:us-east-2:111111111111:event-bus/none",
		"ResourceNotFound: Rule none does not exist on EventBus default.":      "arn:aws:events:us-east-2:111111111111:rule/none",
		"ResourceNotFound: Rule none does not exist on EventBus orders.":       "arn:aws:events:us-east-2:111111111111:rule/orders/none",
		"ResourceNotFound: Resource arn:aws:sqs:us-east-2:1:q does not exist.": "arn:aws:sqs:us-east-2:1:q",
	} {
		refuses(h, want, own, h.ListTagsForResource, &api.ListTagsForResourceInput{ResourceARN: &arn})
	}
}
