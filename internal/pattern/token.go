package pattern

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// kind is what a token is. Structure is named by its own character.
type kind byte

const (
	end     kind = 0
	name    kind = 'k'
	text    kind = 's'
	number  kind = 'n'
	literal kind = 'l' // true, false or null
)

// token is one token of a JSON text.
type token struct {
	kind  kind
	raw   string // as it is written, quotes included
	value string // what it says: strings and names decoded
	// at is the offset behind what must have been read to know the token: of
	// a string the opening quote alone.
	at int
}

// lexer takes a JSON text apart. Errors of the language above it are located
// by how far it has read, and it reads no further than the services do: a name
// together with the beginning of its value, a string only when it is asked for.
type lexer struct {
	src    string
	pos    int
	at     int // where an error that is noticed now is located
	nest   []byte
	after  bool   // a value of the innermost array or object is behind us
	parked *token // the value behind a name
	err    *SyntaxError
}

// maxDepth is how deep a text may be nested.
const maxDepth = 1000

// next returns the next token, end when there is none or the text is no JSON.
func (l *lexer) next() token {
	if l.err != nil {
		return token{}
	}
	if t := l.parked; t != nil {
		l.parked = nil
		l.at = t.at
		return *t
	}
	t := l.read()
	l.at = max(t.at, l.at)
	return t
}

// string is the value of a string token. Reading it moves the place of errors
// behind it.
func (l *lexer) string(t token) string {
	if t.kind == text {
		l.at = t.at - 1 + len(t.raw)
	}
	return t.value
}

func (l *lexer) read() token {
	l.space()
	if l.pos == len(l.src) {
		return l.exhausted()
	}
	c := l.src[l.pos]
	if c == '}' || c == ']' {
		return l.close(c)
	}
	if len(l.nest) == 0 {
		return l.value()
	}
	object := l.nest[len(l.nest)-1] == '{'
	if l.after {
		if c != ',' {
			if object {
				return l.unexpected("was expecting comma to separate Object entries")
			}
			return l.unexpected("was expecting comma to separate Array entries")
		}
		l.pos++
		l.space()
	}
	if object {
		return l.name()
	}
	return l.value()
}

// name reads a name, its colon and the value behind it, which is parked.
func (l *lexer) name() token {
	if l.pos == len(l.src) {
		return l.exhausted()
	}
	if l.src[l.pos] != '"' {
		return l.unexpected("was expecting double-quote to start field name")
	}
	t := l.str()
	if l.err != nil {
		return token{}
	}
	l.space()
	if l.pos == len(l.src) {
		return l.exhausted()
	}
	if l.src[l.pos] != ':' {
		return l.unexpected("was expecting a colon to separate field name and value")
	}
	l.pos++
	l.space()
	l.after = false
	v := l.value()
	if l.err != nil {
		return token{}
	}
	l.parked = &v
	t.kind, t.at = name, v.at
	return t
}

func (l *lexer) value() token {
	if l.pos == len(l.src) {
		return l.exhausted()
	}
	switch c := l.src[l.pos]; {
	case c == '{' || c == '[':
		if len(l.nest) == maxDepth {
			return l.fail("Document nesting depth (%d) exceeds the maximum allowed (%d)", maxDepth+1, maxDepth)
		}
		l.nest = append(l.nest, c)
		l.pos++
		l.after = false
		return token{kind: kind(c), raw: string(c), value: string(c), at: l.pos}
	case c == '"':
		l.after = true
		return l.str()
	case c == '-' || '0' <= c && c <= '9':
		l.after = true
		return l.number()
	case isWord(c):
		l.after = true
		return l.literal()
	}
	return l.unexpected("expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')")
}

func (l *lexer) close(c byte) token {
	open := byte('{')
	if c == ']' {
		open = '['
	}
	if n := len(l.nest); n == 0 || l.nest[n-1] != open {
		return l.fail("Unexpected close marker '%c'", c)
	}
	l.nest = l.nest[:len(l.nest)-1]
	l.after = true
	l.pos++
	return token{kind: kind(c), raw: string(c), value: string(c), at: l.pos}
}

