package wire_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
	"github.com/orgtrail/orgtrail/internal/wire/api/iam"
	"github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// TestLegacyRequests reads what the clients of SQS sent before it spoke JSON.
func TestLegacyRequests(t *testing.T) {
	text := func(s string) api { return api{DataType: new("String"), StringValue: &s} }
	for _, c := range []struct {
		path, form string
		want       wire.Shape
	}{
		{"/", `Action=CreateQueue&QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=5&Attribute.2.Name=Policy&Attribute.2.Value=&Tag.1.Key=k&Tag.1.Value=v&Version=2012-11-05`,
			&sqs.CreateQueueInput{QueueName: new("q"), Attributes: map[string]string{"DelaySeconds": "5", "Policy": ""}, Tags: map[string]string{"k": "v"}}},
		{"/", `Action=ListQueues&QueueNamePrefix=q`, &sqs.ListQueuesInput{QueueNamePrefix: new("q")}},
		{"/111111111111/q", `Action=GetQueueAttributes&AttributeName.1=All&AttributeName.2=QueueArn`,
			&sqs.GetQueueAttributesInput{QueueUrl: new("/111111111111/q"), AttributeNames: []string{"All", "QueueArn"}}},
		{"/111111111111/q", `Action=DeleteQueue&QueueUrl=http%3A%2F%2Fh%2F1%2Fother`, &sqs.DeleteQueueInput{QueueUrl: new("http://h/1/other")}},
		{"/111111111111/q", `Action=SendMessage&MessageBody=a%26b+c&DelaySeconds=3&MessageAttribute.1.Name=n&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=v` +
			`&MessageAttribute.2.Name=b&MessageAttribute.2.Value.DataType=Binary&MessageAttribute.2.Value.BinaryValue=AP8%3D&MessageSystemAttribute.1.Name=AWSTraceHeader&MessageSystemAttribute.1.Value.StringValue=r&MessageSystemAttribute.1.Value.DataType=String`,
			&sqs.SendMessageInput{QueueUrl: new("/111111111111/q"), MessageBody: new("a&b c"), DelaySeconds: new(int32(3)),
				MessageAttributes:       map[string]api{"n": text("v"), "b": {DataType: new("Binary"), BinaryValue: []byte{0, 255}}},
				MessageSystemAttributes: map[string]sqs.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: new("String"), StringValue: new("r")}}}},
		{"/1/q", `Action=SendMessageBatch&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=A&SendMessageBatchRequestEntry.2.Id=b&SendMessageBatchRequestEntry.2.MessageBody=B&SendMessageBatchRequestEntry.2.MessageAttribute.1.Name=n&SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.DataType=String&SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.StringValue=v`,
			&sqs.SendMessageBatchInput{QueueUrl: new("/1/q"), Entries: []sqs.SendMessageBatchRequestEntry{
				{Id: new("a"), MessageBody: new("A")}, {Id: new("b"), MessageBody: new("B"), MessageAttributes: map[string]api{"n": text("v")}}}}},
		{"/1/q", `Action=ReceiveMessage&MaxNumberOfMessages=5&AttributeName.1=All&MessageAttributeName.1=a&MessageSystemAttributeName.1=SenderId`,
			&sqs.ReceiveMessageInput{QueueUrl: new("/1/q"), MaxNumberOfMessages: new(int32(5)), AttributeNames: []string{"All"}, MessageAttributeNames: []string{"a"}, MessageSystemAttributeNames: []string{"SenderId"}}},
		{"/1/q", `Action=DeleteMessageBatch&DeleteMessageBatchRequestEntry.1.Id=a&DeleteMessageBatchRequestEntry.1.ReceiptHandle=h`,
			&sqs.DeleteMessageBatchInput{QueueUrl: new("/1/q"), Entries: []sqs.DeleteMessageBatchRequestEntry{{Id: new("a"), ReceiptHandle: new("h")}}}},
		{"/1/q", `Action=AddPermission&Label=l&AWSAccountId.1=1&AWSAccountId.2=2&ActionName.1=SendMessage`,
			&sqs.AddPermissionInput{QueueUrl: new("/1/q"), Label: new("l"), AWSAccountIds: []string{"1", "2"}, Actions: []string{"SendMessage"}}},
		{"/1/q", `Action=TagQueue&Tag.1.Key=a&Tag.1.Value=b`, &sqs.TagQueueInput{QueueUrl: new("/1/q"), Tags: map[string]string{"a": "b"}}},
		{"/1/q", `Action=UntagQueue&TagKey.1=a&TagKey.2=b`, &sqs.UntagQueueInput{QueueUrl: new("/1/q"), TagKeys: []string{"a", "b"}}},
	} {
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			req := &wire.Request{HTTP: httptest.NewRequest(method, c.path, nil), Body: []byte(c.form)}
			if method == http.MethodGet {
				req = &wire.Request{HTTP: httptest.NewRequest(method, c.path+"?"+c.form, nil)}
			}
			op, err := sqs.API.Query.Identify(req)
			if err != nil {
				t.Errorf("%s: %v", c.form, err)
				continue
			}
			got, err := wire.DecodeRequest(op, req)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s: %v", c.form, err)
				same(t, c.want, got)
			}
		}
	}
}

