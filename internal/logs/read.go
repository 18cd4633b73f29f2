package logs

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

const (
	// pageEvents and pageBytes bound the events of one answer.
	pageEvents = 10_000
	pageBytes  = 1 << 20
	// searchBytes is after how many bytes of messages a call that searches
	// answers with what it has, and a token to go on with.
	searchBytes = 2 << 30
)

// query asks for the events of a group between two times in Unix milliseconds,
// the ends included, and without those that have expired.
func (s *Service) query(c *call.Call, g *LogGroup, from, until *int64) segment.Query {
	q := segment.Query{Group: g.Number, From: g.horizon(c.Time), Until: segment.MaxTime, Keys: s.dataKeysOf(c.State)}
	if from != nil {
		q.From = max(q.From, *from)
	}
	if until != nil {
		q.Until = min(q.Until, *until)
	}
	return q
}

// dataKeysOf finds keys by their numbers.
func (s *Service) dataKeysOf(r store.Reader) segment.Keys {
	return func(n int64) (*seal.Key, error) {
		k, err := s.dataKey(r, n)
		if err != nil {
			return nil, err
		}
		return k, nil
	}
}

// findReadable finds a group of a class whose events can be read one by one.
func findReadable(r store.Reader, n groupName, what string) (*LogGroup, *aws.Error) {
	g, err := find(r, n)
	if err == nil && g.Class != api.LogGroupClassStandard {
		err = notOfClass(g, what)
	}
	return g, err
}

// allowance is what one answer may still hold.
type allowance struct{ events, bytes int }

func newAllowance(limit *int32) allowance {
	a := allowance{pageEvents, pageBytes}
	if limit != nil {
		a.events = int(*limit)
	}
	return a
}

// takes reports whether the event still fits. The first always does.
func (a *allowance) takes(e *segment.Event) bool {
	size := int(e.Size())
	if a.events == 0 || a.bytes < size && a.bytes < pageBytes {
		return false
	}
	a.events--
	a.bytes -= size
	return true
}
