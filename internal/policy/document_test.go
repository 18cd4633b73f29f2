package policy

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	doc := parse(t, `{"Version":"2012-10-17","Id":"i","Statement":[
		{"Sid":"a b","Effect":"Allow","Principal":{"AWS":["111111111111","arn:aws:iam::222222222222:user/u"],"Service":"x.amazonaws.com"},"NotAction":"s3:*","NotResource":["*"]},
		{"Effect":"Deny","NotPrincipal":"*","Action":["sts:AssumeRole"]}]}`)
	if doc.Version != "2012-10-17" || doc.ID != "i" || len(doc.Statements) != 2 {
		t.Fatalf("%+v", doc)
	}
	a, b := doc.Statements[0], doc.Statements[1]
	if a.Sid != "a b" || a.Effect != Allow || !a.notAction || !a.notResource || a.notPrincipal || len(a.principals.accounts) != 1 || len(a.principals.names) != 1 {
		t.Errorf("%+v", a)
	}
	if b.Effect != Deny || !b.notPrincipal || !b.anyResource {
		t.Errorf("%+v", b)
	}
	if got := parse(t, `{"Statement":{"Effect":"Deny","Action":"*"}}`); got.Version != "2008-10-17" || got.Statements[0].Effect.String() != "Deny" {
		t.Errorf("%+v", got)
	}
}

func TestParseErrors(t *testing.T) {
	statement := func(s string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*"},{` + s + `}]}`
	}
	for _, c := range []struct{ doc, want string }{
		{``, "not JSON: EOF at byte 0"},
		{`x`, "not JSON: "},
		{`[]`, "must be a JSON object"},
		{`null`, "must be a JSON object"},
		{`{"Statement":`, "not JSON: "},
		{`{"Statement":[`, "not JSON: "},
		{`{"Statement":[{"Effect" "Allow"}]}`, "not JSON: "},
		{`{"a":1,}`, "not JSON: "},
		{`{} {}`, "not JSON: more than one value"},
		{`{}x`, "not JSON: more than one value"},
		{strings.Repeat("[", 40), "Statement"},
		{`{}`, "Statement: is missing"},
		{`{"Statement":[]}`, "Statement: is empty"},
		{`{"Statement":"x"}`, "Statement: must be an object or a list of objects"},
		{`{"Statement":["x"]}`, "Statement[0]: must be an object"},
		{`{"Version":"2013-10-17","Statement":{}}`, "Version: must be 2012-10-17 or 2008-10-17"},
		{`{"Version":2012,"Statement":{}}`, "Version: must be a string"},
		{`{"Id":{},"Statement":{}}`, "Id: must be a string"},
		{`{"version":"2012-10-17","Statement":{}}`, "version: unknown element"},
		{`{"Statement":{},"Statement":{}}`, "Statement: appears twice"},
		{statement(``), "Statement[1].Effect: must be Allow or Deny"},
		{statement(`"Effect":"allow"`), "Statement[1].Effect: must be Allow or Deny"},
		{statement(`"Effect":""`), "Statement[1].Effect: must be Allow or Deny"},
		{statement(`"Effect":1`), "Statement[1].Effect: must be a string"},
		{statement(`"Effect":"Allow","Effect":"Deny"`), "Statement[1].Effect: appears twice"},
		{statement(`"Sid":1`), "Statement[1].Sid: must be a string"},
		{statement(`"effect":"Allow"`), "Statement[1].effect: unknown element"},
		{statement(`"Effect":"Allow"`), "Statement[1].Action: is missing"},
		{statement(`"Effect":"Allow","Action":[]`), "Statement[1].Action: is missing"},
		{statement(`"Effect":"Allow","Action":1`), "Statement[1].Action: must be a string or a list of strings"},
		{statement(`"Effect":"Allow","Action":["a",1]`), "Statement[1].Action[1]: must be a string"},
		{statement(`"Action":"*","NotAction":"*"`), "Statement[1].NotAction: cannot stand next to Action"},
		{statement(`"NotResource":"*","Resource":"*"`), "Statement[1].Resource: cannot stand next to NotResource"},
		{statement(`"Principal":"*","NotPrincipal":"*"`), "Statement[1].NotPrincipal: cannot stand next to Principal"},
		{statement(`"Principal":[]`), `Statement[1].Principal: must be "*" or an object`},
		{statement(`"Effect":"Allow","Action":"*","Principal":"x"`), `Statement[1].Principal: must be "*" or an object`},
		{statement(`"Effect":"Allow","Action":"*","Principal":{}`), "Statement[1].Principal: is empty"},
		{statement(`"Effect":"Allow","Action":"*","Principal":{"AWS":[]}`), "Statement[1].Principal.AWS: is empty"},
		{statement(`"Effect":"Allow","Action":"*","Principal":{"AWS":1}`), "Statement[1].Principal.AWS: must be a string or a list of strings"},
		{statement(`"Effect":"Allow","Action":"*","Principal":{"Service":""}`), "Statement[1].Principal.Service: is empty"},
		{statement(`"Effect":"Allow","Action":"*","Principal":{"aws":"*"}`), "Statement[1].Principal.aws: unknown kind of principal"},
		{statement(`"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${"`), `Statement[1].Resource: "arn:aws:s3:::${": malformed policy variable`},
		{statement(`"Condition":[]`), "Statement[1].Condition: must be an object"},
		{statement(`"Condition":{"StringEquals":"x"}`), "Statement[1].Condition.StringEquals: must be an object"},
		{statement(`"Condition":{"StringEquals":{"k":{}}}`), "Statement[1].Condition.StringEquals.k: must be a string or a list of strings"},
		{statement(`"Condition":{"StringEquals":{"k":[null]}}`), "Statement[1].Condition.StringEquals.k[0]: must be a string"},
		{statement(`"Condition":{"StringEquals":{"k":"1","k":"2"}}`), "Statement[1].Condition.StringEquals.k: appears twice"},
		{statement(`"Effect":"Allow","Action":"*","Condition":{"stringequals":{"k":"1"}}`), "Statement[1].Condition.stringequals: unknown condition operator"},
		{statement(`"Effect":"Allow","Action":"*","Condition":{"NullIfExists":{"k":"1"}}`), "Statement[1].Condition.NullIfExists: unknown condition operator"},
		{statement(`"Effect":"Allow","Action":"*","Condition":{"ForAnyValue::Bool":{"k":"1"}}`), "Statement[1].Condition.ForAnyValue::Bool: unknown condition operator"},
		{statement(`"Effect":"Allow","Action":"*","Condition":{"Bool":{"":"1"}}`), "Statement[1].Condition.Bool: the condition key is empty"},
		{statement(`"Effect":"Allow","Action":"*","Condition":{"StringLike":{"k":"${x"}}`), `Statement[1].Condition.StringLike: k: "${x": malformed policy variable`},
	} {
		_, err := Parse([]byte(c.doc))
		var serr *SyntaxError
		if c.doc == strings.Repeat("[", 40) {
			c.want = "nested too deeply"
		}
		if !errors.As(err, &serr) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n got %v\nwant %s", c.doc, err, c.want)
		}
	}
}

