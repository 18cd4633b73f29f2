package organizations

import (
	"iter"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
)

// pageSize is the size of a page when the caller asks for none, and the
// largest there is.
const pageSize = 20

// page cuts one page out of a list. from yields the items whose position is
// greater than after, each with its position, in order. The token of the next
// page is nil at the end.
func page[T any](c *call.Call, next *string, max *int32, from func(after string) iter.Seq2[string, T]) ([]T, *string, error) {
	size := pageSize
	if max != nil {
		size = int(*max)
	}
	items, next, ok := pages.From(c.Operation.Name, next, size, from)
	if !ok {
		return nil, nil, invalid("INVALID_NEXT_TOKEN", "You provided an invalid pagination token.")
	}
	return items, next, nil
}

// numbered makes a short list one that page can cut.
func numbered[T any](items []T) func(after string) iter.Seq2[string, T] {
	return func(after string) iter.Seq2[string, T] { return pages.Behind(after, pages.Numbered(items)) }
}

// views turns stored records into what the caller sees of them. What view
// refuses is left out.
func views[R, V any](records iter.Seq2[string, *R], view func(*R) (V, bool)) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for at, r := range records {
			if v, ok := view(r); ok && !yield(at, v) {
				return
			}
		}
	}
}
