package store

import "github.com/orgtrail/orgtrail/internal/journal"

// Tx is one change of the control plane while it is being made: a private
// copy in which writes are visible at once. It is valid until the function it
// was given to returns.
type Tx struct {
	img     *image
	rev     int64                // that the change will be
	writes  map[recordKey][]byte // nil value: deleted
	heap    map[string][]byte    // likewise
	entries []journal.Entry
	execs   []statement
	fence   *Lease
	ahead   *ahead
	err     error
}

// statement is a write to a table of a caller's own.
type statement struct {
	text string
	args []any
}

type recordKey struct{ kind, key string }

// size is about what the statement brings to the database.
func (s *statement) size() int {
	n := len(s.text)
	for _, a := range s.args {
		switch a := a.(type) {
		case []byte:
			n += len(a)
		case string:
			n += len(a)
		default:
			n += 8
		}
	}
	return n
}

func (tx *Tx) image() *image { return tx.img }

// Append journals entries in the SQL transaction of the change itself: both
// become durable, or neither. The entries must not be modified afterwards.
func (tx *Tx) Append(e ...journal.Entry) { tx.entries = append(tx.entries, e...) }

// Fence puts the change under a lease: it fails with ErrLeaseLost, and nothing
// has happened, when someone else has taken the lease. Nobody can take it
// before the change has landed.
func (tx *Tx) Fence(l Lease) { tx.fence = &l }

// Exec runs a statement on a table of the caller's own in the SQL transaction
// of the change: both become durable, or neither. It runs when the function
// has returned, after those before it; one that fails makes the change fail.
// The arguments must not be modified afterwards.
func (tx *Tx) Exec(text string, args ...any) {
	tx.execs = append(tx.execs, statement{text, args})
}

func (tx *Tx) wrote(kind, key string, val []byte) {
	if tx.writes == nil {
		tx.writes = map[recordKey][]byte{}
	}
	tx.writes[recordKey{kind, key}] = val
}

func (tx *Tx) heaped(key string, val []byte) {
	if tx.heap == nil {
		tx.heap = map[string][]byte{}
	}
	tx.heap[key] = val
}

// fail makes the change fail with the first error that a write met.
func (tx *Tx) fail(err error) {
	if tx.err == nil {
		tx.err = err
	}
}
