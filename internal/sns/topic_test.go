package sns

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

func TestCreateTopic(t *testing.T) {
	f := newFixture(t)
	f.Equal("arn", f.topic("t", nil), topic)
	f.Equal("again", f.topic("t", nil), topic)
	a := f.attributes(topic)
	effective := `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}`
	def := `{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"arn:aws:sns:us-east-1:111111111111:t","Condition":{"StringEquals":{"AWS:SourceOwner":"111111111111"}}}]}`
	f.Equal("attributes", a, map[string]string{
		"TopicArn": topic, "Owner": account, "DisplayName": "", "Policy": def, "EffectiveDeliveryPolicy": effective,
		"SubscriptionsConfirmed": "0", "SubscriptionsPending": "0", "SubscriptionsDeleted": "0",
	})

	fifo := f.topic("o.fifo", map[string]string{"FifoTopic": "true", "ContentBasedDeduplication": "true", "FifoThroughputScope": "MessageGroup", "SignatureVersion": "2", "DisplayName": "d", "TracingConfig": "Active"})
	a = f.attributes(fifo)
	for name, want := range map[string]string{"FifoTopic": "true", "ContentBasedDeduplication": "true", "FifoThroughputScope": "MessageGroup", "SignatureVersion": "2", "DisplayName": "d", "TracingConfig": "Active"} {
		f.Equal(name, a[name], want)
	}
	f.Fails("InvalidParameter: Invalid parameter: Attributes Reason: Topic already exists with different attributes",
		&api.CreateTopicInput{Name: new("o.fifo"), Attributes: map[string]string{"FifoTopic": "true", "DisplayName": "x"}})

	for name, want := range map[string]string{
		"": "Topic Name", "a b": "Topic Name", "x.fifo": "Topic Name", "ö": "Topic Name", strings.Repeat("x", 257): "Topic Name", "a:b": "Topic Name", "a/b": "Topic Name",
	} {
		f.Fails("InvalidParameter: Invalid parameter: "+want, &api.CreateTopicInput{Name: &name})
	}
	const fifoName = "InvalidParameter: Invalid parameter: Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
	for _, name := range []string{"x", ".fifo", "a.b.fifo", strings.Repeat("x", 256) + ".fifo"} {
		f.Fails(fifoName, &api.CreateTopicInput{Name: &name, Attributes: map[string]string{"FifoTopic": "true"}})
	}
	f.Fails("InvalidParameter: Invalid parameter: DataProtectionPolicy Reason: data protection policies are not served here",
		&api.CreateTopicInput{Name: new("p"), DataProtectionPolicy: new("{}")})
}

func TestDeleteTopic(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	sub := f.subscribe(topic, "sqs", queue, nil)
	f.Do(&api.DeleteTopicInput{TopicArn: new(topic)}, &api.DeleteTopicInput{TopicArn: new(topic)})
	f.Fails("NotFound: Topic does not exist", &api.GetTopicAttributesInput{TopicArn: new(topic)})
	f.Fails("NotFound: Subscription does not exist", &api.GetSubscriptionAttributesInput{SubscriptionArn: &sub})
	f.Equal("subscriptions", len(f.Do(&api.ListSubscriptionsInput{}).(*api.ListSubscriptionsOutput).Subscriptions), 0)
}

