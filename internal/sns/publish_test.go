package sns

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/record"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

func text(value string) api.MessageAttributeValue {
	return api.MessageAttributeValue{DataType: new("String"), StringValue: &value}
}

func TestPublishToQueue(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	arn := f.subscribe(topic, "sqs", queue, nil)
	raw := "arn:aws:sqs:us-east-1:111111111111:raw"
	f.subscribe(topic, "sqs", raw, map[string]string{"RawMessageDelivery": "true"})
	out := f.Do(&api.PublishInput{
		TopicArn: new(topic), Message: new("<hello> \"wörld\"\n"), Subject: new("s"), MessageGroupId: new("g"),
		MessageAttributes: map[string]api.MessageAttributeValue{
			"b": {DataType: new("Binary"), BinaryValue: []byte{2, 3, 4}}, "a.n": {DataType: new("Number"), StringValue: new("111")},
		},
	}).(*api.PublishOutput)
	if out.SequenceNumber != nil || len(*out.MessageId) != 36 {
		t.Errorf("%+v", out)
	}
	var e map[string]any
	body := f.bodies(queue)[0]
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		t.Fatal(err)
	}
	signature, cert := e["Signature"].(string), e["SigningCertURL"].(string)
	want := fmt.Sprintf(`{
  "Type" : "Notification",
  "MessageId" : "%s",
  "TopicArn" : "%s",
  "Subject" : "s",
  "Message" : "<hello> \"wörld\"\n",
  "Timestamp" : "2026-01-31T02:00:00.123Z",
  "SignatureVersion" : "1",
  "Signature" : "%s",
  "SigningCertURL" : "%s",
  "UnsubscribeURL" : "https://sns.example.com/?Action=Unsubscribe&SubscriptionArn=%s",
  "MessageAttributes" : {
    "a.n" : {"Type":"Number","Value":"111"},
    "b" : {"Type":"Binary","Value":"AgME"}
  }
}`, *out.MessageId, topic, signature, cert, arn)
	f.Equal("envelope", body, want)
	f.Equal("group", f.queues.sent[queue][0].GroupID, "g")
	f.Equal("no attributes beside the envelope", len(f.queues.sent[queue][0].Attributes), 0)
	f.Equal("raw", f.queues.sent[raw][0], QueueMessage{
		Body: "<hello> \"wörld\"\n", GroupID: "g",
		Attributes: map[string]Attribute{"b": {Type: "Binary", Bytes: []byte{2, 3, 4}}, "a.n": {Type: "Number", Text: "111"}},
	})
	f.Equal("source", f.queues.from[queue], call.Source{Service: "sns.amazonaws.com", ARN: topic, Account: account})
}

