package pattern

import "slices"

// outcome is how a rule holds.
type outcome byte

const (
	no       outcome = iota
	byNone           // all its fields are absent, as they may be
	byValues         // a value of the event matched
)

// maxSteps ends the matching of an event that was made to be expensive. A step
// is a value looked at.
const maxSteps = 1_000_000

// matcher asks the rules of a pattern about one event.
type matcher struct{ steps int }

// match asks whether a rule holds for what stands at its place. That is one
// value, but for names that are written twice or with dots. What is absent
// must be absent in scope: values, before an element of an array was chosen
// for the sake of another field.
//
// Elements are alternatives and fields are independent of each other, so
// nothing that was chosen is ever taken back.
func (m *matcher) match(r *rule, values, scope []*node) outcome {
	if m.steps -= 1 + len(values); m.steps < 0 {
		return no
	}
	if i := slices.IndexFunc(values, func(n *node) bool { return n.array }); i >= 0 {
		return m.oneOf(r, values, i, scope)
	}
	result := byNone
	if r.field != nil {
		switch {
		case r.field.among(values):
			result = byValues
		case !r.field.absent || slices.ContainsFunc(scope, (*node).hasLeaf):
			return no
		}
	}
	for _, b := range r.next {
		var some, all [4]*node
		switch m.match(b.rule, under(b.step, values, some[:0]), anywhereUnder(b.step, scope, all[:0])) {
		case no:
			return no
		case byValues:
			result = byValues
		}
	}
	return result
}

// oneOf chooses an element of the array that is the i-th of the values, or
// none when no field needs a value of it.
func (m *matcher) oneOf(r *rule, values []*node, i int, scope []*node) outcome {
	chosen := slices.Clone(values)
	for _, e := range values[i].elements {
		chosen[i] = e
		if m.match(r, chosen, chosen) == byValues {
			return byValues
		}
	}
	return m.match(r, slices.Delete(chosen, i, i+1), scope)
}

// under collects what stands under a name.
func under(s *step, values, into []*node) []*node {
	for _, v := range values {
		for _, k := range v.members {
			if k.step == s {
				into = append(into, k.node)
			}
		}
	}
	return into
}

// anywhereUnder is under for all elements of arrays at once.
func anywhereUnder(s *step, values, into []*node) []*node {
	for _, v := range values {
		if v.array {
			into = anywhereUnder(s, v.elements, into)
			continue
		}
		for _, k := range v.members {
			if k.step == s {
				into = append(into, k.node)
			}
		}
	}
	return into
}

// among reports whether one of the values is what the field may be.
func (l *leaf) among(values []*node) bool {
	for _, v := range values {
		if v.leaf && l.holds(&v.value) {
			return true
		}
	}
	return false
}

// hasLeaf reports whether n is a leaf or an array with one.
func (n *node) hasLeaf() bool {
	return n.leaf || n.array && slices.ContainsFunc(n.elements, (*node).hasLeaf)
}
