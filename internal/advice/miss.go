package advice

import (
	"fmt"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// Miss is one respect in which a statement does not speak of a request.
type Miss struct {
	Element string // Action, NotResource, Principal, or StringEquals aws:SourceArn
	Wanted  []string
	Got     []string // none: the request has no such key
}

func (m Miss) String() string {
	got := "nothing"
	if len(m.Got) > 0 {
		got = quoted(m.Got)
	}
	switch {
	case strings.HasPrefix(m.Element, "Not"):
		return fmt.Sprintf("%s %s leaves out %s", m.Element, quoted(m.Wanted), got)
	case strings.Contains(m.Element, " "):
		return fmt.Sprintf("%s wants %s and gets %s", m.Element, quoted(m.Wanted), got)
	}
	return fmt.Sprintf("%s %s is not %s", m.Element, quoted(m.Wanted), got)
}

// misses are the respects in which a statement does not speak of a request.
func misses(s *policy.WrittenStatement, r policy.Request, c policy.Comparison) []Miss {
	var out []Miss
	if c.Principal == policy.Others {
		words := make([]string, len(s.Principals))
		for i, p := range s.Principals {
			words[i] = strings.TrimPrefix(p.Kind+":"+p.Value, ":")
		}
		out = append(out, Miss{s.Principal.Name, words, []string{nameOf(r.Principal)}})
	}
	if !c.Action {
		out = append(out, Miss{s.Action.Name, s.Action.Values, []string{r.Action}})
	}
	if !c.Resource {
		out = append(out, Miss{s.Resource.Name, s.Resource.Values, []string{r.Resource}})
	}
	for _, i := range c.Failing {
		w := s.Conditions[i]
		out = append(out, Miss{w.Operator + " " + w.Key, w.Values, r.Context[strings.ToLower(w.Key)]})
	}
	return out
}

// nameOf is how a person is told who calls.
func nameOf(p aws.Principal) string {
	switch {
	case p.Service != "":
		return p.Service
	case p.Type == aws.Anonymous:
		return "anonymous"
	}
	return p.ARN
}

// The weights of what does not match: a statement on another action is
// further away than one that wants another value of a key.
const (
	actionWeight    = 4
	resourceWeight  = 2
	principalWeight = 2
	conditionWeight = 1
)

func weight(c policy.Comparison) int {
	n := conditionWeight * len(c.Failing)
	if !c.Action {
		n += actionWeight
	}
	if !c.Resource {
		n += resourceWeight
	}
	if c.Principal == policy.Others {
		n += principalWeight
	}
	return n
}
