package journal

import "maps"

// Position is the place of one chunk: the number of the writer (one
// incarnation of a process) and the chunk's number within it. A writer numbers
// its chunks from one, without gaps, in the order in which they became
// durable.
type Position struct {
	Writer, Seq int64
}

// Cursor is how far a follower has read: for each writer the last chunk it
// has passed. A writer that is absent has not been read at all.
type Cursor map[int64]int64

// Passed reports whether the follower has read the chunk at p.
func (c Cursor) Passed(p Position) bool { return c[p.Writer] >= p.Seq }

// Advance moves the cursor past the chunk at p. It never moves back.
func (c Cursor) Advance(p Position) {
	if c[p.Writer] < p.Seq {
		c[p.Writer] = p.Seq
	}
}

// Covers reports whether c has passed everything that another cursor has.
func (c Cursor) Covers(other Cursor) bool {
	for writer, seq := range other {
		if c[writer] < seq {
			return false
		}
	}
	return true
}

// Clone returns a cursor of its own at the same place.
func (c Cursor) Clone() Cursor {
	if c == nil {
		return Cursor{}
	}
	return maps.Clone(c)
}

// Least returns the cursor that every one of cs has passed, which is how far
// the journal may be trimmed. A writer that one of them has not read at all
// is absent.
func Least(cs ...Cursor) Cursor {
	if len(cs) == 0 {
		return Cursor{}
	}
	least := cs[0].Clone()
	for _, c := range cs[1:] {
		for w, seq := range least {
			if have := c[w]; have == 0 {
				delete(least, w)
			} else {
				least[w] = min(seq, have)
			}
		}
	}
	return least
}
