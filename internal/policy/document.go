package policy

// Effect is what a statement does to the requests it matches.
type Effect uint8

// The effects.
const (
	Allow Effect = iota
	Deny
)

func (e Effect) String() string {
	if e == Deny {
		return "Deny"
	}
	return "Allow"
}

// Document is a parsed policy, compiled for matching. It never changes and
// may be shared.
type Document struct {
	Version    string
	ID         string
	Statements []Statement
}

// Statement is one statement of a Document.
type Statement struct {
	Sid    string
	Effect Effect

	principals   *principals // nil when the statement names none
	notPrincipal bool
	actions      []text // lower case
	notAction    bool
	resources    []text // none at all match everything, as in a trust policy
	anyResource  bool
	notResource  bool
	conditions   []condition
}

// Parse reads a policy of any kind: identity policies, which name no
// principal, trust policies, which name no resource, and all the others. It
// asks only for what evaluation needs; what a kind of policy demands beyond
// that is the matter of its Check function. The error is a *SyntaxError.
func Parse(data []byte) (*Document, error) {
	src, err := readOutline(data)
	if err != nil {
		return nil, err
	}
	doc, err := compile(src)
	if err != nil {
		return nil, err
	}
	return doc, nil
}

// compile makes a document ready to match.
func compile(src *outline) (*Document, *SyntaxError) {
	doc := &Document{Version: src.version, ID: src.id, Statements: make([]Statement, len(src.statements))}
	if doc.Version == "" {
		doc.Version = version2008
	}
	for i := range src.statements {
		s, err := compileStatement(&src.statements[i], doc.Version == version2012)
		if err != nil {
			return nil, err
		}
		doc.Statements[i] = s
	}
	return doc, nil
}

func compileStatement(src *outlineStatement, variables bool) (s Statement, err *SyntaxError) {
	s.Sid = src.sid
	switch src.effect {
	case "Allow":
	case "Deny":
		s.Effect = Deny
	default:
		return s, syntaxErrorf(join(src.path, "Effect"), "must be Allow or Deny")
	}
	if len(src.actions.values) == 0 {
		return s, syntaxErrorf(join(src.path, "Action"), isMissing)
	}
	s.notAction = src.actions.negated()
	for _, a := range src.actions.values {
		s.actions = append(s.actions, compileAction(a))
	}
	s.notResource = src.resources.negated()
	s.anyResource = src.resources.element == ""
	for _, r := range src.resources.values {
		t, problem := compileText(r, true, variables)
		if problem != nil {
			return s, syntaxErrorf(join(src.path, src.resources.element), "%q: %v", r, problem)
		}
		s.resources = append(s.resources, t)
	}
	if src.principalElement != "" {
		s.notPrincipal = src.principalElement == "NotPrincipal"
		if s.principals, err = compilePrincipals(src); err != nil {
			return s, err
		}
	}
	for i := range src.conditions {
		c, problem := compileCondition(&src.conditions[i], variables)
		if problem != nil {
			path := join(join(src.path, "Condition"), src.conditions[i].operator)
			return s, syntaxErrorf(path, "%v", problem)
		}
		s.conditions = append(s.conditions, c)
	}
	return s, nil
}

// matches reports whether the statement speaks of the request's action and
// resource and whether its conditions hold. Of principals it knows nothing.
func (s *Statement) matches(r *Request) bool {
	return s.matchesAction(r.Action) && s.matchesResource(r) && (len(s.conditions) == 0 || s.holds(r.context()))
}

func (s *Statement) matchesAction(action string) bool {
	for i := range s.actions {
		if s.actions[i].matchFold(action) {
			return !s.notAction
		}
	}
	return s.notAction
}

func (s *Statement) matchesResource(r *Request) bool {
	if s.anyResource {
		return true
	}
	for i := range s.resources {
		t := &s.resources[i]
		var ctx Context
		if t.shape == template {
			ctx = r.context()
		}
		if t.match(r.Resource, ctx) {
			return !s.notResource
		}
	}
	return s.notResource
}

func (s *Statement) holds(ctx Context) bool {
	for i := range s.conditions {
		if !s.conditions[i].holds(ctx) {
			return false
		}
	}
	return true
}
