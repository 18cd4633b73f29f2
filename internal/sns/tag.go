package sns

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

// Tag is one tag of a topic.
type Tag struct{ Key, Value string }

// Tags are the tags of a topic, in the order of their keys.
type Tags []Tag

// with returns the tags and those of a request, which replace tags of the
// same key.
func (t Tags) with(in []api.Tag) (Tags, error) {
	out := slices.Clone(t)
	for i, tag := range in {
		key := aws.Val(tag.Key)
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, invalid("Tag keys that begin with aws: are reserved for system use")
		}
		if slices.ContainsFunc(in[:i], func(o api.Tag) bool { return aws.Val(o.Key) == key }) {
			return nil, invalid("Duplicated keys are not allowed.")
		}
		out = append(out.without([]string{key}), Tag{key, aws.Val(tag.Value)})
	}
	if len(out) > tagsOfTopic {
		return nil, aws.Errorf("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
	}
	slices.SortFunc(out, func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}

// without returns the tags but those of the given keys.
func (t Tags) without(keys []string) Tags {
	return slices.DeleteFunc(slices.Clone(t), func(tag Tag) bool { return slices.Contains(keys, tag.Key) })
}

// retag changes the tags of a topic.
func retag(c *call.Call, arn *string, fn func(Tags) (Tags, error)) error {
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
	return nil, retag(c, in.ResourceArn, func(t Tags) (Tags, error) { return t.with(in.Tags) })
}

// UntagResource removes tags. Keys that are not there are no error.
func (s *Service) UntagResource(c *call.Call, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	return nil, retag(c, in.ResourceArn, func(t Tags) (Tags, error) { return t.without(in.TagKeys), nil })
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
	out := &api.ListTagsForResourceOutput{Tags: make([]api.Tag, len(t.Tags))}
	for i, tag := range t.Tags {
		out.Tags[i] = api.Tag{Key: &tag.Key, Value: &tag.Value}
	}
	return out, nil
}
