package filter

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// terms matches messages by what stands anywhere in them. Optional terms
// count only if there are no others.
type terms struct {
	included, excluded, optional []term
	needed                       needs
}

// term is text or a regular expression.
type term struct {
	text  []byte
	regex *regexp.Regexp
}

func (t *term) in(message []byte) bool {
	if t.regex != nil {
		return t.regex.Match(message)
	}
	return bytes.Contains(message, t.text)
}

// literal is text that stands in every message with the term.
func (t *term) literal() string {
	if t.regex != nil {
		prefix, _ := t.regex.LiteralPrefix()
		return prefix
	}
	return string(t.text)
}

func parseTerms(c *cursor) (matcher, error) {
	t := &terms{}
	for c.space(); c.pos < len(c.text); c.space() {
		list := &t.included
		switch {
		case c.take("?"):
			list = &t.optional
		case c.take("-"):
			list = &t.excluded
			c.space()
		}
		one, err := c.parseTerm()
		if err != nil {
			return nil, err
		}
		*list = append(*list, one)
	}
	if len(t.included)+len(t.excluded) > 0 {
		t.optional = nil
	}
	for i := range t.included {
		t.needed.and(t.included[i].literal())
	}
	if len(t.optional) == 1 {
		t.needed.and(t.optional[0].literal())
	}
	return t, nil
}

func (c *cursor) parseTerm() (term, error) {
	switch c.peek() {
	case '%':
		re, err := c.parseRegex()
		return term{regex: re}, err
	case '"':
		text, err := c.quoted('"')
		return term{text: []byte(text)}, err
	case 0:
		return term{}, c.unexpected("a term")
	}
	start := c.pos
	word := c.word(func(b byte) bool { return !isSpace(b) })
	if i := strings.IndexFunc(word, func(r rune) bool { return !isWordRune(r) }); i >= 0 {
		return term{}, c.failAt(start+i, "invalid character(s) in term %q", word)
	}
	return term{text: []byte(word)}, nil
}

// isWordRune is what a term may have without quotes.
func isWordRune(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func (t *terms) match(message []byte) bool {
	for i := range t.included {
		if !t.included[i].in(message) {
			return false
		}
	}
	for i := range t.excluded {
		if t.excluded[i].in(message) {
			return false
		}
	}
	for i := range t.optional {
		if t.optional[i].in(message) {
			return true
		}
	}
	return len(t.optional) == 0
}

func (t *terms) extract([]byte) map[string]string { return map[string]string{} }

func (t *terms) needs() needs { return t.needed }
