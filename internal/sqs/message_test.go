package sqs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

func TestSendReceiveDelete(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs")
	out := do[api.SendMessageOutput](f, &api.SendMessageInput{
		QueueUrl: url, MessageBody: new("test"), MessageGroupId: new("tenant"),
		MessageAttributes: map[string]api.MessageAttributeValue{"Foo": {DataType: new("String"), StringValue: new("Bar")}},
		MessageSystemAttributes: map[string]api.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: new("String"), StringValue: new("Root=1-5759e988-bd862e3fe1be46a994272793")},
		},
	})
	f.Equal("digest of the body", *out.MD5OfMessageBody, "098f6bcd4621d373cade4e832627b4f6")
	f.Equal("digest of attributes", *out.MD5OfMessageAttributes, "ae7155c6026991b6d54b11589678bf9c")
	f.Equal("digest of system attributes", out.MD5OfMessageSystemAttributes != nil, true)
	f.Equal("no number", out.SequenceNumber, (*string)(nil))
	f.Equal("count", f.count(url), [3]string{"1", "0", "0"})

	f.Clock.Advance(2 * time.Second)
	list := f.receive(url, 10)
	f.Equal("how many", len(list), 1)
	m := list[0]
	f.Equal("message", []string{*m.MessageId, *m.Body, *m.MD5OfBody, *m.MD5OfMessageAttributes}, []string{*out.MessageId, "test", *out.MD5OfMessageBody, *out.MD5OfMessageAttributes})
	f.Equal("system attributes", m.Attributes, map[string]string{
		"SenderId": account, "SentTimestamp": "1769824800000", "ApproximateReceiveCount": "1",
		"ApproximateFirstReceiveTimestamp": "1769824802000", "MessageGroupId": "tenant",
		"AWSTraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793",
	})
	f.Equal("attribute", *m.MessageAttributes["Foo"].StringValue, "Bar")
	f.Equal("count", f.count(url), [3]string{"0", "1", "0"})
	f.Equal("hidden", f.bodies(url), []string{})
	f.delete(url, m, m)
	f.Equal("count", f.count(url), [3]string{"0", "0", "0"})
	f.Clock.Advance(time.Hour)
	f.Equal("gone", f.bodies(url), []string{})
	kept, err := f.Store.Load(t.Context(), contents, "")
	f.Equal("heap", [2]any{len(kept), err}, [2]any{0, error(nil)})
}

func TestVisibility(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs", "VisibilityTimeout", "10")
	f.send(url, "a")
	first := f.receive(url, 1)[0]
	f.Clock.Advance(9999 * time.Millisecond)
	f.Equal("hidden", f.bodies(url), []string{})
	f.Clock.Advance(time.Millisecond)
	second := f.receive(url, 1)[0]
	f.Equal("count", second.Attributes["ApproximateReceiveCount"], "2")
	f.Equal("first", second.Attributes["ApproximateFirstReceiveTimestamp"], first.Attributes["ApproximateFirstReceiveTimestamp"])
	f.Equal("handles differ", *first.ReceiptHandle != *second.ReceiptHandle, true)

	hide := func(m api.Message, seconds int32) *api.ChangeMessageVisibilityInput {
		return &api.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: &seconds}
	}
	f.Fails("MessageNotInflight: The specified message isn't in flight.", hide(first, 5))
	f.delete(url, first) // says yes, and does nothing
	f.Equal("in flight", f.count(url), [3]string{"0", "1", "0"})
	f.Do(hide(second, 20))
	f.Clock.Advance(19 * time.Second)
	f.Equal("still hidden", f.bodies(url), []string{})
	f.Do(hide(second, 0))
	f.Equal("count", f.count(url), [3]string{"1", "0", "0"})
	f.Do(hide(second, 30)) // nobody has received it since
	f.Equal("hidden again", f.bodies(url), []string{})
	f.Fails("InvalidParameterValue: Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].", hide(second, 43200))
	f.Fails("InvalidParameterValue: Value 43201 for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.", hide(second, 43201))
	f.Fails("InvalidParameterValue", hide(second, -1))
	f.Fails("ReceiptHandleIsInvalid: The input receipt handle \"x\" is not a valid receipt handle.", hide(api.Message{ReceiptHandle: new("x")}, 1))
	f.Fails("MissingParameter: The request must contain the parameter VisibilityTimeout.", &api.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: second.ReceiptHandle})
	f.delete(url, second)
	f.Fails("InvalidParameterValue", hide(second, 1))

	f.send(url, "b")
	f.Equal("a look", *f.receives(&api.ReceiveMessageInput{QueueUrl: url, VisibilityTimeout: new(int32(0))})[0].Body, "b")
	f.Equal("is no taking", f.count(url), [3]string{"1", "0", "0"})
}

