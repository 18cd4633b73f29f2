package s3

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// GetBucketReplication says that nothing is replicated: no bucket here can
// be.
func (s *Service) GetBucketReplication(c *call.Call, in *api.GetBucketReplicationInput) (*api.GetBucketReplicationOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	return nil, aws.Errorf("ReplicationConfigurationNotFoundError", "The replication configuration was not found").With("BucketName", b.Name)
}
