package s3

import (
	"strings"
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// maxBucketTags is how many tags a bucket may have.
const maxBucketTags = 50

// The sizes of tags, in characters.
const (
	maxTagKey   = 128
	maxTagValue = 256
)

// checkTags refuses tags that S3 does not take, or more than limit of them.
func checkTags(tags []api.Tag, limit int) error {
	if len(tags) > limit {
		return aws.Errorf("BadRequest", "Tag count cannot be greater than %d", limit)
	}
	seen := make(map[string]bool, len(tags))
	for _, t := range tags {
		key, value := aws.Val(t.Key), aws.Val(t.Value)
		switch {
		case key == "" || utf8.RuneCountInString(key) > maxTagKey:
			return invalidTag("The TagKey you have provided is invalid", key)
		case strings.HasPrefix(key, "aws:"):
			return invalidTag("System tags cannot be added/updated by requester", key)
		case utf8.RuneCountInString(value) > maxTagValue:
			return invalidTag("The TagValue you have provided is invalid", key)
		case seen[key]:
			return invalidTag("Cannot provide multiple Tags with the same key", key)
		}
		seen[key] = true
	}
	return nil
}

func invalidTag(text, key string) error {
	return aws.Errorf("InvalidTag", "%s", text).With("TagKey", key)
}

// GetBucketTagging shows the bucket's tags.
func (s *Service) GetBucketTagging(c *call.Call, in *api.GetBucketTaggingInput) (*api.GetBucketTaggingOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	switch {
	case err != nil:
		return nil, err
	case len(b.Tags) == 0:
		return nil, aws.Errorf("NoSuchTagSet", "The TagSet does not exist").With("BucketName", b.Name)
	}
	return &api.GetBucketTaggingOutput{TagSet: b.Tags}, nil
}

// PutBucketTagging replaces them.
func (s *Service) PutBucketTagging(c *call.Call, in *api.PutBucketTaggingInput) (*api.PutBucketTaggingOutput, error) {
	if in.Tagging == nil {
		return nil, malformedXML()
	}
	tags := in.Tagging.TagSet
	if err := checkTags(tags, maxBucketTags); err != nil {
		return nil, err
	}
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.Tags = tags
		return nil
	})
}

// DeleteBucketTagging removes them.
func (s *Service) DeleteBucketTagging(c *call.Call, in *api.DeleteBucketTaggingInput) (*api.DeleteBucketTaggingOutput, error) {
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.Tags = nil
		return nil
	})
}