func TestPublishRefusals(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	f.subscribe(topic, "sqs", queue, nil)
	attribute := func(name, kind, value string) map[string]api.MessageAttributeValue {
		return map[string]api.MessageAttributeValue{name: {DataType: &kind, StringValue: &value}}
	}
	for _, c := range []struct {
		in   *api.PublishInput
		want string
	}{
		{&api.PublishInput{Message: new("m")}, "InvalidParameter: Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"},
		{&api.PublishInput{Message: new("m"), PhoneNumber: new("+15550100")}, "InvalidParameter: Invalid parameter: PhoneNumber Reason: SMS is not served here"},
		{&api.PublishInput{Message: new("m"), TargetArn: new("arn:aws:sns:us-east-1:111111111111:endpoint/GCM/a/b")}, "InvalidParameter: Invalid parameter: TargetArn Reason: endpoints of mobile platforms are not served here"},
		{&api.PublishInput{Message: new("m"), TargetArn: new("x")}, "InvalidParameter: Invalid parameter: TargetArn Reason: An ARN must have at least 6 elements, not 1"},
		{&api.PublishInput{Message: new("")}, "InvalidParameter: Invalid parameter: Empty message"},
		{&api.PublishInput{Message: new("\xff")}, "InvalidParameter: Invalid parameter: Message Reason: it must be UTF-8"},
		{&api.PublishInput{Message: new(strings.Repeat("x", messageSize+1))}, "InvalidParameter: Invalid parameter: Message too long"},
		{&api.PublishInput{Message: new(strings.Repeat("x", messageSize-9)), MessageAttributes: attribute("abc", "String", "d")}, "InvalidParameter: Invalid parameter: Message too long"},
		{&api.PublishInput{Message: new("m"), Subject: new("")}, "InvalidParameter: Invalid parameter: Subject"},
		{&api.PublishInput{Message: new("m"), Subject: new("a\nb")}, "InvalidParameter: Invalid parameter: Subject"},
		{&api.PublishInput{Message: new("m"), Subject: new(" a")}, "InvalidParameter: Invalid parameter: Subject"},
		{&api.PublishInput{Message: new("m"), Subject: new(strings.Repeat("x", 101))}, "InvalidParameter: Invalid parameter: Subject"},
		{&api.PublishInput{Message: new("m"), MessageStructure: new("xml")}, "InvalidParameter: Invalid parameter: MessageStructure"},
		{&api.PublishInput{Message: new("m"), MessageStructure: new("json")}, "InvalidParameter: Invalid parameter: Message Structure - JSON message body failed to parse"},
		{&api.PublishInput{Message: new(`["default"]`), MessageStructure: new("json")}, "InvalidParameter: Invalid parameter: Message Structure - JSON message body failed to parse"},
		{&api.PublishInput{Message: new(`{"default":"a","default":"b"}`), MessageStructure: new("json")}, "InvalidParameter: Invalid parameter: Message Structure - JSON message body failed to parse"},
		{&api.PublishInput{Message: new(`{"default":"a"} {}`), MessageStructure: new("json")}, "InvalidParameter: Invalid parameter: Message Structure - JSON message body failed to parse"},
		{&api.PublishInput{Message: new(`{"default":1,"sqs":"x"}`), MessageStructure: new("json")}, "InvalidParameter: Invalid parameter: Message Structure - No default entry in JSON message body"},
		{&api.PublishInput{Message: new("m"), MessageDeduplicationId: new("d")}, "InvalidParameter: Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type"},
		{&api.PublishInput{Message: new("m"), MessageGroupId: new("a b")}, "InvalidParameter: Invalid parameter: MessageGroupId Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."},
		{&api.PublishInput{Message: new("m"), MessageAttributes: attribute("a", "String", "")}, "ParameterValueInvalid: The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'."},
		{&api.PublishInput{Message: new("m"), MessageAttributes: attribute("a", "Strong", "x")}, "ParameterValueInvalid: The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."},
		{&api.PublishInput{Message: new("m"), MessageAttributes: attribute("a", "String.", "x")}, "ParameterValueInvalid: The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."},
		{&api.PublishInput{Message: new("m"), MessageAttributes: attribute("a", "Binary", "x")}, "ParameterValueInvalid: The message attribute 'a' with type 'Binary' must use field 'Binary'."},
		{&api.PublishInput{Message: new("m"), MessageAttributes: map[string]api.MessageAttributeValue{"a": {DataType: new("Number"), BinaryValue: []byte("1")}}}, "ParameterValueInvalid: The message attribute 'a' with type 'Number' must use field 'String'."},
		{&api.PublishInput{Message: new("m"), MessageAttributes: attribute("a", "Number", "x")}, "ParameterValueInvalid: Could not cast message attribute 'a' value to number."},
		{&api.PublishInput{Message: new("m"), MessageAttributes: attribute("a", "Number", "0x1p2")}, "ParameterValueInvalid: Could not cast message attribute 'a' value to number."},
		{&api.PublishInput{Message: new("m"), MessageAttributes: attribute(".a", "String", "x")}, "ParameterValueInvalid: Invalid message attribute name starting with character '.' was found."},
		{&api.PublishInput{Message: new("m"), MessageAttributes: attribute("a.", "String", "x")}, "ParameterValueInvalid: Invalid message attribute name ending with character '.' was found."},
		{&api.PublishInput{Message: new("m"), MessageAttributes: attribute("a..b", "String", "x")}, "ParameterValueInvalid: Message attribute name can not have successive '.' character."},
		{&api.PublishInput{Message: new("m"), MessageAttributes: attribute("a!b", "String", "x")}, "ParameterValueInvalid: Invalid non-alphanumeric character '#x21' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots."},
		{&api.PublishInput{Message: new("m"), MessageAttributes: attribute(strings.Repeat("a", 257), "String", "x")}, "ParameterValueInvalid: Length of message attribute name must be less than 256 bytes."},
	} {
		if c.in.TargetArn == nil && !strings.Contains(c.want, "TopicArn or TargetArn") {
			c.in.TopicArn = new(topic)
		}
		f.Fails(c.want, c.in)
	}
	f.Equal("sent", len(f.queues.sent), 0)
	f.Do(&api.PublishInput{TargetArn: new(topic), Message: new(strings.Repeat("x", messageSize)), Subject: new(strings.Repeat("ö", 100))})
}

