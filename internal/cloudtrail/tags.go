package cloudtrail

import (
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
)

const maxTagARNs = 20

var tagRules = tag.Rules{
	Repeated: func(key string) *aws.Error {
		return aws.Errorf("InvalidTagParameterException", "The tag key %s is specified more than once.", key)
	},
	Check: func(t tag.Tag) *aws.Error {
		if t.Key == "" || utf8.RuneCountInString(t.Key) > 128 || utf8.RuneCountInString(t.Value) > 256 {
			return aws.Errorf("InvalidTagParameterException", "A tag key must have 1 to 128 characters and a tag value at most 256.")
		}
		return nil
	},
	Reserved: func(string) *aws.Error {
		return aws.Errorf("InvalidTagParameterException", "Tag keys cannot start with aws:.")
	},
	TooMany: func() *aws.Error {
		return aws.Errorf("TagsLimitExceededException", "The number of tags per trail has exceeded the permitted amount. Currently, the limit is %d.", tag.Max)
	},
	AsAdded: true,
}

// AddTags adds tags to a trail, overwriting the values of keys it has.
func (s *Service) AddTags(c *call.Call, in *api.AddTagsInput) (*api.AddTagsOutput, error) {
	t, err := s.tagged(c, aws.Val(in.ResourceId))
	if err != nil {
		return nil, err
	}
	tags, err := tagRules.With(t.Tags, tag.Of(in.TagsList))
	if err != nil {
		return nil, err
	}
	t = new(*t)
	t.Tags = tags
	put(c.Tx, t)
	return nil, nil
}

// RemoveTags removes tags by their keys; values do not matter.
func (s *Service) RemoveTags(c *call.Call, in *api.RemoveTagsInput) (*api.RemoveTagsOutput, error) {
	t, err := s.tagged(c, aws.Val(in.ResourceId))
	if err != nil {
		return nil, err
	}
	t = new(*t)
	t.Tags = tagRules.Without(t.Tags, tag.Of(in.TagsList).Keys())
	put(c.Tx, t)
	return nil, nil
}

// ListTags lists the tags of up to twenty trails of the caller's account in
// the region of the call.
func (s *Service) ListTags(c *call.Call, in *api.ListTagsInput) (*api.ListTagsOutput, error) {
	if len(in.ResourceIdList) > maxTagARNs {
		return nil, aws.Errorf("InvalidParameterException", "You can list the tags of at most %d resources.", maxTagARNs)
	}
	if in.NextToken != nil {
		return nil, aws.Errorf("InvalidTokenException", "The specified token is not valid.")
	}
	out := &api.ListTagsOutput{ResourceTagList: []api.ResourceTag{}}
	for _, id := range in.ResourceIdList {
		t, err := s.tagged(c, id)
		if isTrailNotFound(err) {
			err = aws.Errorf("CloudTrailARNInvalidException", "You must specify an ARN that the caller account can access.")
		}
		if err != nil {
			return nil, err
		}
		out.ResourceTagList = append(out.ResourceTagList, api.ResourceTag{ResourceId: new(t.ARN()), TagsList: tag.Shapes[api.Tag](t.Tags)})
	}
	return out, nil
}

func isTrailNotFound(err error) bool { return aws.CodeOf(err) == "TrailNotFoundException" }

// tagged finds the trail of a tag operation: by its ARN, in the caller's
// account (or, for a delegated administrator, the management account), in
// its home region.
func (s *Service) tagged(c *call.Call, arn string) (*Trail, error) {
	a, name, err := parseTrailARN(arn)
	if err != nil {
		return nil, err
	}
	t, ok := trails.Get(c.State, trailKey(a.Account, a.Region, name))
	if a.Account != c.Account() && (!ok || t.Organization == "" ||
		!s.Organizations.IsDelegatedAdministrator(c.State, t.Organization, c.Account())) {
		return nil, wrongAccount(c)
	}
	if a.Region != c.Region {
		return nil, aws.Errorf("CloudTrailARNInvalidException", "Region in ARN is wrong, you can only access resources in region %s.", c.Region)
	}
	if !ok {
		return nil, notFound(c, named{arn: arn})
	}
	return t, nil
}
