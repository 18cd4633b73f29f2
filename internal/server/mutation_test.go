package server

import (
	"bytes"
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/gateway"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/wire"
)

// A value of an input is a string, a list or an object of values, by the
// names of the wire; or literal, which is JSON that stands as it is and in
// the other protocols a text.
type (
	literal string
	list    []any
	object  map[string]any
)

// sampleDepth is how deep samples go into shapes: the models recur in a few
// places.
const sampleDepth = 5

// samples names things that the test has made, by member, or by service and
// member. Other members get a value that their rules allow.
type samples map[string]string

// of returns a value that the model allows, as deep as it goes.
func (s samples) of(service string, f *wire.Field, t *wire.Type, depth int) any {
	switch t.Kind {
	case wire.Structure:
		return s.structure(service, t.Struct, depth)
	case wire.List:
		if depth == sampleDepth {
			return list{}
		}
		return list{s.of(service, f, t.Item, depth+1)}
	case wire.Map:
		if depth == sampleDepth {
			return object{}
		}
		return object{"key": s.of(service, f, t.Item, depth+1)}
	case wire.Bool:
		return literal("true")
	case wire.Int32, wire.Int64:
		if r := t.Rule; r != nil && r.Size != nil && r.Size.Min > 1 {
			return literal(strconv.FormatInt(r.Size.Min, 10))
		}
		return literal("1")
	case wire.Float:
		return literal("1.5")
	case wire.Time:
		return literal("1769832000")
	}
	for _, name := range []string{service + "." + f.Name, f.Name} {
		if text, ok := s[name]; ok {
			return text
		}
	}
	if t.Rule != nil && t.Rule.Enum != nil {
		return t.Rule.Enum[0]
	}
	return "target"
}

func (s samples) structure(service string, d *wire.Struct, depth int) object {
	o := object{}
	for i := range d.Fields {
		f := &d.Fields[i]
		if depth == sampleDepth && f.Type.Kind >= wire.Structure {
			continue
		}
		o[f.Wire] = s.of(service, f, f.Type, depth+1)
	}
	return o
}

