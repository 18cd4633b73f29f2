package sqs

import (
	"maps"
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// The sizes of a tag of a queue, in characters.
const (
	maxTagKey   = 128
	maxTagValue = 256
)

// TagQueue adds or replaces tags.
func (s *Service) TagQueue(c *call.Call, in *api.TagQueueInput) (*api.TagQueueOutput, error) {
	return nil, editQueue(c, in.QueueUrl, func(q *Queue) (err error) {
		if len(in.Tags) == 0 {
			return missing("Tags")
		}
		q.Tags, err = withTags(q.Tags, in.Tags)
		return err
	})
}

// UntagQueue removes tags.
func (s *Service) UntagQueue(c *call.Call, in *api.UntagQueueInput) (*api.UntagQueueOutput, error) {
	return nil, editQueue(c, in.QueueUrl, func(q *Queue) error {
		if len(in.TagKeys) == 0 {
			return invalidParameter("Tag keys must be between 1 and %d characters in length.", maxTagKey)
		}
		q.Tags = maps.Clone(q.Tags)
		for _, key := range in.TagKeys {
			delete(q.Tags, key)
		}
		return nil
	})
}

// ListQueueTags lists a queue's tags.
func (s *Service) ListQueueTags(c *call.Call, in *api.ListQueueTagsInput) (*api.ListQueueTagsOutput, error) {
	q, err := findURL(c, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return &api.ListQueueTagsOutput{Tags: q.Tags}, nil
}

// withTags returns tags with others added or replaced.
func withTags(tags, more map[string]string) (map[string]string, error) {
	if len(more) == 0 {
		return tags, nil
	}
	all := maps.Clone(tags)
	if all == nil {
		all = map[string]string{}
	}
	for key, value := range more {
		switch n := utf8.RuneCountInString(key); {
		case n < 1 || n > maxTagKey:
			return nil, invalidParameter("Tag keys must be between 1 and %d characters in length.", maxTagKey)
		case utf8.RuneCountInString(value) > maxTagValue:
			return nil, invalidParameter("Tag values must be between 0 and %d characters in length.", maxTagValue)
		case tag.Reserved(key):
			return nil, invalidParameter("Tag keys cannot start with 'aws:'.")
		}
		all[key] = value
	}
	if len(all) > tag.Max {
		return nil, invalidParameter("Too many tags: a queue can have up to %d.", tag.Max)
	}
	return all, nil
}
