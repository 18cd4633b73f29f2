package sns

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

// GetSubscriptionAttributes tells the settings of a subscription.
func (s *Service) GetSubscriptionAttributes(c *call.Call, in *api.GetSubscriptionAttributesInput) (*api.GetSubscriptionAttributesOutput, error) {
	sub, err := findSubscription(c.State, c.Time, in.SubscriptionArn)
	if err != nil {
		return nil, err
	}
	t, ok := topics.Get(c.State, sub.Topic.key())
	if !ok {
		return nil, errNoSubscription
	}
	return &api.GetSubscriptionAttributesOutput{Attributes: sub.attributes(t)}, nil
}

// attributes are the settings as GetSubscriptionAttributes shows them.
func (s *Subscription) attributes(t *Topic) map[string]string {
	a := map[string]string{
		"SubscriptionArn": s.ARN(), "TopicArn": s.Topic.ARN(), "Owner": s.Owner, "SubscriptionPrincipal": s.Principal,
		"Protocol": s.Protocol, "Endpoint": s.shownEndpoint(),
		"PendingConfirmation":          strconv.FormatBool(s.Pending),
		"ConfirmationWasAuthenticated": strconv.FormatBool(s.Authenticated),
		"RawMessageDelivery":           strconv.FormatBool(s.Raw),
	}
	if !s.Filter.isZero() {
		a["FilterPolicy"], a["FilterPolicyScope"] = s.Filter.text, s.Filter.scope()
	}
	if s.DeadEnd != "" {
		a["RedrivePolicy"] = asJSON(redrive{s.DeadEnd})
	}
	if s.overHTTP() {
		a["EffectiveDeliveryPolicy"] = s.Delivery.effective(t.Delivery)
		if s.Delivery != nil {
			a["DeliveryPolicy"] = s.Delivery.text()
		}
	}
	return a
}

// SetSubscriptionAttributes changes one setting.
func (s *Service) SetSubscriptionAttributes(c *call.Call, in *api.SetSubscriptionAttributesInput) (*api.SetSubscriptionAttributesOutput, error) {
	old, err := findSubscription(c.State, c.Time, in.SubscriptionArn)
	if err != nil {
		return nil, err
	}
	sub := new(*old)
	if err := sub.set(aws.Val(in.AttributeName), aws.Val(in.AttributeValue), ""); err != nil {
		return nil, err
	}
	if old.Filter.isZero() {
		if err := sub.roomForFilter(c.State); err != nil {
			return nil, err
		}
	}
	subscriptions.Put(c.Tx, sub.key(), sub)
	return nil, nil
}

// set gives a subscription one attribute. Refusals begin with where the
// attribute stood in the call.
func (s *Subscription) set(name, value, where string) (err error) {
	switch name {
	case "DeliveryPolicy":
		if !s.overHTTP() && value != "" {
			return invalid("%sDeliveryPolicy: only HTTP and HTTPS subscriptions have a delivery policy", where)
		}
		s.Delivery, err = readSubscriptionDelivery(where, value)
	case "FilterPolicy":
		s.Filter, err = readFilter(where, value, s.Filter.body)
	case "FilterPolicyScope":
		scope, err := oneOf(where, name, value, scopeBody, scopeAttributes)
		if err != nil {
			return err
		}
		s.Filter, err = readFilter(where, s.Filter.text, scope == scopeBody)
		return err
	case "RawMessageDelivery":
		s.Raw, err = readBool(where, name, value)
	case "RedrivePolicy":
		s.DeadEnd, err = s.readRedrive(where, value)
	case "ReplayPolicy":
		return without(where, name, value, "messages are not archived here")
	case "SubscriptionRoleArn":
		return without(where, name, value, "subscriptions by firehose are not served here")
	default:
		return invalid("%sAttributeName", where)
	}
	return err
}

// redrive is a RedrivePolicy.
type redrive struct {
	Target string `json:"deadLetterTargetArn"`
}

// readRedrive reads a RedrivePolicy and returns its queue; "" and {} are none.
func (s *Subscription) readRedrive(where, text string) (string, error) {
	var r redrive
	if isEmpty(text) {
		return "", nil
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return "", invalid("%sRedrivePolicy: failed to parse JSON.", where)
	}
	a, ok := aws.ParseARN(r.Target)
	fifo := strings.HasSuffix(r.Target, fifoSuffix)
	switch {
	case !ok || !queueARN().MatchString(r.Target):
		return "", invalid("%sRedrivePolicy: deadLetterTargetArn is an invalid arn", where)
	case a.Account != s.Owner || a.Region != s.Topic.Region:
		return "", invalid("%sRedrivePolicy: the dead-letter queue must be in the account and the region of the subscription", where)
	case strings.HasSuffix(s.Endpoint, fifoSuffix) && !fifo:
		return "", invalid("%sRedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.", where)
	case !s.Topic.FIFO() && fifo:
		return "", invalid("%sRedrivePolicy: a standard topic cannot use a FIFO queue as DLQ.", where)
	}
	return r.Target, nil
}
