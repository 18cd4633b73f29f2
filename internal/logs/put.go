package logs

import (
	"bytes"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

const (
	putSize = 1 << 20        // of the events of one call, each with its overhead
	putSpan = 24 * time.Hour // between the first and the last of them
	tooNew  = 2 * time.Hour  // in the future
	tooOld  = 14 * 24 * time.Hour
)

// PutLogEvents logs events. A nil error promises that those which are not
// rejected are durable. Sequence tokens are ignored, as AWS does.
func (s *Service) PutLogEvents(c *call.Call, in *api.PutLogEventsInput) (*api.PutLogEventsOutput, error) {
	n := own(c, in.LogGroupName)
	c.Resources = []call.Resource{{Account: n.account, Type: "AWS::Logs::LogGroup", ARN: n.ARN()}}
	g, err := find(c.State, n)
	if err != nil {
		return nil, err
	}
	st, err := findStream(c.State, n, *in.LogStreamName)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(in.LogEvents); err != nil {
		return nil, err
	}
	from, to, rejected := g.admit(in.LogEvents, c.Time)
	if st, err = s.write(c.Tx, c.Time, g, st, logged(in.LogEvents[from:to])); err != nil {
		return nil, err
	}
	return &api.PutLogEventsOutput{NextSequenceToken: new(st.sequenceToken()), RejectedLogEventsInfo: rejected}, nil
}

// checkBatch refuses what no call may bring.
func checkBatch(events []api.InputLogEvent) *aws.Error {
	size := 0
	for i := range events {
		size += len(*events[i].Message) + segment.EventOverhead
		if i > 0 && *events[i].Timestamp < *events[i-1].Timestamp {
			return invalid("Log events in a single PutLogEvents request must be in chronological order.")
		}
	}
	if size > putSize {
		return invalid("Upload too large: %d bytes exceeds limit of %d", size, putSize)
	}
	if span := *events[len(events)-1].Timestamp - *events[0].Timestamp; span > putSpan.Milliseconds() {
		return invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
	}
	return nil
}

// admit tells which events of a batch are taken, from a first one up to
// another, and what is to be said of the others; nil when there are none.
func (g *LogGroup) admit(events []api.InputLogEvent, now time.Time) (from, to int, rejected *api.RejectedLogEventsInfo) {
	old, expired := now.Add(-tooOld).UnixMilli(), g.horizon(now)
	newest := min(now.Add(tooNew).UnixMilli(), segment.MaxTime)
	olds, expireds := 0, 0
	to = len(events)
	for i := range events {
		switch t := *events[i].Timestamp; {
		case t > newest:
			to = min(to, i)
		default:
			if t < old {
				olds = i + 1
			}
			if t < expired {
				expireds = i + 1
			}
		}
	}
	from = max(olds, expireds)
	if from == 0 && to == len(events) {
		return from, to, nil
	}
	rejected = new(api.RejectedLogEventsInfo)
	if olds > 0 {
		rejected.TooOldLogEventEndIndex = new(int32(olds))
	}
	if expireds > 0 {
		rejected.ExpiredLogEventEndIndex = new(int32(expireds))
	}
	if to < len(events) {
		rejected.TooNewLogEventStartIndex = new(int32(to))
	}
	return min(from, to), to, rejected
}

// logged are events without their place, in the order of time.
func logged(events []api.InputLogEvent) []segment.Event {
	list := make([]segment.Event, len(events))
	for i := range events {
		list[i] = segment.Event{ID: segment.ID{Time: *events[i].Timestamp}, Message: []byte(*events[i].Message)}
	}
	return list
}

// write gives events their numbers, stores them and passes them on to the
// subscriptions of the group. It returns the stream as it is then.
func (s *Service) write(tx *store.Tx, now time.Time, g *LogGroup, st *LogStream, events []segment.Event) (*LogStream, *aws.Error) {
	if len(events) == 0 {
		return st, nil
	}
	key, err := s.dataKey(tx, g.DataKey)
	if err != nil {
		return nil, err
	}
	st = new(*st)
	if first := events[0].Time; st.Seq == 0 || first < st.First {
		st.First = first
	}
	st.Last, st.Ingested = max(st.Last, events[len(events)-1].Time), now.UnixMilli()
	st.Seq = eventNumbers(tx, len(events))
	for i := range events {
		e := &events[i]
		e.Ingested, e.Seq, e.Stream = st.Ingested, st.Seq+int64(i), st.Number
	}
	segment.Put(tx, segment.Place{Group: g.Number, Stream: st.Number, DataKey: g.DataKey, Key: key}, events)
	logStreams.Put(tx, g.named().within(st.Name), st)
	s.distribute(tx, now, g, st, events)
	return st, nil
}

// lines joins messages for a test of all of them at once.
func lines(events []segment.Event) []byte {
	var b bytes.Buffer
	for i := range events {
		b.Write(events[i].Message)
		b.WriteByte('\n')
	}
	return b.Bytes()
}
