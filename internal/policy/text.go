package policy

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// The wildcards as they stand in a compiled pattern: bytes that no UTF-8 text
// contains. A * that is meant as itself, from ${*} or from the value of a
// variable, stays a *.
const (
	anyRun  = 0xFF // *
	anyChar = 0xFE // ?
)

// text is a string of a policy to compare with a string of a request: a
// pattern or a plain text, with or without variables.
type text struct {
	shape   shape
	pattern string // compiled, when there are no variables
	parts   []part // with variables
}

// shape is how much work a text is to match.
type shape uint8

const (
	exact    shape = iota
	anything       // *
	prefix         // abc*
	glob           // wildcards elsewhere
	template       // variables
)

// part is a piece of a text that has variables: a pattern, or the name of a
// condition key with the default that stands in when the key has no value.
type part struct {
	pattern    string
	key        string // lower case; "" for a pattern
	fallback   string
	hasDefault bool
}

// compileAction compiles an action for matchFold. Actions have no variables.
func compileAction(s string) text {
	return shaped(wildcards(strings.ToLower(s)))
}

// compileText compiles a string of a policy; wild says whether * and ? are
// wildcards in it, variables whether ${…} is replaced.
func compileText(s string, wild, variables bool) (text, error) {
	var parts []part
	var pattern strings.Builder
	for s != "" {
		if strings.HasPrefix(s, "${") && variables {
			p, rest, err := readVariable(s[2:])
			if err != nil {
				return text{}, err
			}
			s = rest
			if p.key == "" {
				pattern.WriteString(p.pattern)
				continue
			}
			parts = append(parts, part{pattern: pattern.String()}, p)
			pattern.Reset()
			continue
		}
		c := s[0]
		if wild {
			c = wildcard(c)
		}
		pattern.WriteByte(c)
		s = s[1:]
	}
	if parts == nil {
		return shaped(pattern.String()), nil
	}
	return text{shape: template, parts: append(parts, part{pattern: pattern.String()})}, nil
}

var errVariable = errors.New("malformed policy variable")

// readVariable reads what follows ${ : a key, a key and a default in quotes,
// or one of the characters that ${*}, ${?} and ${$} mean literally.
func readVariable(s string) (p part, rest string, err error) {
	end := strings.IndexAny(s, ",}")
	if end < 0 {
		return part{}, "", errVariable
	}
	name := strings.TrimSpace(s[:end])
	switch name {
	case "":
		return part{}, "", errVariable
	case "*", "?", "$":
		p.pattern = name
	default:
		p.key = strings.ToLower(name)
	}
	if s[end] == '}' {
		return p, s[end+1:], nil
	}
	s = strings.TrimLeft(s[end+1:], " ")
	if p.key == "" || !strings.HasPrefix(s, "'") {
		return part{}, "", errVariable
	}
	fallback, s, ok := strings.Cut(s[1:], "'")
	s, closed := strings.CutPrefix(strings.TrimLeft(s, " "), "}")
	if !ok || !closed {
		return part{}, "", errVariable
	}
	p.fallback, p.hasDefault = fallback, true
	return p, s, nil
}

func wildcard(c byte) byte {
	switch c {
	case '*':
		return anyRun
	case '?':
		return anyChar
	}
	return c
}

func wildcards(s string) string {
	b := []byte(s)
	for i, c := range b {
		b[i] = wildcard(c)
	}
	return string(b)
}

// shaped returns the text of a compiled pattern.
func shaped(pattern string) text {
	body, run := strings.CutSuffix(pattern, string([]byte{anyRun}))
	switch {
	case isPlain(pattern):
		return text{shape: exact, pattern: pattern}
	case run && body == "":
		return text{shape: anything, pattern: pattern}
	case run && isPlain(body):
		return text{shape: prefix, pattern: pattern}
	}
	return text{shape: glob, pattern: pattern}
}

// isPlain reports whether a compiled pattern has no wildcards.
func isPlain(pattern string) bool {
	for i := range len(pattern) {
		if pattern[i] >= anyChar {
			return false
		}
	}
	return true
}

// fixed reports whether the text names one value, and one only.
func (t *text) fixed() bool { return t.shape == exact }

// match reports whether s is what the text says. A variable without a value
// makes a text that says nothing.
func (t *text) match(s string, ctx Context) bool {
	switch t.shape {
	case exact:
		return t.pattern == s
	case anything:
		return true
	case prefix:
		return strings.HasPrefix(s, t.pattern[:len(t.pattern)-1])
	case glob:
		return matchGlob(t.pattern, s, false)
	}
	pattern, ok := t.expand(ctx)
	return ok && matchGlob(pattern, s, false)
}

// matchFold is match for a lower-case text without variables, whatever the
// case of s.
func (t *text) matchFold(s string) bool {
	switch t.shape {
	case anything:
		return true
	case exact:
		return len(t.pattern) == len(s) && hasPrefixFold(s, t.pattern)
	case prefix:
		return hasPrefixFold(s, t.pattern[:len(t.pattern)-1])
	}
	return matchGlob(t.pattern, s, true)
}

// expand returns the compiled pattern with the variables replaced. Values
// stand for themselves: a * in one is no wildcard.
func (t *text) expand(ctx Context) (string, bool) {
	if t.shape != template {
		return t.pattern, true
	}
	var b strings.Builder
	for i := range t.parts {
		p := &t.parts[i]
		if p.key == "" {
			b.WriteString(p.pattern)
			continue
		}
		value, ok := p.value(ctx)
		if !ok {
			return "", false
		}
		b.WriteString(value)
	}
	return b.String(), true
}

// value returns what stands for the variable. A key of several values has
// none to offer, nor has one that could be taken for wildcards.
func (p *part) value(ctx Context) (string, bool) {
	if values := ctx[p.key]; len(values) == 1 {
		return values[0], isPlain(values[0])
	} else if len(values) == 0 && p.hasDefault {
		return p.fallback, true
	}
	return "", false
}

// matchGlob reports whether the whole of s matches a compiled pattern. It
// tries again only from the last * it met, which is enough, so the work is
// bounded by the product of the two lengths.
func matchGlob(pattern, s string, fold bool) bool {
	p, i := 0, 0
	star, from := -1, 0
	for i < len(s) {
		if p < len(pattern) {
			switch c := pattern[p]; {
			case c == anyRun:
				star, from = p, i
				p++
				continue
			case c == anyChar:
				_, width := utf8.DecodeRuneInString(s[i:])
				i += width
				p++
				continue
			case c == s[i] || fold && c == lower(s[i]):
				i++
				p++
				continue
			}
		}
		if star < 0 {
			return false
		}
		_, width := utf8.DecodeRuneInString(s[from:])
		from += width
		p, i = star+1, from
	}
	for p < len(pattern) && pattern[p] == anyRun {
		p++
	}
	return p == len(pattern)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// hasPrefixFold reports whether s begins with a lower-case prefix, whatever
// the case of s.
func hasPrefixFold(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if lower(s[i]) != prefix[i] {
			return false
		}
	}
	return true
}
