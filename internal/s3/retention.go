package s3

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

var errNoLock = aws.Errorf("InvalidRequest", "Bucket is missing Object Lock Configuration")

// retention is the retention that a new object gets: the one asked for, or
// the bucket's default.
func (b *Bucket) retention(c *call.Call, mode *string, until *time.Time, hold *string) (*string, *time.Time, error) {
	switch {
	case b.ObjectLock == nil && (mode != nil || until != nil || hold != nil):
		return nil, nil, errNoLock
	case (mode == nil) != (until == nil):
		return nil, nil, invalidArgument("x-amz-object-lock-mode", aws.Val(mode), "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied")
	case until != nil && !until.After(c.Time):
		return nil, nil, invalidArgument("x-amz-object-lock-retain-until-date", until.Format(time.RFC3339), "The retain until date must be in the future!")
	case mode != nil:
		return mode, until, nil
	}
	mode, until = b.ObjectLock.retainUntil(c.Time)
	return mode, until, nil
}

// lockable returns the bucket of a call on an object's retention or hold.
func (s *Service) lockable(c *call.Call, name *string) error {
	b, err := s.bucket(c, name)
	if err == nil && b.ObjectLock == nil {
		err = errNoLock
	}
	return err
}

// GetObjectRetention shows until when an object cannot be deleted.
func (s *Service) GetObjectRetention(c *call.Call, in *api.GetObjectRetentionInput) (*api.GetObjectRetentionOutput, error) {
	if err := s.lockable(c, in.Bucket); err != nil {
		return nil, err
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner = nil, nil
	return forward[api.GetObjectRetentionOutput](s, c, &q)
}

// PutObjectRetention sets it. To shorten it the caller needs a permission of
// its own, which Access has asked for, and cannot where compliance is asked.
func (s *Service) PutObjectRetention(c *call.Call, in *api.PutObjectRetentionInput) (*api.PutObjectRetentionOutput, error) {
	if err := s.lockable(c, in.Bucket); err != nil {
		return nil, err
	}
	if r := in.Retention; r == nil || (r.Mode == nil) != (r.RetainUntilDate == nil) {
		return nil, malformedXML()
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner, q.ContentMD5, q.ChecksumAlgorithm = nil, nil, nil, nil
	return forward[api.PutObjectRetentionOutput](s, c, &q)
}

// GetObjectLegalHold shows whether an object is held.
func (s *Service) GetObjectLegalHold(c *call.Call, in *api.GetObjectLegalHoldInput) (*api.GetObjectLegalHoldOutput, error) {
	if err := s.lockable(c, in.Bucket); err != nil {
		return nil, err
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner = nil, nil
	return forward[api.GetObjectLegalHoldOutput](s, c, &q)
}

// PutObjectLegalHold holds an object, or lets it go.
func (s *Service) PutObjectLegalHold(c *call.Call, in *api.PutObjectLegalHoldInput) (*api.PutObjectLegalHoldOutput, error) {
	if err := s.lockable(c, in.Bucket); err != nil {
		return nil, err
	}
	if h := in.LegalHold; h == nil || aws.Val(h.Status) != api.ObjectLockLegalHoldStatusOn && aws.Val(h.Status) != api.ObjectLockLegalHoldStatusOff {
		return nil, malformedXML()
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner, q.ContentMD5, q.ChecksumAlgorithm = nil, nil, nil, nil
	return forward[api.PutObjectLegalHoldOutput](s, c, &q)
}
