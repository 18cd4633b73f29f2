package kms

import (
	"iter"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
)

// paged is one page of a list.
type paged[T any] struct {
	items     []T
	truncated bool
	next      *string // where the next page begins, nil on the last one
}

// page cuts out the page that begins after marker. Size is the length of a
// page when the caller does not say.
func page[T any](c *call.Call, items iter.Seq2[string, T], marker *string, limit *int32, size int) (paged[T], error) {
	if limit != nil {
		size = int(*limit)
	}
	found, next, ok := pages.Cut(c.Operation.Name, marker, size, items)
	if !ok {
		return paged[T]{}, aws.Errorf("InvalidMarkerException", "Invalid marker.")
	}
	return paged[T]{found, next != nil, next}, nil
}
