package sqs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

func TestCreateQueue(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs", "DelaySeconds", "5")
	f.Equal("url", *url, base+"jobs")
	f.Equal("again", *f.queue("jobs"), *url)
	f.Equal("the same", *f.queue("jobs", "DelaySeconds", "5", "VisibilityTimeout", "30"), *url)
	create := func(name string, attributes ...string) *api.CreateQueueInput {
		in := &api.CreateQueueInput{QueueName: &name, Attributes: map[string]string{}}
		for pair := range slices.Chunk(attributes, 2) {
			in.Attributes[pair[0]] = pair[1]
		}
		return in
	}
	const (
		badName = "InvalidParameterValue: Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
		badFIFO = "InvalidParameterValue: The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."
	)
	for _, c := range []struct {
		want string
		in   *api.CreateQueueInput
	}{
		{"QueueNameExists: A queue already exists with the same name and a different value for attribute DelaySeconds", create("jobs", "DelaySeconds", "6")},
		{"QueueNameExists: A queue already exists with the same name and a different value for attribute DelaySeconds", create("jobs", "DelaySeconds", "6", "VisibilityTimeout", "9")},
		{badName, create("")},
		{badName, create("a b")},
		{badName, create("a.fifo")},
		{badName, create(strings.Repeat("x", 81))},
		{badFIFO, create("jobs", "FifoQueue", "true")},
		{badFIFO, create(".fifo", "FifoQueue", "true")},
		{badFIFO, create(strings.Repeat("x", 76)+".fifo", "FifoQueue", "true")},
		{"InvalidAttributeName: Unknown Attribute FifoQueue.", create("a", "FifoQueue", "false")},
		{"InvalidAttributeName: Unknown Attribute ContentBasedDeduplication.", create("a", "ContentBasedDeduplication", "true")},
		{"InvalidAttributeName: Unknown Attribute Colour.", create("a", "Colour", "red")},
		{"InvalidAttributeName: Unknown Attribute QueueArn.", create("a", "QueueArn", "x")},
		{"InvalidAttributeValue: Invalid value for the parameter DelaySeconds.", create("a", "DelaySeconds", "901")},
		{"MissingParameter: The request must contain the parameter QueueName.", &api.CreateQueueInput{}},
	} {
		f.Fails(c.want, c.in)
	}
	f.Equal("the longest name", *f.queue(strings.Repeat("x", 75) + ".fifo"), base+strings.Repeat("x", 75)+".fifo")
}

func TestRecreate(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs")
	f.send(url, "lost")
	old := f.receive(url, 1)
	f.Do(&api.DeleteQueueInput{QueueUrl: url})
	f.Fails("QueueDoesNotExist: The specified queue does not exist.", &api.DeleteQueueInput{QueueUrl: url})
	f.Fails("QueueDoesNotExist", &api.SendMessageInput{QueueUrl: url, MessageBody: new("x")})
	f.Clock.Advance(59 * time.Second)
	f.Fails("QueueDeletedRecently: You must wait 60 seconds after deleting a queue before you can create another with the same name.",
		&api.CreateQueueInput{QueueName: new("jobs")})
	f.Clock.Advance(time.Second)
	f.queue("jobs")
	f.Equal("messages", f.bodies(url), []string{})
	f.Fails("ReceiptHandleIsInvalid", &api.DeleteMessageInput{QueueUrl: url, ReceiptHandle: old[0].ReceiptHandle})
	f.advance()
	f.Equal("left over", [2]int{messages.Len(f.Store.View()), deleted.Len(f.Store.View())}, [2]int{0, 0})
}

func TestPurgeQueue(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs")
	f.send(url, "a", "b", "c")
	taken := f.receive(url, 1)
	f.Do(&api.PurgeQueueInput{QueueUrl: url})
	f.Equal("count", f.count(url), [3]string{"0", "0", "0"})
	f.Equal("bodies", f.bodies(url), []string{})
	f.delete(url, taken...) // it is gone, as it should be
	f.send(url, "d")
	f.Equal("sent since", f.bodies(url), []string{"d"})
	f.Fails("PurgeQueueInProgress: Only one PurgeQueue operation on jobs is allowed every 60 seconds.", &api.PurgeQueueInput{QueueUrl: url})
	f.advance()
	f.Equal("left over", messages.Len(f.Store.View()), 1)
	f.Clock.Advance(time.Minute)
	f.Do(&api.PurgeQueueInput{QueueUrl: url})
}

