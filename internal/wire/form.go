package wire

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// maxPairs is how many parameters a form may have.
const maxPairs = 10000

// form is the parameters of a query call, sorted by name.
type form []pair

type pair struct{ name, value string }

// parseForm reads an application/x-www-form-urlencoded text.
func parseForm(text string) (form, error) {
	if strings.Count(text, "&") >= maxPairs {
		return nil, aws.Errorf("MalformedQueryString", "The request has too many parameters.")
	}
	var f form
	for part := range strings.SplitSeq(text, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return nil, aws.Errorf("MalformedQueryString", "The query string is malformed: %v.", err)
		}
		f = append(f, pair{name, value})
	}
	slices.SortStableFunc(f, func(a, b pair) int { return cmp.Compare(a.name, b.name) })
	return f, nil
}

// at returns the index of the first pair whose name is not before name.
func (f form) at(name string) int {
	i, _ := slices.BinarySearchFunc(f, name, func(p pair, name string) int { return cmp.Compare(p.name, name) })
	return i
}

func (f form) get(name string) string {
	if i := f.at(name); i < len(f) && f[i].name == name {
		return f[i].value
	}
	return ""
}

// has reports whether there is a value of that name, or values below it.
func (f form) has(name string) bool {
	i := f.at(name)
	if i < len(f) && f[i].name == name {
		return true
	}
	i = f.at(name + ".")
	return i < len(f) && strings.HasPrefix(f[i].name, name+".")
}

// indexes returns the numbers that follow prefix, in order: 1 and 2 for
// Tags.member.1.Key, Tags.member.1.Value and Tags.member.2.Key.
func (f form) indexes(prefix string) []int {
	var list []int
	for i := f.at(prefix); i < len(f) && strings.HasPrefix(f[i].name, prefix); i++ {
		digits, _, _ := strings.Cut(f[i].name[len(prefix):], ".")
		n, err := strconv.Atoi(digits)
		if err == nil && n > 0 && strconv.Itoa(n) == digits {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// formDecoder is the Decoder of the query protocol. It is led by the
// descriptors: each field asks whether the form has it. Parameters that no
// field asks for are passed over.
type formDecoder struct {
	form  form
	name  string // of the value to come
	err   error
	stack []formFrame
}

// formFrame is one open structure, list or map.
type formFrame struct {
	prefix string // with its dot, unless it is the root
	s      *Struct
	field  int // to look for next
	t      *Type
	left   []int // items or entries not yet read
}

func (d *formDecoder) fail(want string) {
	if d.err == nil {
		d.err = aws.Errorf("MalformedInput", "The value of the parameter %s is not %s.", d.name, want)
	}
}

// Err implements Decoder.
func (d *formDecoder) Err() error { return d.err }

// push opens what stands at the current name. Only a recursive shape can go
// deep, and each level lengthens the names that the form must have.
func (d *formDecoder) push(f formFrame) {
	f.prefix = d.name
	if f.prefix != "" {
		f.prefix += "."
	}
	if len(d.stack) == maxDepth {
		d.fail("nested so deeply")
	}
	d.stack = append(d.stack, f)
}

func (d *formDecoder) pop() { d.stack = d.stack[:len(d.stack)-1] }

// BeginStruct implements Decoder.
func (d *formDecoder) BeginStruct(s *Struct) { d.push(formFrame{s: s}) }

// NextField implements Decoder.
func (d *formDecoder) NextField() int {
	top := &d.stack[len(d.stack)-1]
	for d.err == nil && top.field < len(top.s.Fields) {
		i := top.field
		top.field++
		d.name = top.prefix + top.s.Fields[i].element()
		if d.form.has(d.name) {
			return i
		}
	}
	d.pop()
	return -1
}

// BeginList implements Decoder. The name alone, without items, is an empty
// list.
func (d *formDecoder) BeginList(t *Type) {
	if !t.Flat {
		d.name += "." + t.ItemName
	}
	d.begin(t)
}

// BeginMap implements Decoder.
func (d *formDecoder) BeginMap(t *Type) {
	if !t.Flat {
		d.name += ".entry"
	}
	d.begin(t)
}

func (d *formDecoder) begin(t *Type) {
	d.push(formFrame{t: t})
	top := &d.stack[len(d.stack)-1]
	top.left = d.form.indexes(top.prefix)
}

// NextItem implements Decoder.
func (d *formDecoder) NextItem() bool {
	top := &d.stack[len(d.stack)-1]
	if d.err != nil || len(top.left) == 0 {
		d.pop()
		return false
	}
	d.name = top.prefix + strconv.Itoa(top.left[0])
	top.left = top.left[1:]
	return true
}

// NextKey implements Decoder.
func (d *formDecoder) NextKey() (string, bool) {
	top := d.stack[len(d.stack)-1]
	if !d.NextItem() {
		return "", false
	}
	entry := d.name
	d.name = entry + "." + top.t.ValueName
	return d.form.get(entry + "." + top.t.KeyName), true
}

// String implements Decoder.
func (d *formDecoder) String(*Type) string { return d.form.get(d.name) }

// Bool implements Decoder.
func (d *formDecoder) Bool(*Type) bool {
	b, err := parseBool(strings.ToLower(d.form.get(d.name)))
	if err != nil {
		d.fail("a boolean")
	}
	return b
}

// Int implements Decoder.
func (d *formDecoder) Int(_ *Type, bits int) int64 {
	n, err := strconv.ParseInt(d.form.get(d.name), 10, bits)
	if err != nil {
		d.fail("an integer")
	}
	return n
}

// Float implements Decoder.
func (d *formDecoder) Float(*Type) float64 {
	f, err := strconv.ParseFloat(d.form.get(d.name), 64)
	if err != nil {
		d.fail("a number")
	}
	return f
}

// Time implements Decoder.
func (d *formDecoder) Time(*Type) time.Time {
	t, err := parseTime(d.form.get(d.name))
	if err != nil {
		d.fail("a timestamp")
	}
	return t
}

// Blob implements Decoder.
func (d *formDecoder) Blob(*Type) []byte {
	b, err := base64.StdEncoding.DecodeString(d.form.get(d.name))
	if err != nil {
		d.fail("base64")
	}
	return b
}
