package kms

import (
	"encoding/base64"
	"iter"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// paged is one page of a list.
type paged[T any] struct {
	items     []T
	truncated bool
	next      *string // where the next page begins, nil on the last one
}

// page cuts out the page that begins after marker. The items come in the order
// of their keys; a marker is the key of the last item of the page before, so
// that items that come and go between two pages disturb no other. Size is the
// length of a page when the caller does not say.
func page[T any](items iter.Seq2[string, T], marker *string, limit *int32, size int) (paged[T], error) {
	p := paged[T]{items: []T{}}
	after, err := base64.RawURLEncoding.DecodeString(aws.Val(marker))
	if err != nil {
		return p, aws.Errorf("InvalidMarkerException", "Invalid marker.")
	}
	if limit != nil {
		size = int(*limit)
	}
	last := ""
	for key, item := range items {
		if marker != nil && key <= string(after) {
			continue
		}
		if len(p.items) == size {
			p.truncated, p.next = true, new(base64.RawURLEncoding.EncodeToString([]byte(last)))
			break
		}
		p.items, last = append(p.items, item), key
	}
	return p, nil
}

// where lists the items that a condition holds for.
func where[T any](items iter.Seq2[string, T], holds func(T) bool) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for key, item := range items {
			if holds(item) && !yield(key, item) {
				return
			}
		}
	}
}

// views turns the items of a page into their shapes.
func views[T, S any](items []T, view func(T) S) []S {
	shapes := make([]S, len(items))
	for i, item := range items {
		shapes[i] = view(item)
	}
	return shapes
}
