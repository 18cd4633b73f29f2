package store

import "errors"

// Ahead gives up a change for something that takes long to make: a key, the
// hash of a password. Update lets go of what fn has done, runs make while
// others commit, and then runs fn again, which finds what make has left
// behind.
//
// The error is for fn to return. What becomes of it on the way does not
// matter: a run that has called Ahead changes nothing. The error of make is
// that of Update, and fn is not run again.
func (tx *Tx) Ahead(make func() error) error {
	if tx.ahead == nil {
		tx.ahead = &ahead{make}
	}
	return tx.ahead
}

// ahead is the outcome of a run that was given up.
type ahead struct{ make func() error }

func (*ahead) Error() string { return "store: the change begins again with what it lacked" }

// wanted is what a change lacked, nil when it has ended otherwise.
func wanted(err error) *ahead {
	var a *ahead
	errors.As(err, &a)
	return a
}
