package logs

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// Subscription is a subscription filter of a group: what matches its pattern
// is sent on as it comes.
type Subscription struct {
	Group, Name   string
	Pattern       string
	Destination   string // the ARN of a queue
	Distribution  string
	Created       int64
	OnTransformed bool     `json:",omitempty"`
	Criteria      string   `json:",omitempty"`
	Fields        []string `json:",omitempty"` // system fields
}

var subscriptions = store.NewKind[Subscription]("logs.subscription")

// maxSubscriptions is how many a group may have.
const maxSubscriptions = 2

// PutSubscriptionFilter makes a subscription, or changes the one of that name.
// The queue gets a message that checks it.
func (s *Service) PutSubscriptionFilter(c *call.Call, in *api.PutSubscriptionFilterInput) (*api.PutSubscriptionFilterOutput, error) {
	n := own(c, in.LogGroupName)
	g, err := find(c.State, n)
	if err != nil {
		return nil, err
	}
	if g.Class == api.LogGroupClassInfrequentAccess {
		return nil, invalidOperation("Subscription filters are not supported for log groups of the %s log class.", g.Class)
	}
	p, err := parsePattern(*in.FilterPattern)
	if err != nil {
		return nil, err
	}
	if err := checkDestination(in); err != nil {
		return nil, err
	}
	f := &Subscription{
		Group: n.name, Name: *in.FilterName, Pattern: *in.FilterPattern, Destination: *in.DestinationArn,
		Distribution: api.DistributionByLogStream, Created: c.Time.UnixMilli(),
		OnTransformed: aws.Val(in.ApplyOnTransformedLogs), Criteria: aws.Val(in.FieldSelectionCriteria), Fields: in.EmitSystemFields,
	}
	if in.Distribution != nil {
		f.Distribution = *in.Distribution
	}
	key := n.within(f.Name)
	if old, exists := subscriptions.Get(c.State, key); exists {
		f.Created = old.Created
	} else if count(subscriptions.Scan(c.State, n.within(""))) >= maxSubscriptions {
		return nil, limitExceeded("Resource limit exceeded.")
	}
	if err := checkRegexes(c.State, n, p, "subscription "+key); err != nil {
		return nil, err
	}
	if err := s.checkHealth(c, g, f); err != nil {
		return nil, err
	}
	subscriptions.Put(c.Tx, key, f)
	return nil, nil
}

// checkDestination refuses every destination but a queue, and a role, which
// sending to a queue makes no use of.
func checkDestination(in *api.PutSubscriptionFilterInput) *aws.Error {
	a, ok := aws.ParseARN(*in.DestinationArn)
	switch {
	case !ok:
		return invalid("The destination ARN %s is not valid.", *in.DestinationArn)
	case a.Service != "sqs":
		return invalid("Destinations of service %q are not served here: the destination of a subscription filter must be the ARN of an Amazon SQS queue.", a.Service)
	case strings.HasSuffix(a.Resource, ".fifo"):
		return invalid("FIFO queues are not supported as destinations of subscription filters.")
	case in.RoleArn != nil:
		return invalid("A role is not used for an Amazon SQS queue: its policy must let %s send messages. Remove roleArn.", ServicePrincipal)
	}
	return nil
}

// DeleteSubscriptionFilter deletes a subscription.
func (s *Service) DeleteSubscriptionFilter(c *call.Call, in *api.DeleteSubscriptionFilterInput) (*api.DeleteSubscriptionFilterOutput, error) {
	return nil, deleteFilter(c, subscriptions, "subscription filter", in.LogGroupName, in.FilterName)
}

// DescribeSubscriptionFilters lists the subscriptions of a group by name.
func (s *Service) DescribeSubscriptionFilters(c *call.Call, in *api.DescribeSubscriptionFiltersInput) (*api.DescribeSubscriptionFiltersOutput, error) {
	n := own(c, in.LogGroupName)
	if _, err := find(c.State, n); err != nil {
		return nil, err
	}
	found, next, err := page(c, in.NextToken, in.Limit, subscriptions.Scan(c.State, n.within(aws.Val(in.FilterNamePrefix))))
	if err != nil {
		return nil, err
	}
	out := &api.DescribeSubscriptionFiltersOutput{SubscriptionFilters: make([]api.SubscriptionFilter, len(found)), NextToken: next}
	for i, f := range found {
		out.SubscriptionFilters[i] = f.view()
	}
	return out, nil
}

func (f *Subscription) view() api.SubscriptionFilter {
	v := api.SubscriptionFilter{
		FilterName: &f.Name, FilterPattern: &f.Pattern, LogGroupName: &f.Group, DestinationArn: &f.Destination,
		Distribution: &f.Distribution, CreationTime: &f.Created,
		ApplyOnTransformedLogs: &f.OnTransformed, EmitSystemFields: f.Fields,
	}
	if f.Criteria != "" {
		v.FieldSelectionCriteria = &f.Criteria
	}
	return v
}
