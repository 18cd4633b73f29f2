package filter

// maxConditions is how many conditions a pattern may have. A pattern of 1024
// bytes has room for fewer.
const maxConditions = 256

// maxParentheses is how deep parentheses may nest.
const maxParentheses = 64

// verdicts holds one bit for each condition of a pattern.
type verdicts [maxConditions / 64]uint64

func (v *verdicts) set(i int)         { v[i/64] |= 1 << (i % 64) }
func (v *verdicts) has(i int) bool    { return v[i/64]&(1<<(i%64)) != 0 }
func (v *verdicts) clear(m *verdicts) { v[0] &^= m[0]; v[1] &^= m[1]; v[2] &^= m[2]; v[3] &^= m[3] }

type operator byte

const (
	leaf operator = iota
	and
	or
)

// expression joins conditions by && and ||. A leaf is a condition's number.
type expression struct {
	op          operator
	left, right *expression
	leaf        int
	not         bool // the condition must not hold
}

func (e *expression) holds(v *verdicts) bool {
	switch e.op {
	case and:
		return e.left.holds(v) && e.right.holds(v)
	case or:
		return e.left.holds(v) || e.right.holds(v)
	}
	return v.has(e.leaf) != e.not
}

// parseExpression reads conditions joined by || and &&, of which && binds
// closer, and parentheses. Condition reads one condition.
func (c *cursor) parseExpression(condition func() (*expression, error)) (*expression, error) {
	return c.parseJoined("||", or, func() (*expression, error) {
		return c.parseJoined("&&", and, func() (*expression, error) {
			if c.space(); c.peek() != '(' {
				return condition()
			}
			return c.parseParentheses(condition)
		})
	})
}

func (c *cursor) parseJoined(sign string, op operator, part func() (*expression, error)) (*expression, error) {
	e, err := part()
	if err != nil {
		return nil, err
	}
	for c.space(); c.take(sign); c.space() {
		right, err := part()
		if err != nil {
			return nil, err
		}
		e = &expression{op: op, left: e, right: right}
	}
	return e, nil
}

func (c *cursor) parseParentheses(condition func() (*expression, error)) (*expression, error) {
	if c.depth++; c.depth > maxParentheses {
		return nil, c.failAt(c.pos, "parentheses nest too deep")
	}
	c.pos++
	e, err := c.parseExpression(condition)
	if err != nil {
		return nil, err
	}
	if c.space(); !c.take(")") {
		return nil, c.unexpected(`")"`)
	}
	c.depth--
	return e, nil
}

// newLeaf numbers a condition.
func (c *cursor) newLeaf(not bool) (*expression, error) {
	if c.leaves == maxConditions {
		return nil, c.failAt(c.pos, "the pattern has too many conditions")
	}
	e := &expression{leaf: c.leaves, not: not}
	c.leaves++
	return e, nil
}
