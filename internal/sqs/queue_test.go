package sqs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

func TestCreateQueue(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs", "DelaySeconds", "5")
	f.equal("url", *url, base+"jobs")
	f.equal("again", *f.queue("jobs"), *url)
	f.equal("the same", *f.queue("jobs", "DelaySeconds", "5", "VisibilityTimeout", "30"), *url)
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
		f.fails(c.want, c.in)
	}
	f.equal("the longest name", *f.queue(strings.Repeat("x", 75) + ".fifo"), base+strings.Repeat("x", 75)+".fifo")
}

func TestRecreate(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs")
	f.send(url, "lost")
	old := f.receive(url, 1)
	f.does(&api.DeleteQueueInput{QueueUrl: url})
	f.fails("QueueDoesNotExist: The specified queue does not exist.", &api.DeleteQueueInput{QueueUrl: url})
	f.fails("QueueDoesNotExist", &api.SendMessageInput{QueueUrl: url, MessageBody: new("x")})
	f.clock.Advance(59 * time.Second)
	f.fails("QueueDeletedRecently: You must wait 60 seconds after deleting a queue before you can create another with the same name.",
		&api.CreateQueueInput{QueueName: new("jobs")})
	f.clock.Advance(time.Second)
	f.queue("jobs")
	f.equal("messages", f.bodies(url), []string{})
	f.fails("ReceiptHandleIsInvalid", &api.DeleteMessageInput{QueueUrl: url, ReceiptHandle: old[0].ReceiptHandle})
	f.advance()
	f.equal("left over", [2]int{messages.Len(f.store.View()), deleted.Len(f.store.View())}, [2]int{0, 0})
}

func TestPurgeQueue(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs")
	f.send(url, "a", "b", "c")
	taken := f.receive(url, 1)
	f.does(&api.PurgeQueueInput{QueueUrl: url})
	f.equal("count", f.count(url), [3]string{"0", "0", "0"})
	f.equal("bodies", f.bodies(url), []string{})
	f.delete(url, taken...) // it is gone, as it should be
	f.send(url, "d")
	f.equal("sent since", f.bodies(url), []string{"d"})
	f.fails("PurgeQueueInProgress: Only one PurgeQueue operation on jobs is allowed every 60 seconds.", &api.PurgeQueueInput{QueueUrl: url})
	f.advance()
	f.equal("left over", messages.Len(f.store.View()), 1)
	f.clock.Advance(time.Minute)
	f.does(&api.PurgeQueueInput{QueueUrl: url})
}

