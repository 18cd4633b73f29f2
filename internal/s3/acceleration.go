package s3

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// GetBucketAccelerateConfiguration shows the state of transfer acceleration,
// nothing when it was never set.
func (s *Service) GetBucketAccelerateConfiguration(c *call.Call, in *api.GetBucketAccelerateConfigurationInput) (*api.GetBucketAccelerateConfigurationOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	out := &api.GetBucketAccelerateConfigurationOutput{}
	if b.Acceleration != "" {
		out.Status = &b.Acceleration
	}
	return out, nil
}

// PutBucketAccelerateConfiguration sets it.
func (s *Service) PutBucketAccelerateConfiguration(c *call.Call, in *api.PutBucketAccelerateConfigurationInput) (*api.PutBucketAccelerateConfigurationOutput, error) {
	status := aws.Val(in.AccelerateConfiguration).Status
	if status == nil {
		return nil, malformedXML()
	}
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		if strings.Contains(b.Name, ".") {
			return invalidRequest("S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")
		}
		b.Acceleration = *status
		return nil
	})
}
