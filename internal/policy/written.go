package policy

import (
	"strconv"
	"strings"
)

// Written is a policy as its author wrote it, beside what Parse makes of it:
// what those need who judge policies or explain decisions.
type Written struct {
	Version    string // "" when absent
	ID         string
	Statements []WrittenStatement
	Document   *Document
}

// WrittenStatement is a statement as it is written. The embedded Statement is
// that of the Document.
type WrittenStatement struct {
	*Statement
	Start, End int // of its text in the document's, in bytes

	Principal  Element // Principal or NotPrincipal; its values are in Principals
	Principals []WrittenPrincipal
	Action     Element // Action or NotAction
	Resource   Element // Resource or NotResource
	Conditions []WrittenCondition
}

// Element is an element of a statement that has two names: Action and
// NotAction. Name is "" when it is absent.
type Element struct {
	Name   string
	Values []string
}

// Negated reports whether the element excludes its values.
func (e Element) Negated() bool { return strings.HasPrefix(e.Name, "Not") }

// WrittenPrincipal is one value of a principal element. The bare "*" is of
// the kind "".
type WrittenPrincipal struct{ Kind, Value string }

// WrittenCondition is one operator on one key.
type WrittenCondition struct {
	Operator, Key string
	Values        []string
}

// Read is Parse for those who want the words, too. The error is a
// *SyntaxError that says where in the text the fault is.
func Read(data []byte) (*Written, error) {
	root, err := readJSON(data)
	if err != nil {
		return nil, err
	}
	src, err := outlineOf(&root)
	if err != nil {
		err.Offset = root.locate(err.Path)
		return nil, err
	}
	doc, err := compile(src)
	if err != nil {
		err.Offset = root.locate(err.Path)
		return nil, err
	}
	w := &Written{src.version, src.id, make([]WrittenStatement, len(src.statements)), doc}
	for i := range src.statements {
		w.Statements[i] = src.statements[i].written(&doc.Statements[i])
	}
	return w, nil
}

func (s *outlineStatement) written(compiled *Statement) WrittenStatement {
	w := WrittenStatement{
		Statement: compiled, Start: s.start, End: s.end,
		Principal: Element{Name: s.principalElement},
		Action:    Element{s.actions.element, s.actions.values},
		Resource:  Element{s.resources.element, s.resources.values},
	}
	for _, set := range s.principals {
		for _, value := range set.values {
			w.Principal.Values = append(w.Principal.Values, value)
			w.Principals = append(w.Principals, WrittenPrincipal{set.kind, value})
		}
	}
	for _, c := range s.conditions {
		w.Conditions = append(w.Conditions, WrittenCondition{c.operator, c.key, c.values})
	}
	return w
}

// locate returns where the value of a path begins or, when there is none, the
// innermost one around the place.
func (n *node) locate(path string) int {
	if rest, ok := strings.CutPrefix(path, "[0]"); ok && n.kind == '{' {
		path = strings.TrimPrefix(rest, ".") // a single statement stands without a list
	}
	for i := range n.members {
		m := &n.members[i]
		rest, ok := strings.CutPrefix(path, m.name)
		if ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return m.value.locate(strings.TrimPrefix(rest, "."))
		}
	}
	for i := range n.items {
		rest, ok := strings.CutPrefix(path, "["+strconv.Itoa(i)+"]")
		if ok {
			return n.items[i].locate(strings.TrimPrefix(rest, "."))
		}
	}
	return n.start
}