// What a document means may not hang on how it is spelt.
func TestParseKeepsOrderAndScalars(t *testing.T) {
	doc := parse(t, `{"Statement":{"Effect":"Allow","Action":"*","Condition":{"NumericEquals":{"a":1,"b":[2,"3"]},"Bool":{"c":true},"x":{}}}}`)
	if n := len(doc.Statements[0].conditions); n != 3 {
		t.Errorf("%d conditions", n)
	}
}

func FuzzParse(f *testing.F) {
	for _, doc := range documents {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := Parse(data)
		CheckIdentity(data)
		CheckTrust(data, nil)
		CheckSCP(data)
		CheckRCP(data)
		bucket := CheckBucket(data, "my-bucket", nil)
		if err != nil {
			if bucket == nil {
				t.Errorf("S3 accepts what Parse does not: %v", err)
			}
			return
		}
		doc.IsPublic()
		attached := []Attached{{Document: doc}}
		for _, p := range callers {
			r := Request{Principal: p, Action: "s3:PutObject", Resource: "arn:aws:s3:::my-bucket/AWSLogs/x",
				Context: Context{"aws:username": {"u"}, "aws:sourceip": {"10.0.0.1"}, "aws:tagkeys": {"a", "b"}}}
			got := Evaluate(r, Documents{Identity: attached, Boundary: attached, Resource: &attached[0], SCPs: [][]Attached{attached}, RCPs: [][]Attached{attached}})
			if got.Decision == Allowed != (got.Message(r) == "") {
				t.Errorf("%v says %q", got.Decision, got.Message(r))
			}
		}
	})
}

func TestSourceKeepsItsText(t *testing.T) {
	const text = `{"Statement": {"Effect":"Allow","Action":"*"} }`
	in, err := NewSource(text)
	if err != nil || in.IsZero() {
		t.Fatal(err)
	}
	stored, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out Source
	if err := json.Unmarshal(stored, &out); err != nil || out.Text() != text || len(out.Document().Statements) != 1 {
		t.Errorf("%s became %q: %v", stored, out.Text(), err)
	}
	if err := json.Unmarshal([]byte(`""`), &out); err != nil || !out.IsZero() {
		t.Errorf("no policy became %q: %v", out.Text(), err)
	}
	for _, bad := range []string{`1`, `"{"`} {
		if err := json.Unmarshal([]byte(bad), &out); err == nil {
			t.Errorf("%s accepted", bad)
		}
	}
	if got := in.Document().Statements[0].Effect.String(); got != "Allow" {
		t.Errorf("effect %s", got)
	}
}
