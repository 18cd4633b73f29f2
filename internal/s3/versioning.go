package s3

import (
	"context"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// GetBucketVersioning shows the state, nothing when there never was one.
func (s *Service) GetBucketVersioning(c *call.Call, in *api.GetBucketVersioningInput) (*api.GetBucketVersioningOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	out := &api.GetBucketVersioningOutput{}
	if b.versioned() {
		out.Status = &b.Versioning
	}
	return out, nil
}

// PutBucketVersioning enables or suspends versions, in the data plane as
// well; repeated, it changes nothing there.
func (s *Service) PutBucketVersioning(c *call.Call, in *api.PutBucketVersioningInput) (*api.PutBucketVersioningOutput, error) {
	conf := in.VersioningConfiguration
	switch {
	case conf == nil || conf.Status == nil:
		return nil, aws.Errorf("IllegalVersioningConfigurationException", "The Versioning element must be specified")
	case aws.Val(conf.MFADelete) == api.MFADeleteEnabled:
		return nil, notImplemented("MFA delete is not available.")
	}
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		if b.ObjectLock != nil && *conf.Status != api.BucketVersioningStatusEnabled {
			return aws.Errorf("InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.").
				With("BucketName", b.Name)
		}
		b.Versioning = *conf.Status
		return s.first(c, b, func(ctx context.Context) error { return s.setVersioning(ctx, b) })
	})
}
