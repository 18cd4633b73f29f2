package sns

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

// tokenOf is the token in the last message of a queue or, without one, of the
// outbox.
func (f *fixture) tokenOf(queue string) string {
	f.Helper()
	var bodies []string
	if queue != "" {
		bodies = f.bodies(queue)
	} else {
		for _, d := range f.entries() {
			bodies = append(bodies, d.Body)
		}
	}
	if len(bodies) == 0 {
		f.Fatal("no message")
	}
	var e struct{ Token string }
	if err := json.Unmarshal([]byte(bodies[len(bodies)-1]), &e); err != nil || len(e.Token) != 288 {
		f.Fatalf("token %q, %v", e.Token, err)
	}
	return e.Token
}

func confirm(token string) *api.ConfirmSubscriptionInput {
	return &api.ConfirmSubscriptionInput{TopicArn: new(topic), Token: &token}
}

func TestSubscribeQueue(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	arn := f.subscribe(topic, "sqs", queue, map[string]string{"RawMessageDelivery": "True"})
	if !regexp.MustCompile("^" + topic + ":[0-9a-f-]{36}$").MatchString(arn) {
		t.Error(arn)
	}
	f.Equal("again", f.subscribe(topic, "sqs", queue, nil), arn)
	f.Equal("attributes", f.settings(arn), map[string]string{
		"SubscriptionArn": arn, "TopicArn": topic, "Owner": account, "SubscriptionPrincipal": "arn:aws:iam::111111111111:user/u",
		"Protocol": "sqs", "Endpoint": queue, "PendingConfirmation": "false", "ConfirmationWasAuthenticated": "true", "RawMessageDelivery": "true",
	})
	f.Fails("InvalidParameter: Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
		&api.SubscribeInput{TopicArn: new(topic), Protocol: new("sqs"), Endpoint: new(queue), Attributes: map[string]string{"RawMessageDelivery": "false"}})
	list := f.Do(&api.ListSubscriptionsByTopicInput{TopicArn: new(topic)}).(*api.ListSubscriptionsByTopicOutput).Subscriptions
	if len(list) != 1 || *list[0].SubscriptionArn != arn || *list[0].Owner != account || *list[0].Protocol != "sqs" || *list[0].Endpoint != queue {
		t.Errorf("%+v", list)
	}
	f.Equal("confirmed", f.attributes(topic)["SubscriptionsConfirmed"], "1")
	f.Do(&api.UnsubscribeInput{SubscriptionArn: &arn}, &api.UnsubscribeInput{SubscriptionArn: &arn})
	f.Equal("deleted", f.attributes(topic)["SubscriptionsDeleted"], "1")
}

func TestSubscribeRefusals(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	fifo := f.topic("o.fifo", map[string]string{"FifoTopic": "true"})
	for _, c := range []struct{ topic, protocol, endpoint, want string }{
		{topic, "email", "a@example.com", "Protocol Reason: subscriptions by email are not served here; those by sqs, http and https are"},
		{topic, "sms", "+15550100", "Protocol Reason: subscriptions by sms are not served here; those by sqs, http and https are"},
		{topic, "lambda", "arn:aws:lambda:us-east-1:111111111111:function:f", "Protocol Reason: subscriptions by lambda are not served here; those by sqs, http and https are"},
		{topic, "firehose", "x", "Protocol Reason: subscriptions by firehose are not served here; those by sqs, http and https are"},
		{topic, "application", "x", "Protocol Reason: subscriptions by application are not served here; those by sqs, http and https are"},
		{topic, "carrier-pigeon", "x", "Amazon SNS does not support this protocol string: carrier-pigeon"},
		{topic, "sqs", "", "Endpoint"},
		{topic, "sqs", "https://sqs.us-east-1.amazonaws.com/111111111111/q", "SQS endpoint ARN"},
		{topic, "sqs", "arn:aws:sqs:us-east-1:111111111111:a/b", "SQS endpoint ARN"},
		{topic, "sqs", queue + ".fifo", "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"},
		{topic, "http", "https://example.com", "Endpoint must match the specified protocol"},
		{topic, "https", "http://example.com", "Endpoint must match the specified protocol"},
		{topic, "https", "https://", "Endpoint must match the specified protocol"},
		{topic, "https", "https://:80/", "Endpoint must match the specified protocol"},
		{topic, "https", "https://exa mple.com/", "Endpoint must match the specified protocol"},
		{topic, "https", "https://example.com/" + strings.Repeat("x", maxURL), "Endpoint must match the specified protocol"},
		{fifo, "https", hook, "Invalid parameter: Endpoint Reason: FIFO topics deliver to SQS queues only"},
	} {
		f.Fails("InvalidParameter: Invalid parameter: "+c.want, &api.SubscribeInput{TopicArn: &c.topic, Protocol: &c.protocol, Endpoint: &c.endpoint})
	}
	f.subscribe(fifo, "sqs", queue+".fifo", nil)
	f.subscribe(fifo, "sqs", queue, nil) // a standard queue may listen, too
}