func TestStructure(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	f.subscribe(topic, "sqs", queue, map[string]string{"RawMessageDelivery": "true"})
	f.subscribe(topic, "sqs", dead, map[string]string{"RawMessageDelivery": "true", "FilterPolicyScope": "MessageBody", "FilterPolicy": `{"a":[1]}`})
	for body, want := range map[string]string{
		`{"default":"d"}`: "d", `{"default":"d","sqs":"q"}`: "q", `{"default":"d","http":"h","sqs":7}`: "d", `{"default":"","x":{"y":[]}}`: "",
	} {
		f.queues.sent = map[string][]QueueMessage{}
		f.Do(&api.PublishInput{TopicArn: new(topic), Message: &body, MessageStructure: new("json")})
		f.Equal(body, f.bodies(queue), []string{want})
		f.Equal("filtered", len(f.bodies(dead)), 0)
	}
	f.Do(&api.PublishInput{TopicArn: new(topic), Message: new(`{"default":"d","sqs":"{\"a\":1}"}`), MessageStructure: new("json")})
	f.Equal("the filter sees the text of its protocol", f.bodies(dead), []string{`{"a":1}`})
}

func TestFilters(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	arn := f.subscribe(topic, "sqs", queue, map[string]string{"RawMessageDelivery": "true", "FilterPolicy": `{"store":["a",{"prefix":"b"}],"price":[{"numeric":[">",10]}]}`})
	number := func(v string) api.MessageAttributeValue {
		return api.MessageAttributeValue{DataType: new("Number.int"), StringValue: &v}
	}
	send := func(attributes map[string]api.MessageAttributeValue, body string) bool {
		f.queues.sent = map[string][]QueueMessage{}
		f.Do(&api.PublishInput{TopicArn: new(topic), Message: &body, MessageAttributes: attributes})
		return len(f.queues.sent[queue]) == 1
	}
	for name, c := range map[string]struct {
		attributes map[string]api.MessageAttributeValue
		want       bool
	}{
		"both":        {map[string]api.MessageAttributeValue{"store": text("a"), "price": number("11")}, true},
		"prefix":      {map[string]api.MessageAttributeValue{"store": text("bc"), "price": number("11")}, true},
		"a list":      {map[string]api.MessageAttributeValue{"store": {DataType: new("String.Array"), StringValue: new(`["x","a"]`)}, "price": number("11")}, true},
		"too cheap":   {map[string]api.MessageAttributeValue{"store": text("a"), "price": number("10")}, false},
		"one missing": {map[string]api.MessageAttributeValue{"store": text("a")}, false},
		"none":        {nil, false},
		"binary":      {map[string]api.MessageAttributeValue{"store": {DataType: new("Binary"), BinaryValue: []byte("a")}, "price": number("11")}, false},
	} {
		f.Equal(name, send(c.attributes, "m"), c.want)
	}
	set := func(name, value string) *api.SetSubscriptionAttributesInput {
		return &api.SetSubscriptionAttributesInput{SubscriptionArn: &arn, AttributeName: &name, AttributeValue: &value}
	}
	f.Do(set("FilterPolicyScope", "MessageBody"), set("FilterPolicy", `{"a":{"b":[1]}}`))
	f.Equal("body", send(nil, `{"a":{"b":1}}`), true)
	f.Equal("another body", send(nil, `{"a":{"b":2}}`), false)
	f.Equal("no JSON", send(nil, `hello`), false)
	if _, err := f.Call(set("FilterPolicyScope", "MessageAttributes")); err == nil || !strings.Contains(err.Error(), "does not support nested filter policy") {
		t.Errorf("nested policy for attributes: %v", err)
	}
	for _, value := range []string{"{", "[]", `{"a":"b"}`, `{"a":[]}`, `{"a":[{"prefx":"b"}]}`} {
		if _, err := f.Call(set("FilterPolicy", value)); err == nil || !strings.HasPrefix(err.Error(), "InvalidParameter: Invalid parameter: FilterPolicy: ") {
			t.Errorf("%s: %v", value, err)
		}
		in := &api.SubscribeInput{TopicArn: new(topic), Protocol: new("sqs"), Endpoint: new(dead), Attributes: map[string]string{"FilterPolicy": value}}
		if _, err := f.Call(in); err == nil || !strings.HasPrefix(err.Error(), "InvalidParameter: Invalid parameter: Attributes Reason: FilterPolicy: ") {
			t.Errorf("%s: %v", value, err)
		}
	}
}

