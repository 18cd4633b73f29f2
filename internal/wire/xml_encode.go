package wire

import (
	"encoding/base64"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

const xmlDeclaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// xmlEncoder is the Encoder of XML bodies: the answers of the query protocol,
// and REST bodies in both directions. Members that travel outside the body
// are left out.
type xmlEncoder struct {
	buf []byte
	// times is the layout of timestamps whose type names none.
	times string
	// next is the element of the value to come; attr says that it is an
	// attribute, bare that it is text without an element.
	next       string
	space      string // namespace to declare on it, with prefix
	prefix     string
	attr, bare bool
	open       []xmlElement
}

// xmlElement is an open structure, list or map.
type xmlElement struct {
	name string // "" when nothing stands around its content
	// attrs is where further attributes of the start tag go.
	attrs int
	t     *Type // of a list or a map
	entry bool  // inside an entry of a map
}

// start writes the start tag of the next element and returns where attributes
// of it would go.
func (e *xmlEncoder) start() int {
	e.buf = append(append(e.buf, '<'), e.next...)
	if e.space != "" {
		e.buf = append(e.buf, " xmlns"...)
		if e.prefix != "" {
			e.buf = append(append(e.buf, ':'), e.prefix...)
		}
		e.buf = append(append(append(e.buf, `="`...), e.space...), '"')
		e.space, e.prefix = "", ""
	}
	at := len(e.buf)
	e.buf = append(e.buf, '>')
	return at
}

func (e *xmlEncoder) end(name string) {
	e.buf = append(append(append(e.buf, "</"...), name...), '>')
}

func (e *xmlEncoder) push(x xmlElement) { e.open = append(e.open, x) }

func (e *xmlEncoder) pop() xmlElement {
	x := e.open[len(e.open)-1]
	e.open = e.open[:len(e.open)-1]
	return x
}

func (e *xmlEncoder) top() *xmlElement { return &e.open[len(e.open)-1] }

// BeginStruct implements Encoder. With no next element, as at the root of a
// query's answer, only the content is written.
func (e *xmlEncoder) BeginStruct(*Struct) {
	x := xmlElement{name: e.next}
	if e.next != "" {
		x.attrs = e.start()
	}
	e.push(x)
}

// Field implements Encoder.
func (e *xmlEncoder) Field(f *Field) bool {
	e.next, e.space, e.prefix = f.element(), f.Space, f.Prefix
	e.attr, e.bare = f.Attr, f.In == Text
	return f.In == InBody || f.In == Text
}

// EndStruct implements Encoder.
func (e *xmlEncoder) EndStruct() {
	if x := e.pop(); x.name != "" {
		e.end(x.name)
	}
}

// BeginList implements Encoder.
func (e *xmlEncoder) BeginList(t *Type, _ int) {
	if !t.Flat {
		e.start()
	}
	e.push(xmlElement{name: e.next, t: t})
}

// Item implements Encoder.
func (e *xmlEncoder) Item() {
	list := e.top()
	e.next = list.t.ItemName
	if list.t.Flat {
		e.next = list.name
	}
}

// EndList implements Encoder.
func (e *xmlEncoder) EndList() {
	if x := e.pop(); !x.t.Flat {
		e.end(x.name)
	}
}

// BeginMap implements Encoder.
func (e *xmlEncoder) BeginMap(t *Type, _ int) {
	if !t.Flat {
		e.start()
	}
	e.push(xmlElement{name: e.next, t: t})
}

// Key implements Encoder.
func (e *xmlEncoder) Key(k string) {
	m := e.top()
	if m.entry {
		e.end(m.entryName())
	}
	m.entry = true
	e.next = m.entryName()
	e.start()
	e.next = m.t.KeyName
	e.text(k)
	e.next = m.t.ValueName
}

// EndMap implements Encoder.
func (e *xmlEncoder) EndMap() {
	m := e.pop()
	if m.entry {
		e.end(m.entryName())
	}
	if !m.t.Flat {
		e.end(m.name)
	}
}

// entryName is the element of a map's entry.
func (x *xmlElement) entryName() string {
	if x.t.Flat {
		return x.name
	}
	return "entry"
}

// text writes a scalar: an element, an attribute of the open structure, or
// the open structure's own content.
func (e *xmlEncoder) text(s string) {
	switch {
	case e.attr:
		attr := append(append([]byte{' '}, e.next...), `="`...)
		attr = append(appendXMLText(attr, s), '"')
		e.buf = slices.Insert(e.buf, e.top().attrs, attr...)
		e.top().attrs += len(attr)
		e.attr = false
	case e.bare:
		e.buf = appendXMLText(e.buf, s)
		e.bare = false
	default:
		e.start()
		e.buf = appendXMLText(e.buf, s)
		e.end(e.next)
	}
}

// String implements Encoder.
func (e *xmlEncoder) String(_ *Type, s string) { e.text(s) }

// Bool implements Encoder.
func (e *xmlEncoder) Bool(_ *Type, b bool) { e.text(strconv.FormatBool(b)) }

// Int implements Encoder.
func (e *xmlEncoder) Int(_ *Type, n int64) { e.text(strconv.FormatInt(n, 10)) }

// Float implements Encoder.
func (e *xmlEncoder) Float(_ *Type, f float64) { e.text(strconv.FormatFloat(f, 'g', -1, 64)) }

// Time implements Encoder.
func (e *xmlEncoder) Time(t *Type, v time.Time) {
	if t.Time == DefaultTime {
		e.text(v.UTC().Format(e.times))
		return
	}
	e.text(formatTime(t.Time, v))
}

// Blob implements Encoder.
func (e *xmlEncoder) Blob(_ *Type, b []byte) { e.text(base64.StdEncoding.EncodeToString(b)) }

// appendXMLText appends s with everything escaped that markup or a parser's
// normalization would change. Characters that XML cannot carry become the
// replacement character.
func appendXMLText(buf []byte, s string) []byte {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '&':
			buf = append(buf, "&amp;"...)
		case r == '<':
			buf = append(buf, "&lt;"...)
		case r == '>':
			buf = append(buf, "&gt;"...)
		case r == '"':
			buf = append(buf, "&quot;"...)
		case r == '\r':
			buf = append(buf, "&#13;"...)
		case r < ' ' && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF:
			buf = utf8.AppendRune(buf, utf8.RuneError)
		default:
			buf = utf8.AppendRune(buf, r)
		}
		i += size
	}
	return buf
}
