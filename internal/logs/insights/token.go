package insights

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind byte

const (
	endToken    tokenKind = iota
	nameToken             // field or keyword
	quotedToken           // a name with backquotes: never a keyword
	numberToken
	stringToken
	signToken
)

// token is a word of a query. Text is what it says: without quotes, escapes
// replaced.
type token struct {
	kind       tokenKind
	text       string
	start, end int
}

// signs are the operators and punctuation, longer ones first.
var signs = []string{"!=", "<=", ">=", "=~", "=", "<", ">", "+", "-", "*", "/", "%", "^", "(", ")", "[", "]", ",", "|", ":"}

// advance reads the next token into p.next.
func (p *parser) advance() error {
	p.last = p.next.end
	start := p.skipSpace(p.next.end)
	t := token{start: start, end: start}
	if start < len(p.text) {
		var err error
		if t, err = p.scan(start); err != nil {
			return err
		}
	}
	p.next = t
	return nil
}

// skipSpace returns the index behind white space and comments.
func (p *parser) skipSpace(i int) int {
	for i < len(p.text) {
		r, size := utf8.DecodeRuneInString(p.text[i:])
		if r == '#' {
			if size = strings.IndexByte(p.text[i:], '\n'); size < 0 {
				return len(p.text)
			}
		} else if !unicode.IsSpace(r) {
			break
		}
		i += size
	}
	return i
}

func (p *parser) scan(start int) (token, error) {
	switch c := p.text[start]; {
	case c == '"' || c == '\'':
		return p.scanString(start)
	case c >= '0' && c <= '9':
		return p.scanNumber(start), nil
	}
	for _, s := range signs {
		if strings.HasPrefix(p.text[start:], s) {
			return token{signToken, s, start, start + len(s)}, nil
		}
	}
	return p.scanName(start)
}

// scanName reads a field's name. Parts of it may be in backquotes.
func (p *parser) scanName(start int) (token, error) {
	t := token{kind: nameToken, start: start}
	var name strings.Builder
	i := start
	for i < len(p.text) {
		r, size := utf8.DecodeRuneInString(p.text[i:])
		if r == '`' {
			length := strings.IndexByte(p.text[i+1:], '`')
			if length < 0 {
				return t, p.failAt(i, len(p.text), "the backquote is not closed")
			}
			name.WriteString(p.text[i+1 : i+1+length])
			t.kind = quotedToken
			i += length + 2
			continue
		}
		if !isNameRune(r) {
			break
		}
		name.WriteRune(r)
		i += size
	}
	if t.end, t.text = i, name.String(); i == start {
		_, size := utf8.DecodeRuneInString(p.text[i:])
		p.next = token{signToken, "", start, start + size}
		return t, p.unexpected()
	}
	return t, nil
}

func isNameRune(r rune) bool {
	return r == '@' || r == '.' || r == '_' || r == '$' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// scanNumber reads digits, a fraction and an exponent. A unit that follows is
// the next token.
func (p *parser) scanNumber(start int) token {
	i := start
	digits := func() {
		for i < len(p.text) && p.text[i] >= '0' && p.text[i] <= '9' {
			i++
		}
	}
	digits()
	if i+1 < len(p.text) && p.text[i] == '.' && isDigit(p.text[i+1]) {
		i++
		digits()
	}
	if e := i + 1; i < len(p.text) && p.text[i]|0x20 == 'e' {
		if e < len(p.text) && (p.text[e] == '+' || p.text[e] == '-') {
			e++
		}
		if e < len(p.text) && isDigit(p.text[e]) {
			i = e
			digits()
		}
	}
	return token{numberToken, p.text[start:i], start, i}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// scanString reads a text in quotes. A backslash takes a quote or another
// backslash as it is; before anything else it stands for itself.
func (p *parser) scanString(start int) (token, error) {
	quote := p.text[start]
	var text strings.Builder
	for i := start + 1; i < len(p.text); i++ {
		c := p.text[i]
		switch {
		case c == quote:
			return token{stringToken, text.String(), start, i + 1}, nil
		case c == '\\' && i+1 < len(p.text) && strings.IndexByte(`"'\`, p.text[i+1]) >= 0:
			i++
			c = p.text[i]
		}
		text.WriteByte(c)
	}
	return token{}, p.failAt(start, len(p.text), "the quote is not closed")
}

// regexToken reads a regular expression, whose first slash is the next token.
func (p *parser) regexToken() (token, error) {
	start := p.next.start
	var text strings.Builder
	for i := start + 1; i < len(p.text); i++ {
		c := p.text[i]
		switch {
		case c == '/':
			t := token{stringToken, text.String(), start, i + 1}
			p.next.end = i + 1
			return t, p.advance()
		case c == '\\' && i+1 < len(p.text):
			if i++; p.text[i] != '/' {
				text.WriteByte(c)
			}
			c = p.text[i]
		}
		text.WriteByte(c)
	}
	return token{}, p.failAt(start, len(p.text), "the regular expression is not closed")
}
