package iam

import (
	"iter"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
)

// maxItems is the length of a page when the caller does not say.
const maxItems = 100

// paged is one page of a list.
type paged[T any] struct {
	items     []T
	truncated *bool
	marker    *string // where the next page begins, nil on the last one
}

// page cuts out the page that begins after marker.
func page[T any](c *call.Call, items iter.Seq2[string, T], marker *string, limit *int32) (paged[T], error) {
	size := maxItems
	if limit != nil {
		size = int(*limit)
	}
	found, next, ok := pages.Cut(c.Operation.Name, marker, size, items)
	if !ok {
		return paged[T]{}, invalid("Invalid Marker.")
	}
	return paged[T]{found, new(next != nil), next}, nil
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

// under lists the items whose path begins with prefix; nil lists all.
func under[T interface{ path() string }](prefix *string, items iter.Seq2[string, T]) iter.Seq2[string, T] {
	return pages.Where(items, func(item T) bool { return strings.HasPrefix(item.path(), aws.Val(prefix)) })
}
