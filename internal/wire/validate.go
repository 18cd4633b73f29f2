package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ViolationKind is which rule of the model a value breaks.
type ViolationKind uint8

// The kinds of violations.
const (
	Missing ViolationKind = iota
	TooShort
	TooLong
	TooSmall
	TooLarge
	BadPattern
	BadEnum
)

// Part is which part of a value breaks a rule.
type Part uint8

// The parts of a value. Type of a Violation is the part's.
const (
	Whole   Part = iota
	Items        // of a list
	Keys         // of a map
	Entries      // the values of a map
)

// Violation is one broken rule. Services phrase it their own way, so it keeps
// the parts.
type Violation struct {
	Path  string // tagsList.1.member.key
	Field *Field // the member, or the member whose items or keys they are
	Kind  ViolationKind
	Value string // as it was sent; "" when it is missing or sensitive
	Type  *Type  // of the value
	// Part says what of the value at Path breaks the rule.
	Part Part
	// InBody says that the value stands in the body of a REST request, or is
	// the body, and not in a header, a query parameter or a label.
	InBody bool
}

// named is how many broken rules a message names, lest it be longer than the
// input was.
const named = 20

// Sentence is the message that most services give for broken rules.
func Sentence(vs []Violation) string {
	var b strings.Builder
	plural := "s"
	if len(vs) == 1 {
		plural = ""
	}
	fmt.Fprintf(&b, "%d validation error%s detected: ", len(vs), plural)
	for i, v := range vs[:min(len(vs), named)] {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString("Value ")
		switch {
		case v.Kind == Missing:
			b.WriteString("null ")
		case !v.Type.Sensitive:
			b.WriteString("'" + v.Value + "' ")
		}
		b.WriteString("at '" + v.Path + "' failed to satisfy constraint: " + v.constraint())
	}
	return b.String()
}

// constraint says what the value should have been. Of a part, every rule is
// named.
func (v *Violation) constraint() string {
	switch v.Part {
	case Items:
		return "Member must satisfy constraint: [" + v.Type.constraints() + "]"
	case Keys:
		return "Map keys must satisfy constraint: [" + v.Type.constraints() + "]"
	case Entries:
		return "Map value must satisfy constraint: [" + v.Type.constraints() + "]"
	}
	if v.Kind == Missing {
		return "Member must not be null"
	}
	return v.Type.constraintOf(v.Kind)
}

func (t *Type) constraintOf(kind ViolationKind) string {
	r := t.Rule
	switch kind {
	case TooShort:
		return "Member must have length greater than or equal to " + strconv.FormatInt(r.Size.Min, 10)
	case TooLong:
		return "Member must have length less than or equal to " + strconv.FormatInt(r.Size.Max, 10)
	case TooSmall:
		return "Member must have value greater than or equal to " + strconv.FormatInt(r.Size.Min, 10)
	case TooLarge:
		return "Member must have value less than or equal to " + strconv.FormatInt(r.Size.Max, 10)
	case BadPattern:
		return "Member must satisfy regular expression pattern: " + r.Pattern.Source
	case BadEnum:
		return "Member must satisfy enum value set: [" + strings.Join(r.Enum, ", ") + "]"
	}
	return ""
}

// constraints are all the constraints of a type, in the order AWS lists them.
func (t *Type) constraints() string {
	var list []string
	low, high := TooShort, TooLong
	if t.Kind == Int32 || t.Kind == Int64 || t.Kind == Float {
		low, high = TooSmall, TooLarge
	}
	if s := t.Rule.Size; s != nil && s.Max != NoMax {
		list = append(list, t.constraintOf(high))
	}
	if s := t.Rule.Size; s != nil && s.Min != NoMin {
		list = append(list, t.constraintOf(low))
	}
	if t.Rule.Pattern != nil {
		list = append(list, t.constraintOf(BadPattern))
	}
	if t.Rule.Enum != nil {
		list = append(list, t.constraintOf(BadEnum))
	}
	return strings.Join(list, ", ")
}

// Validate returns every rule of the model that v breaks, in the order of the
// model.
func Validate(v Shape) []Violation {
	var c checker
	c.structure(v.Describe(), reflect.ValueOf(v).Elem())
	return c.found
}

// checker walks a value and gathers violations.
type checker struct {
	path   []byte
	field  *Field
	inBody bool
	found  []Violation
}

