package sqs

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// DeleteMessage deletes a message that was received.
func (s *Service) DeleteMessage(c *call.Call, in *api.DeleteMessageInput) (*api.DeleteMessageOutput, error) {
	q, err := findURL(c, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return nil, s.delete(c.Tx, q, c.Time, in.ReceiptHandle)
}

// DeleteMessageBatch deletes up to ten messages.
func (s *Service) DeleteMessageBatch(c *call.Call, in *api.DeleteMessageBatchInput) (*api.DeleteMessageBatchOutput, error) {
	q, err := findURL(c, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := checkBatch("DeleteMessageBatchRequestEntry", in.Entries, func(e *api.DeleteMessageBatchRequestEntry) *string { return e.Id }); err != nil {
		return nil, err
	}
	out := &api.DeleteMessageBatchOutput{Successful: []api.DeleteMessageBatchResultEntry{}, Failed: []api.BatchResultErrorEntry{}}
	for i := range in.Entries {
		e := &in.Entries[i]
		if err := s.delete(c.Tx, q, c.Time, e.ReceiptHandle); err != nil {
			if out.Failed, err = failed(out.Failed, e.Id, err); err != nil {
				return nil, err
			}
			continue
		}
		out.Successful = append(out.Successful, api.DeleteMessageBatchResultEntry{Id: e.Id})
	}
	return out, nil
}

// delete deletes the message of a handle. A standard queue takes a handle for
// as long as the message has not been received again; after that it says yes
// and does nothing. A FIFO queue takes it only while the message is in
// flight: once another consumer may have it, its order is at stake. What is
// gone already is deleted.
func (s *Service) delete(tx *store.Tx, q *Queue, now time.Time, handle *string) error {
	r, err := s.open(q, handle)
	if err != nil {
		return err
	}
	m := r.message(tx)
	if q.FIFO {
		if _, there := messages.Get(tx, r.key); there && (m == nil || !m.isInFlight(now.UnixMilli())) {
			return expiredHandle(*handle)
		}
	}
	if m == nil {
		return nil
	}
	drop(tx, r.key, m)
	if q.FIFO {
		q.line(tx, m.Group, now.UnixMilli())
	}
	return nil
}
