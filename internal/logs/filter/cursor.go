package filter

import (
	"fmt"
	"strings"
)

// cursor reads a pattern from left to right.
type cursor struct {
	text    string
	pos     int
	depth   int // of parentheses
	regexes int
	leaves  int // conditions so far
}

func (c *cursor) failAt(pos int, format string, args ...any) error {
	return &SyntaxError{Offset: pos, Message: fmt.Sprintf(format, args...)}
}

// unexpected is the error of a pattern that does not go on as it must.
func (c *cursor) unexpected(want string) error {
	if c.pos >= len(c.text) {
		return c.failAt(c.pos, "the pattern ends where %s is expected", want)
	}
	return c.failAt(c.pos, "unexpected %q where %s is expected", c.text[c.pos], want)
}

// peek returns the next byte, 0 at the end.
func (c *cursor) peek() byte {
	if c.pos < len(c.text) {
		return c.text[c.pos]
	}
	return 0
}

func (c *cursor) space() {
	for c.pos < len(c.text) && isSpace(c.text[c.pos]) {
		c.pos++
	}
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// take reads s if it stands next.
func (c *cursor) take(s string) bool {
	if strings.HasPrefix(c.text[c.pos:], s) {
		c.pos += len(s)
		return true
	}
	return false
}

// word reads the longest run of bytes that are in a set.
func (c *cursor) word(in func(byte) bool) string {
	start := c.pos
	for c.pos < len(c.text) && in(c.text[c.pos]) {
		c.pos++
	}
	return c.text[start:c.pos]
}

// keyword reads a word if it stands next, in upper or lower case.
func (c *cursor) keyword(word string) bool {
	end := c.pos + len(word)
	if end > len(c.text) || !strings.EqualFold(c.text[c.pos:end], word) {
		return false
	}
	if end < len(c.text) && isName(c.text[end]) {
		return false
	}
	c.pos = end
	return true
}

// quoted reads what is between quotes; a backslash takes the next character
// as it is.
func (c *cursor) quoted(quote byte) (string, error) {
	start := c.pos
	var text []byte
	for c.pos++; c.pos < len(c.text); c.pos++ {
		switch b := c.text[c.pos]; {
		case b == quote:
			c.pos++
			return string(text), nil
		case b == '\\' && c.pos+1 < len(c.text):
			c.pos++
			text = append(text, c.text[c.pos])
		default:
			text = append(text, b)
		}
	}
	return "", c.failAt(start, "the quote is not closed")
}

// end fails unless nothing but white space is left.
func (c *cursor) end() error {
	if c.space(); c.pos < len(c.text) {
		return c.unexpected("the end of the pattern")
	}
	return nil
}

func isAlphanumeric(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// isName is the set of bytes that names of members and fields are made of.
func isName(b byte) bool { return isAlphanumeric(b) || b == '-' || b == '_' }

// isBare is the set of bytes that a value without quotes is made of.
func isBare(b byte) bool {
	return isName(b) || b == '*' || b == '.' || b == ':' || b == '/' || b == '+'
}
