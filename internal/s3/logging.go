package s3

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// GetBucketLogging shows where access logs are to go: nowhere, at first.
func (s *Service) GetBucketLogging(c *call.Call, in *api.GetBucketLoggingInput) (*api.GetBucketLoggingOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	return &api.GetBucketLoggingOutput{LoggingEnabled: b.Logging}, nil
}

// PutBucketLogging sets it. The target has to be a bucket of the same account
// and region.
func (s *Service) PutBucketLogging(c *call.Call, in *api.PutBucketLoggingInput) (*api.PutBucketLoggingOutput, error) {
	if in.BucketLoggingStatus == nil {
		return nil, malformedXML()
	}
	logging := in.BucketLoggingStatus.LoggingEnabled
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		if logging != nil {
			if err := checkLogTarget(c, b, logging); err != nil {
				return err
			}
		}
		b.Logging = logging
		return nil
	})
}

func checkLogTarget(c *call.Call, b *Bucket, logging *api.LoggingEnabled) error {
	if logging.TargetBucket == nil || logging.TargetPrefix == nil {
		return malformedXML()
	}
	target, ok := buckets.Get(c.State, *logging.TargetBucket)
	switch {
	case !ok:
		return invalidLogTarget("The target bucket for logging does not exist", *logging.TargetBucket)
	case target.Account != b.Account:
		return invalidLogTarget("The owner for the bucket to be logged and the target bucket must be the same.", target.Name)
	case target.Region != b.Region:
		return aws.Errorf("CrossLocationLoggingProhibited", "Cross S3 location logging not allowed.").With("TargetBucketLocation", target.Region)
	case len(logging.TargetGrants) > 0 && target.aclsDisabled():
		return invalidArgument("TargetGrants", target.Name, "Cannot specify grants for a target bucket with BucketOwnerEnforced object ownership")
	}
	return nil
}

func invalidLogTarget(text, target string) error {
	return aws.Errorf("InvalidTargetBucketForLogging", "%s", text).With("TargetBucket", target)
}
