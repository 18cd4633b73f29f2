package s3

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// ownPolicy returns the bucket whose policy is asked for. Whatever the policy
// says, it is the owner's account alone that handles it.
func (s *Service) ownPolicy(c *call.Call, name *string) (*Bucket, error) {
	b, err := s.bucket(c, name)
	if err == nil && b.Account != c.Account() {
		err = aws.Errorf("MethodNotAllowed", "The specified method is not allowed against this resource.").With("ResourceType", "BUCKETPOLICY")
	}
	return b, err
}

func noPolicy(b *Bucket) error {
	return aws.Errorf("NoSuchBucketPolicy", "The bucket policy does not exist").With("BucketName", b.Name)
}

// GetBucketPolicy shows the policy as it was written.
func (s *Service) GetBucketPolicy(c *call.Call, in *api.GetBucketPolicyInput) (*api.GetBucketPolicyOutput, error) {
	b, err := s.ownPolicy(c, in.Bucket)
	switch {
	case err != nil:
		return nil, err
	case b.Policy.IsZero():
		return nil, noPolicy(b)
	}
	return &api.GetBucketPolicyOutput{Policy: new(b.Policy.Text())}, nil
}

// PutBucketPolicy sets the policy, unless it is wrong, or public while the
// bucket blocks that.
func (s *Service) PutBucketPolicy(c *call.Call, in *api.PutBucketPolicyInput) (*api.PutBucketPolicyOutput, error) {
	b, err := s.ownPolicy(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	text := aws.Val(in.Policy)
	exists := func(arn string) bool { return s.Principals.PrincipalExists(c.State, arn) }
	if err := policy.CheckBucket([]byte(text), b.Name, exists); err != nil {
		return nil, err
	}
	source, err := policy.NewSource(text)
	if err != nil {
		return nil, err
	}
	if b.PublicAccess.blocksPolicy() && source.Document().IsPublic() {
		return nil, aws.Errorf(aws.AccessDenied, "User: %s is not authorized to perform: s3:PutBucketPolicy on resource: %q because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
			c.Principal.ARN, b.ARN())
	}
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.Policy = source.Bind(func(arn string) string { return s.Principals.PrincipalID(c.State, arn) })
		return nil
	})
}

// DeleteBucketPolicy removes the policy, if there is one.
func (s *Service) DeleteBucketPolicy(c *call.Call, in *api.DeleteBucketPolicyInput) (*api.DeleteBucketPolicyOutput, error) {
	if _, err := s.ownPolicy(c, in.Bucket); err != nil {
		return nil, err
	}
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.Policy = policy.Source{}
		return nil
	})
}

// GetBucketPolicyStatus says whether the policy is public.
func (s *Service) GetBucketPolicyStatus(c *call.Call, in *api.GetBucketPolicyStatusInput) (*api.GetBucketPolicyStatusOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	switch {
	case err != nil:
		return nil, err
	case b.Policy.IsZero():
		return nil, noPolicy(b)
	}
	return &api.GetBucketPolicyStatusOutput{PolicyStatus: &api.PolicyStatus{IsPublic: new(b.Policy.Document().IsPublic())}}, nil
}
