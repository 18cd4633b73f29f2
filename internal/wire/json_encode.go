package wire

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// JSONEncoder is the Encoder of the JSON protocols. Members are written with
// the names of the wire.
type JSONEncoder struct{ buf []byte }

// NewJSONEncoder returns an encoder that appends to buf.
func NewJSONEncoder(buf []byte) *JSONEncoder { return &JSONEncoder{buf} }

// Bytes returns what has been written.
func (e *JSONEncoder) Bytes() []byte { return e.buf }

// comma separates the next element from the one before it, if there is one.
// No element ends in one of the bytes that say there is none.
func (e *JSONEncoder) comma() {
	switch e.buf[len(e.buf)-1] {
	case '{', '[', ':':
	default:
		e.buf = append(e.buf, ',')
	}
}

// BeginStruct implements Encoder.
func (e *JSONEncoder) BeginStruct(*Struct) { e.buf = append(e.buf, '{') }

// Field implements Encoder.
func (e *JSONEncoder) Field(f *Field) bool {
	e.comma()
	e.buf = append(e.buf, '"')
	e.buf = append(e.buf, f.Wire...) // names of the model need no escapes
	e.buf = append(e.buf, '"', ':')
	return true
}

// EndStruct implements Encoder.
func (e *JSONEncoder) EndStruct() { e.buf = append(e.buf, '}') }

// BeginList implements Encoder.
func (e *JSONEncoder) BeginList(*Type, int) { e.buf = append(e.buf, '[') }

// Item implements Encoder.
func (e *JSONEncoder) Item() { e.comma() }

// EndList implements Encoder.
func (e *JSONEncoder) EndList() { e.buf = append(e.buf, ']') }

// BeginMap implements Encoder.
func (e *JSONEncoder) BeginMap(*Type, int) { e.buf = append(e.buf, '{') }

// Key implements Encoder.
func (e *JSONEncoder) Key(k string) {
	e.comma()
	e.buf = append(AppendJSONString(e.buf, k), ':')
}

// EndMap implements Encoder.
func (e *JSONEncoder) EndMap() { e.buf = append(e.buf, '}') }

// String implements Encoder.
func (e *JSONEncoder) String(_ *Type, s string) { e.buf = AppendJSONString(e.buf, s) }

// Bool implements Encoder.
func (e *JSONEncoder) Bool(_ *Type, b bool) { e.buf = strconv.AppendBool(e.buf, b) }

// Int implements Encoder.
func (e *JSONEncoder) Int(_ *Type, n int64) { e.buf = strconv.AppendInt(e.buf, n, 10) }

// Float implements Encoder. What JSON has no number for is written as the
// string that AWS uses.
func (e *JSONEncoder) Float(_ *Type, f float64) {
	switch {
	case math.IsNaN(f):
		e.buf = append(e.buf, `"NaN"`...)
	case math.IsInf(f, 1):
		e.buf = append(e.buf, `"Infinity"`...)
	case math.IsInf(f, -1):
		e.buf = append(e.buf, `"-Infinity"`...)
	default:
		e.buf = strconv.AppendFloat(e.buf, f, 'g', -1, 64)
	}
}

// Time implements Encoder.
func (e *JSONEncoder) Time(t *Type, v time.Time) {
	if t.Time == DefaultTime || t.Time == EpochTime {
		e.buf = appendEpoch(e.buf, v)
		return
	}
	e.buf = AppendJSONString(e.buf, formatTime(t.Time, v))
}

// Blob implements Encoder.
func (e *JSONEncoder) Blob(_ *Type, b []byte) {
	e.buf = append(e.buf, '"')
	e.buf = base64.StdEncoding.AppendEncode(e.buf, b)
	e.buf = append(e.buf, '"')
}

// plain are the bytes that stand for themselves in a JSON string.
var plain = func() (p [256]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		p[c] = c != '"' && c != '\\'
	}
	return p
}()

// AppendJSONString appends s as a JSON string. Bytes that are not UTF-8 become
// the replacement character.
func AppendJSONString(buf []byte, s string) []byte {
	const hex = "0123456789abcdef"
	buf = append(buf, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		buf = append(buf, s[start:i]...)
		switch c {
		case '"', '\\':
			buf = append(buf, '\\', c)
		case '\n':
			buf = append(buf, '\\', 'n')
		case '\r':
			buf = append(buf, '\\', 'r')
		case '\t':
			buf = append(buf, '\\', 't')
		default:
			if c < ' ' {
				buf = append(buf, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			} else {
				buf = append(buf, `\ufffd`...)
			}
		}
		i++
		start = i
	}
	buf = append(buf, s[start:]...)
	return append(buf, '"')
}
