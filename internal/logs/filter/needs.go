package filter

import "bytes"

// maxAlternatives is how many alternatives a clause of needs may have: to
// look for many takes longer than to read the document.
const maxAlternatives = 4

// needs is what the messages that match must contain: one alternative of each
// clause.
type needs struct {
	clauses [][][]byte
	// escapes says that a message may write what is needed as \u escapes, so
	// that one that has any may match.
	escapes bool
}

var unicodeEscape = []byte(`\u`)

func (n *needs) metBy(data []byte) bool {
	for _, alternatives := range n.clauses {
		if !containsAny(data, alternatives) {
			return n.escapes && bytes.Contains(data, unicodeEscape)
		}
	}
	return true
}

func containsAny(data []byte, alternatives [][]byte) bool {
	for _, a := range alternatives {
		if bytes.Contains(data, a) {
			return true
		}
	}
	return false
}

// and adds what another part of the pattern needs.
func (n *needs) and(literal string) {
	if literal != "" {
		n.clauses = append(n.clauses, [][]byte{[]byte(literal)})
	}
}

// needsOf returns the clauses of an expression, given those of its conditions.
func needsOf(e *expression, of func(leaf int) [][][]byte) [][][]byte {
	switch e.op {
	case leaf:
		if e.not {
			return nil
		}
		return of(e.leaf)
	case and:
		return append(needsOf(e.left, of), needsOf(e.right, of)...)
	}
	left, right := needsOf(e.left, of), needsOf(e.right, of)
	if len(left) == 0 || len(right) == 0 {
		return nil
	}
	either := append(append([][]byte(nil), left[0]...), right[0]...)
	if len(either) > maxAlternatives {
		return nil
	}
	return [][][]byte{either}
}
