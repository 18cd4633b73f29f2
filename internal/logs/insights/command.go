package insights

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// unserved are the commands of the language that are not served.
var unserved = []string{"addtotals", "anomaly", "diff", "filterindex", "join", "lookup", "pattern", "unmask", "unnest"}

// command reads one command.
func (p *parser) command() error {
	t := p.next
	if t.kind != nameToken {
		return p.unexpected()
	}
	name := strings.ToLower(t.text)
	if p.deduped && name != "limit" {
		return p.fail(t, "only limit may follow dedup")
	}
	read := map[string]func() error{
		"fields": p.fieldsCommand, "display": p.displayCommand, "filter": p.filterCommand,
		"parse": p.parseCommand, "sort": p.sortCommand, "limit": p.limitCommand,
		"dedup": p.dedupCommand, "stats": p.statsCommand, "source": p.sourceCommand,
	}[name]
	if read == nil {
		if slices.Contains(unserved, name) {
			return p.fail(t, "the command %s is not served", t.text)
		}
		return p.unexpected()
	}
	p.read++
	if err := p.advance(); err != nil {
		return err
	}
	return read()
}

// named reads an expression and its alias, without which it is named by its
// own text.
func (p *parser) named() (e expression, name token, aliased bool, err error) {
	first := p.next
	if e, err = p.expression(); err != nil {
		return nil, name, false, err
	}
	name = token{text: p.text[first.start:p.last], start: first.start, end: p.last}
	if first.end == p.last {
		name.text = first.text // of a name, without its backquotes
	}
	alias, aliased, err := p.alias()
	if aliased {
		name = alias
	}
	return e, name, aliased, err
}

// shown reads a field of the result.
func (p *parser) shown() (column, error) {
	e, name, aliased, err := p.named()
	if err != nil {
		return column{}, err
	}
	_, plain := e.(slotField)
	_, discovered := e.(discoveredField)
	if aliased || !plain && !discovered {
		if _, ok := p.scope.columns[name.text]; ok && !aliased {
			return column{name, p.scope.name(name.text)}, nil // the same as before
		}
		slot, err := p.define(name)
		if err != nil {
			return column{}, err
		}
		p.add(setCommand{slot, e})
		e = slotField(slot)
	}
	return column{name, e}, nil
}

func (p *parser) fieldsCommand() error {
	return p.commas(func() error {
		c, err := p.shown()
		if !slices.ContainsFunc(p.query.shown, func(s column) bool { return s.name.text == c.name.text }) {
			p.query.shown = append(p.query.shown, c)
		}
		return err
	})
}

func (p *parser) displayCommand() error {
	p.query.shown = nil
	return p.fieldsCommand()
}

func (p *parser) filterCommand() error {
	e, err := p.expression()
	if err != nil {
		return err
	}
	f := filterCommand{condition: e}
	if !p.counted { // rows are still events as they came
		f.literals = literalsOf(e)
	}
	p.add(f)
	return nil
}

func (p *parser) sortCommand() error {
	p.order, p.sorted = nil, false
	return p.commas(func() error {
		e, err := p.expression()
		if err != nil {
			return err
		}
		key := sortKey{slot: p.scope.define(""), descending: p.isWord("desc")}
		if key.descending || p.isWord("asc") {
			err = p.advance()
		}
		p.add(setCommand{key.slot, e})
		p.order = append(p.order, key)
		return err
	})
}

func (p *parser) limitCommand() error {
	either := p.isWord("any")
	if either {
		if err := p.advance(); err != nil {
			return err
		}
	}
	t, err := p.expect(numberToken)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(t.text)
	if err != nil || n < 1 || n > MaxRows {
		return p.fail(t, "limit must be between 1 and %d", MaxRows)
	}
	c := &limitCommand{n: n}
	if !either {
		c.order = p.rowOrder()
	}
	p.barrier(c)
	return nil
}

