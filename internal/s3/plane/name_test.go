package plane

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNames(t *testing.T) {
	for _, tt := range []struct{ key, name string }{
		{"a", "a#"},
		{"a/b", "a/b#"},
		{"a/", "a/#"},
		{"/", "0!/#"},
		{"", "#"},
		{"x//y", "x/0!/y#"},
		{"./a/../b", ".0!/a/..0!/b#"},
		{"..", "..#"},
		{".sgwtmp/x", ".sgwtmp0!/x#"},
		{"meta/etag", "meta0!/etag#"},
		{"two words", "two$Pwords#"},
		{"$1#\"!", "$T1$S$R$Q#"},
		{"\uFFFE", "\uFFFD1#"},
		{strings.Repeat("l", 220), strings.Repeat("l", 220) + "#"},
		{strings.Repeat("l", 221), strings.Repeat("l", 220) + "0/l#"},
		{strings.Repeat("l", 220) + "-", strings.Repeat("l", 220) + "%/-#"},
		{strings.Repeat("l", 219) + " ", strings.Repeat("l", 219) + "$/$P#"},
		{strings.Repeat("l", 219) + "é", strings.Repeat("l", 219) + "\U0010FFFD/é#"},
		{strings.Repeat("l", 220) + "/x", strings.Repeat("l", 220) + "/x#"},
	} {
		if got := nameOf(tt.key); got != tt.name {
			t.Errorf("nameOf(%q) = %q, want %q", tt.key, got, tt.name)
		}
		if key, version, ok := keyOf(tt.name); !ok || key != tt.key || version != "" {
			t.Errorf("keyOf(%q) = %q, %q, %v", tt.name, key, version, ok)
		}
	}
}

func TestNoNames(t *testing.T) {
	for _, name := range []string{
		"", "a", "a/b", ".a#.sgwtmp.1700000000000000000", "a//b#", "./b#", "a$#", "a$z#", `a"/x`, `a"/`, "a b#",
		strings.Repeat("l", 221) + "#", strings.Repeat("l", 220) + "z/l#", "\xff#", ".sgwtmp/x#",
	} {
		if key, version, ok := keyOf(name); ok {
			t.Errorf("keyOf(%q) = %q, %q; want none", name, key, version)
		}
	}
}

// checkNames tells what is wrong with the names of two keys.
func checkNames(t *testing.T, a, b string) {
	t.Helper()
	v := newVersion(false)
	for _, key := range []string{a, b} {
		if got, version, ok := keyOf(nameOf(key)); !ok || got != key || version != "" {
			t.Fatalf("key %q became %q, %v by %q", key, got, ok, nameOf(key))
		}
		if got, version, ok := keyOf(nameOfVersion(key, v)); !ok || got != key || version != v {
			t.Fatalf("version of %q became %q, %q, %v by %q", key, got, version, ok, nameOfVersion(key, v))
		}
		checkPath(t, nameOf(key))
		checkPath(t, nameOfVersion(key, v))
	}
	if a != b {
		for _, x := range []string{nameOf(a), nameOfVersion(a, v)} {
			for _, y := range []string{nameOf(b), nameOfVersion(b, v)} {
				if (a < b) != (x < y) {
					t.Fatalf("%q < %q is %v, but %q < %q is %v", a, b, a < b, x, y, x < y)
				}
			}
		}
	}
	for _, name := range []string{nameOf(b), nameOfVersion(b, v)} {
		if got := strings.HasPrefix(name, prefixOf(a)) && name > floorOf(a); got != strings.HasPrefix(b, a) {
			t.Fatalf("%q has the prefix %q: %v; but %q, %q: %v", b, a, !got, name, prefixOf(a), got)
		}
	}
}

// checkPath fails when a file system would not take the name as it is.
func checkPath(t *testing.T, name string) {
	t.Helper()
	for _, c := range strings.Split(name, "/") {
		if reserved(c) || len(c) > 255-28 {
			t.Fatalf("%q has the component %q", name, c)
		}
	}
}

func TestRandomNames(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 30_000 {
		a := randomKey(r)
		b := randomKey(r)
		if r.IntN(2) == 0 { // near neighbours
			b = a[:r.IntN(len(a)+1)]
			for !utf8.ValidString(b) {
				b = b[:len(b)-1]
			}
			b += randomKey(r)
		}
		checkNames(t, a, b)
	}
}

// randomKey draws keys that come close to one another and to every rule.
func randomKey(r *rand.Rand) string {
	pieces := []string{
		"a", "b", "ab", "/", "/", "//", ".", "..", "-", "0", "!", "\"", "#", "$", "%", "&", " ", "\x00", "\x1f", "~", "\x7f",
		"é", "ह", "😀", "\uFFFC", "\uFFFD", "\uFFFE", "\uFFFF", "\U00010000", "\U0010FFFD", "\U0010FFFF", "meta", ".sgwtmp", "0!",
		strings.Repeat("x", 216), strings.Repeat("x", 217), strings.Repeat("x", 218), strings.Repeat("x", 219), strings.Repeat("x", 220),
	}
	var b strings.Builder
	for range 1 + r.IntN(5) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

func FuzzNames(f *testing.F) {
	f.Add("a", "a/b")
	f.Add("x//y", "x/0")
	f.Add(strings.Repeat("l", 219)+"é", strings.Repeat("l", 221))
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			t.Skip()
		}
		checkNames(t, a, b)
	})
}

func FuzzKeyOf(f *testing.F) {
	f.Add("a/0!/b#")
	f.Add(`a"/` + newVersion(true))
	f.Fuzz(func(t *testing.T, name string) {
		key, version, ok := keyOf(name)
		if !ok {
			return
		}
		back := nameOf(key)
		if version != "" {
			back = nameOfVersion(key, version)
		}
		if back != name {
			t.Fatalf("%q is read as %q, %q, which is written as %q", name, key, version, back)
		}
	})
}
