package insights

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// parser reads a query from left to right and compiles it on the way.
type parser struct {
	text  string
	next  token // not yet read
	last  int   // where the token before it ends
	depth int
	scope *scope
	query *Query
	stats *stats // that is being read, of whose groups expressions speak

	order   []sortKey // of the rows at this point; nil for the order they come in
	sorted  bool      // the rows come in the order that is wanted
	counted bool      // the matching events have been counted
	deduped bool
	groups  int // stats commands so far
	read    int // commands so far
}

// Parse compiles a query. The error is a [*SyntaxError].
func Parse(query string) (*Query, error) {
	p := &parser{text: query, query: &Query{events: true, room: maxRetained}}
	if len(query) > MaxLength {
		return nil, p.failAt(0, 0, "the query has more than %d characters", MaxLength)
	}
	if !utf8.ValidString(query) {
		return nil, p.failAt(0, 0, "the query is not UTF-8")
	}
	p.query.wanted = map[string]int{}
	events := &scope{columns: map[string]int{}, slots: eventSlots, wanted: p.query.wanted}
	p.scope = events
	if err := p.advance(); err != nil {
		return nil, err
	}
	for {
		if err := p.command(); err != nil {
			return nil, err
		}
		if p.next.kind == endToken {
			break
		}
		if err := p.take("|"); err != nil {
			return nil, err
		}
	}
	p.finish()
	p.query.slots = events.slots
	return p.query, nil
}

// finish adds what a query does without saying so: it returns a bounded number
// of rows, the newest events first, and shows them.
func (p *parser) finish() {
	p.barrier(&limitCommand{order: p.rowOrder()})
	if p.query.shown == nil {
		p.query.shown = []column{{token{text: "@timestamp"}, slotField(timestampSlot)}, {token{text: "@message"}, slotField(messageSlot)}}
	}
}

// rowOrder is the order of the rows at this point. Events that nobody sorted
// come newest first.
func (p *parser) rowOrder() []sortKey {
	if p.order == nil && !p.sorted && p.query.events {
		return []sortKey{{slot: timestampSlot, descending: true}}
	}
	return p.order
}

// barrier adds a command behind which the rows are in order.
func (p *parser) barrier(c command) {
	if !p.counted {
		p.counted = true
		p.add(countCommand{})
	}
	p.add(c)
	p.order, p.sorted = nil, true
}

func (p *parser) add(c command) { p.query.commands = append(p.query.commands, c) }

func (p *parser) isSign(signs ...string) bool {
	return p.next.kind == signToken && slices.Contains(signs, p.next.text)
}

func (p *parser) isWord(word string) bool {
	return p.next.kind == nameToken && strings.EqualFold(p.next.text, word)
}

// take reads a sign that must be next.
func (p *parser) take(sign string) error {
	if !p.isSign(sign) {
		return p.unexpected()
	}
	return p.advance()
}

// expect reads a token of a kind that must be next.
func (p *parser) expect(kind tokenKind) (token, error) {
	t := p.next
	if t.kind != kind {
		return t, p.unexpected()
	}
	return t, p.advance()
}

// fieldName reads the name of a field.
func (p *parser) fieldName() (token, error) {
	t := p.next
	if t.kind != quotedToken && (t.kind != nameToken || isReserved(t.text)) {
		return t, p.unexpected()
	}
	return t, p.advance()
}

// alias reads "as name" if it stands next.
func (p *parser) alias() (token, bool, error) {
	if !p.isWord("as") {
		return token{}, false, nil
	}
	if err := p.advance(); err != nil {
		return token{}, false, err
	}
	t, err := p.fieldName()
	return t, true, err
}

// define makes a computed field, whose name must be new.
func (p *parser) define(t token) (slot int, err error) {
	if _, ok := p.scope.columns[t.text]; ok {
		return 0, p.fail(t, "the field %s is already defined", t.text)
	}
	return p.scope.define(t.text), nil
}

// commas calls one for each part of a list without brackets.
func (p *parser) commas(one func() error) error {
	for {
		if err := one(); err != nil || !p.isSign(",") {
			return err
		}
		if err := p.advance(); err != nil {
			return err
		}
	}
}
