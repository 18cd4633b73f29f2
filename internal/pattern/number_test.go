package pattern

import (
	"math/big"
	"strings"
	"testing"
)

func checkNumber(t *testing.T, s string) {
	if !isNumber(s) || len(s) > 40 {
		return
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 && len(s)-i > 4 {
		return // too large for the reference
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("%s is no number", s)
	}
	r.Mul(r, big.NewRat(millionths, 1))
	inRange := new(big.Rat).Abs(r).Cmp(big.NewRat(limit, 1)) <= 0
	n, problem := inMillionths(s)
	switch {
	case problem == "" && (!r.IsInt() || !inRange || r.Num().Int64() != n):
		t.Fatalf("%s: %d", s, n)
	case problem != "" && r.IsInt() && inRange:
		t.Fatalf("%s: %s", s, problem)
	}
}
