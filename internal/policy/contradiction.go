package policy

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Contradictions returns the sets of conditions that no request meets
// together, each by their places in the statement. The conditions of a set
// are about one key; a set of one can never hold by itself. What is not
// returned may still be impossible: where every value would have to be tried,
// nothing is claimed.
//
// several says which keys can have several values, lower case; for these one
// value may meet one condition and another value the other.
func (s *Statement) Contradictions(several func(key string) bool) [][]int {
	var keys []string
	about := make(map[string][]int)
	for i := range s.conditions {
		key := s.conditions[i].key
		if about[key] == nil {
			keys = append(keys, key)
		}
		about[key] = append(about[key], i)
	}
	var out [][]int
	for _, key := range keys {
		g := oneKey{key: key}
		for _, i := range about[key] {
			g.conditions = append(g.conditions, &s.conditions[i])
		}
		if !g.satisfiable(several(key)) {
			out = append(out, about[key])
		}
	}
	return out
}

// oneKey are the conditions of a statement on one key.
type oneKey struct {
	key        string
	conditions []*condition
}

// satisfiable reports whether some value, or none at all, may meet all the
// conditions.
func (g *oneKey) satisfiable(several bool) bool {
	if g.hold(nil) {
		return true
	}
	for _, c := range g.conditions {
		if c.operator == null && !c.holdsNull(false) {
			return false // present it must be, and must not
		}
	}
	for _, c := range g.conditions {
		several = several || c.quantifier != single || c.hasVariables()
	}
	if several {
		return true
	}
	values, complete := g.candidates()
	return !complete || slices.ContainsFunc(values, func(v string) bool { return g.hold([]string{v}) })
}

func (g *oneKey) hold(values []string) bool {
	ctx := Context{g.key: values}
	for _, c := range g.conditions {
		if !c.holds(ctx) {
			return false
		}
	}
	return true
}

func (c *condition) hasVariables() bool {
	return slices.ContainsFunc(c.operands, func(o operand) bool { return o.text.shape == template })
}

// maxTrials bounds how many pairs of values are compared for one key.
const maxTrials = 1 << 20

// candidates returns values of which one meets all the conditions if any
// value does, and whether that is so.
func (g *oneKey) candidates() (values []string, complete bool) {
	operands, one := 0, family(0)
	for _, c := range g.conditions {
		operands += len(c.operands)
		one |= c.family()
	}
	if operands > maxTrials/max(operands, 1) {
		return nil, false
	}
	for _, c := range g.conditions {
		if fixed, ok := c.fixedValues(); ok {
			return fixed, true
		}
	}
	switch one {
	case numbers:
		return g.numbers(), true
	case dates:
		return g.dates(), true
	case addresses:
		return g.addresses(), true
	case folded:
		for _, c := range g.conditions {
			for i := range c.operands {
				values = append(values, c.operands[i].text.pattern)
			}
		}
		return append(values, "\x00"), true // the last is none of them
	}
	return nil, g.disjoint()
}

// family is what the operands of an operator are compared as.
type family uint8

const (
	texts family = 1 << iota
	folded
	arns
	numbers
	dates
	bytesOf
	addresses
)

// families are those of the operators. Null has none.
var families = func() map[*operator]family {
	all := make(map[*operator]family, len(operators))
	for name, op := range operators {
		all[op] = familyOf(name)
	}
	return all
}()

func familyOf(operator string) family {
	switch {
	case strings.HasSuffix(operator, "IgnoreCase"), operator == "Bool":
		return folded
	case strings.HasPrefix(operator, "String"):
		return texts
	case strings.HasPrefix(operator, "Arn"):
		return arns
	case strings.HasPrefix(operator, "Numeric"):
		return numbers
	case strings.HasPrefix(operator, "Date"):
		return dates
	case operator == "BinaryEquals":
		return bytesOf
	}
	return addresses
}

func (c *condition) family() family { return families[c.operator] }

// fixedValues returns the only values that meet the condition, when there are
// finitely many.
func (c *condition) fixedValues() (values []string, ok bool) {
	if f := c.family(); f != texts && f != arns || c.operator.negated {
		return nil, false
	}
	for i := range c.operands {
		if !c.operands[i].text.fixed() {
			return nil, false
		}
		values = append(values, c.operands[i].text.pattern)
	}
	return values, true
}

// numbers returns every operand, and numbers between, below and above them.
func (g *oneKey) numbers() []string {
	var all []float64
	for _, c := range g.conditions {
		for i := range c.operands {
			if o := &c.operands[i]; o.valid {
				all = append(all, o.number)
			}
		}
	}
	slices.Sort(all)
	all = between(all, func(a, b float64) float64 { return a/2 + b/2 }, func(a float64, sign int) float64 { return a + float64(sign) })
	return texted(all, func(n float64) string { return strconv.FormatFloat(n, 'g', -1, 64) })
}

