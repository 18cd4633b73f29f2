package logs

import (
	"encoding/base64"
	"fmt"
	"iter"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
)

// pageSize is the length of a page when the caller does not say.
const pageSize = 50

// page cuts one page out of a list in the order of its keys. A token is the
// key that the page before ended with, so that items that come and go between
// two pages disturb no other. It is nil after the last page.
func page[T any](c *call.Call, token *string, limit *int32, items iter.Seq2[string, T]) ([]T, *string, *aws.Error) {
	return pageBy(c, token, limit, items, func(key, last string) bool { return key > last })
}

// pageBy is page of a list in another order, in which behind compares keys.
func pageBy[T any](c *call.Call, token *string, limit *int32, items iter.Seq2[string, T], behind func(key, last string) bool) ([]T, *string, *aws.Error) {
	last, ok := parseToken(c.Operation.Name, token)
	if !ok {
		return nil, nil, badToken()
	}
	size := pageSize
	if limit != nil {
		size = int(*limit)
	}
	found := []T{}
	for key, item := range items {
		if token != nil && !behind(key, last) {
			continue
		}
		if len(found) == size {
			return found, new(newToken(c.Operation.Name, last)), nil
		}
		found, last = append(found, item), key
	}
	return found, nil, nil
}

// positionOf is a key that sorts by time.
func positionOf(time int64, id string) string { return fmt.Sprintf("%020d/%s", time, id) }

func newToken(operation, position string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(operation + "\n" + position))
}

// parseToken returns the position in a token of an operation, "" when there
// is no token.
func parseToken(operation string, token *string) (position string, ok bool) {
	if token == nil {
		return "", true
	}
	text, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil {
		return "", false
	}
	of, position, ok := strings.Cut(string(text), "\n")
	return position, ok && of == operation && newToken(of, position) == *token
}

// where lists the items that a condition holds for.
func where[T any](items iter.Seq2[string, T], holds func(string, T) bool) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for key, item := range items {
			if holds(key, item) && !yield(key, item) {
				return
			}
		}
	}
}
