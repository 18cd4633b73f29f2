package logs

import (
	"slices"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

func TestEveryOperationNeedsAPermission(t *testing.T) {
	for _, op := range api.API.Operations {
		if permissions[op.Name] == nil {
			t.Errorf("%s needs no permission", op.Name)
		}
	}
	for name := range permissions {
		if api.API.Operation(name) == nil {
			t.Errorf("%s is no operation", name)
		}
	}
}

func TestAccess(t *testing.T) {
	h := newHouse(t)
	h.Do(&api.CreateLogGroupInput{LogGroupName: new("g"), Tags: map[string]string{"Team": "blue"}})
	h.group("other")
	const group = "arn:aws:logs:eu-west-1:111111111111:log-group:g"
	for _, c := range []struct {
		in   wire.Shape
		want string
	}{
		{&api.CreateLogGroupInput{LogGroupName: new("n")}, "logs:CreateLogGroup arn:aws:logs:eu-west-1:111111111111:log-group:n:log-stream:"},
		{&api.CreateLogGroupInput{LogGroupName: new("n"), Tags: map[string]string{"a": "b"}},
			"logs:CreateLogGroup arn:aws:logs:eu-west-1:111111111111:log-group:n:log-stream: aws:requesttag/a=b aws:tagkeys=a | " +
				"logs:TagResource arn:aws:logs:eu-west-1:111111111111:log-group:n aws:requesttag/a=b aws:tagkeys=a"},
		{&api.DescribeLogGroupsInput{}, "logs:DescribeLogGroups arn:aws:logs:eu-west-1:111111111111:log-group::log-stream:"},
		{&api.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s")}, "logs:PutLogEvents " + group + ":log-stream:s aws:resourcetag/team=blue"},
		{&api.CreateLogStreamInput{LogGroupName: new("g"), LogStreamName: new("s")}, "logs:CreateLogStream " + group + ":log-stream:s aws:resourcetag/team=blue"},
		{&api.GetLogEventsInput{LogGroupIdentifier: new("arn:aws:logs:eu-west-1:222222222222:log-group:x"), LogStreamName: new("s")},
			"logs:GetLogEvents arn:aws:logs:eu-west-1:222222222222:log-group:x:log-stream:s of 222222222222"},
		{&api.FilterLogEventsInput{LogGroupName: new("g")}, "logs:FilterLogEvents " + group + ":log-stream: aws:resourcetag/team=blue"},
		{&api.UntagResourceInput{ResourceArn: new(group), TagKeys: []string{"a"}}, "logs:UntagResource " + group + " aws:resourcetag/team=blue aws:tagkeys=a"},
		{&api.StartQueryInput{LogGroupNames: []string{"a", "b"}}, "logs:StartQuery arn:aws:logs:eu-west-1:111111111111:log-group:a:log-stream: | logs:StartQuery arn:aws:logs:eu-west-1:111111111111:log-group:b:log-stream:"},
		{&api.StartQueryInput{QueryString: new("SOURCE logGroups() | fields n")}, "logs:StartQuery " + group + ":log-stream: aws:resourcetag/team=blue | logs:StartQuery arn:aws:logs:eu-west-1:111111111111:log-group:other:log-stream:"},
		{&api.TestMetricFilterInput{}, "logs:TestMetricFilter *"},
		{&api.PutResourcePolicyInput{}, "logs:PutResourcePolicy *"},
		{&api.AssociateKmsKeyInput{ResourceIdentifier: new("arn:aws:logs:eu-west-1:111111111111:query-result:*")}, "logs:AssociateKmsKey arn:aws:logs:eu-west-1:111111111111:query-result:*"},
	} {
		targets, err := h.Access(h.Begin(c.in), c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in.Describe().Name, err)
			continue
		}
		var shown []string
		for _, target := range targets {
			parts := []string{}
			for k, v := range target.Context {
				parts = append(parts, k+"="+strings.Join(v, ","))
			}
			slices.Sort(parts)
			if target.Owner != "" && target.Owner != account {
				parts = append(parts, "of "+target.Owner)
			}
			shown = append(shown, strings.Join(append([]string{target.Action, target.Resource}, parts...), " "))
		}
		h.Equal(c.in.Describe().Name, strings.Join(shown, " | "), c.want)
	}
}