// Every parameter that names a topic refuses what is none.
func TestTopicArn(t *testing.T) {
	f := newFixture(t)
	for text, want := range map[string]string{
		"":                                     "TopicArn Reason: An ARN must have at least 6 elements, not 1",
		"t":                                    "TopicArn Reason: An ARN must have at least 6 elements, not 1",
		"a:b":                                  "TopicArn Reason: An ARN must have at least 6 elements, not 2",
		"arn:aws:sqs:us-east-1:111111111111:t": "TopicArn",
		"arn:aws:sns:us-east-2:111111111111:t": "TopicArn",
		"arn:aws:sns:us-east-1:1:t":            "TopicArn",
		"arn:aws:sns:us-east-1:111111111111:":  "TopicArn",
		"arn:aws:sns::111111111111:t":          "TopicArn",
		topic + ":x":                           "TopicArn",
		topic + "/x":                           "TopicArn",
		topic + "\x00":                         "TopicArn",
	} {
		for _, in := range []wire.Shape{
			&api.GetTopicAttributesInput{TopicArn: &text}, &api.DeleteTopicInput{TopicArn: &text},
			&api.SetTopicAttributesInput{TopicArn: &text, AttributeName: new("DisplayName")},
			&api.PublishInput{TopicArn: &text, Message: new("m")}, &api.ListSubscriptionsByTopicInput{TopicArn: &text},
			&api.SubscribeInput{TopicArn: &text, Protocol: new("sqs"), Endpoint: new(queue)},
			&api.AddPermissionInput{TopicArn: &text, Label: new("l"), AWSAccountId: []string{other}, ActionName: []string{"Publish"}},
			&api.RemovePermissionInput{TopicArn: &text, Label: new("l")},
		} {
			f.Fails("InvalidParameter: Invalid parameter: "+want, in)
		}
	}
	for _, in := range []wire.Shape{
		&api.GetTopicAttributesInput{TopicArn: new(topic)}, &api.SetTopicAttributesInput{TopicArn: new(topic), AttributeName: new("DisplayName")},
		&api.PublishInput{TopicArn: new(topic), Message: new("m")}, &api.ListSubscriptionsByTopicInput{TopicArn: new(topic)},
		&api.SubscribeInput{TopicArn: new(topic), Protocol: new("sqs"), Endpoint: new(queue)},
		&api.PublishBatchInput{TopicArn: new(topic), PublishBatchRequestEntries: []api.PublishBatchRequestEntry{{Id: new("1"), Message: new("m")}}},
		&api.RemovePermissionInput{TopicArn: new(topic), Label: new("l")},
	} {
		f.Fails("NotFound: Topic does not exist", in)
	}
}

func TestTopicAttributes(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	set := func(name, value string) *api.SetTopicAttributesInput {
		return &api.SetTopicAttributesInput{TopicArn: new(topic), AttributeName: &name, AttributeValue: &value}
	}
	f.Do(set("DisplayName", "d"), set("SignatureVersion", "2"), set("TracingConfig", "PassThrough"), set("KmsMasterKeyId", "alias/k"))
	a := f.attributes(topic)
	f.Equal("display name", a["DisplayName"], "d")
	f.Equal("signature", a["SignatureVersion"], "2")
	f.Equal("key", a["KmsMasterKeyId"], "alias/k")
	f.Do(set("LambdaSuccessFeedbackSampleRate", "0"), set("SQSSuccessFeedbackSampleRate", "5"))
	f.Equal("sample rate", f.attributes(topic)["SQSSuccessFeedbackSampleRate"], "5")
	f.Do(set("KmsMasterKeyId", ""), set("HTTPSuccessFeedbackRoleArn", ""), set("ArchivePolicy", ""))
	if _, ok := f.attributes(topic)["KmsMasterKeyId"]; ok {
		t.Error("the key is still there")
	}
	for _, c := range []struct{ name, value, want string }{
		{"FifoTopic", "true", "AttributeName"},
		{"Owner", other, "AttributeName"},
		{"", "", "AttributeName"},
		{"DisplayName", strings.Repeat("x", 101), "DisplayName Reason: Display name must be at most 100 characters"},
		{"SignatureVersion", "3", "SignatureVersion: Invalid value [3]. Please use either 1 or 2"},
		{"TracingConfig", "x", "TracingConfig: Invalid value [x]. Please use either PassThrough or Active"},
		{"ContentBasedDeduplication", "true", "ContentBasedDeduplication is only supported for FIFO topics"},
		{"ArchivePolicy", "{}", "ArchivePolicy Reason: messages are not archived here"},
		{"SQSFailureFeedbackRoleArn", "arn:aws:iam::111111111111:role/r", "SQSFailureFeedbackRoleArn Reason: the status of deliveries is not logged here"},
		{"LambdaSuccessFeedbackSampleRate", "101", "LambdaSuccessFeedbackSampleRate: Invalid value [101]. Must be a number from 0 to 100"},
		{"Policy", "x", "Policy Error: not JSON: invalid character 'x' looking for beginning of value at byte 0"},
	} {
		f.Fails("InvalidParameter: Invalid parameter: "+c.want, set(c.name, c.value))
	}
	f.Fails("InvalidParameter: Invalid parameter: Attributes Reason: AttributeName",
		&api.CreateTopicInput{Name: new("x"), Attributes: map[string]string{"Nothing": "1"}})
}

