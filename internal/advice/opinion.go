package advice

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/policy"
)

// Voice is what policies say to a request.
type Voice uint8

// The voices.
const (
	Absent Voice = iota // there are none, or they do not reach the request
	Silent
	Allows
	Denies
)

func (v Voice) String() string { return [...]string{"absent", "silent", "allows", "denies"}[v] }

// Opinion is what the policies of one kind say to a request, of control
// policies those of one level.
type Opinion struct {
	Kind  policy.Kind
	Level int // -1 where there are none
	Voice Voice
	// Exempt says that policies were given and spare the request by its
	// nature.
	Exempt bool
	// Place is the statement that allows or denies or, of silent policies,
	// the one that comes nearest to allowing; nil when there is none.
	Place *Place
	// ByAccount says that the statement allows the caller's account, so that
	// the identity policies decide.
	ByAccount bool
	Misses    []Miss // what of the nearest statement does not match
}

// Opinions returns what each kind of policy says, in the order in which
// evaluation asks them.
func (s *Scenario) Opinions() []Opinion {
	var all []Opinion
	for _, g := range s.groups() {
		o := Opinion{Kind: g.kind, Level: g.level}
		if g.applies {
			o.ask(g, s.Request)
		}
		o.Exempt = !g.applies && (g.kind == policy.SCP && s.SCPs != nil || g.kind == policy.RCP && s.RCPs != nil)
		all = append(all, o)
	}
	return all
}

// ask compares every statement of a group with the request.
func (o *Opinion) ask(g group, r policy.Request) {
	o.Voice = Silent
	lowest := 0
	for i, w := range g.documents {
		for j := range w.Statements {
			s := &w.Statements[j]
			c := s.Compare(r)
			if c.Matches() {
				if s.Effect == policy.Deny {
					o.speak(Denies, g, i, j, c)
					return
				}
				if o.Voice != Allows || o.ByAccount && c.Principal == policy.Caller {
					o.speak(Allows, g, i, j, c)
				}
			} else if d := weight(c); o.Voice == Silent && s.Effect == policy.Allow && (o.Place == nil || d < lowest) {
				o.speak(Silent, g, i, j, c)
				o.Misses, lowest = misses(s, r, c), d
			}
		}
	}
}

func (o *Opinion) speak(v Voice, g group, document, statement int, c policy.Comparison) {
	sid := g.documents[document].Statements[statement].Sid
	o.Voice, o.Place = v, &Place{g.kind, g.level, document, statement, sid}
	o.Misses, o.ByAccount = nil, v == Allows && c.Principal == policy.Account
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
