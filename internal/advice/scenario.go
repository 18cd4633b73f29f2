package advice

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// Scenario is a request and every policy that bears on it. As in
// policy.Documents nil means that policies of a kind do not apply, and an
// empty list that they apply and allow nothing.
type Scenario struct {
	Request           policy.Request
	Identity          []*policy.Written
	Boundary, Session []*policy.Written
	Resource          *policy.Written
	ResourceOnly      bool
	SCPs, RCPs        [][]*policy.Written // root → account
}

// Place is where a statement stands among the policies of a scenario.
type Place struct {
	Kind      policy.Kind
	Level     int // of service and resource control policies, from the root; else -1
	Policy    int // in the list of its kind, or of its level
	Statement int
	Sid       string
}

// Decision is what policy.Evaluate makes of a scenario.
type Decision struct {
	policy.Result
	// Places are those of the statements that decided.
	Places []Place
}

// Decide evaluates the scenario.
func (s *Scenario) Decide() Decision {
	docs := policy.Documents{
		Identity: attach(s.Identity), Boundary: attach(s.Boundary), Session: attach(s.Session),
		ResourceOnly: s.ResourceOnly, SCPs: attachLevels(s.SCPs), RCPs: attachLevels(s.RCPs),
	}
	if s.Resource != nil {
		docs.Resource = &policy.Attached{Document: s.Resource.Document}
	}
	d := Decision{Result: policy.Evaluate(s.Request, docs)}
	for _, m := range d.Statements() {
		d.Places = append(d.Places, s.place(m))
	}
	return d
}

func attach(documents []*policy.Written) []policy.Attached {
	if documents == nil {
		return nil
	}
	out := make([]policy.Attached, len(documents))
	for i, w := range documents {
		out[i].Document = w.Document
	}
	return out
}

func attachLevels(levels [][]*policy.Written) [][]policy.Attached {
	if levels == nil {
		return nil
	}
	out := make([][]policy.Attached, len(levels))
	for i, l := range levels {
		out[i] = attach(l)
	}
	return out
}

// place finds a statement by its address.
func (s *Scenario) place(m policy.Match) Place {
	for _, g := range s.groups() {
		for i, w := range g.documents {
			for j := range w.Statements {
				if g.kind == m.Kind && w.Statements[j].Statement == m.Statement {
					return Place{g.kind, g.level, i, j, m.Statement.Sid}
				}
			}
		}
	}
	panic("a statement of no policy") // Evaluate returns those that it was given
}

// group are the policies that have one vote: those of one kind, of control
// policies those of one level.
type group struct {
	kind      policy.Kind
	level     int
	documents []*policy.Written
	applies   bool
}

// groups are in the order in which evaluation asks them.
func (s *Scenario) groups() []group {
	own := policy.Resource
	if s.ResourceOnly && hasPrefixFold(s.Request.Action, "sts:") {
		own = policy.Trust
	}
	scps, rcps := policy.Exempt(s.Request)
	var all []group
	levels := func(kind policy.Kind, of [][]*policy.Written, exempt bool) {
		if of == nil || exempt {
			all = append(all, group{kind, -1, nil, false})
			return
		}
		for i, l := range of {
			all = append(all, group{kind, i, l, true})
		}
	}
	levels(policy.RCP, s.RCPs, rcps)
	levels(policy.SCP, s.SCPs, scps)
	var resource []*policy.Written
	if s.Resource != nil {
		resource = []*policy.Written{s.Resource}
	}
	return append(all,
		group{own, -1, resource, s.Resource != nil},
		group{policy.Identity, -1, s.Identity, s.Identity != nil},
		group{policy.Boundary, -1, s.Boundary, s.Boundary != nil},
		group{policy.Session, -1, s.Session, s.Session != nil || s.Request.Principal.Type == aws.FederatedUser})
}
