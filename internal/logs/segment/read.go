package segment

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Log reads events. It may be used by several goroutines.
type Log struct{ store *store.Store }

// Open returns the log in a store.
func Open(s *store.Store) *Log { return &Log{s} }

// Keys finds the key that seals blocks by its number.
type Keys func(dataKey int64) (*seal.Key, error)

// Query says which events of a group are read.
type Query struct {
	Group   int64
	Streams []int64 // whose events; nil is all streams
	// From and Until bound the times of events. Both are included.
	From, Until int64
	// After and Before bound the ids of events and are not included. The
	// zero ID bounds nothing.
	After, Before ID
	// Newest reads the latest event first. Only a single stream can be read
	// so.
	Newest bool
	// Match says which messages are wanted; nil is all. May is asked of many
	// messages in a row whether there could be a wanted one among them; nil
	// is always. Both are called by several goroutines at once.
	Match func(message []byte) bool
	May   func(messages []byte) bool
	Keys  Keys
	// Budget is after how many bytes of messages reading pauses; 0 is never.
	Budget int64
}

// Progress is how far a reading has come.
type Progress struct {
	Events, Bytes int64 // looked at
	// Paused says that the budget was used up, and Next where to go on: with
	// After, or with Before where the newest are read first.
	Paused bool
	Next   ID
}

// Read yields the events that a query asks for, in the order of their ids,
// from the database as it is when the first is asked for. The messages are the
// caller's. p is told how far it came, and may be nil. An error is the last
// thing that is yielded.
func (l *Log) Read(ctx context.Context, q Query, p *Progress) iter.Seq2[Event, error] {
	if p == nil {
		p = new(Progress)
	}
	return func(yield func(Event, error) bool) {
		stopped := errors.New("stopped")
		err := l.store.Read(ctx, func(tx *sql.Tx) error {
			r := reading{Query: q, Progress: p, tx: tx, keys: map[int64]*seal.Key{}}
			if !r.run(ctx, func(e Event) bool { return yield(e, nil) }) {
				return errors.Join(stopped, r.err)
			}
			return r.err
		})
		if err != nil && !errors.Is(err, stopped) {
			yield(Event{}, err)
		}
	}
}

const (
	firstBlocks = 4  // how many blocks are read at first
	moreBlocks  = 64 // and at most at once
	// manyStreams is up to how many streams are named to the database; of more
	// all blocks of the group are read.
	manyStreams = 100
)

// reading is one run of Read.
type reading struct {
	Query
	*Progress
	tx   *sql.Tx
	keys map[int64]*seal.Key
	want map[int64]bool // of more than manyStreams
	err  error

	last    row     // the newest of the blocks read
	pending []Event // in order, not yet yielded
}

// row is one block as it is read, and what was found in it.
type row struct {
	stream, seq, first, end, dataKey int64
	found                            []Event
	events, bytes                    int64
}

// run yields what is asked for. It reports false when the consumer wants no
// more.
//
// Blocks come in the order of their first times, so that an event is due when
// it is earlier than every block that was not read. For the newest it is the
// other way around.
func (r *reading) run(ctx context.Context, yield func(Event) bool) bool {
	if r.From < 0 {
		r.From = 0
	}
	if len(r.Streams) > manyStreams {
		r.want = make(map[int64]bool, len(r.Streams))
		for _, s := range r.Streams {
			r.want[s] = true
		}
	}
	for n, begun := firstBlocks, false; ; n = min(2*n, moreBlocks) {
		rows, err := r.blocks(ctx, n, begun)
		if err != nil {
			r.err = err
			return true
		}
		begun = true
		for i := range rows {
			r.pending = append(r.pending, rows[i].found...)
			r.Events += rows[i].events
			r.Bytes += rows[i].bytes
		}
		r.sort()
		all := len(rows) < n
		if !r.yieldDue(all, yield) {
			return false
		}
		if all {
			return true
		}
		if r.Budget > 0 && r.Bytes >= r.Budget && r.advanced() {
			r.Paused, r.Next = true, r.horizon()
			return true
		}
	}
}

func (r *reading) sort() {
	slices.SortFunc(r.pending, func(a, b Event) int {
		if r.Newest {
			return b.Compare(a.ID)
		}
		return a.Compare(b.ID)
	})
}

// horizon is the bound that nothing unread is beyond.
func (r *reading) horizon() ID {
	if r.Newest {
		return ID{Time: r.last.end + 1}
	}
	return ID{Time: r.last.first}
}

