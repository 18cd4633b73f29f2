package server

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/cloudtrail"
	"github.com/orgtrail/orgtrail/internal/events"
	"github.com/orgtrail/orgtrail/internal/gateway"
	"github.com/orgtrail/orgtrail/internal/iam"
	"github.com/orgtrail/orgtrail/internal/kms"
	"github.com/orgtrail/orgtrail/internal/logs"
	"github.com/orgtrail/orgtrail/internal/organizations"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/relay"
	"github.com/orgtrail/orgtrail/internal/s3"
	"github.com/orgtrail/orgtrail/internal/sns"
	"github.com/orgtrail/orgtrail/internal/store"
)

// trailTopics is SNS as CloudTrail and the relay see it.
type trailTopics struct{ sns *sns.Service }

func (t trailTopics) Probe(r store.Reader, topic string, trail cloudtrail.Source, at time.Time) *aws.Error {
	return t.sns.MayPublish(r, at, topic, trailSource(r, trail.ARN, trail.Account, trail.Organization))
}

func (t trailTopics) Publish(c *call.Call, topic, message string, from call.Source) *aws.Error {
	return t.sns.PublishAsService(c.Tx, c.Time, topic, from, sns.Message{Body: message})
}

// trailKeys is KMS as CloudTrail sees it: behind the bucket, which is where
// the files are encrypted.
type trailKeys struct {
	kms *kms.Service
	s3  *s3.Service
}

func (k trailKeys) Probe(c *call.Call, key, bucket, object string, trail cloudtrail.Source) (arn string, err *aws.Error) {
	from := trailSource(c.State, trail.ARN, trail.Account, trail.Organization)
	region, ok := s3.BucketRegion(c.State, bucket)
	if !ok {
		return "", aws.Errorf("NoSuchBucket", "The specified bucket does not exist")
	}
	t, err := k.kms.Target(c.State, key, c.Account(), region, "kms:DescribeKey", nil, "")
	if err != nil {
		return "", err
	}
	if err := from.Ask(t, region, c.Time, organizations.ResourceControlPolicies(c.State, t.Owner)); err != nil {
		return t.Resource, err
	}
	return t.Resource, k.s3.ProbeKey(c.State, bucket, object, t.Resource, from)
}

// trailLogs is CloudWatch Logs as CloudTrail and the relay see it: behind a
// role, which is assumed anew for everything that is asked of it.
type trailLogs struct {
	iam     *iam.Service
	logs    *logs.Service
	gateway *gateway.Gateway
}

func (l trailLogs) Exists(r store.Reader, group string) bool {
	_, ok := logs.Group(r, group)
	return ok
}

func (l trailLogs) Assume(r store.Reader, role string, trail cloudtrail.Source, at time.Time) *aws.Error {
	_, err := l.assume(r, role, trailSource(r, trail.ARN, trail.Account, trail.Organization), at)
	return err
}

func (l trailLogs) Permits(r store.Reader, role, group, stream string, trail cloudtrail.Source, at time.Time) *aws.Error {
	session, err := l.assume(r, role, trailSource(r, trail.ARN, trail.Account, trail.Organization), at)
	if err != nil {
		return err
	}
	return l.permits(r, session, group, stream, at, "logs:CreateLogStream", "logs:PutLogEvents")
}

// The reasons that a trail's status gives for records that did not reach the
// log group.
var (
	errTrust      = aws.Errorf(aws.AccessDenied, "Access denied. Check the trust relationships for your role.")
	errPermission = aws.Errorf(aws.AccessDenied, "Access denied. Check the permissions for your role.")
)

// assume is the session of the role that CloudTrail gets, if the role trusts
// it.
func (l trailLogs) assume(r store.Reader, arn string, from call.Source, at time.Time) (aws.Principal, *aws.Error) {
	role, ok := l.iam.Role(r, arn)
	if !ok {
		return aws.Principal{}, errTrust
	}
	t := call.Target{
		Action: "sts:AssumeRole", Resource: role.ARN, Owner: role.Account, PolicyRequired: true,
		Policy: &policy.Attached{Name: "trust", Document: role.Trust.Document()}, Context: policy.Context{},
	}
	if from.Ask(t, aws.GlobalRegion, at, organizations.ResourceControlPolicies(r, role.Account)) != nil {
		return aws.Principal{}, errTrust
	}
	const session = "CloudTrail"
	return aws.Principal{
		Type: aws.AssumedRole, Account: role.Account, ID: role.ID + ":" + session,
		ARN:       aws.NewARN("sts", "", role.Account, "assumed-role/"+role.Name+"/"+session).String(),
		InvokedBy: cloudtrail.ServicePrincipal,
		Session: &aws.Session{
			IssuerType: aws.RoleIssuer, IssuerID: role.ID, IssuerARN: role.ARN, IssuerName: role.Name,
			Name: session, Created: at, Expires: at.Add(time.Hour),
		},
	}, nil
}

