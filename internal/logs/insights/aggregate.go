package insights

import (
	"hash/maphash"
	"math"
)

// aggregate gathers the values of an expression in a group. It is not given
// nulls.
type aggregate interface {
	add(*run, *row, value) error
	result() value
}

// aggregationFunctions are those that stats commands call.
var aggregationFunctions = map[string]func(call) aggregate{
	"count":          func(call) aggregate { return &count{} },
	"count_distinct": func(call) aggregate { return &distinct{seen: map[uint64]struct{}{}} },
	"sum":            func(call) aggregate { return &moments{of: moments.sum} },
	"avg":            func(call) aggregate { return &moments{of: moments.average} },
	"stddev":         func(call) aggregate { return &moments{of: moments.deviation} },
	"min":            func(call) aggregate { return &extreme{wins: -1} },
	"max":            func(call) aggregate { return &extreme{wins: 1} },
	"sortsfirst":     func(call) aggregate { return &extreme{wins: -1} },
	"sortslast":      func(call) aggregate { return &extreme{wins: 1} },
	"earliest":       func(call) aggregate { return &timed{wins: -1} },
	"latest":         func(call) aggregate { return &timed{wins: 1} },
	"median":         func(call) aggregate { return &percentile{rank: 0.5} },
	"pct":            func(c call) aggregate { return &percentile{rank: c.percent / 100} },
}

func newAggregate(c call) aggregate { return aggregationFunctions[c.function](c) }

type count struct{ n float64 }

func (c *count) add(*run, *row, value) error { c.n++; return nil }
func (c *count) result() value               { return numberOf(c.n) }

// distinct counts values by a hash of 64 bits: of a million values, the chance
// that two share one is less than one in ten million.
type distinct struct{ seen map[uint64]struct{} }

var distinctSeed = maphash.MakeSeed()

func (d *distinct) add(r *run, _ *row, v value) error {
	h := maphash.String(distinctSeed, v.String())
	if _, ok := d.seen[h]; ok {
		return nil
	}
	d.seen[h] = struct{}{}
	return r.retain(valueSize)
}

func (d *distinct) result() value { return numberOf(float64(len(d.seen))) }

// moments are the number, mean and squared deviations of numbers, kept so that
// rounding does not add up. What is no number is left out.
type moments struct {
	n, total, mean, squares float64
	of                      func(moments) value
}

func (m *moments) add(_ *run, _ *row, v value) error {
	x, ok := v.number()
	if !ok {
		return nil
	}
	m.n++
	m.total += x
	delta := x - m.mean
	m.mean += delta / m.n
	m.squares += delta * (x - m.mean)
	return nil
}

func (m *moments) result() value {
	if m.n == 0 {
		return value{}
	}
	return m.of(*m)
}

func (m moments) sum() value     { return finite(m.total) }
func (m moments) average() value { return finite(m.total / m.n) }

// deviation is the standard deviation of all the values, not of a sample.
func (m moments) deviation() value { return finite(math.Sqrt(m.squares / m.n)) }

// extreme is the value that sorts first (wins is -1) or last.
type extreme struct {
	wins int
	best value
}

func (e *extreme) add(r *run, _ *row, v value) error {
	if e.best.kind != null && v.order(e.best)*e.wins <= 0 {
		return nil
	}
	grown := len(v.text) - len(e.best.text)
	e.best = v.keep()
	return r.retain(grown)
}

func (e *extreme) result() value { return e.best }

// timed is the value of the earliest (wins is -1) or latest event that has
// one.
type timed struct {
	wins float64
	at   float64
	best value
}

func (t *timed) add(run *run, r *row, v value) error {
	at := r.vals[timestampSlot].num
	if t.best.kind != null && (at-t.at)*t.wins <= 0 {
		return nil
	}
	grown := len(v.text) - len(t.best.text)
	t.at, t.best = at, v.keep()
	return run.retain(grown)
}

func (t *timed) result() value { return t.best }
