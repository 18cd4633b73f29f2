package sns

import (
	"encoding/base64"
	"iter"

	"github.com/orgtrail/orgtrail/internal/aws"
)

type seq[T any] = iter.Seq2[string, *T]

// paged is one page of a list.
type paged[T any] struct {
	items []*T
	next  *string // where the next page begins, nil on the last one
}

// page cuts out the page that begins after a token. A token is the key of the
// last item of the page before, so that items that come and go between two
// pages disturb no other.
func page[T any](token *string, from func(after string) seq[T]) (paged[T], error) {
	var p paged[T]
	after, err := base64.RawURLEncoding.DecodeString(aws.Val(token))
	if err != nil {
		return p, invalid("NextToken")
	}
	last := ""
	for key, item := range from(string(after)) {
		if len(p.items) == lengthOfPage {
			p.next = new(base64.RawURLEncoding.EncodeToString([]byte(last)))
			break
		}
		p.items, last = append(p.items, item), key
	}
	return p, nil
}
