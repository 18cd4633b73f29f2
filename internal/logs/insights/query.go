package insights

import (
	"context"
	"errors"
	"iter"
	"time"
)

const (
	// MaxLength is how many bytes a query may have.
	MaxLength = 10000
	// MaxRows is how many rows a query may return, and returns if it does not
	// say how many.
	MaxRows = 10000
)

// Query is a compiled query. It may run several times at once, and is not
// changed by that.
type Query struct {
	// Now is what now() answers. The caller sets it before the query runs.
	Now time.Time
	// Limit is how many rows a query without a limit command returns, at most
	// and by default MaxRows.
	Limit int
	// Source is what the query's SOURCE command says, nil if it has none.
	Source *Source

	commands []command
	shown    []column
	events   bool // the rows are events, not groups
	wanted   map[string]int
	slots    int // of an event's row
	room     int // bytes that a run may keep
}

// Source tells which log groups a query reads.
type Source struct {
	NamePrefixes, AccountIdentifiers, Classes []string
}

// Event is one log event. The message must stay as it is while it is the
// current one of the sequence.
type Event struct {
	Timestamp, Ingestion time.Time
	Message              []byte
	Stream, Group, Ptr   string // @logStream, @log, @ptr
}

// Field is one cell of a row.
type Field struct{ Name, Value string }

// Result is what a query found. A row lacks the fields that it has no value
// for. Rows that are events end with @ptr.
type Result struct {
	Rows    [][]Field
	Matched int64 // events that passed the filters in front of anything else
	Scanned int64 // events read
	Bytes   int64 // of their messages
}

// command is one step of a query. Open makes the sink of one run, which hands
// what it lets through to next.
type command interface {
	open(r *run, next sink) sink
}

// sink takes rows. A row that is pushed belongs to the caller, who changes it
// for the next one.
type sink interface {
	push(*row) error
	finish() error
}

// run is one run of a query.
type run struct {
	query    *Query
	result   *Result
	retained int // bytes of rows, groups and values that are kept
}

// maxRetained is how much a query may keep, in bytes.
const maxRetained = 256 << 20

// retain counts bytes that are kept from now on, or with a negative number are
// no longer.
func (r *run) retain(bytes int) error {
	if r.retained += bytes; r.retained > r.query.room {
		return ErrTooLarge
	}
	return nil
}

// errEnough ends a run early: nothing more can change the result.
var errEnough = errors.New("enough rows")

// Run reads the events, in any order, and answers the query. It fails with the
// context's error or with [ErrTooLarge].
func (q *Query) Run(ctx context.Context, events iter.Seq[Event]) (*Result, error) {
	r := &run{query: q, result: &Result{}}
	var s sink = &output{r}
	for i := len(q.commands) - 1; i >= 0; i-- {
		s = q.commands[i].open(r, s)
	}
	err := r.read(ctx, events, s)
	if err == nil || errors.Is(err, errEnough) {
		err = s.finish()
	}
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return r.result, nil
}

func (r *run) read(ctx context.Context, events iter.Seq[Event], s sink) error {
	row := row{vals: make([]value, r.query.slots), discovery: discovery{wanted: r.query.wanted}, now: r.query.Now}
	for e := range events {
		if r.result.Scanned%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		r.result.Scanned++
		r.result.Bytes += int64(len(e.Message))
		row.set(&e)
		if err := s.push(&row); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// output is the end of the pipeline: it writes what is shown of a row.
type output struct{ *run }

func (o *output) push(r *row) error {
	fields := make([]Field, 0, len(o.query.shown)+1)
	for _, c := range o.query.shown {
		if v := c.from.eval(r); v.kind != null {
			fields = append(fields, Field{c.name.text, v.keep().String()})
		}
	}
	if o.query.events {
		fields = append(fields, Field{"@ptr", r.vals[ptrSlot].keep().String()})
	}
	o.result.Rows = append(o.result.Rows, fields)
	return nil
}

func (o *output) finish() error { return nil }