func (l trailLogs) permits(r store.Reader, session aws.Principal, group, stream string, at time.Time, actions ...string) *aws.Error {
	region := ""
	if a, ok := aws.ParseARN(group); ok {
		region = a.Region
	}
	allow := l.gateway.Judge(r, session, region, at)
	for _, action := range actions {
		if allow(logs.Target(r, group, stream, action)) != nil {
			return errPermission
		}
	}
	return nil
}

// Put implements relay.Logs. A stream that is missing is made, which is a
// call of CloudTrail's that the group's owner finds in its log.
func (l trailLogs) Put(c *call.Call, s relay.Stream, records []relay.Record) *aws.Error {
	group, ok := logs.Group(c.State, s.Group)
	if !ok {
		return aws.Errorf("ResourceNotFoundException", "The specified log group does not exist.")
	}
	session, err := l.assume(c.State, s.Role, s.From, c.Time)
	if err != nil {
		return err
	}
	actions := []string{"logs:PutLogEvents"}
	missing := !logs.HasStream(c.State, s.Group, s.Name)
	if missing {
		actions = append(actions, "logs:CreateLogStream")
	}
	if err := l.permits(c.State, session, s.Group, s.Name, c.Time, actions...); err != nil {
		return err
	}
	lines := make([]logs.Event, len(records))
	for i := range records {
		lines[i] = logs.Event{Time: records[i].Time, Message: records[i].JSON}
	}
	if err := l.logs.PutAsService(c.Tx, c.Time, s.Group, s.Name, lines); err != nil {
		return err
	}
	if missing {
		c.Emit(call.Event{
			Type: "AwsApiCall", Source: logs.ServicePrincipal, Name: "CreateLogStream",
			Account: group.Account, Region: group.Region, InvokedBy: cloudtrail.ServicePrincipal,
			Request: map[string]any{"logGroupName": group.Name, "logStreamName": s.Name},
		})
	}
	return nil
}

// relayTrails is CloudTrail as the relay sees it.
type relayTrails struct{ trails *cloudtrail.Service }

func (relayTrails) Streams(r store.Reader) bool { return cloudtrail.AnyLogGroup(r) }

func (t relayTrails) Stream(r store.Reader, trail, account string) (relay.Stream, bool) {
	tr, ok := cloudtrail.ByID(r, trail)
	if !ok || tr.LogGroup == "" {
		return relay.Stream{}, false
	}
	return relay.Stream{Group: tr.LogGroup, Role: tr.LogRole, Name: tr.Stream(account), From: t.Source(r, trail)}, true
}

func (t relayTrails) Source(r store.Reader, trail string) call.Source {
	tr, ok := cloudtrail.ByID(r, trail)
	if !ok {
		return call.Source{Service: cloudtrail.ServicePrincipal}
	}
	s := t.trails.Source(r, tr)
	return trailSource(r, s.ARN, s.Account, s.Organization)
}

// relayBuses is EventBridge as the relay sees it.
type relayBuses struct{ events *events.Service }

func (relayBuses) Rules(r store.Reader) bool { return events.AnyRule(r) }

func (b relayBuses) Interested(r store.Reader, account, region string) bool {
	return b.events.Interested(r, account, region)
}

// detailTypes are what buses call the kinds of records.
var detailTypes = map[string]string{
	"AwsApiCall":           "AWS API Call via CloudTrail",
	"AwsConsoleAction":     "AWS Console Action via CloudTrail",
	"AwsConsoleSignIn":     "AWS Console Sign In via CloudTrail",
	"AwsCloudTrailInsight": "AWS Insight via CloudTrail",
	"AwsServiceEvent":      "AWS Service Event via CloudTrail",
}

// Offer makes an event of a record. Records of data events are events too, and
// every rule sees those that read.
func (b relayBuses) Offer(c *call.Call, r relay.Record) error {
	var record struct {
		EventType, EventSource    string
		ReadOnly, ManagementEvent bool
	}
	if err := json.Unmarshal(r.JSON, &record); err != nil {
		return err
	}
	service := strings.TrimSuffix(record.EventSource, ".amazonaws.com")
	return b.events.Offer(c.Tx, c.Time, r.Account, r.Region, events.Event{
		ID: r.ID, DetailType: detailTypes[record.EventType], Source: "aws." + service,
		Account: r.Account, Region: r.Region, Time: r.Time, Resources: []string{},
		Detail: r.JSON, ReadOnly: record.ReadOnly && record.ManagementEvent,
	})
}
