package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/orgtrail/orgtrail/internal/seal"
)

// Event is one log event.
type Event struct {
	ID
	Message []byte
}

// EventOverhead is what an event counts for besides the bytes of its message.
const EventOverhead = 26

// Size is what the event counts for in bytes.
func (e *Event) Size() int64 { return int64(len(e.Message)) + EventOverhead }

const (
	// blockSize is what a full block holds, by the size of its events, unless
	// a single event is larger.
	blockSize = 1 << 20
	// blockSpan is how far apart the times of a block's events may be, in
	// milliseconds.
	blockSpan = 24 * 60 * 60 * 1000
	// maxRaw bounds the memory that unpacking a damaged block takes.
	maxRaw = 64 << 20
)

// blockVersion is the first byte of a block. What follows is a zstd frame of
//
//	uvarint   how many events
//	varints   of each event: time, when received, number, each less that of
//	          the event before
//	uvarints  of each event: length of its message
//	bytes     the messages
const blockVersion = 1

// ErrCorrupt is the error of a block that is not what was written.
var ErrCorrupt = errors.New("segment: the block is corrupt")

// encoder and decoder are safe for concurrent use and keep their working
// memory. zstd's checksum tells a damaged block.
var (
	encoder = sync.OnceValue(func() *zstd.Encoder {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			panic(err) // only of options that contradict each other
		}
		return w
	})
	decoder = sync.OnceValue(func() *zstd.Decoder {
		r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxRaw))
		if err != nil {
			panic(err)
		}
		return r
	})
)

// pack writes events of one stream as a block. key is nil when the block is
// not sealed.
func pack(events []Event, key *seal.Key) []byte {
	size := binary.MaxVarintLen64
	for i := range events {
		size += len(events[i].Message) + 3*binary.MaxVarintLen32
	}
	raw := binary.AppendUvarint(make([]byte, 0, size), uint64(len(events)))
	var last ID
	for i := range events {
		id := events[i].ID
		raw = binary.AppendVarint(raw, id.Time-last.Time)
		raw = binary.AppendVarint(raw, id.Ingested-last.Ingested)
		raw = binary.AppendVarint(raw, id.Seq-last.Seq)
		last = id
	}
	for i := range events {
		raw = binary.AppendUvarint(raw, uint64(len(events[i].Message)))
	}
	for i := range events {
		raw = append(raw, events[i].Message...)
	}
	data := encoder().EncodeAll(raw, append(make([]byte, 0, len(raw)/4+64), blockVersion))
	if key != nil {
		data = key.Seal(data, label(events[0].Stream, leastSeq(events)))
	}
	return data
}

// label binds a sealed block to its place.
func label(stream, seq int64) string {
	return "log_block/" + strconv.FormatInt(stream, 10) + "/" + strconv.FormatInt(seq, 10)
}

func leastSeq(events []Event) int64 {
	least := events[0].Seq
	for i := range events {
		least = min(least, events[i].Seq)
	}
	return least
}

// block is an unpacked block.
type block struct {
	ids  []ID
	ends []int  // of the messages
	text []byte // the messages, one after another
}

// unpack reads a block of the stream whose row has that seq. It unpacks into
// buf, which it returns grown for the next block; the messages are part of it.
func unpack(data []byte, stream, seq int64, key *seal.Key, buf []byte) (b block, _ []byte, err error) {
	if key != nil {
		if data, err = key.Open(data, label(stream, seq)); err != nil {
			return block{}, buf, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
	}
	if len(data) == 0 || data[0] != blockVersion {
		return block{}, buf, ErrCorrupt
	}
	raw, err := decoder().DecodeAll(data[1:], buf[:0])
	if err != nil {
		return block{}, buf, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	r := reader{rest: raw}
	n := r.uvarint()
	if n > uint64(len(raw))/4 { // an event takes four bytes and more
		return block{}, raw, ErrCorrupt
	}
	b = block{ids: make([]ID, n), ends: make([]int, n)}
	last := ID{Stream: stream}
	for i := range b.ids {
		last.Time += r.varint()
		last.Ingested += r.varint()
		last.Seq += r.varint()
		b.ids[i] = last
	}
	end := uint64(0)
	for i := range b.ends {
		length := r.uvarint()
		if length > uint64(len(raw)) {
			return block{}, raw, ErrCorrupt
		}
		end += length
		b.ends[i] = int(end)
	}
	if r.failed || end != uint64(len(r.rest)) {
		return block{}, raw, ErrCorrupt
	}
	b.text = r.rest
	return b, raw, nil
}

// message returns the message of an event.
func (b *block) message(i int) []byte {
	start := 0
	if i > 0 {
		start = b.ends[i-1]
	}
	return b.text[start:b.ends[i]:b.ends[i]]
}

// reader reads numbers until one is missing.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	return v &^ r.took(n)
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.rest)
	return v &^ int64(r.took(n))
}

// took moves on by n bytes. It returns a mask that clears a number that was
// none.
func (r *reader) took(n int) uint64 {
	if n <= 0 {
		r.failed = true
		return ^uint64(0)
	}
	r.rest = r.rest[n:]
	return 0
}