// What a queue does not take goes to the dead-letter queue as it is.
func TestDeadLetters(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	f.subscribe(topic, "sqs", queue, map[string]string{"RawMessageDelivery": "true", "RedrivePolicy": `{"deadLetterTargetArn":"` + dead + `"}`})
	f.queues.refuses[queue] = aws.Errorf("AccessDenied", "no")
	f.Do(&api.PublishInput{TopicArn: new(topic), Message: new("m"), MessageAttributes: map[string]api.MessageAttributeValue{"a": text("b")}})
	f.Equal("dead letters", f.queues.sent[dead], []QueueMessage{{Body: "m", Attributes: map[string]Attribute{"a": {Type: "String", Text: "b"}}}})
	f.queues.refuses[dead] = aws.Errorf("AccessDenied", "no")
	f.publish(topic, "m") // lost, and nobody else with it
}

func TestFIFO(t *testing.T) {
	f := newFixture(t)
	fifo := f.topic("o.fifo", map[string]string{"FifoTopic": "true"})
	to := queue + ".fifo"
	f.subscribe(fifo, "sqs", to, nil)
	f.subscribe(fifo, "sqs", dead, map[string]string{"RawMessageDelivery": "true"})
	in := func(group, id string) *api.PublishInput {
		in := &api.PublishInput{TopicArn: &fifo, Message: new("m")}
		if group != "" {
			in.MessageGroupId = &group
		}
		if id != "" {
			in.MessageDeduplicationId = &id
		}
		return in
	}
	f.Fails("InvalidParameter: Invalid parameter: The MessageGroupId parameter is required for FIFO topics", in("", "d"))
	f.Fails("InvalidParameter: Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly", in("g", ""))
	f.Fails("InvalidParameter: Invalid parameter: MessageDeduplicationId Reason: MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length.", in("g", strings.Repeat("x", 129)))

	first := f.Do(in("g", "d")).(*api.PublishOutput)
	again := f.Do(in("h", "d")).(*api.PublishOutput)
	f.Equal("recognized", *again.MessageId+*again.SequenceNumber, *first.MessageId+*first.SequenceNumber)
	f.Equal("number", *first.SequenceNumber, "10000000000000001000")
	f.Equal("sent once", len(f.queues.sent[to]), 1)
	m := f.queues.sent[to][0]
	f.Equal("order", m.GroupID+"/"+m.Deduplication, "g/d")
	var e map[string]any
	if err := json.Unmarshal([]byte(m.Body), &e); err != nil {
		t.Fatal(err)
	}
	f.Equal("number", e["SequenceNumber"], any("10000000000000001000"))
	if e["Signature"] != nil || e["SigningCertURL"] != nil {
		t.Error("a message of a FIFO topic is signed")
	}
	f.Equal("a standard queue keeps no order", f.queues.sent[dead][0], QueueMessage{Body: "m"})

	f.Clock.Advance(repetition)
	third := f.Do(in("g", "d")).(*api.PublishOutput)
	if *third.SequenceNumber <= *first.SequenceNumber {
		t.Errorf("%s after %s", *third.SequenceNumber, *first.SequenceNumber)
	}

	set := func(name, value string) *api.SetTopicAttributesInput {
		return &api.SetTopicAttributesInput{TopicArn: &fifo, AttributeName: &name, AttributeValue: &value}
	}
	f.Do(set("ContentBasedDeduplication", "true"), set("FifoThroughputScope", "MessageGroup"))
	f.queues.sent = map[string][]QueueMessage{}
	f.Do(in("g", ""), in("g", ""), in("h", ""))
	f.Equal("once for each group", len(f.queues.sent[to]), 2)
	sum := sha256.Sum256([]byte("m"))
	f.Equal("id of the content", f.queues.sent[to][0].Deduplication, hex.EncodeToString(sum[:]))

	f.Clock.Advance(repetition + time.Second)
	f.Update(func(tx *store.Tx) error { Prune(tx, f.Clock.Now()); return nil })
	for key := range published.Scan(f.Store.View(), "") {
		t.Errorf("%s is still there", key)
	}
}

