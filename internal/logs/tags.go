package logs

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// TagResource adds or replaces tags of a group.
func (s *Service) TagResource(c *call.Call, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	n, err := ownGroup(c, *in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return nil, addTags(c, n, in.Tags)
}

// UntagResource removes tags of a group.
func (s *Service) UntagResource(c *call.Call, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	n, err := ownGroup(c, *in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return nil, removeTags(c, n, in.TagKeys)
}

// ListTagsForResource lists the tags of a group.
func (s *Service) ListTagsForResource(c *call.Call, in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	n, err := ownGroup(c, *in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags, err := tagsOf(c, n)
	if err != nil {
		return nil, err
	}
	return &api.ListTagsForResourceOutput{Tags: tags}, nil
}

// TagLogGroup is TagResource by the name of the group.
func (s *Service) TagLogGroup(c *call.Call, in *api.TagLogGroupInput) (*api.TagLogGroupOutput, error) {
	return nil, addTags(c, own(c, in.LogGroupName), in.Tags)
}

// UntagLogGroup is UntagResource by the name of the group.
func (s *Service) UntagLogGroup(c *call.Call, in *api.UntagLogGroupInput) (*api.UntagLogGroupOutput, error) {
	return nil, removeTags(c, own(c, in.LogGroupName), in.Tags)
}

// ListTagsLogGroup is ListTagsForResource by the name of the group.
func (s *Service) ListTagsLogGroup(c *call.Call, in *api.ListTagsLogGroupInput) (*api.ListTagsLogGroupOutput, error) {
	tags, err := tagsOf(c, own(c, in.LogGroupName))
	if err != nil {
		return nil, err
	}
	return &api.ListTagsLogGroupOutput{Tags: tags}, nil
}

func addTags(c *call.Call, n groupName, tags map[string]string) error {
	return edit(c, n, func(g *LogGroup) (err *aws.Error) {
		g.Tags, err = g.Tags.with(tags)
		return err
	})
}

func removeTags(c *call.Call, n groupName, keys []string) error {
	return edit(c, n, func(g *LogGroup) *aws.Error {
		g.Tags = g.Tags.without(keys)
		return nil
	})
}

func tagsOf(c *call.Call, n groupName) (Tags, *aws.Error) {
	g, err := find(c.State, n)
	if err != nil {
		return nil, err
	}
	if g.Tags == nil {
		return Tags{}, nil
	}
	return g.Tags, nil
}
