package sns

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

// Subscribe makes a subscription, or finds the one that the endpoint has. It
// is confirmed at once when the caller's account owns the queue; any other
// endpoint is sent a token.
func (s *Service) Subscribe(c *call.Call, in *api.SubscribeInput) (*api.SubscribeOutput, error) {
	t, err := find(c, in.TopicArn)
	if err != nil {
		return nil, err
	}
	sub := &Subscription{
		Topic: t.TopicName, ID: aws.UUID(), Owner: c.Account(), Principal: principalOf(&c.Principal),
		Protocol: aws.Val(in.Protocol), Endpoint: aws.Val(in.Endpoint),
	}
	if err := sub.checkEndpoint(); err != nil {
		return nil, err
	}
	if err := sub.setAll(in.Attributes); err != nil {
		return nil, err
	}
	if old := standing(c, sub); old != nil {
		if err := old.matches(t, sub, in.Attributes); err != nil {
			return nil, err
		}
		sub = new(*old)
	} else if err := sub.room(c.State); err != nil {
		return nil, err
	} else {
		sub.Pending = !sub.ownQueue(c.Account())
		sub.Authenticated = !sub.Pending
	}
	if sub.Pending {
		if err := s.askToConfirm(c, t, sub); err != nil {
			return nil, err
		}
	}
	subscriptions.Put(c.Tx, sub.key(), sub)
	arn := sub.ARN()
	if sub.Pending && !aws.Val(in.ReturnSubscriptionArn) {
		arn = "pending confirmation"
	}
	return &api.SubscribeOutput{SubscriptionArn: &arn}, nil
}

// principalOf is who subscribed: of a session its role.
func principalOf(p *aws.Principal) string {
	if role := p.RoleARN(); role != "" {
		return role
	}
	return p.ARN
}

// elsewhere are AWS's protocols that nothing here delivers by.
var elsewhere = []string{"email", "email-json", "sms", "application", "lambda", "firehose"}

var queueARN = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:aws:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}(\.fifo)?$`)
})

func (s *Subscription) checkEndpoint() error {
	switch {
	case slices.Contains(elsewhere, s.Protocol):
		return invalid("Protocol Reason: subscriptions by %s are not served here; those by sqs, http and https are", s.Protocol)
	case s.Protocol != "sqs" && !s.overHTTP():
		return invalid("Amazon SNS does not support this protocol string: %s", s.Protocol)
	case s.Endpoint == "":
		return invalid("Endpoint")
	case s.overHTTP() && s.Topic.FIFO():
		return invalid("Invalid parameter: Endpoint Reason: FIFO topics deliver to SQS queues only")
	case s.overHTTP():
		return s.checkURL()
	case !queueARN().MatchString(s.Endpoint):
		return invalid("SQS endpoint ARN")
	case strings.HasSuffix(s.Endpoint, fifoSuffix) && !s.Topic.FIFO():
		return invalid("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
	}
	return nil
}

// maxURL is the length of an endpoint.
const maxURL = 2048

func (s *Subscription) checkURL() error {
	u, err := url.Parse(s.Endpoint)
	if err != nil || !strings.HasPrefix(s.Endpoint, s.Protocol+"://") || u.Hostname() == "" || len(s.Endpoint) > maxURL {
		return invalid("Endpoint must match the specified protocol")
	}
	return nil
}

// ownQueue reports whether the endpoint is a queue of the account.
func (s *Subscription) ownQueue(account string) bool {
	a, ok := aws.ParseARN(s.Endpoint)
	return s.Protocol == "sqs" && ok && a.Account == account
}

// sameEndpoint finds the subscription that the endpoint has already.
func sameEndpoint(r store.Reader, s *Subscription) *Subscription {
	for _, old := range subscriptions.Scan(r, s.Topic.key()+"/") {
		if old.Protocol == s.Protocol && old.Endpoint == s.Endpoint {
			return old
		}
	}
	return nil
}

// standing is sameEndpoint but for a pending subscription that has lapsed,
// or whose queue's owner now subscribes: the new one takes its place.
func standing(c *call.Call, s *Subscription) *Subscription {
	old := sameEndpoint(c.State, s)
	if old != nil && old.Pending && (old.lapsed(c.Time) || s.ownQueue(c.Account())) {
		subscriptions.Delete(c.Tx, old.key())
		return nil
	}
	return old
}

// matches compares a subscription with what a second Subscribe asks for.
func (s *Subscription) matches(t *Topic, asked *Subscription, attributes map[string]string) error {
	is, want := s.attributes(t), asked.attributes(t)
	for name := range attributes {
		if is[name] != want[name] {
			return invalid("Attributes Reason: Subscription already exists with different attributes")
		}
	}
	return nil
}

// room holds a topic and an account to their quotas.
func (s *Subscription) room(r store.Reader) error {
	count := 0
	for range subscriptions.Scan(r, s.Topic.key()+"/") {
		count++
	}
	if s.Topic.FIFO() && count >= fifoSubscriptions {
		return aws.Errorf("SubscriptionLimitExceeded", "You have reached the maximum number of subscriptions for this topic.")
	}
	return s.roomForFilter(r)
}

// setAll sets the attributes of a subscription that is made. The scope goes
// before the filter that is read in it.
func (s *Subscription) setAll(attributes map[string]string) error {
	const where = "Attributes Reason: "
	if scope, ok := attributes["FilterPolicyScope"]; ok {
		if err := s.set("FilterPolicyScope", scope, where); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if err := s.set(name, attributes[name], where); err != nil {
			return err
		}
	}
	return nil
}

// Unsubscribe ends a subscription. Who can sign for neither the subscription
// nor the topic ends it only where it is not guarded; an HTTP endpoint is
// then told how to have it back.
func (s *Service) Unsubscribe(c *call.Call, in *api.UnsubscribeInput) (*api.UnsubscribeOutput, error) {
	sub, err := ending(c, in.SubscriptionArn)
	switch {
	case err != nil:
		return nil, err
	case sub == nil:
		return nil, nil // it ended before
	case sub.Pending:
		return nil, invalid("SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation")
	}
	subscriptions.Delete(c.Tx, sub.key())
	drop(c.Tx, sub)
	t, ok := topics.Get(c.State, sub.Topic.key())
	if !ok {
		return nil, nil
	}
	t = new(*t)
	t.Gone++
	topics.Put(c.Tx, t.key(), t)
	if sub.overHTTP() && c.Account() != sub.Owner {
		return nil, s.tellGone(c, t, sub)
	}
	return nil, nil
}

// ending returns the subscription that is to end, nil when it is not there.
func ending(c *call.Call, arn *string) (*Subscription, error) {
	text := aws.Val(arn)
	if err := checkARN("SubscriptionArn", text); err != nil {
		return nil, err
	}
	if strings.Count(text, ":") == 5 {
		return nil, invalid("SubscriptionId")
	}
	sub, err := findSubscription(c.State, c.Time, arn)
	if err == errNoSubscription {
		return nil, nil
	}
	return sub, err
}
