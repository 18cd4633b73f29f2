package wire

import (
	"math"
	"regexp"
	"strconv"
	"sync"
	"unicode/utf16"
)

// Rule is what the model demands of a value.
type Rule struct {
	Size    *Range // length in characters, number of items, or the number itself
	Pattern *Pattern
	Enum    []string
}

// Range is inclusive at both ends.
type Range struct{ Min, Max int64 }

// The open ends of a Range.
const (
	NoMin = math.MinInt64
	NoMax = math.MaxInt64
)

// Pattern is a regular expression that a whole string must match. It is
// compiled when it is first used.
type Pattern struct {
	Source string // in the model's dialect, as error messages print it
	RE2    string // what is compiled, where Source needs more than RE2 has
	once   sync.Once
	re     *regexp.Regexp
}

// Match reports whether all of s matches.
func (p *Pattern) Match(s string) bool {
	p.once.Do(func() {
		re := p.RE2
		if re == "" {
			re = translate(p.Source)
		}
		p.re = regexp.MustCompile(`\A(?:` + re + `)\z`)
	})
	return p.re.MatchString(s)
}

// translate rewrites the \uXXXX escapes of the model's dialect, surrogate
// pairs among them, as RE2 knows them. A surrogate that has no partner stands
// for no character of valid UTF-8; it becomes the replacement character.
func translate(source string) string {
	var b []byte
	src := []byte(source)
	for i := 0; i < len(src); {
		r, ok := hexUnit(src[i:])
		switch {
		case ok:
			i += len(`\uXXXX`)
			if low, ok := hexUnit(src[i:]); ok && utf16.IsSurrogate(r) {
				r = utf16.DecodeRune(r, low)
				i += len(`\uXXXX`)
			}
			if utf16.IsSurrogate(r) {
				r = '\uFFFD'
			}
			b = append(b, `\x{`+strconv.FormatInt(int64(r), 16)+`}`...)
		case src[i] == '\\' && i+1 < len(src):
			b = append(b, src[i:i+2]...)
			i += 2
		default:
			b = append(b, src[i])
			i++
		}
	}
	return string(b)
}
