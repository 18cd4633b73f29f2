package policy

import (
	"slices"
	"strings"
	"testing"
)

func TestSpans(t *testing.T) {
	for text, want := range map[string][]Span{
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`: {{Position{1, 38}, Position{1, 84}}},
		`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`:                          {{Position{1, 14}, Position{1, 60}}},
		"{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": \"*\",\n      \"Resource\": \"*\"\n    }\n  ]\n}": {
			{Position{3, 17}, Position{8, 6}}},
		`{"Id":"Statement","Statement":[{"Effect":"Deny","Action":"a:b"} , {"Effect":"Deny","Action":"a:c"}]}`: {
			{Position{1, 32}, Position{1, 64}}, {Position{1, 66}, Position{1, 99}}},
		`[]`: nil, `{`: nil,
	} {
		if got := Spans(text); !slices.Equal(got, want) {
			t.Errorf("%s\ngot  %v\nwant %v", text, got, want)
		}
	}
}

func TestContextKeys(t *testing.T) {
	keys, err := ContextKeys([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/${*}",
		"Condition":{"StringLike":{"s3:prefix":["${aws:PrincipalTag/team, 'none'}/*"]},"Bool":{"AWS:UserName":"x"}}}]}`))
	if got := strings.Join(keys, " "); err != nil || got != "s3:prefix aws:PrincipalTag/team AWS:UserName" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := ContextKeys([]byte(`{}`)); err == nil {
		t.Error("an empty object is a policy")
	}
}

func FuzzInspect(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"${aws:username}"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := Parse([]byte(text))
		if err != nil {
			return
		}
		if n := len(Spans(text)); n != len(doc.Statements) {
			t.Errorf("%q has %d statements and %d spans", text, len(doc.Statements), n)
		}
		if _, err := ContextKeys([]byte(text)); err != nil {
			t.Error(err)
		}
	})
}
