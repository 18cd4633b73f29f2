package aws

// Val returns what p points to, or the zero value: the reading of an optional
// member whose absence means the default.
func Val[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
