package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// writeDescriptors writes the static data that the walker joins to the
// structures.
func (p *pkg) writeDescriptors(b *bytes.Buffer) {
	fmt.Fprintf(b, "package %s\n\nimport %q\n\n", p.id, module+"/internal/wire")
	for _, st := range p.structs {
		fmt.Fprintf(b, "var struct%s = wire.Struct{Name: %q,", st.name, st.name)
		if root := p.root(st); root != "" {
			fmt.Fprintf(b, " Root: %q,", root)
		}
		if st.shape.Members.len() > 0 {
			b.WriteString(" Fields: []wire.Field{\n")
			for name, r := range st.shape.Members.all() {
				p.writeField(b, st, name, r)
			}
			b.WriteString("},")
		}
		b.WriteString("}\n\n")
	}
	var back []string
	for _, name := range p.inner() {
		sh, _ := p.Shapes.get(name)
		if expr := p.typeLiteral(name, sh); expr != "" {
			fmt.Fprintf(b, "var type%s = %s\n\n", upper(name), expr)
		}
		if p.flattened[name] {
			flat := *sh
			flat.Flattened = true
			fmt.Fprintf(b, "var type%sFlat = %s\n\n", upper(name), p.typeLiteral(name, &flat))
		}
		if p.recursive[name] {
			back = append(back, fmt.Sprintf("type%s.Struct = &struct%s\n", upper(name), upper(name)))
		}
	}
	if len(back) > 0 {
		fmt.Fprintf(b, "// Structures that contain themselves.\nfunc init() {\n%s}\n", strings.Join(back, ""))
	}
}

func (p *pkg) root(st structure) string {
	if st.op != nil && st.output {
		return p.roots[st.op.Name]
	}
	return ""
}

func (p *pkg) writeField(b *bytes.Buffer, st structure, name string, r *ref) {
	wireName := name
	if r.LocationName != "" {
		wireName = r.LocationName
	}
	typ := p.typeOf(r)
	fmt.Fprintf(b, "{Name: %q, Wire: %q, Type: %s", name, wireName, typ)
	if in := p.location(st, name, r); in != "" {
		fmt.Fprintf(b, ", In: wire.%s", in)
	}
	if slices.Contains(st.shape.Required, name) {
		b.WriteString(", Required: true")
	}
	if r.XMLAttribute {
		b.WriteString(", Attr: true")
	}
	if ns := p.namespaceOf(r); ns != nil {
		fmt.Fprintf(b, ", Space: %q", ns.URI)
		if ns.Prefix != "" {
			fmt.Fprintf(b, ", Prefix: %q", ns.Prefix)
		}
	}
	if showing := p.showing(st, name); showing != "" {
		fmt.Fprintf(b, ", Record: wire.%s", showing)
	}
	b.WriteString("},\n")
}

// showing is what records show of a member, "" when its type says it.
func (p *pkg) showing(st structure, name string) string {
	named := func(list []string) bool {
		return slices.Contains(list, name) || slices.Contains(list, st.name+"."+name)
	}
	switch {
	case named(p.unnamed):
		return "Unnamed"
	case named(p.hidden):
		return "Hidden"
	case named(p.shown):
		return "Shown"
	}
	return ""
}

// namespaceOf returns the XML namespace of a member: its own or its shape's.
func (p *pkg) namespaceOf(r *ref) *namespace {
	if r.XMLNamespace != nil {
		return r.XMLNamespace
	}
	sh, _ := p.Shapes.get(r.Shape)
	return sh.XMLNamespace
}

func (p *pkg) location(st structure, name string, r *ref) string {
	switch {
	case st.shape.Payload == name:
		return "Payload"
	case st.op != nil && st.output && p.texts[st.op.Name] == name:
		return "Text"
	}
	return locations[r.Location]
}

var locations = map[string]string{"": "", "header": "Header", "headers": "Headers", "querystring": "Query", "uri": "URI"}

