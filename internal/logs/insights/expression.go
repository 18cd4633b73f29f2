package insights

import (
	"math"
	"regexp"
	"regexp/syntax"
	"strings"
)

// expression is what has a value in a row.
type expression interface {
	eval(*row) value
}

// maxDepth is how deep expressions may nest.
const maxDepth = 100

// expression reads an expression. From loosest to tightest: or, and, not,
// comparisons, + and -, * / and %, ^, a sign.
func (p *parser) expression() (expression, error) {
	return p.nested(func() (expression, error) {
		return p.logical("or", func() (expression, error) {
			return p.logical("and", p.negation)
		})
	})
}

// nested reads a part of an expression that may hold another of its kind.
func (p *parser) nested(part func() (expression, error)) (expression, error) {
	if p.depth == maxDepth {
		return nil, p.fail(p.next, "the expression nests too deep")
	}
	p.depth++
	defer func() { p.depth-- }()
	return part()
}

func (p *parser) logical(word string, part func() (expression, error)) (expression, error) {
	left, err := part()
	for err == nil && p.isWord(word) {
		var right expression
		if err = p.advance(); err != nil {
			break
		}
		if right, err = part(); err == nil {
			left = logical{word == "and", left, right}
		}
	}
	return left, err
}

func (p *parser) negation() (expression, error) {
	if !p.isWord("not") {
		return p.comparison()
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	of, err := p.nested(p.negation)
	return negation{of}, err
}

func (p *parser) comparison() (expression, error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	not := p.isWord("not")
	if not {
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	var e expression
	switch op := p.next.text; {
	case p.isWord("like"):
		e, err = p.like(left)
	case p.isWord("in"):
		e, err = p.in(left)
	case not:
		return nil, p.unexpected()
	case p.isSign("=~"):
		e, err = p.like(left)
	case p.isSign("="), p.isSign("!="), p.isSign("<"), p.isSign("<="), p.isSign(">"), p.isSign(">="):
		if err := p.advance(); err != nil {
			return nil, err
		}
		var right expression
		right, err = p.sum()
		return comparison{op, left, right}, err
	default:
		return left, nil
	}
	if not {
		e = negation{e}
	}
	return e, err
}

// like reads a text or a regular expression behind like or =~.
func (p *parser) like(left expression) (expression, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.isSign("/") {
		re, err := p.regex()
		return matches{left, re}, err
	}
	t, err := p.expect(stringToken)
	return contains{left, t.text}, err
}

// maxProgram is how many instructions a regular expression may compile to.
const maxProgram = 4000

// regex reads a regular expression between slashes. Matching takes linear
// time, so what would not is not part of the language.
func (p *parser) regex() (*regexp.Regexp, error) {
	t, err := p.regexToken()
	if err != nil {
		return nil, err
	}
	tree, err := syntax.Parse(t.text, syntax.Perl)
	if err != nil {
		return nil, p.fail(t, "invalid regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	if program, err := syntax.Compile(tree.Simplify()); err != nil || len(program.Inst) > maxProgram {
		return nil, p.fail(t, "the regular expression is too large")
	}
	return regexp.MustCompile(t.text), nil
}

// in reads a list of values in brackets.
func (p *parser) in(left expression) (expression, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.take("["); err != nil {
		return nil, err
	}
	list, err := p.list("]", p.expression)
	return membership{left, list}, err
}

// list reads expressions between commas and the sign that ends them.
func (p *parser) list(end string, one func() (expression, error)) (list []expression, err error) {
	if p.isSign(end) {
		return nil, p.advance()
	}
	for {
		e, err := one()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
		if p.isSign(",") {
			if err := p.advance(); err != nil {
				return nil, err
			}
			continue
		}
		return list, p.take(end)
	}
}

func (p *parser) sum() (expression, error) {
	return p.arithmetic([]string{"+", "-"}, p.product)
}

func (p *parser) product() (expression, error) {
	return p.arithmetic([]string{"*", "/", "%"}, p.power)
}

func (p *parser) arithmetic(signs []string, part func() (expression, error)) (expression, error) {
	left, err := part()
	for err == nil && p.isSign(signs...) {
		op := p.next.text
		if err = p.advance(); err != nil {
			break
		}
		var right expression
		if right, err = part(); err == nil {
			left = arithmetic{op, left, right}
		}
	}
	return left, err
}

func (p *parser) power() (expression, error) {
	left, err := p.signed()
	if err != nil || !p.isSign("^") {
		return left, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	right, err := p.nested(p.power)
	return arithmetic{"^", left, right}, err
}

func (p *parser) signed() (expression, error) {
	if !p.isSign("-") {
		return p.primary()
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	of, err := p.nested(p.signed)
	return arithmetic{"-", constant{numberOf(0)}, of}, err
}

func (p *parser) primary() (expression, error) {
	t := p.next
	switch {
	case p.isSign("("):
		if err := p.advance(); err != nil {
			return nil, err
		}
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		return e, p.take(")")
	case t.kind == stringToken:
		return constant{textOf(t.text)}, p.advance()
	case t.kind == numberToken:
		n, ok := parseNumber(t.text)
		if !ok {
			return nil, p.fail(t, "the number %s is too large", t.text)
		}
		return constant{numberOf(n)}, p.advance()
	case t.kind == quotedToken, t.kind == nameToken && !isReserved(t.text):
		if err := p.advance(); err != nil {
			return nil, err
		}
		if t.kind == nameToken && p.isSign("(") {
			return p.call(t)
		}
		return p.field(t)
	}
	return nil, p.unexpected()
}

// field is what a name means where it stands. An aggregate's own fields are
// those that it computes.
func (p *parser) field(t token) (expression, error) {
	if t.kind == nameToken {
		switch strings.ToLower(t.text) {
		case "true":
			return constant{truthOf(true)}, nil
		case "false":
			return constant{truthOf(false)}, nil
		}
	}
	if p.stats != nil {
		return nil, p.fail(t, "the field %s stands outside of an aggregation function", t.text)
	}
	return p.scope.name(t.text), nil
}

// isReserved are the words that cannot be names without backquotes.
func isReserved(word string) bool {
	switch strings.ToLower(word) {
	case "and", "or", "not", "like", "in", "as", "by":
		return true
	}
	return false
}

type (
	logical struct {
		both        bool
		left, right expression
	}
	negation   struct{ of expression }
	comparison struct {
		op          string
		left, right expression
	}
	contains struct {
		of   expression
		text string
	}
	matches struct {
		of expression
		re *regexp.Regexp
	}
	membership struct {
		of   expression
		list []expression
	}
	arithmetic struct {
		op          string
		left, right expression
	}
)

func (e logical) eval(r *row) value {
	if e.left.eval(r).holds() != e.both {
		return truthOf(!e.both)
	}
	return truthOf(e.right.eval(r).holds())
}

func (e negation) eval(r *row) value { return truthOf(!e.of.eval(r).holds()) }

func (e contains) eval(r *row) value {
	v := e.of.eval(r)
	return truthOf(v.kind != null && strings.Contains(v.String(), e.text))
}

func (e matches) eval(r *row) value {
	v := e.of.eval(r)
	return truthOf(v.kind != null && e.re.MatchString(v.String()))
}

func (e membership) eval(r *row) value {
	v := e.of.eval(r)
	for _, one := range e.list {
		if v.equal(one.eval(r)) {
			return truthOf(true)
		}
	}
	return truthOf(false)
}

// eval compares. A field that is missing is unequal to everything, and neither
// less nor more.
func (e comparison) eval(r *row) value {
	a, b := e.left.eval(r), e.right.eval(r)
	switch e.op {
	case "=":
		return truthOf(a.equal(b))
	case "!=":
		return truthOf(!a.equal(b))
	case ">", "<=":
		a, b = b, a
	}
	less, ok := a.less(b)
	return truthOf(ok && less == (e.op == "<" || e.op == ">"))
}

// eval calculates. What is no number makes the result null, and so does a
// result that is none.
func (e arithmetic) eval(r *row) value {
	a, aok := e.left.eval(r).number()
	b, bok := e.right.eval(r).number()
	if !aok || !bok {
		return value{}
	}
	switch e.op {
	case "+":
		a += b
	case "-":
		a -= b
	case "*":
		a *= b
	case "/":
		a /= b
	case "%":
		a = math.Mod(a, b)
	case "^":
		a = math.Pow(a, b)
	}
	return finite(a)
}

func finite(n float64) value {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return value{}
	}
	return numberOf(n)
}
