package logs

import (
	"fmt"
	"iter"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
)

// pageSize is the length of a page when the caller does not say.
const pageSize = 50

// page cuts one page out of a list in the order of its keys. The token is nil
// after the last page.
func page[T any](c *call.Call, token *string, limit *int32, items iter.Seq2[string, T]) ([]T, *string, *aws.Error) {
	return pageBy(c, token, limit, items, func(key, last string) bool { return key > last })
}

// pageBy is page of a list in another order, in which behind compares keys.
func pageBy[T any](c *call.Call, token *string, limit *int32, items iter.Seq2[string, T], behind func(key, last string) bool) ([]T, *string, *aws.Error) {
	size := pageSize
	if limit != nil {
		size = int(*limit)
	}
	found, next, ok := pages.From(c.Operation.Name, token, size, func(last string) iter.Seq2[string, T] {
		return func(yield func(string, T) bool) {
			for key, item := range items {
				if (last == "" || behind(key, last)) && !yield(key, item) {
					return
				}
			}
		}
	})
	if !ok {
		return nil, nil, badToken()
	}
	return found, next, nil
}

// positionOf is a key that sorts by time.
func positionOf(time int64, id string) string { return fmt.Sprintf("%020d/%s", time, id) }
