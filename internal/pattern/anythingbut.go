package pattern

// anythingBut reads the operand of anything-but: values, or values of one of
// four operators.
func (p *parser) anythingBut() condition {
	t := p.next()
	if t.kind == '{' {
		return p.anythingButOperator()
	}
	switch t.kind {
	case text:
		return anythingBut{same{text, p.string(t)}}
	case number:
		n := p.millionths(t.value)
		return anythingBut{between{n, n}}
	case '[':
		return p.anythingButValues()
	}
	p.refuse("Value of anything-but must be an array or single string/number value.")
	return nil
}

func (p *parser) anythingButValues() condition {
	all := anythingBut{}
	texts, numbers := 0, 0
	for p.err == nil {
		switch t := p.next(); t.kind {
		case text:
			texts++
			all = append(all, same{text, p.string(t)})
		case number:
			numbers++
			n, problem := inMillionths(t.value)
			if problem != "" {
				p.refuse("%s", problem)
			}
			all = append(all, between{n, n})
		case ']':
			if (texts > 0) == (numbers > 0) {
				p.refuse("Inside anything but list, either all values are number or string, mixed type is not supported")
			}
			return all
		default:
			p.twice("Inside anything but list, start|null|boolean is not supported.")
		}
	}
	return nil
}

// anythingButOperator reads {"prefix": …} and its like, with one value or a
// list, and the end of the object.
func (p *parser) anythingButOperator() condition {
	t := p.next()
	if t.kind != name {
		p.refuse("Anything-But expression name not found")
		return nil
	}
	operator := t.value
	switch operator {
	case "prefix", "suffix", "equals-ignore-case", "wildcard":
	default:
		p.refuse("Unsupported anything-but pattern: %s", operator)
		return nil
	}
	all := anythingBut{}
	switch t := p.next(); t.kind {
	case text, number:
		if c := p.but(operator, t, p.refuse); c != nil {
			all = append(all, c)
		}
	case '[':
		for t := p.next(); p.err == nil && t.kind != ']'; t = p.next() {
			if c := p.but(operator, t, p.twice); c != nil {
				all = append(all, c)
			}
		}
	default:
		p.refuse("Value of anything-but must be an array or single string/number value.")
	}
	if p.next().kind != '}' {
		p.refuse("Too many elements in numeric expression")
	}
	return all
}

// but makes the condition of one value of an operator.
func (p *parser) but(operator string, t token, refuse func(string, ...any)) condition {
	s := p.string(t)
	switch {
	case t.kind != text && operator == "equals-ignore-case":
		refuse("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.")
	case t.kind != text && operator == "wildcard":
		refuse("wildcard match pattern must be a string")
	case t.kind != text:
		refuse("prefix/suffix match pattern must be a string")
	case s == "" && (operator == "prefix" || operator == "suffix"):
		refuse("Null prefix/suffix not allowed")
	case operator == "prefix":
		return prefix{text: s}
	case operator == "suffix":
		return suffix{text: s}
	case operator == "wildcard":
		return p.wildcard(s)
	default:
		return folded(s)
	}
	return nil
}
