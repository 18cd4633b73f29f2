package segment

import (
	"slices"

	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Place is where events are written.
type Place struct {
	Group, Stream int64
	// DataKey is the number of the key that seals the events and Key the key
	// itself; 0 and nil leave them as they are.
	DataKey int64
	Key     *seal.Key
}

const insert = `INSERT INTO log_block (stream, seq, grp, first_time, last_time, written, size, data_key, fresh, data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

// Put writes events of one stream in the order of their ids, as part of the
// change that the transaction is. Their numbers must be new.
func Put(tx *store.Tx, to Place, events []Event) {
	for _, part := range cut(events) {
		tx.Exec(insert, rowOf(to, part, true)...)
	}
}

// rowOf is the row of a block. It stays fresh only while it is not half full.
func rowOf(to Place, events []Event, fresh bool) []any {
	first, last, written, size := events[0].Time, events[0].Time, events[0].Ingested, int64(0)
	for i := range events {
		e := &events[i]
		first, last, written = min(first, e.Time), max(last, e.Time), min(written, e.Ingested)
		size += e.Size()
	}
	open := 0
	if fresh && size < blockSize/2 {
		open = 1
	}
	return []any{to.Stream, leastSeq(events), to.Group, first, last, written, size, to.DataKey, open, pack(events, to.Key)}
}

// cut divides events, which are in the order of time, into blocks.
func cut(events []Event) [][]Event {
	var parts [][]Event
	start, size := 0, int64(0)
	for i := range events {
		e := &events[i]
		if i > start && (size+e.Size() > blockSize || e.Time-events[start].Time > blockSpan) {
			parts = append(parts, slices.Clip(events[start:i]))
			start, size = i, 0
		}
		size += e.Size()
	}
	if start < len(events) {
		parts = append(parts, slices.Clip(events[start:]))
	}
	return parts
}

const drop = `INSERT INTO log_dropped (grp, stream) VALUES ($1, $2) ON CONFLICT (grp, stream) DO NOTHING`

// Drop has the blocks of a stream removed, some time after the change that
// the transaction is. Nothing may be put into the stream any more.
func Drop(tx *store.Tx, group, stream int64) { tx.Exec(drop, group, stream) }

// DropGroup is Drop for all streams of a group.
func DropGroup(tx *store.Tx, group int64) { tx.Exec(drop, group, 0) }
