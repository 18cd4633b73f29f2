package call

import "slices"

// Made is what was made for a call before its transaction, by what it is.
type Made map[any]any

// Beforehand returns what make makes for a call, which takes long: a key, the
// hash of a password, a change outside of the store. It is not made in a
// transaction, where everybody else would wait for it: the call's is given up,
// and begins again when it is there (store.Tx.Ahead). An error is for the
// caller to return.
//
// of says what it is among all that is made for the call, and holds whatever
// make depends on that another run may find changed. It is comparable, and of
// a type of the service's own.
func Beforehand[T any](c *Call, of any, make func() (T, error)) (T, error) {
	if made, ok := c.Made[of]; ok {
		return made.(T), nil
	}
	if c.Tx == nil {
		return make()
	}
	if c.Made == nil {
		c.Made = Made{}
	}
	all := c.Made
	var none T
	return none, c.Tx.Ahead(func() error {
		made, err := make()
		if err == nil {
			all[of] = made
		}
		return err
	})
}

// ends is where Made has what AtEnd was given.
type ends struct{}

// AtEnd has f called when the call's transaction has ended, with its error:
// what make of Beforehand took for as long as that is let go of there, and
// what it did is mended when the transaction has not happened, or may not
// have. Of several the last is called first.
func (c *Call) AtEnd(f func(err error)) {
	if c.Made == nil {
		c.Made = Made{}
	}
	before, _ := c.Made[ends{}].([]func(error))
	c.Made[ends{}] = append(before, f)
}

// End is for who runs the call's transaction, when it has ended.
func (m Made) End(err error) {
	all, _ := m[ends{}].([]func(error))
	delete(m, ends{})
	for _, f := range slices.Backward(all) {
		f(err)
	}
}