// receives receives messages.
func (f *fixture) receives(in *api.ReceiveMessageInput) []api.Message {
	f.Helper()
	return do[api.ReceiveMessageOutput](f, in).Messages
}

func TestReceiptHandles(t *testing.T) {
	f := newFixture(t)
	url, another := f.queue("jobs"), f.queue("jobs2")
	f.send(url, "a")
	h := *f.receive(url, 1)[0].ReceiptHandle
	for _, bad := range []string{"x", h + "x", h[:len(h)-4], h[:10] + "AAAA" + h[14:], "!"} {
		f.Fails("ReceiptHandleIsInvalid: The input receipt handle \""+bad+"\" is not a valid receipt handle.", &api.DeleteMessageInput{QueueUrl: url, ReceiptHandle: &bad})
	}
	f.Fails("ReceiptHandleIsInvalid", &api.DeleteMessageInput{QueueUrl: another, ReceiptHandle: &h})
	f.Fails("MissingParameter: The request must contain the parameter ReceiptHandle.", &api.DeleteMessageInput{QueueUrl: url, ReceiptHandle: new("")})
	f.Fails("MissingParameter: The request must contain the parameter ReceiptHandle.", &api.DeleteMessageInput{QueueUrl: url})
	f.Equal("still there", f.count(url), [3]string{"0", "1", "0"})
}

func TestDelay(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs", "DelaySeconds", "10")
	f.send(url, "queue")
	f.Do(&api.SendMessageInput{QueueUrl: url, MessageBody: new("own"), DelaySeconds: new(int32(5))},
		&api.SendMessageInput{QueueUrl: url, MessageBody: new("none"), DelaySeconds: new(int32(0))})
	f.Equal("count", f.count(url), [3]string{"1", "0", "2"})
	f.Equal("now", f.bodies(url), []string{"none"})
	f.Clock.Advance(5 * time.Second)
	f.Equal("after five seconds", f.bodies(url), []string{"own"})
	f.set(url, "DelaySeconds", "0")
	f.Equal("a standard queue's delay is the message's", f.bodies(url), []string{})
	f.Clock.Advance(5 * time.Second)
	f.Equal("after ten seconds", f.bodies(url), []string{"queue"})
	f.Fails("InvalidParameterValue: Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
		&api.SendMessageInput{QueueUrl: url, MessageBody: new("x"), DelaySeconds: new(int32(901))})
	f.Fails("InvalidParameterValue", &api.SendMessageInput{QueueUrl: url, MessageBody: new("x"), DelaySeconds: new(int32(-1))})
}

// TestRetention: messages expire by themselves, whether or not anybody has
// swept.
func TestRetention(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs", "MessageRetentionPeriod", "60")
	f.send(url, "a")
	f.Clock.Advance(30 * time.Second)
	f.send(url, "b")
	f.Clock.Advance(30 * time.Second)
	f.Equal("the younger one", f.bodies(url), []string{"b"})
	f.Equal("left", messages.Len(f.Store.View()), 1)
	f.Clock.Advance(time.Minute)
	f.advance()
	f.Equal("none left", messages.Len(f.Store.View()), 0)
	f.send(url, "c")
	f.Clock.Advance(61 * time.Second)
	f.set(url, "MessageRetentionPeriod", "600")
	f.Equal("kept for longer", f.bodies(url), []string{"c"})
}

