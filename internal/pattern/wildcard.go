package pattern

import "strings"

// wildcard is a text with stars that stand for anything: the pieces between
// the stars, so that there is one star less than pieces.
type wildcard []string

// parseWildcard reads a wildcard, in which a backslash takes the meaning from
// a star and from a backslash.
func parseWildcard(s string) (wildcard, *SyntaxError) {
	w := wildcard{}
	var piece strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '*' && i+1 < len(s) && s[i+1] == '*':
			return nil, refuse("Consecutive wildcard characters at pos %d", i+1)
		case c == '*':
			w = append(w, piece.String())
			piece.Reset()
		case c == '\\' && (i+1 == len(s) || s[i+1] != '*' && s[i+1] != '\\'):
			return nil, refuse("Invalid escape character at pos %d", i+1)
		case c == '\\':
			i++
			piece.WriteByte(s[i])
		default:
			piece.WriteByte(c)
		}
	}
	return append(w, piece.String()), nil
}

func (w wildcard) holds(v *value) bool { return v.kind == text && w.match(v.text) }

// match takes each piece where it is found first, which is never wrong, and
// looks at every byte of s once.
func (w wildcard) match(s string) bool {
	first, last := w[0], w[len(w)-1]
	if len(w) == 1 {
		return s == first
	}
	s, ok := strings.CutPrefix(s, first)
	if !ok {
		return false
	}
	for _, piece := range w[1 : len(w)-1] {
		at := strings.Index(s, piece)
		if at < 0 {
			return false
		}
		s = s[at+len(piece):]
	}
	return strings.HasSuffix(s, last)
}

// maxComplexity is how many beginnings of the wildcards of one field may be
// under way at once. EventBridge keeps its machine small; for us it is a limit
// that patterns which move there should not meet for the first time.
const maxComplexity = 10

// complexity is how many beginnings of w can be under way at once: at every
// star that is followed by something the star itself, and as many beginnings
// of that as can overlap.
func (w wildcard) complexity() (n int) {
	for i, piece := range w[1:] {
		switch {
		case piece != "":
			n += 1 + overlaps(piece)
		case i+1 == len(w)-1:
			n++ // a star at the end
		}
	}
	return n
}

// overlaps is how many beginnings of s can end at one place, at most: those of
// dir/dir/ are dir/ and itself.
func overlaps(s string) (most int) {
	border := make([]int, len(s)+1) // the longest proper beginning that is also an end
	count := make([]int, len(s)+1)
	border[0] = -1
	for i := 1; i <= len(s); i++ {
		b := border[i-1]
		for b >= 0 && s[b] != s[i-1] {
			b = border[b]
		}
		border[i] = b + 1
		count[i] = count[border[i]] + 1
		most = max(most, count[i])
	}
	return most
}

// tooComplex is the refusal of wildcards whose complexity is over the limit.
func tooComplex() *SyntaxError {
	return refuse("Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character")
}
