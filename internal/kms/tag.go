package kms

import (
	"iter"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// Tag is one tag of a key.
type Tag struct{ Key, Value string }

// Tags are the tags of one key, in the order of their keys.
type Tags []Tag

// with returns the tags and those of a request, which replace tags of the
// same key.
func (t Tags) with(in []api.Tag) (Tags, error) {
	out := slices.Clone(t)
	for i, tag := range in {
		key := aws.Val(tag.TagKey)
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, aws.Errorf("TagException", "Tag keys that begin with aws: are reserved: %s", key)
		}
		if slices.ContainsFunc(in[:i], func(o api.Tag) bool { return aws.Val(o.TagKey) == key }) {
			return nil, aws.Errorf("TagException", "Duplicate tag key: %s", key)
		}
		out = append(out.without([]string{key}), Tag{key, aws.Val(tag.TagValue)})
	}
	if len(out) > tagsPerKey {
		return nil, limitExceeded("A key can have at most %d tags.", tagsPerKey)
	}
	slices.SortFunc(out, func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}

// without returns the tags but those of the given keys.
func (t Tags) without(keys []string) Tags {
	return slices.DeleteFunc(slices.Clone(t), func(tag Tag) bool { return slices.Contains(keys, tag.Key) })
}

func (t Tags) all() iter.Seq2[string, Tag] {
	return func(yield func(string, Tag) bool) {
		for _, tag := range t {
			if !yield(tag.Key, tag) {
				return
			}
		}
	}
}

func (t Tag) view() api.Tag { return api.Tag{TagKey: &t.Key, TagValue: &t.Value} }

// TagResource adds or replaces tags of a key.
func (s *Service) TagResource(c *call.Call, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	return nil, s.edit(c, in.KeyId, func(k *Key) (err error) {
		if err := k.notLeaving(); err != nil {
			return err
		}
		k.Tags, err = k.Tags.with(in.Tags)
		return err
	})
}

// UntagResource removes tags of a key.
func (s *Service) UntagResource(c *call.Call, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	return nil, s.edit(c, in.KeyId, func(k *Key) error {
		k.Tags = k.Tags.without(in.TagKeys)
		return k.notLeaving()
	})
}

// ListResourceTags lists the tags of a key.
func (s *Service) ListResourceTags(c *call.Call, in *api.ListResourceTagsInput) (*api.ListResourceTagsOutput, error) {
	k, err := s.named(c, in.KeyId)
	if err != nil {
		return nil, err
	}
	p, err := page(k.Tags.all(), in.Marker, in.Limit, 50)
	return &api.ListResourceTagsOutput{Tags: views(p.items, Tag.view), NextMarker: p.next, Truncated: &p.truncated}, err
}
