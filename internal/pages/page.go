package pages

import "iter"

// Cut cuts the page behind a token out of a list. The token of the next page
// is nil on the last one. It is not ok if the token is none of the operation.
func Cut[T any](operation string, token *string, size int, items iter.Seq2[string, T]) (found []T, next *string, ok bool) {
	return From(operation, token, size, func(after string) iter.Seq2[string, T] { return Behind(after, items) })
}

// From is Cut of a list that need not be read from its beginning, or that is
// in another order: from lists what comes behind a key, "" for all.
func From[T any](operation string, token *string, size int, from func(after string) iter.Seq2[string, T]) (found []T, next *string, ok bool) {
	last, ok := Position(operation, token)
	if !ok {
		return nil, nil, false
	}
	found = []T{}
	for key, item := range from(last) {
		if len(found) == size {
			return found, new(Token(operation, last)), true
		}
		found, last = append(found, item), key
	}
	return found, nil, true
}
