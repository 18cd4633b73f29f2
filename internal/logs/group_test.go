package logs

import (
	"fmt"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

const (
	invalidCode  = "InvalidParameterException"
	missingCode  = "ResourceNotFoundException"
	existsCode   = "ResourceAlreadyExistsException"
	limitCode    = "LimitExceededException"
	classCode    = "InvalidOperationException"
	groupMissing = "The specified log group does not exist."
)

func TestGroups(t *testing.T) {
	h := newHouse(t)
	h.Do(&api.CreateLogGroupInput{LogGroupName: new("/app/a"), Tags: map[string]string{"Team": "blue"}, DeletionProtectionEnabled: new(true)})
	h.group("/app/b", "s")
	h.Do(&api.CreateLogGroupInput{LogGroupName: new("zoo"), LogGroupClass: new("INFREQUENT_ACCESS")})
	h.put("/app/b", "s", "hello")

	out := answer[api.DescribeLogGroupsOutput](h, &api.DescribeLogGroupsInput{Limit: new(int32(2))})
	h.Equal("first page", len(out.LogGroups), 2)
	b := out.LogGroups[1]
	h.Equal("arn", *b.Arn, "arn:aws:logs:eu-west-1:111111111111:log-group:/app/b:*")
	h.Equal("logGroupArn", *b.LogGroupArn, "arn:aws:logs:eu-west-1:111111111111:log-group:/app/b")
	h.Equal("stored", *b.StoredBytes, int64(5+26))
	h.Equal("class", *b.LogGroupClass, "STANDARD")
	h.Equal("protected", *out.LogGroups[0].DeletionProtectionEnabled, true)
	out = answer[api.DescribeLogGroupsOutput](h, &api.DescribeLogGroupsInput{Limit: new(int32(2)), NextToken: out.NextToken})
	h.Equal("second page", fmt.Sprintln(len(out.LogGroups), *out.LogGroups[0].LogGroupName, out.NextToken), "1 zoo <nil>\n")

	for want, in := range map[string]*api.DescribeLogGroupsInput{
		"[/app/a /app/b]": {LogGroupNamePrefix: new("/app")},
		"[/app/b]":        {LogGroupNamePattern: new("P/B")},
		"[zoo]":           {LogGroupClass: new("INFREQUENT_ACCESS")},
		"[/app/b zoo]":    {LogGroupIdentifiers: []string{"zoo", *b.LogGroupArn}},
	} {
		var names []string
		for _, g := range answer[api.DescribeLogGroupsOutput](h, in).LogGroups {
			names = append(names, *g.LogGroupName)
		}
		h.Equal("groups", fmt.Sprint(names), want)
	}
	for want, in := range map[string]*api.ListLogGroupsInput{
		"[/app/a /app/b]": {LogGroupNamePattern: new("^/app|nothing")},
		"[/app/b zoo]":    {LogGroupNamePattern: new("zoo|pp/b")},
		"[/app/a]":        {LogGroupTags: []api.TagFilter{{Key: new("Team"), Values: []string{"red", "bl*"}}}},
		"[]":              {LogGroupTags: []api.TagFilter{{Key: new("Team"), Values: []string{"!blue"}}, {Key: new("x")}}},
	} {
		names := []string{}
		for _, g := range answer[api.ListLogGroupsOutput](h, in).LogGroups {
			names = append(names, *g.LogGroupName)
		}
		h.Equal("listed", fmt.Sprint(names), want)
	}

	h.fails("ValidationException", "Cannot delete log group with deletion protection enabled", &api.DeleteLogGroupInput{LogGroupName: new("/app/a")})
	h.Do(&api.PutLogGroupDeletionProtectionInput{LogGroupIdentifier: new("/app/a"), DeletionProtectionEnabled: new(false)},
		&api.DeleteLogGroupInput{LogGroupName: new("/app/a")})
	for _, c := range []struct {
		code, message string
		in            wire.Shape
	}{
		{existsCode, "The specified log group already exists", &api.CreateLogGroupInput{LogGroupName: new("zoo")}},
		{missingCode, groupMissing, &api.DeleteLogGroupInput{LogGroupName: new("/app/a")}},
		{missingCode, groupMissing, &api.PutLogGroupDeletionProtectionInput{LogGroupIdentifier: new("none"), DeletionProtectionEnabled: new(true)}},
		{invalidCode, "identifier is invalid", &api.PutLogGroupDeletionProtectionInput{LogGroupIdentifier: new("arn:aws:s3:::x"), DeletionProtectionEnabled: new(true)}},
		{invalidCode, "reserved", &api.CreateLogGroupInput{LogGroupName: new("n"), Tags: map[string]string{"aws:x": "y"}}},
		{invalidCode, "Log groups starting with AWS/ are reserved for AWS.", &api.CreateLogGroupInput{LogGroupName: new("aws/events")}},
		{invalidCode, "same time", &api.DescribeLogGroupsInput{LogGroupNamePrefix: new("a"), LogGroupNamePattern: new("b")}},
		{invalidCode, "not linked", &api.DescribeLogGroupsInput{AccountIdentifiers: []string{other}}},
		{invalidCode, "nextToken", &api.DescribeLogGroupsInput{NextToken: new("@@")}},
		{invalidCode, "nextToken", &api.ListLogGroupsInput{NextToken: new(pages.Token("DescribeLogGroups", "x"))}},
		{invalidCode, "fieldIndexNames", &api.ListLogGroupsInput{FieldIndexNames: []string{"abc"}}},
	} {
		h.fails(c.code, c.message, c.in)
	}
}

// A group that is made again under its name has nothing of the one before.
func TestGroupsAreMadeAnew(t *testing.T) {
	h := newHouse(t)
	h.group("g", "s")
	h.put("g", "s", "old")
	h.Do(&api.PutMetricFilterInput{LogGroupName: new("g"), FilterName: new("f"), FilterPattern: new("x"),
		MetricTransformations: []api.MetricTransformation{{MetricName: new("m"), MetricNamespace: new("n"), MetricValue: new("1")}}},
		&api.DeleteLogGroupInput{LogGroupName: new("g")})
	h.group("g")
	h.fails(missingCode, "log stream", &api.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s")})
	h.Do(&api.CreateLogStreamInput{LogGroupName: new("g"), LogStreamName: new("s")})
	h.Equal("events", len(h.filtered(&api.FilterLogEventsInput{LogGroupName: new("g")})), 0)
	h.put("g", "s", "new")
	h.advance()
	h.Equal("events", h.filtered(&api.FilterLogEventsInput{LogGroupName: new("g")}), []string{"new"})
	h.Equal("filters", len(answer[api.DescribeMetricFiltersOutput](h, &api.DescribeMetricFiltersInput{LogGroupName: new("g")}).MetricFilters), 0)
}

func TestStreams(t *testing.T) {
	h := newHouse(t)
	h.group("g", "b", "a", "ab", "c")
	h.put("g", "c", "1")
	h.Clock.Advance(time.Second)
	h.put("g", "a", "2")
	h.group("g2", "elsewhere")
	names := func(in *api.DescribeLogStreamsInput) (all []string) {
		in.LogGroupName, in.Limit = new("g"), new(int32(3))
		for {
			out := answer[api.DescribeLogStreamsOutput](h, in)
			for _, s := range out.LogStreams {
				all = append(all, *s.LogStreamName)
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return all
			}
		}
	}
	h.Equal("by name", names(&api.DescribeLogStreamsInput{}), []string{"a", "ab", "b", "c"})
	h.Equal("by name, descending", names(&api.DescribeLogStreamsInput{Descending: new(true)}), []string{"c", "b", "ab", "a"})
	h.Equal("prefix", names(&api.DescribeLogStreamsInput{LogStreamNamePrefix: new("a")}), []string{"a", "ab"})
	h.Equal("by time, descending", names(&api.DescribeLogStreamsInput{OrderBy: new("LastEventTime"), Descending: new(true)}), []string{"a", "c", "b", "ab"})
	s := answer[api.DescribeLogStreamsOutput](h, &api.DescribeLogStreamsInput{LogGroupIdentifier: new("arn:aws:logs:eu-west-1:111111111111:log-group:g"), LogStreamNamePrefix: new("c")}).LogStreams[0]
	h.Equal("arn", *s.Arn, "arn:aws:logs:eu-west-1:111111111111:log-group:g:log-stream:c")
	h.Equal("last event", *s.LastEventTimestamp, h.ms()-1000)
	h.Equal("token", len(*s.UploadSequenceToken), 56)

	h.Do(&api.DeleteLogStreamInput{LogGroupName: new("g"), LogStreamName: new("c")})
	h.Equal("events", h.filtered(&api.FilterLogEventsInput{LogGroupName: new("g")}), []string{"2"})
	h.advance()
	h.Equal("events", h.filtered(&api.FilterLogEventsInput{LogGroupName: new("g")}), []string{"2"})
	h.fails(existsCode, "The specified log stream already exists", &api.CreateLogStreamInput{LogGroupName: new("g"), LogStreamName: new("a")})
	h.fails(missingCode, groupMissing, &api.CreateLogStreamInput{LogGroupName: new("no"), LogStreamName: new("a")})
	h.fails(missingCode, "The specified log stream does not exist.", &api.DeleteLogStreamInput{LogGroupName: new("g"), LogStreamName: new("c")})
	h.fails(missingCode, groupMissing, &api.DescribeLogStreamsInput{LogGroupName: new("no")})
	h.fails(invalidCode, "Exactly one", &api.DescribeLogStreamsInput{})
	h.fails(invalidCode, "LastEventTime", &api.DescribeLogStreamsInput{LogGroupName: new("g"), OrderBy: new("LastEventTime"), LogStreamNamePrefix: new("a")})
}

func TestTags(t *testing.T) {
	h := newHouse(t)
	h.group("g")
	arn := "arn:aws:logs:eu-west-1:111111111111:log-group:g"
	h.Do(&api.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"a": "1", "b": "2"}},
		&api.TagLogGroupInput{LogGroupName: new("g"), Tags: map[string]string{"b": "3", "c": "4"}},
		&api.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a"}},
		&api.UntagLogGroupInput{LogGroupName: new("g"), Tags: []string{"c"}})
	want := map[string]string{"b": "3"}
	h.Equal("tags", map[string]string(answer[api.ListTagsForResourceOutput](h, &api.ListTagsForResourceInput{ResourceArn: &arn}).Tags), want)
	h.Equal("tags", map[string]string(answer[api.ListTagsLogGroupOutput](h, &api.ListTagsLogGroupInput{LogGroupName: new("g")}).Tags), want)
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint(i)] = ""
	}
	h.fails("TooManyTagsException", "50", &api.TagResourceInput{ResourceArn: &arn, Tags: many})
	h.fails(missingCode, groupMissing, &api.ListTagsLogGroupInput{LogGroupName: new("no")})
	h.fails(missingCode, groupMissing, &api.TagResourceInput{ResourceArn: new(arn + "x"), Tags: want})
	h.fails(missingCode, groupMissing, &api.UntagLogGroupInput{LogGroupName: new("no"), Tags: []string{"a"}})
	h.fails(invalidCode, "ARN", &api.UntagResourceInput{ResourceArn: new("arn:aws:s3:::b"), TagKeys: []string{"a"}})
}

