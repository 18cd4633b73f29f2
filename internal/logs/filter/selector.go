package filter

import "strconv"

type stepKind byte

const (
	member     stepKind = iota // .name or ['name']
	anyMember                  // .*
	element                    // [0]
	anyElement                 // [*]
)

// step goes from a value to one in it.
type step struct {
	kind  stepKind
	name  string
	index int
}

// selector is the path from a document to a value.
type selector struct {
	text  string // as written
	steps []step
}

// wild reports whether the selector may find several values.
func (s *selector) wild() bool {
	for _, step := range s.steps {
		if step.kind == anyMember || step.kind == anyElement {
			return true
		}
	}
	return false
}

// parseSelector reads $.name, $.list[0].name, $.*, $.list[*], $.['a.b'].
func (c *cursor) parseSelector() (*selector, error) {
	start := c.pos
	if !c.take("$") {
		return nil, c.unexpected("a selector, which begins with $,")
	}
	s := &selector{}
	for {
		var one step
		var err error
		dot := c.take(".")
		switch {
		case c.peek() == '[':
			one, err = c.parseBrackets()
		case dot:
			one, err = c.parseMember()
		case len(s.steps) == 0:
			return nil, c.unexpected("a member's name")
		default:
			s.text = c.text[start:c.pos]
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		wild := one.kind == anyMember || one.kind == anyElement
		if wild && s.wild() {
			return nil, c.failAt(start, "a selector has one wildcard at most")
		}
		s.steps = append(s.steps, one)
	}
}

func (c *cursor) parseMember() (step, error) {
	if c.take("*") {
		return step{kind: anyMember}, nil
	}
	name := c.word(isName)
	if name == "" {
		return step{}, c.unexpected("a member's name")
	}
	return step{kind: member, name: name}, nil
}

func (c *cursor) parseBrackets() (one step, err error) {
	c.pos++
	c.space()
	switch next := c.peek(); {
	case next == '*':
		c.pos++
		one.kind = anyElement
	case next == '\'' || next == '"':
		one.kind = member
		if one.name, err = c.quoted(next); err != nil {
			return one, err
		}
	default:
		start := c.pos
		digits := c.word(func(b byte) bool { return b >= '0' && b <= '9' })
		one.kind = element
		if digits == "" {
			return one, c.unexpected("an index, a name in quotes or *")
		}
		if one.index, err = strconv.Atoi(digits); err != nil {
			return one, c.failAt(start, "the index is too large")
		}
	}
	if c.space(); !c.take("]") {
		return one, c.unexpected(`"]"`)
	}
	return one, nil
}
