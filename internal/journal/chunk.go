package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// MaxSize bounds what a chunk holds once it is unpacked, in bytes, and with it
// the memory that reading a damaged or hostile chunk takes.
const MaxSize = 64 << 20

// maxParts bounds the entries and routes of a chunk together, because an
// empty one takes far more memory than bytes.
const maxParts = 1 << 20

// keepRaw bounds the working memory that an Encoder keeps.
const keepRaw = 8 << 20

const version = 1

// ErrTooLarge is the error of entries that do not fit one chunk.
var ErrTooLarge = fmt.Errorf("journal: the entries exceed %d MiB or %d in number", MaxSize>>20, maxParts)

// ErrCorrupt is the error of a chunk that is not what was written.
var ErrCorrupt = errors.New("journal: the chunk is corrupt")

// Packed is a chunk as it is stored.
type Packed struct {
	Data []byte
	Hash [sha256.Size]byte // of Data
	N    int               // entries
	// First and Last are the earliest and the latest Entry.Time; zero when
	// there are no entries.
	First, Last time.Time
}

// packer and unpacker are safe for concurrent use and keep their working
// memory. The hash stands in for zstd's own checksum.
var (
	packer = sync.OnceValue(func() *zstd.Encoder {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false))
		if err != nil {
			panic(err) // only of options that contradict each other
		}
		return w
	})
	unpacker = sync.OnceValue(func() *zstd.Decoder {
		r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(MaxSize))
		if err != nil {
			panic(err)
		}
		return r
	})
)

// Encoder packs chunks one after another and keeps its working memory. The
// zero value is ready; it is not safe for concurrent use.
type Encoder struct {
	raw  []byte
	refs map[string]uint64
}

// Encode packs entries into a chunk. No entries at all make a valid chunk. It
// fails only with ErrTooLarge. Data is the caller's.
func (e *Encoder) Encode(entries []Entry) (Packed, error) {
	if e.refs == nil {
		e.refs = map[string]uint64{}
	}
	clear(e.refs)
	e.raw = binary.AppendUvarint(e.raw[:0], uint64(len(entries)))
	p := Packed{N: len(entries)}
	parts := len(entries)
	var seconds int64
	for i := range entries {
		t := entries[i].Time
		e.entry(&entries[i], t.Unix()-seconds)
		seconds = t.Unix()
		if i == 0 || t.Before(p.First) {
			p.First = t
		}
		if i == 0 || t.After(p.Last) {
			p.Last = t
		}
		parts += len(entries[i].Routes)
		if len(e.raw) > MaxSize || parts > maxParts {
			e.raw = nil
			return Packed{}, ErrTooLarge
		}
	}
	p.Data = packer().EncodeAll(e.raw, append(make([]byte, 0, len(e.raw)/4+64), version))
	p.Hash = sha256.Sum256(p.Data)
	if cap(e.raw) > keepRaw {
		e.raw = nil
	}
	return p, nil
}

func (e *Encoder) entry(x *Entry, seconds int64) {
	e.ref(x.Account)
	e.ref(x.Region)
	e.raw = binary.AppendVarint(e.raw, seconds)
	e.raw = binary.AppendUvarint(e.raw, uint64(x.Time.Nanosecond()))
	e.raw = appendBytes(e.raw, x.EventID)
	e.raw = binary.AppendUvarint(e.raw, uint64(len(x.Routes)))
	for i := range x.Routes {
		e.ref(x.Routes[i].Trail)
		e.ref(x.Routes[i].Organization)
	}
	e.raw = appendBytes(e.raw, x.Record)
}

func (e *Encoder) ref(s string) {
	if n, ok := e.refs[s]; ok {
		e.raw = binary.AppendUvarint(e.raw, n)
		return
	}
	e.refs[s] = uint64(len(e.refs) + 1)
	e.raw = append(e.raw, 0)
	e.raw = appendBytes(e.raw, s)
}

func appendBytes[T string | []byte](dst []byte, b T) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(b)))
	return append(dst, b...)
}

// Decode unpacks a chunk after checking its hash. The records are parts of
// one buffer and are not copied: keep one and the whole chunk stays in
// memory. Times are in UTC. The error is ErrCorrupt.
func Decode(data, hash []byte) ([]Entry, error) {
	sum := sha256.Sum256(data)
	if string(sum[:]) != string(hash) {
		return nil, fmt.Errorf("%w: its hash does not match", ErrCorrupt)
	}
	if len(data) == 0 || data[0] != version {
		return nil, fmt.Errorf("%w: not version %d", ErrCorrupt, version)
	}
	raw, err := unpacker().DecodeAll(data[1:], nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	r := reader{left: raw, parts: maxParts}
	entries := r.entries()
	if r.bad || len(r.left) > 0 {
		return nil, fmt.Errorf("%w: malformed entries", ErrCorrupt)
	}
	return entries, nil
}