func TestRetention(t *testing.T) {
	h := newHouse(t)
	h.group("g", "s")
	h.group("for", "s")
	h.put("g", "s", "old")
	h.put("for", "s", "old")
	h.Do(&api.PutRetentionPolicyInput{LogGroupName: new("g"), RetentionInDays: new(int32(1))})
	h.Clock.Advance(23 * time.Hour)
	h.put("g", "s", "young")
	h.Clock.Advance(2 * time.Hour)
	stored := func() int64 {
		return *answer[api.DescribeLogGroupsOutput](h, &api.DescribeLogGroupsInput{LogGroupNamePrefix: new("g")}).LogGroups[0].StoredBytes
	}
	h.Equal("before the sweep", h.filtered(&api.FilterLogEventsInput{LogGroupName: new("g")}), []string{"young"})
	h.Equal("stored", stored(), int64(3+26+5+26))
	h.advance()
	h.Equal("after the sweep", h.filtered(&api.FilterLogEventsInput{LogGroupName: new("g")}), []string{"young"})
	h.Equal("stored", stored(), int64(5+26))
	h.Do(&api.DeleteRetentionPolicyInput{LogGroupName: new("g")})
	h.Clock.Advance(240 * time.Hour)
	h.advance()
	h.Equal("kept", h.filtered(&api.FilterLogEventsInput{LogGroupName: new("g")}), []string{"young"})
	h.Equal("kept", h.filtered(&api.FilterLogEventsInput{LogGroupName: new("for")}), []string{"old"})

	h.fails(invalidCode, "enum value set: [1, 3, 5, ", &api.PutRetentionPolicyInput{LogGroupName: new("g"), RetentionInDays: new(int32(2))})
	h.fails(missingCode, groupMissing, &api.PutRetentionPolicyInput{LogGroupName: new("no"), RetentionInDays: new(int32(1))})
	h.fails(missingCode, groupMissing, &api.DeleteRetentionPolicyInput{LogGroupName: new("no")})
	h.Do(&api.CreateLogGroupInput{LogGroupName: new("d"), LogGroupClass: new("DELIVERY")})
	h.fails(invalidCode, "DELIVERY", &api.PutRetentionPolicyInput{LogGroupName: new("d"), RetentionInDays: new(int32(1))})
	h.Equal("of class DELIVERY", *answer[api.DescribeLogGroupsOutput](h, &api.DescribeLogGroupsInput{LogGroupNamePrefix: new("d")}).LogGroups[0].RetentionInDays, int32(2))
}

