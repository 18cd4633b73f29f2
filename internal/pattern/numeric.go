package pattern

// numeric reads the operand of numeric: one comparison, or two that make a
// range.
func (p *parser) numeric() condition {
	if p.next().kind != '[' {
		p.refuse("Value of numeric must be an array.")
	}
	t := p.next()
	if t.kind != text {
		p.refuse("Invalid member in numeric match: %s", t.value)
	}
	r := between{-limit, limit}
	operator := p.string(t)
	bound := p.next()
	if p.err != nil {
		return nil
	}
	switch operator {
	case "=", "<", "<=":
		n, ok := p.bound(operator, bound)
		if ok && p.next().kind != ']' {
			p.refuse("Too many elements in numeric expression")
		}
		value := p.millionths(n)
		switch operator {
		case "=":
			return between{value, value}
		case "<":
			r.high = value - 1
		default:
			r.high = value
		}
		return r
	case ">", ">=":
		n, _ := p.bound(operator, bound)
		t := p.next()
		if t.kind == ']' {
			r.low = p.millionths(n)
			if operator == ">" {
				r.low++
			}
			return r
		}
		return p.rangeFrom(operator, n, t)
	}
	p.refuse("Unrecognized numeric range operator: %s", operator)
	return nil
}

// rangeFrom reads the second half of a range; t is its operator.
func (p *parser) rangeFrom(above, low string, t token) condition {
	if t.kind != text {
		p.refuse("Bad value in numeric range: %s", t.value)
	}
	below := p.string(t)
	if below != "<" && below != "<=" {
		p.refuse("Bad numeric range operator: %s", below)
	}
	high, _ := p.bound(below, p.next())
	if p.next().kind != ']' {
		p.refuse("Too many terms in numeric range expression")
	}
	r := between{p.millionths(low), p.millionths(high)}
	if r.low >= r.high {
		p.refuse("Bottom must be less than top")
	}
	if above == ">" {
		r.low++
	}
	if below == "<" {
		r.high--
	}
	return r
}

// bound is the number behind an operator.
func (p *parser) bound(operator string, t token) (string, bool) {
	if t.kind == number {
		return t.value, true
	}
	if operator == "=" {
		operator = "equals"
	}
	p.refuse("Value of %s must be numeric", operator)
	return "0", false
}

func (p *parser) millionths(s string) int64 {
	n, problem := inMillionths(s)
	if problem != "" {
		p.refuse("%s", problem)
	}
	return n
}
