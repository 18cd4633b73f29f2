package sns

import (
	"iter"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
)

type seq[T any] = iter.Seq2[string, *T]

// page cuts out the page that begins after a token.
func page[T any](c *call.Call, token *string, from func(after string) seq[T]) ([]*T, *string, error) {
	found, next, ok := pages.From(c.Operation.Name, token, lengthOfPage, from)
	if !ok {
		return nil, nil, invalid("NextToken")
	}
	return found, next, nil
}
