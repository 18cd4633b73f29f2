package events

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

var tagRules = tag.Rules{
	Repeated: func(key string) *aws.Error { return invalid("Duplicate tag keys are not allowed: %s", key) },
	Reserved: func(string) *aws.Error {
		return invalid("aws: prefixed tag key names are not allowed for external use.")
	},
	TooMany: overLimit,
}

// TagResource adds tags to a bus or a rule.
func (s *Service) TagResource(c *call.Call, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	return nil, retag(c, in.ResourceARN, func(t tag.Set) (tag.Set, error) { return tagRules.With(t, tag.Of(in.Tags)) })
}

// UntagResource removes tags. Keys that are not there are no error.
func (s *Service) UntagResource(c *call.Call, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	return nil, retag(c, in.ResourceARN, func(t tag.Set) (tag.Set, error) { return tagRules.Without(t, in.TagKeys), nil })
}

// ListTagsForResource tells the tags of a bus or a rule.
func (s *Service) ListTagsForResource(c *call.Call, in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	t, _, err := tagged(c, in.ResourceARN)
	return &api.ListTagsForResourceOutput{Tags: tag.Shapes[api.Tag](t)}, err
}

func retag(c *call.Call, arn *string, change func(tag.Set) (tag.Set, error)) error {
	t, put, err := tagged(c, arn)
	if err != nil {
		return err
	}
	if t, err = change(t); err == nil {
		put(t)
	}
	return err
}

// tagged returns the tags of what an ARN of the caller's account and region
// means, and what stores others in their place.
func tagged(c *call.Call, arn *string) (tag.Set, func(tag.Set), error) {
	text := aws.Val(arn)
	here := func(n busName) bool { return n.Account == c.Account() && n.Region == c.Region }
	if n, ok := parseBusARN(text); ok && here(n) {
		b, ok := findBus(c.State, n)
		if !ok {
			return nil, nil, noBus(n.Name)
		}
		return b.Tags, func(t tag.Set) {
			b := new(*b)
			b.Tags = t
			b.put(c)
		}, nil
	}
	if n, name, ok := parseRuleARN(text); ok && here(n) {
		r, ok := rules.Get(c.State, n.rules()+name)
		if !ok {
			return nil, nil, noRule(name, n.Name)
		}
		return r.Tags, func(t tag.Set) {
			r := new(*r)
			r.Tags = t
			r.put(c.Tx)
		}, nil
	}
	return nil, nil, aws.Errorf(resourceNotFound, "Resource %s does not exist.", text)
}
