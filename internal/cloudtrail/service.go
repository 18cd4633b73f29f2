package cloudtrail

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
)

// Service is AWS CloudTrail.
type Service struct {
	Organizations Organizations
	Roles         Roles
	Bucket        Bucket
	Topics        Topics
	TrailKeys     TrailKeys
	Logs          LogGroups
	Delivery      Delivery
	Keys          PublicKeys
}

var _ api.Service = (*Service)(nil)

// maxTrails is the number of trails an account may have in one region.
const maxTrails = 5

// CreateTrail makes a trail whose logging is off.
func (s *Service) CreateTrail(c *call.Call, in *api.CreateTrailInput) (*api.CreateTrailOutput, error) {
	t := &Trail{
		ID: aws.UUID(), Name: aws.Val(in.Name), Account: c.Account(), Region: c.Region,
		Bucket: aws.Val(in.S3BucketName), Prefix: aws.Val(in.S3KeyPrefix),
		IncludeGlobal: in.IncludeGlobalServiceEvents == nil || *in.IncludeGlobalServiceEvents,
		MultiRegion:   aws.Val(in.IsMultiRegionTrail),
		Validation:    aws.Val(in.EnableLogFileValidation),
	}
	if err := checkName(t.Name); err != nil {
		return nil, err
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	n := neighbours{in.SnsTopicName, in.KmsKeyId, in.CloudWatchLogsLogGroupArn, in.CloudWatchLogsRoleArn}
	if err := n.apply(c, t); err != nil {
		return nil, err
	}
	if aws.Val(in.IsOrganizationTrail) {
		org, err := s.organizationFor(c)
		if err != nil {
			return nil, err
		}
		t.Account, t.Organization = org.ManagementAccount, org.ID
	}
	if err := s.free(c, t); err != nil {
		return nil, err
	}
	if err := s.probe(c, t, n); err != nil {
		return nil, err
	}
	tags, err := tagRules.With(nil, tag.Of(in.TagsList))
	if err != nil {
		return nil, err
	}
	t.Tags = tags
	if err := s.linkRoles(c, t); err != nil {
		return nil, err
	}
	t.mark(c.Time)
	put(c.Tx, t)
	return createView(t), nil
}

// UpdateTrail changes what the input names and probes everything anew.
func (s *Service) UpdateTrail(c *call.Call, in *api.UpdateTrailInput) (*api.UpdateTrailOutput, error) {
	old, err := s.own(c, aws.Val(in.Name))
	if err != nil {
		return nil, err
	}
	t := new(*old)
	set(&t.Bucket, in.S3BucketName)
	set(&t.Prefix, in.S3KeyPrefix)
	set(&t.IncludeGlobal, in.IncludeGlobalServiceEvents)
	set(&t.MultiRegion, in.IsMultiRegionTrail)
	set(&t.Validation, in.EnableLogFileValidation)
	if err := t.check(); err != nil {
		return nil, err
	}
	n := neighbours{in.SnsTopicName, in.KmsKeyId, in.CloudWatchLogsLogGroupArn, in.CloudWatchLogsRoleArn}
	if err := n.apply(c, t); err != nil {
		return nil, err
	}
	if err := s.convert(c, t, in.IsOrganizationTrail); err != nil {
		return nil, err
	}
	if err := s.probe(c, t, n); err != nil {
		return nil, err
	}
	if err := s.linkRoles(c, t); err != nil {
		return nil, err
	}
	t.mark(c.Time)
	put(c.Tx, t)
	return (*api.UpdateTrailOutput)(createView(t)), nil
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// DeleteTrail takes a trail away. What it logged before is still delivered.
func (s *Service) DeleteTrail(c *call.Call, in *api.DeleteTrailInput) (*api.DeleteTrailOutput, error) {
	t, err := s.own(c, aws.Val(in.Name))
	if err != nil {
		return nil, err
	}
	t = new(*t)
	t.Logging = false
	t.mark(c.Time)
	retire(c.Tx, t)
	return nil, nil
}

// StartLogging turns a trail on, in every region and account it applies to.
func (s *Service) StartLogging(c *call.Call, in *api.StartLoggingInput) (*api.StartLoggingOutput, error) {
	return nil, s.change(c, in.Name, func(t *Trail) { t.Logging, t.Started = true, c.Time })
}

// StopLogging turns a trail off. Its own record is the last one.
func (s *Service) StopLogging(c *call.Call, in *api.StopLoggingInput) (*api.StopLoggingOutput, error) {
	return nil, s.change(c, in.Name, func(t *Trail) { t.Logging, t.Stopped = false, c.Time })
}

// change stores a changed copy of a trail that the caller may change.
func (s *Service) change(c *call.Call, name *string, fn func(*Trail)) error {
	t, err := s.own(c, aws.Val(name))
	if err != nil {
		return err
	}
	t = new(*t)
	fn(t)
	t.mark(c.Time)
	put(c.Tx, t)
	return nil
}

// check applies the rules within one trail's settings.
func (t *Trail) check() error {
	if err := checkBucketName(t.Bucket); err != nil {
		return err
	}
	if err := checkPrefix(t.Prefix); err != nil {
		return err
	}
	if t.MultiRegion && !t.IncludeGlobal {
		return aws.Errorf("InvalidParameterCombinationException", "Multi-Region trail must include global service events.")
	}
	return nil
}

// free makes sure that the name is not taken and the quota not used up.
func (s *Service) free(c *call.Call, t *Trail) error {
	if _, taken := trails.Get(c.State, t.key()); taken {
		return aws.Errorf("TrailAlreadyExistsException", "Trail %s already exists for customer: %s", t.Name, t.Account)
	}
	n := 0
	for _, other := range owned(c.State, t.Account) {
		if other.covers(t.Region) {
			n++
		}
	}
	if n >= maxTrails {
		return aws.Errorf("MaximumNumberOfTrailsExceededException", "User: %s already has %d trails in %s.", t.Account, maxTrails, t.Region)
	}
	return nil
}

// owned yields every trail of an account, in all regions.
func owned(r store.Reader, account string) func(yield func(string, *Trail) bool) {
	return trails.Scan(r, account+"/")
}

// probe asks everybody whom the trail depends on, as CloudTrail will when it
// delivers. The key is asked first, because the bucket's policy may demand
// it by name; its refusal has to wait for its turn.
func (s *Service) probe(c *call.Call, t *Trail, n neighbours) error {
	keyErr := s.probeKey(c, t)
	if err := s.probeBucket(c, t); err != nil {
		return err
	}
	if err := s.probeTopic(c, t); err != nil {
		return err
	}
	if keyErr != nil {
		return keyErr
	}
	return s.probeLogs(c, t, n)
}

// probeBucket asks the bucket whether it will take the trail's files: those of
// the owner and, for an organization trail, those of the organization.
func (s *Service) probeBucket(c *call.Call, t *Trail) error {
	keys := []string{t.folder(t.Account)}
	if t.Organization != "" {
		keys = append(keys, t.folder(t.Organization+"/"+t.Account))
	}
	switch err := s.Bucket.Probe(c, t.Bucket, keys, t.Key, s.Source(c.State, t)); {
	case err == nil:
		return nil
	case err.Code == "NoSuchBucket":
		return aws.Errorf("S3BucketDoesNotExistException", "S3 bucket %s does not exist!", t.Bucket)
	default:
		return aws.Errorf("InsufficientS3BucketPolicyException", "Incorrect S3 bucket policy is detected for bucket: %s", t.Bucket)
	}
}

// folder is the key under which files of one account are put.
func (t *Trail) folder(account string) string {
	key := "AWSLogs/" + account + "/CloudTrail/"
	if t.Prefix != "" {
		key = t.Prefix + "/" + key
	}
	return key
}

// Source is the trail as bucket policies see it. The organization is the
// owner's, whether or not the trail applies to it.
func (s *Service) Source(r store.Reader, t *Trail) Source {
	org, _ := s.Organizations.OrganizationOf(r, t.Account)
	return Source{ARN: t.ARN(), Account: t.Account, Organization: org.ID}
}