// TestSweepManySteps removes more than one transaction does.
func TestSweepManySteps(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs.fifo", "ContentBasedDeduplication", "true")
	err := f.store.Update(t.Context(), func(tx *store.Tx) error {
		q, _ := findARN(tx, arn("jobs.fifo"))
		for i := range 2*sweepStep + 7 {
			l := letter{content: content{Body: fmt.Sprint(i)}, group: new("g"), dedup: new(fmt.Sprint(i))}
			if _, err := f.service.send(tx, q, f.clock.Now(), &l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f.clock.Advance(5 * 24 * time.Hour)
	f.advance()
	f.equal("left over", [2]int{messages.Len(f.store.View()), duplicates.Len(f.store.View())}, [2]int{0, 0})
	f.equal("count", f.count(url), [3]string{"0", "0", "0"})
}

func TestListQueues(t *testing.T) {
	f := newFixture(t)
	f.equal("none", do[api.ListQueuesOutput](f, &api.ListQueuesInput{}).QueueUrls, []string(nil))
	for _, name := range []string{"b2", "a", "b1", "b3"} {
		f.queue(name)
	}
	f.caller = root(other)
	f.does(&api.CreateQueueInput{QueueName: new("b9")})
	f.caller = root(account)
	list := func(in *api.ListQueuesInput) (string, *string) {
		out := do[api.ListQueuesOutput](f, in)
		return strings.ReplaceAll(strings.Join(out.QueueUrls, " "), base, ""), out.NextToken
	}
	all, next := list(&api.ListQueuesInput{})
	f.equal("all", all, "a b1 b2 b3")
	f.equal("token", next, (*string)(nil))
	first, next := list(&api.ListQueuesInput{QueueNamePrefix: new("b"), MaxResults: new(int32(2))})
	f.equal("first page", first, "b1 b2")
	f.equal("token", next != nil, true)
	second, end := list(&api.ListQueuesInput{QueueNamePrefix: new("b"), MaxResults: new(int32(2)), NextToken: next})
	f.equal("second page", second, "b3")
	f.equal("end", end, (*string)(nil))
	f.fails("InvalidParameterValue", &api.ListQueuesInput{MaxResults: new(int32(0))})
	f.fails("InvalidParameterValue", &api.ListQueuesInput{MaxResults: new(int32(1001))})
	f.fails("InvalidParameterValue: Invalid or expired next token.", &api.ListQueuesInput{NextToken: new("!")})
	abroad, _ := list(&api.ListQueuesInput{NextToken: new(pages.Token("ListQueues", other+"/"+region+"/"))})
	f.equal("behind another account's", abroad, "") // and not its queues
	f.fails("InvalidParameterValue: Invalid or expired next token.", &api.ListQueuesInput{NextToken: new(pages.Token("ListDeadLetterSourceQueues", *next))})
}

func TestGetQueueUrl(t *testing.T) {
	f := newFixture(t)
	f.queue("jobs")
	f.equal("url", *do[api.GetQueueUrlOutput](f, &api.GetQueueUrlInput{QueueName: new("jobs")}).QueueUrl, base+"jobs")
	f.equal("url", *do[api.GetQueueUrlOutput](f, &api.GetQueueUrlInput{QueueName: new("jobs"), QueueOwnerAWSAccountId: new(account)}).QueueUrl, base+"jobs")
	f.fails("QueueDoesNotExist: The specified queue does not exist.", &api.GetQueueUrlInput{QueueName: new("job")})
	f.fails("QueueDoesNotExist", &api.GetQueueUrlInput{QueueName: new("jobs"), QueueOwnerAWSAccountId: new(other)})
	c := &call.Call{TLS: new(call.TLS), Host: "sqs.example.com"}
	f.equal("over TLS", (&Queue{Account: account, Name: "jobs"}).url(c), "https://sqs.example.com/"+account+"/jobs")
}

func TestQueueURL(t *testing.T) {
	f := newFixture(t)
	f.queue("jobs")
	for _, address := range []string{
		base + "jobs", "https://sqs.us-east-2.amazonaws.com/" + account + "/jobs", "/" + account + "/jobs", account + "/jobs", "jobs", "/jobs",
		"http://localhost:4566/queue/us-east-2/" + account + "/jobs",
	} {
		f.does(&api.GetQueueAttributesInput{QueueUrl: &address})
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
		f.fails(want, &api.GetQueueAttributesInput{QueueUrl: &address})
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
	f.does(&api.CreateQueueInput{QueueName: new("jobs"), Tags: map[string]string{"a": "1", "b": ""}})
	url := new(base + "jobs")
	f.does(&api.TagQueueInput{QueueUrl: url, Tags: map[string]string{"b": "2", "c": "3"}},
		&api.UntagQueueInput{QueueUrl: url, TagKeys: []string{"a", "nothing"}})
	f.equal("tags", do[api.ListQueueTagsOutput](f, &api.ListQueueTagsInput{QueueUrl: url}).Tags, map[string]string{"b": "2", "c": "3"})
	for want, in := range map[string]*api.TagQueueInput{
		"MissingParameter: The request must contain the parameter Tags.":                    {QueueUrl: url, Tags: map[string]string{}},
		"InvalidParameterValue: Tag keys must be between 1 and 128 characters in length.":   {QueueUrl: url, Tags: map[string]string{"": "x"}},
		"InvalidParameterValue: Tag values must be between 0 and 256 characters in length.": {QueueUrl: url, Tags: map[string]string{"x": strings.Repeat("x", 257)}},
		"InvalidParameterValue: Tag keys cannot start with 'aws:'.":                         {QueueUrl: url, Tags: map[string]string{"AWS:x": "x"}},
		"InvalidParameterValue: Too many tags: a queue can have up to 50.":                  {QueueUrl: url, Tags: many},
		"QueueDoesNotExist: The specified queue does not exist.":                            {QueueUrl: new("nobody"), Tags: many},
	} {
		f.fails(want, in)
	}
	f.fails("InvalidParameterValue", &api.UntagQueueInput{QueueUrl: url, TagKeys: []string{}})
	f.equal("nothing has changed", do[api.ListQueueTagsOutput](f, &api.ListQueueTagsInput{QueueUrl: url}).Tags, map[string]string{"b": "2", "c": "3"})
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
	f.does(&api.CreateQueueInput{QueueName: new("jobs"), Tags: map[string]string{"team": "a"}})
	f.equal("with tags", []string{f.asked[0].Action, f.asked[1].Action}, []string{"sqs:CreateQueue", "sqs:TagQueue"})
	f.equal("request tag", f.asked[1].Context["aws:requesttag/team"], []string{"a"})
	f.equal("tag keys", f.asked[1].Context["aws:tagkeys"], []string{"team"})
	f.asked = nil
	f.send(new("jobs"), "x")
	f.equal("resource tag", f.asked[0].Context["aws:resourcetag/team"], []string{"a"})
	f.equal("resource", f.asked[0].Resource, arn("jobs"))
	f.asked = nil
	f.does(&api.SendMessageBatchInput{QueueUrl: new("jobs"), Entries: []api.SendMessageBatchRequestEntry{{Id: new("a"), MessageBody: new("x")}}})
	f.equal("a batch", f.asked[0].Action, "sqs:SendMessage")
	f.asked = nil
	f.does(&api.ListQueuesInput{})
	f.equal("all queues", f.asked[0].Resource, "*")
	f.caller = user(account, "bob")
	f.fails("AccessDenied: User: arn:aws:iam::111111111111:user/bob is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:us-east-2:111111111111:jobs because no identity-based policy allows the sqs:sendmessage action",
		&api.SendMessageInput{QueueUrl: new("jobs"), MessageBody: new("x")})
}

// TestNotes: what a record tells besides the call.
func TestNotes(t *testing.T) {
	f := newFixture(t)
	f.queue("jobs", "Policy", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}`)
	c := &call.Call{Ctx: t.Context(), Principal: root(other), Region: region, Operation: api.API.Operation("ReceiveMessage"), Time: f.clock.Now(), State: f.store.View()}
	if _, err := f.run(c, &api.ReceiveMessageInput{QueueUrl: new(base + "jobs")}); err != nil {
		t.Fatal(err)
	}
	f.equal("resources", c.Resources, []call.Resource{{Account: account, Type: "AWS::SQS::Queue", ARN: arn("jobs")}})
	f.equal("owners", c.Owners, []string{account})
}
