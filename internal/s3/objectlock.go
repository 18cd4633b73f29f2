package s3

import (
	"context"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// objectLock says that objects of a bucket can be locked, and for how long
// new ones are where their writer does not say. Once there it stays.
type objectLock struct {
	Mode  string `json:"mode,omitempty"` // "": new objects are not locked
	Days  int    `json:"days,omitempty"`
	Years int    `json:"years,omitempty"`
}

// retainUntil is the default retention of an object written now: its mode and
// its end, nil when there is none.
func (l *objectLock) retainUntil(now time.Time) (mode *string, until *time.Time) {
	if l == nil || l.Mode == "" {
		return nil, nil
	}
	return &l.Mode, new(now.AddDate(l.Years, 0, l.Days))
}

// shape is the lock as calls spell it.
func (l *objectLock) shape() *api.ObjectLockConfiguration {
	conf := &api.ObjectLockConfiguration{ObjectLockEnabled: new(api.ObjectLockEnabledEnabled)}
	if l.Mode == "" {
		return conf
	}
	r := &api.DefaultRetention{Mode: &l.Mode}
	if l.Days > 0 {
		r.Days = new(int32(l.Days))
	} else {
		r.Years = new(int32(l.Years))
	}
	conf.Rule = &api.ObjectLockRule{DefaultRetention: r}
	return conf
}

// The longest default retentions that S3 takes.
const (
	maxRetentionDays  = 36500
	maxRetentionYears = 100
)

// readObjectLock reads a configuration: on, with a retention in days or in
// years, or with none.
func readObjectLock(conf *api.ObjectLockConfiguration) (*objectLock, error) {
	if conf == nil || aws.Val(conf.ObjectLockEnabled) != api.ObjectLockEnabledEnabled {
		return nil, malformedXML()
	}
	if conf.Rule == nil {
		return &objectLock{}, nil
	}
	r := conf.Rule.DefaultRetention
	if r == nil || r.Mode == nil || (r.Days == nil) == (r.Years == nil) {
		return nil, malformedXML()
	}
	l := &objectLock{Mode: *r.Mode, Days: int(aws.Val(r.Days)), Years: int(aws.Val(r.Years))}
	switch {
	case l.Days+l.Years <= 0:
		return nil, aws.Errorf("InvalidRetentionPeriod", "Default retention period must be a positive integer value.")
	case l.Days > maxRetentionDays || l.Years > maxRetentionYears:
		return nil, aws.Errorf("InvalidRetentionPeriod", "Default retention period too large.")
	}
	return l, nil
}

// GetObjectLockConfiguration shows whether objects can be locked.
func (s *Service) GetObjectLockConfiguration(c *call.Call, in *api.GetObjectLockConfigurationInput) (*api.GetObjectLockConfigurationOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	switch {
	case err != nil:
		return nil, err
	case b.ObjectLock == nil:
		return nil, aws.Errorf("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket").With("BucketName", b.Name)
	}
	return &api.GetObjectLockConfigurationOutput{ObjectLockConfiguration: b.ObjectLock.shape()}, nil
}

// PutObjectLockConfiguration turns object lock on in a bucket with versions,
// or changes its default, in the data plane as well. The data plane may
// refuse to turn it on in a bucket that was made without.
func (s *Service) PutObjectLockConfiguration(c *call.Call, in *api.PutObjectLockConfigurationInput) (*api.PutObjectLockConfigurationOutput, error) {
	lock, err := readObjectLock(in.ObjectLockConfiguration)
	if err != nil {
		return nil, err
	}
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		if b.Versioning != api.BucketVersioningStatusEnabled {
			return aws.Errorf("InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration").
				With("BucketName", b.Name)
		}
		b.ObjectLock = lock
		return s.first(c, b, func(ctx context.Context) error { return s.setObjectLock(ctx, b) })
	})
}
