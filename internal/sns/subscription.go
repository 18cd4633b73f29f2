package sns

import (
	"net/url"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

// Subscription is an endpoint that gets what is published to a topic. Its
// key is the topic's and its id.
type Subscription struct {
	Topic              TopicName
	ID                 string // a UUID
	Owner              string // the account that subscribed
	Principal          string // ARN of who did
	Protocol, Endpoint string

	// Pending subscriptions get nothing until their endpoint has agreed, by
	// the token whose hash this is.
	Pending bool
	Asked   time.Time // when the token was sent
	Token   string
	// Authenticated says that who agreed signed the call, Guarded that only
	// a signed call ends the subscription.
	Authenticated, Guarded bool

	Raw      bool
	Filter   Filter
	DeadEnd  string // ARN of the dead-letter queue
	Delivery *SubscriptionDelivery
}

const (
	byOwner   = "owner"
	byToken   = "token"
	byPending = "pending"
)

var subscriptions = store.NewKind("sns.subscription",
	store.Index[Subscription]{Name: byOwner, Keys: func(_ string, s *Subscription) []string { return []string{s.Owner + "/" + s.Topic.Region} }},
	store.Index[Subscription]{Name: byToken, Keys: func(_ string, s *Subscription) []string {
		if s.Token == "" {
			return nil
		}
		return []string{s.Token}
	}},
	store.Index[Subscription]{Name: byPending, Keys: func(_ string, s *Subscription) []string {
		if !s.Pending {
			return nil
		}
		return []string{"pending"}
	}},
)

func (s *Subscription) key() string { return s.Topic.key() + "/" + s.ID }

// ARN is the subscription's ARN.
func (s *Subscription) ARN() string { return s.Topic.ARN() + ":" + s.ID }

func (s *Subscription) overHTTP() bool { return s.Protocol == "http" || s.Protocol == "https" }

// lapsed reports whether the endpoint has let the token expire.
func (s *Subscription) lapsed(now time.Time) bool {
	return s.Pending && now.After(s.Asked.Add(tokenLife))
}

// shownEndpoint is the endpoint without a password.
func (s *Subscription) shownEndpoint() string {
	if !s.overHTTP() || !strings.Contains(s.Endpoint, "@") {
		return s.Endpoint
	}
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.User == nil {
		return s.Endpoint
	}
	if _, ok := u.User.Password(); !ok {
		return s.Endpoint
	}
	name := url.User(u.User.Username()).String()
	u.User = nil
	return strings.Replace(u.String(), "://", "://"+name+":****@", 1)
}

// parseSubscription reads the ARN of a subscription. It exists or not.
func parseSubscription(text string) (TopicName, string, error) {
	if err := checkARN("SubscriptionArn", text); err != nil {
		return TopicName{}, "", err
	}
	i := strings.LastIndexByte(text, ':')
	topic, err := parseTopic("SubscriptionArn", text[:i])
	if err != nil || len(text[i:]) < 2 {
		return TopicName{}, "", invalid("SubscriptionArn Reason: An ARN must have at least 7 elements, not %d", strings.Count(text, ":")+1)
	}
	return topic, text[i+1:], nil
}

// findSubscription returns the subscription of an ARN.
func findSubscription(r store.Reader, now time.Time, arn *string) (*Subscription, error) {
	topic, id, err := parseSubscription(aws.Val(arn))
	if err != nil {
		return nil, err
	}
	sub, ok := subscriptions.Get(r, topic.key()+"/"+id)
	if !ok || sub.lapsed(now) {
		return nil, errNoSubscription
	}
	return sub, nil
}

// ListSubscriptions lists the subscriptions that the account has made.
func (s *Service) ListSubscriptions(c *call.Call, in *api.ListSubscriptionsInput) (*api.ListSubscriptionsOutput, error) {
	found, next, err := page(c, in.NextToken, func(after string) seq[Subscription] {
		return present(c.Time, subscriptions.ByAfter(c.State, byOwner, c.Account()+"/"+c.Region, after))
	})
	if err != nil {
		return nil, err
	}
	return &api.ListSubscriptionsOutput{Subscriptions: views(found), NextToken: next}, nil
}

// ListSubscriptionsByTopic lists the subscriptions of a topic, whoever made
// them.
func (s *Service) ListSubscriptionsByTopic(c *call.Call, in *api.ListSubscriptionsByTopicInput) (*api.ListSubscriptionsByTopicOutput, error) {
	t, err := find(c, in.TopicArn)
	if err != nil {
		return nil, err
	}
	found, next, err := page(c, in.NextToken, func(after string) seq[Subscription] {
		return present(c.Time, subscriptions.ScanAfter(c.State, t.key()+"/", after))
	})
	if err != nil {
		return nil, err
	}
	return &api.ListSubscriptionsByTopicOutput{Subscriptions: views(found), NextToken: next}, nil
}

// present leaves out those that have lapsed.
func present(now time.Time, all seq[Subscription]) seq[Subscription] {
	return func(yield func(string, *Subscription) bool) {
		for key, s := range all {
			if !s.lapsed(now) && !yield(key, s) {
				return
			}
		}
	}
}

func views(list []*Subscription) []api.Subscription {
	shapes := make([]api.Subscription, len(list))
	for i, s := range list {
		shapes[i] = api.Subscription{
			SubscriptionArn: new(s.ARN()), Owner: &s.Owner, Protocol: &s.Protocol,
			Endpoint: new(s.shownEndpoint()), TopicArn: new(s.Topic.ARN()),
		}
		if s.Pending {
			shapes[i].SubscriptionArn = new("PendingConfirmation")
		}
	}
	return shapes
}