// advanced reports whether a reading that goes on at the horizon begins
// further on than this one has begun.
func (r *reading) advanced() bool {
	if r.Newest {
		return r.Before.IsZero() || r.horizon().Compare(r.Before) < 0
	}
	return r.horizon().Compare(r.After) > 0
}

// yieldDue yields the pending events that come before everything unread.
func (r *reading) yieldDue(all bool, yield func(Event) bool) bool {
	due := len(r.pending)
	if !all {
		horizon := r.horizon()
		due, _ = slices.BinarySearchFunc(r.pending, horizon, func(e Event, h ID) int {
			if r.Newest {
				return h.Compare(e.ID)
			}
			return e.Compare(h)
		})
	}
	for i := range due {
		if !yield(r.pending[i]) {
			return false
		}
	}
	r.pending = slices.Delete(r.pending, 0, due)
	return true
}

// blocks reads the next n blocks and searches each on its own goroutine as
// soon as it is there.
func (r *reading) blocks(ctx context.Context, n int, begun bool) ([]*row, error) {
	text, args := r.statement(n, begun)
	rows, err := r.tx.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []*row
	var search errgroup.Group
	search.SetLimit(runtime.GOMAXPROCS(0))
	for rows.Next() {
		var data []byte
		b := new(row)
		if err = rows.Scan(&b.stream, &b.seq, &b.first, &b.end, &b.dataKey, &data); err != nil {
			break
		}
		found = append(found, b)
		r.last = *b
		if r.want != nil && !r.want[b.stream] {
			continue
		}
		var key *seal.Key
		if key, err = r.key(b.dataKey); err != nil {
			break
		}
		search.Go(func() error { return b.search(&r.Query, data, key) })
	}
	return found, errors.Join(err, search.Wait(), rows.Err())
}

// key finds a key once for each reading.
func (r *reading) key(number int64) (*seal.Key, error) {
	if number == 0 {
		return nil, nil
	}
	if k, ok := r.keys[number]; ok {
		return k, nil
	}
	if r.Keys == nil {
		return nil, fmt.Errorf("segment: no data key %d", number)
	}
	k, err := r.Keys(number)
	if err == nil {
		r.keys[number] = k
	}
	return k, err
}

// statement asks for the next n blocks. A block that ends after From begins
// at most a day before it, which is what the index needs to know.
func (r *reading) statement(n int, begun bool) (string, []any) {
	from, until := r.From, r.Until
	if !r.After.IsZero() {
		from = max(from, r.After.Time)
	}
	if !r.Before.IsZero() {
		until = min(until, r.Before.Time)
	}
	var b strings.Builder
	var args []any
	arg := func(v int64) string {
		args = append(args, v)
		return fmt.Sprint("$", len(args))
	}
	b.WriteString(`SELECT stream, seq, first_time, last_time, data_key, data FROM log_block WHERE `)
	switch {
	case len(r.Streams) == 1:
		b.WriteString(`stream = ` + arg(r.Streams[0]))
	case r.Streams != nil && len(r.Streams) <= manyStreams:
		marks := make([]string, len(r.Streams))
		for i, s := range r.Streams {
			marks[i] = arg(s)
		}
		b.WriteString(`grp = ` + arg(r.Group) + ` AND stream IN (` + strings.Join(append(marks, "NULL"), ", ") + `)`)
	default:
		b.WriteString(`grp = ` + arg(r.Group))
	}
	if r.Newest {
		ceiling := until
		if ceiling < MaxTime {
			ceiling += blockSpan
		}
		if begun {
			ceiling = min(ceiling, r.last.end)
			b.WriteString(` AND (last_time < ` + arg(r.last.end) + ` OR seq < ` + arg(r.last.seq) + `)`)
		}
		b.WriteString(` AND first_time <= ` + arg(until) + ` AND last_time >= ` + arg(from) + ` AND last_time <= ` + arg(ceiling))
		b.WriteString(` ORDER BY last_time DESC, seq DESC`)
	} else {
		floor := from - blockSpan
		if begun {
			floor = max(floor, r.last.first)
			b.WriteString(` AND (first_time, stream, seq) > (` + arg(r.last.first) + `, ` + arg(r.last.stream) + `, ` + arg(r.last.seq) + `)`)
		}
		b.WriteString(` AND first_time >= ` + arg(floor) + ` AND first_time <= ` + arg(until) + ` AND last_time >= ` + arg(from))
		b.WriteString(` ORDER BY first_time, stream, seq`)
	}
	b.WriteString(` LIMIT ` + arg(int64(n)))
	return b.String(), args
}
