package s3

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// lifecycle is a bucket's lifecycle configuration. It is kept and shown;
// nothing expires by it.
type lifecycle struct {
	Rules       []api.LifecycleRule `json:"rules"`
	MinimumSize string              `json:"minimumSize"` // of objects that change their storage class by default
}

// The limits of a lifecycle configuration.
const (
	maxLifecycleRules  = 1000
	maxLifecycleRuleID = 255
)

// GetBucketLifecycleConfiguration shows the configuration.
func (s *Service) GetBucketLifecycleConfiguration(c *call.Call, in *api.GetBucketLifecycleConfigurationInput) (*api.GetBucketLifecycleConfigurationOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	switch {
	case err != nil:
		return nil, err
	case b.Lifecycle == nil:
		return nil, aws.Errorf("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist").With("BucketName", b.Name)
	}
	return &api.GetBucketLifecycleConfigurationOutput{
		Rules: b.Lifecycle.Rules, TransitionDefaultMinimumObjectSize: &b.Lifecycle.MinimumSize,
	}, nil
}

// PutBucketLifecycleConfiguration replaces it. Rules without an id get one.
func (s *Service) PutBucketLifecycleConfiguration(c *call.Call, in *api.PutBucketLifecycleConfigurationInput) (*api.PutBucketLifecycleConfigurationOutput, error) {
	conf := in.LifecycleConfiguration
	if conf == nil || len(conf.Rules) == 0 || len(conf.Rules) > maxLifecycleRules {
		return nil, malformedXML()
	}
	l := &lifecycle{MinimumSize: api.TransitionDefaultMinimumObjectSizeAllStorageClasses128k}
	if in.TransitionDefaultMinimumObjectSize != nil {
		l.MinimumSize = *in.TransitionDefaultMinimumObjectSize
	}
	seen := map[string]bool{}
	for _, rule := range conf.Rules {
		if err := checkLifecycleRule(&rule); err != nil {
			return nil, err
		}
		if aws.Val(rule.ID) == "" {
			rule.ID = new(aws.UUID())
		}
		if seen[*rule.ID] {
			return nil, invalidArgument("ID", *rule.ID, "Rule ID must be unique. Found same ID for one or more rules")
		}
		seen[*rule.ID] = true
		l.Rules = append(l.Rules, rule)
	}
	err := s.change(c, in.Bucket, func(b *Bucket) error {
		b.Lifecycle = l
		return nil
	})
	return &api.PutBucketLifecycleConfigurationOutput{TransitionDefaultMinimumObjectSize: &l.MinimumSize}, err
}

func checkLifecycleRule(r *api.LifecycleRule) error {
	switch {
	case len(aws.Val(r.ID)) > maxLifecycleRuleID:
		return invalidArgument("ID", *r.ID, "ID length should not exceed allowed limit of %d", maxLifecycleRuleID)
	case r.Status == nil, (r.Prefix == nil) == (r.Filter == nil):
		return malformedXML()
	case r.Expiration == nil && len(r.Transitions) == 0 && r.NoncurrentVersionExpiration == nil &&
		len(r.NoncurrentVersionTransitions) == 0 && r.AbortIncompleteMultipartUpload == nil:
		return invalidRequest("At least one action needs to be specified in a rule")
	}
	if e := r.Expiration; e != nil {
		if given(e.Date != nil, e.Days != nil, e.ExpiredObjectDeleteMarker != nil) != 1 {
			return malformedXML()
		}
		if err := checkWhen("Expiration", e.Date, e.Days, 1); err != nil {
			return err
		}
	}
	for _, t := range r.Transitions {
		if given(t.Date != nil, t.Days != nil) != 1 || t.StorageClass == nil {
			return malformedXML()
		}
		if err := checkWhen("Transition", t.Date, t.Days, 0); err != nil {
			return err
		}
	}
	return checkNoncurrent(r)
}

func checkNoncurrent(r *api.LifecycleRule) error {
	if e := r.NoncurrentVersionExpiration; e != nil && aws.Val(e.NoncurrentDays) <= 0 {
		return aws.Errorf("InvalidArgument", "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer")
	}
	if a := r.AbortIncompleteMultipartUpload; a != nil && aws.Val(a.DaysAfterInitiation) <= 0 {
		return aws.Errorf("InvalidArgument", "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer")
	}
	return nil
}

// checkWhen refuses an action at no time: too few days, or a date that is not
// midnight.
func checkWhen(action string, date *time.Time, days *int32, least int32) error {
	switch {
	case days != nil && *days < least && least == 0:
		return aws.Errorf("InvalidArgument", "'Days' in %s action must be nonnegative", action)
	case days != nil && *days < least:
		return aws.Errorf("InvalidArgument", "'Days' for %s action must be a positive integer", action)
	case date != nil && !date.Equal(date.UTC().Truncate(24*time.Hour)):
		return aws.Errorf("InvalidArgument", "'Date' must be at midnight GMT")
	}
	return nil
}

func given(members ...bool) (n int) {
	for _, m := range members {
		if m {
			n++
		}
	}
	return n
}

// DeleteBucketLifecycle removes it.
func (s *Service) DeleteBucketLifecycle(c *call.Call, in *api.DeleteBucketLifecycleInput) (*api.DeleteBucketLifecycleOutput, error) {
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.Lifecycle = nil
		return nil
	})
}
