package events

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

// Tag is one tag of a bus or a rule.
type Tag struct{ Key, Value string }

// Tags are the tags of one thing, in the order of their keys.
type Tags []Tag

// with returns the tags and those of a request, which replace tags of the
// same key.
func (t Tags) with(in []api.Tag) (Tags, error) {
	out := slices.Clone(t)
	for i, tag := range in {
		key := aws.Val(tag.Key)
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, invalid("aws: prefixed tag key names are not allowed for external use.")
		}
		if slices.ContainsFunc(in[:i], func(o api.Tag) bool { return aws.Val(o.Key) == key }) {
			return nil, invalid("Duplicate tag keys are not allowed: %s", key)
		}
		out = append(out.without([]string{key}), Tag{key, aws.Val(tag.Value)})
	}
	if len(out) > tagsPerResource {
		return nil, overLimit()
	}
	slices.SortFunc(out, func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}

// without returns the tags but those of the given keys.
func (t Tags) without(keys []string) Tags {
	return slices.DeleteFunc(slices.Clone(t), func(tag Tag) bool { return slices.Contains(keys, tag.Key) })
}

func (t Tag) view() api.Tag { return api.Tag{Key: &t.Key, Value: &t.Value} }

// TagResource adds tags to a bus or a rule.
func (s *Service) TagResource(c *call.Call, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	return nil, retag(c, in.ResourceARN, func(t Tags) (Tags, error) { return t.with(in.Tags) })
}

// UntagResource removes tags. Keys that are not there are no error.
func (s *Service) UntagResource(c *call.Call, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	return nil, retag(c, in.ResourceARN, func(t Tags) (Tags, error) { return t.without(in.TagKeys), nil })
}

// ListTagsForResource tells the tags of a bus or a rule.
func (s *Service) ListTagsForResource(c *call.Call, in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	t, _, err := tagged(c, in.ResourceARN)
	return &api.ListTagsForResourceOutput{Tags: views(t, Tag.view)}, err
}

func retag(c *call.Call, arn *string, change func(Tags) (Tags, error)) error {
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
func tagged(c *call.Call, arn *string) (Tags, func(Tags), error) {
	text := aws.Val(arn)
	here := func(n busName) bool { return n.Account == c.Account() && n.Region == c.Region }
	if n, ok := parseBusARN(text); ok && here(n) {
		b, ok := findBus(c.State, n)
		if !ok {
			return nil, nil, noBus(n.Name)
		}
		return b.Tags, func(t Tags) {
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
		return r.Tags, func(t Tags) {
			r := new(*r)
			r.Tags = t
			r.put(c.Tx)
		}, nil
	}
	return nil, nil, aws.Errorf(resourceNotFound, "Resource %s does not exist.", text)
}
