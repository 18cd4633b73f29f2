package sns

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

var tagRules = tag.Rules{
	Repeated: func(string) *aws.Error { return invalid("Duplicated keys are not allowed.") },
	Reserved: func(string) *aws.Error {
		return invalid("Tag keys that begin with aws: are reserved for system use")
	},
	TooMany: func() *aws.Error {
		return aws.Errorf("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
	},
}

// retag changes the tags of a topic.
func retag(c *call.Call, arn *string, fn func(tag.Set) (tag.Set, error)) error {
	n, err := named(c, "ResourceArn", aws.Val(arn))
	if err != nil {
		return err
	}
	old, ok := topics.Get(c.State, n.key())
	if !ok {
		return errNoResource
	}
	t := new(*old)
	if t.Tags, err = fn(t.Tags); err != nil {
		return err
	}
	topics.Put(c.Tx, n.key(), t)
	return nil
}

// TagResource adds tags to a topic or changes their values.
func (s *Service) TagResource(c *call.Call, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	return nil, retag(c, in.ResourceArn, func(t tag.Set) (tag.Set, error) { return tagRules.With(t, tag.Of(in.Tags)) })
}

// UntagResource removes tags. Keys that are not there are no error.
func (s *Service) UntagResource(c *call.Call, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	return nil, retag(c, in.ResourceArn, func(t tag.Set) (tag.Set, error) { return tagRules.Without(t, in.TagKeys), nil })
}

// ListTagsForResource lists the tags of a topic.
func (s *Service) ListTagsForResource(c *call.Call, in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	n, err := named(c, "ResourceArn", aws.Val(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	t, ok := topics.Get(c.State, n.key())
	if !ok {
		return nil, errNoResource
	}
	return &api.ListTagsForResourceOutput{Tags: tag.Shapes[api.Tag](t.Tags)}, nil
}
