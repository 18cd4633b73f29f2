package sqs

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/store/postgrestest"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

func TestGroups(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs.fifo")
	first := f.sendTo(url, "a", "a1")
	second := f.sendTo(url, "b", "b1")
	f.sendTo(url, "a", "a2", "a3")
	f.Equal("numbers grow", *first.SequenceNumber < *second.SequenceNumber, true)
	f.Equal("digits", len(*first.SequenceNumber), 20)
	f.Equal("count", f.count(url), [3]string{"4", "0", "0"})

	one := f.receive(url, 1)
	f.Equal("the first", bodiesOf(one), []string{"a1"})
	f.Equal("attributes", [3]string{one[0].Attributes["MessageGroupId"], one[0].Attributes["MessageDeduplicationId"], one[0].Attributes["SequenceNumber"]}, [3]string{"a", "a1", *first.SequenceNumber})
	two := f.receive(url, 10)
	f.Equal("another group", bodiesOf(two), []string{"b1"})
	f.Equal("all are blocked", f.bodies(url), []string{})
	f.Equal("count", f.count(url), [3]string{"2", "2", "0"})
	f.delete(url, one...)
	both := f.receive(url, 10)
	f.Equal("the rest of the group", bodiesOf(both), []string{"a2", "a3"})

	// While one of the group is in flight the group waits, whatever becomes
	// of those before it.
	hide := func(m api.Message, seconds int32) {
		f.Do(&api.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: &seconds})
	}
	hide(both[0], 0)
	f.Equal("blocked by the second", f.bodies(url), []string{})
	hide(both[1], 0)
	f.Equal("in order again", f.bodies(url), []string{"a2", "a3"})
	f.Clock.Advance(time.Minute)
	f.Equal("and after their time", f.bodies(url), []string{"b1", "a2", "a3"})
}

func TestExpiredHandle(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs.fifo")
	f.sendTo(url, "a", "a1", "a2")
	m := f.receive(url, 1)[0]
	f.Clock.Advance(30 * time.Second)
	want := "InvalidParameterValue: Value " + *m.ReceiptHandle + " for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
	f.Fails(want, &api.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
	f.Fails(want, &api.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: new(int32(5))})
	again := f.receive(url, 1)
	f.Fails(want, &api.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
	f.delete(url, again...)
	f.delete(url, again...)
	f.delete(url, m)
	f.Equal("the next", f.bodies(url), []string{"a2"})
}

func TestDeduplication(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs.fifo")
	first := f.sendTo(url, "a", "same")
	f.Clock.Advance(memory - time.Millisecond)
	second := f.sendTo(url, "b", "same")
	f.Equal("taken for the first", []string{*second.MessageId, *second.SequenceNumber}, []string{*first.MessageId, *first.SequenceNumber})
	f.delete(url, f.receive(url, 10)...)
	third := f.sendTo(url, "a", "same")
	f.Equal("also when it is gone", *third.MessageId, *first.MessageId)
	f.Clock.Advance(time.Millisecond)
	fourth := f.sendTo(url, "a", "same")
	f.Equal("after five minutes", *fourth.MessageId != *first.MessageId, true)
	f.Equal("bodies", f.bodies(url), []string{"same"})

	f.set(url, "ContentBasedDeduplication", "true")
	byContent := func(body string, dedup *string) string {
		return *do[api.SendMessageOutput](f, &api.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageGroupId: new("c"), MessageDeduplicationId: dedup}).MessageId
	}
	id := byContent("content", nil)
	f.Equal("by content", byContent("content", nil), id)
	f.Equal("its own id goes before", byContent("content", new("x")) != id, true)
	f.Equal("the digest as an id", byContent("other", new(contentID("content"))), id)

	f.set(url, "DeduplicationScope", "messageGroup")
	one, two := f.sendTo(url, "d", "scoped"), f.sendTo(url, "e", "scoped")
	f.Equal("in the group alone", *one.MessageId != *two.MessageId, true)
	f.Equal("in the group", *f.sendTo(url, "d", "scoped").MessageId, *one.MessageId)
	f.Clock.Advance(memory)
	f.advance()
	f.Equal("nothing is remembered", duplicates.Len(f.Store.View()), 0)
}

// TestFailedLetterIsNotRemembered: what could not be sent can be sent again
// under the same id.
func TestFailedLetterIsNotRemembered(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs.fifo", "KmsMasterKeyId", "nobody")
	in := &api.SendMessageBatchInput{QueueUrl: url, Entries: []api.SendMessageBatchRequestEntry{{Id: new("a"), MessageBody: new("x"), MessageGroupId: new("g"), MessageDeduplicationId: new("d")}}}
	f.Equal("fails", *do[api.SendMessageBatchOutput](f, in).Failed[0].Code, "KMS.NotFoundException")
	f.set(url, "KmsMasterKeyId", "")
	f.Equal("is sent", len(do[api.SendMessageBatchOutput](f, in).Successful), 1)
	f.Equal("received", f.bodies(url), []string{"x"})
}

