package relay

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store"
)

const (
	// stretch is how much of the journal is passed on in one transaction,
	// decoded: little enough that other callers' commits do not wait long.
	stretch = 1 << 20
	// maxRecord is the size above which a record is passed on to nobody.
	maxRecord = 256 << 10
	// saveEvery is how often the cursor is made durable when there was
	// nothing to pass on.
	saveEvery = 10 * time.Second
)

// records passes on what the journal has behind the cursor.
func (r *Relay) records(ctx context.Context, busy func() bool) error {
	if r.at == nil {
		if err := r.load(ctx); err != nil {
			return err
		}
	}
	tail, err := r.Store.Tail(ctx)
	if err != nil {
		return err
	}
	if view := r.Store.View(); !r.Trails.Streams(view) && !r.Buses.Rules(view) {
		return r.skip(ctx, tail)
	}
	moved := false
	for ctx.Err() == nil && !r.at.Covers(tail) {
		chunks, err := r.Store.ReadChunks(ctx, r.at, stretch)
		if err != nil || len(chunks) == 0 {
			return err
		}
		to := r.at.Clone()
		for i := range chunks {
			to.Advance(chunks[i].Position)
		}
		if p := r.sort(chunks); !p.empty() {
			if err := r.pass(ctx, p, to); err != nil {
				return err
			}
		} else {
			moved = true
		}
		r.at = to
		if busy() {
			break
		}
	}
	if moved && time.Since(r.saved) >= saveEvery {
		return r.save(ctx)
	}
	return ctx.Err()
}

// skip passes the journal up to tail unread, because nobody waits for any of
// it.
func (r *Relay) skip(ctx context.Context, tail journal.Cursor) error {
	moved := !r.at.Covers(tail)
	for writer, seq := range tail {
		r.at.Advance(journal.Position{Writer: writer, Seq: seq})
	}
	if moved && time.Since(r.saved) >= saveEvery {
		return r.save(ctx)
	}
	return nil
}

// parcel is what goes to whom of a stretch of the journal.
type parcel struct {
	streams map[streamKey][]Record
	events  []Record
}

// streamKey is a trail's records of an account and a region: they have one
// stream and one status.
type streamKey struct{ Trail, Account, Region string }

func (p *parcel) empty() bool { return len(p.streams)+len(p.events) == 0 }

// sort finds out who is to have the records of some chunks.
func (r *Relay) sort(chunks []store.Chunk) *parcel {
	p := &parcel{streams: map[streamKey][]Record{}}
	view := r.Store.View()
	for i := range chunks {
		for j := range chunks[i].Entries {
			e := &chunks[i].Entries[j]
			if len(e.Routes) == 0 || len(e.Record) > maxRecord {
				continue
			}
			record := Record{Account: e.Account, Region: e.Region, Time: e.Time, ID: e.EventID, JSON: e.Record}
			for _, route := range e.Routes {
				if _, ok := r.Trails.Stream(view, route.Trail, e.Account); ok {
					k := streamKey{route.Trail, e.Account, e.Region}
					p.streams[k] = append(p.streams[k], record)
				}
			}
			if r.Buses.Interested(view, e.Account, e.Region) {
				p.events = append(p.events, record)
			}
		}
	}
	return p
}

// pass delivers a parcel and moves the cursor, in one transaction.
func (r *Relay) pass(ctx context.Context, p *parcel, to journal.Cursor) error {
	keys := make([]streamKey, 0, len(p.streams))
	for k, records := range p.streams {
		slices.SortStableFunc(records, func(a, b Record) int { return a.Time.Compare(b.Time) })
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b streamKey) int {
		return cmp.Or(cmp.Compare(a.Trail, b.Trail), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	return r.System(ctx, actor, "", "", func(c *call.Call) error {
		c.Tx.Fence(r.lease.Held)
		for _, k := range keys {
			r.write(c, k, p.streams[k])
		}
		for i := range p.events {
			if err := r.Buses.Offer(c, p.events[i]); err != nil {
				return err
			}
		}
		c.Tx.WriteCursor(name, 0, to)
		return nil
	})
}

// write puts records into the stream of a trail, and notes how it went.
func (r *Relay) write(c *call.Call, k streamKey, records []Record) {
	s, ok := r.Trails.Stream(c.State, k.Trail, k.Account)
	if !ok {
		return // taken away a moment ago
	}
	note(c, toLogs, k, r.Logs.Put(c, s, records))
}

// load reads the durable cursor. The row of writer 0, which does not exist,
// tells the journal's retention that there is a follower.
func (r *Relay) load(ctx context.Context) error {
	var at journal.Cursor
	err := r.Store.Fenced(ctx, r.lease.Held, func(tx *sql.Tx) (err error) {
		if err = store.WriteCursor(ctx, tx, name, 0, journal.Cursor{0: 0}); err != nil {
			return err
		}
		at, err = store.ReadCursor(ctx, tx, name, 0)
		return err
	})
	if err == nil {
		r.at = at
	}
	return err
}

// save makes the cursor durable when there was nothing to pass on.
func (r *Relay) save(ctx context.Context) error {
	err := r.Store.Fenced(ctx, r.lease.Held, func(tx *sql.Tx) error {
		return store.WriteCursor(ctx, tx, name, 0, r.at)
	})
	if err == nil {
		r.saved = time.Now()
	}
	return err
}
