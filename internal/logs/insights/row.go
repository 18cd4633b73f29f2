package insights

import (
	"slices"
	"time"
)

// The first slots of an event's row are the fields that every event has.
const (
	timestampSlot = iota
	messageSlot
	ptrSlot
	ingestionSlot
	streamSlot
	groupSlot
	eventSlots
)

var eventFields = map[string]int{
	"@timestamp": timestampSlot, "@message": messageSlot, "@ptr": ptrSlot,
	"@ingestionTime": ingestionSlot, "@logStream": streamSlot, "@log": groupSlot,
}

// row is an event or a group on its way through the pipeline.
type row struct {
	vals       []value
	discovery  discovery
	message    []byte
	discovered bool // the fields of the message are in their slots
	now        time.Time
	calls      []value // results of aggregation functions, while a group becomes a row
}

func (r *row) set(e *Event) {
	clear(r.vals)
	r.message, r.discovered = e.Message, false
	r.vals[timestampSlot] = timeOf(e.Timestamp)
	r.vals[messageSlot] = textOf(borrow(e.Message))
	r.vals[ptrSlot] = textOf(e.Ptr)
	r.vals[ingestionSlot] = timeOf(e.Ingestion)
	r.vals[streamSlot] = textOf(e.Stream)
	r.vals[groupSlot] = textOf(e.Group)
}

func (r *row) discover() {
	if !r.discovered {
		r.discovered = true
		r.discovery.discover(r.message, r.vals)
	}
}

// keep returns a copy of the row that lasts.
func (r *row) keep() *row {
	if r.message != nil {
		r.discover()
	}
	kept := &row{vals: slices.Clone(r.vals), discovered: true, now: r.now}
	for i := range kept.vals {
		kept.vals[i] = kept.vals[i].keep()
	}
	return kept
}

// valueSize and groupSize are about how many bytes a value, without its text,
// and a group take.
const (
	valueSize = 48
	groupSize = 128
)

// size is about how many bytes the row takes once it is kept.
func (r *row) size() int {
	size := groupSize
	for _, v := range r.vals {
		size += valueSize + len(v.text)
	}
	return size
}

// scope is what names mean at some point of a query.
type scope struct {
	columns map[string]int // slots of computed fields
	slots   int
	wanted  map[string]int // slots of discovered fields; nil behind stats
}

// column is a field of the result, with the words that name it.
type column struct {
	name token
	from expression
}

// name returns what a field's name stands for.
func (s *scope) name(name string) expression {
	if slot, ok := s.columns[name]; ok {
		return slotField(slot)
	}
	if inner, ok := s.inner(name); ok {
		return inner
	}
	if s.wanted == nil {
		return constant{} // a group has no other fields
	}
	if slot, ok := eventFields[name]; ok {
		return slotField(slot)
	}
	slot, ok := s.wanted[name]
	if !ok {
		slot = s.slots
		s.slots++
		s.wanted[name] = slot
	}
	return discoveredField(slot)
}

// inner returns what a path into a computed field stands for, whose text is
// JSON.
func (s *scope) inner(name string) (expression, bool) {
	for i := range len(name) {
		if name[i] != '.' {
			continue
		}
		if slot, ok := s.columns[name[:i]]; ok {
			return innerField{slotField(slot), name[i+1:]}, true
		}
	}
	return nil, false
}

// define makes a slot for a new field.
func (s *scope) define(name string) int {
	slot := s.slots
	s.slots++
	if name != "" {
		s.columns[name] = slot
	}
	return slot
}

type (
	constant        struct{ value }
	slotField       int
	discoveredField int
	innerField      struct {
		of   expression
		path string
	}
)

func (c constant) eval(*row) value    { return c.value }
func (f slotField) eval(r *row) value { return r.vals[f] }

func (f discoveredField) eval(r *row) value {
	r.discover()
	return r.vals[f]
}

func (f innerField) eval(r *row) value {
	vals := make([]value, 1)
	d := discovery{wanted: map[string]int{f.path: 0}}
	d.discover([]byte(f.of.eval(r).String()), vals)
	return vals[0]
}