// str reads a string, of a value or of a name.
func (l *lexer) str() token {
	start := l.pos
	for l.pos++; l.pos < len(l.src); l.pos++ {
		switch c := l.src[l.pos]; {
		case c == '"':
			l.pos++
			raw := l.src[start:l.pos]
			value, ok := unquote(raw)
			if !ok {
				return l.fail("Unrecognized character escape in %s", raw)
			}
			return token{kind: text, raw: raw, value: value, at: start + 1}
		case c == '\\':
			l.pos++
		case c < ' ':
			return l.fail("Illegal unquoted character ((CTRL-CHAR, code %d)): has to be escaped using backslash to be included in string value", c)
		}
	}
	l.pos = len(l.src)
	return l.fail("Unexpected end-of-input: was expecting closing quote for a string value")
}

func (l *lexer) number() token {
	start := l.pos
	for l.pos < len(l.src) && (isWord(l.src[l.pos]) || strings.IndexByte("+-.", l.src[l.pos]) >= 0) {
		l.pos++
	}
	raw := l.src[start:l.pos]
	if !isNumber(raw) {
		return l.fail("Invalid numeric value: %s", raw)
	}
	return token{kind: number, raw: raw, value: raw, at: l.pos}
}

func (l *lexer) literal() token {
	start := l.pos
	for l.pos < len(l.src) && isWord(l.src[l.pos]) {
		l.pos++
	}
	raw := l.src[start:l.pos]
	if raw != "true" && raw != "false" && raw != "null" {
		return l.fail("Unrecognized token '%s': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", raw)
	}
	return token{kind: literal, raw: raw, value: raw, at: l.pos}
}

func (l *lexer) space() {
	for l.pos < len(l.src) && strings.IndexByte(" \t\r\n", l.src[l.pos]) >= 0 {
		l.pos++
	}
}

// exhausted is the end of the text, which is an error within brackets.
func (l *lexer) exhausted() token {
	if n := len(l.nest); n > 0 {
		of := "Object"
		if l.nest[n-1] == '[' {
			of = "Array"
		}
		return l.fail("Unexpected end-of-input: expected close marker for %s", of)
	}
	return token{at: l.pos}
}

func (l *lexer) unexpected(expected string) token {
	r, _ := utf8.DecodeRuneInString(l.src[l.pos:])
	return l.fail("Unexpected character ('%c' (code %d)): %s", r, r, expected)
}

// fail ends the reading with an error where the lexer stands.
func (l *lexer) fail(format string, args ...any) token {
	l.err = refuse(format, args...)
	l.err.Reason += "\n at " + place(l.src, l.pos)
	l.err.json = true
	return token{}
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '$' || c >= utf8.RuneSelf
}

// isNumber reports whether s is a number of JSON.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole := digits(s)
	if whole == 0 || whole > 1 && s[0] == '0' {
		return false
	}
	s = s[whole:]
	if rest, ok := strings.CutPrefix(s, "."); ok {
		n := digits(rest)
		if n == 0 {
			return false
		}
		s = rest[n:]
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		return s != "" && digits(s) == len(s)
	}
	return s == ""
}

// digits is how many digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// unquote decodes a JSON string with its quotes.
func unquote(raw string) (string, bool) {
	body := raw[1 : len(raw)-1]
	if strings.IndexByte(body, '\\') < 0 {
		return body, true
	}
	out := make([]byte, 0, len(body))
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			out = append(out, body[i])
			continue
		}
		i++
		if i == len(body) {
			return "", false
		}
		if at := strings.IndexByte(`"\/bfnrt`, body[i]); at >= 0 {
			out = append(out, "\"\\/\b\f\n\r\t"[at])
			continue
		}
		r, n, ok := unicodeEscape(body[i:])
		if !ok {
			return "", false
		}
		out = utf8.AppendRune(out, r)
		i += n - 1
	}
	return string(out), true
}

// unicodeEscape decodes the uXXXX, or the pair of them, that s begins with,
// and says how long it is. Half of a pair is the replacement character.
func unicodeEscape(s string) (r rune, n int, ok bool) {
	r, ok = hex4(s)
	if !ok {
		return 0, 0, false
	}
	if r < 0xd800 || r > 0xdfff {
		return r, 5, true
	}
	if r < 0xdc00 && len(s) > 5 && s[5] == '\\' {
		if low, ok := hex4(s[6:]); ok && 0xdc00 <= low && low <= 0xdfff {
			return (r-0xd800)<<10 + (low - 0xdc00) + 0x10000, 11, true
		}
	}
	return utf8.RuneError, 5, true
}

func hex4(s string) (rune, bool) {
	if len(s) < 5 || s[0] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[1:5], 16, 16)
	return rune(n), err == nil
}