func TestTopicPolicy(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	statement := func(text string) *api.SetTopicAttributesInput {
		return &api.SetTopicAttributesInput{TopicArn: new(topic), AttributeName: new("Policy"), AttributeValue: new(`{"Version":"2012-10-17","Statement":` + text + `}`)}
	}
	for text, want := range map[string]string{
		`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}`:                                       "Policy statement action out of service scope!",
		`{"Effect":"Allow","Principal":"*","Action":"SNS:CreateTopic","Resource":"*"}`:                                    "Policy statement action out of service scope!",
		`{"Effect":"Allow","Principal":"*","Action":"SNS:Publish","Resource":["a","b"]}`:                                  "Policy statement must apply to a single resource!",
		`{"Effect":"Allow","Principal":{"AWS":"333333333333"},"Action":"SNS:Publish","Resource":"*"}`:                     "Policy Error: PrincipalNotFound",
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:user/x"},"Action":"SNS:Publish","Resource":"*"}`: "Policy Error: PrincipalNotFound",
		`{"Effect":"Allow","Principal":{"AWS":"x"},"Action":"SNS:Publish","Resource":"*"}`:                                "Policy Error: PrincipalNotFound",
		`{"Effect":"Allow","Action":"SNS:Publish","Resource":"*"}`:                                                        "Policy Error: a statement names no principal",
		`{"Effect":"Allow","Principal":"*","Action":"SNS:Publish","Resource":"` + strings.Repeat("x", policySize) + `"}`:  "Policy Reason: Policy length exceeds the limit of 30720 bytes",
	} {
		f.Fails("InvalidParameter: Invalid parameter: "+want, statement(text))
	}
	f.Do(statement(`[{"Sid":"a","Effect":"Allow","Principal":{"AWS":["222222222222","arn:aws:iam::222222222222:role/r","arn:aws:sts::222222222222:assumed-role/r/s"]},"Action":["sns:Publish","SNS:Sub*"],"Resource":"` + topic + `"}]`))

	f.as(other)
	f.publish(topic, "m")
	f.Equal("owners of the record", f.Last().Owners, []string{account})
	f.Fails("AccessDenied: User: arn:aws:iam::222222222222:user/u is not authorized to perform: SNS:GetTopicAttributes on resource: "+topic+" because no resource-based policy allows the SNS:GetTopicAttributes action",
		&api.GetTopicAttributesInput{TopicArn: new(topic)})
}

// The default policy lets in nobody whom no other policy does.
func TestDefaultPolicy(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	f.Permit(f.Caller)
	f.Fails("AccessDenied: User: arn:aws:iam::111111111111:user/u is not authorized to perform: SNS:Publish on resource: "+topic+" because no identity-based policy allows the SNS:Publish action",
		&api.PublishInput{TopicArn: new(topic), Message: new("m")})
	f.Fails("AccessDenied: User: arn:aws:iam::111111111111:user/u is not authorized to perform: SNS:ListTopics on resource: arn:aws:sns:us-east-1:111111111111:* because no identity-based policy allows the SNS:ListTopics action",
		&api.ListTopicsInput{})
	f.as(other)
	f.Fails("AccessDenied: User: arn:aws:iam::222222222222:user/u is not authorized to perform: SNS:Publish on resource: "+topic+" because no resource-based policy allows the SNS:Publish action",
		&api.PublishInput{TopicArn: new(topic), Message: new("m")})
	nothing := strings.TrimSuffix(topic, "t") + "nothing"
	f.Fails("AccessDenied: User: arn:aws:iam::222222222222:user/u is not authorized to perform: SNS:Publish on resource: "+nothing+" because no resource-based policy allows the SNS:Publish action",
		&api.PublishInput{TopicArn: &nothing, Message: new("m")})
}

