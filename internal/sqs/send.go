package sqs

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// Message is a message that a service of the house sends.
type Message struct {
	Body       string
	Attributes map[string]Attribute
	// GroupID and DeduplicationID are for FIFO queues; a standard queue
	// takes a GroupID.
	GroupID, DeduplicationID string
	TraceHeader              string // AWSTraceHeader, "" for none
}

// letter is a message on its way into a queue.
type letter struct {
	content
	sender       string
	group, dedup *string
	delay        *int32
	trace        *Attribute
	ask          asker
}

// sent is what the sender is told.
type sent struct {
	id, md5                            string
	attributesMD5, systemMD5, sequence *string
}

// SendMessage puts a message into a queue.
func (s *Service) SendMessage(c *call.Call, in *api.SendMessageInput) (*api.SendMessageOutput, error) {
	q, err := findURL(c, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	l, err := letterOf(in.MessageBody, in.MessageAttributes, in.MessageSystemAttributes)
	if err != nil {
		return nil, err
	}
	l.sender, l.ask = c.Principal.ID, c.Allow
	l.group, l.dedup, l.delay = in.MessageGroupId, in.MessageDeduplicationId, in.DelaySeconds
	if err := q.addressed(&l); err != nil {
		return nil, err
	}
	done, err := s.send(c.Tx, q, c.Time, &l)
	if err != nil {
		return nil, err
	}
	return &api.SendMessageOutput{
		MessageId: &done.id, MD5OfMessageBody: &done.md5, SequenceNumber: done.sequence,
		MD5OfMessageAttributes: done.attributesMD5, MD5OfMessageSystemAttributes: done.systemMD5,
	}, nil
}

// SendMessageBatch puts up to ten messages into a queue. Those that cannot be
// sent do not keep the others from it.
func (s *Service) SendMessageBatch(c *call.Call, in *api.SendMessageBatchInput) (*api.SendMessageBatchOutput, error) {
	q, err := findURL(c, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := checkBatch("SendMessageBatchRequestEntry", in.Entries, func(e *api.SendMessageBatchRequestEntry) *string { return e.Id }); err != nil {
		return nil, err
	}
	letters, err := q.letters(c, in.Entries)
	if err != nil {
		return nil, err
	}
	out := &api.SendMessageBatchOutput{Successful: []api.SendMessageBatchResultEntry{}, Failed: []api.BatchResultErrorEntry{}}
	for i, l := range letters {
		id := in.Entries[i].Id
		err := l.wrong
		var done sent
		if err == nil {
			done, err = s.send(c.Tx, q, c.Time, &l.letter)
		}
		if err != nil {
			if out.Failed, err = failed(out.Failed, id, err); err != nil {
				return nil, err
			}
			continue
		}
		out.Successful = append(out.Successful, api.SendMessageBatchResultEntry{
			Id: id, MessageId: &done.id, MD5OfMessageBody: &done.md5, SequenceNumber: done.sequence,
			MD5OfMessageAttributes: done.attributesMD5, MD5OfMessageSystemAttributes: done.systemMD5,
		})
	}
	return out, nil
}

// batchLetter is a letter of a batch, and what is wrong with it alone.
type batchLetter struct {
	letter
	wrong error
}

// letters reads the entries of a batch. What they have in common is refused
// as a whole: that they are too long together, or not addressed to a queue of
// this type.
func (q *Queue) letters(c *call.Call, entries []api.SendMessageBatchRequestEntry) ([]batchLetter, error) {
	list := make([]batchLetter, len(entries))
	size := 0
	for i := range entries {
		e, l := &entries[i], &list[i]
		l.letter, l.wrong = letterOf(e.MessageBody, e.MessageAttributes, e.MessageSystemAttributes)
		l.sender, l.ask = c.Principal.ID, c.Allow
		l.group, l.dedup, l.delay = e.MessageGroupId, e.MessageDeduplicationId, e.DelaySeconds
		size += l.size()
	}
	if size > largestMessage {
		return nil, aws.Errorf("BatchRequestTooLong", "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", largestMessage, size)
	}
	for i := range list {
		if err := q.addressed(&list[i].letter); err != nil {
			if e, ok := err.(*aws.Error); ok && e.Code == "MissingParameter" {
				err = invalidParameter("%s", e.Message)
			}
			return nil, err
		}
	}
	return list, nil
}

// letterOf reads what is to be sent.
func letterOf(body *string, attributes map[string]api.MessageAttributeValue, system map[string]api.MessageSystemAttributeValue) (letter, error) {
	l := letter{content: content{Body: aws.Val(body)}}
	for name, v := range attributes {
		if v.StringListValues != nil || v.BinaryListValues != nil {
			return l, aws.Errorf("UnsupportedOperation", "Message attribute list values in SendMessage operation are not supported.")
		}
		if l.Attributes == nil {
			l.Attributes = make(map[string]Attribute, len(attributes))
		}
		l.Attributes[name] = Attribute{aws.Val(v.DataType), aws.Val(v.StringValue), v.BinaryValue}
	}
	for name, v := range system {
		if name != api.MessageSystemAttributeNameForSendsAWSTraceHeader {
			return l, invalidParameter("Message system attribute name '%s' is invalid.", name)
		}
		a := Attribute{aws.Val(v.DataType), aws.Val(v.StringValue), v.BinaryValue}
		if err := a.check("Message (system)", name); err != nil {
			return l, err
		}
		if a.DataType != "String" {
			return l, invalidParameter("The type of message (system) attribute '%s' must be String.", name)
		}
		l.trace = &a
	}
	return l, nil
}

// addressed checks what a message must say for the type of its queue, and
// gives it the deduplication id that follows from its body.
func (q *Queue) addressed(l *letter) error {
	if l.group != nil && !isPunctuated(*l.group) {
		return invalidValue(*l.group, "MessageGroupId", "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.")
	}
	if l.dedup != nil && !isPunctuated(*l.dedup) {
		return invalidValue(*l.dedup, "MessageDeduplicationId", "MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length.")
	}
	switch {
	case !q.FIFO && l.dedup != nil:
		return otherQueueType(*l.dedup, "MessageDeduplicationId")
	case !q.FIFO:
		return nil
	case l.group == nil:
		return missing("MessageGroupId")
	case aws.Val(l.delay) != 0:
		return otherQueueType(*l.delay, "DelaySeconds")
	case l.dedup == nil && !q.ContentDedup:
		return invalidParameter("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	case l.dedup == nil:
		l.dedup = new(contentID(l.Body))
	}
	return nil
}

// SendAsService puts a message into a queue as a service of the house, when
// the queue's policy lets it. It is part of tx: the message is there when tx
// is durable.
func (s *Service) SendAsService(tx *store.Tx, now time.Time, queueARN string, from call.Source, m Message) *aws.Error {
	q, ok := findARN(tx, queueARN)
	if !ok {
		return noSuchQueue()
	}
	ask := func(t call.Target) error {
		// A service calls from no account of the house, so that a key that
		// the account has for SQS is none of its.
		delete(t.Context, "kms:calleraccount")
		if refused := from.Ask(t, q.Region, now, s.resourceControls(tx, t.Owner)); refused != nil {
			return refused
		}
		return nil
	}
	if err := ask(q.target("sqs:SendMessage")); err != nil {
		return refusal(err)
	}
	l := letter{content: content{m.Body, m.Attributes}, sender: from.Service, ask: ask}
	if m.GroupID != "" {
		l.group = &m.GroupID
	}
	if m.DeduplicationID != "" && q.FIFO {
		l.dedup = &m.DeduplicationID
	}
	if m.TraceHeader != "" {
		l.trace = &Attribute{DataType: "String", StringValue: m.TraceHeader}
	}
	err := q.addressed(&l)
	if err == nil {
		_, err = s.send(tx, q, now, &l)
	}
	return refusal(err)
}

// target is a permission on the queue.
func (q *Queue) target(action string) call.Target {
	t := call.Target{Action: action, Resource: q.ARN(), Owner: q.Account}
	if !q.Policy.IsZero() {
		t.Policy = &policy.Attached{Name: q.Name, Document: q.Policy.Document()}
	}
	return t
}

// refusal is err in AWS's terms.
func refusal(err error) *aws.Error {
	switch e := err.(type) {
	case nil:
		return nil
	case *aws.Error:
		return e
	}
	return aws.Errorf(aws.InternalFailure, "%v", err)
}

// send puts a letter into a queue. The same letter to a FIFO queue within
// five minutes is taken for the one that is known already.
func (s *Service) send(tx *store.Tx, q *Queue, now time.Time, l *letter) (sent, error) {
	if err := l.check(q.MaxSize); err != nil {
		return sent{}, err
	}
	delay := q.Delay
	if l.delay != nil && !q.FIFO {
		if *l.delay < 0 || *l.delay > 900 {
			return sent{}, invalidValue(*l.delay, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
		}
		delay = int(*l.delay)
	}
	done := sent{id: aws.EventID(), md5: md5Of(l.Body), attributesMD5: md5OfAttributes(l.Attributes)}
	m := &message{ID: done.id, Sender: l.sender, Sent: now.UnixMilli(), Group: aws.Val(l.group)}
	if l.trace != nil {
		m.Trace = l.trace.StringValue
		done.systemMD5 = md5OfAttributes(map[string]Attribute{api.MessageSystemAttributeNameForSendsAWSTraceHeader: *l.trace})
	}
	m.Visible, m.Body = m.Sent, q.prefix()+m.place()
	if q.FIFO {
		m.Dedup = *l.dedup
		if d, ok := q.duplicate(tx, m); ok {
			done.id, done.sequence = d.ID, new(sequenceNumber(d.Sequence))
			return done, nil
		}
	} else {
		m.Visible += int64(delay) * 1000
	}
	kept, err := s.wrap(tx, q, m, l.content, l.ask)
	if err != nil {
		return sent{}, err
	}
	if q.FIFO {
		m.Sequence = q.nextSequence(tx)
		q.remember(tx, m)
		done.sequence = new(sequenceNumber(m.Sequence))
	}
	contents.Put(tx, m.Body, kept)
	q.put(tx, m)
	return done, nil
}

// put adds a message to a queue, in a FIFO queue behind those of its group.
func (q *Queue) put(tx *store.Tx, m *message) {
	m.Behind, m.Blocked = false, 0
	if m.Sequence != 0 {
		for range messages.By(tx, byGroup, q.prefix()+m.Group) {
			m.Behind = true
			break
		}
	}
	messages.Put(tx, q.prefix()+m.place(), m)
}
