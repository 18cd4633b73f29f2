package organizations

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// tagged are the tags of one resource: a root, a unit, an account, a policy or
// a resource policy. The key of the record is organization/resource.
type tagged struct{ Tags tag.Set }

var tags = store.NewKind[tagged]("organizations.tags")

func tagsOf(r store.Reader, o *Organization, resource string) tag.Set {
	if t, ok := tags.Get(r, prefix(o.ID)+resource); ok {
		return t.Tags
	}
	return nil
}

// putTags stores all tags of a resource.
func putTags(tx *store.Tx, o *Organization, resource string, all tag.Set) {
	if len(all) == 0 {
		tags.Delete(tx, prefix(o.ID)+resource)
		return
	}
	tags.Put(tx, prefix(o.ID)+resource, &tagged{all})
}

var tagRules = tag.Rules{
	Repeated: func(string) *aws.Error {
		return invalid("DUPLICATE_TAG_KEY", "You provided more than one tag with the same key.")
	},
	Reserved: func(string) *aws.Error {
		return invalid("INVALID_SYSTEM_TAGS_PARAMETER", "You specified a tag key that is a system tag. You can't add, edit, or delete system tag keys.")
	},
	TooMany: func() *aws.Error {
		return constraint("MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the allowed number of tags.")
	},
	AsAdded: true,
}

// TagResource adds tags to a resource or changes their values.
func (s *Service) TagResource(c *call.Call, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	o, err := s.editable(c, in)
	if err != nil {
		return nil, err
	}
	id := aws.Val(in.ResourceId)
	all, err := tagRules.With(tagsOf(c.State, o, id), tag.Of(in.Tags))
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
		if tag.Reserved(key) {
			return nil, tagRules.Reserved(key)
		}
	}
	id := aws.Val(in.ResourceId)
	if !o.isTaggable(c.State, id) {
		return nil, errTargetNotFound
	}
	putTags(c.Tx, o, id, tagRules.Without(tagsOf(c.State, o, id), in.TagKeys))
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
	list, next, err := page(c, in.NextToken, nil, numbered(tag.Shapes[api.Tag](tagsOf(c.State, o, id))))
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
