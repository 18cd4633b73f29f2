package pattern

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Pattern says which events are wanted.
type Pattern struct {
	wanted *step   // what to keep of an event
	rules  []*rule // any one of them must hold
}

// Attribute is an attribute of an SNS message: a String, a String.Array (a
// JSON array), a Number or a Binary, which no filter sees.
type Attribute struct{ Type, Value string }

// ParseEvent reads an event pattern. The error is a *SyntaxError.
func ParseEvent(text string) (*Pattern, error) {
	o, err := parse(text, false)
	if err != nil {
		return nil, err
	}
	p, err := compile(o)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// ParseFilter reads a filter policy for the body of messages or, when body is
// false, for their attributes. The empty policy wants everything. The error is
// a *SyntaxError.
func ParseFilter(text string, body bool) (*Pattern, error) {
	p, err := parseFilter(text, body)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// rule is one combination of the fields of a pattern: a tree whose nodes are
// the names, with dots resolved.
type rule struct {
	field *leaf
	next  []branch
}

// branch is one name of a rule. Its step is where an event keeps what stands
// under that name.
type branch struct {
	step *step
	rule *rule
}

// step is one name of all that a pattern wants of an event.
type step struct {
	next map[string]*step
	leaf bool
}

// to returns the step under a name; new ones are made.
func (s *step) to(name string) *step {
	if s.next == nil {
		s.next = map[string]*step{}
	}
	if s.next[name] == nil {
		s.next[name] = &step{}
	}
	return s.next[name]
}

// maxRules is how many combinations $or may make of a pattern.
const maxRules = 1000

// fields are a combination: the list of each path. A path that is named twice
// has its last list.
type fields map[string]*leaf

func compile(o object) (*Pattern, *SyntaxError) {
	all, ok := combine(o, "", []fields{{}})
	if !ok {
		return nil, refuse("Rule is too complex - $or makes more than %d combinations", maxRules)
	}
	p := &Pattern{wanted: &step{}}
	for _, combination := range all {
		r := &rule{}
		for _, path := range slices.Sorted(maps.Keys(combination)) {
			r.add(p.wanted, strings.Split(path, "."), combination[path])
		}
		p.rules = append(p.rules, r)
	}
	return p, nil
}

// combine adds the fields of an object under a path to every combination. It
// gives up when there are too many of them.
func combine(o object, under string, all []fields) ([]fields, bool) {
	ok := true
	for _, m := range o {
		switch {
		case m.choices != nil:
			var chosen []fields
			for _, choice := range m.choices {
				some := make([]fields, len(all))
				for i := range all {
					some[i] = maps.Clone(all[i])
				}
				if some, ok = combine(choice, under, some); !ok || len(chosen)+len(some) > maxRules {
					return nil, false
				}
				chosen = append(chosen, some...)
			}
			all = chosen
		case m.field != nil:
			for _, f := range all {
				f[under+m.name] = m.field
			}
		default:
			if all, ok = combine(m.object, under+m.name+".", all); !ok {
				return nil, false
			}
		}
	}
	return all, true
}

// add puts the list of a path into the tree.
func (r *rule) add(s *step, path []string, field *leaf) {
	for _, name := range path {
		s = s.to(name)
		i := slices.IndexFunc(r.next, func(b branch) bool { return b.step == s })
		if i < 0 {
			i = len(r.next)
			r.next = append(r.next, branch{s, &rule{}})
		}
		r = r.next[i].rule
	}
	r.field, s.leaf = field, true
}

// MatchJSON reports whether an event is wanted. What is no JSON object is
// not, but for a pattern that wants everything.
func (p *Pattern) MatchJSON(event []byte) bool {
	return p.wantsAll() || json.Valid(event) && p.MatchValid(event)
}

// MatchValid is MatchJSON for an event that is known to be valid JSON, as when
// many patterns are asked about one event.
func (p *Pattern) MatchValid(event []byte) bool {
	if p.wantsAll() {
		return true
	}
	s := scanner{src: event}
	if s.space(); s.pos == len(event) || event[s.pos] != '{' {
		return false
	}
	return p.match(s.value(p.wanted))
}

// MatchAttributes reports whether a message with these attributes is wanted.
func (p *Pattern) MatchAttributes(attributes map[string]Attribute) bool {
	message := &node{}
	for name, a := range attributes {
		if s := p.wanted.find(name); s != nil {
			if n := a.node(s); n != nil {
				message.put(p.wanted, name, n)
			}
		}
	}
	return p.match(message)
}

// node is the attribute's value, nil when a filter does not see it.
func (a Attribute) node(s *step) *node {
	switch {
	case a.Type == "String" || strings.HasPrefix(a.Type, "String.") && a.Type != "String.Array":
		return &node{leaf: true, value: value{kind: text, text: a.Value}}
	case a.Type == "Number" || strings.HasPrefix(a.Type, "Number."):
		v := value{kind: number, text: a.Value}
		if isNumber(a.Value) {
			v = leafValue(a.Value)
		}
		return &node{leaf: true, value: v}
	case a.Type == "String.Array" && json.Valid([]byte(a.Value)):
		sc := scanner{src: []byte(a.Value)}
		sc.space()
		return sc.value(s)
	}
	return nil
}

func (p *Pattern) wantsAll() bool { return len(p.wanted.next) == 0 }

func (p *Pattern) match(event *node) bool {
	if event == nil {
		event = &node{}
	}
	m := matcher{steps: maxSteps}
	top := []*node{event}
	for _, r := range p.rules {
		if m.match(r, top, top) != no {
			return true
		}
	}
	return false
}
