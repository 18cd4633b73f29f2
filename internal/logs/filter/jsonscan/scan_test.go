package jsonscan

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func valid(b []byte) bool {
	i := Space(b, 0)
	if i = Skip(b, i, 0); i < 0 {
		return false
	}
	return Space(b, i) == len(b)
}

var texts = []string{
	``, ` `, `{}`, `[]`, `[1,2]`, `[1,]`, `[,1]`, `{"a":1}`, `{"a":1,}`, `{"a"}`, `{1:2}`, `[}`, `{]`, `[1}`,
	`0`, `01`, `-`, `-0`, `1.`, `1.5e+3`, `1e`, `+1`, `true`, `tru`, `nul`, `null x`, `"a`, `"\x"`, `"\u12"`, `"\u12g4"`,
	"\"a\nb\"", `"aaaaaaaaaaaaaaaa\"bbbbbbbbbbbbb"`, `"\ud83d\ude00\ud83d"`, "\"\xff\"", `{"a":{"b":[{"c":null}]}} `,
	`{"a" : "b" , "c":[ true , false ]}`, `"` + strings.Repeat("x", 100) + `\`, `[[[[`, "\"\x80\x81\"", "\"\x7f\"",
}

func TestAcceptsWhatEncodingJSONAccepts(t *testing.T) {
	deep := strings.Repeat("[", MaxDepth)
	for _, s := range append(texts, deep+strings.Repeat("]", MaxDepth), deep+"["+strings.Repeat("]", MaxDepth+1)) {
		if got, want := valid([]byte(s)), json.Valid([]byte(s)); got != want {
			t.Errorf("%.60q: %v, encoding/json says %v", s, got, want)
		}
	}
}

func FuzzSkip(f *testing.F) {
	for _, s := range texts {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := valid(b), json.Valid(b); got != want {
			t.Fatalf("%q: %v, encoding/json says %v", b, got, want)
		}
		var s string
		if !utf8.Valid(b) || len(b) == 0 || b[0] != '"' || json.Unmarshal(b, &s) != nil {
			return
		}
		end, escaped := String(b, 0)
		text := b[1 : end-1]
		if escaped {
			text = Unescape(nil, text)
		}
		if string(text) != s {
			t.Fatalf("%q: %q, encoding/json says %q", b, text, s)
		}
	})
}

func BenchmarkSkip(b *testing.B) {
	doc := []byte(`{"a":"` + strings.Repeat("x", 40) + `","b":[1,2,{"c":"` + strings.Repeat("y", 100) + `"}],"d":null}`)
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if Skip(doc, 0, 0) < 0 {
			b.Fatal("malformed")
		}
	}
}
