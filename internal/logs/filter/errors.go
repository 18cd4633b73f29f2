package filter

import "fmt"

// SyntaxError says why a text is not a filter pattern, and where.
type SyntaxError struct {
	Offset  int // in bytes, from the start of the pattern
	Message string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s at position %d", e.Message, e.Offset)
}
