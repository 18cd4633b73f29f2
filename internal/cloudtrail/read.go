package cloudtrail

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
)

// createView is a trail as CreateTrail and UpdateTrail answer with it.
func createView(t *Trail) *api.CreateTrailOutput {
	return &api.CreateTrailOutput{
		Name: &t.Name, S3BucketName: &t.Bucket, S3KeyPrefix: unlessEmpty(t.Prefix),
		IncludeGlobalServiceEvents: &t.IncludeGlobal, IsMultiRegionTrail: &t.MultiRegion,
		TrailARN: new(t.ARN()), LogFileValidationEnabled: &t.Validation,
		IsOrganizationTrail: new(t.Organization != ""),
		SnsTopicName:        unlessEmpty(t.TopicName), SnsTopicARN: unlessEmpty(t.Topic),
		CloudWatchLogsLogGroupArn: unlessEmpty(t.LogGroup), CloudWatchLogsRoleArn: unlessEmpty(t.LogRole),
		KmsKeyId: unlessEmpty(t.Key),
	}
}

// view is a trail as DescribeTrails and GetTrail show it.
func view(t *Trail) api.Trail {
	return api.Trail{
		Name: &t.Name, S3BucketName: &t.Bucket, S3KeyPrefix: unlessEmpty(t.Prefix),
		IncludeGlobalServiceEvents: &t.IncludeGlobal, IsMultiRegionTrail: &t.MultiRegion,
		HomeRegion: &t.Region, TrailARN: new(t.ARN()), LogFileValidationEnabled: &t.Validation,
		HasCustomEventSelectors: new(t.Selectors.custom()), HasInsightSelectors: new(false),
		IsOrganizationTrail: new(t.Organization != ""),
		SnsTopicName:        unlessEmpty(t.TopicName), SnsTopicARN: unlessEmpty(t.Topic),
		CloudWatchLogsLogGroupArn: unlessEmpty(t.LogGroup), CloudWatchLogsRoleArn: unlessEmpty(t.LogRole),
		KmsKeyId: unlessEmpty(t.Key),
	}
}

func unlessEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// DescribeTrails lists the trails seen in the region of the call: those at
// home there and, unless they are not asked for, shadows of others and the
// organization's trails in a member account. Names that are not seen are left
// out without an error.
func (s *Service) DescribeTrails(c *call.Call, in *api.DescribeTrailsInput) (*api.DescribeTrailsOutput, error) {
	wanted, err := resolveAll(c, in.TrailNameList)
	if err != nil {
		return nil, err
	}
	shadows := in.IncludeShadowTrails == nil || *in.IncludeShadowTrails
	out := &api.DescribeTrailsOutput{TrailList: []api.Trail{}}
	for t := range s.of(c.State, c.Account()) {
		home := t.Region == c.Region && t.Account == c.Account()
		if t.covers(c.Region) && (home || shadows) && (wanted == nil || wanted[t.ARN()]) {
			out.TrailList = append(out.TrailList, view(t))
		}
	}
	return out, nil
}

// resolveAll returns the ARNs that a list of names stands for, nil for an
// empty list.
func resolveAll(c *call.Call, list []string) (map[string]bool, error) {
	if len(list) == 0 {
		return nil, nil
	}
	arns := make(map[string]bool, len(list))
	for _, s := range list {
		n, err := resolve(c, s)
		if err != nil {
			return nil, err
		}
		arns[n.arn] = true
	}
	return arns, nil
}

// GetTrail shows one trail.
func (s *Service) GetTrail(c *call.Call, in *api.GetTrailInput) (*api.GetTrailOutput, error) {
	t, err := s.see(c, aws.Val(in.Name))
	if err != nil {
		return nil, err
	}
	return &api.GetTrailOutput{Trail: new(view(t))}, nil
}

// ListTrails lists the trails of the account in every region, the
// organization's included. They fit one page: an account can have five in a
// region.
func (s *Service) ListTrails(c *call.Call, in *api.ListTrailsInput) (*api.ListTrailsOutput, error) {
	if in.NextToken != nil {
		return nil, aws.Errorf("InvalidNextTokenException", "The specified token is not valid.")
	}
	out := &api.ListTrailsOutput{Trails: []api.TrailInfo{}}
	for t := range s.of(c.State, c.Account()) {
		out.Trails = append(out.Trails, api.TrailInfo{TrailARN: new(t.ARN()), Name: &t.Name, HomeRegion: &t.Region})
	}
	return out, nil
}

// GetTrailStatus tells how logging and delivery go for the caller's account
// in the region of the call.
func (s *Service) GetTrailStatus(c *call.Call, in *api.GetTrailStatusInput) (*api.GetTrailStatusOutput, error) {
	t, err := s.see(c, aws.Val(in.Name))
	if err != nil {
		return nil, err
	}
	d, err := s.Delivery.Status(c.Ctx, t.ID, c.Account(), c.Region)
	if err != nil {
		return nil, err
	}
	return &api.GetTrailStatusOutput{
		IsLogging:          &t.Logging,
		StartLoggingTime:   unlessZero(t.Started),
		StopLoggingTime:    unlessZero(t.Stopped),
		TimeLoggingStarted: new(isoTime(t.Started)),
		TimeLoggingStopped: new(isoTime(t.Stopped)),

		LatestDeliveryTime:             unlessZero(d.Delivered),
		LatestDeliveryError:            unlessEmpty(d.Error),
		LatestDeliveryAttemptTime:      new(isoTime(d.Attempted)),
		LatestDeliveryAttemptSucceeded: new(isoTime(d.Delivered)),

		LatestDigestDeliveryTime:  unlessZero(d.Digest),
		LatestDigestDeliveryError: unlessEmpty(d.DigestError),

		LatestNotificationTime:             unlessZero(d.Notified),
		LatestNotificationError:            unlessEmpty(d.NoticeError),
		LatestNotificationAttemptTime:      new(isoTime(d.NoticeAttempted)),
		LatestNotificationAttemptSucceeded: new(isoTime(d.Notified)),

		LatestCloudWatchLogsDeliveryTime:  unlessZero(d.Logged),
		LatestCloudWatchLogsDeliveryError: unlessEmpty(d.LogError),
	}, nil
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// isoTime prints the older members of a trail's status: the empty string for
// never.
func isoTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}
