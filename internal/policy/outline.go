package policy

import "fmt"

// The two versions of the language. Only the current one knows variables.
const (
	version2012 = "2012-10-17"
	version2008 = "2008-10-17"
)

// outline is a document as it is written: its elements are of the right JSON
// types and in the right places, and nothing more is known of them. The Check
// functions judge it, each in its own words; compile makes it ready to match.
type outline struct {
	version    string // "" when absent
	id         string
	statements []outlineStatement
}

type outlineStatement struct {
	path       string // Statement[1]
	start, end int    // in the text: its first byte, and behind its last
	sid        string
	effect     string         // "" when absent
	principals []principalSet // of Principal or NotPrincipal, nil when absent
	actions    outlineList
	resources  outlineList
	conditions []outlineCondition

	principalElement string // "Principal" or "NotPrincipal", "" when absent
}

// outlineList is Action or NotAction, Resource or NotResource.
type outlineList struct {
	element string // "" when absent
	values  []string
}

func (l outlineList) negated() bool { return len(l.element) > 3 && l.element[:3] == "Not" }

// principalSet is one kind of principal and its values. The bare "*" is of
// the kind "".
type principalSet struct {
	kind   string // AWS, Service, Federated, CanonicalUser
	values []string
}

type outlineCondition struct {
	operator, key string
	values        []string
}

// readOutline takes a document apart.
func readOutline(data []byte) (*outline, *SyntaxError) {
	root, err := readJSON(data)
	if err != nil {
		return nil, err
	}
	return outlineOf(&root)
}

func outlineOf(root *node) (*outline, *SyntaxError) {
	if root.kind != '{' {
		return nil, syntaxErrorf("", "must be a JSON object")
	}
	src := new(outline)
	var statement *node
	var err *SyntaxError
	for i := range root.members {
		m := &root.members[i]
		switch m.name {
		case "Version":
			err = m.value.into(m.name, &src.version)
		case "Id":
			err = m.value.into(m.name, &src.id)
		case "Statement":
			statement = &m.value
		default:
			err = syntaxErrorf(m.name, unknownElement)
		}
		if err != nil {
			return nil, err
		}
	}
	if src.version != "" && src.version != version2012 && src.version != version2008 {
		return nil, syntaxErrorf("Version", "must be %s or %s", version2012, version2008)
	}
	src.statements, err = readStatements(statement)
	return src, err
}

// into stores a string.
func (n *node) into(path string, s *string) *SyntaxError {
	if n.kind != '"' {
		return syntaxErrorf(path, "must be a string")
	}
	*s = n.text
	return nil
}

func readStatements(n *node) ([]outlineStatement, *SyntaxError) {
	switch {
	case n == nil:
		return nil, syntaxErrorf("Statement", isMissing)
	case n.kind == '{':
		n = &node{kind: '[', items: []node{*n}}
	case n.kind != '[':
		return nil, syntaxErrorf("Statement", "must be an object or a list of objects")
	case len(n.items) == 0:
		return nil, syntaxErrorf("Statement", isEmpty)
	}
	out := make([]outlineStatement, len(n.items))
	for i := range n.items {
		out[i].path = fmt.Sprintf("Statement[%d]", i)
		if err := out[i].read(&n.items[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *outlineStatement) read(n *node) (err *SyntaxError) {
	if n.kind != '{' {
		return syntaxErrorf(s.path, "must be an object")
	}
	s.start, s.end = n.start, n.end
	for i := range n.members {
		m := &n.members[i]
		path := join(s.path, m.name)
		switch m.name {
		case "Sid":
			err = m.value.into(path, &s.sid)
		case "Effect":
			if err = m.value.into(path, &s.effect); err == nil && s.effect == "" {
				err = syntaxErrorf(path, "must be Allow or Deny")
			}
		case "Action", "NotAction":
			err = s.actions.read(m, path)
		case "Resource", "NotResource":
			err = s.resources.read(m, path)
		case "Principal", "NotPrincipal":
			err = s.readPrincipals(m, path)
		case "Condition":
			err = s.readConditions(&m.value, path)
		default:
			err = syntaxErrorf(path, unknownElement)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *outlineList) read(m *member, path string) (err *SyntaxError) {
	if l.element != "" {
		return syntaxErrorf(path, "cannot stand next to %s", l.element)
	}
	l.element = m.name
	l.values, err = m.value.strings(path, false)
	return err
}

func (s *outlineStatement) readPrincipals(m *member, path string) *SyntaxError {
	if s.principalElement != "" {
		return syntaxErrorf(path, "cannot stand next to %s", s.principalElement)
	}
	s.principalElement = m.name
	switch m.value.kind {
	case '"':
		s.principals = []principalSet{{values: []string{m.value.text}}}
		return nil
	case '{':
		for i := range m.value.members {
			kind := &m.value.members[i]
			values, err := kind.value.strings(join(path, kind.name), false)
			if err != nil {
				return err
			}
			s.principals = append(s.principals, principalSet{kind.name, values})
		}
		return nil
	}
	return syntaxErrorf(path, `must be "*" or an object`)
}

func (s *outlineStatement) readConditions(n *node, path string) *SyntaxError {
	if n.kind != '{' {
		return syntaxErrorf(path, "must be an object")
	}
	for _, op := range n.members {
		path := join(path, op.name)
		if op.value.kind != '{' {
			return syntaxErrorf(path, "must be an object")
		}
		for _, key := range op.value.members {
			values, err := key.value.strings(join(path, key.name), true)
			if err != nil {
				return err
			}
			s.conditions = append(s.conditions, outlineCondition{op.name, key.name, values})
		}
	}
	return nil
}
