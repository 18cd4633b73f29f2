package logs

import (
	"iter"
	"slices"
	"strconv"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// LogStream is a log stream. Times are Unix milliseconds; those of events are
// 0 while there was none.
type LogStream struct {
	Number      int64 // the stream's and never another's
	Name        string
	Created     int64
	First, Last int64 // times of events
	Ingested    int64 // when the last one came
	Seq         int64 // number of the first of the events that came last, 0 before the first
}

const byNumber = "number"

var logStreams = store.NewKind("logs.stream", store.Index[LogStream]{
	Name: byNumber, Keys: func(_ string, s *LogStream) []string { return []string{strconv.FormatInt(s.Number, 10)} },
})

// streamByNumber finds a stream of a group by its number.
func streamByNumber(r store.Reader, g *LogGroup, n int64) (*LogStream, bool) {
	for key, s := range logStreams.By(r, byNumber, strconv.FormatInt(n, 10)) {
		if key == g.named().within(s.Name) {
			return s, true
		}
	}
	return nil, false
}

func findStream(r store.Reader, n groupName, name string) (*LogStream, *aws.Error) {
	s, ok := logStreams.Get(r, n.within(name))
	if !ok {
		return nil, noStream()
	}
	return s, nil
}

// CreateLogStream makes a stream.
func (s *Service) CreateLogStream(c *call.Call, in *api.CreateLogStreamInput) (*api.CreateLogStreamOutput, error) {
	n := own(c, in.LogGroupName)
	if _, err := find(c.State, n); err != nil {
		return nil, err
	}
	if _, err := findStream(c.State, n, *in.LogStreamName); err == nil {
		return nil, alreadyExists("The specified log stream already exists")
	}
	newStream(c.Tx, n, *in.LogStreamName, c.Time.UnixMilli())
	return nil, nil
}

func newStream(tx *store.Tx, n groupName, name string, now int64) *LogStream {
	s := &LogStream{Number: number(tx), Name: name, Created: now}
	logStreams.Put(tx, n.within(name), s)
	return s
}

// DeleteLogStream deletes a stream with its events.
func (s *Service) DeleteLogStream(c *call.Call, in *api.DeleteLogStreamInput) (*api.DeleteLogStreamOutput, error) {
	n := own(c, in.LogGroupName)
	g, err := find(c.State, n)
	if err != nil {
		return nil, err
	}
	st, err := findStream(c.State, n, *in.LogStreamName)
	if err != nil {
		return nil, err
	}
	if g.Protected {
		return nil, aws.Errorf("ValidationException", "Cannot delete log stream of a log group with deletion protection enabled. Disable deletion protection first.")
	}
	segment.Drop(c.Tx, g.Number, st.Number)
	logStreams.Delete(c.Tx, n.within(st.Name))
	return nil, nil
}

// DescribeLogStreams lists the streams of a group by name, or by the time of
// their last event.
func (s *Service) DescribeLogStreams(c *call.Call, in *api.DescribeLogStreamsInput) (*api.DescribeLogStreamsOutput, error) {
	n, err := either(c, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if _, err := find(c.State, n); err != nil {
		return nil, err
	}
	byTime := aws.Val(in.OrderBy) == api.OrderByLastEventTime
	if byTime && in.LogStreamNamePrefix != nil {
		return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	items, behind := logStreams.Scan(c.State, n.within(aws.Val(in.LogStreamNamePrefix))), func(key, last string) bool { return key > last }
	if byTime {
		items = byLastEvent(items)
	}
	if aws.Val(in.Descending) {
		items, behind = backwards(items), func(key, last string) bool { return key < last }
	}
	found, next, err := pageBy(c, in.NextToken, in.Limit, items, behind)
	if err != nil {
		return nil, err
	}
	out := &api.DescribeLogStreamsOutput{LogStreams: make([]api.LogStream, len(found)), NextToken: next}
	for i, st := range found {
		out.LogStreams[i] = st.view(n)
	}
	return out, nil
}

// byLastEvent orders streams by the time of their last event, and by name
// where it is the same.
func byLastEvent(items iter.Seq2[string, *LogStream]) iter.Seq2[string, *LogStream] {
	byKey := map[string]*LogStream{}
	var keys []string
	for _, s := range items {
		key := positionOf(s.Last, s.Name)
		byKey[key], keys = s, append(keys, key)
	}
	slices.Sort(keys)
	return func(yield func(string, *LogStream) bool) {
		for _, key := range keys {
			if !yield(key, byKey[key]) {
				return
			}
		}
	}
}

func backwards[T any](items iter.Seq2[string, T]) iter.Seq2[string, T] {
	var keys []string
	var values []T
	for key, item := range items {
		keys, values = append(keys, key), append(values, item)
	}
	return func(yield func(string, T) bool) {
		for i := len(keys) - 1; i >= 0; i-- {
			if !yield(keys[i], values[i]) {
				return
			}
		}
	}
}

// view leaves out the times of events that there were none of. What a stream
// stores is always 0, as AWS answers.
func (s *LogStream) view(n groupName) api.LogStream {
	v := api.LogStream{
		LogStreamName: &s.Name, CreationTime: &s.Created, Arn: new(n.streamARN(s.Name)), StoredBytes: new(int64(0)),
	}
	if s.Seq > 0 {
		v.FirstEventTimestamp, v.LastEventTimestamp, v.LastIngestionTime = &s.First, &s.Last, &s.Ingested
		v.UploadSequenceToken = new(s.sequenceToken())
	}
	return v
}

// sequenceToken is a number of 56 digits that grows with every call. Nobody
// needs to send it back.
func (s *LogStream) sequenceToken() string {
	return segment.ID{Time: s.Created, Ingested: s.Ingested, Seq: s.Seq, Stream: s.Number}.String()
}
