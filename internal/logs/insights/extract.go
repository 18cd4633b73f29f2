package insights

import "strings"

// parseCommand reads "parse field pattern": a text with a * for each new
// field, or a regular expression with named groups.
func (p *parser) parseCommand() error {
	var from expression = slotField(messageSlot)
	if p.next.kind == nameToken || p.next.kind == quotedToken {
		t, err := p.fieldName()
		if err != nil {
			return err
		}
		from = p.scope.name(t.text)
	} else if !p.query.events {
		return p.unexpected()
	}
	if p.isSign("/") {
		return p.parseRegex(from)
	}
	return p.parseGlob(from)
}

func (p *parser) parseRegex(from expression) error {
	start := p.next.start
	re, err := p.regex()
	if err != nil {
		return err
	}
	c := extractCommand{from: from, find: re.FindStringSubmatchIndex}
	for i, name := range re.SubexpNames() {
		if name != "" {
			slot, err := p.define(token{text: name, start: start, end: p.last})
			if err != nil {
				return err
			}
			c.groups, c.slots = append(c.groups, i), append(c.slots, slot)
		}
	}
	if c.slots == nil {
		return p.failAt(start, p.last, "the regular expression has no named groups")
	}
	p.add(c)
	return nil
}

func (p *parser) parseGlob(from expression) error {
	t, err := p.expect(stringToken)
	if err != nil {
		return err
	}
	c := extractCommand{from: from, find: glob(strings.Split(t.text, "*")).find}
	if !p.isWord("as") {
		return p.unexpected()
	}
	if err := p.advance(); err != nil {
		return err
	}
	err = p.commas(func() error {
		name, err := p.fieldName()
		if err != nil {
			return err
		}
		slot, err := p.define(name)
		c.slots = append(c.slots, slot)
		c.groups = append(c.groups, len(c.slots))
		return err
	})
	if stars := strings.Count(t.text, "*"); err == nil && stars != len(c.slots) {
		return p.fail(t, "the pattern has %d wildcards for %d fields", stars, len(c.slots))
	}
	p.add(c)
	return err
}

// glob is the texts around the asterisks of a pattern.
type glob []string

// find returns what the asterisks stand for, as pairs of indices: as little as
// can be, but for one at the end everything that is left. The first pair is
// unused, as that of a regular expression's whole match is.
func (g glob) find(text string) []int {
	i := strings.Index(text, g[0])
	if i < 0 {
		return nil
	}
	i += len(g[0])
	found := make([]int, 2, 2*len(g))
	for k, part := range g[1:] {
		length := strings.Index(text[i:], part)
		if part == "" && k == len(g)-2 {
			length = len(text) - i
		}
		if length < 0 {
			return nil
		}
		found = append(found, i, i+length)
		i += length + len(part)
	}
	return found
}

// extractCommand sets fields to what the groups of a pattern find, to null if
// it does not match.
type extractCommand struct {
	from          expression
	find          func(string) []int // pairs of indices by group, nil if there is no match
	groups, slots []int
}

func (c extractCommand) open(_ *run, next sink) sink { return &extractSink{c, next} }

type extractSink struct {
	extractCommand
	next sink
}

func (s *extractSink) push(r *row) error {
	var found []int
	subject := s.from.eval(r)
	text := subject.String()
	if subject.kind != null {
		found = s.find(text)
	}
	for i, slot := range s.slots {
		r.vals[slot] = value{}
		if g := 2 * s.groups[i]; found != nil && found[g] >= 0 {
			r.vals[slot] = textOf(text[found[g]:found[g+1]])
		}
	}
	return s.next.push(r)
}

func (s *extractSink) finish() error { return s.next.finish() }
