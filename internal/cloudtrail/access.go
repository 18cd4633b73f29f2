package cloudtrail

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
)

// Access lists the permissions that a call needs. A trail is named by its ARN
// even when the caller gave a name; whether it exists is asked later.
func (s *Service) Access(c *call.Call, in any) ([]call.Target, error) {
	switch in := in.(type) {
	case *api.CreateTrailInput:
		targets := onTrail(c, in.Name)
		targets[0].Context = tag.Of(in.TagsList).SetRequest(policy.Context{})
		if len(in.TagsList) > 0 {
			targets = append(targets, call.Target{Action: "cloudtrail:AddTags", Resource: targets[0].Resource, Context: targets[0].Context})
		}
		return targets, nil
	case *api.UpdateTrailInput:
		return onTrail(c, in.Name), nil
	case *api.DeleteTrailInput:
		return onTrail(c, in.Name), nil
	case *api.StartLoggingInput:
		return onTrail(c, in.Name), nil
	case *api.StopLoggingInput:
		return onTrail(c, in.Name), nil
	case *api.GetTrailInput:
		return onTrail(c, in.Name), nil
	case *api.GetTrailStatusInput:
		return onTrail(c, in.Name), nil
	case *api.GetEventSelectorsInput:
		return onTrail(c, in.TrailName), nil
	case *api.PutEventSelectorsInput:
		return onTrail(c, in.TrailName), nil
	case *api.AddTagsInput:
		targets := onTrail(c, in.ResourceId)
		targets[0].Context = tag.Of(in.TagsList).SetRequest(policy.Context{})
		return targets, nil
	case *api.RemoveTagsInput:
		targets := onTrail(c, in.ResourceId)
		targets[0].Context = tag.Of(in.TagsList).SetRequest(policy.Context{})
		return targets, nil
	case *api.ListTagsInput:
		var targets []call.Target
		for _, id := range in.ResourceIdList {
			targets = append(targets, onTrail(c, &id)...)
		}
		return targets, nil
	case *api.DescribeTrailsInput, *api.ListTrailsInput, *api.ListPublicKeysInput,
		*api.RegisterOrganizationDelegatedAdminInput, *api.DeregisterOrganizationDelegatedAdminInput:
		return []call.Target{{Action: action(c), Resource: "*"}}, nil
	}
	return nil, call.NoPermission(c)
}

func action(c *call.Call) string { return "cloudtrail:" + c.Operation.Name }

func onTrail(c *call.Call, nameOrARN *string) []call.Target {
	resource := aws.Val(nameOrARN)
	if !strings.HasPrefix(resource, "arn:") {
		resource = trailARN(c.Account(), c.Region, resource)
	}
	return []call.Target{{Action: action(c), Resource: resource}}
}
