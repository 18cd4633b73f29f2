package filter

import (
	"bytes"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// operand is the right side of a condition: an operator and what the value is
// compared with, which is a number, a regular expression or text with a *
// for anything before or behind it.
type operand struct {
	op      string // = != < <= > >=
	text    []byte
	open    bool // begins with *
	tail    bool // ends with *
	number  float64
	numeric bool // written as a number, without quotes
	regex   *regexp.Regexp
}

// scalar is a value of a message: the text of a string, a number, true, false
// or null.
type scalar struct {
	kind byte // the first byte of how JSON writes it, '0' for numbers
	text []byte
}

// parseOperand reads an operator and a value.
func (c *cursor) parseOperand() (*operand, error) {
	c.space()
	start := c.pos
	o := &operand{}
	for _, op := range []string{"!=", "<=", ">=", "=", "<", ">"} {
		if c.take(op) {
			o.op = op
			break
		}
	}
	if o.op == "" {
		return nil, c.unexpected("an operator")
	}
	if err := c.parseValue(o); err != nil {
		return nil, err
	}
	if o.op != "=" && o.op != "!=" && !o.numeric {
		return nil, c.failAt(start, "%s needs a number", o.op)
	}
	return o, nil
}

func (c *cursor) parseValue(o *operand) (err error) {
	switch c.space(); c.peek() {
	case '%':
		o.regex, err = c.parseRegex()
		return err
	case '"':
		text, err := c.quoted('"')
		o.setText(text)
		return err
	}
	word := c.word(isBare)
	if word == "" {
		return c.unexpected("a value")
	}
	o.number, o.numeric = parseNumber([]byte(word))
	o.setText(word)
	return nil
}

// setText finds the asterisks at the ends of a text; one in between stands for
// itself.
func (o *operand) setText(text string) {
	if rest, ok := strings.CutPrefix(text, "*"); ok {
		o.open, text = true, rest
	}
	if rest, ok := strings.CutSuffix(text, "*"); ok {
		o.tail, text = true, rest
	}
	o.text = []byte(text)
}

// holds reports whether a value satisfies the operand. Nothing is equal or
// unequal to null, and only numbers are less or more than a number.
func (o *operand) holds(s scalar) bool {
	if s.kind == 'n' {
		return false
	}
	switch o.op {
	case "=":
		return o.equals(s)
	case "!=":
		return !o.equals(s)
	}
	if s.kind != '0' {
		return false
	}
	n, ok := parseNumber(s.text)
	if !ok {
		return false
	}
	switch o.op {
	case "<":
		return n < o.number
	case "<=":
		return n <= o.number
	case ">":
		return n > o.number
	}
	return n >= o.number
}

func (o *operand) equals(s scalar) bool {
	switch {
	case o.regex != nil:
		return o.regex.Match(s.text)
	case o.numeric && s.kind == '0':
		n, ok := parseNumber(s.text)
		return ok && n == o.number
	case o.open && o.tail:
		return bytes.Contains(s.text, o.text)
	case o.open:
		return bytes.HasSuffix(s.text, o.text)
	case o.tail:
		return bytes.HasPrefix(s.text, o.text)
	}
	return bytes.Equal(s.text, o.text)
}

// literal is text that stands in every value that equals the operand, "" if
// there is none.
func (o *operand) literal() string {
	switch {
	case o.op != "=" || o.numeric:
		return ""
	case o.regex != nil:
		prefix, _ := o.regex.LiteralPrefix()
		return prefix
	}
	return string(o.text)
}

// parseNumber reads an integer or decimal with an optional sign and exponent.
func parseNumber(text []byte) (float64, bool) {
	for _, b := range text {
		if (b < '0' || b > '9') && b != '+' && b != '-' && b != '.' && b|0x20 != 'e' {
			return 0, false
		}
	}
	n, err := strconv.ParseFloat(string(text), 64)
	return n, err == nil && !math.IsInf(n, 0)
}
