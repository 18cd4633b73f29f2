package wire

import "slices"

// A Shape is a pointer to a generated structure. The i-th Go field of the
// structure is the i-th field of its descriptor. A field that is nil is
// absent; a slice or map that is empty but not nil is present.
type Shape interface{ Describe() *Struct }

// Struct describes a structure.
type Struct struct {
	Name   string // as the model names it, or <Operation>Input, <Operation>Output
	Root   string // root element where the structure is a whole XML document
	Fields []Field
}

// payload returns the index of the field that is the whole HTTP body, or -1.
func (s *Struct) payload() int {
	return slices.IndexFunc(s.Fields, func(f Field) bool { return f.In == Payload })
}

// text returns the index of the field that is the content of the structure's
// own XML element, or -1.
func (s *Struct) text() int {
	return slices.IndexFunc(s.Fields, func(f Field) bool { return f.In == Text })
}

// fieldNamed finds a field by its name on the wire, looking first at hint:
// members mostly arrive in the order of the model. It returns -1 when there is
// none.
func fieldNamed[T string | []byte](s *Struct, name T, hint int) int {
	for i := hint; i < len(s.Fields); i++ {
		if s.Fields[i].Wire == string(name) {
			return i
		}
	}
	for i := range min(hint, len(s.Fields)) {
		if s.Fields[i].Wire == string(name) {
			return i
		}
	}
	return -1
}

// Field describes one member of a structure.
type Field struct {
	Name     string // as the model spells it, which is also the Go name but for its first letter
	Wire     string // as it travels: JSON member, XML element, form key, header or query parameter
	Type     *Type
	In       Location
	Required bool
	Attr     bool   // an attribute of its parent's XML element
	Space    string // XML namespace of the element, "" for its parent's
	Prefix   string // prefix bound to Space, "" when Space is the default namespace
	Record   Showing
}

// Showing is what records show of a member. It holds for every record of a
// call, however far the call came.
type Showing uint8

// What is shown of a member.
const (
	AsTyped Showing = iota // its value, unless its type is sensitive
	Shown                  // its value, whatever its type says
	Hidden                 // that it was there
	Unnamed                // nothing
)

// element is what a member is called in forms and in XML: by its own name, or
// by that of its items where they follow one another under another one.
func (f *Field) element() string {
	if f.Type.Flat && f.Type.ItemName != "" {
		return f.Type.ItemName
	}
	return f.Wire
}

// Location says where in an HTTP message a member travels.
type Location uint8

// The places of a member. Everything but REST knows only InBody.
const (
	InBody  Location = iota
	Header           // one header
	Headers          // every header that begins with Wire, as a map
	Query            // one query parameter
	URI              // a label of the path
	Status           // the status code
	Payload          // the member is the body: a structure, a string or a stream
	Text             // the content of its parent's XML element, with no element of its own
)

// Kind is what the values of a Type are in Go.
type Kind uint8

// The kinds of values.
const (
	String    Kind = iota // *string
	Bool                  // *bool
	Int32                 // *int32
	Int64                 // *int64
	Float                 // *float64
	Time                  // *time.Time
	Blob                  // []byte
	Structure             // *T
	List                  // []T
	Map                   // map[string]T
	Stream                // io.ReadCloser
)

// Type describes the values of a member, of a list's items or of a map's
// values.
type Type struct {
	Kind      Kind
	Struct    *Struct // of a Structure
	Item      *Type   // of a List's items or a Map's values
	Key       *Type   // of a Map's keys
	ItemName  string  // XML element of a list's item, or of each of what is Flat
	KeyName   string  // XML element of a map's key
	ValueName string  // XML element of a map's value
	Flat      bool    // items or entries follow one another without an element around them
	Time      TimeFormat
	Sensitive bool
	Rule      *Rule // nil asks for nothing
}

// TimeFormat is how a timestamp is written.
type TimeFormat uint8

// The formats of timestamps. DefaultTime is what the protocol uses in that
// place: seconds since the epoch in JSON, ISO 8601 in XML, RFC 1123 in a
// header.
const (
	DefaultTime TimeFormat = iota
	EpochTime
	ISOTime
	HTTPTime
)

// The types of values that the model says nothing further about.
var (
	StringType = &Type{Kind: String}
	BoolType   = &Type{Kind: Bool}
	Int32Type  = &Type{Kind: Int32}
	Int64Type  = &Type{Kind: Int64}
	FloatType  = &Type{Kind: Float}
	TimeType   = &Type{Kind: Time}
	BlobType   = &Type{Kind: Blob}
	StreamType = &Type{Kind: Stream}
)
