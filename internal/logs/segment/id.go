package segment

import (
	"cmp"
	"fmt"
	"math/big"
	"strings"
)

// ID names an event. Ids are ordered by time, then by when the event was
// received, then by its number.
type ID struct {
	Time     int64 // Unix milliseconds, not negative
	Ingested int64 // Unix milliseconds
	Seq      int64 // grows from event to event of a stream at least
	Stream   int64
}

// The bits of a written id behind its time: 144 in all, as in AWS's ids.
const (
	ingestedBits = 44
	seqBits      = 56
	streamBits   = 44
)

// idDigits is the length of a written id, and timeBits what fits it.
const (
	idDigits = 56
	timeBits = 42
)

// MaxTime is the latest time that an id can hold: in the year 2109.
const MaxTime = 1<<timeBits - 1

// Compare returns -1, 0 or 1.
func (id ID) Compare(other ID) int {
	return cmp.Or(cmp.Compare(id.Time, other.Time), cmp.Compare(id.Ingested, other.Ingested),
		cmp.Compare(id.Seq, other.Seq), cmp.Compare(id.Stream, other.Stream))
}

// IsZero reports whether this is no event's id.
func (id ID) IsZero() bool { return id == ID{} }

// String writes the id as a number of 56 digits. Written ids sort as ids do.
func (id ID) String() string {
	n := big.NewInt(id.Time)
	for _, part := range []struct {
		bits  uint
		value int64
	}{{ingestedBits, id.Ingested}, {seqBits, id.Seq}, {streamBits, id.Stream}} {
		n.Lsh(n, part.bits).Or(n, big.NewInt(part.value))
	}
	s := n.String()
	return strings.Repeat("0", max(0, idDigits-len(s))) + s
}

// ParseID reads what String has written, and nothing else.
func ParseID(s string) (ID, error) {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok || n.Sign() < 0 || n.BitLen() > timeBits+ingestedBits+streamBits+seqBits {
		return ID{}, fmt.Errorf("segment: %.60q is no event id", s)
	}
	cut := func(bits uint) int64 {
		low := new(big.Int).And(n, big.NewInt(1<<bits-1)).Int64()
		n.Rsh(n, bits)
		return low
	}
	var id ID
	id.Stream, id.Seq, id.Ingested = cut(streamBits), cut(seqBits), cut(ingestedBits)
	id.Time = n.Int64()
	if id.String() != s {
		return ID{}, fmt.Errorf("segment: %.60q is no event id", s)
	}
	return id, nil
}
