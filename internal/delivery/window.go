package delivery

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store"
)

// A window is what a shard has read of the journal and not yet cut: the
// records of its accounts, sorted into the files they will stand in. It is
// memory only; a shard that starts anew reads the same chunks again.
type window struct {
	// start is the shard's durable cursor, end the one behind the last chunk
	// read.
	start, end journal.Cursor
	// files holds the records of each file in the order they were read.
	files map[fileKey][]record
	// size is the number of bytes of the records, each counted once.
	size int
	// oldest is when the first of the records was made, or read if its time
	// lies in the future.
	oldest time.Time
	blocks []*block
}

// A record is one element of a file's Records.
type record struct {
	data   []byte // the event and a comma
	writer int64
	time   int64 // the event's, Unix milliseconds
}

// A block is memory that records are copied into, so that a window keeps the
// bytes of its own records alive and not those of whole chunks.
type block struct {
	used int
	data [256 << 10]byte
}

var blocks = sync.Pool{New: func() any { return new(block) }}

func newWindow(at journal.Cursor) *window {
	return &window{start: at, end: at.Clone(), files: map[fileKey][]record{}}
}

func (w *window) empty() bool { return len(w.files) == 0 }

// moved returns the end of the window for the writers it has chunks of.
func (w *window) moved() journal.Cursor {
	moved := journal.Cursor{}
	for writer, seq := range w.end {
		if seq > w.start[writer] {
			moved[writer] = seq
		}
	}
	return moved
}

// add takes what a chunk holds for the accounts of the shard.
func (w *window) add(c *store.Chunk, shard int, now time.Time) {
	for i := range c.Entries {
		e := &c.Entries[i]
		if len(e.Routes) == 0 || shardOf(e.Account) != shard {
			continue
		}
		r := record{data: w.keep(e.Record), writer: c.Writer, time: e.Time.UnixMilli()}
		for _, route := range e.Routes {
			k := fileKey{route.Trail, route.Organization, e.Account, e.Region}
			w.files[k] = append(w.files[k], r)
		}
		if since := earlier(e.Time, now); w.oldest.IsZero() || since.Before(w.oldest) {
			w.oldest = since
		}
	}
	w.end.Advance(c.Position)
}

// keep copies a record and the comma behind it into the window.
func (w *window) keep(data []byte) []byte {
	n := len(data) + 1
	w.size += n
	if n > len(block{}.data) {
		return append(append(make([]byte, 0, n), data...), ',')
	}
	if len(w.blocks) == 0 || len(w.blocks[len(w.blocks)-1].data)-w.blocks[len(w.blocks)-1].used < n {
		b := blocks.Get().(*block)
		b.used = 0
		w.blocks = append(w.blocks, b)
	}
	b := w.blocks[len(w.blocks)-1]
	kept := append(append(b.data[b.used:b.used], data...), ',')
	b.used += n
	return kept[:n:n]
}

// close gives the window's memory back. Its records are gone.
func (w *window) close() {
	for _, b := range w.blocks {
		blocks.Put(b)
	}
	*w = window{}
}

// trails returns the trails that records of the window go to.
func (w *window) trails() []string {
	var trails []string
	for _, k := range w.keys() {
		if len(trails) == 0 || trails[len(trails)-1] != k.Trail {
			trails = append(trails, k.Trail)
		}
	}
	return trails
}

// keys returns the files of the window in the order of a cut.
func (w *window) keys() []fileKey {
	keys := make([]fileKey, 0, len(w.files))
	for k := range w.files {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, fileKey.compare)
	return keys
}

// parts divides the records of a file so that no part is larger than limit
// uncompressed, unless a single record is. The order is that of the journal,
// writer by writer, whatever order the chunks of several writers were read
// in: the same range always gives the same bytes.
func (w *window) parts(k fileKey, limit int) [][]record {
	records := w.files[k]
	slices.SortStableFunc(records, func(a, b record) int { return cmp.Compare(a.writer, b.writer) })
	var parts [][]record
	start, size := 0, len(head)+len(tail)
	for i, r := range records {
		if size+len(r.data) > limit && i > start {
			parts = append(parts, records[start:i])
			start, size = i, len(head)+len(tail)
		}
		size += len(r.data)
	}
	return append(parts, records[start:])
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
