package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/orgtrail/orgtrail/internal/advice"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// explainScenario says in words what comes of a scenario and why: what each
// kind of policy says and, of those that are silent, what does not match in
// the statement that comes nearest.
func explainScenario(w io.Writer, n int, s *advice.Scenario) {
	result := s.Decide()
	q := s.Request
	who := cmp.Or(q.Principal.ARN, q.Principal.Service, "anonymous")
	fmt.Fprintf(w, "line %d: %s\n  %s\n  %s on %s\n\n", n, result.Decision, who, q.Action, q.Resource)
	fmt.Fprintf(w, "  %s\n\n", reasonOf(s, result))
	for _, o := range s.Opinions() {
		title := groupTitles[o.Kind]
		if o.Level >= 0 {
			title = fmt.Sprintf("%s, level %d", title, o.Level)
		}
		fmt.Fprintf(w, "  %-38s%s\n", title, opinionWords(o))
		for _, m := range o.Misses {
			explainMiss(w, m)
		}
	}
	fmt.Fprintln(w)
}

// groupTitles are the kinds of policies in the plural.
var groupTitles = map[policy.Kind]string{
	policy.Identity: "identity-based policies", policy.Resource: "resource-based policy", policy.Trust: "role trust policy",
	policy.SCP: "service control policies", policy.RCP: "resource control policies",
	policy.Boundary: "permissions boundary", policy.Session: "session policies",
}

// absences say what it means that there are no policies of a kind.
var absences = map[policy.Kind]string{
	policy.Identity: "none", policy.Resource: "none", policy.Trust: "none", policy.SCP: "none apply", policy.RCP: "none apply",
	policy.Boundary: "none is set", policy.Session: "none were passed",
}

func opinionWords(o advice.Opinion) string {
	switch {
	case o.Exempt:
		return "spare the request"
	case o.Voice == advice.Absent:
		return absences[o.Kind]
	case o.Voice == advice.Denies:
		return "denies: " + placeWords(o.Place)
	case o.Voice == advice.Allows && o.ByAccount:
		return "leaves it to the account: " + placeWords(o.Place)
	case o.Voice == advice.Allows:
		return "allows: " + placeWords(o.Place)
	case o.Place == nil:
		return "silent: no statement allows anything"
	}
	return "silent: nearest is " + placeWords(o.Place)
}

func placeWords(p *advice.Place) string {
	text := fmt.Sprintf("policy %d, statement %d", p.Policy, p.Statement)
	if p.Kind == policy.Resource || p.Kind == policy.Trust {
		text = fmt.Sprintf("statement %d", p.Statement)
	}
	if p.Sid != "" {
		text += fmt.Sprintf(" (%s)", p.Sid)
	}
	return text
}

// shownValues is how many values of a statement are printed.
const shownValues = 8

func explainMiss(w io.Writer, m advice.Miss) {
	got := "nothing"
	if len(m.Got) > 0 {
		got = strings.Join(m.Got, ", ")
	}
	wanted := m.Wanted
	more := ""
	if len(wanted) > shownValues {
		more = fmt.Sprintf(", and %d more", len(wanted)-shownValues)
		wanted = wanted[:shownValues]
	}
	fmt.Fprintf(w, "  %-38s  %s\n", "", m.Element)
	fmt.Fprintf(w, "  %-38s    wants %s%s\n", "", strings.Join(wanted, ", "), more)
	fmt.Fprintf(w, "  %-38s    got   %s\n", "", got)
}
