package insights

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// ErrTooLarge is the error of a query that would have to keep more rows,
// groups or values than a query may.
var ErrTooLarge = errors.New("the query has to keep too many rows, groups or distinct values; narrow it by a filter, a limit or a shorter time range")

// SyntaxError says why a text is not a query, and where: the offsets of the
// first character that is wrong and of the one behind the last.
type SyntaxError struct {
	Start, End int
	Message    string
}

func (e *SyntaxError) Error() string { return e.Message }

// failAt makes the error of what stands between two byte offsets.
func (p *parser) failAt(start, end int, format string, args ...any) error {
	return &SyntaxError{
		Start:   utf8.RuneCountInString(p.text[:start]),
		End:     utf8.RuneCountInString(p.text[:end]),
		Message: fmt.Sprintf(format, args...),
	}
}

// fail makes the error of a token.
func (p *parser) fail(t token, format string, args ...any) error {
	return p.failAt(t.start, t.end, format, args...)
}

// unexpected makes the error of the next token, which cannot stand where it
// does.
func (p *parser) unexpected() error {
	t := p.next
	if t.kind == endToken {
		return p.fail(t, "unexpected end of the query")
	}
	line, position := 1, 0
	for _, r := range p.text[:t.start] {
		if position++; r == '\n' {
			line, position = line+1, 0
		}
	}
	return p.fail(t, "unexpected symbol found %s at line %d and position %d", p.text[t.start:t.end], line, position)
}
