package s3

import (
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// maxObjectTags is how many tags an object may have.
const maxObjectTags = 10

// GetObjectTagging shows the tags of an object.
func (s *Service) GetObjectTagging(c *call.Call, in *api.GetObjectTaggingInput) (*api.GetObjectTaggingOutput, error) {
	if _, err := s.bucket(c, in.Bucket); err != nil {
		return nil, err
	}
	visible, _, version, err := s.tags(c, in.Bucket, in.Key, in.VersionId)
	if err != nil {
		return nil, err
	}
	if visible == nil {
		visible = []api.Tag{}
	}
	return &api.GetObjectTaggingOutput{TagSet: visible, VersionId: version}, nil
}

// PutObjectTagging replaces them.
func (s *Service) PutObjectTagging(c *call.Call, in *api.PutObjectTaggingInput) (*api.PutObjectTaggingOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	if in.Tagging == nil {
		return nil, malformedXML()
	}
	if err := checkTags(in.Tagging.TagSet, maxObjectTags); err != nil {
		return nil, err
	}
	text, err := s.keptACL(c, b, in.Key, in.VersionId)
	if err != nil {
		return nil, err
	}
	out, err := s.setTags(c, in.Bucket, in.Key, in.VersionId, in.Tagging.TagSet, text)
	if err != nil {
		return nil, err
	}
	s.notify(c, b, objectEvent{name: objectTagged, key: *in.Key, version: out.VersionId})
	return out, nil
}

// DeleteObjectTagging drops them.
func (s *Service) DeleteObjectTagging(c *call.Call, in *api.DeleteObjectTaggingInput) (*api.DeleteObjectTaggingOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	text, err := s.keptACL(c, b, in.Key, in.VersionId)
	if err != nil {
		return nil, err
	}
	out, err := s.dropTags(c, in, text)
	if err != nil {
		return nil, err
	}
	s.notify(c, b, objectEvent{name: objectUntagged, key: *in.Key, version: out.VersionId})
	return out, nil
}

// dropTags drops the tags of an object, but for its access control list.
func (s *Service) dropTags(c *call.Call, in *api.DeleteObjectTaggingInput, text string) (*api.DeleteObjectTaggingOutput, error) {
	if text == "" {
		return forward[api.DeleteObjectTaggingOutput](s, c, &api.DeleteObjectTaggingInput{Bucket: in.Bucket, Key: in.Key, VersionId: in.VersionId})
	}
	out, err := s.setTags(c, in.Bucket, in.Key, in.VersionId, nil, text)
	if err != nil {
		return nil, err
	}
	return &api.DeleteObjectTaggingOutput{VersionId: out.VersionId}, nil
}

// keptACL is the access control list that has to outlive a change of tags.
func (s *Service) keptACL(c *call.Call, b *Bucket, key, version *string) (string, error) {
	if b.aclsDisabled() {
		return "", nil
	}
	_, text, _, err := s.tags(c, &b.Name, key, version)
	return text, err
}