func TestSendRefused(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs", "MaximumMessageSize", "1024")
	fifo := f.queue("jobs.fifo")
	attribute := func(name, kind, value string) map[string]api.MessageAttributeValue {
		return map[string]api.MessageAttributeValue{name: {DataType: &kind, StringValue: &value}}
	}
	many := map[string]api.MessageAttributeValue{}
	for i := range 11 {
		many[fmt.Sprint(i)] = api.MessageAttributeValue{DataType: new("String"), StringValue: new("x")}
	}
	body := new("x")
	const characters = "InvalidMessageContents: Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
	for _, c := range []struct {
		want string
		in   *api.SendMessageInput
	}{
		{"MissingParameter: The request must contain the parameter MessageBody.", &api.SendMessageInput{QueueUrl: url}},
		{"MissingParameter: The request must contain the parameter MessageBody.", &api.SendMessageInput{QueueUrl: url, MessageBody: new("")}},
		{"MissingParameter: The request must contain the parameter QueueUrl.", &api.SendMessageInput{MessageBody: body}},
		{"InvalidParameterValue: One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.", &api.SendMessageInput{QueueUrl: url, MessageBody: new(strings.Repeat("x", 1025))}},
		{"InvalidParameterValue: One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.", &api.SendMessageInput{QueueUrl: url, MessageBody: new(strings.Repeat("x", 1018)), MessageAttributes: attribute("a", "String", "b")}},
		{characters, &api.SendMessageInput{QueueUrl: url, MessageBody: new("a\x01b")}},
		{characters, &api.SendMessageInput{QueueUrl: url, MessageBody: new("\uFFFE")}},
		{characters, &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageAttributes: attribute("a", "String", "\x02")}},
		{"InvalidParameterValue: Number of message attributes [11] exceeds the allowed maximum [10].", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageAttributes: many}},
		{"InvalidParameterValue: Message (user) attribute 'a' must contain a non-empty value of type 'String'.", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageAttributes: attribute("a", "String", "")}},
		{"InvalidParameterValue: Message (user) attribute 'a' must contain a non-empty value of type 'Binary'.", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageAttributes: attribute("a", "Binary", "x")}},
		{"InvalidParameterValue: Message (user) attribute 'a' must contain a non-empty attribute type.", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageAttributes: attribute("a", "", "x")}},
		{"InvalidParameterValue: The type of message (user) attribute 'a' is invalid. You must use only the following supported type prefixes: Binary, Number, String.", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageAttributes: attribute("a", "Date", "x")}},
		{"InvalidParameterValue: Can't cast the value of message (user) attribute 'a' to a number.", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageAttributes: attribute("a", "Number.int", "1x")}},
		{"InvalidParameterValue", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageAttributes: attribute("a", "Number", "Infinity")}},
		{"InvalidParameterValue", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageAttributes: attribute("a b", "String", "x")}},
		{"InvalidParameterValue", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageAttributes: attribute(".a", "String", "x")}},
		{"InvalidParameterValue", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageAttributes: attribute("a..b", "String", "x")}},
		{"InvalidParameterValue", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageAttributes: attribute(strings.Repeat("a", 257), "String", "x")}},
		{"InvalidParameterValue: You can't use message attribute names beginning with 'AWS.' or 'Amazon.' because these strings are reserved for internal use.", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageAttributes: attribute("aWs.x", "String", "x")}},
		{"UnsupportedOperation: Message attribute list values in SendMessage operation are not supported.", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageAttributes: map[string]api.MessageAttributeValue{"a": {DataType: new("String"), StringListValues: []string{"x"}}}}},
		{"InvalidParameterValue: Message system attribute name 'X' is invalid.", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageSystemAttributes: map[string]api.MessageSystemAttributeValue{"X": {DataType: new("String"), StringValue: body}}}},
		{"InvalidParameterValue: The type of message (system) attribute 'AWSTraceHeader' must be String.", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageSystemAttributes: map[string]api.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: new("Number"), StringValue: new("1")}}}},
		{"InvalidParameterValue: Value d for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type.", &api.SendMessageInput{QueueUrl: url, MessageBody: body, MessageDeduplicationId: new("d")}},
		{"MissingParameter: The request must contain the parameter MessageGroupId.", &api.SendMessageInput{QueueUrl: fifo, MessageBody: body, MessageDeduplicationId: new("d")}},
		{"InvalidParameterValue: The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly", &api.SendMessageInput{QueueUrl: fifo, MessageBody: body, MessageGroupId: new("g")}},
		{"InvalidParameterValue: Value g g for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.", &api.SendMessageInput{QueueUrl: fifo, MessageBody: body, MessageGroupId: new("g g")}},
		{"InvalidParameterValue", &api.SendMessageInput{QueueUrl: fifo, MessageBody: body, MessageGroupId: new("g"), MessageDeduplicationId: new(strings.Repeat("d", 129))}},
		{"InvalidParameterValue: Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.", &api.SendMessageInput{QueueUrl: fifo, MessageBody: body, MessageGroupId: new("g"), MessageDeduplicationId: new("d"), DelaySeconds: new(int32(2))}},
	} {
		f.Fails(c.want, c.in)
	}
	f.Equal("nothing was sent", messages.Len(f.Store.View()), 0)
	f.Do(&api.SendMessageInput{QueueUrl: url, MessageBody: new(strings.Repeat("x", 1024))},
		&api.SendMessageInput{QueueUrl: url, MessageBody: new("\t\r\n<&> \U0001F600"), MessageAttributes: attribute("a-b_c.d", "Number", "-1.5e38")})
}

