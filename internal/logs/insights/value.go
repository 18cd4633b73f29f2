package insights

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"time"
)

type kind byte

const (
	null kind = iota
	text
	number
	truth
	instant // milliseconds since 1970
)

// value is what a field of a row is. The text of a number is how the document
// writes it, "" if it was computed. Texts of an event point into its message
// and are good until the next one; keep makes them last.
type value struct {
	kind kind
	num  float64
	text string
}

func textOf(s string) value                { return value{kind: text, text: s} }
func numberOf(n float64) value             { return value{kind: number, num: n} }
func instantOf(milliseconds float64) value { return value{kind: instant, num: milliseconds} }

func timeOf(t time.Time) value { return instantOf(float64(t.UnixMilli())) }

func truthOf(b bool) value {
	if b {
		return value{kind: truth, num: 1}
	}
	return value{kind: truth}
}

// keep returns the value with a text of its own.
func (v value) keep() value {
	v.text = strings.Clone(v.text)
	return v
}

// String is how results show a value.
func (v value) String() string {
	switch v.kind {
	case text:
		return v.text
	case number, truth:
		if v.text != "" {
			return v.text
		}
		return strconv.FormatFloat(v.num, 'f', -1, 64)
	case instant:
		return time.UnixMilli(int64(v.num)).UTC().Format("2006-01-02 15:04:05.000")
	}
	return ""
}

// number returns the value as a number; a text that reads as one is.
func (v value) number() (float64, bool) {
	switch v.kind {
	case number, truth, instant:
		return v.num, true
	case text:
		return parseNumber(v.text)
	}
	return 0, false
}

// parseNumber reads a decimal number, without what else Go calls one.
func parseNumber(s string) (float64, bool) {
	if s == "" || len(s) > 40 {
		return 0, false
	}
	for i := range len(s) {
		if c := s[i]; !isDigit(c) && c != '.' && c != '-' && c != '+' && c|0x20 != 'e' {
			return 0, false
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && !math.IsInf(n, 0)
}

func (v value) holds() bool { return (v.kind == truth || v.kind == number) && v.num != 0 }

// equal compares by number if one of both is none but a text that reads as
// one, otherwise by text. Nothing equals null.
func (v value) equal(w value) bool {
	if v.kind == null || w.kind == null {
		return false
	}
	if v.kind == text && w.kind == text {
		return v.text == w.text
	}
	if v.kind == text {
		v, w = w, v
	}
	if v.kind == truth && w.kind == text {
		if b, err := strconv.ParseBool(w.text); err == nil {
			return b == (v.num != 0)
		}
	}
	if n, ok := w.number(); ok {
		return v.num == n
	}
	return v.String() == w.text
}

// less orders two values for the operators; ok is false if they have no order.
func (v value) less(w value) (less, ok bool) {
	a, aok := v.number()
	b, bok := w.number()
	switch {
	case aok && bok:
		return a < b, true
	case v.kind == text && w.kind == text:
		return v.text < w.text, true
	}
	return false, false
}

// order is the order of sort: texts before numbers, null behind everything.
func (v value) order(w value) int {
	if v.kind == null || w.kind == null {
		return cmp.Compare(b2i(v.kind == null), b2i(w.kind == null))
	}
	a, aok := v.number()
	b, bok := w.number()
	switch {
	case aok && bok:
		return cmp.Compare(a, b)
	case aok != bok:
		return cmp.Compare(b2i(aok), b2i(bok))
	}
	return naturalOrder(v.String(), w.String())
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// naturalOrder compares texts in which digits count as numbers: file9 comes
// before file10. Everything else is in the order of Unicode.
func naturalOrder(a, b string) int {
	for a != "" && b != "" {
		n, m := digitsOf(a), digitsOf(b)
		if n > 0 && m > 0 {
			x, y := strings.TrimLeft(a[:n], "0"), strings.TrimLeft(b[:m], "0")
			if c := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y), cmp.Compare(n, m)); c != 0 {
				return c
			}
			a, b = a[n:], b[m:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digitsOf(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}