func (p *parser) dedupCommand() error {
	c := &dedupCommand{order: p.rowOrder()}
	err := p.commas(func() error {
		e, err := p.expression()
		c.by = append(c.by, e)
		return err
	})
	p.deduped = true
	p.barrier(c)
	return err
}

// sourceCommand reads SOURCE logGroups(namePrefix: ["a"], …).
func (p *parser) sourceCommand() error {
	if p.read > 1 {
		return p.failAt(p.last, p.last, "SOURCE must be the first command")
	}
	if !p.isWord("logGroups") {
		return p.unexpected()
	}
	if err := p.advance(); err != nil {
		return err
	}
	if err := p.take("("); err != nil {
		return err
	}
	p.query.Source = &Source{}
	_, err := p.list(")", func() (expression, error) { return nil, p.sourceProperty(p.query.Source) })
	return err
}

func (p *parser) sourceProperty(s *Source) error {
	list := map[string]*[]string{
		"nameprefix": &s.NamePrefixes, "accountidentifier": &s.AccountIdentifiers, "accountidentifiers": &s.AccountIdentifiers,
		"class": &s.Classes, "loggroupclass": &s.Classes,
	}[strings.ToLower(p.next.text)]
	if list == nil {
		return p.unexpected()
	}
	if err := p.advance(); err != nil {
		return err
	}
	if err := p.take(":"); err != nil {
		return err
	}
	if err := p.take("["); err != nil {
		return err
	}
	_, err := p.list("]", func() (expression, error) {
		t, err := p.expect(stringToken)
		*list = append(*list, t.text)
		return nil, err
	})
	return err
}

// setCommand computes a field.
type setCommand struct {
	slot int
	from expression
}

func (c setCommand) open(_ *run, next sink) sink { return &setSink{c, next} }

type setSink struct {
	setCommand
	next sink
}

func (s *setSink) push(r *row) error {
	r.vals[s.slot] = s.from.eval(r)
	return s.next.push(r)
}

func (s *setSink) finish() error { return s.next.finish() }

// filterCommand lets rows through for which the condition holds.
type filterCommand struct {
	condition expression
	literals  [][]byte
}

func (c filterCommand) open(_ *run, next sink) sink { return &filterSink{c, next} }

type filterSink struct {
	filterCommand
	next sink
}

var unicodeEscape = []byte(`\u`)

func (s *filterSink) push(r *row) error {
	for _, l := range s.literals {
		if !bytes.Contains(r.message, l) && !bytes.Contains(r.message, unicodeEscape) {
			return nil
		}
	}
	if !s.condition.eval(r).holds() {
		return nil
	}
	return s.next.push(r)
}

func (s *filterSink) finish() error { return s.next.finish() }

// literalsOf returns texts that stand in the message of every event for which
// a condition holds, unless as \u escapes: those that a discovered field must
// equal. Numbers and truth values may be written in other ways.
func literalsOf(e expression) [][]byte {
	switch e := e.(type) {
	case logical:
		if e.both {
			return append(literalsOf(e.left), literalsOf(e.right)...)
		}
	case comparison:
		_, discovered := e.left.(discoveredField)
		c, ok := e.right.(constant)
		if !discovered || !ok || e.op != "=" || c.kind != text {
			return nil
		}
		_, isNumber := parseNumber(c.text)
		_, err := strconv.ParseBool(c.text)
		if !isNumber && err != nil && c.text != "" && !strings.ContainsFunc(c.text, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == '/' }) {
			return [][]byte{[]byte(c.text)}
		}
	}
	return nil
}

// countCommand counts the events that match.
type countCommand struct{}

func (countCommand) open(r *run, next sink) sink { return &countSink{r, next} }

type countSink struct {
	run  *run
	next sink
}

func (s *countSink) push(r *row) error {
	s.run.result.Matched++
	return s.next.push(r)
}

func (s *countSink) finish() error { return s.next.finish() }
