package segment

import (
	"bytes"
	"sync"

	"github.com/orgtrail/orgtrail/internal/seal"
)

// buffers are the memory that blocks are unpacked into when only some of
// their messages are kept.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// search unpacks a block and keeps the events that the query asks for.
func (b *row) search(q *Query, data []byte, key *seal.Key) error {
	if q.Match == nil {
		unpacked, _, err := unpack(data, b.stream, b.seq, key, nil)
		if err != nil {
			return err
		}
		b.collect(q, &unpacked, func(message []byte) []byte { return message })
		return nil
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	unpacked, used, err := unpack(data, b.stream, b.seq, key, *buf)
	*buf = used
	if err != nil {
		return err
	}
	b.collect(q, &unpacked, bytes.Clone)
	return nil
}

func (b *row) collect(q *Query, unpacked *block, keep func([]byte) []byte) {
	b.events, b.bytes = int64(len(unpacked.ids)), int64(len(unpacked.text))
	if q.May != nil && !q.May(unpacked.text) {
		return
	}
	for i, id := range unpacked.ids {
		if !q.covers(id) {
			continue
		}
		message := unpacked.message(i)
		if q.Match == nil || q.Match(message) {
			b.found = append(b.found, Event{id, keep(message)})
		}
	}
}

// covers reports whether an event is within the bounds of the query.
func (q *Query) covers(id ID) bool {
	return id.Time >= q.From && id.Time <= q.Until &&
		(q.After.IsZero() || id.Compare(q.After) > 0) &&
		(q.Before.IsZero() || id.Compare(q.Before) < 0)
}
