package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// module is the path of the module that the generated code belongs to.
const module = "github.com/orgtrail/orgtrail"

// writeService writes the Service interface, its handlers and the table of
// operations.
func (p *pkg) writeService(b *bytes.Buffer) {
	fmt.Fprintf(b, "// Package %s holds the shapes, the operations and the descriptors of %s,\n// version %s of its API.\npackage %s\n\n", p.id, p.Metadata.ServiceFullName, p.Metadata.APIVersion, p.id)
	fmt.Fprintf(b, "import (\n%q\n%q\n)\n\n", module+"/internal/call", module+"/internal/wire")

	fmt.Fprintf(b, "// Service is %s: one method for each operation served.\ntype Service interface {\n", p.Metadata.ServiceFullName)
	for name := range p.Operations.all() {
		fmt.Fprintf(b, "%s(*call.Call, *%sInput) (*%sOutput, error)\n", name, name, name)
	}
	b.WriteString("}\n\n// Handlers returns the methods of s by operation.\nfunc Handlers(s Service) map[string]call.Handler {\nreturn map[string]call.Handler{\n")
	for name := range p.Operations.all() {
		fmt.Fprintf(b, "%q: call.Method(s.%s),\n", name, name)
	}
	b.WriteString("}\n}\n\n")
	p.writeAPI(b)
}

func (p *pkg) writeAPI(b *bytes.Buffer) {
	md := p.Metadata
	fmt.Fprintf(b, "// API describes %s.\nvar API = wire.NewService(&wire.Service{\n", md.ServiceFullName)
	fmt.Fprintf(b, "ID: %q,\nTitle: %q,\nSigningName: %q,\nEventSource: %q,\n", p.id, md.ServiceFullName, or(md.SigningName, md.EndpointPrefix), p.id+".amazonaws.com")
	fmt.Fprintf(b, "Protocol: wire.%s,\nVersion: %q,\n", protocols[md.Protocol], md.APIVersion)
	if md.JSONVersion != "" {
		fmt.Fprintf(b, "JSONVersion: %q,\nTargetPrefixes: %#v,\n", md.JSONVersion, append([]string{md.TargetPrefix}, p.targets...))
	}
	if ns := or(md.XMLNamespace, p.namespace); ns != "" {
		fmt.Fprintf(b, "Namespace: %q,\n", ns)
	}
	if l := p.legacy; l != nil {
		fmt.Fprintf(b, "Legacy: &wire.Legacy{Namespace: %q, Path: %q},\n", l.namespace, l.path)
	}
	if p.global {
		b.WriteString("Global: true,\n")
	}
	if p.denied != "" {
		fmt.Fprintf(b, "Denied: %q,\n", p.denied)
	}
	if p.invalid != "" {
		fmt.Fprintf(b, "Invalid: %s,\n", p.invalid)
	}
	b.WriteString("Operations: []*wire.Operation{\n")
	for _, op := range p.Operations.all() {
		p.writeOperation(b, op)
	}
	b.WriteString("},\nUnserved: []*wire.Operation{\n")
	for _, op := range p.Unserved.all() {
		if op.Deprecated {
			continue // an alias of what another operation does
		}
		fmt.Fprintf(b, "{Name: %q, %s},\n", op.Name, p.route(op))
	}
	b.WriteString("},\n")
	p.writeErrors(b)
	b.WriteString("})\n")
}

var protocols = map[string]string{"json": "AWSJSON", "query": "AWSQuery", "rest-xml": "RESTXML"}

