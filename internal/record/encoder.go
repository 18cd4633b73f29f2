package record

import (
	"encoding/base64"
	"strconv"
	"time"

	"github.com/orgtrail/orgtrail/internal/wire"
)

// encoder writes JSON into a buffer. It is also the wire.Encoder that writes
// a shape with the casing and masking of records.
type encoder struct {
	buf  []byte
	more bool // a comma is due before the next value or name

	mask  masking
	exact bool // member names stand as they travel, as S3's do
	shown bool // the member begun last is shown, whatever its type says
}

// masking is what a service's records show in the place of a sensitive text.
type masking string

const (
	hidden  masking = "HIDDEN_DUE_TO_SECURITY_REASONS"
	starred masking = "****"
)

func (e *encoder) begin()     { e.next(); e.buf = append(e.buf, '{'); e.more = false }
func (e *encoder) end()       { e.buf = append(e.buf, '}'); e.more = true }
func (e *encoder) beginList() { e.next(); e.buf = append(e.buf, '['); e.more = false }
func (e *encoder) endList()   { e.buf = append(e.buf, ']'); e.more = true }

// next writes the comma that is due.
func (e *encoder) next() {
	if e.more {
		e.buf = append(e.buf, ',')
		e.more = false
	}
}

// name names a member. Names of records and of models need no escapes.
func (e *encoder) name(s string) {
	e.next()
	e.buf = append(append(append(e.buf, '"'), s...), '"', ':')
}

func (e *encoder) value(s string) { e.next(); e.buf = wire.AppendJSONString(e.buf, s); e.more = true }
func (e *encoder) raw(b []byte)   { e.next(); e.buf = append(e.buf, b...); e.more = true }
func (e *encoder) null()          { e.next(); e.buf = append(e.buf, "null"...); e.more = true }

func (e *encoder) text(name, s string) { e.name(name); e.value(s) }

func (e *encoder) bool(name string, b bool) {
	e.name(name)
	e.buf = strconv.AppendBool(e.buf, b)
	e.more = true
}

// memberName is a member's name in a record: its first letter is lower case.
func (e *encoder) memberName(s string) {
	e.next()
	e.buf = append(e.buf, '"')
	start := len(e.buf)
	e.buf = append(e.buf, s...)
	if c := e.buf[start]; !e.exact && 'A' <= c && c <= 'Z' {
		e.buf[start] = c + 'a' - 'A'
	}
	e.buf = append(e.buf, '"', ':')
}

// BeginStruct begins a structure.
func (e *encoder) BeginStruct(*wire.Struct) { e.begin() }

// EndStruct ends it.
func (e *encoder) EndStruct() { e.end() }

// Field names a member, and writes the value of one that is hidden.
func (e *encoder) Field(f *wire.Field) bool {
	name := f.Name
	if e.exact {
		name = f.Wire
	}
	return e.member(f, name)
}

// member is Field for a member that goes by another name.
func (e *encoder) member(f *wire.Field, name string) bool {
	if f.Record == wire.Unnamed {
		return false
	}
	e.memberName(name)
	if f.Record == wire.Hidden {
		e.value(string(e.mask))
		return false
	}
	e.shown = f.Record == wire.Shown
	return true
}

// BeginList begins a list.
func (e *encoder) BeginList(*wire.Type, int) { e.beginList() }

// Item comes before each item.
func (e *encoder) Item() { e.next() }

// EndList ends it.
func (e *encoder) EndList() { e.endList() }

// BeginMap begins a map, whose keys stand as they are.
func (e *encoder) BeginMap(*wire.Type, int) { e.begin() }

// Key comes before each value of a map.
func (e *encoder) Key(k string) {
	e.next()
	e.buf = append(wire.AppendJSONString(e.buf, k), ':')
}

// EndMap ends it.
func (e *encoder) EndMap() { e.end() }

func (e *encoder) String(t *wire.Type, s string) {
	if t.Sensitive && !e.shown {
		s = string(e.mask)
	}
	e.value(s)
}

func (e *encoder) Bool(_ *wire.Type, b bool) {
	e.next()
	e.buf = strconv.AppendBool(e.buf, b)
	e.more = true
}

func (e *encoder) Int(_ *wire.Type, n int64) {
	e.next()
	e.buf = strconv.AppendInt(e.buf, n, 10)
	e.more = true
}

func (e *encoder) Float(_ *wire.Type, f float64) {
	e.next()
	e.buf = strconv.AppendFloat(e.buf, f, 'g', -1, 64)
	e.more = true
}

// Time writes a time in the long style of records.
func (e *encoder) Time(_ *wire.Type, t time.Time) {
	e.value(t.UTC().Format("Jan 2, 2006 3:04:05 PM"))
}

// Blob writes bytes in base 64, unless they are sensitive.
func (e *encoder) Blob(t *wire.Type, b []byte) {
	if t.Sensitive && !e.shown {
		e.value(string(e.mask))
		return
	}
	e.value(base64.StdEncoding.EncodeToString(b))
}
