package insights

import (
	"strconv"
	"unsafe"

	"github.com/orgtrail/orgtrail/internal/logs/filter/jsonscan"
)

// maxDiscovered is how many fields are discovered in a message. Later ones
// do not exist.
const maxDiscovered = 200

// discovery picks the fields that are wanted out of a JSON document.
type discovery struct {
	message []byte
	wanted  map[string]int // slot by path
	vals    []value
	path    []byte
	fields  int
}

// borrow is a string that shares the bytes of a message.
func borrow(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// discover sets the slots of the fields that a message has, if it is an object
// in JSON. Members are named by their path, with dots, elements of arrays by
// their index. Of values with the same path the last one counts.
func (d *discovery) discover(message []byte, vals []value) {
	i := jsonscan.Space(message, 0)
	if len(d.wanted) == 0 || i == len(message) || message[i] != '{' {
		return
	}
	d.message, d.vals, d.path, d.fields = message, vals, d.path[:0], 0
	if end := d.value(i, 0); end >= 0 && jsonscan.Space(message, end) == len(message) {
		return
	}
	for _, slot := range d.wanted { // it is not JSON after all
		vals[slot] = value{}
	}
}

func (d *discovery) value(i, depth int) int {
	if i >= len(d.message) {
		return -1
	}
	switch d.message[i] {
	case '{', '[':
		if d.fields >= maxDiscovered || depth >= maxDiscovered {
			return jsonscan.Skip(d.message, i, depth)
		}
		return d.nested(i, depth+1)
	}
	end := jsonscan.Skip(d.message, i, depth)
	if d.fields++; end < 0 || d.fields > maxDiscovered {
		return end
	}
	if slot, ok := d.wanted[string(d.path)]; ok {
		d.vals[slot] = scalar(d.message[i:end])
	}
	return end
}

// nested reads an object or array. The path within it is that of its own, a
// dot and a name.
func (d *discovery) nested(i, depth int) int {
	bracket, done, outer := d.message[i], false, len(d.path)
	for index := 0; ; index++ {
		if i, done = jsonscan.Next(d.message, i, bracket, index == 0); i < 0 || done {
			d.path = d.path[:outer]
			return i
		}
		if outer > 0 {
			d.path = append(d.path[:outer], '.')
		} else {
			d.path = d.path[:0]
		}
		if bracket == '[' {
			d.path = strconv.AppendInt(d.path, int64(index), 10)
		} else if i = d.name(i); i < 0 {
			return -1
		}
		if i = d.value(i, depth); i < 0 {
			return -1
		}
	}
}

// name appends a member's name to the path. One that begins with @ gets
// another, so as not to be taken for a field of the service.
func (d *discovery) name(i int) int {
	name, escaped, value := jsonscan.Name(d.message, i)
	if value < 0 {
		return -1
	}
	if len(d.path) == 0 && len(name) > 0 && name[0] == '@' {
		d.path = append(d.path, '@')
	}
	if escaped {
		d.path = jsonscan.Unescape(d.path, name)
	} else {
		d.path = append(d.path, name...)
	}
	return value
}

// scalar is the value of a JSON string, number, true, false or null.
func scalar(b []byte) value {
	switch b[0] {
	case '"':
		raw := b[1 : len(b)-1]
		if _, escaped := jsonscan.String(b, 0); escaped {
			raw = jsonscan.Unescape(nil, raw)
		}
		return textOf(borrow(raw))
	case 't', 'f':
		return truthOf(b[0] == 't')
	case 'n':
		return value{}
	}
	n, ok := parseNumber(borrow(b))
	if !ok {
		return textOf(borrow(b)) // beyond what a number can be
	}
	return value{kind: number, num: n, text: borrow(b)}
}