func (c *checker) structure(s *Struct, v reflect.Value) {
	mark, inBody := len(c.path), c.inBody
	for i := range s.Fields {
		f := &s.Fields[i]
		fv := v.Field(i)
		if f.Type.Kind == Stream || fv.IsNil() && !f.Required || !fv.IsNil() && !f.Type.checked() {
			continue
		}
		c.field, c.inBody = f, inBody || f.In == Payload
		c.enter(f.Name)
		switch {
		case fv.IsNil():
			c.add(Violation{Kind: Missing, Type: f.Type})
		case fv.Kind() == reflect.Pointer:
			c.value(f.Type, fv.Elem())
		default:
			c.value(f.Type, fv)
		}
		c.path, c.inBody = c.path[:mark], inBody
	}
}

// checked reports whether there can be anything to find in values of t.
func (t *Type) checked() bool { return t.Rule != nil || t.Kind >= Structure }

// enter adds a member's name to the path, its first letter in lower case.
func (c *checker) enter(name string) {
	if len(c.path) > 0 {
		c.path = append(c.path, '.')
	}
	c.path = append(c.path, strings.ToLower(name[:1])...)
	c.path = append(c.path, name[1:]...)
}

func (c *checker) add(v Violation) {
	v.Path, v.Field, v.InBody = string(c.path), c.field, c.inBody
	c.found = append(c.found, v)
}

func (c *checker) value(t *Type, v reflect.Value) {
	if t.Rule != nil {
		for _, k := range t.broken(v) {
			c.add(Violation{Kind: k, Value: show(t, v), Type: t})
		}
	}
	switch t.Kind {
	case Structure:
		c.structure(t.Struct, v)
	case List:
		c.items(t, v)
	case Map:
		c.entries(t, v)
	}
}

// items checks the items of a list. Structures are named one by one; of
// scalars the whole list is named once, as AWS does.
func (c *checker) items(t *Type, v reflect.Value) {
	if !t.Item.checked() {
		return
	}
	for i := range v.Len() {
		if t.Item.Kind < Structure {
			if c.part(Items, t, t.Item, v, v.Index(i)) {
				return
			}
			continue
		}
		c.inside(strconv.Itoa(i+1), t.Item, v.Index(i))
	}
}

// entries checks the keys and the values of a map.
func (c *checker) entries(t *Type, v reflect.Value) {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		if c.part(Keys, t, t.Key, v, k) {
			return
		}
		if t.Item.Kind < Structure {
			if c.part(Entries, t, t.Item, v, v.MapIndex(k)) {
				return
			}
			continue
		}
		c.inside(k.String(), t.Item, v.MapIndex(k))
	}
}

// part checks one scalar of a list or a map, and blames the whole.
func (c *checker) part(part Part, whole, t *Type, list, v reflect.Value) bool {
	if t.Rule == nil {
		return false
	}
	broken := t.broken(v)
	if len(broken) == 0 {
		return false
	}
	c.add(Violation{Kind: broken[0], Value: show(whole, list), Type: t, Part: part})
	return true
}

// inside checks a structure, list or map in a list or a map.
func (c *checker) inside(name string, t *Type, v reflect.Value) {
	mark := len(c.path)
	c.path = append(append(append(c.path, '.'), name...), ".member"...)
	c.value(t, v)
	c.path = c.path[:mark]
}

// broken returns the rules that one value breaks, without looking inside it.
func (t *Type) broken(v reflect.Value) []ViolationKind {
	var kinds []ViolationKind
	r := t.Rule
	if s := r.Size; s != nil {
		n, low, high := int64(0), TooShort, TooLong
		switch t.Kind {
		case String:
			n = int64(utf8.RuneCountInString(v.String()))
		case Int32, Int64:
			n, low, high = v.Int(), TooSmall, TooLarge
		case Float:
			n, low, high = int64(v.Float()), TooSmall, TooLarge
		default:
			n = int64(v.Len())
		}
		if n < s.Min {
			kinds = append(kinds, low)
		}
		if n > s.Max {
			kinds = append(kinds, high)
		}
	}
	if r.Pattern != nil && !r.Pattern.Match(v.String()) {
		kinds = append(kinds, BadPattern)
	}
	if r.Enum != nil && !slices.Contains(r.Enum, v.String()) {
		kinds = append(kinds, BadEnum)
	}
	return kinds
}

// show is how a message prints a value that broke a rule.
func show(t *Type, v reflect.Value) string {
	switch {
	case t.Sensitive || t.Kind == Structure || t.Kind == Blob:
		return ""
	case t.Kind == List:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = show(t.Item, v.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case t.Kind == Map:
		var entries []string
		for _, k := range v.MapKeys() {
			entries = append(entries, k.String()+"="+show(t.Item, v.MapIndex(k)))
		}
		slices.Sort(entries)
		return "{" + strings.Join(entries, ", ") + "}"
	}
	return fmt.Sprint(v.Interface())
}