func TestResourcePolicies(t *testing.T) {
	h := newHouse(t)
	h.group("g", "s")
	arn := "arn:aws:logs:eu-west-1:111111111111:log-group:g"
	allow := func(principal, action string) *string {
		return new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"` + action + `","Resource":"` + arn + `:*"}]}`)
	}
	h.Do(&api.PutResourcePolicyInput{PolicyName: new("p"), PolicyDocument: allow(`{"Service":"events.amazonaws.com"}`, "logs:PutLogEvents")})
	out := answer[api.PutResourcePolicyOutput](h, &api.PutResourcePolicyInput{ResourceArn: &arn, PolicyDocument: allow(`{"AWS":"222222222222"}`, "logs:FilterLogEvents")})
	h.Equal("policies", len(answer[api.DescribeResourcePoliciesOutput](h, &api.DescribeResourcePoliciesInput{}).ResourcePolicies), 1)
	h.Equal("of groups", len(answer[api.DescribeResourcePoliciesOutput](h, &api.DescribeResourcePoliciesInput{PolicyScope: new("RESOURCE")}).ResourcePolicies), 1)
	h.Equal("of the group", *answer[api.DescribeResourcePoliciesOutput](h, &api.DescribeResourcePoliciesInput{ResourceArn: &arn}).ResourcePolicies[0].RevisionId, *out.RevisionId)
	if target := Target(h.Store.View(), arn+":*", "s", "logs:PutLogEvents"); h.source(h.Store.View(), "events.amazonaws.com", "", "").Ask(target, region, h.Clock.Now(), nil) != nil {
		t.Error("the policy of the account lets no service in")
	}
	if target := Target(h.Store.View(), arn, "s", "logs:CreateLogStream"); h.source(h.Store.View(), "events.amazonaws.com", "", "").Ask(target, region, h.Clock.Now(), nil) == nil {
		t.Error("the policy of the account lets a service do more than it says")
	}

	// Another account comes in by the group's ARN.
	h.put("g", "s", "shared")
	h.Caller = calltest.Root(other)
	h.Equal("shared", h.filtered(&api.FilterLogEventsInput{LogGroupIdentifier: &arn}), []string{"shared"})
	h.fails("AccessDenied", "logs:GetLogEvents", &api.GetLogEventsInput{LogGroupIdentifier: &arn, LogStreamName: new("s")})
	h.Caller = calltest.Root(account)

	h.fails("OperationAbortedException", "revision", &api.DeleteResourcePolicyInput{ResourceArn: &arn, ExpectedRevisionId: new("x")})
	h.Do(&api.DeleteResourcePolicyInput{ResourceArn: &arn, ExpectedRevisionId: out.RevisionId}, &api.DeleteResourcePolicyInput{PolicyName: new("p")})
	h.Equal("policies", len(answer[api.DescribeResourcePoliciesOutput](h, &api.DescribeResourcePoliciesInput{}).ResourcePolicies), 0)
	h.fails(missingCode, "does not exist", &api.DeleteResourcePolicyInput{PolicyName: new("p")})
	h.fails(missingCode, "no resource policy", &api.DeleteResourcePolicyInput{ResourceArn: &arn})
	h.fails(invalidCode, "Exactly one", &api.DeleteResourcePolicyInput{})
	h.fails(invalidCode, "policy document is invalid", &api.PutResourcePolicyInput{PolicyName: new("p"), PolicyDocument: new("{")})
	h.fails(invalidCode, "Statement[0]: names no principal", &api.PutResourcePolicyInput{PolicyName: new("p"), PolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}`)})
	h.fails(invalidCode, "policyName", &api.PutResourcePolicyInput{PolicyDocument: allow(`"*"`, "logs:*")})
	h.fails(invalidCode, "length", &api.PutResourcePolicyInput{PolicyName: new("p")})
	for i := range maxResourcePolicies {
		h.Do(&api.PutResourcePolicyInput{PolicyName: new(fmt.Sprint(i)), PolicyDocument: allow(`"*"`, "logs:*")})
	}
	h.fails(limitCode, "Resource limit exceeded", &api.PutResourcePolicyInput{PolicyName: new("p"), PolicyDocument: allow(`"*"`, "logs:*")})
}