func TestSubscriptionAttributes(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	fifo := f.topic("o.fifo", map[string]string{"FifoTopic": "true"})
	toQueue, toHook, toFIFO := f.subscribe(topic, "sqs", queue, nil), f.subscribe(topic, "https", hook, nil), f.subscribe(fifo, "sqs", queue+".fifo", nil)
	for _, c := range []struct{ subscription, name, value, want string }{
		{toQueue, "Nothing", "", "AttributeName"},
		{toQueue, "RawMessageDelivery", "yes", "RawMessageDelivery: Invalid value [yes]. Must be true or false."},
		{toQueue, "FilterPolicyScope", "x", "FilterPolicyScope: Invalid value [x]. Please use either MessageBody or MessageAttributes"},
		{toQueue, "DeliveryPolicy", "{}", "DeliveryPolicy: only HTTP and HTTPS subscriptions have a delivery policy"},
		{toHook, "DeliveryPolicy", `{"x":1}`, `DeliveryPolicy: json: unknown field "x"`},
		{toQueue, "ReplayPolicy", "{}", "ReplayPolicy Reason: messages are not archived here"},
		{toQueue, "SubscriptionRoleArn", "x", "SubscriptionRoleArn Reason: subscriptions by firehose are not served here"},
		{toQueue, "RedrivePolicy", "x", "RedrivePolicy: failed to parse JSON."},
		{toQueue, "RedrivePolicy", `{"deadLetterTargetArn":"x"}`, "RedrivePolicy: deadLetterTargetArn is an invalid arn"},
		{toQueue, "RedrivePolicy", `{"deadLetterTargetArn":"` + foreign + `"}`, "RedrivePolicy: the dead-letter queue must be in the account and the region of the subscription"},
		{toQueue, "RedrivePolicy", `{"deadLetterTargetArn":"` + dead + `.fifo"}`, "RedrivePolicy: a standard topic cannot use a FIFO queue as DLQ."},
		{toFIFO, "RedrivePolicy", `{"deadLetterTargetArn":"` + dead + `"}`, "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic."},
	} {
		f.Fails("InvalidParameter: Invalid parameter: "+c.want, &api.SetSubscriptionAttributesInput{SubscriptionArn: &c.subscription, AttributeName: &c.name, AttributeValue: &c.value})
	}
	set := func(sub, name, value string) *api.SetSubscriptionAttributesInput {
		return &api.SetSubscriptionAttributesInput{SubscriptionArn: &sub, AttributeName: &name, AttributeValue: &value}
	}
	f.Do(set(toQueue, "RedrivePolicy", `{"deadLetterTargetArn":"`+dead+`"}`), set(toQueue, "FilterPolicy", `{"a":["b"]}`))
	a := f.settings(toQueue)
	f.Equal("redrive", a["RedrivePolicy"], `{"deadLetterTargetArn":"`+dead+`"}`)
	f.Equal("filter", a["FilterPolicy"]+a["FilterPolicyScope"], `{"a":["b"]}MessageAttributes`)
	f.Do(set(toQueue, "FilterPolicyScope", "MessageBody"))
	f.Equal("scope", f.settings(toQueue)["FilterPolicyScope"], "MessageBody")
	f.Do(set(toQueue, "FilterPolicy", "{}"), set(toQueue, "RedrivePolicy", ""))
	a = f.settings(toQueue)
	if a["FilterPolicy"]+a["FilterPolicyScope"]+a["RedrivePolicy"] != "" {
		t.Errorf("%v", a)
	}
	for _, arn := range []string{topic + ":x", topic + ":"} {
		if _, err := f.Call(&api.GetSubscriptionAttributesInput{SubscriptionArn: &arn}); err == nil {
			t.Error(arn)
		}
	}
	f.Fails("InvalidParameter: Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1", &api.GetSubscriptionAttributesInput{SubscriptionArn: new("x")})
	f.Fails("InvalidParameter: Invalid parameter: SubscriptionArn Reason: An ARN must have at least 7 elements, not 6", &api.GetSubscriptionAttributesInput{SubscriptionArn: new(topic)})
	f.Fails("InvalidParameter: Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1", &api.UnsubscribeInput{SubscriptionArn: new("x")})
	f.Fails("InvalidParameter: Invalid parameter: SubscriptionId", &api.UnsubscribeInput{SubscriptionArn: new(topic)})
	f.Region = "us-east-2"
	f.Fails("InvalidParameter: Invalid parameter: SubscriptionArn", &api.UnsubscribeInput{SubscriptionArn: &toQueue})
}

