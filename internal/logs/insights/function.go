package insights

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// function is a function of values.
type function struct {
	min, max int // arguments; max is -1 for any number
	of       func(args []value) value
}

// functions by name, in lower case.
var functions = map[string]function{
	"abs":      numeric(math.Abs),
	"ceil":     numeric(math.Ceil),
	"floor":    numeric(math.Floor),
	"log":      numeric(math.Log),
	"sqrt":     numeric(math.Sqrt),
	"greatest": {1, -1, func(a []value) value { return most(a, 1) }},
	"least":    {1, -1, func(a []value) value { return most(a, -1) }},

	"ispresent": {1, 1, func(a []value) value { return truthOf(a[0].kind != null) }},
	"coalesce": {1, -1, func(a []value) value {
		for _, v := range a {
			if v.kind != null {
				return v
			}
		}
		return value{}
	}},

	"isempty": {1, 1, func(a []value) value { return truthOf(a[0].String() == "") }},
	"isblank": {1, 1, func(a []value) value { return truthOf(strings.TrimSpace(a[0].String()) == "") }},
	"concat":  {1, -1, concat},
	"trim":    {1, 2, trimmed(strings.TrimFunc, strings.Trim)},
	"ltrim":   {1, 2, trimmed(strings.TrimLeftFunc, strings.TrimLeft)},
	"rtrim":   {1, 2, trimmed(strings.TrimRightFunc, strings.TrimRight)},
	"strlen":  {1, 1, present(func(a []value) value { return numberOf(float64(utf8.RuneCountInString(a[0].String()))) })},
	"toupper": {1, 1, present(func(a []value) value { return textOf(strings.ToUpper(a[0].String())) })},
	"tolower": {1, 1, present(func(a []value) value { return textOf(strings.ToLower(a[0].String())) })},
	"substr":  {2, 3, present(substr)},
	"replace": {3, 3, present(replace)},
	"strcontains": {2, 2, func(a []value) value {
		return truthOf(a[0].kind != null && a[1].kind != null && strings.Contains(a[0].String(), a[1].String()))
	}},
	"jsonparse":     {1, 1, func(a []value) value { return a[0] }}, // paths into it are looked up in its text
	"jsonstringify": {1, 1, func(a []value) value { return a[0] }},

	"tomillis": {1, 1, present(func(a []value) value {
		if n, ok := a[0].number(); ok {
			return numberOf(n)
		}
		return value{}
	})},
	"frommillis": {1, 1, present(func(a []value) value {
		if n, ok := a[0].number(); ok && math.Abs(n) < 1e15 {
			return instantOf(math.Floor(n))
		}
		return value{}
	})},

	"isvalidip":      {1, 1, func(a []value) value { return truthOf(address(a[0]).IsValid()) }},
	"isvalidipv4":    {1, 1, func(a []value) value { return truthOf(address(a[0]).Is4()) }},
	"isvalidipv6":    {1, 1, func(a []value) value { return truthOf(address(a[0]).Is6()) }},
	"isipinsubnet":   {2, 2, func(a []value) value { return truthOf(inSubnet(a, 0)) }},
	"isipv4insubnet": {2, 2, func(a []value) value { return truthOf(inSubnet(a, 4)) }},
	"isipv6insubnet": {2, 2, func(a []value) value { return truthOf(inSubnet(a, 6)) }},
}

// present makes a function null if its first argument is.
func present(f func([]value) value) func([]value) value {
	return func(a []value) value {
		if a[0].kind == null {
			return value{}
		}
		return f(a)
	}
}

func numeric(f func(float64) float64) function {
	return function{1, 1, func(a []value) value {
		n, ok := a[0].number()
		if !ok {
			return value{}
		}
		return finite(f(n))
	}}
}

// most returns the largest (sign is 1) or smallest number.
func most(args []value, sign float64) value {
	best := math.Inf(-1)
	for _, v := range args {
		n, ok := v.number()
		if !ok {
			return value{}
		}
		best = max(best, n*sign)
	}
	return numberOf(best * sign)
}

// trimmed removes white space or, if there is a second argument, its
// characters.
func trimmed(space func(string, func(rune) bool) string, set func(string, string) string) func([]value) value {
	return present(func(a []value) value {
		if len(a) == 1 {
			return textOf(space(a[0].String(), unicode.IsSpace))
		}
		return textOf(set(a[0].String(), a[1].String()))
	})
}

// substr returns the characters from an index on, or so many of them.
func substr(a []value) value {
	runes := []rune(a[0].String())
	start, ok := a[1].number()
	if !ok {
		return value{}
	}
	from := int(min(max(start, 0), float64(len(runes))))
	to := len(runes)
	if len(a) == 3 {
		length, ok := a[2].number()
		if !ok {
			return value{}
		}
		to = from + int(min(max(length, 0), float64(len(runes)-from)))
	}
	return textOf(string(runes[from:to]))
}

// maxText bounds the texts that functions make, in bytes: a longer one is
// null. It is the length of the longest message there is.
const maxText = 1 << 20

func concat(args []value) value {
	var b strings.Builder
	for _, v := range args {
		text := v.String()
		if b.Len()+len(text) > maxText {
			return value{}
		}
		b.WriteString(text)
	}
	return textOf(b.String())
}

func replace(a []value) value {
	text, old, by := a[0].String(), a[1].String(), a[2].String()
	if n := strings.Count(text, old); len(text)+n*len(by) > maxText {
		return value{}
	}
	return textOf(strings.ReplaceAll(text, old, by))
}

// call reads the arguments of a function whose name has been read.
func (p *parser) call(name token) (expression, error) {
	if e, ok, err := p.column(name); ok || err != nil {
		return e, err
	}
	lower := strings.ToLower(name.text)
	if _, ok := aggregationFunctions[lower]; ok {
		if p.stats == nil {
			return nil, p.fail(name, "the aggregation function %s stands outside of stats", name.text)
		}
		return p.aggregate(name)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	switch lower {
	case "bin", "datefloor", "dateceil":
		return p.truncation(name)
	case "now":
		return nowCall{}, p.take(")")
	}
	f, ok := functions[lower]
	if !ok {
		return nil, p.fail(name, "unknown function %s", name.text)
	}
	args, err := p.list(")", p.expression)
	if err != nil {
		return nil, err
	}
	if len(args) < f.min || f.max >= 0 && len(args) > f.max {
		return nil, p.failAt(name.start, p.last, "wrong number of arguments for %s", name.text)
	}
	return &functionCall{f.of, args}, nil
}

// column reads a call that is the name of a field: behind stats, count(*) and
// bin(5m) are what the group has under these names.
func (p *parser) column(name token) (expression, bool, error) {
	if p.stats != nil {
		return nil, false, nil
	}
	longest := ""
	for text := range p.scope.columns {
		if len(text) > len(longest) && strings.HasSuffix(text, ")") && strings.HasPrefix(p.text[name.start:], text) {
			longest = text
		}
	}
	if longest == "" {
		return nil, false, nil
	}
	p.next.end = name.start + len(longest)
	return slotField(p.scope.columns[longest]), true, p.advance()
}

type functionCall struct {
	of   func([]value) value
	args []expression
}

func (c *functionCall) eval(r *row) value {
	var room [4]value
	args := room[:0]
	for _, a := range c.args {
		args = append(args, a.eval(r))
	}
	return c.of(args)
}

// nowCall is the time of the query in seconds since 1970.
type nowCall struct{}

func (nowCall) eval(r *row) value { return numberOf(float64(r.now.Unix())) }
