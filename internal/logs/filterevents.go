package logs

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/logs/filter"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// FilterLogEvents searches the streams of a group, in the order of time. A
// page ends where it is full, or where enough was searched; its token is the
// place to go on, and events that come meanwhile do not disturb it.
func (s *Service) FilterLogEvents(c *call.Call, in *api.FilterLogEventsInput) (*api.FilterLogEventsOutput, error) {
	n, err := either(c, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	g, err := findReadable(c.State, n, "FilterLogEvents")
	if err != nil {
		return nil, err
	}
	if in.StartTime != nil && in.EndTime != nil && *in.StartTime > *in.EndTime {
		return nil, invalid("endTime must not be before startTime.")
	}
	q := s.query(c, g, in.StartTime, in.EndTime)
	q.Budget = searchBytes
	if q.Streams, err = streamsOf(c.State, n, in.LogStreamNames, in.LogStreamNamePrefix); err != nil {
		return nil, err
	}
	if err := search(&q, aws.Val(in.FilterPattern)); err != nil {
		return nil, err
	}
	if q.After, err = parsePosition(c, in.NextToken); err != nil {
		return nil, err
	}
	found, next, err := s.matches(c, g, q, in.Limit)
	if err != nil {
		return nil, err
	}
	// The streams that were searched are no longer told.
	return &api.FilterLogEventsOutput{Events: found, NextToken: next, SearchedLogStreams: []api.SearchedLogStream{}}, nil
}

// matches reads one page.
func (s *Service) matches(c *call.Call, g *LogGroup, q segment.Query, limit *int32) (found []api.FilteredLogEvent, next *string, _ *aws.Error) {
	found = []api.FilteredLogEvent{}
	if q.Streams != nil && len(q.Streams) == 0 {
		return found, nil, nil
	}
	names := streamNames{c.State, g, map[int64]*LogStream{}}
	left := newAllowance(limit)
	var progress segment.Progress
	last := q.After
	for e, err := range s.Events.Read(c.Ctx, q, &progress) {
		if err != nil {
			return nil, nil, failed(err)
		}
		st := names.of(e.Stream)
		if st == nil {
			continue
		}
		if !left.takes(&e) {
			return found, new(pages.Token(c.Operation.Name, last.String())), nil
		}
		last = e.ID
		found = append(found, api.FilteredLogEvent{
			LogStreamName: &st.Name, Timestamp: &e.Time, IngestionTime: &e.Ingested,
			Message: new(string(e.Message)), EventId: new(e.ID.String()),
		})
	}
	if progress.Paused {
		next = new(pages.Token(c.Operation.Name, progress.Next.String()))
	}
	return found, next, nil
}

// search has a query look for a pattern.
func search(q *segment.Query, pattern string) *aws.Error {
	if strings.TrimSpace(pattern) == "" {
		return nil
	}
	p, err := parsePattern(pattern)
	if err != nil {
		return err
	}
	q.Match, q.May = p.Match, p.May
	return nil
}

func parsePattern(pattern string) (*filter.Pattern, *aws.Error) {
	p, err := filter.Parse(pattern)
	if err != nil {
		return nil, invalid("Invalid filter pattern: %v", err)
	}
	return p, nil
}

// streamsOf are the numbers of the streams that are named, or whose names
// begin with the prefix; nil when all are meant.
func streamsOf(r store.Reader, n groupName, names []string, prefix *string) ([]int64, *aws.Error) {
	if names != nil && prefix != nil {
		return nil, invalid("logStreamNames and logStreamNamePrefix cannot be specified at the same time.")
	}
	if names == nil && prefix == nil {
		return nil, nil
	}
	found := []int64{}
	for _, name := range names {
		st, err := findStream(r, n, name)
		if err != nil {
			return nil, err
		}
		found = append(found, st.Number)
	}
	if prefix != nil {
		for _, st := range logStreams.Scan(r, n.within(*prefix)) {
			found = append(found, st.Number)
		}
	}
	return found, nil
}

// parsePosition reads the id that a token holds; without a token it is zero.
func parsePosition(c *call.Call, token *string) (segment.ID, *aws.Error) {
	position, ok := pages.Position(c.Operation.Name, token)
	if !ok {
		return segment.ID{}, badToken()
	}
	if token == nil {
		return segment.ID{}, nil
	}
	id, err := segment.ParseID(position)
	if err != nil {
		return segment.ID{}, badToken()
	}
	return id, nil
}

// streamNames finds the streams of a group by their numbers. A stream that is
// not there was deleted, or was made after the call had begun.
type streamNames struct {
	r     store.Reader
	g     *LogGroup
	known map[int64]*LogStream
}

func (s *streamNames) of(n int64) *LogStream {
	st, ok := s.known[n]
	if !ok {
		st, _ = streamByNumber(s.r, s.g, n)
		s.known[n] = st
	}
	return st
}
