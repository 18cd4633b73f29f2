package policy

import (
	"encoding/base64"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// operand is a value of a condition, made ready for its operator. A value
// that is not of the operator's type is no error: it is equal to nothing.
type operand struct {
	text    text
	number  float64
	date    time.Time
	network netip.Prefix
	bytes   string
	valid   bool // of number, date, network and bytes
}

func plainText(value string, variables bool) (o operand, err error) {
	o.text, err = compileText(value, false, variables)
	return o, err
}

func wildText(value string, variables bool) (o operand, err error) {
	o.text, err = compileText(value, true, variables)
	return o, err
}

func testText(o *operand, value string, ctx Context) bool { return o.text.match(value, ctx) }

func testFold(o *operand, value string, ctx Context) bool {
	want, ok := o.text.expand(ctx)
	return ok && strings.EqualFold(want, value)
}

func number(value string, _ bool) (o operand, err error) {
	o.number, o.valid = parseNumber(value)
	return o, nil
}

// parseNumber reads a decimal number. The spellings that only programming
// languages know (0x10, Inf, 1_000) are none.
func parseNumber(s string) (float64, bool) {
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && !math.IsInf(n, 0)
}

func date(value string, _ bool) (o operand, err error) {
	o.date, o.valid = parseDate(value)
	return o, nil
}

// dateLayouts are the forms of ISO 8601 that the W3C's note on dates lists,
// and those without a time zone, which is UTC then. A year alone is not: four
// digits are seconds.
var dateLayouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02", "2006-01",
}

// parseDate reads a date, or the seconds since 1970.
func parseDate(s string) (time.Time, bool) {
	if seconds, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(seconds, 0), true
	}
	if seconds, ok := parseNumber(s); ok && math.Abs(seconds) < math.MaxInt64/2 {
		whole, fraction := math.Modf(seconds)
		return time.Unix(int64(whole), int64(fraction*1e9)), true
	}
	s = strings.ToUpper(s)
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func network(value string, _ bool) (o operand, err error) {
	o.network, o.valid = parseNetwork(value)
	return o, nil
}

// parseNetwork reads a range in CIDR notation, or a single address.
func parseNetwork(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

func testNetwork(o *operand, value string, _ Context) bool {
	a, err := netip.ParseAddr(value)
	return o.valid && err == nil && (o.network.Contains(a) || o.network.Contains(a.Unmap()))
}

func binary(value string, _ bool) (o operand, err error) {
	o.bytes, o.valid = parseBinary(value)
	return o, nil
}

func parseBinary(s string) (string, bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	return string(b), err == nil
}

// testBinary compares bytes; the request's are in base64 as the policy's are.
func testBinary(o *operand, value string, _ Context) bool {
	b, ok := parseBinary(value)
	return ok && o.valid && o.bytes == b
}

// testARN compares the six parts of two ARNs one by one, so that a * does not
// reach over a colon. Only in the last part may colons stand.
func testARN(o *operand, value string, ctx Context) bool {
	pattern, ok := o.text.expand(ctx)
	if !ok {
		return false
	}
	if pattern == string([]byte{anyRun}) {
		return true
	}
	for range 5 {
		want, restWant, ok1 := strings.Cut(pattern, ":")
		have, restHave, ok2 := strings.Cut(value, ":")
		if !ok1 || !ok2 || !matchGlob(want, have, false) {
			return false
		}
		pattern, value = restWant, restHave
	}
	return matchGlob(pattern, value, false)
}

// The comparisons of ordered values, given how the request's value compares
// with the operand.
func equal(c int) bool          { return c == 0 }
func less(c int) bool           { return c < 0 }
func lessOrEqual(c int) bool    { return c <= 0 }
func greater(c int) bool        { return c > 0 }
func greaterOrEqual(c int) bool { return c >= 0 }

func compareNumber(want func(int) bool) func(*operand, string, Context) bool {
	return func(o *operand, value string, _ Context) bool {
		n, ok := parseNumber(value)
		if !ok || !o.valid {
			return false
		}
		switch {
		case n < o.number:
			return want(-1)
		case n > o.number:
			return want(1)
		}
		return want(0)
	}
}

func compareDate(want func(int) bool) func(*operand, string, Context) bool {
	return func(o *operand, value string, _ Context) bool {
		t, ok := parseDate(value)
		return ok && o.valid && want(t.Compare(o.date))
	}
}
