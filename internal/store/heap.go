package store

import (
	"context"
	"fmt"
	"strings"
)

// Heap holds values that are too large, or too many, to be kept in memory:
// they are written in the transaction of a change, and read from the database
// when somebody asks. Who puts a value remembers its key in a record.
type Heap struct{ name string }

// NewHeap returns the heap of that name, which is part of the stored form.
func NewHeap(name string) *Heap { return &Heap{name} }

func (h *Heap) key(key string) string { return h.name + "/" + key }

// Put writes the value of that key. It must not be modified afterwards.
func (h *Heap) Put(tx *Tx, key string, val []byte) {
	if !isText(key) {
		tx.fail(fmt.Errorf("store: %s %q: %w", h.name, key, errNotText))
		return
	}
	if val == nil {
		val = []byte{}
	}
	tx.heaped(h.key(key), val)
}

// Delete removes the value of that key, if there is one.
func (h *Heap) Delete(tx *Tx, key string) {
	if isText(key) {
		tx.heaped(h.key(key), nil)
	}
}

// Load reads values of a heap, by their keys. What is not there, as when it
// was deleted since, is missing in the answer.
func (s *Store) Load(ctx context.Context, h *Heap, keys ...string) (map[string][]byte, error) {
	found := make(map[string][]byte, len(keys))
	args := make([]any, len(keys))
	for i, key := range keys {
		args[i] = h.key(key)
	}
	err := getHeap.each(args, func(text string, args []any) error {
		rows, err := s.db.read.QueryContext(ctx, text, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var key string
			var val []byte
			if err := rows.Scan(&key, &val); err != nil {
				return err
			}
			found[strings.TrimPrefix(key, h.name+"/")] = val
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("store: reading %s: %w", h.name, err)
	}
	return found, nil
}
