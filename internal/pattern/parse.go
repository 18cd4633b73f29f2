package pattern

import "slices"

// object is an object of a pattern as it is written.
type object []member

// member is what stands under one name: the list of a field, an object, or,
// under $or, objects of which one must match.
type member struct {
	name    string
	field   *leaf
	values  int // in the list
	object  object
	choices []object
}

// parser reads the language. The first error stays.
type parser struct{ lexer }

const orName = "$or"

// notInOr are the names that no field within $or may have, so that a list of
// conditions is not taken for a choice.
var notInOr = []string{
	"exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr",
	"=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after",
	"date-before", "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
}

// parse reads a whole pattern. An empty one is only for those who ask for it.
func parse(src string, emptyToo bool) (object, *SyntaxError) {
	p := &parser{lexer: lexer{src: src}}
	if t := p.next(); t.kind != '{' {
		p.refuse("Filter is not an object")
		return nil, p.err
	}
	o, fields := p.members(false)
	if fields == 0 && !emptyToo {
		p.refuse("Empty objects are not allowed")
	}
	if t := p.next(); p.err == nil && t.kind != end {
		p.refuse("Filter is not an object")
	}
	return o, p.err
}

// refuse notes an error at the place that has been read to. One of the text
// itself, which came first, stays.
func (p *parser) refuse(format string, args ...any) {
	if p.err == nil {
		p.err = refuse(format, args...)
		p.err.Reason += "\n at " + place(p.src, p.at)
	}
}

// twice repeats the place of an error, as the services do where they read
// lists.
func (p *parser) twice(format string, args ...any) {
	if p.err == nil {
		p.refuse(format, args...)
		p.err.Reason += "\n at " + place(p.src, p.at)
	}
}

func (p *parser) object(inOr bool) object {
	o, n := p.members(inOr)
	if n == 0 {
		p.refuse("Empty objects are not allowed")
	}
	return o
}

// members reads up to the end of an object and counts its members.
func (p *parser) members(inOr bool) (o object, n int) {
	for {
		t := p.next()
		if t.kind != name {
			return o, n
		}
		n++
		m := member{name: t.value}
		if m.name == orName {
			m.choices = p.choices()
			o = append(o, m)
			continue
		}
		if inOr && slices.Contains(notInOr, m.name) {
			p.refuse("%s is Ruler reserved fieldName which cannot be used inside %s.", m.name, orName)
		}
		switch v := p.next(); v.kind {
		case '{':
			m.object = p.object(inOr)
		case '[':
			m.field, m.values = p.list()
		default:
			p.refuse("\"%s\" must be an object or an array", m.name)
		}
		o = append(o, m)
	}
}

// choices reads the objects of $or.
func (p *parser) choices() (all []object) {
	if p.next().kind != '[' {
		p.refuse("It must be an Array followed with %s.", orName)
	}
	for p.err == nil {
		switch p.next().kind {
		case '{':
			all = append(all, p.object(true))
		case ']':
			if len(all) < 2 {
				p.refuse("There must have at least 2 Objects in %s relationship.", orName)
			}
			return all
		default:
			p.refuse("Only JSON object is allowed in array of %s relationship.", orName)
		}
	}
	return nil
}

// list reads the list of a field.
func (p *parser) list() (l *leaf, n int) {
	l = &leaf{}
	for ; p.err == nil; n++ {
		t := p.next()
		switch t.kind {
		case ']':
			if n == 0 {
				p.refuse("Empty arrays are not allowed")
			}
			if l.complexity() > maxComplexity && p.err == nil {
				p.err = tooComplex()
			}
			return l, n
		case '{':
			p.condition(l)
		case text:
			l.addString(p.string(t))
		case number:
			if n, problem := inMillionths(t.value); problem == "" {
				l.conditions = append(l.conditions, between{n, n})
			} else {
				l.conditions = append(l.conditions, same{number, t.value})
			}
		case literal:
			l.conditions = append(l.conditions, same{literal, t.value})
		default:
			p.refuse("Match value must be String, number, true, false, or null")
		}
	}
	return nil, n
}

// complexity is that of all wildcards of the field.
func (l *leaf) complexity() (n int) {
	for _, c := range l.conditions {
		switch c := c.(type) {
		case wildcard:
			n += c.complexity()
		case anythingBut:
			n += (&leaf{conditions: c}).complexity()
		}
	}
	return n
}

// condition reads an object in a list.
func (p *parser) condition(l *leaf) {
	t := p.next()
	if t.kind != name {
		p.refuse("Match expression name not found")
		return
	}
	var c condition
	switch t.value {
	case "exists":
		p.exists(l)
		return
	case "exactly":
		if s, ok := p.stringOf("exact match pattern must be a string"); ok {
			l.addString(s)
		}
	case "prefix":
		s, fold := p.stringOrFold("prefix", "Prefix")
		c = prefix{s, fold}
	case "suffix":
		s, fold := p.stringOrFold("suffix", "Suffix")
		c = suffix{s, fold}
	case "equals-ignore-case":
		s, _ := p.stringOf("equals-ignore-case match pattern must be a string")
		c = folded(s)
	case "wildcard":
		s, _ := p.stringOf("wildcard match pattern must be a string")
		c = p.wildcard(s)
	case "cidr":
		if s, ok := p.stringOf("prefix match pattern must be a string"); ok {
			block, err := parseCIDR(s)
			if err != nil {
				p.err = err
				return
			}
			c = block
		}
	case "numeric":
		c = p.numeric()
	case "anything-but":
		c = p.anythingBut()
	default:
		p.refuse("Unrecognized match type %s", t.value)
		return
	}
	if c != nil {
		l.conditions = append(l.conditions, c)
	}
	if kind := p.next().kind; kind != '}' {
		if t.value == "numeric" || t.value == "anything-but" {
			p.refuse("Too many elements in numeric expression")
		}
		p.refuse("Only one key allowed in match expression")
	}
}

func (p *parser) exists(l *leaf) {
	switch t := p.next(); {
	case t.kind == literal && t.value == "true":
		l.conditions = append(l.conditions, present{})
	case t.kind == literal && t.value == "false":
		l.absent = true
	default:
		p.refuse("exists match pattern must be either true or false.")
	}
	if p.next().kind != '}' {
		p.refuse("Only one key allowed in match expression")
	}
}

// stringOf reads a string, or refuses with a problem.
func (p *parser) stringOf(problem string) (string, bool) {
	t := p.next()
	if t.kind != text {
		p.refuse("%s", problem)
		return "", false
	}
	return p.string(t), true
}

// stringOrFold reads the operand of prefix and suffix: a string, or a string
// whose case does not matter.
func (p *parser) stringOrFold(operator, title string) (s string, fold bool) {
	t := p.next()
	if t.kind == text {
		return p.string(t), false
	}
	if t.kind != '{' {
		p.refuse("%s match pattern must be a string", operator)
		return "", false
	}
	switch t := p.next(); {
	case t.kind != name:
		p.refuse("%s expression name not found", title)
	case t.value != "equals-ignore-case":
		p.refuse("Unsupported %s pattern: %s", operator, t.value)
	}
	s, _ = p.stringOf("equals-ignore-case match pattern must be a string")
	if p.next().kind != '}' {
		p.refuse("Only one key allowed in match expression")
	}
	return s, true
}

func (p *parser) wildcard(s string) condition {
	w, err := parseWildcard(s)
	if err != nil {
		p.refuse("%s", err.Reason)
		return nil
	}
	return w
}
