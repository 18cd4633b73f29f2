package sns

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

// Access lists the permissions that a call needs. Whether a topic exists is
// asked later: who may not see it does not learn of it.
func (s *Service) Access(c *call.Call, in any) ([]call.Target, error) {
	need, ok := needs[c.Operation.Name]
	if !ok {
		return nil, call.NoPermission(c)
	}
	return need(c, in)
}

// needs are the permissions of every operation.
var needs = map[string]func(c *call.Call, in any) ([]call.Target, error){
	"CreateTopic":              on(creating),
	"DeleteTopic":              byARN(onTopic, "DeleteTopic", func(in *api.DeleteTopicInput) *string { return in.TopicArn }),
	"GetTopicAttributes":       byARN(onTopic, "GetTopicAttributes", func(in *api.GetTopicAttributesInput) *string { return in.TopicArn }),
	"SetTopicAttributes":       byARN(onTopic, "SetTopicAttributes", func(in *api.SetTopicAttributesInput) *string { return in.TopicArn }),
	"AddPermission":            byARN(onTopic, "AddPermission", func(in *api.AddPermissionInput) *string { return in.TopicArn }),
	"RemovePermission":         byARN(onTopic, "RemovePermission", func(in *api.RemovePermissionInput) *string { return in.TopicArn }),
	"ListSubscriptionsByTopic": byARN(onTopic, "ListSubscriptionsByTopic", func(in *api.ListSubscriptionsByTopicInput) *string { return in.TopicArn }),
	"ListTopics":               inAccount("ListTopics"),
	"ListSubscriptions":        inAccount("ListSubscriptions"),

	"Subscribe":                 on(subscribing),
	"ConfirmSubscription":       on(confirming),
	"Unsubscribe":               on(unsubscribing),
	"GetSubscriptionAttributes": byARN(onSubscription, "GetSubscriptionAttributes", func(in *api.GetSubscriptionAttributesInput) *string { return in.SubscriptionArn }),
	"SetSubscriptionAttributes": byARN(onSubscription, "SetSubscriptionAttributes", func(in *api.SetSubscriptionAttributesInput) *string { return in.SubscriptionArn }),

	"Publish":      on(publishing),
	"PublishBatch": on(publishingBatch),

	"TagResource":   on(tagging),
	"UntagResource": on(untagging),
	"ListTagsForResource": on(func(c *call.Call, in *api.ListTagsForResourceInput) ([]call.Target, error) {
		return onResource(c, "ListTagsForResource", in.ResourceArn, policy.Context{})
	}),
}

// on makes a function of one input's type serve any.
func on[I any](fn func(*call.Call, *I) ([]call.Target, error)) func(*call.Call, any) ([]call.Target, error) {
	return func(c *call.Call, in any) ([]call.Target, error) { return fn(c, in.(*I)) }
}

// byARN needs an action on what an ARN in the input names.
func byARN[I any](need func(*call.Call, string, *string) ([]call.Target, error), action string, arn func(*I) *string) func(*call.Call, any) ([]call.Target, error) {
	return func(c *call.Call, in any) ([]call.Target, error) { return need(c, action, arn(in.(*I))) }
}

// inAccount needs an action on all that the account has in the region.
func inAccount(action string) func(*call.Call, any) ([]call.Target, error) {
	return func(c *call.Call, _ any) ([]call.Target, error) {
		return []call.Target{{Action: "SNS:" + action, Resource: aws.NewARN("sns", c.Region, c.Account(), "*").String()}}, nil
	}
}

// target is an action on a topic that exists.
func (t *Topic) target(action string, context policy.Context) call.Target {
	target := t.TopicName.target(action, context)
	if !t.Policy.IsZero() {
		target.Policy = &policy.Attached{Document: t.Policy.Document()}
	}
	t.Tags.SetResource(context)
	return target
}

// target is an action on a topic that may not exist.
func (n TopicName) target(action string, context policy.Context) call.Target {
	return call.Target{Action: "SNS:" + action, Resource: n.ARN(), Owner: n.Account, Context: context}
}

// ask is an action on a topic as it is.
func ask(c *call.Call, n TopicName, action string, context policy.Context) call.Target {
	note(c, n)
	if t, ok := topics.Get(c.State, n.key()); ok {
		return t.target(action, context)
	}
	return n.target(action, context)
}

