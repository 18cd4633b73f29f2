package main

import (
	"bytes"
	"fmt"
	"strings"
)

// writeShapes writes the Go structures.
func (p *pkg) writeShapes(b *bytes.Buffer) {
	var body bytes.Buffer
	for _, st := range p.structs {
		if st.op != nil {
			kind := "input"
			if st.output {
				kind = "output"
			}
			fmt.Fprintf(&body, "// %s is the %s of %s.\n", st.name, kind, st.op.Name)
		}
		fmt.Fprintf(&body, "type %s struct {\n", st.name)
		for name, r := range st.shape.Members.all() {
			fmt.Fprintf(&body, "%s %s\n", upper(name), p.memberType(r))
		}
		fmt.Fprintf(&body, "}\n\n// Describe implements wire.Shape.\nfunc (*%s) Describe() *wire.Struct { return &struct%s }\n\n", st.name, st.name)
	}
	fmt.Fprintf(b, "package %s\n\nimport (\n", p.id)
	for _, name := range []string{"io", "time"} {
		if strings.Contains(body.String(), name+".") {
			fmt.Fprintf(b, "%q\n", name)
		}
	}
	fmt.Fprintf(b, "\n%q\n)\n\n", module+"/internal/wire")
	b.Write(body.Bytes())
}

// memberType is the Go type of a structure's member: nil means absent.
func (p *pkg) memberType(r *ref) string {
	if r.Streaming {
		return "io.ReadCloser"
	}
	t := p.valueType(r)
	if strings.HasPrefix(t, "[]") || strings.HasPrefix(t, "map[") {
		return t
	}
	return "*" + t
}

// valueType is the Go type of a list's item or a map's value.
func (p *pkg) valueType(r *ref) string {
	sh, _ := p.Shapes.get(r.Shape)
	switch sh.Type {
	case "structure":
		return upper(r.Shape)
	case "list":
		return "[]" + p.valueType(sh.Member)
	case "map":
		return "map[string]" + p.valueType(sh.Value)
	}
	return goTypes[sh.Type]
}

var goTypes = map[string]string{
	"string": "string", "character": "string", "boolean": "bool",
	"integer": "int32", "long": "int64", "float": "float64", "double": "float64",
	"timestamp": "time.Time", "blob": "[]byte",
}

// writeEnums writes a constant for each value of each enumeration. Values
// whose names collide are told apart by an underscore.
func (p *pkg) writeEnums(b *bytes.Buffer) {
	taken := map[string]bool{}
	for _, st := range p.structs {
		taken[st.name] = true
	}
	for _, name := range p.inner() {
		sh, _ := p.Shapes.get(name)
		if len(sh.Enum) == 0 {
			continue
		}
		if b.Len() == 0 {
			fmt.Fprintf(b, "package %s\n\n", p.id)
		}
		fmt.Fprintf(b, "// Values of %s.\nconst (\n", upper(name))
		for _, v := range sh.Enum {
			id := upper(name) + camel(v)
			for taken[id] {
				id += "_"
			}
			taken[id] = true
			fmt.Fprintf(b, "%s = %q\n", id, v)
		}
		b.WriteString(")\n\n")
	}
}
