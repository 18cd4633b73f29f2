package logs

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/logs/insights"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

const (
	queryTimeout = time.Hour
	queryKept    = 7 * 24 * time.Hour
)

// job is the work on a query.
func (q *Query) job(s *Service) job {
	key := q.key()
	return job{
		held: func(r store.Reader) *claim {
			if now, ok := queries.Get(r, key); ok && now.open() {
				return &now.Claim
			}
			return nil
		},
		take: func(tx *store.Tx, by claim) {
			if now, ok := queries.Get(tx, key); ok {
				now = new(*now)
				now.Claim, now.Status = by, api.QueryStatusRunning
				queries.Put(tx, key, now)
			}
		},
		do: func(ctx context.Context, mine func(store.Reader) bool) error { return s.answer(ctx, q, mine) },
	}
}

// answer runs a query and stores what it found with its new status. A crash
// before that leaves the query open, and it is run again.
func (s *Service) answer(ctx context.Context, q *Query, mine func(store.Reader) bool) error {
	deadline, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	result, data, err := s.evaluate(deadline, q)
	if ctx.Err() != nil {
		return ctx.Err() // stopped, taken over, or the end of this process
	}
	return s.State.Update(ctx, func(tx *store.Tx) error {
		if !mine(tx) {
			return nil
		}
		now, _ := queries.Get(tx, q.key())
		done := new(*now)
		done.Claim, done.Took = claim{}, s.Now().UnixMilli()-q.Created
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			done.Status = api.QueryStatusTimeout
		case err != nil:
			done.Status, done.Why = api.QueryStatusFailed, err.Error()
		default:
			done.Status = api.QueryStatusComplete
			done.Matched, done.Scanned, done.Bytes = result.Matched, result.Scanned, result.Bytes
			segment.PutResult(tx, q.ID, data)
		}
		queries.Put(tx, q.key(), done)
		return nil
	})
}

// evaluate returns what a query finds, and its rows as they are kept.
func (s *Service) evaluate(ctx context.Context, q *Query) (*insights.Result, []byte, error) {
	parsed, err := insights.Parse(q.Text)
	if err != nil {
		return nil, nil, err
	}
	parsed.Now, parsed.Limit = time.UnixMilli(q.Created).UTC(), q.Limit
	r := s.State.View()
	var unread error
	result, err := parsed.Run(ctx, s.eventsOf(ctx, r, q, &unread))
	if err = errors.Join(unread, err); err != nil {
		return nil, nil, err
	}
	data, err := s.packRows(r, q, result.Rows)
	return result, data, err
}

// eventsOf are the events of all groups of a query, group by group. It ends
// early with an error in failed.
func (s *Service) eventsOf(ctx context.Context, r store.Reader, q *Query, failed *error) iter.Seq[insights.Event] {
	return func(yield func(insights.Event) bool) {
		for _, ref := range q.Groups {
			g, err := find(r, ref.named())
			if err != nil {
				continue // deleted since
			}
			names := streamNames{r, g, map[int64]*LogStream{}}
			events := segment.Query{Group: g.Number, From: max(q.From, g.horizon(s.Now())), Until: q.Until, Keys: s.dataKeysOf(r)}
			for e, err := range s.Events.Read(ctx, events, nil) {
				if err != nil {
					*failed = err
					return
				}
				st := names.of(e.Stream)
				if st == nil {
					continue
				}
				if !yield(insights.Event{
					Timestamp: time.UnixMilli(e.Time).UTC(), Ingestion: time.UnixMilli(e.Ingested).UTC(),
					Message: e.Message, Stream: st.Name, Group: logName(g), Ptr: pointer(g, e.ID),
				}) {
					return
				}
			}
		}
	}
}

// packRows writes rows as they are kept.
func (s *Service) packRows(r store.Reader, q *Query, rows [][]insights.Field) ([]byte, error) {
	text, err := json.Marshal(rows)
	if err != nil {
		return nil, err
	}
	key, refused := s.dataKey(r, q.DataKey)
	if refused != nil {
		return nil, refused
	}
	return segment.PackResult(q.ID, text, key), nil
}

// rows reads the rows of a complete query.
func (s *Service) rows(c *call.Call, q *Query) (rows [][]insights.Field, _ *aws.Error) {
	key, refused := s.dataKey(c.State, q.DataKey)
	if refused != nil {
		return nil, refused
	}
	text, err := s.Events.Result(c.Ctx, q.ID, key)
	if err == nil {
		err = json.Unmarshal(text, &rows)
	}
	if err != nil {
		return nil, failed(err)
	}
	return rows, nil
}
