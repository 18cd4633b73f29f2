package insights

import (
	"slices"
	"strings"
)

// maxStats is how many stats commands a query may have.
const maxStats = 10

// stats makes one row of each group of rows: what they are grouped by, then
// expressions of the results of aggregation functions.
type stats struct {
	by    []column
	calls []call
	shown []column
	rows  *scope // of what comes out
	timed bool   // what goes in are events
}

// call is an aggregation function and what it is called with.
type call struct {
	function string
	argument expression // nil for count(*)
	percent  float64    // of pct
}

// statsCommand reads "stats expression as alias, … by expression as alias, …".
func (p *parser) statsCommand() error {
	if p.groups++; p.groups > maxStats {
		return p.failAt(p.last, p.last, "a query has at most %d stats commands", maxStats)
	}
	s := &stats{timed: p.query.events}
	var err error
	p.stats = s
	s.shown, err = p.groupColumns()
	p.stats = nil
	if err == nil && p.isWord("by") {
		if err = p.advance(); err == nil {
			s.by, err = p.groupColumns()
		}
	}
	if err != nil {
		return err
	}
	return p.openGroups(s)
}

func (p *parser) groupColumns() (columns []column, err error) {
	err = p.commas(func() error {
		e, name, _, err := p.named()
		columns = append(columns, column{name, e})
		return err
	})
	return columns, err
}

// openGroups goes on with the groups: their fields are the only ones there are.
func (p *parser) openGroups(s *stats) error {
	p.barrier(s)
	p.query.events = false
	p.query.shown = nil
	s.rows = &scope{columns: map[string]int{}}
	p.scope = s.rows
	for _, c := range slices.Concat(s.by, s.shown) {
		slot, err := p.define(c.name)
		if err != nil {
			return err
		}
		p.query.shown = append(p.query.shown, column{c.name, slotField(slot)})
	}
	return nil
}

// aggregate reads the arguments of an aggregation function of the stats
// command that is being read. They speak of the rows that are grouped.
func (p *parser) aggregate(name token) (expression, error) {
	s := p.stats
	p.stats = nil
	defer func() { p.stats = s }()
	c := call{function: strings.ToLower(name.text)}
	if err := p.advance(); err != nil {
		return nil, err
	}
	var err error
	if c.function == "count" && (p.isSign("*") || p.isSign(")")) {
		if p.isSign("*") {
			err = p.advance()
		}
	} else if c.argument, err = p.expression(); err == nil && c.function == "pct" {
		c.percent, err = p.percentage()
	}
	if err != nil {
		return nil, err
	}
	if (c.function == "earliest" || c.function == "latest") && !s.timed {
		return nil, p.fail(name, "%s needs the time of events, which groups do not have", name.text)
	}
	s.calls = append(s.calls, c)
	return callResult(len(s.calls) - 1), p.take(")")
}

func (p *parser) percentage() (float64, error) {
	if err := p.take(","); err != nil {
		return 0, err
	}
	t, err := p.expect(numberToken)
	if err != nil {
		return 0, err
	}
	n, ok := parseNumber(t.text)
	if !ok || n > 100 {
		return 0, p.fail(t, "a percentile is between 0 and 100")
	}
	return n, nil
}

// callResult is the result of a call for the group whose row is made.
type callResult int

func (c callResult) eval(r *row) value { return r.calls[c] }

func (s *stats) open(r *run, next sink) sink {
	sink := &statsSink{stats: s, run: r, next: next, groups: map[string]*group{}}
	for _, c := range s.by {
		sink.by = append(sink.by, c.from)
	}
	return sink
}

type statsSink struct {
	*stats
	run    *run
	next   sink
	groups map[string]*group
	order  []*group // as they came
	key    []byte
	by     []expression
}

type group struct {
	by         []value
	aggregates []aggregate
}

func (s *statsSink) push(r *row) error {
	s.key, _ = appendKey(s.key[:0], s.by, r)
	g := s.groups[string(s.key)]
	if g == nil {
		if err := s.run.retain(groupSize + len(s.key) + valueSize*(len(s.by)+len(s.calls))); err != nil {
			return err
		}
		g = s.newGroup(r)
		s.groups[string(s.key)] = g
		s.order = append(s.order, g)
	}
	for i, c := range s.calls {
		v := value{kind: truth}
		if c.argument != nil {
			if v = c.argument.eval(r); v.kind == null {
				continue
			}
		}
		if err := g.aggregates[i].add(s.run, r, v); err != nil {
			return err
		}
	}
	return nil
}

func (s *statsSink) newGroup(r *row) *group {
	g := &group{}
	for _, e := range s.by {
		g.by = append(g.by, e.eval(r).keep())
	}
	for _, c := range s.calls {
		g.aggregates = append(g.aggregates, newAggregate(c))
	}
	return g
}

// finish hands on the groups in the order in which they came.
func (s *statsSink) finish() error {
	r := &row{vals: make([]value, s.rows.slots), calls: make([]value, len(s.calls)), now: s.run.query.Now}
	for _, g := range s.order {
		clear(r.vals)
		copy(r.vals, g.by)
		for i, a := range g.aggregates {
			r.calls[i] = a.result()
		}
		for i, c := range s.shown {
			r.vals[len(g.by)+i] = c.from.eval(r)
		}
		if err := s.next.push(r); err == errEnough {
			break
		} else if err != nil {
			return err
		}
	}
	return s.next.finish()
}
