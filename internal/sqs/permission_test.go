package sqs

import (
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

func TestAddPermission(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs")
	add := func(label string, accounts, actions string) *api.AddPermissionInput {
		return &api.AddPermissionInput{QueueUrl: url, Label: &label, AWSAccountIds: strings.Fields(accounts), Actions: strings.Fields(actions)}
	}
	remove := func(label string) *api.RemovePermissionInput {
		return &api.RemovePermissionInput{QueueUrl: url, Label: &label}
	}
	const head = `{"Version":"2008-10-17","Id":"arn:aws:sqs:us-east-2:111111111111:jobs/SQSDefaultPolicy","Statement":[`
	first := `{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":"SQS:ReceiveMessage","Resource":"` + arn("jobs") + `"}`
	second := `{"Sid":"two","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::222222222222:root","arn:aws:iam::333333333333:root"]},"Action":["SQS:SendMessage","SQS:*"],"Resource":"` + arn("jobs") + `"}`
	f.Do(add("one", other, "ReceiveMessage"))
	f.Equal("policy", f.attributes(url, "Policy")["Policy"], head+first+"]}")
	f.Do(add("two", other+" 333333333333", "SendMessage *"))
	f.Equal("policy", f.attributes(url, "Policy")["Policy"], head+first+","+second+"]}")
	for want, in := range map[string]wire.Shape{
		"InvalidParameterValue: Value one for parameter Label is invalid. Reason: Already exists.":                                                                      add("one", other, "ReceiveMessage"),
		"InvalidParameterValue: Value a b for parameter Label is invalid. Reason: Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length": add("a b", other, "ReceiveMessage"),
		"InvalidParameterValue: Value 12 for parameter PrincipalId is invalid. Reason: Unable to verify.":                                                               add("x", "12", "ReceiveMessage"),
		"MissingParameter: The request must contain the parameter PrincipalId.":                                                                                         add("x", "", "ReceiveMessage"),
		"MissingParameter: The request must contain the parameter Actions.":                                                                                             add("x", other, ""),
		"OverLimit: 8 Actions were found, maximum allowed is 7.":                                                                                                        add("x", other, "* * * * * * * *"),
		"InvalidParameterValue: Value SQS:CreateQueue for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.":              add("x", other, "CreateQueue"),
		"InvalidParameterValue: Value SQS:Dance for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for a list of valid actions.":         add("x", other, "Dance"),
		"InvalidParameterValue: Value three for parameter Label is invalid. Reason: can't find label.":                                                                  remove("three"),
	} {
		f.Fails(want, in)
	}
	f.Do(remove("one"))
	f.Equal("policy", f.attributes(url, "Policy")["Policy"], head+second+"]}")
	f.Do(remove("two"))
	f.Equal("none", f.attributes(url, "Policy"), map[string]string(nil))

	// What somebody else has written stays, also without brackets.
	f.set(url, "Policy", `{"Version":"2012-10-17","Statement":{"Sid":"mine","Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}}`)
	f.Do(add("one", other, "ReceiveMessage"))
	f.Equal("policy", f.attributes(url, "Policy")["Policy"], `{"Version":"2012-10-17","Statement":[{"Sid":"mine","Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"},`+first+`]}`)
}

func TestTooManyPermissions(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs")
	for i := range maxStatements {
		f.Do(&api.AddPermissionInput{QueueUrl: url, Label: new(strings.Repeat("x", i+1)), AWSAccountIds: []string{other}, Actions: []string{"*"}})
	}
	f.Fails("OverLimit: 21 Statements were found, maximum allowed is 20.", &api.AddPermissionInput{QueueUrl: url, Label: new("y"), AWSAccountIds: []string{other}, Actions: []string{"*"}})
}

// TestCrossAccount: a queue's policy lets other accounts in, but not to what
// only the owner may do.
func TestCrossAccount(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs")
	f.send(url, "a")
	f.Caller = calltest.Root(other)
	send := &api.SendMessageInput{QueueUrl: url, MessageBody: new("b")}
	f.Fails(aws.AccessDenied, send)
	f.Fails(aws.AccessDenied, &api.GetQueueUrlInput{QueueName: new("jobs"), QueueOwnerAWSAccountId: new(account)})
	f.Caller = calltest.Root(account)
	f.Do(&api.AddPermissionInput{QueueUrl: url, Label: new("l"), AWSAccountIds: []string{other}, Actions: []string{"*"}})
	f.Caller = calltest.Root(other)
	f.Do(send, &api.GetQueueUrlInput{QueueName: new("jobs"), QueueOwnerAWSAccountId: new(account)})
	list := f.receive(url, 10)
	f.Equal("sender", list[1].Attributes["SenderId"], other)
	f.delete(url, list...)
	for _, in := range []wire.Shape{
		&api.DeleteQueueInput{QueueUrl: url}, &api.TagQueueInput{QueueUrl: url, Tags: map[string]string{"a": "b"}}, &api.ListQueueTagsInput{QueueUrl: url},
		&api.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"DelaySeconds": "1"}},
		&api.UntagQueueInput{QueueUrl: url, TagKeys: []string{"a"}}, &api.RemovePermissionInput{QueueUrl: url, Label: new("l")},
		&api.ListMessageMoveTasksInput{SourceArn: new(arn("jobs"))},
	} {
		f.Fails(aws.AccessDenied, in)
	}
	f.Caller = calltest.User(account, "bob")
	f.Fails(aws.AccessDenied, send)
	f.Permit(f.Caller, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"`+arn("jobs")+`"}]}`)
	f.Do(send)
}

func TestSendAsService(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs")
	from := call.Source{Service: "sns.amazonaws.com", ARN: "arn:aws:sns:us-east-2:111111111111:topic", Account: account}
	send := func(queue string, from call.Source, m Message) string {
		var failed *aws.Error
		err := f.Store.Update(t.Context(), func(tx *store.Tx) error {
			failed = f.service.SendAsService(tx, f.Clock.Now(), arn(queue), from, m)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if failed == nil {
			return ""
		}
		return failed.Code
	}
	m := Message{Body: "hello", Attributes: map[string]Attribute{"a": {DataType: "String", StringValue: "b"}}, TraceHeader: "Root=1"}
	f.Equal("no queue", send("nobody", from, m), "QueueDoesNotExist")
	f.Equal("no policy", send("jobs", from, m), aws.AccessDenied)
	f.set(url, "Policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"`+arn("jobs")+`","Condition":{"ArnEquals":{"aws:SourceArn":"`+from.ARN+`"}}}]}`)
	f.Equal("sent", send("jobs", from, m), "")
	stranger := from
	stranger.ARN += "2"
	f.Equal("another topic", send("jobs", stranger, m), aws.AccessDenied)
	got := f.receive(url, 10)
	f.Equal("received", bodiesOf(got), []string{"hello"})
	f.Equal("sender", [2]string{got[0].Attributes["SenderId"], got[0].Attributes["AWSTraceHeader"]}, [2]string{"sns.amazonaws.com", "Root=1"})
	f.Equal("attribute", *got[0].MessageAttributes["a"].StringValue, "b")
	f.Equal("too long", send("jobs", from, Message{Body: strings.Repeat("x", largestMessage+1)}), "InvalidParameterValue")

	f.service.ResourceControls = func(store.Reader, string) [][]policy.Attached { return [][]policy.Attached{{}} }
	f.Equal("a resource control policy", send("jobs", from, m), aws.AccessDenied)
	f.service.ResourceControls = nil

	fifo := f.queue("jobs.fifo", "Policy", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}`)
	f.Equal("no group", send("jobs.fifo", from, m), "MissingParameter")
	m.GroupID, m.DeduplicationID = "g", "d"
	f.Equal("sent", send("jobs.fifo", from, m)+send("jobs.fifo", from, m), "")
	f.Equal("once", f.bodies(fifo), []string{"hello"})
	f.Equal("to a standard queue", send("jobs", from, m), "")
}

// FuzzPolicy: no text brings the policy of a queue down.
func FuzzPolicy(f *testing.F) {
	for _, s := range []string{
		`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}`, `{"Version":"2008-10-17","Id":"x","Statement":{"Sid":"l","Effect":"Allow","Principal":{"AWS":"*"},"Action":"SQS:SendMessage","Resource":"*"}}`, `{}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q := &Queue{Account: account, Region: region, Name: "q"}
		if setPolicy(nil, q, text) != nil || q.Policy.IsZero() {
			return
		}
		doc, _ := q.document("l")
		if err := q.write(doc); err != nil && len(text) < maxPolicy/2 {
			t.Fatalf("%q cannot be written again: %v", text, err)
		}
	})
}
