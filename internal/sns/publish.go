package sns

import (
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

// receipt is what a publisher is told of its message.
type receipt struct{ ID, Number string }

// number is the sequence number, nil when the topic has none.
func (r receipt) number() *string {
	if r.Number == "" {
		return nil
	}
	return &r.Number
}

// destination is the topic that Publish names, in one way or the other.
func destination(c *call.Call, in *api.PublishInput) (TopicName, error) {
	switch {
	case in.PhoneNumber != nil:
		return TopicName{}, invalid("PhoneNumber Reason: SMS is not served here")
	case in.TopicArn != nil:
		return named(c, "TopicArn", *in.TopicArn)
	case in.TargetArn == nil:
		return TopicName{}, invalid("TopicArn or TargetArn Reason: no value for required parameter")
	case strings.Contains(*in.TargetArn, ":endpoint/"):
		return TopicName{}, invalid("TargetArn Reason: endpoints of mobile platforms are not served here")
	}
	return named(c, "TargetArn", *in.TargetArn)
}

// Publish sends a message to everybody who has subscribed to a topic.
func (s *Service) Publish(c *call.Call, in *api.PublishInput) (*api.PublishOutput, error) {
	m, err := newMessage(in.Message, in.Subject, in.MessageStructure, in.MessageGroupId, in.MessageDeduplicationId, in.MessageAttributes)
	if err != nil {
		return nil, err
	}
	n, err := destination(c, in)
	if err != nil {
		return nil, err
	}
	t, ok := topics.Get(c.State, n.key())
	if !ok {
		return nil, errNoTopic
	}
	if err := m.check(t); err != nil {
		return nil, err
	}
	if err := m.split(); err != nil {
		return nil, err
	}
	if err := s.mayUseKey(c.State, t, c.Account(), c.Allow); err != nil {
		return nil, err
	}
	r, err := s.publish(c.Tx, c.Time, t, m)
	if err != nil {
		return nil, err
	}
	return &api.PublishOutput{MessageId: &r.ID, SequenceNumber: r.number()}, nil
}

var entryID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`) })

// PublishBatch publishes up to ten messages. What is wrong with the form of
// one refuses them all, as in AWS; a subject or a body that cannot be sent
// fails alone.
func (s *Service) PublishBatch(c *call.Call, in *api.PublishBatchInput) (*api.PublishBatchOutput, error) {
	if err := checkBatch(in.PublishBatchRequestEntries); err != nil {
		return nil, err
	}
	t, err := find(c, in.TopicArn)
	if err != nil {
		return nil, err
	}
	messages, err := readBatch(t, in.PublishBatchRequestEntries)
	if err != nil {
		return nil, err
	}
	if err := s.mayUseKey(c.State, t, c.Account(), c.Allow); err != nil {
		return nil, err
	}
	out := &api.PublishBatchOutput{Successful: []api.PublishBatchResultEntry{}, Failed: []api.BatchResultErrorEntry{}}
	for i, m := range messages {
		id := in.PublishBatchRequestEntries[i].Id
		if err := m.check(t); err != nil {
			refused := err.(*aws.Error)
			out.Failed = append(out.Failed, api.BatchResultErrorEntry{
				Id: id, Code: &refused.Code, Message: &refused.Message, SenderFault: new(true),
			})
			continue
		}
		r, err := s.publish(c.Tx, c.Time, t, m)
		if err != nil {
			return nil, err
		}
		out.Successful = append(out.Successful, api.PublishBatchResultEntry{Id: id, MessageId: &r.ID, SequenceNumber: r.number()})
	}
	return out, nil
}

// checkBatch judges a batch by its entries' ids.
func checkBatch(entries []api.PublishBatchRequestEntry) error {
	switch {
	case len(entries) == 0:
		return aws.Errorf("EmptyBatchRequest", "The batch request doesn't contain any entries.")
	case len(entries) > entriesOfBatch:
		return aws.Errorf("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
	}
	seen := map[string]bool{}
	for i := range entries {
		switch id := aws.Val(entries[i].Id); {
		case seen[id]:
			return aws.Errorf("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
		case len(id) > 80:
			return aws.Errorf("InvalidBatchEntryId", "The Id of a batch entry in the batch request is too long: %s", id)
		case !entryID().MatchString(id):
			return aws.Errorf("InvalidBatchEntryId", "The Id of a batch entry in the batch request contains an impermissible character: %s", id)
		default:
			seen[id] = true
		}
	}
	return nil
}

// readBatch reads the messages of a batch.
func readBatch(t *Topic, entries []api.PublishBatchRequestEntry) ([]*Message, error) {
	messages, size := make([]*Message, len(entries)), 0
	for i := range entries {
		e := &entries[i]
		m, err := newMessage(e.Message, e.Subject, e.MessageStructure, e.MessageGroupId, e.MessageDeduplicationId, e.MessageAttributes)
		if err != nil {
			return nil, err
		}
		messages[i] = m
		size += m.size()
	}
	if size > messageSize {
		return nil, aws.Errorf("BatchRequestTooLong", "The length of all the messages put together is more than the limit.")
	}
	for _, m := range messages {
		if err := m.split(); err != nil {
			return nil, err
		}
		if err := m.checkOrder(t); err != nil {
			return nil, err
		}
	}
	return messages, nil
}

// MayPublish asks whether the policy of a topic lets a service publish. The
// error is what PublishAsService would answer.
func (s *Service) MayPublish(r store.Reader, now time.Time, topicARN string, from call.Source) *aws.Error {
	_, refused := s.admits(r, now, topicARN, from)
	return refused
}

// admits finds the topic that a service may publish to.
func (s *Service) admits(r store.Reader, now time.Time, topicARN string, from call.Source) (*Topic, *aws.Error) {
	n, err := parseTopic("TopicArn", topicARN)
	if err != nil {
		return nil, refusal(err)
	}
	t, ok := topics.Get(r, n.key())
	if !ok {
		return nil, errNoTopic
	}
	ask := s.asService(r, from, t.Region, now)
	if err := ask(t.target("Publish", policy.Context{})); err != nil {
		return nil, unauthorized("%s", refusal(err).Message)
	}
	if err := s.mayUseKey(r, t, "", ask); err != nil {
		return nil, refusal(err)
	}
	return t, nil
}

// PublishAsService publishes a message of a service at work, if the topic's
// policy lets it, in tx. The error is SNS's refusal, and nothing has happened
// then; that of a failure of ours is aws.InternalFailure.
func (s *Service) PublishAsService(tx *store.Tx, now time.Time, topicARN string, from call.Source, m Message) *aws.Error {
	t, refused := s.admits(tx, now, topicARN, from)
	if refused != nil {
		return refused
	}
	err := m.check(t)
	if err == nil {
		err = m.split()
	}
	if err == nil {
		_, err = s.publish(tx, now, t, &m)
	}
	return refusal(err)
}

// refusal is an error in AWS's terms.
func refusal(err error) *aws.Error {
	switch e := err.(type) {
	case nil:
		return nil
	case *aws.Error:
		return e
	}
	return aws.Errorf(aws.InternalFailure, "%v", err)
}

// publish fans a message out that is as it should be. Of a FIFO topic it is
// not delivered when it repeats another.
func (s *Service) publish(tx *store.Tx, now time.Time, t *Topic, m *Message) (receipt, error) {
	r := receipt{ID: aws.UUID()}
	if t.FIFO() {
		m.identify()
		key := publicationKey(t, m)
		if p, ok := published.Get(tx, key); ok && now.Before(p.At.Add(repetition)) {
			return receipt{p.ID, p.Number}, nil
		}
		r.Number = nextNumber(tx, t)
		published.Put(tx, key, &publication{r.ID, r.Number, now})
	}
	f := &fanout{s: s, tx: tx, now: now, topic: t, message: m, receipt: r, signed: map[string]envelope{}}
	for _, sub := range subscriptions.Scan(tx, t.key()+"/") {
		text := m.textFor(sub.Protocol)
		if sub.Pending || !sub.Filter.passes(m, text) {
			continue
		}
		if err := f.send(sub, text); err != nil {
			return r, err
		}
	}
	return r, nil
}
