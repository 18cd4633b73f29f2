package events

import (
	"iter"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
)

// maxPage is the longest page there is, and that of who does not say.
const maxPage = 100

// page cuts out the page that begins after the item that a token names.
func page[T any](c *call.Call, token *string, limit *int32, items iter.Seq2[string, T]) ([]T, *string, error) {
	size := maxPage
	if limit != nil {
		size = min(size, int(*limit))
	}
	found, next, ok := pages.Cut(c.Operation.Name, token, size, items)
	if !ok {
		return nil, nil, invalid("Invalid nextToken.")
	}
	return found, next, nil
}