func TestFIFODelay(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs.fifo", "DelaySeconds", "60")
	f.sendTo(url, "a", "a1")
	f.Clock.Advance(30 * time.Second)
	f.sendTo(url, "b", "b1")
	f.sendTo(url, "a", "a2")
	f.Equal("all", f.count(url), [3]string{"0", "0", "3"})
	f.Equal("none", f.bodies(url), []string{})
	f.Clock.Advance(30 * time.Second)
	f.Equal("one", f.count(url), [3]string{"1", "0", "2"})
	f.Equal("the first", f.bodies(url), []string{"a1"})
	f.set(url, "DelaySeconds", "10") // holds for those that wait
	f.Equal("another group", f.bodies(url), []string{"b1"})
	f.Equal("count", f.count(url), [3]string{"1", "2", "0"})
}

func TestAttempts(t *testing.T) {
	f := newFixture(t)
	url := f.queue("jobs.fifo")
	f.sendTo(url, "a", "a1", "a2")
	f.sendTo(url, "b", "b1")
	try := func(id string) []string {
		return bodiesOf(f.receives(&api.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: new(int32(2)), ReceiveRequestAttemptId: &id}))
	}
	f.Equal("first", try("one"), []string{"a1", "a2"})
	f.Clock.Advance(20 * time.Second)
	f.Equal("the same again", try("one"), []string{"a1", "a2"})
	f.Equal("another", try("two"), []string{"b1"})
	f.Clock.Advance(20 * time.Second)
	f.Equal("hidden anew", f.bodies(url), []string{})
	list := f.receives(&api.ReceiveMessageInput{QueueUrl: url, ReceiveRequestAttemptId: new("one")})
	f.delete(url, list[0])
	f.Equal("what is left", try("one"), []string{"a2"})
	f.Clock.Advance(time.Minute)
	f.Equal("after their time", try("one"), []string{"b1", "a2"})
	f.Clock.Advance(memory)
	f.advance()
	f.Equal("nothing is remembered", attempts.Len(f.Store.View()), 0)
}

// TestFIFOExpires: a group goes on behind messages that have expired.
func TestFIFOExpires(t *testing.T) {
	f := newFixture(t)
	for _, sweep := range []bool{false, true} {
		url := f.queue(fmt.Sprintf("jobs-%v.fifo", sweep), "MessageRetentionPeriod", "60")
		f.sendTo(url, "a", "a1", "a2")
		f.Clock.Advance(40 * time.Second)
		f.sendTo(url, "a", "a3")
		f.Clock.Advance(30 * time.Second)
		if sweep {
			f.advance()
		}
		f.Equal("what is left", f.bodies(url), []string{"a3"})
	}
}

// TestOrderUnderConcurrency: many consumers, several of which take their time
// and lose their messages, see each group in its order, and no two of them the
// same message at a time.
func TestOrderUnderConcurrency(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { consume(t, newFixture(t)) })
	t.Run("postgres", func(t *testing.T) {
		url := postgrestest.URL(t)
		consume(t, newFixtureAt(t, url), newFixtureAt(t, url))
	})
}

// consume empties a queue through several replicas.
func consume(t *testing.T, replicas ...*fixture) {
	const groups, each = 8, 40
	f := replicas[0]
	for _, r := range replicas {
		r.Clock = f.Clock
		r.service.Now = f.Clock.Now
	}
	url := f.queue("jobs.fifo", "VisibilityTimeout", "1000")
	for i := range each {
		for g := range groups {
			f.sendTo(url, fmt.Sprint("g", g), fmt.Sprintf("g%d-%03d", g, i))
		}
	}
	var mu sync.Mutex
	got := map[string][]string{}
	held := map[string]int{} // receptions that are in flight, by message
	groupOf := func(m api.Message) string { return m.Attributes["MessageGroupId"] }
	var wg sync.WaitGroup
	total := 0
	for w := range 12 {
		wg.Go(func() {
			f := replicas[w%len(replicas)]
			for {
				mu.Lock()
				left := total < groups*each
				mu.Unlock()
				if !left {
					return
				}
				list := f.receives(&api.ReceiveMessageInput{
					QueueUrl: url, MaxNumberOfMessages: new(int32(1 + w%3)), WaitTimeSeconds: new(int32(1)), AttributeNames: []string{"All"},
				})
				mu.Lock()
				for _, m := range list {
					if held[*m.Body]++; held[*m.Body] > 1 {
						t.Errorf("%s is received twice at a time", *m.Body)
					}
				}
				mu.Unlock()
				for i, m := range list {
					if w%4 == 0 && i == len(list)-1 {
						mu.Lock()
						held[*m.Body]--
						mu.Unlock()
						f.Do(&api.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: new(int32(0))})
						continue
					}
					mu.Lock()
					got[groupOf(m)] = append(got[groupOf(m)], *m.Body)
					total++
					mu.Unlock()
					f.delete(url, m)
				}
			}
		})
	}
	wg.Wait()
	for g := range groups {
		list := got[fmt.Sprint("g", g)]
		if len(list) != each || !slices.IsSorted(list) {
			t.Errorf("group %d: %d messages: %s", g, len(list), strings.Join(list, " "))
		}
	}
}
