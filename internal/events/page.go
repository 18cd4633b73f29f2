package events

import (
	"encoding/base64"
	"iter"
	"strings"
)

// maxPage is the longest page there is, and that of who does not say.
const maxPage = 100

// behind begins what a token says, so that not any text is one.
const behind = "behind "

// page cuts out the page that begins after the item that a token names. The
// items come in the order of their names, so that those that come and go
// between two pages disturb no other.
func page[T any](token *string, limit *int32, items iter.Seq2[string, T]) ([]T, *string, error) {
	after := ""
	if token != nil {
		text, err := base64.RawURLEncoding.DecodeString(*token)
		var ok bool
		if after, ok = strings.CutPrefix(string(text), behind); err != nil || !ok {
			return nil, nil, invalid("Invalid nextToken.")
		}
	}
	size := maxPage
	if limit != nil {
		size = min(size, int(*limit))
	}
	list, last := []T{}, ""
	for name, item := range items {
		if token != nil && name <= after {
			continue
		}
		if len(list) == size {
			return list, new(base64.RawURLEncoding.EncodeToString([]byte(behind + last))), nil
		}
		list, last = append(list, item), name
	}
	return list, nil, nil
}

// views turns the items of a page into their shapes.
func views[T, S any](items []T, view func(T) S) []S {
	shapes := make([]S, len(items))
	for i, item := range items {
		shapes[i] = view(item)
	}
	return shapes
}

// where lists the items that a condition holds for.
func where[T any](items iter.Seq2[string, T], holds func(T) bool) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for name, item := range items {
			if holds(item) && !yield(name, item) {
				return
			}
		}
	}
}

// count is the length of a list.
func count[T any](items iter.Seq2[string, T]) (n int) {
	for range items {
		n++
	}
	return n
}
