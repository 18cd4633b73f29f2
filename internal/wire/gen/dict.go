package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
)

// dict is a JSON object that keeps the order of its members, which becomes
// the order of Go fields and of what goes over the wire.
type dict[T any] struct {
	keys   []string
	values map[string]T
}

func (d *dict[T]) get(key string) (T, bool) {
	v, ok := d.values[key]
	return v, ok
}

func (d *dict[T]) set(key string, v T) {
	if d.values == nil {
		d.values = map[string]T{}
	}
	if _, ok := d.values[key]; !ok {
		d.keys = append(d.keys, key)
	}
	d.values[key] = v
}

func (d *dict[T]) all() iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for _, k := range d.keys {
			if !yield(k, d.values[k]) {
				return
			}
		}
	}
}

func (d *dict[T]) len() int { return len(d.keys) }

// IsZero makes omitzero leave out an empty object.
func (d dict[T]) IsZero() bool { return len(d.keys) == 0 }

// UnmarshalJSON implements json.Unmarshaler.
func (d *dict[T]) UnmarshalJSON(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("not an object: %v", err)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		var v T
		if err := dec.Decode(&v); err != nil {
			return err
		}
		d.set(key.(string), v)
	}
	return nil
}

// MarshalJSON implements json.Marshaler.
func (d dict[T]) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, k := range d.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encodeJSON(&b, k); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := encodeJSON(&b, d.values[k]); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encodeJSON leaves the characters <, > and & of patterns readable.
func encodeJSON(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
