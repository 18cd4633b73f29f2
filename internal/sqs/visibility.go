package sqs

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// maxVisibility is for how long, in seconds, a message may be hidden, and in
// all from when it was received.
const maxVisibility = 43200

// ChangeMessageVisibility says anew for how long a message that was received
// is hidden from others.
func (s *Service) ChangeMessageVisibility(c *call.Call, in *api.ChangeMessageVisibilityInput) (*api.ChangeMessageVisibilityOutput, error) {
	q, err := findURL(c, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return nil, s.hide(c.Tx, q, c.Time, in.ReceiptHandle, aws.Val(in.VisibilityTimeout))
}

// ChangeMessageVisibilityBatch does it for up to ten messages.
func (s *Service) ChangeMessageVisibilityBatch(c *call.Call, in *api.ChangeMessageVisibilityBatchInput) (*api.ChangeMessageVisibilityBatchOutput, error) {
	q, err := findURL(c, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := checkBatch("ChangeMessageVisibilityBatchRequestEntry", in.Entries, func(e *api.ChangeMessageVisibilityBatchRequestEntry) *string { return e.Id }); err != nil {
		return nil, err
	}
	out := &api.ChangeMessageVisibilityBatchOutput{Successful: []api.ChangeMessageVisibilityBatchResultEntry{}, Failed: []api.BatchResultErrorEntry{}}
	for i := range in.Entries {
		e := &in.Entries[i]
		if err := s.hide(c.Tx, q, c.Time, e.ReceiptHandle, aws.Val(e.VisibilityTimeout)); err != nil {
			if out.Failed, err = failed(out.Failed, e.Id, err); err != nil {
				return nil, err
			}
			continue
		}
		out.Successful = append(out.Successful, api.ChangeMessageVisibilityBatchResultEntry{Id: e.Id})
	}
	return out, nil
}

// hide hides the message of a handle for some seconds from now on. In a
// standard queue that is possible until the message is received again, also
// when its time was over.
func (s *Service) hide(tx *store.Tx, q *Queue, now time.Time, handle *string, seconds int32) error {
	r, err := s.open(q, handle)
	if err != nil {
		return err
	}
	if seconds < 0 || seconds > maxVisibility {
		return invalidValue(seconds, "VisibilityTimeout", "VisibilityTimeout must be an integer between 0 and 43200.")
	}
	if _, there := messages.Get(tx, r.key); !there {
		return invalidValue(*handle, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change.")
	}
	m := r.message(tx)
	switch {
	case q.FIFO && (m == nil || !m.isInFlight(now.UnixMilli())):
		return expiredHandle(*handle)
	case m == nil:
		return aws.Errorf("MessageNotInflight", "The specified message isn't in flight.")
	}
	until := now.UnixMilli() + int64(seconds)*1000
	if until > m.Since+maxVisibility*1000 {
		return invalidValue(seconds, "VisibilityTimeout", "Total VisibilityTimeout for the message is beyond the limit [43200 seconds].")
	}
	m = new(*m)
	m.Visible = until
	messages.Put(tx, r.key, m)
	if q.FIFO {
		q.line(tx, m.Group, now.UnixMilli())
	}
	return nil
}
