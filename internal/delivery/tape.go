package delivery

import (
	"context"
	"encoding/binary"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store"
)

const (
	// stretchSize is how much of the journal is read at once, decoded.
	stretchSize = 4 << 20
	// stretches is how many of them are kept.
	stretches = 8
)

// A tape reads the journal for the shards of a process. All of them read all
// chunks, mostly the same ones at the same time, so it keeps what it read last
// and unpacks it once. A shard that is about to run off the end of what is
// kept waits for those behind it, unless they are busy for long. One that is
// too far behind reads for itself until it catches up.
type tape struct {
	journal interface {
		ReadChunks(ctx context.Context, after journal.Cursor, maxBytes int) ([]store.Chunk, error)
	}
	patience time.Duration // how long a shard that runs ahead waits for the others

	mu    sync.Mutex
	kept  []*stretch     // one behind the other, oldest first
	end   journal.Cursor // behind the newest
	moved chan struct{}  // closed when a shard passes a stretch, or one is dropped; nil when nobody waits
}

// A stretch is what was read behind a cursor.
type stretch struct {
	after  string // the cursor's place
	chunks []store.Chunk
	// passed are the shards that are at its end or further, awaited those
	// that came as far as its beginning before it was the oldest one.
	passed, awaited [shards]bool
}

// read returns chunks behind a cursor, at least one unless it is at the end.
// They are shared and may not be changed.
func (t *tape) read(ctx context.Context, shard int, after journal.Cursor) ([]store.Chunk, error) {
	place := placeOf(after)
	t.mu.Lock()
	defer t.mu.Unlock()
	if chunks := t.take(place, shard); chunks != nil {
		return chunks, nil
	}
	if !after.Covers(t.end) {
		t.mu.Unlock()
		defer t.mu.Lock()
		return t.journal.ReadChunks(ctx, after, stretchSize)
	}
	if len(t.kept) == stretches && t.end.Covers(after) {
		t.wait(ctx)
		if chunks := t.take(place, shard); chunks != nil { // someone else has read it meanwhile
			return chunks, nil
		}
	}
	chunks, err := t.journal.ReadChunks(ctx, after, stretchSize)
	if err != nil || len(chunks) == 0 {
		return nil, err
	}
	t.extend(after, chunks)
	return t.take(place, shard), nil
}

// take returns the stretch at a place, nil if it is not kept.
func (t *tape) take(place string, shard int) []store.Chunk {
	for i, s := range t.kept {
		if s.after != place {
			continue
		}
		for _, passed := range t.kept[:i+1] {
			passed.passed[shard] = true
		}
		t.signal()
		return s.chunks
	}
	return nil
}

// extend keeps a stretch behind the newest one, or starts the tape anew when
// it lies further on.
func (t *tape) extend(after journal.Cursor, chunks []store.Chunk) {
	switch {
	case !t.end.Covers(after):
		t.kept = nil
	case len(t.kept) == stretches:
		oldest := t.kept[0]
		t.kept = slices.Delete(t.kept, 0, 1)
		t.kept[0].awaited = oldest.passed // who has not is too far behind
	}
	t.kept = append(t.kept, &stretch{after: placeOf(after), chunks: chunks})
	t.end = after.Clone()
	for i := range chunks {
		t.end.Advance(chunks[i].Position)
	}
	t.signal()
}

// wait returns when the oldest stretch may go: everybody who is awaited has
// passed it, or patience has ended.
func (t *tape) wait(ctx context.Context) {
	oldest := t.kept[0]
	ctx, cancel := context.WithTimeout(ctx, t.patience)
	defer cancel()
	for ctx.Err() == nil && len(t.kept) > 0 && t.kept[0] == oldest && oldest.missing() {
		if t.moved == nil {
			t.moved = make(chan struct{})
		}
		moved := t.moved
		t.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
		}
		t.mu.Lock()
	}
}

func (t *tape) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept, t.end = nil, nil
	t.signal()
}

func (t *tape) signal() {
	if t.moved != nil {
		close(t.moved)
		t.moved = nil
	}
}

// missing reports whether somebody who is awaited has not passed the stretch.
func (s *stretch) missing() bool {
	for shard, awaited := range s.awaited {
		if awaited && !s.passed[shard] {
			return true
		}
	}
	return false
}

// placeOf writes a cursor so that equal ones are equal.
func placeOf(c journal.Cursor) string {
	var b []byte
	for _, writer := range slices.Sorted(maps.Keys(c)) {
		b = binary.AppendVarint(b, writer)
		b = binary.AppendVarint(b, c[writer])
	}
	return string(b)
}
