package call

// Made is what was made for a call before its transaction, by what it is.
type Made map[any]any

// Beforehand returns what make makes for a call, which takes long: a key, the
// hash of a password. It is not made in a transaction, where everybody else
// would wait for it: the call's is given up, and begins again when it is there
// (store.Tx.Ahead). An error is for the caller to return.
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