// An HTTP endpoint agrees with the token that it was sent, and nobody needs to
// sign for that, nor for the end.
func TestConfirmHook(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	out := f.Do(&api.SubscribeInput{TopicArn: new(topic), Protocol: new("https"), Endpoint: new(hook)}).(*api.SubscribeOutput)
	f.Equal("arn", *out.SubscriptionArn, "pending confirmation")
	list := f.Do(&api.ListSubscriptionsInput{}).(*api.ListSubscriptionsOutput).Subscriptions
	f.Equal("listed", *list[0].SubscriptionArn, "PendingConfirmation")
	f.Equal("pending", f.attributes(topic)["SubscriptionsPending"], "1")
	f.publish(topic, "too early")
	f.Equal("entries", len(f.entries()), 1)
	first := f.tokenOf("")
	arn := f.subscribe(topic, "https", hook, nil) // asks once more
	token := f.tokenOf("")
	f.Fails("InvalidParameter: Invalid parameter: Token", confirm(first))
	f.Fails("InvalidParameter: Invalid parameter: SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation", &api.UnsubscribeInput{SubscriptionArn: &arn})

	f.unsigned()
	f.Region = "eu-west-1" // of the server; the topic's counts
	f.Fails("InvalidParameter: Invalid parameter: Token", confirm("x"))
	f.Fails("InvalidParameter: Invalid parameter: Topic", &api.ConfirmSubscriptionInput{TopicArn: new("x"), Token: &token})
	f.Fails("InvalidParameter: Invalid parameter: Topic", &api.ConfirmSubscriptionInput{TopicArn: new(strings.Replace(topic, "east-1", "east-2", 1)), Token: &token})
	f.Fails("AuthorizationError: AuthenticateOnUnsubscribe can be asked for in a signed request only",
		&api.ConfirmSubscriptionInput{TopicArn: new(topic), Token: &token, AuthenticateOnUnsubscribe: new("true")})
	for range 2 {
		f.Equal("arn", *f.Do(confirm(token)).(*api.ConfirmSubscriptionOutput).SubscriptionArn, arn)
	}
	f.Equal("owner of the record", f.Last().Owners, []string{account})
	f.Equal("region of the record", f.Last().Region, region)
	f.as(account)
	f.Region = region
	a := f.settings(arn)
	f.Equal("confirmed", a["PendingConfirmation"]+a["ConfirmationWasAuthenticated"], "falsefalse")

	before := len(f.entries())
	f.publish(topic, "m")
	f.Equal("published", len(f.entries()), before+1)
	f.unsigned()
	f.Do(&api.UnsubscribeInput{SubscriptionArn: &arn})
	entries := f.entries()
	f.Equal("what waited is dropped", len(entries), 1)
	f.Equal("the last word", entries[0].Type, "UnsubscribeConfirmation")

	// The endpoint may have it back, for a while.
	token = f.tokenOf("")
	f.Equal("revived", *f.Do(confirm(token)).(*api.ConfirmSubscriptionOutput).SubscriptionArn, arn)
	f.as(account)
	f.Equal("revived", f.settings(arn)["PendingConfirmation"], "false")
	f.Do(&api.UnsubscribeInput{SubscriptionArn: &arn})
	f.Equal("its owner ends it without a word", len(f.entries()), 0)
}

func TestGuarded(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	arn := f.subscribe(topic, "https", hook, nil)
	in := confirm(f.tokenOf(""))
	in.AuthenticateOnUnsubscribe = new("true")
	f.Do(in)
	f.Equal("authenticated", f.settings(arn)["ConfirmationWasAuthenticated"], "true")
	end := &api.UnsubscribeInput{SubscriptionArn: &arn}
	f.unsigned()
	f.Fails("AuthorizationError: The subscription "+arn+" can be ended by a signed request of its owner or the topic's owner only", end)
	f.as(other)
	f.Fails("AccessDenied: User: arn:aws:iam::222222222222:user/u is not authorized to perform: SNS:Unsubscribe on resource: "+topic+" because no resource-based policy allows the SNS:Unsubscribe action", end)
	f.as(account)
	f.Do(end)
}

// A queue of another account agrees by the message that it gets, or by its
// owner's subscribing.
func TestForeignQueue(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	f.Do(&api.AddPermissionInput{TopicArn: new(topic), Label: new("l"), AWSAccountId: []string{other}, ActionName: []string{"Subscribe", "ConfirmSubscription"}})
	pending := f.subscribe(topic, "sqs", foreign, nil)
	f.Equal("pending", f.settings(pending)["PendingConfirmation"], "true")
	f.Equal("from", f.queues.from[foreign].ARN+f.queues.from[foreign].Service, topic+"sns.amazonaws.com")
	f.as(other)
	f.Equal("confirmed", *f.Do(confirm(f.tokenOf(foreign))).(*api.ConfirmSubscriptionOutput).SubscriptionArn, pending)
	f.as(account)
	f.Do(&api.UnsubscribeInput{SubscriptionArn: &pending})

	f.subscribe(topic, "sqs", foreign, nil)
	f.as(other)
	arn := f.subscribe(topic, "sqs", foreign, nil)
	a := f.settings(arn)
	f.Equal("confirmed by subscribing", a["PendingConfirmation"]+a["Owner"], "false"+other)
	f.as(account)
	f.Equal("the topic's owner sees it", f.settings(arn)["Owner"], other)
	f.Equal("one subscription", len(f.Do(&api.ListSubscriptionsByTopicInput{TopicArn: new(topic)}).(*api.ListSubscriptionsByTopicOutput).Subscriptions), 1)
}

