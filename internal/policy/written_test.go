package policy

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	const text = `{
 "Id": "x", "Statement": [
  {"Sid": "A", "Effect": "Deny", "Principal": {"AWS": ["111111111111", "*"], "Service": "x.amazonaws.com"},
   "NotAction": "S3:Get*", "Resource": ["arn:aws:s3:::b", "*"], "Condition": {"StringLike": {"K": "a*", "l": ["b"]}, "Null": {"m": true}}},
  {"Effect": "Allow", "Action": "*"}]}`
	w, err := Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var got string
	for _, s := range w.Statements {
		got += fmt.Sprint(s.Sid, s.Effect, s.Principal, s.Principals, s.Action, s.Action.Negated(), s.Resource, s.Conditions, "\n")
	}
	const want = `ADeny {Principal [111111111111 * x.amazonaws.com]} [{AWS 111111111111} {AWS *} {Service x.amazonaws.com}] {NotAction [S3:Get*]} true {Resource [arn:aws:s3:::b *]} [{StringLike K [a*]} {StringLike l [b]} {Null m [true]}]
Allow { []} [] {Action [*]} false { []} []
`
	if got != want || w.Version != "" || w.ID != "x" || w.Document.Version != version2008 {
		t.Errorf("%+v\n%s\nwant\n%s", w, got, want)
	}
	for i, s := range w.Statements {
		if s.Statement != &w.Document.Statements[i] {
			t.Errorf("statement %d is not the document's", i)
		}
		if text := text[s.Start:s.End]; text[0] != '{' || text[len(text)-1] != '}' {
			t.Errorf("statement %d: %s", i, text)
		}
	}
	single := `{"Statement":{"Effect":"Allow","Action":"*"} }`
	if w, err = Read([]byte(single)); err != nil || single[w.Statements[0].Start:w.Statements[0].End] != `{"Effect":"Allow","Action":"*"}` {
		t.Errorf("%v %+v", err, w)
	}
}

// The offset of an error is that of what it is about, of a string that of its
// last quote: | stands before it.
func TestReadErrors(t *testing.T) {
	for _, marked := range []string{
		`|`,
		`|[]`,
		`{"Version":"2012-10-17","Statement":[],|,}`,
		`{"Version":"2013|","Statement":[]}`,
		`|{"Version":"2012-10-17"}`,
		`{"Statement":|[]}`,
		`{"Statement":[{"Effect":"Allow","Action":"*"},|1]}`,
		`{"Statement":[{"Effect":"Allow","Action":"*"},|{"Effect":"Allow"}]}`,
		`{"Statement":[{"Effect":"Allow","Action":"*"},{"Effect":"allow|","Action":"*"}]}`,
		`{"Statement":{"Effect":"allow|","Action":"*"}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Colour":"red|"}}`,
		`{"Statement":{"Effect":"Allow","Action":["*",|{}]}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Condition":{"StringEquals":{"a.b:c":|{}}}}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Condition":{"StringAbout":|{"k":"v"}}}}`,
		`{"Statement":{"Effect":"Allow","Effect"|:"Allow","Action":"*"}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Principal":{"AWS":|[]}}}`,
		`{"Statement":{"Effect":"Allow","Action":"*"}}| {}`,
	} {
		at := strings.IndexByte(marked, '|')
		_, err := Read([]byte(strings.Replace(marked, "|", "", 1)))
		var serr *SyntaxError
		if !errors.As(err, &serr) {
			t.Errorf("%s: %v", marked, err)
			continue
		}
		if serr.Offset != at {
			t.Errorf("%s: at %d, want %d: %v", marked, serr.Offset, at, serr)
		}
	}
}