func TestBatch(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	f.subscribe(topic, "sqs", queue, map[string]string{"RawMessageDelivery": "true"})
	entry := func(id, body string) api.PublishBatchRequestEntry {
		return api.PublishBatchRequestEntry{Id: &id, Message: &body}
	}
	batch := func(entries ...api.PublishBatchRequestEntry) *api.PublishBatchInput {
		return &api.PublishBatchInput{TopicArn: new(topic), PublishBatchRequestEntries: entries}
	}
	bad := entry("s", "m")
	bad.Subject = new("a\nb")
	out := f.Do(batch(entry("1", "a"), entry("e", ""), bad, entry("2", "b"))).(*api.PublishBatchOutput)
	f.Equal("sent", f.bodies(queue), []string{"a", "b"})
	f.Equal("successful", []string{*out.Successful[0].Id, *out.Successful[1].Id}, []string{"1", "2"})
	f.Equal("failed", []string{*out.Failed[0].Id, *out.Failed[0].Code, *out.Failed[0].Message, *out.Failed[1].Id, *out.Failed[1].Message},
		[]string{"e", "InvalidParameter", "Invalid parameter: Empty message", "s", "Invalid parameter: Subject"})
	f.Equal("sender's fault", *out.Failed[0].SenderFault, true)

	var eleven []api.PublishBatchRequestEntry
	for i := range 11 {
		eleven = append(eleven, entry(fmt.Sprint(i), "m"))
	}
	wrong := entry("1", "m")
	wrong.MessageAttributes = map[string]api.MessageAttributeValue{"a": text("")}
	structured := entry("1", "m")
	structured.MessageStructure = new("json")
	half := strings.Repeat("x", messageSize/2+1)
	for _, c := range []struct {
		in   *api.PublishBatchInput
		want string
	}{
		{&api.PublishBatchInput{TopicArn: new(topic), PublishBatchRequestEntries: []api.PublishBatchRequestEntry{}}, "EmptyBatchRequest: The batch request doesn't contain any entries."},
		{batch(eleven...), "TooManyEntriesInBatchRequest: The batch request contains more entries than permissible."},
		{batch(entry("1", "a"), entry("1", "b")), "BatchEntryIdsNotDistinct: Two or more batch entries in the request have the same Id."},
		{batch(entry("a b", "a")), "InvalidBatchEntryId: The Id of a batch entry in the batch request contains an impermissible character: a b"},
		{batch(entry(strings.Repeat("x", 81), "a")), "InvalidBatchEntryId: The Id of a batch entry in the batch request is too long: " + strings.Repeat("x", 81)},
		{batch(entry("1", half), entry("2", half)), "BatchRequestTooLong: The length of all the messages put together is more than the limit."},
		{batch(entry("0", "m"), wrong), "ParameterValueInvalid: The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'."},
		{batch(structured), "InvalidParameter: Invalid parameter: Message Structure - JSON message body failed to parse"},
	} {
		f.Fails(c.want, c.in)
	}
	fifo := f.topic("o.fifo", map[string]string{"FifoTopic": "true"})
	f.Fails("InvalidParameter: Invalid parameter: The MessageGroupId parameter is required for FIFO topics",
		&api.PublishBatchInput{TopicArn: &fifo, PublishBatchRequestEntries: eleven[:1]})
	ordered := []api.PublishBatchRequestEntry{entry("1", "a"), entry("2", "b")}
	for i := range ordered {
		ordered[i].MessageGroupId, ordered[i].MessageDeduplicationId = new("g"), ordered[i].Id
	}
	out = f.Do(&api.PublishBatchInput{TopicArn: &fifo, PublishBatchRequestEntries: ordered}).(*api.PublishBatchOutput)
	f.Equal("numbers", *out.Successful[0].SequenceNumber < *out.Successful[1].SequenceNumber, true)
	f.Equal("sent", len(f.bodies(queue)), 2)
}