func TestReceiveRefused(t *testing.T) {
	f := newFixture(t)
	url, fifo := f.queue("jobs"), f.queue("jobs.fifo")
	for _, c := range []struct {
		want string
		in   *api.ReceiveMessageInput
	}{
		{"InvalidParameterValue: Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.", &api.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: new(int32(11))}},
		{"InvalidParameterValue", &api.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: new(int32(0))}},
		{"InvalidParameterValue: Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200, if provided.", &api.ReceiveMessageInput{QueueUrl: url, VisibilityTimeout: new(int32(43201))}},
		{"InvalidParameterValue: Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.", &api.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: new(int32(21))}},
		{"InvalidParameterValue: Value a for parameter ReceiveRequestAttemptId is invalid. Reason: The request include parameter that is not valid for this queue type.", &api.ReceiveMessageInput{QueueUrl: url, ReceiveRequestAttemptId: new("a")}},
		{"InvalidParameterValue", &api.ReceiveMessageInput{QueueUrl: fifo, ReceiveRequestAttemptId: new("a b")}},
		{"InvalidAttributeName: Unknown Attribute Colour.", &api.ReceiveMessageInput{QueueUrl: url, AttributeNames: []string{"Colour"}}},
		{"InvalidAttributeName: Unknown Attribute Colour.", &api.ReceiveMessageInput{QueueUrl: url, MessageSystemAttributeNames: []string{"Colour"}}},
		{"QueueDoesNotExist", &api.ReceiveMessageInput{QueueUrl: new("nobody")}},
	} {
		f.Fails(c.want, c.in)
	}
}

// TestAttributeDigests compares with digests that AWS has made.
func TestAttributeDigests(t *testing.T) {
	text := func(s string) Attribute { return Attribute{DataType: "String", StringValue: s} }
	for want, attributes := range map[string]map[string]Attribute{
		"4c360f3fdafd970e05fae2f149d997f5": {"Hello": text("There"), "General": text("Kenobi"), "Help.Me": text("Me")},
		"fca026605781cb4126a1e9044df24232": {"Hello": text("There"), "General": text("Kenobi")},
		"a311262e065454b75da111d535b8dacd": {"Hello": text("There")},
		"83fee93c1bcd8b9a5a923ffacdc636c7": {"Hello": text("There"), "Help.Me": text("Me")},
		"8cbe4db156db8a94db8b801b7addb984": {"attr1": {DataType: "Binary", BinaryValue: []byte("traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01")}},
	} {
		if got := md5OfAttributes(attributes); *got != want {
			t.Errorf("%v: %s, want %s", attributes, *got, want)
		}
	}
	if md5OfAttributes(nil) != nil {
		t.Error("no attributes have a digest")
	}
}

