package wire

import (
	"encoding/base64"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// maxDepth is how deep a document may nest. Nothing in the models comes near.
const maxDepth = 64

// JSONDecoder is the Decoder of the JSON protocols. Members that the model
// does not know, and members that are null, are passed over. Everything else
// must be JSON to the letter and of the member's type.
type JSONDecoder struct {
	in    []byte
	pos   int
	err   error
	stack []jsonFrame
	room  [8]jsonFrame // for the stack, so that few documents need more
}

// jsonFrame is one open object or list.
type jsonFrame struct {
	s     *Struct // nil in maps and lists
	hint  int     // the field after the one found last
	begun bool    // an element has been read, so a comma must come
}

// NewJSONDecoder returns a decoder of a whole body. An empty one is an empty
// structure.
func NewJSONDecoder(body []byte) *JSONDecoder {
	d := &JSONDecoder{in: body}
	d.stack = d.room[:0]
	if !utf8.Valid(body) {
		d.fail("Invalid UTF-8 in the request body")
	}
	if d.peek() == 0 && d.pos == len(d.in) {
		d.in, d.pos = []byte("{}"), 0
	}
	return d
}

// Err implements Decoder. It refuses a body that goes on after its value.
func (d *JSONDecoder) Err() error {
	if d.err == nil {
		if d.peek(); d.pos < len(d.in) {
			d.fail("Unexpected content after the end of the request body")
		}
	}
	return d.err
}

func (d *JSONDecoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = aws.Errorf("SerializationException", format, args...)
	}
}

// peek returns the next byte that is not white space, 0 at the end.
func (d *JSONDecoder) peek() byte {
	for d.pos < len(d.in) {
		switch c := d.in[d.pos]; c {
		case ' ', '\t', '\n', '\r':
			d.pos++
		default:
			return c
		}
	}
	return 0
}

// accept takes the next byte when it is c.
func (d *JSONDecoder) accept(c byte) bool {
	if d.peek() == c {
		d.pos++
		return true
	}
	return false
}

// open begins an object or a list.
func (d *JSONDecoder) open(c byte, s *Struct, wrong string) {
	if !d.accept(c) {
		d.mismatch(wrong)
	}
	if len(d.stack) == maxDepth {
		d.fail("The request body is nested too deeply")
	}
	d.stack = append(d.stack, jsonFrame{s: s})
}

// next goes to the next element and reports whether there is one; at the end
// it closes the object or list.
func (d *JSONDecoder) next(end byte) bool {
	top := &d.stack[len(d.stack)-1]
	if d.err == nil && !d.accept(end) {
		if !top.begun || d.accept(',') {
			top.begun = true
			return true
		}
		d.syntax()
	}
	d.stack = d.stack[:len(d.stack)-1]
	return false
}

// syntax refuses what stands at the current position.
func (d *JSONDecoder) syntax() {
	if c := d.peek(); c == 0 && d.pos == len(d.in) {
		d.fail("Unexpected end of the request body")
	} else {
		d.fail("Unexpected character %q at position %d of the request body", c, d.pos)
	}
}

// mismatch refuses a value of another type than the member's.
func (d *JSONDecoder) mismatch(want string) {
	switch c := d.peek(); {
	case c == '{':
		d.fail("Start of structure or map found where not expected.")
	case c == '[':
		d.fail("Start of list found where not expected.")
	case c == '"':
		d.fail("STRING_VALUE can not be converted to %s", want)
	case c == 't':
		d.fail("TRUE_VALUE can not be converted to %s", want)
	case c == 'f':
		d.fail("FALSE_VALUE can not be converted to %s", want)
	case c == 'n':
		d.fail("NULL_VALUE can not be converted to %s", want)
	case c == '-' || '0' <= c && c <= '9':
		d.fail("NUMBER_VALUE can not be converted to %s", want)
	default:
		d.syntax()
	}
}

// BeginStruct implements Decoder.
func (d *JSONDecoder) BeginStruct(s *Struct) { d.open('{', s, "a Structure") }

// NextField implements Decoder.
func (d *JSONDecoder) NextField() int {
	for d.next('}') {
		top := &d.stack[len(d.stack)-1]
		i := fieldNamed(top.s, d.key(), top.hint)
		if d.err != nil {
			continue
		}
		if i >= 0 && d.peek() != 'n' {
			top.hint = i + 1
			return i
		}
		d.skip()
	}
	return -1
}

// key reads a member's name and the colon behind it.
func (d *JSONDecoder) key() []byte {
	if d.peek() != '"' {
		d.syntax()
		return nil
	}
	s := d.text()
	if !d.accept(':') {
		d.syntax()
	}
	return s
}

// BeginList implements Decoder.
func (d *JSONDecoder) BeginList(*Type) { d.open('[', nil, "a List") }

// NextItem implements Decoder.
func (d *JSONDecoder) NextItem() bool { return d.next(']') }

// BeginMap implements Decoder.
func (d *JSONDecoder) BeginMap(*Type) { d.open('{', nil, "a Map") }

// NextKey implements Decoder. A key whose value is null is passed over.
func (d *JSONDecoder) NextKey() (string, bool) {
	for d.next('}') {
		k := d.key()
		if d.err != nil {
			continue
		}
		if d.peek() != 'n' {
			return string(k), true
		}
		d.skip()
	}
	return "", false
}

