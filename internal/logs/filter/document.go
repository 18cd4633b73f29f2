package filter

import "strings"

// document matches messages that are JSON documents.
type document struct {
	conditions []condition
	expression *expression
	automaton  *node
	values     *node // finds the values of the selectors, in their order
	selectors  []*selector
	needed     needs
}

type test byte

const (
	compares test = iota
	isNull
	isTrue
	isFalse
	exists
)

// condition asks something of the values that a selector finds, and holds if
// one of them fits.
type condition struct {
	selector *selector
	test     test
	operand  *operand // of compares
}

func parseDocument(c *cursor) (matcher, error) {
	d := &document{}
	c.pos++
	var err error
	d.expression, err = c.parseExpression(func() (*expression, error) { return d.parseCondition(c) })
	if err != nil {
		return nil, err
	}
	if c.space(); !c.take("}") {
		return nil, c.unexpected(`"&&", "||" or "}"`)
	}
	if err := c.end(); err != nil {
		return nil, err
	}
	paths := make([]path, len(d.conditions))
	for i := range d.conditions {
		paths[i] = path{i, d.conditions[i].selector, 0}
	}
	d.automaton = compile(paths)
	d.compileValues()
	d.needed = needs{clauses: needsOf(d.expression, func(leaf int) [][][]byte { return d.conditions[leaf].needs() }), escapes: true}
	return d, nil
}

// compileValues makes the automaton that finds what Extract returns.
func (d *document) compileValues() {
	seen := map[string]bool{}
	var paths []path
	for i := range d.conditions {
		if s := d.conditions[i].selector; !seen[s.text] {
			seen[s.text] = true
			paths = append(paths, path{len(d.selectors), s, 0})
			d.selectors = append(d.selectors, s)
		}
	}
	d.values = compile(paths)
}

// parseCondition reads a selector and an operand, IS NULL, IS TRUE, IS FALSE,
// EXISTS or NOT EXISTS.
func (d *document) parseCondition(c *cursor) (*expression, error) {
	s, err := c.parseSelector()
	if err != nil {
		return nil, err
	}
	one := condition{selector: s}
	not := false
	switch c.space(); {
	case c.keyword("IS"):
		if one.test, err = c.parseIs(); err != nil {
			return nil, err
		}
	case c.keyword("NOT"):
		not = true
		if c.space(); !c.keyword("EXISTS") {
			return nil, c.unexpected("EXISTS")
		}
		one.test = exists
	case c.keyword("EXISTS"):
		one.test = exists
	default:
		if one.operand, err = c.parseOperand(); err != nil {
			return nil, err
		}
	}
	d.conditions = append(d.conditions, one)
	return c.newLeaf(not)
}

func (c *cursor) parseIs() (test, error) {
	c.space()
	switch {
	case c.keyword("NULL"):
		return isNull, nil
	case c.keyword("TRUE"):
		return isTrue, nil
	case c.keyword("FALSE"):
		return isFalse, nil
	}
	return 0, c.unexpected("NULL, TRUE or FALSE")
}

// needs returns what documents contain, unless in \u escapes, if the condition
// holds: the text of the value, and the last name on its path.
func (d *condition) needs() (clauses [][][]byte) {
	if d.operand != nil {
		if text := unescapable(d.operand.literal()); len(text) > 1 {
			clauses = append(clauses, [][]byte{[]byte(text)})
		}
	}
	for i := len(d.selector.steps) - 1; i >= 0; i-- {
		if s := d.selector.steps[i]; s.kind == member {
			if text := unescapable(s.name); text == s.name {
				text = `"` + text + `"`
				return append(clauses, [][]byte{[]byte(text)})
			}
			break
		}
	}
	return clauses
}

// unescapable returns the longest part of a text that JSON writes as it is,
// unless in \u escapes.
func unescapable(text string) (longest string) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == '/' })
	for _, p := range parts {
		if len(p) > len(longest) {
			longest = p
		}
	}
	return longest
}

// fits reports whether a value passes the condition's test.
func (d *condition) fits(s scalar) bool {
	switch d.test {
	case isNull:
		return s.kind == 'n'
	case isTrue:
		return s.kind == 't'
	case isFalse:
		return s.kind == 'f'
	case exists:
		return true
	}
	return s.kind != '{' && d.operand.holds(s)
}

func (d *document) match(message []byte) bool {
	if !d.needed.metBy(message) {
		return false
	}
	w := walker{text: message, conditions: d.conditions}
	return w.document(d.automaton) && d.expression.holds(&w.verdicts)
}

func (d *document) extract(message []byte) map[string]string {
	values := map[string]string{}
	w := walker{text: message, found: make([]string, len(d.selectors))}
	w.document(d.values)
	for i, s := range d.selectors {
		if w.verdicts.has(i) {
			values[s.text] = w.found[i]
		}
	}
	return values
}

func (d *document) needs() needs { return d.needed }
