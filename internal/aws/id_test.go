package aws

import (
	"regexp"
	"testing"
)

// TestIDs: every kind of id has its form, and no two are alike.
func TestIDs(t *testing.T) {
	for form, id := range map[string]func() string{
		`^AIDA[A-Z2-7]{17}$`:            func() string { return UniqueID("AIDA") },
		`^AKIA[A-Z2-7]{16}$`:            func() string { return UniqueID("AKIA") },
		`^ASIA[A-Z2-7]{16}$`:            func() string { return UniqueID("ASIA") },
		`^[A-Za-z0-9+/]{40}$`:           SecretKey,
		`^o-[a-z0-9]{10}$`:              func() string { return LowerID("o-", 10) },
		`^[1-9][0-9]{11}$`:              NewAccountID,
		`^[A-Za-z0-9]{16}$`:             FileSuffix,
		`^[0-9a-f]{8}(-[0-9a-f]{4}){3}`: UUID,
		`^[0-9a-f]{8}-[0-9a-f]{4}-7`:    EventID,
	} {
		matches, seen := regexp.MustCompile(form).MatchString, make(map[string]bool)
		for range 1000 {
			s := id()
			if !matches(s) || seen[s] {
				t.Errorf("%s: %q", form, s)
			}
			seen[s] = true
		}
	}
}

// TestRandom: the characters of an alphabet are drawn evenly.
func TestRandom(t *testing.T) {
	const alphabet, n = "0123456789abcdefghijklmnopqrstuvwxyz", 360_000
	counts := make(map[rune]int)
	for _, c := range random(n, alphabet) {
		counts[c]++
	}
	for _, c := range alphabet {
		if got := counts[c]; got < 9_400 || got > 10_600 { // six deviations
			t.Errorf("%c: %d of %d", c, got, n)
		}
	}
}