type api = sqs.MessageAttributeValue

func TestLegacyAnswers(t *testing.T) {
	const id = `<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>`
	for _, c := range []struct {
		op, want string
		out      wire.Shape
	}{
		{"ListQueues", `<ListQueuesResult><QueueUrl>u1</QueueUrl><QueueUrl>u2</QueueUrl></ListQueuesResult>`, &sqs.ListQueuesOutput{QueueUrls: []string{"u1", "u2"}}},
		{"GetQueueAttributes", `<GetQueueAttributesResult><Attribute><Name>A</Name><Value>1</Value></Attribute><Attribute><Name>B</Name><Value>2</Value></Attribute></GetQueueAttributesResult>`,
			&sqs.GetQueueAttributesOutput{Attributes: map[string]string{"A": "1", "B": "2"}}},
		{"ListQueueTags", `<ListQueueTagsResult><Tag><Key>k</Key><Value>v</Value></Tag></ListQueueTagsResult>`, &sqs.ListQueueTagsOutput{Tags: map[string]string{"k": "v"}}},
		{"DeleteQueue", ``, &sqs.DeleteQueueOutput{}},
		{"ReceiveMessage", `<ReceiveMessageResult></ReceiveMessageResult>`, &sqs.ReceiveMessageOutput{}},
		{"ReceiveMessage", `<ReceiveMessageResult><Message><MessageId>m</MessageId><Body>a&amp;b</Body><Attribute><Name>SenderId</Name><Value>s</Value></Attribute>` +
			`<MessageAttribute><Name>n</Name><Value><StringValue>v</StringValue><DataType>String</DataType></Value></MessageAttribute></Message><Message><MessageId>o</MessageId></Message></ReceiveMessageResult>`,
			&sqs.ReceiveMessageOutput{Messages: []sqs.Message{
				{MessageId: new("m"), Body: new("a&b"), Attributes: map[string]string{"SenderId": "s"}, MessageAttributes: map[string]api{"n": {DataType: new("String"), StringValue: new("v")}}},
				{MessageId: new("o")}}}},
		{"SendMessageBatch", `<SendMessageBatchResult><SendMessageBatchResultEntry><Id>a</Id><MessageId>m</MessageId></SendMessageBatchResultEntry>` +
			`<BatchResultErrorEntry><Id>b</Id><SenderFault>true</SenderFault><Code>c</Code></BatchResultErrorEntry></SendMessageBatchResult>`,
			&sqs.SendMessageBatchOutput{Successful: []sqs.SendMessageBatchResultEntry{{Id: new("a"), MessageId: new("m")}}, Failed: []sqs.BatchResultErrorEntry{{Id: new("b"), SenderFault: new(true), Code: new("c")}}}},
	} {
		want := `<` + c.op + `Response xmlns="http://queue.amazonaws.com/doc/2012-11-05/">` + c.want + id + `</` + c.op + `Response>`
		if got := string(wire.AppendQuery(sqs.API.Query.Operation(c.op), c.out, "r")); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	w := httptest.NewRecorder()
	if err := wire.EncodeResponse(w, sqs.API.Operation("ListQueues"), &sqs.ListQueuesOutput{QueueUrls: []string{"u"}}, "r"); err != nil {
		t.Fatal(err)
	}
	if got := w.Header().Get("Content-Type") + w.Body.String(); got != `application/x-amz-json-1.0{"QueueUrls":["u"]}` {
		t.Error(got)
	}
}

// TestLegacyErrors: a client of either kind finds the code that it knows.
func TestLegacyErrors(t *testing.T) {
	for _, c := range []struct {
		code, shape, query string
		status             int
	}{
		{"QueueDoesNotExist", "com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400},
		{"PurgeQueueInProgress", "com.amazonaws.sqs#PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", 403},
		{"QueueNameExists", "com.amazonaws.sqs#QueueNameExists", "QueueAlreadyExists", 400},
		{"InvalidAttributeName", "com.amazonaws.sqs#InvalidAttributeName", "InvalidAttributeName", 400},
		{"ResourceNotFoundException", "com.amazonaws.sqs#ResourceNotFoundException", "ResourceNotFoundException", 404},
		{"InvalidParameterValue", "com.amazon.coral.service#InvalidParameterValueException", "InvalidParameterValue", 400},
		{"MissingParameter", "com.amazon.coral.service#MissingRequiredParameterException", "MissingParameter", 400},
		{aws.AccessDenied, "com.amazon.coral.service#AccessDeniedException", "AccessDenied", 403},
		{"InvalidSignatureException", "com.amazon.coral.service#InvalidSignatureException", "SignatureDoesNotMatch", 403},
		{aws.InternalFailure, "com.amazon.coral.service#InternalFailure", "InternalFailure", 500},
	} {
		fault := "Sender"
		if c.status >= 500 {
			fault = "Receiver"
		}
		w := httptest.NewRecorder()
		wire.EncodeError(w, sqs.API, aws.Errorf(c.code, "m"), "r", "/")
		if w.Code != c.status || w.Body.String() != `{"__type":"`+c.shape+`","Message":"m"}` || w.Header().Get("x-amzn-query-error") != c.query+";"+fault {
			t.Errorf("%s: %d %s %v", c.code, w.Code, w.Body, w.Header())
		}
		w = httptest.NewRecorder()
		wire.EncodeError(w, sqs.API.Query, aws.Errorf(c.code, "m"), "r", "/")
		want := `<ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Type>` + fault + `</Type><Code>` + c.query + `</Code><Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>`
		if w.Code != c.status || w.Body.String() != want || w.Header().Get("x-amzn-query-error") != "" {
			t.Errorf("%s: %d %s", c.code, w.Code, w.Body)
		}
	}
	err := wire.Check(sqs.API.Operation("TagQueue"), &sqs.TagQueueInput{QueueUrl: new("q")})
	if err == nil || err.Error() != "MissingParameter: The request must contain the parameter Tags." {
		t.Error(err)
	}
}

func TestOver(t *testing.T) {
	for _, c := range []struct {
		service, want *wire.Service
		protocol      wire.Protocol
	}{
		{sqs.API, sqs.API, wire.AWSJSON}, {sqs.API, sqs.API.Query, wire.AWSQuery}, {sqs.API.Query, sqs.API.Query, wire.AWSQuery},
		{iam.API, iam.API, wire.AWSQuery}, {cloudtrail.API, nil, wire.AWSQuery}, {sqs.API, nil, wire.RESTXML},
	} {
		if got := c.service.Over(c.protocol); got != c.want {
			t.Errorf("%s over %d: %v", c.service.ID, c.protocol, got)
		}
	}
}

// FuzzLegacyForm: what the clients of SQS may have sent survives being written
// and read again, whatever it is.
func FuzzLegacyForm(f *testing.F) {
	for _, s := range []string{
		`MessageBody=x&MessageAttribute.1.Name=n&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringListValue.1=v`,
		`Attribute.1.Name=a&Attribute.1.Value=b&Attribute.1.Name=c&Tag.3.Key=k&Tag..Value=v`, `SendMessageBatchRequestEntry.1.MessageAttribute.2.Name=&SendMessageBatchRequestEntry=&AttributeName.1=&AttributeName.1.1=`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, op := range sqs.API.Query.Operations {
			req := &wire.Request{HTTP: httptest.NewRequest("POST", "/", nil), Body: []byte(text)}
			in, err := wire.DecodeRequest(op, req)
			if err != nil {
				continue
			}
			wire.Check(op, in)
			e := &formEncoder{form: url.Values{}}
			wire.Encode(e, in)
			again := op.NewInput()
			if err := decodeForm(e.form.Encode(), again); err != nil && !strings.Contains(err.Error(), "too many") {
				t.Fatal(err)
			}
			same(t, in, again)
		}
	})
}
