package jsonscan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may nest.
const MaxDepth = 10000

// Space returns the index of the first byte at or behind i that is no white
// space.
func Space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// String reads the string whose opening quote is b[i]. The text of the string
// is b[i+1:end-1]; escaped says that it needs [Unescape].
func String(b []byte, i int) (end int, escaped bool) {
	for i++; ; i++ {
		if i = special(b, i); i >= len(b) {
			return -1, false
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, escaped
		case c == '\\':
			escaped = true
			if i = escape(b, i+1); i < 0 {
				return -1, false
			}
		case c < 0x20:
			return -1, false
		}
	}
}

// special returns the index of the next byte that ends a run of plain
// characters: a quote, a backslash or a control character.
func special(b []byte, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		// In each term the lowest bit set belongs to a byte that is meant;
		// higher ones may be borrowed.
		found := ((quote-ones)&^quote | (slash-ones)&^slash | (w-ones*0x20)&^w) & highs
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
		i++
	}
	return i
}

// escape returns the index of the last byte of the escape whose letter is
// b[i].
func escape(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i
	case 'u':
		if _, ok := hex4(b, i+1); ok {
			return i + 4
		}
	}
	return -1
}

func hex4(b []byte, i int) (rune, bool) {
	if i+4 > len(b) {
		return 0, false
	}
	var r rune
	for _, c := range b[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// Number reads the number that starts at b[i].
func Number(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	default:
		if i = digits(b, i); i < 0 {
			return -1
		}
	}
	if i < len(b) && b[i] == '.' {
		if i = digits(b, i+1); i < 0 {
			return -1
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return digits(b, i)
	}
	return i
}

func digits(b []byte, i int) int {
	start := i
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

// Literal reads true, false or null at b[i].
func Literal(b []byte, i int) int {
	for _, word := range [...]string{"true", "false", "null"} {
		if len(b)-i >= len(word) && string(b[i:i+len(word)]) == word {
			return i + len(word)
		}
	}
	return -1
}

// Skip reads the value that starts at b[i], whatever it is. Depth is the
// number of arrays and objects around it.
func Skip(b []byte, i, depth int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		end, _ := String(b, i)
		return end
	case '{', '[':
		return skipNested(b, i, depth+1)
	case 't', 'f', 'n':
		return Literal(b, i)
	}
	return Number(b, i)
}

func skipNested(b []byte, i, depth int) int {
	if depth > MaxDepth {
		return -1
	}
	bracket, done := b[i], false
	for first := true; ; first = false {
		if i, done = Next(b, i, bracket, first); i < 0 || done {
			return i
		}
		if bracket == '{' {
			if _, _, i = Name(b, i); i < 0 {
				return -1
			}
		}
		if i = Skip(b, i, depth); i < 0 {
			return -1
		}
	}
}

// Next goes on to the next member of an object or element of an array, which
// bracket, the one that opened it, tells apart. Index i is that of the bracket
// if it is the first, or else behind the previous one. Next returns the index
// where the member or element starts, or done and the index behind the closing
// bracket.
func Next(b []byte, i int, bracket byte, first bool) (next int, done bool) {
	closing := bracket + 2 // so it is in ASCII
	if first {
		if i = Space(b, i+1); i < len(b) && b[i] == closing {
			return i + 1, true
		}
		return i, false
	}
	if i = Space(b, i); i >= len(b) {
		return -1, false
	}
	switch b[i] {
	case ',':
		return Space(b, i+1), false
	case closing:
		return i + 1, true
	}
	return -1, false
}

// Name reads a member's name at b[i] and the colon behind it. It returns the
// name, which needs [Unescape] if it is escaped, and the index where the value
// starts.
func Name(b []byte, i int) (name []byte, escaped bool, value int) {
	if i >= len(b) || b[i] != '"' {
		return nil, false, -1
	}
	end, escaped := String(b, i)
	if end < 0 {
		return nil, false, -1
	}
	colon := Space(b, end)
	if colon >= len(b) || b[colon] != ':' {
		return nil, false, -1
	}
	return b[i+1 : end-1], escaped, Space(b, colon+1)
}

// Unescape appends the text of a string without its quotes to dst, its
// escapes replaced. Half a surrogate pair becomes U+FFFD. The string must be
// one that [String] accepts.
func Unescape(dst, s []byte) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, size := unicodeEscape(s, i+1)
			dst = utf8.AppendRune(dst, r)
			i += size
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// unicodeEscape decodes the digits behind a \u, and the second half of a
// surrogate pair if it follows.
func unicodeEscape(s []byte, i int) (r rune, size int) {
	r, _ = hex4(s, i)
	if !utf16.IsSurrogate(r) {
		return r, 4
	}
	if i+6 <= len(s) && s[i+4] == '\\' && s[i+5] == 'u' {
		if low, ok := hex4(s, i+6); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, 10
			}
		}
	}
	return utf8.RuneError, 4
}
