package pattern

import (
	"math"
	"strconv"
	"strings"
)

// The numbers that are compared by value.
const (
	decimals   = 6
	millionths = 1_000_000
	limit      = 5_000_000_000 * millionths
)

// value of a number in millionths. It is exact; a number that is out of range
// or has more decimals has none, and says why.
func inMillionths(s string) (n int64, problem string) {
	tooManyDecimals := "Only values upto 6 decimals are supported"
	outOfRange := "Value must be between -5.0E9 and 5.0E9, inclusive"

	mantissa, exponent := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa = s[:i]
		var err error
		if exponent, err = strconv.Atoi(s[i+1:]); err != nil {
			exponent = math.MaxInt32
			if s[i+1] == '-' {
				exponent = math.MinInt32
			}
		}
	}
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	fraction = strings.TrimRight(fraction, "0")
	figures := strings.TrimLeft(whole+fraction, "0")
	exponent += decimals - len(fraction)
	if trimmed := strings.TrimRight(figures, "0"); exponent < 0 {
		exponent += len(figures) - len(trimmed)
		figures = trimmed
	}
	switch {
	case figures == "":
		return 0, ""
	case exponent < 0:
		// Zeros that were trimmed count towards the exponent; what is still
		// below a millionth has too many decimals.
		return 0, tooManyDecimals
	case len(figures)+exponent > 16:
		return 0, outOfRange
	}
	n, err := strconv.ParseInt(figures+strings.Repeat("0", exponent), 10, 64)
	if err != nil || n > limit {
		return 0, outOfRange
	}
	if negative {
		n = -n
	}
	return n, ""
}
