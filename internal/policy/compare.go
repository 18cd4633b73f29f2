package policy

// Comparison says in which respects a statement speaks of a request.
type Comparison struct {
	Action, Resource bool
	Principal        Reach
	// Failing are the conditions that do not hold, by their place in the
	// statement.
	Failing []int
}

// Reach is how a statement names the caller. Identity policies have no
// principals and mean whoever they are attached to.
type Reach uint8

// How far a statement reaches.
const (
	Others  Reach = iota // it names others
	Account              // the caller's account: of a resource's policy, the caller's own policies decide then
	Caller               // the caller, or the role or user behind its session
)

// Matches reports whether the statement speaks of the request in all respects.
func (c Comparison) Matches() bool {
	return c.Action && c.Resource && c.Principal != Others && len(c.Failing) == 0
}

// Compare holds a statement against a request.
func (s *Statement) Compare(r Request) Comparison {
	caller := callerOf(&r)
	c := Comparison{Action: s.matchesAction(r.Action), Resource: s.matchesResource(&r)}
	switch s.admits(&caller) {
	case delegated:
		c.Principal = Account
	case limited, direct:
		c.Principal = Caller
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(r.context()) {
			c.Failing = append(c.Failing, i)
		}
	}
	return c
}

// Exempt says which policies of the organization spare a request by its
// nature: service control policies the calls of services, of service-linked
// roles and of callers without credentials; resource control policies those of
// service-linked roles, what is AWS's own, and actions that no such policy
// governs.
func Exempt(r Request) (scps, rcps bool) {
	c := callerOf(&r)
	return c.exempt(&r)
}
