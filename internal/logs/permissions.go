package logs

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// on makes an entry of permissions out of a function of one operation's input.
func on[I any](f func(*permission, *I) *aws.Error) func(*permission, any) error {
	return func(p *permission, in any) error {
		if err := f(p, in.(*I)); err != nil {
			return err
		}
		return nil
	}
}

// onAll is the entry of an action that knows no resource.
func onAll(*permission, any) error { return nil }

// onGroups is the entry of an action that lists groups: on none by name.
func onGroups(p *permission, _ any) error {
	p.add(call.Target{Action: p.action, Resource: own(p.c, nil).streamARN(""), Context: policy.Context{}})
	return nil
}

// permissions says of every operation what it is about.
var permissions = map[string]func(*permission, any) error{
	"CreateLogGroup": on(func(p *permission, in *api.CreateLogGroupInput) *aws.Error {
		n := own(p.c, in.LogGroupName)
		p.stream(n, "")
		if len(in.Tags) > 0 {
			p.targets = nil
			p.tagged(n, p.action, in.Tags, nil)
			p.targets[0].Resource = n.streamARN("")
			p.tagged(n, "logs:TagResource", in.Tags, nil)
		}
		return nil
	}),
	"DeleteLogGroup":    on(func(p *permission, in *api.DeleteLogGroupInput) *aws.Error { return p.named(in.LogGroupName) }),
	"DescribeLogGroups": onGroups,
	"ListLogGroups":     onAll,
	"PutLogGroupDeletionProtection": on(func(p *permission, in *api.PutLogGroupDeletionProtectionInput) *aws.Error {
		return p.either(nil, in.LogGroupIdentifier, "")
	}),

	"CreateLogStream": on(func(p *permission, in *api.CreateLogStreamInput) *aws.Error {
		return p.stream(own(p.c, in.LogGroupName), aws.Val(in.LogStreamName))
	}),
	"DeleteLogStream": on(func(p *permission, in *api.DeleteLogStreamInput) *aws.Error {
		return p.stream(own(p.c, in.LogGroupName), aws.Val(in.LogStreamName))
	}),
	"DescribeLogStreams": on(func(p *permission, in *api.DescribeLogStreamsInput) *aws.Error {
		return p.either(in.LogGroupName, in.LogGroupIdentifier, "")
	}),

	"PutLogEvents": on(func(p *permission, in *api.PutLogEventsInput) *aws.Error {
		return p.stream(own(p.c, in.LogGroupName), aws.Val(in.LogStreamName))
	}),
	"GetLogEvents": on(func(p *permission, in *api.GetLogEventsInput) *aws.Error {
		return p.either(in.LogGroupName, in.LogGroupIdentifier, aws.Val(in.LogStreamName))
	}),
	"FilterLogEvents": on(func(p *permission, in *api.FilterLogEventsInput) *aws.Error {
		return p.either(in.LogGroupName, in.LogGroupIdentifier, "")
	}),
	"GetLogRecord": on(func(p *permission, in *api.GetLogRecordInput) *aws.Error {
		n, _, err := parsePointer(aws.Val(in.LogRecordPointer))
		if err != nil {
			return err
		}
		return p.stream(n, "")
	}),
	"GetLogGroupFields": on(func(p *permission, in *api.GetLogGroupFieldsInput) *aws.Error {
		return p.either(in.LogGroupName, in.LogGroupIdentifier, "")
	}),

	"PutRetentionPolicy":    on(func(p *permission, in *api.PutRetentionPolicyInput) *aws.Error { return p.named(in.LogGroupName) }),
	"DeleteRetentionPolicy": on(func(p *permission, in *api.DeleteRetentionPolicyInput) *aws.Error { return p.named(in.LogGroupName) }),

	"PutMetricFilter":    on(func(p *permission, in *api.PutMetricFilterInput) *aws.Error { return p.named(in.LogGroupName) }),
	"DeleteMetricFilter": on(func(p *permission, in *api.DeleteMetricFilterInput) *aws.Error { return p.named(in.LogGroupName) }),
	"DescribeMetricFilters": on(func(p *permission, in *api.DescribeMetricFiltersInput) *aws.Error {
		return p.named(in.LogGroupName)
	}),
	"TestMetricFilter": onAll,

	"PutSubscriptionFilter": on(func(p *permission, in *api.PutSubscriptionFilterInput) *aws.Error {
		return p.named(in.LogGroupName)
	}),
	"DeleteSubscriptionFilter": on(func(p *permission, in *api.DeleteSubscriptionFilterInput) *aws.Error {
		return p.named(in.LogGroupName)
	}),
	"DescribeSubscriptionFilters": on(func(p *permission, in *api.DescribeSubscriptionFiltersInput) *aws.Error {
		return p.named(in.LogGroupName)
	}),

	"PutResourcePolicy":    on(func(p *permission, in *api.PutResourcePolicyInput) *aws.Error { return p.policyOf(in.ResourceArn) }),
	"DeleteResourcePolicy": on(func(p *permission, in *api.DeleteResourcePolicyInput) *aws.Error { return p.policyOf(in.ResourceArn) }),
	"DescribeResourcePolicies": on(func(p *permission, in *api.DescribeResourcePoliciesInput) *aws.Error {
		return p.policyOf(in.ResourceArn)
	}),

	"TagResource": on(func(p *permission, in *api.TagResourceInput) *aws.Error {
		return p.resource(in.ResourceArn, in.Tags, nil)
	}),
	"UntagResource": on(func(p *permission, in *api.UntagResourceInput) *aws.Error {
		return p.resource(in.ResourceArn, nil, in.TagKeys)
	}),
	"ListTagsForResource": on(func(p *permission, in *api.ListTagsForResourceInput) *aws.Error {
		return p.resource(in.ResourceArn, nil, nil)
	}),
	"TagLogGroup": on(func(p *permission, in *api.TagLogGroupInput) *aws.Error {
		p.tagged(own(p.c, in.LogGroupName), p.action, in.Tags, nil)
		p.targets[0].Resource = own(p.c, in.LogGroupName).streamARN("")
		return nil
	}),
	"UntagLogGroup": on(func(p *permission, in *api.UntagLogGroupInput) *aws.Error {
		p.tagged(own(p.c, in.LogGroupName), p.action, nil, in.Tags)
		p.targets[0].Resource = own(p.c, in.LogGroupName).streamARN("")
		return nil
	}),
	"ListTagsLogGroup": on(func(p *permission, in *api.ListTagsLogGroupInput) *aws.Error { return p.named(in.LogGroupName) }),

	"CreateExportTask":    on(func(p *permission, in *api.CreateExportTaskInput) *aws.Error { return p.named(in.LogGroupName) }),
	"DescribeExportTasks": onAll,
	"CancelExportTask":    onAll,

	"StartQuery": on(func(p *permission, in *api.StartQueryInput) *aws.Error {
		groups, err := queried(p.c, in)
		for _, n := range groups {
			p.stream(n, "")
		}
		return err
	}),
	"StopQuery":       onAll,
	"GetQueryResults": onAll,
	"DescribeQueries": on(func(p *permission, in *api.DescribeQueriesInput) *aws.Error {
		if in.LogGroupName == nil {
			return nil
		}
		return p.named(in.LogGroupName)
	}),

	"PutQueryDefinition":       onAll,
	"DescribeQueryDefinitions": onAll,
	"DeleteQueryDefinition":    onAll,

	"AssociateKmsKey": on(func(p *permission, in *api.AssociateKmsKeyInput) *aws.Error {
		return p.sealing(in.LogGroupName, in.ResourceIdentifier)
	}),
	"DisassociateKmsKey": on(func(p *permission, in *api.DisassociateKmsKeyInput) *aws.Error {
		return p.sealing(in.LogGroupName, in.ResourceIdentifier)
	}),
}
