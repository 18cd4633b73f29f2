package s3

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// publicAccess is a bucket's public access block. nil blocks nothing.
type publicAccess struct {
	BlockACLs       bool `json:"blockACLs,omitempty"`
	IgnoreACLs      bool `json:"ignoreACLs,omitempty"`
	BlockPolicy     bool `json:"blockPolicy,omitempty"`
	RestrictBuckets bool `json:"restrictBuckets,omitempty"`
}

// blockAll is what buckets are made with.
func blockAll() *publicAccess { return &publicAccess{true, true, true, true} }

func (p *publicAccess) blocksACLs() bool   { return p != nil && p.BlockACLs }
func (p *publicAccess) blocksPolicy() bool { return p != nil && p.BlockPolicy }

// restricted reports whether a public policy lets in only the owner's account
// and services.
func (b *Bucket) restricted() bool { return b.PublicAccess != nil && b.PublicAccess.RestrictBuckets }

// GetPublicAccessBlock shows the bucket's public access block.
func (s *Service) GetPublicAccessBlock(c *call.Call, in *api.GetPublicAccessBlockInput) (*api.GetPublicAccessBlockOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	switch {
	case err != nil:
		return nil, err
	case b.PublicAccess == nil:
		return nil, aws.Errorf("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found").With("BucketName", b.Name)
	}
	p := *b.PublicAccess
	return &api.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: &api.PublicAccessBlockConfiguration{
		BlockPublicAcls: &p.BlockACLs, IgnorePublicAcls: &p.IgnoreACLs,
		BlockPublicPolicy: &p.BlockPolicy, RestrictPublicBuckets: &p.RestrictBuckets,
	}}, nil
}

// PutPublicAccessBlock replaces it; what is not said is off.
func (s *Service) PutPublicAccessBlock(c *call.Call, in *api.PutPublicAccessBlockInput) (*api.PutPublicAccessBlockOutput, error) {
	conf := in.PublicAccessBlockConfiguration
	if conf == nil {
		return nil, malformedXML()
	}
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.PublicAccess = &publicAccess{
			BlockACLs: aws.Val(conf.BlockPublicAcls), IgnoreACLs: aws.Val(conf.IgnorePublicAcls),
			BlockPolicy: aws.Val(conf.BlockPublicPolicy), RestrictBuckets: aws.Val(conf.RestrictPublicBuckets),
		}
		return nil
	})
}

// DeletePublicAccessBlock turns all of it off.
func (s *Service) DeletePublicAccessBlock(c *call.Call, in *api.DeletePublicAccessBlockInput) (*api.DeletePublicAccessBlockOutput, error) {
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.PublicAccess = nil
		return nil
	})
}
