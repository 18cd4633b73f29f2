package iam

import (
	"encoding/base64"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// maxItems is the length of a page when the caller does not say.
const maxItems = 100

// paged is one page of a list.
type paged[T any] struct {
	items     []T
	truncated *bool
	marker    *string // where the next page begins, nil on the last one
}

// page cuts out the page that begins after marker. The items come in the order
// of their keys; a marker is the key of the last item of the page before, so
// that items that come and go between two pages disturb no other.
func page[T any](items iter.Seq2[string, T], marker *string, limit *int32) (paged[T], error) {
	p := paged[T]{items: []T{}, truncated: new(false)}
	after, err := base64.RawURLEncoding.DecodeString(aws.Val(marker))
	if err != nil || !utf8.Valid(after) {
		return p, invalid("Invalid Marker.")
	}
	size := maxItems
	if limit != nil {
		size = int(*limit)
	}
	last := ""
	for key, item := range items {
		if marker != nil && key <= string(after) {
			continue
		}
		if len(p.items) == size {
			p.truncated, p.marker = new(true), new(base64.RawURLEncoding.EncodeToString([]byte(last)))
			break
		}
		p.items, last = append(p.items, item), key
	}
	return p, nil
}

// views turns the items of a page into their shapes.
func views[T, S any](items []T, view func(T) S) []S {
	shapes := make([]S, len(items))
	for i, item := range items {
		shapes[i] = view(item)
	}
	return shapes
}

// byKey lists items in the order of their keys.
func byKey[T any](items []T, key func(T) string) iter.Seq2[string, T] {
	items = slices.Clone(items)
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	return func(yield func(string, T) bool) {
		for _, item := range items {
			if !yield(key(item), item) {
				return
			}
		}
	}
}

func itself(s string) string { return s }

// inOrder lists items in the order in which they are, which never changes.
func inOrder[T any](items []T) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for i, item := range items {
			if !yield(fmt.Sprintf("%08d", i), item) {
				return
			}
		}
	}
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

// under lists the items whose path begins with prefix; nil lists all.
func under[T interface{ path() string }](prefix *string, items iter.Seq2[string, T]) iter.Seq2[string, T] {
	return where(items, func(item T) bool { return strings.HasPrefix(item.path(), aws.Val(prefix)) })
}

// count is the length of a list.
func count[T any](items iter.Seq2[string, T]) (n int) {
	for range items {
		n++
	}
	return n
}
