package organizations

import (
	"encoding/base64"
	"fmt"
	"iter"
	"strings"

	"github.com/orgtrail/orgtrail/internal/call"
)

// pageSize is the size of a page when the caller asks for none, and the
// largest there is.
const pageSize = 20

// page cuts one page out of a list. from yields the items whose position is
// greater than after, each with its position, in order; a position stays
// valid when items come and go between two pages. The token of the next page
// is nil at the end.
func page[T any](c *call.Call, next *string, max *int32, from func(after string) iter.Seq2[string, T]) ([]T, *string, error) {
	after, ok := parseToken(c.Operation.Name, next)
	if !ok {
		return nil, nil, invalid("INVALID_NEXT_TOKEN", "You provided an invalid pagination token.")
	}
	size := pageSize
	if max != nil {
		size = int(*max)
	}
	items := []T{}
	for at, item := range from(after) {
		if len(items) == size {
			return items, new(newToken(c.Operation.Name, after)), nil
		}
		items, after = append(items, item), at
	}
	return items, nil, nil
}

// numbered makes a short list one that page can cut.
func numbered[T any](items []T) func(after string) iter.Seq2[string, T] {
	return func(after string) iter.Seq2[string, T] {
		return func(yield func(string, T) bool) {
			for i, item := range items {
				if at := fmt.Sprintf("%08d", i+1); at > after && !yield(at, item) {
					return
				}
			}
		}
	}
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

// A token names the operation it belongs to and the position that the page
// before it ended at.

func newToken(operation, position string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(operation + "\n" + position))
}

// parseToken returns the position in a token, "" when there is no token.
func parseToken(operation string, token *string) (position string, ok bool) {
	if token == nil {
		return "", true
	}
	text, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil {
		return "", false
	}
	of, position, ok := strings.Cut(string(text), "\n")
	ok = ok && of == operation && position != "" && newToken(of, position) == *token
	return position, ok
}
