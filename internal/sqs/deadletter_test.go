package sqs

import (
	"fmt"
	"strings"
	"testing"
	"time"

	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

func redriveTo(name string, max int) string {
	return fmt.Sprintf(`{"deadLetterTargetArn":"%s","maxReceiveCount":%d}`, arn(name), max)
}

func TestDeadLetters(t *testing.T) {
	f := newFixture(t)
	dead := f.queue("dead", "MessageRetentionPeriod", "120")
	url := f.queue("jobs", "RedrivePolicy", redriveTo("dead", 2), "VisibilityTimeout", "10")
	sent := f.send(url, "poison")
	for range 2 {
		f.Equal("received", f.bodies(url), []string{"poison"})
		f.Clock.Advance(10 * time.Second)
	}
	f.Equal("no third time", f.bodies(url), []string{})
	f.Equal("count", [2][3]string{f.count(url), f.count(dead)}, [2][3]string{{"0", "0", "0"}, {"1", "0", "0"}})
	m := f.receive(dead, 1)[0]
	f.Equal("what it says of itself", [4]string{*m.MessageId, m.Attributes["DeadLetterQueueSourceArn"], m.Attributes["ApproximateReceiveCount"], m.Attributes["SentTimestamp"]},
		[4]string{*sent.MessageId, arn("jobs"), "3", "1769824800000"})
	f.Clock.Advance(100 * time.Second)
	f.Equal("it expires by when it was sent", f.bodies(dead), []string{})

	list := do[api.ListDeadLetterSourceQueuesOutput](f, &api.ListDeadLetterSourceQueuesInput{QueueUrl: dead})
	f.Equal("sources", list.QueueUrls, []string{base + "jobs"})
	f.queue("jobs2", "RedrivePolicy", redriveTo("dead", 2))
	list = do[api.ListDeadLetterSourceQueuesOutput](f, &api.ListDeadLetterSourceQueuesInput{QueueUrl: dead, MaxResults: new(int32(1))})
	f.Equal("first page", list.QueueUrls, []string{base + "jobs"})
	list = do[api.ListDeadLetterSourceQueuesOutput](f, &api.ListDeadLetterSourceQueuesInput{QueueUrl: dead, NextToken: list.NextToken})
	f.Equal("second page", list.QueueUrls, []string{base + "jobs2"})
	f.Equal("none", do[api.ListDeadLetterSourceQueuesOutput](f, &api.ListDeadLetterSourceQueuesInput{QueueUrl: url}).QueueUrls, []string{})
}

// TestDeadLetterGone: a message stays where its dead-letter queue is gone or
// does not take it any more.
func TestDeadLetterGone(t *testing.T) {
	f := newFixture(t)
	dead := f.queue("dead")
	url := f.queue("jobs", "RedrivePolicy", redriveTo("dead", 1), "VisibilityTimeout", "0")
	f.send(url, "poison")
	f.set(dead, "RedriveAllowPolicy", `{"redrivePermission":"denyAll"}`)
	for range 3 {
		f.Equal("received", f.bodies(url), []string{"poison"})
	}
	f.Do(&api.DeleteQueueInput{QueueUrl: dead})
	f.Equal("received", f.bodies(url), []string{"poison"})
	f.Clock.Advance(time.Minute)
	f.queue("dead")
	f.Equal("buried", f.bodies(url), []string{})
	f.Equal("count", f.count(dead), [3]string{"1", "0", "0"})
}

func TestFIFODeadLetters(t *testing.T) {
	f := newFixture(t)
	dead := f.queue("dead.fifo")
	url := f.queue("jobs.fifo", "RedrivePolicy", redriveTo("dead.fifo", 1), "VisibilityTimeout", "10")
	f.sendTo(url, "a", "a1", "a2", "a3")
	f.Equal("first", bodiesOf(f.receive(url, 1)), []string{"a1"})
	f.Clock.Advance(10 * time.Second)
	f.Equal("the next of the group", bodiesOf(f.receive(url, 1)), []string{"a2"})
	f.Clock.Advance(10 * time.Second)
	f.Equal("and the next", bodiesOf(f.receive(url, 1)), []string{"a3"})
	list := f.receive(dead, 10)
	f.Equal("in order", bodiesOf(list), []string{"a1", "a2"})
	f.Equal("sent anew", list[1].Attributes["SentTimestamp"], "1769824820000")
}

func startMove(source string, rest ...any) *api.StartMessageMoveTaskInput {
	in := &api.StartMessageMoveTaskInput{SourceArn: new(arn(source))}
	for _, v := range rest {
		switch v := v.(type) {
		case string:
			in.DestinationArn = new(arn(v))
		case int:
			in.MaxNumberOfMessagesPerSecond = new(int32(v))
		}
	}
	return in
}

func (f *fixture) tasks(source string) []api.ListMessageMoveTasksResultEntry {
	f.Helper()
	return do[api.ListMessageMoveTasksOutput](f, &api.ListMessageMoveTasksInput{SourceArn: new(arn(source)), MaxResults: new(int32(10))}).Results
}

// bury fills a dead-letter queue by receiving too often.
func (f *fixture) bury(url *string, bodies ...string) {
	f.Helper()
	f.send(url, bodies...)
	for range bodies {
		f.receive(url, 10)
	}
	f.receive(url, 10)
}

func TestMoveTask(t *testing.T) {
	f := newFixture(t)
	dead := f.queue("dead")
	one := f.queue("one", "RedrivePolicy", redriveTo("dead", 1), "VisibilityTimeout", "0")
	two := f.queue("two", "RedrivePolicy", redriveTo("dead", 1), "VisibilityTimeout", "0")
	f.bury(one, "a", "b")
	f.bury(two, "c")
	f.send(dead, "its own")
	f.Equal("buried", f.count(dead), [3]string{"4", "0", "0"})
	handle := do[api.StartMessageMoveTaskOutput](f, startMove("dead")).TaskHandle
	f.Fails("InvalidParameterValue: There is already a task running. Only one active task is allowed for a source queue arn at a given time.", startMove("dead"))
	f.Equal("running", *f.tasks("dead")[0].TaskHandle, *handle)
	f.advance()
	f.Equal("where they came from", [3][3]string{f.count(one), f.count(two), f.count(dead)}, [3][3]string{{"2", "0", "0"}, {"1", "0", "0"}, {"1", "0", "0"}})
	m := f.receive(two, 1)[0]
	f.Equal("sent anew", [2]string{m.Attributes["ApproximateReceiveCount"], m.Attributes["DeadLetterQueueSourceArn"]}, [2]string{"1", ""})
	done := f.tasks("dead")[0]
	f.Equal("done", []any{*done.Status, *done.ApproximateNumberOfMessagesMoved, *done.ApproximateNumberOfMessagesToMove, done.TaskHandle, done.DestinationArn},
		[]any{"COMPLETED", int64(3), int64(4), (*string)(nil), (*string)(nil)})

	f.queue("three")
	f.Clock.Advance(time.Second)
	f.Do(startMove("dead", "three"))
	f.advance()
	f.Equal("to another", f.bodies(new("three")), []string{"its own"})
	list := f.tasks("dead")
	f.Equal("newest first", [2]string{*list[0].DestinationArn, *list[0].SourceArn}, [2]string{arn("three"), arn("dead")})
	f.Equal("both", len(list), 2)
	f.Equal("one by itself", len(do[api.ListMessageMoveTasksOutput](f, &api.ListMessageMoveTasksInput{SourceArn: new(arn("dead"))}).Results), 1)
}

func TestMoveRate(t *testing.T) {
	f := newFixture(t)
	dead := f.queue("dead")
	f.queue("jobs", "RedrivePolicy", redriveTo("dead", 1))
	to := f.queue("to")
	for i := range 10 {
		f.send(dead, fmt.Sprint(i))
	}
	start := startMove("dead", "to", 2)
	handle := do[api.StartMessageMoveTaskOutput](f, start).TaskHandle
	f.advance()
	f.Equal("at once", f.count(to), [3]string{"0", "0", "0"})
	f.Clock.Advance(1500 * time.Millisecond)
	f.advance()
	f.advance()
	f.Equal("after a second and a half", f.count(to), [3]string{"3", "0", "0"})
	out := do[api.CancelMessageMoveTaskOutput](f, &api.CancelMessageMoveTaskInput{TaskHandle: handle})
	f.Equal("moved", *out.ApproximateNumberOfMessagesMoved, int64(3))
	f.Clock.Advance(time.Minute)
	f.advance()
	f.Equal("no more", f.count(to), [3]string{"3", "0", "0"})
	f.Equal("cancelled", [2]any{*f.tasks("dead")[0].Status, *f.tasks("dead")[0].MaxNumberOfMessagesPerSecond}, [2]any{"CANCELLED", int32(2)})
	f.Fails("UnsupportedOperation: Only active tasks can be cancelled.", &api.CancelMessageMoveTaskInput{TaskHandle: handle})

	f.Do(startMove("dead", "to", 1))
	f.Clock.Advance(3 * time.Second)
	f.advance()
	f.Do(&api.DeleteQueueInput{QueueUrl: to})
	f.Clock.Advance(3 * time.Second)
	f.advance()
	failed := f.tasks("dead")[0]
	f.Equal("failed", [3]any{*failed.Status, *failed.FailureReason, *failed.ApproximateNumberOfMessagesMoved}, [3]any{"FAILED", "AWS.SimpleQueueService.NonExistentQueue", int64(3)})
	f.Equal("nothing is lost", f.count(dead), [3]string{"4", "0", "0"})
	for range maxTasks + 3 {
		f.Clock.Advance(time.Second)
		f.Do(startMove("dead", "jobs", 1))
		f.Do(&api.CancelMessageMoveTaskInput{TaskHandle: f.tasks("dead")[0].TaskHandle})
	}
	f.Equal("old tasks are forgotten", tasks.Len(f.Store.View()), maxTasks)
	f.Do(&api.DeleteQueueInput{QueueUrl: dead})
	f.Equal("and all with their queue", tasks.Len(f.Store.View()), 0)
}

func TestMoveFIFO(t *testing.T) {
	f := newFixture(t)
	dead := f.queue("dead.fifo", "VisibilityTimeout", "10")
	f.queue("jobs.fifo", "RedrivePolicy", redriveTo("dead.fifo", 1))
	to := f.queue("to.fifo")
	f.sendTo(dead, "a", "a1", "a2")
	f.sendTo(dead, "b", "b1", "b2")
	f.Equal("in flight", bodiesOf(f.receive(dead, 1)), []string{"a1"})
	f.Do(startMove("dead.fifo", "to.fifo"))
	f.advance()
	f.Equal("another group", f.bodies(to), []string{"b1", "b2"})
	f.Clock.Advance(10 * time.Second)
	f.Do(startMove("dead.fifo", "to.fifo"))
	f.advance()
	f.Equal("the group", f.bodies(to), []string{"a1", "a2"})
}

func TestMoveRefused(t *testing.T) {
	f := newFixture(t)
	f.queue("dead")
	f.queue("to.fifo")
	f.queue("jobs", "RedrivePolicy", redriveTo("dead", 1))
	handle := func(text string) *api.CancelMessageMoveTaskInput {
		return &api.CancelMessageMoveTaskInput{TaskHandle: new((&task{ID: strings.Fields(text)[0], Source: strings.Fields(text)[1]}).handle())}
	}
	f.Fails("InvalidParameterValue: Source queue must be configured as a Dead Letter Queue.", startMove("jobs"))
	f.Fails("ResourceNotFoundException: The resource that you specified for the SourceArn parameter doesn't exist.", startMove("nobody"))
	f.Fails("ResourceNotFoundException: The resource that you specified for the DestinationArn parameter doesn't exist.", startMove("dead", "nobody"))
	f.Fails("InvalidParameterValue", startMove("dead", "dead"))
	f.Fails("InvalidParameterValue", startMove("dead", "to.fifo"))
	f.Fails("InvalidParameterValue", startMove("dead", 501))
	f.Fails("InvalidParameterValue", startMove("dead", 0))
	f.Fails("InvalidParameterValue: Value for parameter TaskHandle is invalid.", &api.CancelMessageMoveTaskInput{TaskHandle: new("foobared")})
	f.Fails("ResourceNotFoundException: The resource that you specified for the SourceArn parameter doesn't exist.", handle("x "+arn("nobody")))
	f.Fails("ResourceNotFoundException: Task does not exist.", handle("x "+arn("dead")))
	f.Fails("InvalidParameterValue", &api.ListMessageMoveTasksInput{SourceArn: new(arn("dead")), MaxResults: new(int32(11))})
	f.Fails("ResourceNotFoundException", &api.ListMessageMoveTasksInput{SourceArn: new("x")})
	f.Equal("none", len(f.tasks("dead")), 0)
}
