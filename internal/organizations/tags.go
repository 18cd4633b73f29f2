package organizations

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// Tag is a key and a value on a root, unit, account, policy or resource
// policy.
type Tag struct{ Key, Value string }

// tagged are the tags of one resource, in the order in which their keys were
// first set. The key of the record is organization/resource.
type tagged struct{ Tags []Tag }

var tags = store.NewKind[tagged]("organizations.tags")

func tagsOf(r store.Reader, o *Organization, resource string) []Tag {
	if t, ok := tags.Get(r, prefix(o.ID)+resource); ok {
		return t.Tags
	}
	return nil
}

// putTags stores all tags of a resource.
func putTags(tx *store.Tx, o *Organization, resource string, all []Tag) {
	if len(all) == 0 {
		tags.Delete(tx, prefix(o.ID)+resource)
		return
	}
	tags.Put(tx, prefix(o.ID)+resource, &tagged{all})
}

// mergeTags checks the tags of an input and returns them over the old ones.
func mergeTags(old []Tag, in []api.Tag) ([]Tag, error) {
	all := slices.Clone(old)
	seen := map[string]bool{}
	for _, t := range in {
		key := aws.Val(t.Key)
		if seen[key] {
			return nil, invalid("DUPLICATE_TAG_KEY", "You provided more than one tag with the same key.")
		}
		seen[key] = true
		if err := checkTagKey(key); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(t Tag) bool { return t.Key == key })
		if i < 0 {
			i = len(all)
			all = append(all, Tag{Key: key})
		}
		all[i].Value = aws.Val(t.Value)
	}
	if len(all) > maxTags {
		return nil, constraint("MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the allowed number of tags.")
	}
	return all, nil
}

func checkTagKey(key string) error {
	if strings.HasPrefix(strings.ToLower(key), "aws:") {
		return invalid("INVALID_SYSTEM_TAGS_PARAMETER", "You specified a tag key that is a system tag. You can't add, edit, or delete system tag keys.")
	}
	return nil
}

// TagResource adds tags to a resource or changes their values.
func (s *Service) TagResource(c *call.Call, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	o, err := s.editable(c, in)
	if err != nil {
		return nil, err
	}
	id := aws.Val(in.ResourceId)
	all, err := mergeTags(tagsOf(c.State, o, id), in.Tags)
	if err != nil {
		return nil, err
	}
	if !o.isTaggable(c.State, id) {
		return nil, errTargetNotFound
	}
	putTags(c.Tx, o, id, all)
	return nil, nil
}

// UntagResource removes tags. Keys that are not there are no error.
func (s *Service) UntagResource(c *call.Call, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	o, err := s.editable(c, in)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		if err := checkTagKey(key); err != nil {
			return nil, err
		}
	}
	id := aws.Val(in.ResourceId)
	if !o.isTaggable(c.State, id) {
		return nil, errTargetNotFound
	}
	putTags(c.Tx, o, id, slices.DeleteFunc(slices.Clone(tagsOf(c.State, o, id)), func(t Tag) bool {
		return slices.Contains(in.TagKeys, t.Key)
	}))
	return nil, nil
}

// ListTagsForResource lists the tags of a resource.
func (s *Service) ListTagsForResource(c *call.Call, in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	id := aws.Val(in.ResourceId)
	if !o.isTaggable(c.State, id) {
		return nil, errTargetNotFound
	}
	all := []api.Tag{}
	for _, t := range tagsOf(c.State, o, id) {
		all = append(all, api.Tag{Key: &t.Key, Value: &t.Value})
	}
	list, next, err := page(c, in.NextToken, nil, numbered(all))
	return &api.ListTagsForResourceOutput{Tags: list, NextToken: next}, err
}

// isTaggable reports whether id is something of the organization that takes
// tags. Policies of AWS take none.
func (o *Organization) isTaggable(r store.Reader, id string) bool {
	switch {
	case strings.HasPrefix(id, "p-"):
		p, ok := o.policy(r, id)
		return ok && !p.managed()
	case strings.HasPrefix(id, "rp-"):
		p, ok := resourcePolicies.Get(r, o.ID)
		return ok && p.ID == id
	}
	return o.isTarget(r, id)
}