// String implements Decoder.
func (d *JSONDecoder) String(*Type) string {
	if d.err != nil || d.peek() != '"' {
		d.mismatch("a String")
		return ""
	}
	return string(d.text())
}

// Bool implements Decoder.
func (d *JSONDecoder) Bool(*Type) bool {
	switch {
	case d.err != nil:
	case d.peek() == 't' && d.literal("true"):
		return true
	case d.peek() == 'f' && d.literal("false"):
	default:
		d.mismatch("a Boolean")
	}
	return false
}

// literal takes the word when it comes next.
func (d *JSONDecoder) literal(word string) bool {
	if len(d.in)-d.pos < len(word) || string(d.in[d.pos:d.pos+len(word)]) != word {
		d.syntax()
		return false
	}
	d.pos += len(word)
	return true
}

// Int implements Decoder. A number with a fraction is accepted when the
// fraction is zero.
func (d *JSONDecoder) Int(_ *Type, bits int) int64 {
	want := "an Integer"
	if bits == 64 {
		want = "a Long"
	}
	s, ok := d.number(want)
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, bits)
	if err == nil {
		return n
	}
	f, ferr := strconv.ParseFloat(s, 64)
	if limit := float64(uint64(1) << (bits - 1)); ferr != nil || f != float64(int64(f)) || f < -limit || f >= limit {
		d.fail("NUMBER_VALUE can not be converted to %s", want)
		return 0
	}
	return int64(f)
}

// Float implements Decoder.
func (d *JSONDecoder) Float(*Type) float64 {
	if d.err == nil && d.peek() == '"' {
		f, err := parseSpecialFloat(string(d.text()))
		if err != nil {
			d.fail("STRING_VALUE can not be converted to a Double")
		}
		return f
	}
	s, ok := d.number("a Double")
	if !ok {
		return 0
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		d.fail("NUMBER_VALUE can not be converted to a Double")
	}
	return f
}

// parseSpecialFloat reads what JSON has no number for.
func parseSpecialFloat(s string) (float64, error) {
	switch s {
	case "NaN", "Infinity", "-Infinity":
		return strconv.ParseFloat(s, 64)
	}
	return 0, strconv.ErrSyntax
}

// Time implements Decoder.
func (d *JSONDecoder) Time(t *Type) time.Time {
	var v time.Time
	var err error
	if t.Time == DefaultTime || t.Time == EpochTime {
		s, ok := d.number("a Timestamp")
		if !ok {
			return v
		}
		n, _ := strconv.ParseFloat(s, 64) // an overflow is out of range as well
		v, err = epochTime(n)
	} else {
		v, err = parseTime(d.String(t))
	}
	if err != nil {
		d.fail("The value is not a valid timestamp")
	}
	return v
}

// Blob implements Decoder.
func (d *JSONDecoder) Blob(t *Type) []byte {
	b, err := base64.StdEncoding.DecodeString(d.String(t))
	if err != nil {
		d.fail("STRING_VALUE can not be converted to a Blob: it is not base64")
	}
	return b
}

// text reads the string that begins at the current position. What it returns
// is a part of the body, unless there are escapes.
func (d *JSONDecoder) text() []byte {
	start := d.pos + 1
	for i := start; i < len(d.in); i++ {
		switch c := d.in[i]; {
		case c == '"':
			d.pos = i + 1
			return d.in[start:i]
		case c == '\\':
			return d.escaped(start, i)
		case c < ' ':
			d.pos = i
			d.syntax()
			return nil
		}
	}
	d.pos = len(d.in)
	d.syntax()
	return nil
}

// escaped reads on from the first escape of a string, which is at i.
func (d *JSONDecoder) escaped(start, i int) []byte {
	buf := append(make([]byte, 0, i-start+32), d.in[start:i]...)
	for i < len(d.in) {
		switch c := d.in[i]; {
		case c == '"':
			d.pos = i + 1
			return buf
		case c < ' ':
			d.pos = i
			d.syntax()
			return nil
		case c != '\\':
			buf = append(buf, c)
			i++
		default:
			r, size := unescape(d.in[i:])
			if size == 0 {
				d.pos = i
				d.syntax()
				return nil
			}
			buf = utf8.AppendRune(buf, r)
			i += size
		}
	}
	d.pos = len(d.in)
	d.syntax()
	return nil
}

// number reads a number to the letter of the grammar.
func (d *JSONDecoder) number(want string) (string, bool) {
	if d.err != nil {
		return "", false
	}
	if c := d.peek(); c != '-' && (c < '0' || c > '9') {
		d.mismatch(want)
		return "", false
	}
	n := numberLength(d.in[d.pos:])
	if n == 0 {
		d.syntax()
		return "", false
	}
	s := string(d.in[d.pos : d.pos+n])
	d.pos += n
	return s, true
}

// skip passes over one value of any kind.
func (d *JSONDecoder) skip() {
	if len(d.stack) >= maxDepth {
		d.fail("The request body is nested too deeply")
		return
	}
	switch c := d.peek(); {
	case c == '"':
		d.text()
	case c == 't':
		d.literal("true")
	case c == 'f':
		d.literal("false")
	case c == 'n':
		d.literal("null")
	case c == '{' || c == '[':
		d.stack = append(d.stack, jsonFrame{})
		d.pos++
		for d.next(c + 2) { // the closing bracket
			if c == '{' {
				d.key()
			}
			if d.err == nil {
				d.skip()
			}
		}
	default:
		d.number("a value")
	}
}
