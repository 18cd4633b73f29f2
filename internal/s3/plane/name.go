package plane

import (
	"strings"
	"unicode/utf8"
)

// The store below keeps an object in a file whose path is its name. A key is
// any text; a path is not: a file cannot also be a directory, and a component
// has a length, is not empty, not "." and not "..". So every key is written as
// a name that is a fit path, in such a way that names sort as their keys do:
// the store's listings then are listings of keys.
//
//   - A file name ends with endOfKey, which no directory does: "a" and "a/b"
//     are the file "a#" and the file "b#" in the directory "a". The versions of
//     a key are files in a directory that ends with versionsOf: `a"/…`.
//   - The characters up to the escape are written as the escape and one letter.
//     Thus nothing in a key sorts below the two endings, as nothing sorts below
//     the end of a key. Noncharacters, which XML cannot carry, have an escape
//     of their own.
//   - A segment too long for a component is continued in a directory. The mark
//     at the end of the first part says whether what follows sorts below or
//     above "/", so that the parts sort among segments that were not split.
//   - A segment that is no component ("", ".", "..", the store's own names)
//     gets a suffix that sorts exactly where its "/" would.
const (
	versionsOf = `"`
	endOfKey   = "#"
	escape     = '$'
	// The escape of the character c is '$' and c+escapeBase: '0' to 'T'.
	escapeBase = '0'
	// U+FFFD to U+FFFF become U+FFFD and '0' to '2'.
	nonCharEscape = '\uFFFD'

	// componentSize bounds what one component holds of a segment, in bytes.
	// A mark and the store's temporary names, which add 28 bytes, stay within
	// the 255 bytes of file systems.
	componentSize = 220

	// Marks of a continued component, by what comes next: an escape, a
	// character below "/", a character above it, one beyond ASCII.
	markEscape = '$'
	markBelow  = '%'
	markAbove  = '0'
	markWide   = '\U0010FFFD'

	// asSlash is appended to directories that need another name. "0" is the
	// character after "/" and "!" sorts below whatever may follow a "0".
	asSlash = "0!"

	// last sorts above everything that may follow a prefix.
	last = "\xff"

	maxKeySize = 1024
)

// reserved are the names that cannot be directories of keys: the first three
// are no names, the others are the store's.
func reserved(segment string) bool {
	switch segment {
	case "", ".", "..", ".sgwtmp", "meta":
		return true
	}
	return false
}

// nameOf is the name of a key that has one version.
func nameOf(key string) string { return stem(key) + endOfKey }

// nameOfVersion is the name of one of the versions of a key.
func nameOfVersion(key, version string) string { return stem(key) + versionsOf + "/" + version }

// stem is what the names of a key are before their ending.
func stem(key string) string { return prefixOf(key) }

// floorOf lies below the names with the prefix that stand for keys with the
// prefix, and above those that do not: keys such as "//x" have names that
// begin with "0", for the sake of asSlash.
func floorOf(prefix string) string { return prefixOf(prefix) + "!" + last }

// ceilingOf lies above the names of all keys with the prefix.
func ceilingOf(prefix string) string { return prefixOf(prefix) + last }

// prefixOf is the prefix of names that stands for a prefix of keys: a key has
// the one exactly if its name has the other and is above floorOf.
func prefixOf(prefix string) string {
	var b strings.Builder
	b.Grow(len(prefix) + 16)
	for {
		segment, rest, more := strings.Cut(prefix, "/")
		start := writeSegment(&b, segment)
		if !more {
			return b.String()
		}
		if reserved(b.String()[start:]) {
			b.WriteString(asSlash)
		}
		b.WriteByte('/')
		prefix = rest
	}
}

// writeSegment writes what stands between two slashes of a key and returns
// where its last component begins.
func writeSegment(b *strings.Builder, segment string) int {
	size, start := 0, b.Len()
	for _, r := range segment {
		n := escapedSize(r)
		if size+n > componentSize {
			b.WriteRune(markBefore(r))
			b.WriteByte('/')
			size, start = 0, b.Len()
		}
		writeRune(b, r)
		size += n
	}
	return start
}

func escapedSize(r rune) int {
	switch {
	case r <= escape:
		return 2
	case r >= nonCharEscape && r <= '\uFFFF':
		return utf8.RuneLen(nonCharEscape) + 1
	}
	return utf8.RuneLen(r)
}

func writeRune(b *strings.Builder, r rune) {
	switch {
	case r <= escape:
		b.WriteByte(escape)
		b.WriteByte(byte(r) + escapeBase)
	case r >= nonCharEscape && r <= '\uFFFF':
		b.WriteRune(nonCharEscape)
		b.WriteByte(byte(r-nonCharEscape) + '0')
	default:
		b.WriteRune(r)
	}
}

// markBefore is the mark of a component that r continues.
func markBefore(r rune) rune {
	switch {
	case r <= escape:
		return markEscape
	case r < '/':
		return markBelow
	case r < utf8.RuneSelf:
		return markAbove
	}
	return markWide
}

// keyOf is the key behind a name and the version that it names, "" for the
// name of a key that has one version. It reports false for what is no name,
// such as a file that a crash left behind.
func keyOf(name string) (key, version string, ok bool) {
	if before, v, versioned := strings.Cut(name, versionsOf+"/"); versioned {
		name, version = before, v
		if !isVersion(v) {
			return "", "", false
		}
	} else if name, ok = strings.CutSuffix(name, endOfKey); !ok {
		return "", "", false
	}
	key, ok = prefixBehind(name)
	return key, version, ok
}

// prefixBehind is the inverse of prefixOf. It reports false for what is no
// prefix of names, among them one that ends where a segment is continued.
func prefixBehind(name string) (string, bool) {
	var b strings.Builder
	b.Grow(len(name))
	for rest := name; ; {
		component, after, more := strings.Cut(rest, "/")
		continued := readComponent(&b, component, more)
		if !more {
			break
		}
		if !continued {
			b.WriteByte('/')
		}
		rest = after
	}
	// Whatever was read loosely is written differently.
	prefix := b.String()
	return prefix, prefixOf(prefix) == name
}

// readComponent decodes one component of a name; directory says that it is
// not the last one. It reports whether the segment goes on in the next.
func readComponent(b *strings.Builder, component string, directory bool) (continued bool) {
	if s, ok := strings.CutSuffix(component, asSlash); ok && directory && reserved(s) {
		b.WriteString(s)
		return false
	}
	for i := 0; i < len(component); {
		r, n := utf8.DecodeRuneInString(component[i:])
		i += n
		if directory && i == len(component) && (r == escape || i > componentSize) {
			return true
		}
		if i < len(component) {
			switch r {
			case escape:
				r, i = rune(component[i])-escapeBase, i+1
			case nonCharEscape:
				r, i = r+rune(component[i])-'0', i+1
			}
		}
		b.WriteRune(r)
	}
	return false
}