func TestPickAttributes(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs", "VisibilityTimeout", "0")
	f.Do(&api.SendMessageInput{QueueUrl: url, MessageBody: new("msg"), MessageAttributes: map[string]api.MessageAttributeValue{
		"Hello": {DataType: new("String"), StringValue: new("There")}, "Help.Me": {DataType: new("String"), StringValue: new("Me")},
		"General": {DataType: new("String.x"), StringValue: new("Kenobi")}, "Raw": {DataType: new("Binary"), BinaryValue: []byte{0, 255}},
	}})
	for _, c := range []struct{ wanted, want string }{
		{"", ""}, {"All", "General Hello Help.Me Raw"}, {".*", "General Hello Help.Me Raw"}, {"*", "General Hello Help.Me Raw"},
		{"Hello nobody", "Hello"}, {"nobody", ""}, {"Help.*", "Help.Me"}, {"Hel*", "Hello Help.Me"}, {"hello", ""},
	} {
		m := f.receives(&api.ReceiveMessageInput{QueueUrl: url, MessageAttributeNames: strings.Fields(c.wanted)})[0]
		var names []string
		for name := range m.MessageAttributes {
			names = append(names, name)
		}
		slices.Sort(names)
		f.Equal(c.wanted, strings.Join(names, " "), c.want)
		f.Equal("digest of "+c.wanted, m.MD5OfMessageAttributes != nil, c.want != "")
		if c.wanted == "All" {
			f.Equal("binary", m.MessageAttributes["Raw"].BinaryValue, []byte{0, 255})
			f.Equal("type", *m.MessageAttributes["General"].DataType, "String.x")
		}
	}
	m := f.receives(&api.ReceiveMessageInput{QueueUrl: url, AttributeNames: []string{"SenderId"}})[0]
	f.Equal("one system attribute", m.Attributes, map[string]string{"SenderId": account})
	f.Equal("none", f.receives(&api.ReceiveMessageInput{QueueUrl: url})[0].Attributes, map[string]string(nil))
}

func TestBatches(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs", "MaximumMessageSize", "1024")
	entry := func(id, body string) api.SendMessageBatchRequestEntry {
		return api.SendMessageBatchRequestEntry{Id: &id, MessageBody: &body}
	}
	late := entry("late", "x")
	late.DelaySeconds = new(int32(901))
	out := do[api.SendMessageBatchOutput](f, &api.SendMessageBatchInput{QueueUrl: url, Entries: []api.SendMessageBatchRequestEntry{
		entry("a", "A"), entry("long", strings.Repeat("x", 1025)), entry("odd", "\x01"), late, entry("b", "B"), entry("empty", ""),
	}})
	f.Equal("sent", []string{*out.Successful[0].Id, *out.Successful[1].Id}, []string{"a", "b"})
	var refused []string
	for _, e := range out.Failed {
		refused = append(refused, *e.Id+" "+*e.Code)
		f.Equal("fault", *e.SenderFault, true)
	}
	f.Equal("refused", refused, []string{"long InvalidParameterValue", "odd InvalidMessageContents", "late InvalidParameterValue", "empty MissingParameter"})
	f.Equal("none failed", do[api.SendMessageBatchOutput](f, &api.SendMessageBatchInput{QueueUrl: url, Entries: []api.SendMessageBatchRequestEntry{entry("c", "C")}}).Failed, []api.BatchResultErrorEntry{})

	list := f.receive(url, 10)
	texts := bodiesOf(list)
	slices.Sort(texts)
	f.Equal("received", texts, []string{"A", "B", "C"})
	hidden := do[api.ChangeMessageVisibilityBatchOutput](f, &api.ChangeMessageVisibilityBatchInput{QueueUrl: url, Entries: []api.ChangeMessageVisibilityBatchRequestEntry{
		{Id: new("a"), ReceiptHandle: list[0].ReceiptHandle, VisibilityTimeout: new(int32(0))},
		{Id: new("b"), ReceiptHandle: list[1].ReceiptHandle, VisibilityTimeout: new(int32(43201))},
		{Id: new("c"), ReceiptHandle: new("x")},
	}})
	f.Equal("hidden", *hidden.Successful[0].Id, "a")
	f.Equal("not hidden", []string{*hidden.Failed[0].Code, *hidden.Failed[1].Code}, []string{"InvalidParameterValue", "ReceiptHandleIsInvalid"})
	f.Equal("count", f.count(url), [3]string{"1", "2", "0"})
	gone := do[api.DeleteMessageBatchOutput](f, &api.DeleteMessageBatchInput{QueueUrl: url, Entries: []api.DeleteMessageBatchRequestEntry{
		{Id: new("a"), ReceiptHandle: list[0].ReceiptHandle}, {Id: new("b"), ReceiptHandle: new("x")}, {Id: new("c"), ReceiptHandle: list[2].ReceiptHandle},
	}})
	f.Equal("deleted", [2]int{len(gone.Successful), len(gone.Failed)}, [2]int{2, 1})
	f.Equal("count", f.count(url), [3]string{"0", "1", "0"})
}

