package s3

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// GetBucketOwnershipControls says who owns the objects that others put.
func (s *Service) GetBucketOwnershipControls(c *call.Call, in *api.GetBucketOwnershipControlsInput) (*api.GetBucketOwnershipControlsOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	switch {
	case err != nil:
		return nil, err
	case b.Ownership == "":
		return nil, aws.Errorf("OwnershipControlsNotFoundError", "The bucket ownership controls were not found").With("BucketName", b.Name)
	}
	return &api.GetBucketOwnershipControlsOutput{OwnershipControls: &api.OwnershipControls{
		Rules: []api.OwnershipControlsRule{{ObjectOwnership: &b.Ownership}},
	}}, nil
}

// PutBucketOwnershipControls sets it. Disabling access control lists asks for
// a list that gives nothing to anybody but the owner.
func (s *Service) PutBucketOwnershipControls(c *call.Call, in *api.PutBucketOwnershipControlsInput) (*api.PutBucketOwnershipControlsOutput, error) {
	rules := aws.Val(in.OwnershipControls).Rules
	if len(rules) != 1 || rules[0].ObjectOwnership == nil {
		return nil, malformedXML()
	}
	ownership := *rules[0].ObjectOwnership
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		if ownership == api.ObjectOwnershipBucketOwnerEnforced && !onlyOwner(b.grants(), b.Account) {
			return aws.Errorf("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting").
				With("BucketName", b.Name)
		}
		b.Ownership = ownership
		return nil
	})
}

// DeleteBucketOwnershipControls leaves every object to its writer.
func (s *Service) DeleteBucketOwnershipControls(c *call.Call, in *api.DeleteBucketOwnershipControlsInput) (*api.DeleteBucketOwnershipControlsOutput, error) {
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.Ownership = ""
		return nil
	})
}