func onTopic(c *call.Call, action string, arn *string) ([]call.Target, error) {
	n, err := named(c, "TopicArn", aws.Val(arn))
	if err != nil {
		return nil, err
	}
	return []call.Target{ask(c, n, action, policy.Context{})}, nil
}

func onResource(c *call.Call, action string, arn *string, context policy.Context) ([]call.Target, error) {
	n, err := named(c, "ResourceArn", aws.Val(arn))
	if err != nil {
		return nil, err
	}
	return []call.Target{ask(c, n, action, context)}, nil
}

func creating(c *call.Call, in *api.CreateTopicInput) ([]call.Target, error) {
	n := TopicName{c.Account(), c.Region, aws.Val(in.Name)}
	context := tag.Of(in.Tags).SetRequest(policy.Context{})
	list := []call.Target{ask(c, n, "CreateTopic", context)}
	if len(in.Tags) > 0 {
		list = append(list, ask(c, n, "TagResource", context))
	}
	return list, nil
}

func tagging(c *call.Call, in *api.TagResourceInput) ([]call.Target, error) {
	return onResource(c, "TagResource", in.ResourceArn, tag.Of(in.Tags).SetRequest(policy.Context{}))
}

func untagging(c *call.Call, in *api.UntagResourceInput) ([]call.Target, error) {
	context := policy.Context{}
	tag.SetKeys(context, in.TagKeys)
	return onResource(c, "UntagResource", in.ResourceArn, context)
}

func subscribing(c *call.Call, in *api.SubscribeInput) ([]call.Target, error) {
	n, err := named(c, "TopicArn", aws.Val(in.TopicArn))
	if err != nil {
		return nil, err
	}
	context := policy.Context{}
	context.Set("sns:Protocol", aws.Val(in.Protocol))
	context.Set("sns:Endpoint", aws.Val(in.Endpoint))
	return []call.Target{ask(c, n, "Subscribe", context)}, nil
}

// confirming needs nothing but the token of who does not sign, and a
// permission of who does. An unsigned call names no region; its topic does.
func confirming(c *call.Call, in *api.ConfirmSubscriptionInput) ([]call.Target, error) {
	n, err := parseTopic("Topic", aws.Val(in.TopicArn))
	if err != nil {
		return nil, invalid("Topic")
	}
	if c.Principal.Type == aws.Anonymous {
		c.Region = n.Region
		note(c, n)
		return nil, nil
	}
	return []call.Target{ask(c, n, "ConfirmSubscription", policy.Context{})}, nil
}

// unsubscribing needs a signature only where the subscription is guarded.
func unsubscribing(c *call.Call, in *api.UnsubscribeInput) ([]call.Target, error) {
	if c.Principal.Type != aws.Anonymous {
		return onSubscription(c, "Unsubscribe", in.SubscriptionArn)
	}
	n, _, err := parseSubscription(aws.Val(in.SubscriptionArn))
	if err != nil {
		return nil, nil // words for it has Unsubscribe
	}
	c.Region = n.Region
	note(c, n)
	sub, err := findSubscription(c.State, c.Time, in.SubscriptionArn)
	if err == nil && sub.Guarded {
		return nil, unauthorized("The subscription %s can be ended by a signed request of its owner or the topic's owner only", sub.ARN())
	}
	return nil, nil
}

// onSubscription needs an action on the topic of a subscription. It is the
// account of the subscription and that of the topic that may be allowed it.
func onSubscription(c *call.Call, action string, arn *string) ([]call.Target, error) {
	n, id, err := parseSubscription(aws.Val(arn))
	if err != nil {
		if action == "Unsubscribe" {
			return nil, nil // words for it has Unsubscribe
		}
		return nil, err
	}
	if n.Region != c.Region {
		return nil, invalid("SubscriptionArn")
	}
	target := ask(c, n, action, policy.Context{})
	target.Policy = nil // a topic's policy says nothing of its subscriptions
	if sub, ok := subscriptions.Get(c.State, n.key()+"/"+id); ok && sub.Owner == c.Account() {
		target.Owner = ""
	}
	return []call.Target{target}, nil
}

func publishing(c *call.Call, in *api.PublishInput) ([]call.Target, error) {
	n, err := destination(c, in)
	if err != nil {
		return nil, err
	}
	return []call.Target{ask(c, n, "Publish", policy.Context{})}, nil
}

func publishingBatch(c *call.Call, in *api.PublishBatchInput) ([]call.Target, error) {
	return onTopic(c, "Publish", in.TopicArn)
}
