package kms

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

var tagRules = tag.Rules{
	Repeated: func(key string) *aws.Error { return aws.Errorf("TagException", "Duplicate tag key: %s", key) },
	Reserved: func(key string) *aws.Error {
		return aws.Errorf("TagException", "Tag keys that begin with aws: are reserved: %s", key)
	},
	TooMany: func() *aws.Error { return limitExceeded("A key can have at most %d tags.", tag.Max) },
}

// tagsOf reads the tags of a request.
func tagsOf(in []api.Tag) tag.Set {
	s := make(tag.Set, len(in))
	for i, t := range in {
		s[i] = tag.Tag{Key: aws.Val(t.TagKey), Value: aws.Val(t.TagValue)}
	}
	return s
}

func tagView(t tag.Tag) api.Tag { return api.Tag{TagKey: &t.Key, TagValue: &t.Value} }

// TagResource adds or replaces tags of a key.
func (s *Service) TagResource(c *call.Call, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	return nil, s.edit(c, in.KeyId, func(k *Key) (err error) {
		if err := k.notLeaving(); err != nil {
			return err
		}
		k.Tags, err = tagRules.With(k.Tags, tagsOf(in.Tags))
		return err
	})
}

// UntagResource removes tags of a key.
func (s *Service) UntagResource(c *call.Call, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	return nil, s.edit(c, in.KeyId, func(k *Key) error {
		k.Tags = tagRules.Without(k.Tags, in.TagKeys)
		return k.notLeaving()
	})
}

// ListResourceTags lists the tags of a key.
func (s *Service) ListResourceTags(c *call.Call, in *api.ListResourceTagsInput) (*api.ListResourceTagsOutput, error) {
	k, err := s.named(c, in.KeyId)
	if err != nil {
		return nil, err
	}
	p, err := page(c, k.Tags.All(), in.Marker, in.Limit, 50)
	return &api.ListResourceTagsOutput{Tags: pages.Views(p.items, tagView), NextMarker: p.next, Truncated: &p.truncated}, err
}