func TestBatchesRefused(t *testing.T) {
	f := newFixture(t)
	url, fifo := f.queue("jobs"), f.queue("jobs.fifo")
	const badID = "InvalidBatchEntryId: A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."
	ids := func(list ...string) (all []wire.Shape) {
		var send []api.SendMessageBatchRequestEntry
		var gone []api.DeleteMessageBatchRequestEntry
		var hide []api.ChangeMessageVisibilityBatchRequestEntry
		for i := range list {
			send = append(send, api.SendMessageBatchRequestEntry{Id: &list[i], MessageBody: new("x")})
			gone = append(gone, api.DeleteMessageBatchRequestEntry{Id: &list[i], ReceiptHandle: new("x")})
			hide = append(hide, api.ChangeMessageVisibilityBatchRequestEntry{Id: &list[i], ReceiptHandle: new("x")})
		}
		if send == nil {
			send, gone, hide = []api.SendMessageBatchRequestEntry{}, []api.DeleteMessageBatchRequestEntry{}, []api.ChangeMessageVisibilityBatchRequestEntry{}
		}
		return []wire.Shape{
			&api.SendMessageBatchInput{QueueUrl: url, Entries: send}, &api.DeleteMessageBatchInput{QueueUrl: url, Entries: gone},
			&api.ChangeMessageVisibilityBatchInput{QueueUrl: url, Entries: hide},
		}
	}
	for want, batches := range map[string][]wire.Shape{
		"EmptyBatchRequest": ids(),
		badID:               slices.Concat(ids(""), ids("invalid:id"), ids(strings.Repeat("x", 81))),
		"BatchEntryIdsNotDistinct: Id a repeated.":                                                      ids("a", "b", "a"),
		"TooManyEntriesInBatchRequest: Maximum number of entries per request are 10. You have sent 11.": ids(strings.Split("a b c d e f g h i j k", " ")...),
	} {
		for _, in := range batches {
			f.Fails(want, in)
		}
	}
	f.Fails("EmptyBatchRequest: There should be at least one SendMessageBatchRequestEntry in the request.", &api.SendMessageBatchInput{QueueUrl: url, Entries: []api.SendMessageBatchRequestEntry{}})
	half := strings.Repeat("x", largestMessage/2)
	f.Fails("BatchRequestTooLong: Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.", &api.SendMessageBatchInput{QueueUrl: url, Entries: []api.SendMessageBatchRequestEntry{
		{Id: new("a"), MessageBody: &half}, {Id: new("b"), MessageBody: new(half + "x")},
	}})
	f.Fails("InvalidParameterValue: The request must contain the parameter MessageGroupId.", &api.SendMessageBatchInput{QueueUrl: fifo, Entries: []api.SendMessageBatchRequestEntry{
		{Id: new("a"), MessageBody: new("x"), MessageDeduplicationId: new("d")},
	}})
	f.Fails("InvalidParameterValue: The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly", &api.SendMessageBatchInput{QueueUrl: fifo, Entries: []api.SendMessageBatchRequestEntry{
		{Id: new("a"), MessageBody: new("x"), MessageGroupId: new("g")},
	}})
	f.Equal("nothing was sent", messages.Len(f.Store.View()), 0)
}

// TestTooManyInFlight fills a queue's flight.
func TestTooManyInFlight(t *testing.T) {
	defer func(n int) { maxInFlight = n }(maxInFlight)
	maxInFlight = 50
	f := newFixture(t)
	url := f.queue("jobs", "SqsManagedSseEnabled", "false")
	f.fill("jobs", maxInFlight, func(m *message) { m.Received, m.Visible = 1, m.Sent+3600_000 })
	f.Equal("count", f.count(url), [3]string{"0", "50", "0"})
	f.send(url, "one more")
	f.Fails("OverLimit: Too many messages in flight for the queue.", &api.ReceiveMessageInput{QueueUrl: url})
	f.Clock.Advance(time.Hour)
	f.Do(&api.ReceiveMessageInput{QueueUrl: url})

	fifo := f.queue("jobs.fifo")
	n := uint64(0)
	f.fill("jobs.fifo", maxInFlight, func(m *message) {
		n++
		m.Sequence, m.Group, m.Received, m.Visible = n, fmt.Sprint(n), 1, m.Sent+3600_000
	})
	f.sendTo(fifo, "free", "more")
	f.Equal("a FIFO queue says nothing", f.receives(&api.ReceiveMessageInput{QueueUrl: fifo, WaitTimeSeconds: new(int32(1))}), []api.Message(nil))
}
