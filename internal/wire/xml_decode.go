package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// xmlDecoder is the Decoder of REST bodies. Elements are matched by their
// local names, whatever their namespace; unknown ones are passed over. A
// document type is refused, so no entity but the five of XML is ever expanded.
type xmlDecoder struct {
	in    *xml.Decoder
	start xml.StartElement // of the value to come
	depth int
	err   error
	stack []xmlFrame
	// attr is the value of the attribute that NextField has just found.
	attr *string
}

// xmlFrame is one open structure, list or map.
type xmlFrame struct {
	s     *Struct
	hint  int
	attrs []xml.Attr // of a structure, those not yet looked at
	t     *Type      // of a list or map
	begun bool       // a flat list's only item, a map's entry, a text has been read
}

// newXMLDecoder returns a decoder that stands at the root element of a
// document.
func newXMLDecoder(body []byte) *xmlDecoder {
	d := &xmlDecoder{in: xml.NewDecoder(bytes.NewReader(body))}
	if !d.element() {
		d.fail()
	}
	return d
}

// Err implements Decoder. It refuses a document that goes on after its root.
func (d *xmlDecoder) Err() error {
	for d.err == nil {
		t, err := d.in.Token()
		if err == io.EOF {
			return nil
		}
		if c, ok := t.(xml.CharData); err != nil || ok && len(bytes.TrimSpace(c)) > 0 {
			d.fail()
		}
		switch t.(type) {
		case xml.StartElement, xml.EndElement, xml.Directive:
			d.fail()
		}
	}
	return d.err
}

func (d *xmlDecoder) fail() {
	if d.err == nil {
		d.err = &aws.Error{Code: "MalformedXML", Message: malformedXML}
	}
}

// token returns the next token that matters. Comments and processing
// instructions do not.
func (d *xmlDecoder) token() xml.Token {
	for d.err == nil {
		t, err := d.in.Token()
		if err != nil {
			d.fail()
			return nil
		}
		switch t.(type) {
		case xml.Comment, xml.ProcInst:
			continue
		case xml.Directive:
			d.fail()
			return nil
		case xml.StartElement:
			if d.depth++; d.depth > maxDepth {
				d.fail()
				return nil
			}
		case xml.EndElement:
			d.depth--
		}
		return t
	}
	return nil
}

// element goes to the next element inside the open one; false means that the
// open one has ended. Text between elements is white space or nobody's.
func (d *xmlDecoder) element() bool {
	for {
		switch t := d.token().(type) {
		case xml.StartElement:
			d.start = t
			return true
		case xml.EndElement, nil:
			return false
		}
	}
}

// skip passes over the rest of the element that has just begun.
func (d *xmlDecoder) skip() {
	for open := 1; open > 0; {
		switch d.token().(type) {
		case xml.StartElement:
			open++
		case xml.EndElement:
			open--
		case nil:
			return
		}
	}
}

func (d *xmlDecoder) top() *xmlFrame { return &d.stack[len(d.stack)-1] }

func (d *xmlDecoder) pop() { d.stack = d.stack[:len(d.stack)-1] }

// BeginStruct implements Decoder.
func (d *xmlDecoder) BeginStruct(s *Struct) {
	d.stack = append(d.stack, xmlFrame{s: s, attrs: d.start.Attr})
}

// NextField implements Decoder.
func (d *xmlDecoder) NextField() int {
	top := d.top()
	if i := d.nextAttr(top); i >= 0 {
		return i
	}
	if i := top.s.text(); i >= 0 {
		if d.err == nil && !top.begun {
			top.begun = true
			return i
		}
		d.pop()
		return -1
	}
	for d.element() {
		i := fieldNamed(top.s, d.start.Name.Local, top.hint)
		if i >= 0 && top.s.Fields[i].In == InBody && !top.s.Fields[i].Attr {
			top.hint = i
			return i
		}
		d.skip()
	}
	d.pop()
	return -1
}

// nextAttr finds the next attribute that is a member.
func (d *xmlDecoder) nextAttr(top *xmlFrame) int {
	for d.err == nil && len(top.attrs) > 0 {
		a := top.attrs[0]
		top.attrs = top.attrs[1:]
		for i := range top.s.Fields {
			f := &top.s.Fields[i]
			_, local, _ := strings.Cut(f.Wire, ":")
			if f.Attr && local == a.Name.Local {
				d.attr = &a.Value
				return i
			}
		}
	}
	return -1
}

// BeginList implements Decoder.
func (d *xmlDecoder) BeginList(t *Type) { d.stack = append(d.stack, xmlFrame{t: t}) }

// NextItem implements Decoder. The one item of a flat list is the element
// that NextField has found; the next item is a member again.
func (d *xmlDecoder) NextItem() bool {
	top := d.top()
	if top.t.Flat {
		if !top.begun && d.err == nil {
			top.begun = true
			return true
		}
		d.pop()
		return false
	}
	for d.element() {
		if d.start.Name.Local == top.t.ItemName {
			return true
		}
		d.skip()
	}
	d.pop()
	return false
}

// BeginMap implements Decoder.
func (d *xmlDecoder) BeginMap(t *Type) { d.stack = append(d.stack, xmlFrame{t: t}) }

// NextKey implements Decoder.
func (d *xmlDecoder) NextKey() (string, bool) {
	top := d.top()
	if top.begun && d.element() { // something behind the value of the entry before
		d.fail()
	}
	top.begun = d.element()
	if !top.begun {
		d.pop()
		return "", false
	}
	if !d.element() || d.start.Name.Local != top.t.KeyName {
		d.fail()
	}
	k := d.chars()
	if !d.element() || d.start.Name.Local != top.t.ValueName {
		d.fail()
	}
	return k, d.err == nil
}

// chars reads the text of a scalar up to the end of its element.
func (d *xmlDecoder) chars() string {
	if d.attr != nil {
		s := *d.attr
		d.attr = nil
		return s
	}
	var b []byte
	for {
		switch t := d.token().(type) {
		case xml.CharData:
			b = append(b, t...)
		case xml.EndElement:
			return string(b)
		case xml.StartElement:
			d.fail()
		case nil:
			return ""
		}
	}
}

// String implements Decoder.
func (d *xmlDecoder) String(*Type) string { return d.chars() }

// Bool implements Decoder.
func (d *xmlDecoder) Bool(t *Type) bool { return scalar(d, parseBool) }

// Int implements Decoder.
func (d *xmlDecoder) Int(_ *Type, bits int) int64 {
	return scalar(d, func(s string) (int64, error) { return strconv.ParseInt(s, 10, bits) })
}

// Float implements Decoder.
func (d *xmlDecoder) Float(*Type) float64 {
	return scalar(d, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
}

// Time implements Decoder.
func (d *xmlDecoder) Time(*Type) time.Time { return scalar(d, parseTime) }

// Blob implements Decoder.
func (d *xmlDecoder) Blob(*Type) []byte { return scalar(d, base64.StdEncoding.DecodeString) }

// scalar reads a value whose text parse understands.
func scalar[T any](d *xmlDecoder, parse func(string) (T, error)) T {
	v, err := parse(strings.TrimSpace(d.chars()))
	if err != nil {
		d.fail()
	}
	return v
}

// parseBool reads the two spellings of XML Schema.
func parseBool(s string) (bool, error) {
	switch s {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, strconv.ErrSyntax
}