// A queue that takes no message never learns its token; subscribing goes on.
func TestForeignQueueRefuses(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	f.queues.refuses[foreign] = aws.Errorf("AccessDenied", "no")
	arn := f.subscribe(topic, "sqs", foreign, nil)
	f.Equal("pending", f.settings(arn)["PendingConfirmation"], "true")
}

func TestTokenLapses(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	arn := f.subscribe(topic, "https", hook, nil)
	token := f.tokenOf("")
	f.Clock.Advance(tokenLife + time.Second)
	f.Fails("InvalidParameter: Invalid parameter: Token", confirm(token))
	f.Fails("NotFound: Subscription does not exist", &api.GetSubscriptionAttributesInput{SubscriptionArn: &arn})
	f.Equal("listed", len(f.Do(&api.ListSubscriptionsInput{}).(*api.ListSubscriptionsOutput).Subscriptions), 0)
	f.Equal("pending", f.attributes(topic)["SubscriptionsPending"], "0")
	if !Stale(f.Store.View(), f.Clock.Now()) {
		t.Error("nothing to prune")
	}
	f.Update(func(tx *store.Tx) error { Prune(tx, f.Clock.Now()); return nil })
	if Stale(f.Store.View(), f.Clock.Now()) {
		t.Error("not pruned")
	}
	if again := f.subscribe(topic, "https", hook, nil); again == arn {
		t.Error("the lapsed subscription lives")
	}
}

func TestPasswordIsNotShown(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	arn := f.subscribe(topic, "https", "https://ada:secret@example.com/x?y", nil)
	f.Equal("endpoint", f.settings(arn)["Endpoint"], "https://ada:****@example.com/x?y")
}

func TestConditionsOfSubscribe(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	f.Permit(f.Caller, calltest.Allowing("*"),
		`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"sns:Subscribe","Resource":"*","Condition":{"StringEquals":{"sns:Protocol":"http"}}}}`,
		`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"sns:Subscribe","Resource":"*","Condition":{"StringLike":{"sns:Endpoint":"*bad*"}}}}`)
	for _, in := range []*api.SubscribeInput{
		{TopicArn: new(topic), Protocol: new("http"), Endpoint: new("http://example.com")},
		{TopicArn: new(topic), Protocol: new("https"), Endpoint: new("https://bad.example.com")},
	} {
		if _, err := f.Call(in); aws.CodeOf(err) != aws.AccessDenied {
			t.Errorf("%s: %v", *in.Endpoint, err)
		}
	}
	f.subscribe(topic, "https", hook, nil)
}

func TestSubscriptionLimits(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	fifo := f.topic("o.fifo", map[string]string{"FifoTopic": "true"})
	filter, _ := readFilter("", `{"a":["b"]}`, false)
	f.Update(func(tx *store.Tx) error {
		for range filtersOfTopic {
			s := &Subscription{Topic: TopicName{account, region, "t"}, ID: aws.UUID(), Owner: account, Filter: filter}
			subscriptions.Put(tx, s.key(), s)
		}
		for range fifoSubscriptions {
			s := &Subscription{Topic: TopicName{account, region, "o.fifo"}, ID: aws.UUID(), Owner: account}
			subscriptions.Put(tx, s.key(), s)
		}
		return nil
	})
	f.Fails("SubscriptionLimitExceeded: You have reached the maximum number of subscriptions for this topic.",
		&api.SubscribeInput{TopicArn: &fifo, Protocol: new("sqs"), Endpoint: new(queue)})
	f.Fails("FilterPolicyLimitExceeded: You have reached the maximum number of filter policies.",
		&api.SubscribeInput{TopicArn: new(topic), Protocol: new("sqs"), Endpoint: new(queue), Attributes: map[string]string{"FilterPolicy": `{"a":["b"]}`}})
	arn := f.subscribe(topic, "sqs", queue, nil)
	f.Fails("FilterPolicyLimitExceeded: You have reached the maximum number of filter policies.",
		&api.SetSubscriptionAttributesInput{SubscriptionArn: &arn, AttributeName: new("FilterPolicy"), AttributeValue: new(`{"a":["b"]}`)})
}
