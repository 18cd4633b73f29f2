package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Reader is the control plane at one revision: a *Snapshot, or the *Tx of a
// change, in which what the change has written is visible.
type Reader interface{ image() *image }

// Snapshot is the control plane at one revision. It never changes and may be
// kept for as long as one likes.
type Snapshot struct{ img *image }

func (s *Snapshot) image() *image { return s.img }

// Rev is the revision: a number that grows with every change.
func (s *Snapshot) Rev() int64 { return s.img.rev }

// Kind is one type of record of the control plane. Values are JSON in SQL and
// are decoded once, when they are written or loaded.
type Kind[T any] struct {
	name    string
	number  int // its place in an image's tables
	indexes []Index[T]
}

// Index finds the records of a kind by something else than their key.
type Index[T any] struct {
	Name string
	// Keys returns the values under which the record is found; none at all
	// leaves it out. It must be a pure function of its arguments: what it
	// answered when the record was written it answers when it is removed.
	Keys func(key string, v *T) []string
}

// kinds are all the kinds of this program, in the order of their numbers.
var kinds struct {
	sync.Mutex
	all    []anyKind
	byName map[string]anyKind
}

// anyKind is what the store needs of a kind without knowing its type.
type anyKind interface {
	kindName() string
	kindNumber() int
	indexCount() int
	decode(key string, rev int64, val []byte) (*item, error)
	// terms are the values under which an index files the item.
	terms(index int, key string, it *item) []string
}

// kindOf returns the kind of that name, nil when there is none.
func kindOf(name string) anyKind {
	kinds.Lock()
	defer kinds.Unlock()
	return kinds.byName[name]
}

// NewKind registers a kind. It belongs in a package-level variable of the
// package that owns the records: a store loads the kinds that are registered
// when it is opened. The name ("iam.user") is part of the stored form; it
// panics when the name is taken.
func NewKind[T any](name string, indexes ...Index[T]) *Kind[T] {
	kinds.Lock()
	defer kinds.Unlock()
	if kinds.byName[name] != nil {
		panic(fmt.Sprintf("store: kind %q is registered twice", name))
	}
	k := &Kind[T]{name: name, number: len(kinds.all), indexes: indexes}
	if kinds.byName == nil {
		kinds.byName = map[string]anyKind{}
	}
	kinds.all = append(kinds.all, k)
	kinds.byName[name] = k
	return k
}

// Get returns the record of that key. The value is shared: copy it before
// changing anything in it.
func (k *Kind[T]) Get(r Reader, key string) (*T, bool) {
	it, ok := k.table(r.image()).rows.Get(key)
	if !ok {
		return nil, false
	}
	return it.val.(*T), true
}

// Scan goes through the records whose key begins with prefix, in the order of
// their keys. In a Tx the loop sees the records as they were when it began
// and may write.
func (k *Kind[T]) Scan(r Reader, prefix string) iter.Seq2[string, *T] {
	return k.ScanAfter(r, prefix, "")
}

// ScanAfter is Scan for the keys greater than after: how the next page of a
// list begins. "" is the beginning.
func (k *Kind[T]) ScanAfter(r Reader, prefix, after string) iter.Seq2[string, *T] {
	return func(yield func(string, *T) bool) {
		k.still(r).rows.Ascend(max(prefix, after), func(key string, it *item) bool {
			if key == after && after != "" {
				return true
			}
			return strings.HasPrefix(key, prefix) && yield(key, it.val.(*T))
		})
	}
}

// By goes through the records that the index files under value, in the order
// of their keys. It panics when the kind has no index of that name. In a Tx
// the loop may write, as in Scan.
func (k *Kind[T]) By(r Reader, index, value string) iter.Seq2[string, *T] {
	return k.ByAfter(r, index, value, "")
}

// ByAfter is By for the keys greater than after; "" is the beginning.
func (k *Kind[T]) ByAfter(r Reader, index, value, after string) iter.Seq2[string, *T] {
	return func(yield func(string, *T) bool) {
		t := k.still(r)
		prefix := indexKey(value, "")
		t.indexes[k.index(index)].Ascend(prefix+after, func(at, key string) bool {
			if !strings.HasPrefix(at, prefix) {
				return false
			}
			if len(at) != len(prefix)+len(key) || key == after && after != "" {
				return true // a longer value that contains NUL, or the end of the page before
			}
			it, _ := t.rows.Get(key)
			return yield(key, it.val.(*T))
		})
	}
}

