package filter

import (
	"slices"

	"github.com/orgtrail/orgtrail/internal/logs/filter/jsonscan"
)

// node is a place in a document: where the paths that lead there go on, and
// which conditions are asked of the value. Paths with wildcards stand in every
// node that they may reach, so the walker is always in one node.
type node struct {
	members    []edge // by name
	anyMember  *node  // for all other names; nil if nothing is asked of them
	elements   []edge // by index
	anyElement *node
	leaves     []int
	// once are the conditions here and below whose path is without wildcard,
	// so that they speak of one value alone.
	once verdicts
}

type edge struct {
	name  string
	index int
	to    *node
}

// path is what is left of a selector from a certain node on.
type path struct {
	leaf     int
	selector *selector
	at       int
}

// compile makes the node that paths lead to. There are few: a path has one
// wildcard at most, so it stands in no more nodes than there are names.
func compile(paths []path) *node {
	n := &node{}
	var members, elements []edge
	for _, p := range paths {
		if !p.selector.wild() {
			n.once.set(p.leaf)
		}
		if p.at == len(p.selector.steps) {
			n.leaves = append(n.leaves, p.leaf)
			continue
		}
		switch s := p.selector.steps[p.at]; s.kind {
		case member:
			members = append(members, edge{name: s.name})
		case element:
			elements = append(elements, edge{index: s.index})
		}
	}
	n.members = compileEdges(members, paths, member, anyMember)
	n.elements = compileEdges(elements, paths, element, anyElement)
	n.anyMember = compileNext(edge{}, paths, anyMember, anyMember)
	n.anyElement = compileNext(edge{}, paths, anyElement, anyElement)
	return n
}

func compileEdges(edges []edge, paths []path, kind, wild stepKind) []edge {
	same := func(a, b edge) bool { return a.name == b.name && a.index == b.index }
	var unique []edge
	for _, e := range edges {
		if !slices.ContainsFunc(unique, func(u edge) bool { return same(u, e) }) {
			e.to = compileNext(e, paths, kind, wild)
			unique = append(unique, e)
		}
	}
	return unique
}

// compileNext makes the node behind an edge: that of all paths that go along
// it or go anywhere. It is nil if there are none.
func compileNext(e edge, paths []path, kind, wild stepKind) *node {
	var next []path
	for _, p := range paths {
		if p.at == len(p.selector.steps) {
			continue
		}
		s := p.selector.steps[p.at]
		if s.kind == wild || s.kind == kind && s.name == e.name && s.index == e.index {
			next = append(next, path{p.leaf, p.selector, p.at + 1})
		}
	}
	if next == nil {
		return nil
	}
	return compile(next)
}

// walker reads one document. It either judges conditions or collects values.
type walker struct {
	text       []byte
	conditions []condition
	verdicts   verdicts
	found      []string // by leaf; nil if conditions are judged
	scratch    []byte   // of plain
}

// document reads the whole text and reports whether it is well-formed.
func (w *walker) document(root *node) bool {
	end := w.value(jsonscan.Space(w.text, 0), root, 0)
	return end >= 0 && jsonscan.Space(w.text, end) == len(w.text)
}

// value reads the value at i, which is in node n, and returns the index behind
// it, -1 if it is malformed.
func (w *walker) value(i int, n *node, depth int) (end int) {
	if i >= len(w.text) {
		return -1
	}
	switch c := w.text[i]; c {
	case '{', '[':
		w.judge(n, scalar{kind: '{'})
		switch {
		case c == '{' && (len(n.members) > 0 || n.anyMember != nil):
			return w.object(i, n, depth+1)
		case c == '[' && (len(n.elements) > 0 || n.anyElement != nil):
			return w.array(i, n, depth+1)
		}
		return jsonscan.Skip(w.text, i, depth)
	case '"':
		end, escaped := jsonscan.String(w.text, i)
		if end >= 0 && len(n.leaves) > 0 {
			w.judge(n, scalar{'"', w.plain(w.text[i+1:end-1], escaped)})
		}
		return end
	case 't', 'f', 'n':
		if end = jsonscan.Literal(w.text, i); end >= 0 {
			w.judge(n, scalar{c, w.text[i:end]})
		}
		return end
	}
	if end = jsonscan.Number(w.text, i); end >= 0 {
		w.judge(n, scalar{'0', w.text[i:end]})
	}
	return end
}

// plain returns the text of a string. It is good until the next call.
func (w *walker) plain(raw []byte, escaped bool) []byte {
	if !escaped {
		return raw
	}
	w.scratch = jsonscan.Unescape(w.scratch[:0], raw)
	return w.scratch
}

func (w *walker) judge(n *node, s scalar) {
	for _, leaf := range n.leaves {
		switch {
		case w.found != nil:
			if s.kind != '{' && s.kind != 'n' && !w.verdicts.has(leaf) {
				w.found[leaf] = string(s.text)
				w.verdicts.set(leaf)
			}
		case w.conditions[leaf].fits(s):
			w.verdicts.set(leaf)
		}
	}
}

func (w *walker) object(i int, n *node, depth int) int {
	done := false
	for first := true; ; first = false {
		if i, done = jsonscan.Next(w.text, i, '{', first); i < 0 || done {
			return i
		}
		name, escaped, value := jsonscan.Name(w.text, i)
		if i = value; i < 0 {
			return -1
		}
		to := n.member(w.plain(name, escaped))
		if to == nil {
			i = jsonscan.Skip(w.text, i, depth)
		} else {
			w.verdicts.clear(&to.once) // of a member that stands twice, the last one counts
			i = w.value(i, to, depth)
		}
		if i < 0 {
			return -1
		}
	}
}

func (n *node) member(name []byte) *node {
	for i := range n.members {
		if e := &n.members[i]; e.name == string(name) {
			return e.to
		}
	}
	return n.anyMember
}

func (w *walker) array(i int, n *node, depth int) int {
	done := false
	for index := 0; ; index++ {
		if i, done = jsonscan.Next(w.text, i, '[', index == 0); i < 0 || done {
			return i
		}
		to := n.anyElement
		for k := range n.elements {
			if n.elements[k].index == index {
				to = n.elements[k].to
			}
		}
		if to == nil {
			i = jsonscan.Skip(w.text, i, depth)
		} else {
			i = w.value(i, to, depth)
		}
		if i < 0 {
			return -1
		}
	}
}