// dates returns every operand, and times between, before and after them.
func (g *oneKey) dates() []string {
	var all []time.Time
	for _, c := range g.conditions {
		for i := range c.operands {
			if o := &c.operands[i]; o.valid {
				all = append(all, o.date)
			}
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	all = between(all, func(a, b time.Time) time.Time { return a.Add(b.Sub(a) / 2) },
		func(a time.Time, sign int) time.Time { return a.Add(time.Duration(sign) * time.Hour) })
	return texted(all, func(t time.Time) string {
		if t.Nanosecond() == 0 {
			return strconv.FormatInt(t.Unix(), 10)
		}
		return t.UTC().Format(time.RFC3339Nano)
	})
}

// between adds to sorted values one between each two of them, one below and
// one above.
func between[T any](all []T, middle func(a, b T) T, beyond func(a T, sign int) T) []T {
	if len(all) == 0 {
		return nil
	}
	out := []T{beyond(all[0], -1)}
	for i, v := range all {
		if i > 0 {
			out = append(out, middle(all[i-1], v))
		}
		out = append(out, v)
	}
	return append(out, beyond(all[len(all)-1], 1))
}

func texted[T any](all []T, text func(T) string) []string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = text(v)
	}
	return out
}

// addresses returns the first and the last address of each network and their
// neighbours, and those of all addresses: where any set of networks begins or
// ends.
func (g *oneKey) addresses() []string {
	out := []string{"0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}
	add := func(a netip.Addr) {
		if a.IsValid() {
			out = append(out, a.String())
		}
	}
	for _, c := range g.conditions {
		for i := range c.operands {
			if o := &c.operands[i]; o.valid {
				first, last := o.network.Addr(), lastOf(o.network)
				add(first)
				add(first.Prev())
				add(last)
				add(last.Next())
			}
		}
	}
	return out
}

func lastOf(n netip.Prefix) netip.Addr {
	b := n.Addr().AsSlice()
	for bit := n.Bits(); bit < 8*len(b); bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(b)
	return last
}

// disjoint reports whether two of the conditions, both patterns, have no
// value in common.
func (g *oneKey) disjoint() bool {
	for i, a := range g.conditions {
		for _, b := range g.conditions[i+1:] {
			if a.excludes(b) || b.excludes(a) {
				return true
			}
		}
	}
	return false
}

// excludes reports whether no value that meets c meets other. For ARNs that
// is decided as for texts, whose patterns match more.
func (c *condition) excludes(other *condition) bool {
	const patterns = texts | arns
	if (c.family()|other.family())&^patterns != 0 || c.family() == 0 || other.family() == 0 || c.operator.negated {
		return false
	}
	if other.operator.negated && other.family() != texts {
		return false
	}
	for i := range c.operands {
		p := c.operands[i].text.pattern
		if other.operator.negated && !other.covers(p) || !other.operator.negated && other.meets(p) {
			return false
		}
	}
	return true
}

// meets reports whether an operand has a value in common with a pattern.
func (c *condition) meets(p string) bool {
	return slices.ContainsFunc(c.operands, func(o operand) bool { return meet(p, o.text.pattern) })
}

// covers reports whether an operand matches all that a pattern does. A * takes
// in the wildcards of the other; a ? would, too, and must not.
func (c *condition) covers(p string) bool {
	return slices.ContainsFunc(c.operands, func(o operand) bool {
		return !strings.Contains(o.text.pattern, "\xFE") && matchGlob(o.text.pattern, p, false)
	})
}

// meet reports whether some text matches both compiled patterns. A ? may
// stand for a character of several bytes, so it is taken for a *.
func meet(p, q string) bool {
	p, q = strings.ReplaceAll(p, "\xFE", "\xFF"), strings.ReplaceAll(q, "\xFE", "\xFF")
	// below[j] says whether the rest of p behind the current place and q[j:]
	// can match the same.
	below := make([]bool, len(q)+1)
	here := make([]bool, len(q)+1)
	for i := len(p); i >= 0; i-- {
		for j := len(q); j >= 0; j-- {
			switch {
			case i == len(p) && j == len(q):
				here[j] = true
			case i < len(p) && p[i] == anyRun:
				here[j] = below[j] || j < len(q) && here[j+1]
			case j < len(q) && q[j] == anyRun:
				here[j] = here[j+1] || i < len(p) && below[j]
			default:
				here[j] = i < len(p) && j < len(q) && p[i] == q[j] && below[j+1]
			}
		}
		below, here = here, below
	}
	return below[0]
}

// Idle returns the operands of a condition that no value compares with, by
// their places: a number that is none, an address that is none, a truth that
// is neither true nor false, an ARN without its six parts.
func (s *Statement) Idle(i int) []int {
	c := &s.conditions[i]
	var out []int
	for j := range c.operands {
		if c.idle(&c.operands[j]) {
			out = append(out, j)
		}
	}
	return out
}

func (c *condition) idle(o *operand) bool {
	if o.text.shape == template {
		return false
	}
	switch f := c.family(); {
	case c.operator == null, c.operator == operators["Bool"]:
		return !strings.EqualFold(o.text.pattern, "true") && !strings.EqualFold(o.text.pattern, "false")
	case f == arns:
		return o.text.shape != anything && strings.Count(o.text.pattern, ":") < 5
	case f&(texts|folded) != 0:
		return false
	}
	return !o.valid
}