func (p *pkg) writeOperation(b *bytes.Buffer, op *operation) {
	fmt.Fprintf(b, "{\nName: %q,\n", op.Name)
	if e := p.events[op.Name]; e != "" {
		fmt.Fprintf(b, "EventName: %q,\n", e)
	}
	readOnly, ok := p.readOnly[op.Name]
	if !ok {
		readOnly = reads(op.Name)
	}
	dataType := p.dataTypes[op.Name]
	writes, ok := p.writes[op.Name]
	if !ok {
		writes = !readOnly && dataType == ""
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{{"ReadOnly", readOnly}, {"Writes", writes}, {"Void", op.Output == nil}, {"Streaming", p.streams(op)}, {"Unsigned", p.unsigned[op.Name]}, {"MayBeUnsigned", p.mayBeUnsigned[op.Name]}} {
		if flag.set {
			fmt.Fprintf(b, "%s: true,\n", flag.name)
		}
	}
	if dataType != "" {
		fmt.Fprintf(b, "DataType: %q,\n", dataType)
	}
	if op.Output != nil && op.Output.ResultWrapper != "" {
		fmt.Fprintf(b, "ResultWrapper: %q,\n", op.Output.ResultWrapper)
	}
	fmt.Fprintf(b, "Input: &struct%[1]sInput,\nOutput: &struct%[1]sOutput,\n", op.Name)
	fmt.Fprintf(b, "NewInput: func() wire.Shape { return new(%[1]sInput) },\nNewOutput: func() wire.Shape { return new(%[1]sOutput) },\n", op.Name)
	fmt.Fprintf(b, "%s},\n", p.route(op))
}

// reads reports what a record says of readOnly, by the operation's name.
func reads(name string) bool {
	for _, verb := range []string{"Get", "List", "Describe", "Head", "Lookup"} {
		if strings.HasPrefix(name, verb) {
			return true
		}
	}
	return false
}

func (p *pkg) streams(op *operation) bool {
	if op.Input == nil {
		return false
	}
	in, _ := p.Shapes.get(op.Input.Shape)
	body, ok := in.Members.get(in.Payload)
	return ok && body.Streaming
}

// route is what a REST request is known by. WriteGetObjectResponse of S3
// Object Lambda has a host of its own and no route here.
func (p *pkg) route(op *operation) string {
	if p.Metadata.Protocol != "rest-xml" {
		return ""
	}
	uri, query, _ := strings.Cut(op.HTTP.RequestURI, "?")
	path, ok := map[string]string{"/": "ServicePath", "/{Bucket}": "BucketPath", "/{Bucket}/{Key+}": "ObjectPath"}[uri]
	if !ok {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Method: %q,\nPath: wire.%s,\n", op.HTTP.Method, path)
	if query != "" {
		b.WriteString("Literals: []wire.Param{")
		for _, q := range strings.Split(query, "&") {
			name, value, _ := strings.Cut(q, "=")
			fmt.Fprintf(&b, "{Name: %q, Value: %q},", name, value)
		}
		b.WriteString("},\n")
	}
	if names := append(op.RequiredQuery, p.required(op, "querystring")...); len(names) > 0 {
		fmt.Fprintf(&b, "RequiredQuery: %#v,\n", names)
	}
	if names := append(op.RequiredHeaders, p.required(op, "header")...); len(names) > 0 {
		fmt.Fprintf(&b, "RequiredHeaders: %#v,\n", names)
	}
	if status := cmp.Or(p.statuses[op.Name], op.HTTP.ResponseCode); status != 0 {
		fmt.Fprintf(&b, "Status: %d,\n", status)
	}
	return b.String()
}

func (p *pkg) writeErrors(b *bytes.Buffer) {
	lines := map[string]string{}
	for name, sh := range p.Shapes.all() {
		if !sh.Exception {
			continue
		}
		code, status, alias := name, 400, ""
		if sh.Fault {
			status = 500
		}
		if sh.Error != nil {
			status = sh.Error.Status
			if sh.Error.Code != "" && sh.Error.Code != name {
				code, alias = sh.Error.Code, fmt.Sprintf(", Shape: %q", name)
			}
		}
		if q, ok := p.queryError(name); ok {
			status, alias = q.status, fmt.Sprintf(", Query: %q", q.code)
		}
		lines[code] = fmt.Sprintf("%q: {Status: %d%s},\n", code, status, alias)
	}
	b.WriteString("Errors: map[string]wire.Exception{\n")
	for _, code := range slices.Sorted(maps.Keys(lines)) {
		b.WriteString(lines[code])
	}
	b.WriteString("},\n")
}

// queryError is how a legacy client knows an exception, where that differs.
func (p *pkg) queryError(exception string) (queryError, bool) {
	if p.legacy == nil {
		return queryError{}, false
	}
	q, ok := p.legacy.codes[exception]
	return q, ok
}