func TestPermissions(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	add := func(label string, accounts, actions []string) *api.AddPermissionInput {
		return &api.AddPermissionInput{TopicArn: new(topic), Label: &label, AWSAccountId: accounts, ActionName: actions}
	}
	f.Do(add("l", []string{other}, []string{"Publish"}))
	var doc struct{ Statement []map[string]any }
	if err := json.Unmarshal([]byte(f.attributes(topic)["Policy"]), &doc); err != nil {
		t.Fatal(err)
	}
	f.Equal("statement", doc.Statement[1], map[string]any{
		"Sid": "l", "Effect": "Allow", "Principal": map[string]any{"AWS": otherARN("root")}, "Action": "SNS:Publish", "Resource": topic,
	})
	f.Fails("InvalidParameter: Invalid parameter: Statement already exists", add("l", []string{other}, []string{"Publish"}))
	f.Fails("InvalidParameter: Invalid parameter: Policy statement action out of service scope!", add("m", []string{other}, []string{"Nothing"}))
	f.Fails("InvalidParameter: Invalid parameter: Policy Error: PrincipalNotFound", add("m", []string{"333333333333"}, []string{"Publish"}))
	f.Fails("InvalidParameter: Invalid parameter: Policy Error: PrincipalNotFound", add("m", []string{"*"}, []string{"Publish"}))
	f.Fails("InvalidParameter: Invalid parameter: Label", add("a b", []string{other}, []string{"Publish"}))
	f.Fails("InvalidParameter: Invalid parameter: AWSAccountId", add("m", []string{}, []string{"Publish"}))
	f.as(other)
	f.publish(topic, "m")
	f.as(account)
	f.Do(&api.RemovePermissionInput{TopicArn: new(topic), Label: new("l")}, &api.RemovePermissionInput{TopicArn: new(topic), Label: new("l")})
	f.as(other)
	if _, err := f.Call(&api.PublishInput{TopicArn: new(topic), Message: new("m")}); err == nil {
		t.Error("the permission is still there")
	}
	f.as(account)
	f.Do(&api.RemovePermissionInput{TopicArn: new(topic), Label: new("__default_statement_ID")})
	f.Equal("no policy", f.attributes(topic)["Policy"], "")
	f.Do(add("l", []string{other, account}, []string{"Publish", "Subscribe"}))
}

func otherARN(name string) string { return "arn:aws:iam::" + other + ":" + name }

