package insights

import (
	"cmp"
	"container/heap"
	"slices"
)

// sortKey is a slot that rows are sorted by.
type sortKey struct {
	slot       int
	descending bool
}

// ranked is a row that is kept, and its place among those that came.
type ranked struct {
	*row
	at int64
}

// compareRows orders rows by their keys, and by what came first.
func compareRows(keys []sortKey, a, b ranked) int {
	for _, k := range keys {
		v, w := a.vals[k.slot], b.vals[k.slot]
		c := v.order(w)
		if k.descending && v.kind != null && w.kind != null {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(a.at, b.at)
}

// best keeps the first n rows of an order. It is a heap with the last of them
// on top.
type best struct {
	keys []sortKey
	n    int
	rows []ranked
}

func (b *best) Len() int           { return len(b.rows) }
func (b *best) Less(i, j int) bool { return compareRows(b.keys, b.rows[i], b.rows[j]) > 0 }
func (b *best) Swap(i, j int)      { b.rows[i], b.rows[j] = b.rows[j], b.rows[i] }
func (b *best) Push(x any)         { b.rows = append(b.rows, x.(ranked)) }
func (b *best) Pop() any           { panic("nothing is taken from the heap") }

// add keeps the row if it is among the first n. Place is its number among
// those that came.
func (b *best) add(run *run, r *row, place int64) error {
	next := ranked{r, place}
	full := len(b.rows) == b.n
	if full && compareRows(b.keys, next, b.rows[0]) > 0 {
		return nil
	}
	next.row = r.keep()
	size := next.size()
	if full {
		size -= b.rows[0].size()
		b.rows[0] = next
		heap.Fix(b, 0)
	} else {
		heap.Push(b, next)
	}
	return run.retain(size)
}

// emit hands the rows on, in order.
func (b *best) emit(next sink) error {
	slices.SortFunc(b.rows, func(x, y ranked) int { return compareRows(b.keys, x, y) })
	for _, r := range b.rows {
		if err := next.push(r.row); err != nil {
			return err
		}
	}
	return nil
}

// limitCommand lets through the first rows of an order, or, without one, those
// that come first. N is 0 for the limit of the query.
type limitCommand struct {
	n     int
	order []sortKey
}

func (c *limitCommand) open(r *run, next sink) sink {
	n := c.n
	if n == 0 {
		if n = r.query.Limit; n <= 0 || n > MaxRows {
			n = MaxRows
		}
	}
	if c.order == nil {
		return &firstSink{n, next}
	}
	return &bestSink{best: best{keys: c.order, n: n}, run: r, next: next}
}

type firstSink struct {
	left int
	next sink
}

func (s *firstSink) push(r *row) error {
	s.left--
	if err := s.next.push(r); err != nil || s.left > 0 {
		return err
	}
	return errEnough
}

func (s *firstSink) finish() error { return s.next.finish() }

type bestSink struct {
	best
	run  *run
	next sink
	came int64
}

func (s *bestSink) push(r *row) error {
	s.came++
	return s.add(s.run, r, s.came)
}

func (s *bestSink) finish() error {
	if err := s.emit(s.next); err != nil && err != errEnough {
		return err
	}
	return s.next.finish()
}

// dedupCommand lets through the first row, in order, for each value of some
// fields, and rows that lack one of them.
type dedupCommand struct {
	by    []expression
	order []sortKey
}

func (c *dedupCommand) open(r *run, next sink) sink {
	return &dedupSink{command: c, run: r, next: next, seen: map[string]ranked{}, lacking: best{keys: c.order, n: MaxRows}}
}

type dedupSink struct {
	command *dedupCommand
	run     *run
	next    sink
	seen    map[string]ranked
	lacking best // rows that lack a field
	came    int64
	key     []byte
}

func (s *dedupSink) push(r *row) error {
	s.came++
	var complete bool
	if s.key, complete = appendKey(s.key[:0], s.command.by, r); !complete {
		return s.lacking.add(s.run, r, s.came)
	}
	first, ok := s.seen[string(s.key)]
	if ok && compareRows(s.command.order, first, ranked{r, s.came}) < 0 {
		return nil
	}
	kept := ranked{r.keep(), s.came}
	s.seen[string(s.key)] = kept
	if ok {
		return s.run.retain(kept.size() - first.size())
	}
	return s.run.retain(kept.size() + len(s.key))
}

func (s *dedupSink) finish() error {
	for _, r := range s.seen {
		s.lacking.rows = append(s.lacking.rows, r)
	}
	if err := s.lacking.emit(s.next); err != nil && err != errEnough {
		return err
	}
	return s.next.finish()
}

// appendKey appends the values of expressions, so that different values make
// different keys. It is not complete if one of them is null.
func appendKey(key []byte, by []expression, r *row) (_ []byte, complete bool) {
	complete = true
	for _, e := range by {
		v := e.eval(r)
		if v.kind == null {
			complete = false
			key = append(key, 0)
			continue
		}
		for _, c := range []byte(v.String()) {
			if c <= 2 { // so that the end of a value is none of its bytes
				key = append(key, 2)
			}
			key = append(key, c)
		}
		key = append(key, 1)
	}
	return key, complete
}