// nasty are texts that have broken parsers, paths, logs and terminals.
var nasty = []string{
	"", " ", "\x00", "\xff\xfe", "\u202e\U0001F4A5", "a\r\nX-Injected: 1", "../../etc/passwd", "/", "//", ".", "..",
	"%00%2e%2e%2f", `<&"'>]]>`, "*", "?", "${aws:username}", "NOT_ONE_OF_THEM", "arn:aws:iam::", "arn:aws:iam::123456789012:user/x/../y",
	"arn:aws:s3:::", ":::::", "0", "-1", "000000000000", "{}", "[]", "null", "true",
	`{"Version":"2012-10-17","Statement":[]}`, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`,
	strings.Repeat("[", 3000), `{"Statement":` + strings.Repeat(`{"a":`, 2000), strings.Repeat("a", 2100), strings.Repeat("\u00e9", 300),
}

// numbers are literals at and past the ends of what the types can hold.
var numbers = []literal{
	"0", "-1", "1", "1001", "2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808",
	"-9223372036854775809", "99999999999999999999999999", "1e309", "-1e309", "1e18", "0.5", "1e-400", "NaN", "0x10", "1_000", "+1", " 1",
}

// wrong are values of another type than any member's.
var wrong = []any{literal("null"), literal("1"), literal("true"), literal(`"text"`), literal("{}"), literal("[]"), literal("[[[[{}]]]]"), literal(`{"a":{"b":[1,"c",null]}}`)}

// mutations are what a member's value is replaced by, one after another.
func mutations(t *wire.Type) []any {
	all := slices.Clone(wrong)
	switch t.Kind {
	case wire.Structure, wire.Map:
		all = append(all, object{}, object{"": "", "\x00": "x", "x": object{}}, list{object{}})
	case wire.List:
		all = append(all, list{}, list{""}, list{literal("null")}, list{list{list{}}}, repeated(object{}, 600), repeated("x", 2000))
	case wire.String, wire.Blob, wire.Stream:
		for _, text := range nasty {
			all = append(all, text)
		}
		if r := t.Rule; r != nil && r.Size != nil {
			for _, n := range []int64{r.Size.Min - 1, r.Size.Min, r.Size.Max, r.Size.Max + 1} {
				if 0 <= n && n < 200_000 {
					all = append(all, strings.Repeat("a", int(n)), strings.Repeat("1", int(n)))
				}
			}
		}
	default:
		for _, n := range numbers {
			all = append(all, n)
		}
		if r := t.Rule; r != nil && r.Size != nil {
			all = append(all, literal(strconv.FormatInt(r.Size.Min-1, 10)), literal(strconv.FormatInt(r.Size.Max, 10)), literal(strconv.FormatInt(r.Size.Max+1, 10)))
		}
		all = append(all, "", "yes", "tomorrow", "2026-01-31T02:10:00Z", "0000-00-00", "-292277022399-01-01T00:00:00Z")
	}
	return all
}

func repeated(v any, n int) list {
	l := make(list, n)
	for i := range l {
		l[i] = v
	}
	return l
}

// mutants calls fn with every input in which one member, at any depth, is
// replaced by a mutation or left out. fn must be done with it when it returns.
func mutants(d *wire.Struct, whole object, fn func(what string, in object)) {
	var walk func(path string, d *wire.Struct, o object)
	var inside func(path string, t *wire.Type, v any)
	walk = func(path string, d *wire.Struct, o object) {
		for i := range d.Fields {
			f := &d.Fields[i]
			sample, ok := o[f.Wire]
			if !ok {
				continue
			}
			name := path + "." + f.Wire
			delete(o, f.Wire)
			fn(name+" left out", whole)
			for _, m := range mutations(f.Type) {
				o[f.Wire] = m
				fn(fmt.Sprintf("%s = %.40q", name, fmt.Sprint(m)), whole)
			}
			o[f.Wire] = sample
			inside(name, f.Type, sample)
		}
	}
	inside = func(path string, t *wire.Type, v any) {
		switch v := v.(type) {
		case object:
			if t.Kind == wire.Structure {
				walk(path, t.Struct, v)
			}
		case list:
			if len(v) == 0 {
				return
			}
			sample := v[0]
			if t.Item.Kind != wire.Structure {
				for _, m := range mutations(t.Item) {
					v[0] = m
					fn(fmt.Sprintf("%s[0] = %.40q", path, fmt.Sprint(m)), whole)
				}
				v[0] = sample
			}
			inside(path+"[0]", t.Item, sample)
		}
	}
	walk("", d, whole)
}

// minimal is a sample with nothing but what is required.
func minimal(d *wire.Struct, whole object) object {
	o := object{}
	for _, f := range d.Fields {
		if f.Required {
			o[f.Wire] = whole[f.Wire]
		}
	}
	return o
}

// encode makes a request of an input, whatever is wrong with it. It returns
// nil for what no HTTP client could send.
func (c *client) encode(op *wire.Operation, in object) *http.Request {
	switch s := op.Service; s.Protocol {
	case wire.AWSJSON:
		body := appendJSON(nil, in)
		return c.request(http.MethodPost, "/", s.SigningName, http.Header{
			"Content-Type": {jsonType}, "X-Amz-Target": {s.TargetPrefixes[0] + "." + op.Name},
		}, body)
	case wire.AWSQuery:
		form := url.Values{"Action": {op.Name}, "Version": {s.Version}}
		addForm(form, "", &wire.Type{Kind: wire.Structure, Struct: op.Input}, in)
		return c.request(http.MethodPost, "/", s.SigningName, http.Header{"Content-Type": {formType}}, []byte(form.Encode()))
	default:
		return c.encodeREST(op, in)
	}
}

// appendJSON writes strings byte for byte, so that they may be what no JSON
// is made of.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case literal:
		return append(b, v...)
	case string:
		if strings.IndexByte(v, 0xff) >= 0 {
			return append(append(append(b, '"'), v...), '"')
		}
		text, _ := json.Marshal(v)
		return append(b, text...)
	case list:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, item)
		}
		return append(b, ']')
	case object:
		b = append(b, '{')
		for i, k := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendJSON(b, k), ':')
			b = appendJSON(b, v[k])
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

func addForm(form url.Values, name string, t *wire.Type, v any) {
	at := func(part string) string { return strings.TrimPrefix(name+"."+part, ".") }
	switch v := v.(type) {
	case literal:
		form.Set(name, string(v))
	case string:
		form.Set(name, v)
	case list:
		if t != nil && t.Kind == wire.List && !t.Flat {
			name = at(t.ItemName)
		}
		for i, item := range v {
			addForm(form, at(strconv.Itoa(i+1)), itemOf(t), item)
		}
	case object:
		if t != nil && t.Kind == wire.Map {
			for i, k := range slices.Sorted(maps.Keys(v)) {
				entry := at("entry." + strconv.Itoa(i+1) + ".")
				form.Set(entry+t.KeyName, k)
				addForm(form, entry+t.ValueName, t.Item, v[k])
			}
			return
		}
		for k, member := range v {
			addForm(form, at(k), typeOf(t, k), member)
		}
	}
}

func itemOf(t *wire.Type) *wire.Type {
	if t == nil {
		return nil
	}
	return t.Item
}

func typeOf(t *wire.Type, member string) *wire.Type {
	if t == nil || t.Struct == nil {
		return nil
	}
	for i := range t.Struct.Fields {
		if t.Struct.Fields[i].Wire == member {
			return t.Struct.Fields[i].Type
		}
	}
	return nil
}

func (c *client) encodeREST(op *wire.Operation, in object) *http.Request {
	var bucket, key string
	query, header, body := url.Values{}, http.Header{}, []byte(nil)
	for _, l := range op.Literals {
		query.Set(l.Name, l.Value)
	}
	for i := range op.Input.Fields {
		f := &op.Input.Fields[i]
		v, ok := in[f.Wire]
		if !ok {
			continue
		}
		switch f.In {
		case wire.URI:
			if f.Name == "Bucket" {
				bucket = flat(v)
			} else {
				key = flat(v)
			}
		case wire.Query:
			query.Set(f.Wire, flat(v))
		case wire.Header:
			if f.Wire != "Content-Length" {
				header.Set(f.Wire, flat(v))
			}
		case wire.Headers:
			if o, ok := v.(object); ok {
				for k, text := range o {
					header.Set(f.Wire+k, flat(text))
				}
			}
		case wire.Payload:
			if f.Type.Kind == wire.Structure {
				body = appendXML(nil, f.Wire, f.Type, v)
			} else {
				body = []byte(flat(v))
			}
		}
	}
	for name, values := range header {
		if strings.ContainsAny(name+values[0], "\x00\r\n ") {
			return nil
		}
	}
	target := "/"
	if op.Path != wire.ServicePath {
		target += url.PathEscape(bucket)
	}
	if op.Path == wire.ObjectPath {
		target += "/" + strings.ReplaceAll(url.PathEscape(key), "%2F", "/")
	}
	return c.request(op.Method, target+"?"+query.Encode(), op.Service.SigningName, header, body)
}

// flat is a value as the text that it would be in a header.
func flat(v any) string {
	switch v := v.(type) {
	case literal:
		return string(v)
	case string:
		return v
	case list:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = flat(item)
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v)
}

func appendXML(b []byte, name string, t *wire.Type, v any) []byte {
	if t != nil && t.Kind == wire.List && t.Flat {
		if items, ok := v.(list); ok {
			for _, item := range items {
				b = appendXML(b, name, t.Item, item)
			}
			return b
		}
	}
	b = append(append(append(b, '<'), name...), '>')
	switch v := v.(type) {
	case literal:
		b = append(b, escapeXML(string(v))...)
	case string:
		b = append(b, escapeXML(v)...)
	case list:
		itemName := "member"
		if t != nil && t.ItemName != "" {
			itemName = t.ItemName
		}
		for _, item := range v {
			b = appendXML(b, itemName, itemOf(t), item)
		}
	case object:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			b = appendXML(b, cmp.Or(strings.Trim(k, "\x00"), "x"), typeOf(t, k), v[k])
		}
	}
	return append(append(append(b, "</"...), name...), '>')
}

// escapeXML leaves what XML cannot say at all as it is.
func escapeXML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// order is the order in which the operations of a service are tried: what
// takes things away comes last.
func order(ops []*wire.Operation) []*wire.Operation {
	rank := func(op *wire.Operation) int {
		for i, verb := range []string{"Update", "Set", "Disable", "Stop", "Move", "Detach", "Untag", "Remove", "Deregister", "Abort", "Delete", "Close", "Leave"} {
			if strings.HasPrefix(op.Name, verb) {
				return i + 1
			}
		}
		return 0
	}
	ops = slices.Clone(ops)
	slices.SortStableFunc(ops, func(a, b *wire.Operation) int { return rank(a) - rank(b) })
	return ops
}

// furnish makes one of everything, so that what is tried meets something.
func furnish(c *client) samples {
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	const identity = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:ListAllMyBuckets","Resource":"*"}]}`
	const orgs, trails = "AWSOrganizationsV20161128.", "CloudTrail_20131101."
	s := samples{
		"Bucket": "target", "S3BucketName": "target", "Key": "target", "CopySource": "/target/target", "TargetBucket": "target",
		"AssumeRolePolicyDocument": trust, "PolicyDocument": identity, "Content": identity, "sts.Policy": identity,
		"Path": "/", "NewPath": "/", "PathPrefix": "/", "Email": "target@example.com", "VersionId": "v1",
		"AWSServiceName": "cloudtrail.amazonaws.com", "ServicePrincipal": "cloudtrail.amazonaws.com", "PolicyType": "SERVICE_CONTROL_POLICY",
		"TokenCode": "123456", "ExpectedBucketOwner": "", "ContentMD5": "", "s3.VersionId": "",
		"Permission": "FULL_CONTROL", "s3.Policy": `{"Version":"2012-10-17","Statement":[]}`,
		"Marker": "", "NextToken": "", "ContinuationToken": "", "CustomSuffix": "x",
		"organizations.TargetId": "", "organizations.States": "SUCCEEDED",
	}
	var account struct{ GetCallerIdentityResult struct{ Account string } }
	unmarshal(c, c.form("sts", url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}), &account)
	m := account.GetCallerIdentityResult.Account
	s["AccountId"], s["PolicyArn"], s["RoleArn"] = m, "arn:aws:iam::"+m+":policy/target", "arn:aws:iam::"+m+":role/target"
	s["PermissionsBoundary"], s["sts.arn"], s["TrailName"], s["cloudtrail.Name"] = s["PolicyArn"], s["PolicyArn"], "target", "target"
	s["ResourceIdList"] = "arn:aws:cloudtrail:us-east-1:" + m + ":trail/target"
	s["cloudtrail.ResourceId"], s["trailNameList"] = s["ResourceIdList"], s["ResourceIdList"]

	c.must(c.s3(http.MethodPut, "/target", ""))
	c.must(c.s3(http.MethodPut, "/target/target", "target"))
	c.must(c.s3(http.MethodPut, "/target?policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["s3:GetBucketAcl","s3:PutObject"],"Resource":["arn:aws:s3:::target","arn:aws:s3:::target/*"]}]}`))
	for _, form := range []url.Values{
		{"Action": {"CreateUser"}, "UserName": {"target"}},
		{"Action": {"CreateGroup"}, "GroupName": {"target"}},
		{"Action": {"CreateRole"}, "RoleName": {"target"}, "AssumeRolePolicyDocument": {trust}},
		{"Action": {"CreatePolicy"}, "PolicyName": {"target"}, "PolicyDocument": {identity}},
		{"Action": {"CreateInstanceProfile"}, "InstanceProfileName": {"target"}},
	} {
		form.Set("Version", "2010-05-08")
		c.must(c.form("iam", form))
	}
	var org struct{ Organization struct{ Id string } }
	unmarshal(c, c.json(orgs+"CreateOrganization", "{}"), &org)
	var roots struct{ Roots []struct{ Id string } }
	unmarshal(c, c.json(orgs+"ListRoots", "{}"), &roots)
	root := roots.Roots[0].Id
	var unit struct{ OrganizationalUnit struct{ Id string } }
	unmarshal(c, c.json(orgs+"CreateOrganizationalUnit", `{"ParentId":"`+root+`","Name":"unit"}`), &unit)
	c.must(c.json(orgs+"EnablePolicyType", `{"RootId":"`+root+`","PolicyType":"SERVICE_CONTROL_POLICY"}`))
	var policy struct {
		Policy struct{ PolicySummary struct{ Id string } }
	}
	unmarshal(c, c.json(orgs+"CreatePolicy", `{"Name":"target","Description":"","Type":"SERVICE_CONTROL_POLICY","Content":`+strconv.Quote(identity)+`}`), &policy)
	c.must(c.json(orgs+"EnableAWSServiceAccess", `{"ServicePrincipal":"cloudtrail.amazonaws.com"}`))
	c.must(c.json(trails+"CreateTrail", `{"Name":"target","S3BucketName":"target"}`))
	c.must(c.json(trails+"StartLogging", `{"Name":"target"}`))
	c.must(c.json(trails+"PutEventSelectors", `{"TrailName":"target","EventSelectors":[{"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3"]}]}]}`))
	s["RootId"], s["ParentId"], s["SourceParentId"], s["DestinationParentId"] = root, root, root, unit.OrganizationalUnit.Id
	s["OrganizationalUnitId"], s["organizations.TargetId"], s["organizations.ResourceId"], s["ChildId"] = unit.OrganizationalUnit.Id, unit.OrganizationalUnit.Id, root, m
	s["PolicyId"], s["organizations.Id"], s["HandshakeId"] = policy.Policy.PolicySummary.Id, "target@example.com", "h-0123456789abcdef"
	s["organizations.Filter"], s["organizations.Type"] = "SERVICE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY"
	s["CreateAccountRequestId"] = "car-0123456789abcdef"
	return s
}

// TestMutatedInputs sends every operation of every service its sample inputs
// with one member at a time replaced by something wrong. Whatever comes, it
// answers in its protocol's terms and leaves a record, and a refusal changes
// nothing.
func TestMutatedInputs(t *testing.T) {
	for _, service := range []string{"cloudtrail", "organizations", "iam", "sts", "s3"} {
		t.Run(service, func(t *testing.T) {
			var said faults
			s, p := startServer(t, func(c *Config) { c.Log = said.log() })
			c := newClient(t, p)
			samples := furnish(c)
			i := slices.IndexFunc(s.gateway.Services, func(g *gateway.Service) bool { return g.API.ID == service })
			for _, op := range order(s.gateway.Services[i].API.Operations) {
				if err := s.organizations.Advance(t.Context()); err != nil {
					t.Fatal(err)
				}
				s.mutate(c, op, samples)
			}
			said.check(t)
			checkRecords(t, s)
		})
	}
}

// mutate tries one operation.
func (s *Server) mutate(c *client, op *wire.Operation, samples samples) {
	whole := samples.structure(op.Service.ID, op.Input, 0)
	before, calls, changes := s.store.Metrics(), int64(0), int64(0)
	var wg sync.WaitGroup
	var mu sync.Mutex
	requests := make(chan func(), 16)
	for range 16 {
		wg.Go(func() {
			for try := range requests {
				try()
			}
		})
	}
	send := func(what string, in object) {
		r := c.encode(op, in)
		if r == nil {
			return
		}
		requests <- func() {
			a := c.do(r)
			if err := wellFormed(op.Service.Protocol, a); err != nil {
				c.Errorf("%s %s: %.2000v", op.Name, what, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if calls++; a.StatusCode < 300 && !op.ReadOnly {
				changes++
			}
		}
	}
	send("sample", whole)
	mutants(op.Input, whole, send)
	mutants(op.Input, minimal(op.Input, whole), send)
	close(requests)
	wg.Wait()
	if n := s.store.Metrics().Entries - before.Entries; n < calls && op.Service.Protocol != wire.RESTXML && !op.Unsigned {
		c.Errorf("%s: %d calls left %d records", op.Name, calls, n)
	}
	if changed := s.changedSince(c, before.Revision); changes == 0 && len(changed) > 0 {
		c.Errorf("%s: no call succeeded and these changed: %.1000v", op.Name, changed)
	}
}

// changedSince are the values of the control plane that were written or
// deleted after a revision, without the notes of who called when, which are
// written once a minute.
func (s *Server) changedSince(c *client, revision int64) (names []string) {
	c.Helper()
	err := s.store.Read(c.Context(), func(tx *sql.Tx) error {
		rows, err := tx.Query(`SELECT kind, k FROM rec WHERE rev > $1 AND kind NOT IN ('iam.access', 'iam.lastuse') ORDER BY kind, k`, revision)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var kind, key string
			if err := rows.Scan(&kind, &key); err != nil {
				return err
			}
			names = append(names, kind+" "+key)
		}
		return rows.Err()
	})
	if err != nil {
		c.Fatal(err)
	}
	return names
}

// checkRecords reads the journal: every record is one object of JSON in which
// no name stands twice.
func checkRecords(t *testing.T, s *Server) {
	after, n, bad := journal.Cursor{}, 0, 0
	for bad < 10 {
		chunks, err := s.store.ReadChunks(t.Context(), after, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if len(chunks) == 0 {
			break
		}
		for _, chunk := range chunks {
			for _, e := range chunk.Entries {
				n++
				err := uniqueNames(json.NewDecoder(bytes.NewReader(e.Record)))
				if err != nil || !json.Valid(e.Record) || !utf8.Valid(e.Record) {
					bad++
					t.Errorf("a record that nobody can read: %v: %.3000q", err, e.Record)
				}
			}
			after.Advance(chunk.Position)
		}
	}
	t.Logf("%d records", n)
}

// uniqueNames reads one value.
func uniqueNames(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	names := make(map[any]bool)
	switch token {
	case json.Delim('{'):
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return err
			}
			if names[name] {
				return fmt.Errorf("the name %v stands twice", name)
			}
			names[name] = true
			if err := uniqueNames(d); err != nil {
				return err
			}
		}
		_, err = d.Token()
	case json.Delim('['):
		for d.More() {
			if err := uniqueNames(d); err != nil {
				return err
			}
		}
		_, err = d.Token()
	}
	return err
}