func TestTags(t *testing.T) {
	f := newFixture(t)
	tag := func(k, v string) api.Tag { return api.Tag{Key: &k, Value: &v} }
	f.Do(&api.CreateTopicInput{Name: new("t"), Tags: []api.Tag{tag("k1", "v1")}})
	f.Fails("InvalidParameter: Invalid parameter: Tags Reason: Topic already exists with different tags",
		&api.CreateTopicInput{Name: new("t"), Tags: []api.Tag{tag("k1", "v1"), tag("k2", "v2")}})
	f.Do(&api.TagResourceInput{ResourceArn: new(topic), Tags: []api.Tag{tag("k2", "v2"), tag("k1", "v")}},
		&api.UntagResourceInput{ResourceArn: new(topic), TagKeys: []string{"k2", "none"}})
	list := f.Do(&api.ListTagsForResourceInput{ResourceArn: new(topic)}).(*api.ListTagsForResourceOutput).Tags
	if len(list) != 1 || *list[0].Key != "k1" || *list[0].Value != "v" {
		t.Errorf("tags: %v", list)
	}
	f.Fails("InvalidParameter: Invalid parameter: Duplicated keys are not allowed.", &api.TagResourceInput{ResourceArn: new(topic), Tags: []api.Tag{tag("a", "1"), tag("a", "2")}})
	f.Fails("InvalidParameter: Invalid parameter: Tag keys that begin with aws: are reserved for system use", &api.TagResourceInput{ResourceArn: new(topic), Tags: []api.Tag{tag("AWS:x", "1")}})
	var many []api.Tag
	for i := range 51 {
		many = append(many, tag(fmt.Sprint(i), ""))
	}
	f.Fails("TagLimitExceeded: Could not complete request: tag quota of per resource exceeded", &api.TagResourceInput{ResourceArn: new(topic), Tags: many})
	none := topic + "x"
	f.Fails("ResourceNotFound: Resource does not exist", &api.TagResourceInput{ResourceArn: &none, Tags: many[:1]})
	f.Fails("ResourceNotFound: Resource does not exist", &api.UntagResourceInput{ResourceArn: &none, TagKeys: []string{"a"}})
	f.Fails("ResourceNotFound: Resource does not exist", &api.ListTagsForResourceInput{ResourceArn: &none})

	// Tags count in conditions, those of the topic and those of the request.
	f.Permit(f.Caller, calltest.Allowing("*"),
		`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"sns:Publish","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/k1":"v"}}}}`,
		`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"sns:TagResource","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/no":"x"}}}}`)
	for _, in := range []wire.Shape{
		&api.PublishInput{TopicArn: new(topic), Message: new("m")}, &api.CreateTopicInput{Name: new("new"), Tags: []api.Tag{tag("no", "x")}},
	} {
		if _, err := f.Call(in); err == nil || !strings.Contains(err.Error(), "explicit deny in an identity-based policy") {
			t.Errorf("%s: %v", in.Describe().Name, err)
		}
	}
}

func TestPages(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	if err := f.Store.Update(t.Context(), func(tx *store.Tx) error {
		for i := range 249 {
			n := TopicName{account, region, fmt.Sprintf("u%03d", i)}
			topics.Put(tx, n.key(), &Topic{TopicName: n})
			s := &Subscription{Topic: TopicName{account, region, "t"}, ID: fmt.Sprintf("%03d", i), Owner: account, Protocol: "sqs"}
			subscriptions.Put(tx, s.key(), s)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	in := &api.ListTopicsInput{}
	var sizes []int
	for {
		out := f.Do(in).(*api.ListTopicsOutput)
		for _, t := range out.Topics {
			seen[*t.TopicArn] = true
		}
		sizes = append(sizes, len(out.Topics))
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	f.Equal("pages", sizes, []int{100, 100, 50})
	f.Equal("topics", len(seen), 250)
	byTopic := &api.ListSubscriptionsByTopicInput{TopicArn: new(topic)}
	for _, want := range []int{100, 100, 49} {
		out := f.Do(byTopic).(*api.ListSubscriptionsByTopicOutput)
		f.Equal("by topic", len(out.Subscriptions), want)
		byTopic.NextToken = out.NextToken
	}
	all := &api.ListSubscriptionsInput{}
	for _, want := range []int{100, 100, 49} {
		out := f.Do(all).(*api.ListSubscriptionsOutput)
		f.Equal("all", len(out.Subscriptions), want)
		all.NextToken = out.NextToken
	}
	f.Fails("InvalidParameter: Invalid parameter: NextToken", &api.ListTopicsInput{NextToken: new("?")})
	f.as(other)
	f.Equal("of another account", len(f.Do(&api.ListTopicsInput{}).(*api.ListTopicsOutput).Topics), 0)
}

func TestTopicLimit(t *testing.T) {
	f := newFixture(t)
	if err := f.Store.Update(t.Context(), func(tx *store.Tx) error {
		for i := range fifoTopics {
			n := TopicName{account, region, fmt.Sprintf("u%d.fifo", i)}
			topics.Put(tx, n.key(), &Topic{TopicName: n})
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	f.Fails("TopicLimitExceeded: You have reached the maximum number of topics in this account.",
		&api.CreateTopicInput{Name: new("x.fifo"), Attributes: map[string]string{"FifoTopic": "true"}})
	f.topic("t", nil)
}
