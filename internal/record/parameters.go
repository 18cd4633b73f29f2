package record

import (
	"maps"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/wire"
)

// maskOf is how a service's records mask sensitive texts.
func maskOf(s *wire.Service) masking {
	if s.ID == "organizations" {
		return starred
	}
	return hidden
}

// request writes the requestParameters of a call.
func (e *encoder) request(c *call.Call, in wire.Shape) {
	switch {
	case c.Request != nil:
		e.json(c.Request)
	case in == nil:
		e.null()
	case c.Operation.Service.Protocol == wire.RESTXML:
		e.restRequest(c, in)
	default:
		e.shape(c.Operation.Service, in, c.Supplied)
	}
}

// response writes the responseElements: those of calls that change
// something, and of the AssumeRole family.
func (e *encoder) response(c *call.Call, o Outcome) {
	switch {
	case o.Err != nil:
		e.null()
	case c.Response != nil:
		e.json(c.Response)
	case c.Operation.ReadOnly && !strings.HasPrefix(c.Operation.Name, "AssumeRole"), c.Operation.Void, o.Out == nil:
		e.null()
	case c.Operation.Service.Protocol == wire.RESTXML:
		e.restResponse(o.Out)
	default:
		e.shape(c.Operation.Service, o.Out, nil)
	}
}

// shape writes a structure with more members after its own, or null when
// nothing is present.
func (e *encoder) shape(s *wire.Service, v wire.Shape, more map[string]any) {
	start := len(e.buf)
	e.mask = maskOf(s)
	wire.Encode(e, v)
	if len(more) > 0 {
		last := len(e.buf) - 1
		e.more = e.buf[last-1] != '{'
		e.buf = e.buf[:last]
		for _, name := range slices.Sorted(maps.Keys(more)) {
			e.name(name)
			e.json(more[name])
		}
		e.end()
	}
	e.nullIfEmpty(start)
}

func (e *encoder) nullIfEmpty(start int) {
	if string(e.buf[start:]) == "{}" {
		e.buf = append(e.buf[:start], "null"...)
		e.more = true
	}
}

// restRequest writes what a REST call asked for as its own headers and query
// parameters name it, with the host, the bucket and the key beside them. A
// sub-resource is a parameter without a value.
func (e *encoder) restRequest(c *call.Call, in wire.Shape) {
	e.mask, e.exact = hidden, true
	e.begin()
	wire.Encode(&restParameters{encoder: e, keep: requestMember}, in)
	e.text("Host", c.Host)
	for _, p := range c.Operation.Literals {
		e.text(p.Name, p.Value)
	}
	e.end()
	e.exact = false
}

// restResponse writes the x-amz- headers and the document of a REST answer.
func (e *encoder) restResponse(out wire.Shape) {
	e.mask, e.exact = hidden, true
	start := len(e.buf)
	e.begin()
	wire.Encode(&restParameters{encoder: e, keep: responseMember}, out)
	e.end()
	e.exact = false
	e.nullIfEmpty(start)
}

// requestMember tells which members of a REST input a record shows, and the
// names of the two in the path.
func requestMember(f *wire.Field) (name string, ok bool) {
	switch f.In {
	case wire.URI:
		if f.Name == "Bucket" {
			return "bucketName", true
		}
		return "key", true
	case wire.Query:
		return f.Wire, true
	case wire.Header:
		return f.Wire, strings.HasPrefix(strings.ToLower(f.Wire), "x-amz-") && !strings.HasPrefix(f.Wire, "x-amz-checksum-")
	case wire.Payload:
		return f.Wire, f.Type.Kind == wire.Structure
	}
	return "", false
}

func responseMember(f *wire.Field) (name string, ok bool) {
	switch f.In {
	case wire.Header:
		return f.Wire, strings.HasPrefix(strings.ToLower(f.Wire), "x-amz-") && !strings.HasPrefix(f.Wire, "x-amz-checksum-")
	case wire.InBody:
		return f.Wire, true
	}
	return "", false
}

// restParameters writes the outermost structure of a REST shape without
// braces, picking its members; what is inside them the encoder writes.
//
// A document has the shape of its XML: an element that stands once is a
// member, one that is repeated a list, and a list with an element around it
// an object. Namespaces are members, as attributes are.
type restParameters struct {
	*encoder
	keep  func(*wire.Field) (string, bool)
	depth int
	field *wire.Field // begun last
	lists []list      // of documents, that are open
}

// list is how a list of a document was begun.
type list struct{ bare, wrapped bool }

// BeginStruct begins a structure unless it is the outermost.
func (r *restParameters) BeginStruct(s *wire.Struct) {
	if r.depth++; r.depth == 1 {
		return
	}
	r.encoder.BeginStruct(s)
	if f := r.field; f != nil && f.Space != "" {
		name := "xmlns"
		if f.Prefix != "" {
			name += ":" + f.Prefix
		}
		r.text(name, f.Space)
	}
	r.field = nil
}

// BeginList begins a list.
func (r *restParameters) BeginList(t *wire.Type, n int) {
	if r.depth == 1 {
		r.encoder.BeginList(t, n)
		return
	}
	l := list{bare: n == 1, wrapped: !t.Flat}
	r.lists = append(r.lists, l)
	if l.wrapped {
		r.begin()
		r.name(t.ItemName)
	}
	if !l.bare {
		r.beginList()
	}
}

// EndList ends it.
func (r *restParameters) EndList() {
	if r.depth == 1 {
		r.encoder.EndList()
		return
	}
	last := len(r.lists) - 1
	l := r.lists[last]
	r.lists = r.lists[:last]
	if !l.bare {
		r.endList()
	}
	if l.wrapped {
		r.end()
	}
}

// EndStruct ends it.
func (r *restParameters) EndStruct() {
	if r.depth--; r.depth > 0 {
		r.encoder.EndStruct()
	}
}

// Field names a member, or leaves it out.
func (r *restParameters) Field(f *wire.Field) bool {
	r.field = f
	if r.depth > 1 {
		return r.encoder.Field(f)
	}
	name, ok := r.keep(f)
	return ok && r.member(f, name)
}