// typeOf is the expression of a *wire.Type.
func (p *pkg) typeOf(r *ref) string {
	if r.Streaming {
		return "wire.StreamType"
	}
	if r.Flattened {
		return "&type" + upper(r.Shape) + "Flat"
	}
	sh, _ := p.Shapes.get(r.Shape)
	if p.typeLiteral(r.Shape, sh) == "" {
		return "wire." + kinds[sh.Type] + "Type"
	}
	return "&type" + upper(r.Shape)
}

var kinds = map[string]string{
	"string": "String", "character": "String", "boolean": "Bool",
	"integer": "Int32", "long": "Int64", "float": "Float", "double": "Float",
	"timestamp": "Time", "blob": "Blob",
	"structure": "Structure", "list": "List", "map": "Map",
}

// typeLiteral is the wire.Type of a shape, or "" when package wire has one
// that says as much.
func (p *pkg) typeLiteral(name string, sh *shape) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	switch sh.Type {
	case "structure":
		if !p.recursive[name] {
			add("Struct: &struct%s", upper(name))
		}
	case "list":
		add("Item: %s", p.typeOf(sh.Member))
		if sh.Flattened {
			add("Flat: true")
			if item := p.items(name); item != nil {
				add("ItemName: %q", item[0])
			}
		} else {
			add("ItemName: %q", or(sh.Member.LocationName, "member"))
		}
	case "map":
		add("Key: %s, Item: %s", p.typeOf(sh.Key), p.typeOf(sh.Value))
		if item := p.items(name); item != nil {
			add("Flat: true, ItemName: %q, KeyName: %q, ValueName: %q", item[0], item[1], item[2])
		} else {
			add("KeyName: %q, ValueName: %q", or(sh.Key.LocationName, "key"), or(sh.Value.LocationName, "value"))
		}
	case "timestamp":
		if f := map[string]string{"iso8601": "ISOTime", "rfc822": "HTTPTime", "unixTimestamp": "EpochTime"}[sh.TimestampFormat]; f != "" {
			add("Time: wire.%s", f)
		}
	}
	if sh.Sensitive {
		add("Sensitive: true")
	}
	if r := p.rule(name, sh); r != "" {
		add("Rule: &wire.Rule{%s}", r)
	}
	if len(parts) == 0 && sh.Type != "structure" {
		return ""
	}
	return fmt.Sprintf("wire.Type{Kind: wire.%s, %s}", kinds[sh.Type], strings.Join(parts, ", "))
}

// items are the names by which a legacy client knows the items of a list, or
// the entries of a map, their keys and their values; nil when it knows none.
func (p *pkg) items(shape string) []string {
	if p.legacy == nil || p.legacy.items[shape] == "" {
		return nil
	}
	return strings.Fields(p.legacy.items[shape])
}

func (p *pkg) rule(name string, sh *shape) string {
	var parts []string
	if sh.Min != nil || sh.Max != nil {
		bounds := [2]string{"wire.NoMin", "wire.NoMax"}
		for i, v := range []*int64{sh.Min, sh.Max} {
			if v != nil {
				bounds[i] = fmt.Sprint(*v)
			}
		}
		parts = append(parts, fmt.Sprintf("Size: &wire.Range{Min: %s, Max: %s}", bounds[0], bounds[1]))
	}
	if sh.Pattern != "" && !acceptsAll[sh.Pattern] {
		also := ""
		if re := withoutLookahead[sh.Pattern]; re != "" {
			also = fmt.Sprintf(", RE2: %q", re)
		}
		parts = append(parts, fmt.Sprintf("Pattern: &wire.Pattern{Source: %q%s}", sh.Pattern, also))
	}
	if len(sh.Enum) > 0 && !slices.Contains(p.open, name) {
		parts = append(parts, fmt.Sprintf("Enum: %#v", sh.Enum))
	}
	return strings.Join(parts, ", ")
}

// acceptsAll are patterns that refuse no string of valid UTF-8 that JSON or
// XML can carry.
var acceptsAll = map[string]bool{
	`[\s\S]*`: true,
}

// withoutLookahead are patterns in words that RE2 has. The length that the
// original counts is a rule of its own.
var withoutLookahead = map[string]string{
	`^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`: `[a-z0-9]+(-[a-z0-9]+)*`,
	`^(?!\s*$).+`: `.*\S.*`,
}

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}
