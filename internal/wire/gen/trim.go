package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// trim writes the trimmed copy of a full model: the operations that the table
// serves, every shape they reach, and the names of the other operations.
func trim(s service, full, to string) error {
	m, err := readModel(full)
	if err != nil {
		return err
	}
	if m.Unserved.len() > 0 {
		return fmt.Errorf("%s is trimmed already", full)
	}
	out := model{Metadata: m.Metadata}
	reached := map[string]bool{}
	for name, op := range m.Operations.all() {
		if !slices.Contains(s.served, name) {
			out.Unserved.set(name, m.stub(op))
			continue
		}
		out.Operations.set(name, op)
		for _, r := range append(op.Errors, op.refs()...) {
			m.reach(r.Shape, reached)
		}
	}
	for _, name := range s.served {
		if _, ok := out.Operations.get(name); !ok {
			return fmt.Errorf("%s has no operation %s", s.id, name)
		}
	}
	for name, sh := range m.Shapes.all() {
		if reached[name] {
			out.Shapes.set(name, sh)
		}
	}
	return writeModel(&out, to)
}

func (op *operation) refs() []ref {
	var rs []ref
	for _, r := range []*ref{op.Input, op.Output} {
		if r != nil {
			rs = append(rs, *r)
		}
	}
	return rs
}

// stub keeps of an unserved operation what its requests are known by.
func (m *model) stub(op *operation) *operation {
	st := &operation{Name: op.Name, Deprecated: op.Deprecated, HTTP: op.HTTP}
	if m.Metadata.Protocol == "rest-xml" {
		st.RequiredQuery = m.required(op, "querystring")
		st.RequiredHeaders = m.required(op, "header")
	}
	return st
}

func (m *model) reach(name string, reached map[string]bool) {
	if reached[name] {
		return
	}
	reached[name] = true
	sh, _ := m.Shapes.get(name)
	for _, u := range sh.uses() {
		m.reach(u, reached)
	}
}

func writeModel(m *model, to string) error {
	var compact, b bytes.Buffer
	if err := encodeJSON(&compact, m); err != nil {
		return err
	}
	if err := json.Indent(&b, compact.Bytes(), "", " "); err != nil {
		return err
	}
	return os.WriteFile(to, b.Bytes(), 0o644)
}