// TestSweepManySteps removes more than one transaction does.
func TestSweepManySteps(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs.fifo", "ContentBasedDeduplication", "true")
	err := f.Store.Update(t.Context(), func(tx *store.Tx) error {
		q, _ := findARN(tx, arn("jobs.fifo"))
		for i := range 2*sweepStep + 7 {
			l := letter{content: content{Body: fmt.Sprint(i)}, group: new("g"), dedup: new(fmt.Sprint(i))}
			if _, err := f.service.send(tx, q, f.Clock.Now(), &l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Clock.Advance(5 * 24 * time.Hour)
	f.advance()
	f.Equal("left over", [2]int{messages.Len(f.Store.View()), duplicates.Len(f.Store.View())}, [2]int{0, 0})
	f.Equal("count", f.count(url), [3]string{"0", "0", "0"})
}

func TestListQueues(t *testing.T) {
	f := newFixture(t)
	f.Equal("none", do[api.ListQueuesOutput](f, &api.ListQueuesInput{}).QueueUrls, []string(nil))
	for _, name := range []string{"b2", "a", "b1", "b3"} {
		f.queue(name)
	}
	f.Caller = calltest.Root(other)
	f.Do(&api.CreateQueueInput{QueueName: new("b9")})
	f.Caller = calltest.Root(account)
	list := func(in *api.ListQueuesInput) (string, *string) {
		out := do[api.ListQueuesOutput](f, in)
		return strings.ReplaceAll(strings.Join(out.QueueUrls, " "), base, ""), out.NextToken
	}
	all, next := list(&api.ListQueuesInput{})
	f.Equal("all", all, "a b1 b2 b3")
	f.Equal("token", next, (*string)(nil))
	first, next := list(&api.ListQueuesInput{QueueNamePrefix: new("b"), MaxResults: new(int32(2))})
	f.Equal("first page", first, "b1 b2")
	f.Equal("token", next != nil, true)
	second, end := list(&api.ListQueuesInput{QueueNamePrefix: new("b"), MaxResults: new(int32(2)), NextToken: next})
	f.Equal("second page", second, "b3")
	f.Equal("end", end, (*string)(nil))
	f.Fails("InvalidParameterValue", &api.ListQueuesInput{MaxResults: new(int32(0))})
	f.Fails("InvalidParameterValue", &api.ListQueuesInput{MaxResults: new(int32(1001))})
	f.Fails("InvalidParameterValue: Invalid or expired next token.", &api.ListQueuesInput{NextToken: new("!")})
	abroad, _ := list(&api.ListQueuesInput{NextToken: new(pages.Token("ListQueues", other+"/"+region+"/"))})
	f.Equal("behind another account's", abroad, "") // and not its queues
	f.Fails("InvalidParameterValue: Invalid or expired next token.", &api.ListQueuesInput{NextToken: new(pages.Token("ListDeadLetterSourceQueues", *next))})
}

func TestGetQueueUrl(t *testing.T) {
	f := newFixture(t)
	f.queue("jobs")
	f.Equal("url", *do[api.GetQueueUrlOutput](f, &api.GetQueueUrlInput{QueueName: new("jobs")}).QueueUrl, base+"jobs")
	f.Equal("url", *do[api.GetQueueUrlOutput](f, &api.GetQueueUrlInput{QueueName: new("jobs"), QueueOwnerAWSAccountId: new(account)}).QueueUrl, base+"jobs")
	f.Fails("QueueDoesNotExist: The specified queue does not exist.", &api.GetQueueUrlInput{QueueName: new("job")})
	f.Fails("QueueDoesNotExist", &api.GetQueueUrlInput{QueueName: new("jobs"), QueueOwnerAWSAccountId: new(other)})
	c := &call.Call{TLS: new(call.TLS), Host: "sqs.example.com"}
	f.Equal("over TLS", (&Queue{Account: account, Name: "jobs"}).url(c), "https://sqs.example.com/"+account+"/jobs")
}

func TestQueueURL(t *testing.T) {
	f := newFixture(t)
	f.queue("jobs")
	for _, address := range []string{
		base + "jobs", "https://sqs.us-east-2.amazonaws.com/" + account + "/jobs", "/" + account + "/jobs", account + "/jobs", "jobs", "/jobs",
		"http://localhost:4566/queue/us-east-2/" + account + "/jobs",
	} {
		f.Do(&api.GetQueueAttributesInput{QueueUrl: &address})
	}
	for address, want := range map[string]string{
		"":                                "MissingParameter: The request must contain the parameter QueueUrl.",
		"http://localhost":                "InvalidAddress: The address http://localhost is not valid for this endpoint.",
		"http://localhost/":               "InvalidAddress",
		"http://localhost/abc/jobs":       "InvalidAddress",
		base + "job":                      "QueueDoesNotExist: The specified queue does not exist.",
		"http://h/222222222222/jobs":      "QueueDoesNotExist",
		"http://h/111111111111/jobs/more": "InvalidAddress",
	} {
		f.Fails(want, &api.GetQueueAttributesInput{QueueUrl: &address})
	}
}

// FuzzQueueURL: no address brings the parser down, and what it finds is found
// again in the address that a queue of that name has.
func FuzzQueueURL(f *testing.F) {
	for _, s := range []string{base + "jobs", "jobs", "/1/2", "://", "http://", "http:////", "http://h/111111111111/a.fifo/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		account, name, ok := parseURL(address)
		if !ok || account == "" {
			return
		}
		q := &Queue{Account: account, Name: name}
		a, n, ok := parseURL(q.url(&call.Call{Host: "h"}))
		if !ok || a != account || n != name {
			t.Fatalf("%q is %s and %q, then %s and %q", address, account, name, a, n)
		}
	})
}

func TestTags(t *testing.T) {
	f := newFixture(t)
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint("k", i)] = "v"
	}
	f.Do(&api.CreateQueueInput{QueueName: new("jobs"), Tags: map[string]string{"a": "1", "b": ""}})
	url := new(base + "jobs")
	f.Do(&api.TagQueueInput{QueueUrl: url, Tags: map[string]string{"b": "2", "c": "3"}},
		&api.UntagQueueInput{QueueUrl: url, TagKeys: []string{"a", "nothing"}})
	f.Equal("tags", do[api.ListQueueTagsOutput](f, &api.ListQueueTagsInput{QueueUrl: url}).Tags, map[string]string{"b": "2", "c": "3"})
	for want, in := range map[string]*api.TagQueueInput{
		"MissingParameter: The request must contain the parameter Tags.":                    {QueueUrl: url, Tags: map[string]string{}},
		"InvalidParameterValue: Tag keys must be between 1 and 128 characters in length.":   {QueueUrl: url, Tags: map[string]string{"": "x"}},
		"InvalidParameterValue: Tag values must be between 0 and 256 characters in length.": {QueueUrl: url, Tags: map[string]string{"x": strings.Repeat("x", 257)}},
		"InvalidParameterValue: Tag keys cannot start with 'aws:'.":                         {QueueUrl: url, Tags: map[string]string{"AWS:x": "x"}},
		"InvalidParameterValue: Too many tags: a queue can have up to 50.":                  {QueueUrl: url, Tags: many},
		"QueueDoesNotExist: The specified queue does not exist.":                            {QueueUrl: new("nobody"), Tags: many},
	} {
		f.Fails(want, in)
	}
	f.Fails("InvalidParameterValue", &api.UntagQueueInput{QueueUrl: url, TagKeys: []string{}})
	f.Equal("nothing has changed", do[api.ListQueueTagsOutput](f, &api.ListQueueTagsInput{QueueUrl: url}).Tags, map[string]string{"b": "2", "c": "3"})
}

// TestAccess: every operation says what it needs, and those of condition keys
// say them.
func TestAccess(t *testing.T) {
	f := newFixture(t)
	for _, op := range api.API.Operations {
		if needs[op.Name] == nil {
			t.Errorf("%s needs no permission", op.Name)
		}
	}
	f.Do(&api.CreateQueueInput{QueueName: new("jobs"), Tags: map[string]string{"team": "a"}})
	asked := f.Asked()
	f.Equal("with tags", []string{asked[0].Action, asked[1].Action}, []string{"sqs:CreateQueue", "sqs:TagQueue"})
	f.Equal("request tag", asked[1].Context["aws:requesttag/team"], []string{"a"})
	f.Equal("tag keys", asked[1].Context["aws:tagkeys"], []string{"team"})
	f.send(new("jobs"), "x")
	asked = f.Asked()
	f.Equal("resource tag", asked[0].Context["aws:resourcetag/team"], []string{"a"})
	f.Equal("resource", asked[0].Resource, arn("jobs"))
	f.Do(&api.SendMessageBatchInput{QueueUrl: new("jobs"), Entries: []api.SendMessageBatchRequestEntry{{Id: new("a"), MessageBody: new("x")}}})
	f.Equal("a batch", f.Asked()[0].Action, "sqs:SendMessage")
	f.Do(&api.ListQueuesInput{})
	f.Equal("all queues", f.Asked()[0].Resource, "*")
	f.Caller = calltest.User(account, "bob")
	f.Fails("AccessDenied: User: arn:aws:iam::111111111111:user/bob is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:us-east-2:111111111111:jobs because no identity-based policy allows the sqs:sendmessage action",
		&api.SendMessageInput{QueueUrl: new("jobs"), MessageBody: new("x")})
}

// TestNotes: what a record tells besides the call.
func TestNotes(t *testing.T) {
	f := newFixture(t)
	f.queue("jobs", "Policy", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}`)
	f.Caller = calltest.Root(other)
	f.Do(&api.ReceiveMessageInput{QueueUrl: new(base + "jobs")})
	f.Equal("resources", f.Last().Resources, []call.Resource{{Account: account, Type: "AWS::SQS::Queue", ARN: arn("jobs")}})
	f.Equal("owners", f.Last().Owners, []string{account})
}
