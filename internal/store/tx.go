package store

import "github.com/orgtrail/orgtrail/internal/journal"

// Tx is one change of the control plane while it is being made: a private
// copy in which writes are visible at once. It is valid until the function it
// was given to returns.
type Tx struct {
	img     *image
	rev     int64                // that the change will be
	writes  map[recordKey][]byte // nil value: deleted
	entries []journal.Entry
	err     error
}

type recordKey struct{ kind, key string }

func (tx *Tx) image() *image { return tx.img }

// Append journals entries in the SQL transaction of the change itself: both
// become durable, or neither. The entries must not be modified afterwards.
func (tx *Tx) Append(e ...journal.Entry) { tx.entries = append(tx.entries, e...) }

func (tx *Tx) wrote(kind, key string, val []byte) {
	if tx.writes == nil {
		tx.writes = map[recordKey][]byte{}
	}
	tx.writes[recordKey{kind, key}] = val
}

// fail makes the change fail with the first error that a write met.
func (tx *Tx) fail(err error) {
	if tx.err == nil {
		tx.err = err
	}
}