// Ordered goes through the records that the index files under values which
// begin with prefix, in the order of the values. In a Tx the loop may write,
// as in Scan.
func (k *Kind[T]) Ordered(r Reader, index, prefix string) iter.Seq2[string, *T] {
	return func(yield func(string, *T) bool) {
		t := k.still(r)
		t.indexes[k.index(index)].Ascend(prefix, func(at, key string) bool {
			if !strings.HasPrefix(at, prefix) {
				return false
			}
			it, _ := t.rows.Get(key)
			return yield(key, it.val.(*T))
		})
	}
}

// Count returns how often the index files something under values from one up
// to, and without, another. It takes about as long as finding a record, however
// many there are.
func (k *Kind[T]) Count(r Reader, index, from, to string) int {
	t := k.table(r.image()).indexes[k.index(index)]
	before := func(value string) int {
		return sort.Search(t.Len(), func(i int) bool {
			at, _, _ := t.GetAt(i)
			return at >= value
		})
	}
	return max(0, before(to)-before(from))
}

// Len returns how many records there are.
func (k *Kind[T]) Len(r Reader) int { return k.table(r.image()).rows.Len() }

// Put writes the record of that key. The value is encoded at once, so the
// caller may go on changing v, and readers get what encoding/json makes of it.
// A value that cannot be encoded fails the change, as does a key that is not
// UTF-8 without NUL.
func (k *Kind[T]) Put(tx *Tx, key string, v *T) {
	val, err := json.Marshal(v)
	if v == nil {
		err = errors.New("it is nil")
	}
	if err == nil && !isText(key) {
		err = errNotText
	}
	if err != nil {
		tx.fail(fmt.Errorf("store: %s %q cannot be encoded: %w", k.name, key, err))
		return
	}
	it, err := k.decode(key, tx.rev, val)
	if err != nil {
		tx.fail(err)
		return
	}
	k.writable(tx.img).put(k, key, it)
	tx.wrote(k.name, key, val)
}

// isText reports whether PostgreSQL takes s as TEXT. A single statement that
// it refuses would fail everybody's commit.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

var errNotText = errors.New("a key must be UTF-8 without NUL")

// Delete removes the record of that key, if there is one.
func (k *Kind[T]) Delete(tx *Tx, key string) {
	if _, ok := k.table(tx.img).rows.Get(key); !ok {
		return
	}
	k.writable(tx.img).put(k, key, nil)
	tx.wrote(k.name, key, nil)
}

func (k *Kind[T]) table(m *image) *table {
	if k.number >= len(m.tables) {
		panic(fmt.Sprintf("store: kind %q was registered after the store was opened", k.name))
	}
	return m.tables[k.number]
}

func (k *Kind[T]) still(r Reader) *table {
	m := r.image()
	k.table(m)
	return m.still(k.number)
}

func (k *Kind[T]) writable(m *image) *table {
	k.table(m)
	return m.write(k.number)
}

func (k *Kind[T]) index(name string) int {
	for i := range k.indexes {
		if k.indexes[i].Name == name {
			return i
		}
	}
	panic(fmt.Sprintf("store: kind %q has no index %q", k.name, name))
}

func (k *Kind[T]) kindName() string { return k.name }
func (k *Kind[T]) kindNumber() int  { return k.number }
func (k *Kind[T]) indexCount() int  { return len(k.indexes) }

func (k *Kind[T]) decode(key string, rev int64, val []byte) (*item, error) {
	v := new(T)
	if err := json.Unmarshal(val, v); err != nil {
		return nil, fmt.Errorf("store: %s %q cannot be decoded: %w", k.name, key, err)
	}
	return &item{rev, v}, nil
}

func (k *Kind[T]) terms(index int, key string, it *item) []string {
	return k.indexes[index].Keys(key, it.val.(*T))
}
