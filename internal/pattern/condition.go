package pattern

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

// value is a leaf of an event.
type value struct {
	kind kind   // text, number or literal
	text string // decoded; numbers and literals as they are written
	n    int64  // of a number that is compared by value
	byN  bool
}

// leafValue makes a value of one that is written in JSON.
func leafValue(raw string) value {
	switch c := raw[0]; {
	case c == '"':
		s, _ := unquote(raw)
		return value{kind: text, text: s}
	case c == '-' || '0' <= c && c <= '9':
		n, problem := inMillionths(raw)
		return value{kind: number, text: raw, n: n, byN: problem == ""}
	}
	return value{kind: literal, text: raw}
}

// condition is one element of a list in a pattern.
type condition interface{ holds(v *value) bool }

// leaf is the list of a field: what its value may be.
type leaf struct {
	strings    map[string]struct{}
	conditions []condition
	absent     bool // or it may have none
}

func (l *leaf) holds(v *value) bool {
	if v.kind == text {
		if _, ok := l.strings[v.text]; ok {
			return true
		}
	}
	for _, c := range l.conditions {
		if c.holds(v) {
			return true
		}
	}
	return false
}

// addString lets the field be a string. An address may be written otherwise.
func (l *leaf) addString(s string) {
	if l.strings == nil {
		l.strings = map[string]struct{}{}
	}
	l.strings[s] = struct{}{}
	if ip, ok := address(s); ok {
		l.conditions = append(l.conditions, addresses{ip, ip})
	}
}

type same struct {
	kind kind
	text string
}

func (c same) holds(v *value) bool { return v.kind == c.kind && v.text == c.text }

type present struct{}

func (present) holds(*value) bool { return true }

// between is a range of numbers, both ends included.
type between struct{ low, high int64 }

func (c between) holds(v *value) bool {
	return v.kind == number && v.byN && c.low <= v.n && v.n <= c.high
}

type prefix struct {
	text string
	fold bool // in upper or lower case
}

func (c prefix) holds(v *value) bool {
	if v.kind != text {
		return false
	}
	if !c.fold {
		return strings.HasPrefix(v.text, c.text)
	}
	n := 0
	for range c.text {
		_, size := utf8.DecodeRuneInString(v.text[n:])
		n += size
	}
	return strings.EqualFold(v.text[:n], c.text)
}

type suffix struct {
	text string
	fold bool
}

func (c suffix) holds(v *value) bool {
	if v.kind != text {
		return false
	}
	if !c.fold {
		return strings.HasSuffix(v.text, c.text)
	}
	n := len(v.text)
	for range c.text {
		_, size := utf8.DecodeLastRuneInString(v.text[:n])
		n -= size
	}
	return strings.EqualFold(v.text[n:], c.text)
}

type folded string

func (c folded) holds(v *value) bool { return v.kind == text && strings.EqualFold(v.text, string(c)) }

// anythingBut is any value that is none of these.
type anythingBut []condition

func (c anythingBut) holds(v *value) bool {
	for _, but := range c {
		if but.holds(v) {
			return false
		}
	}
	return true
}

// addresses is a range of IP addresses.
type addresses struct{ low, high netip.Addr }

func (c addresses) holds(v *value) bool {
	if v.kind != text {
		return false
	}
	ip, ok := address(v.text)
	return ok && ip.BitLen() == c.low.BitLen() && ip.Compare(c.low) >= 0 && ip.Compare(c.high) <= 0
}
