package iam

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// Tag is one tag of a user, a role, a policy or an instance profile.
type Tag struct{ Key, Value string }

// Tags are the tags of one thing, in the order of their keys. Keys are unique
// without regard to case.
type Tags []Tag

// Map returns the tags by key.
func (t Tags) Map() map[string]string {
	m := make(map[string]string, len(t))
	for _, tag := range t {
		m[tag.Key] = tag.Value
	}
	return m
}

// with returns the tags and those of a request, which replace tags of the same
// key.
func (t Tags) with(in []api.Tag) (Tags, error) {
	out := slices.Clone(t)
	for i, tag := range in {
		key := aws.Val(tag.Key)
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, invalidInput("Tag keys that begin with aws: are reserved for system use: %s", key)
		}
		if slices.ContainsFunc(in[:i], func(o api.Tag) bool { return strings.EqualFold(aws.Val(o.Key), key) }) {
			return nil, invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		out = out.without([]string{key})
		out = append(out, Tag{key, aws.Val(tag.Value)})
	}
	if len(out) > tagsPerEntity {
		return nil, limitExceeded("The number of tags has reached the maximum limit.")
	}
	slices.SortFunc(out, func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}

// without returns the tags but those of the given keys.
func (t Tags) without(keys []string) Tags {
	return slices.DeleteFunc(slices.Clone(t), func(tag Tag) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, tag.Key) })
	})
}

// view is nil when there are none.
func (t Tags) view() []api.Tag {
	if len(t) == 0 {
		return nil
	}
	return views(t, Tag.view)
}

func (t Tag) view() api.Tag { return api.Tag{Key: &t.Key, Value: &t.Value} }

func tagPage(t Tags, marker *string, limit *int32) (paged[Tag], error) {
	return page(byKey(t, func(t Tag) string { return t.Key }), marker, limit)
}