func TestEncryptedTopic(t *testing.T) {
	f := newFixture(t)
	f.topic("t", map[string]string{"KmsMasterKeyId": "k"})
	in := &api.PublishInput{TopicArn: new(topic), Message: new("m")}
	allow := *calltest.Policy(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":["kms:GenerateDataKey*","kms:Decrypt"],"Resource":"*"}}`)
	f.keys.policy = &allow
	f.Do(in, &api.PublishBatchInput{TopicArn: new(topic), PublishBatchRequestEntries: []api.PublishBatchRequestEntry{{Id: new("1"), Message: new("m")}}})
	f.Equal("context", f.keys.context, map[string]string{"aws:sns:topicArn": topic})
	f.Equal("via", f.keys.via, "sns.us-east-1.amazonaws.com")

	less := *calltest.Policy(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"kms:GenerateDataKey*","Resource":"*"}}`)
	f.keys.policy = &less
	f.Fails("KMSAccessDenied: User: arn:aws:iam::111111111111:user/u is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:111111111111:key/k because no resource-based policy allows the kms:Decrypt action", in)
	for code, want := range map[string]string{
		"NotFoundException": "KMSNotFound", "DisabledException": "KMSDisabled", "KMSInvalidStateException": "KMSInvalidState",
		"AccessDeniedException": "KMSAccessDenied", "InvalidKeyUsageException": "KMSInvalidState",
	} {
		f.keys.refuses["kms:GenerateDataKey"] = aws.Errorf(code, "why")
		f.Fails(want+": why", in)
	}
	f.topic("managed", map[string]string{"KmsMasterKeyId": "alias/aws/sns"})
	f.Do(&api.SetTopicAttributesInput{TopicArn: new(topic), AttributeName: new("KmsMasterKeyId"), AttributeValue: new("arn:aws:kms:us-east-1:111111111111:alias/aws/sns")})
	f.Equal("keys that were made", f.keys.managed, []string{"111111111111 us-east-1 sns", "111111111111 us-east-1 sns"})
	f.service.Keys = nil
	f.Fails("KMSNotFound: There are no keys here", in)
}

func TestPublishAsService(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	f.subscribe(topic, "sqs", queue, map[string]string{"RawMessageDelivery": "true"})
	trail := "arn:aws:cloudtrail:us-east-1:111111111111:trail/x"
	from := call.Source{Service: "cloudtrail.amazonaws.com", ARN: trail, Account: account}
	publish := func(arn string, m Message) (refused *aws.Error) {
		err := f.Store.Update(t.Context(), func(tx *store.Tx) error {
			if refused = f.service.PublishAsService(tx, f.Clock.Now(), arn, from, m); refused != nil {
				return refused
			}
			return nil
		})
		if refused == nil && err != nil {
			t.Fatal(err)
		}
		if may := f.service.MayPublish(f.Store.View(), f.Clock.Now(), arn, from); m.Body != "" && (may == nil) != (refused == nil) {
			t.Errorf("MayPublish: %v, and %v", may, refused)
		}
		return refused
	}
	const denied = "AuthorizationError: User: cloudtrail.amazonaws.com is not authorized to perform: SNS:Publish on resource: " + topic + " because no resource-based policy allows the SNS:Publish action"
	f.Equal("default policy", publish(topic, Message{Body: "m"}).Error(), denied)
	policy := func(condition string) {
		f.Do(&api.SetTopicAttributesInput{TopicArn: new(topic), AttributeName: new("Policy"), AttributeValue: new(`{"Version":"2012-10-17","Statement":[{"Sid":"AWSCloudTrailSNSPolicy20131101","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"SNS:Publish","Resource":"` + topic + `","Condition":` + condition + `}]}`)})
	}
	policy(`{"StringEquals":{"aws:SourceArn":"` + trail + `x"}}`)
	f.Equal("another trail", publish(topic, Message{Body: "m"}).Error(), denied)
	policy(`{"StringEquals":{"aws:SourceArn":"` + trail + `","aws:SourceAccount":"` + account + `"}}`)
	if refused := publish(topic, Message{Body: "m"}); refused != nil {
		t.Fatal(refused)
	}
	f.Equal("sent", f.bodies(queue), []string{"m"})
	f.Equal("empty", publish(topic, Message{}).Error(), "InvalidParameter: Invalid parameter: Empty message")
	f.Equal("no topic", publish(topic+"x", Message{Body: "m"}).Error(), "NotFound: Topic does not exist")
	f.Equal("no ARN", publish("x", Message{Body: "m"}).Code, "InvalidParameter")

	f.Do(&api.SetTopicAttributesInput{TopicArn: new(topic), AttributeName: new("KmsMasterKeyId"), AttributeValue: new("k")})
	f.Equal("encrypted", publish(topic, Message{Body: "m"}).Code, "KMSAccessDenied")
	allow := *calltest.Policy(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["kms:GenerateDataKey*","kms:Decrypt"],"Resource":"*"}}`)
	f.keys.policy = &allow
	if refused := publish(topic, Message{Body: "m"}); refused != nil {
		t.Fatal(refused)
	}
}

// Records tell of messages that they were there, also when they were refused.
func TestRecord(t *testing.T) {
	f := newFixture(t)
	f.topic("t", nil)
	recorded := func(in wire.Shape) (request string, resources string) {
		out, err := f.Call(in)
		o := record.Outcome{In: in, Time: f.Clock.Now()}
		if err != nil {
			o.Err = err.(*aws.Error)
		} else {
			o.Out = out.(wire.Shape)
		}
		var r struct {
			RequestParameters, Resources json.RawMessage
		}
		if err := json.Unmarshal(record.Call(f.Last(), o, record.Copy{Account: account, EventID: "e"}), &r); err != nil {
			t.Fatal(err)
		}
		return string(r.RequestParameters), string(r.Resources)
	}
	wantResources := `[{"accountId":"111111111111","type":"AWS::SNS::Topic","ARN":"` + topic + `"}]`
	request, resources := recorded(&api.PublishInput{TopicArn: new(topic), Message: new("secret"), Subject: new("secret"), MessageAttributes: map[string]api.MessageAttributeValue{"secret": text("secret")}})
	f.Equal("request", request, `{"topicArn":"`+topic+`","message":"HIDDEN_DUE_TO_SECURITY_REASONS","subject":"HIDDEN_DUE_TO_SECURITY_REASONS","messageAttributes":"HIDDEN_DUE_TO_SECURITY_REASONS"}`)
	f.Equal("resources", resources, wantResources)
	request, resources = recorded(&api.PublishBatchInput{TopicArn: new(topic), PublishBatchRequestEntries: []api.PublishBatchRequestEntry{{Id: new("1"), Message: new("secret")}}})
	f.Equal("request", request, `{"topicArn":"`+topic+`","publishBatchRequestEntries":[{"id":"1","message":"HIDDEN_DUE_TO_SECURITY_REASONS"}]}`)
	f.Equal("resources", resources, wantResources)
	f.Permit(f.Caller)
	request, _ = recorded(&api.PublishInput{TopicArn: new(topic), Message: new("secret")})
	f.Equal("refused", request, `{"topicArn":"`+topic+`","message":"HIDDEN_DUE_TO_SECURITY_REASONS"}`)
}

func FuzzReadTexts(f *testing.F) {
	f.Add(`{"default":"d","sqs":"q"}`)
	f.Add(`{"default":{"x":[1,null]},"a":"b"}`)
	f.Fuzz(func(t *testing.T, body string) {
		texts, err := readTexts(body)
		var want map[string]any
		if err == nil && json.Unmarshal([]byte(body), &want) != nil {
			t.Fatalf("%q is no JSON", body)
		}
		for name, text := range texts {
			if want[name] != text {
				t.Fatalf("%q: %q is %q, not %q", body, name, text, want[name])
			}
		}
	})
}

func FuzzMessage(f *testing.F) {
	f.Add("m", "s", "a", "String", "x", "json", "g", "d")
	f.Fuzz(func(t *testing.T, body, subject, name, kind, value, structure, group, id string) {
		m, err := newMessage(&body, &subject, &structure, &group, &id, map[string]api.MessageAttributeValue{name: {DataType: &kind, StringValue: &value, BinaryValue: []byte(value)}})
		if err != nil {
			return
		}
		for _, topic := range []*Topic{{TopicName: TopicName{account, region, "t"}}, {TopicName: TopicName{account, region, "t.fifo"}}} {
			if m.check(topic) != nil || m.split() != nil {
				continue
			}
			e := envelope{Type: notification, MessageID: "id", Topic: topic.TopicName, Subject: m.Subject, Message: m.textFor("sqs"), Attributes: m.Attributes}
			var read struct {
				Subject, Message  string
				MessageAttributes map[string]struct{ Type, Value string }
			}
			if err := json.Unmarshal([]byte(e.text(&Subscription{}, "")), &read); err != nil {
				t.Fatal(err)
			}
			if read.Subject != m.Subject || read.Message != m.textFor("sqs") || read.MessageAttributes[name].Type != kind {
				t.Fatalf("%+v", read)
			}
		}
	})
}
