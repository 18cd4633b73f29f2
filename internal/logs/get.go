package logs

import (
	"errors"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// GetLogEvents reads a page of a stream, the latest when nothing else is asked
// for. The tokens of an answer lead on from its last event and back from its
// first; where there is nothing more the token that was sent comes back.
func (s *Service) GetLogEvents(c *call.Call, in *api.GetLogEventsInput) (*api.GetLogEventsOutput, error) {
	n, err := either(c, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	g, err := findReadable(c.State, n, "GetLogEvents")
	if err != nil {
		return nil, err
	}
	st, err := findStream(c.State, n, *in.LogStreamName)
	if err != nil {
		return nil, err
	}
	at, err := parseCursor(in.NextToken)
	if err != nil {
		return nil, err
	}
	q := s.query(c, g, in.StartTime, before(in.EndTime))
	q.Streams = []int64{st.Number}
	switch {
	case at.direction == forward:
		q.After = at.id
	case at.direction == backward:
		q.Before, q.Newest = at.id, true
	default:
		q.Newest = !aws.Val(in.StartFromHead)
	}
	events, err := s.stretch(c, q, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &api.GetLogEventsOutput{Events: make([]api.OutputLogEvent, len(events))}
	for i := range events {
		e := &events[i]
		out.Events[i] = api.OutputLogEvent{Timestamp: &e.Time, IngestionTime: &e.Ingested, Message: new(string(e.Message))}
	}
	next, previous := at.around(events)
	out.NextForwardToken, out.NextBackwardToken = new(next.String()), new(previous.String())
	return out, nil
}

// before is the last millisecond before a time that is not included.
func before(t *int64) *int64 {
	if t == nil {
		return nil
	}
	return new(*t - 1)
}

// stretch reads as many events as an answer may hold, in the order of time.
func (s *Service) stretch(c *call.Call, q segment.Query, limit *int32) ([]segment.Event, *aws.Error) {
	var events []segment.Event
	left := newAllowance(limit)
	for e, err := range s.Events.Read(c.Ctx, q, nil) {
		if err != nil {
			return nil, failed(err)
		}
		if !left.takes(&e) {
			break
		}
		events = append(events, e)
	}
	if q.Newest {
		slices.Reverse(events)
	}
	return events, nil
}

// failed is an error of reading as a call answers it.
func failed(err error) *aws.Error {
	var e *aws.Error
	if errors.As(err, &e) {
		return e
	}
	return aws.Errorf(aws.InternalFailure, "Log events cannot be read: %v", err)
}

// A cursor is a place in a stream and the direction in which it is left: "f"
// from the event on, "b" back from it. The event itself is not included.
type cursor struct {
	direction string // "" at the beginning of a reading
	id        segment.ID
}

const forward, backward = "f", "b"

// String is a token: f/<event id>/s.
func (at cursor) String() string { return at.direction + "/" + at.id.String() + "/s" }

func parseCursor(token *string) (cursor, *aws.Error) {
	if token == nil {
		return cursor{}, nil
	}
	direction, rest, _ := strings.Cut(*token, "/")
	digits, ok := strings.CutSuffix(rest, "/s")
	id, err := segment.ParseID(digits)
	if !ok || err != nil || direction != forward && direction != backward {
		return cursor{}, badToken()
	}
	return cursor{direction, id}, nil
}

// around returns the cursors at both ends of a page that was read from at.
// Behind the last page the cursor stays where it is, and the way back leads
// over the event that it stands at.
func (at cursor) around(events []segment.Event) (next, previous cursor) {
	if len(events) > 0 {
		return cursor{forward, events[len(events)-1].ID}, cursor{backward, events[0].ID}
	}
	next, previous = cursor{forward, at.id}, cursor{backward, at.id}
	switch {
	case at.direction == forward && !at.id.IsZero():
		previous.id.Seq++
	case at.direction == backward && at.id.Seq > 0:
		next.id.Seq--
	}
	return next, previous
}
