package store

import (
	"slices"

	"github.com/tidwall/btree"
)

// A tree is a persistent map: thaw gives a private copy in constant time, and
// writing to the copy never touches what the original can see.
type tree[V any] = btree.Map[string, V]

// An item is one record of the control plane, decoded. It is shared by every
// image that holds it and never changes.
type item struct {
	rev int64 // the revision that wrote it
	val any   // *T of the kind
}

// A table holds the records of one kind and the kind's indexes.
type table struct {
	rows *tree[*item]
	// indexes lead from value, NUL, key to the key. They do not hold the
	// item, so that a write which moves nothing in them leaves them alone.
	indexes []*tree[string]
}

func newTable(indexes int) *table {
	t := &table{rows: new(tree[*item]), indexes: make([]*tree[string], indexes)}
	for i := range t.indexes {
		t.indexes[i] = new(tree[string])
	}
	return t
}

// thaw returns a private copy of a table that nobody writes any more.
func (t *table) thaw() *table {
	c := &table{rows: thaw(t.rows), indexes: make([]*tree[string], len(t.indexes))}
	for i, x := range t.indexes {
		c.indexes[i] = thaw(x)
	}
	return c
}

// thaw copies the root before it asks for the isolated copy, because IsoCopy
// writes to its receiver and the receiver is shared with readers.
func thaw[V any](t *tree[V]) *tree[V] {
	root := *t
	return root.IsoCopy()
}

// put replaces the item of that key; a nil item removes it.
func (t *table) put(k anyKind, key string, it *item) {
	old, ok := t.rows.Get(key)
	switch {
	case it != nil:
		t.rows.Set(key, it)
	case ok:
		t.rows.Delete(key)
	}
	for i, x := range t.indexes {
		var was, is []string
		if ok {
			was = k.terms(i, key, old)
		}
		if it != nil {
			is = k.terms(i, key, it)
		}
		if slices.Equal(was, is) {
			continue
		}
		for _, v := range was {
			x.Delete(indexKey(v, key))
		}
		for _, v := range is {
			x.Set(indexKey(v, key), key)
		}
	}
}

func indexKey(value, key string) string { return value + "\x00" + key }

// An image is the control plane at one revision. Once it is published it
// never changes, so that a reader needs no lock and may keep it for ever.
//
// Every image is complete: it holds all that was committed up to its
// revision. That is why the newer of two images replaces the older one as a
// whole, however late its maker comes.
type image struct {
	// start counts how often this process had to begin anew, because the
	// database was emptied, went back in time, or has forgotten deletions that
	// were not seen here.
	start int64
	// emptied is the counter of the database that the image was loaded with.
	emptied int64
	rev     int64
	tables  []*table // by the kind's number
	// own says which tables are private to this image and may be written;
	// nil in an image that may not be written at all.
	own []bool
}

// blank is an image without records.
func blank() *image {
	kinds.Lock()
	defer kinds.Unlock()
	m := &image{tables: make([]*table, len(kinds.all))}
	for i, k := range kinds.all {
		m.tables[i] = newTable(k.indexCount())
	}
	return m
}

// newer reports whether the image is to replace the other.
func (m *image) newer(than *image) bool {
	return m.start > than.start || m.start == than.start && m.rev > than.rev
}

// edit returns a private copy of the image in which tables are copied when
// they are first written.
func (m *image) edit() *image {
	c := *m
	c.tables = slices.Clone(m.tables)
	c.own = make([]bool, len(m.tables))
	return &c
}

// freeze makes a private image ready to be shared. Nothing may write it from
// here on.
func (m *image) freeze() *image {
	m.own = nil
	return m
}

// write returns the table of that number, private to the image.
func (m *image) write(n int) *table {
	if !m.own[n] {
		m.tables[n] = m.tables[n].thaw()
		m.own[n] = true
	}
	return m.tables[n]
}

// still returns a table that stays as it is while the image is written, so
// that a loop over it may write.
func (m *image) still(n int) *table {
	t := m.tables[n]
	if m.own == nil || !m.own[n] {
		return t
	}
	// t itself goes on being written, so it must own nothing of the copy:
	// IsoCopy sees to both sides.
	c := &table{rows: t.rows.IsoCopy(), indexes: make([]*tree[string], len(t.indexes))}
	for i, x := range t.indexes {
		c.indexes[i] = x.IsoCopy()
	}
	return c
}

// replay takes over one record that was read. Kinds that this program does not
// know stay in the database as they are.
func (m *image) replay(kind, key string, rev int64, val []byte) error {
	k := kindOf(kind)
	if k == nil || k.kindNumber() >= len(m.tables) {
		return nil
	}
	if old, ok := m.tables[k.kindNumber()].rows.Get(key); ok && old.rev >= rev {
		return nil
	}
	if val == nil {
		m.write(k.kindNumber()).put(k, key, nil)
		return nil
	}
	it, err := k.decode(key, rev, val)
	if err != nil {
		return err
	}
	m.write(k.kindNumber()).put(k, key, it)
	return nil
}
