package filter

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// plain judges a document by decoding the whole message.
func plain(d *document, message []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(message))
	dec.UseNumber()
	var root any
	if dec.Decode(&root) != nil {
		return false
	}
	if _, err := dec.Token(); err != io.EOF {
		return false
	}
	return plainExpression(d, d.expression, root)
}

func plainExpression(d *document, e *expression, root any) bool {
	switch e.op {
	case and:
		return plainExpression(d, e.left, root) && plainExpression(d, e.right, root)
	case or:
		return plainExpression(d, e.left, root) || plainExpression(d, e.right, root)
	}
	holds := false
	for _, v := range plainFind(root, d.conditions[e.leaf].selector.steps) {
		holds = holds || plainCondition(&d.conditions[e.leaf], v)
	}
	return holds != e.not
}

func plainFind(v any, steps []step) (found []any) {
	if len(steps) == 0 {
		return []any{v}
	}
	switch s := steps[0]; v := v.(type) {
	case map[string]any:
		for name, m := range v {
			if s.kind == anyMember || s.kind == member && s.name == name {
				found = append(found, plainFind(m, steps[1:])...)
			}
		}
	case []any:
		for i, m := range v {
			if s.kind == anyElement || s.kind == element && s.index == i {
				found = append(found, plainFind(m, steps[1:])...)
			}
		}
	}
	return found
}

func plainCondition(c *condition, v any) bool {
	switch c.test {
	case exists:
		return true
	case isNull:
		return v == nil
	case isTrue:
		return v == true
	case isFalse:
		return v == false
	}
	text, number := "", false
	switch v := v.(type) {
	case string:
		text = v
	case bool:
		text = strconv.FormatBool(v)
	case json.Number:
		text, number = v.String(), true
	default:
		return false
	}
	return plainOperand(c.operand, text, number)
}

func plainOperand(o *operand, text string, number bool) bool {
	n, err := strconv.ParseFloat(text, 64)
	number = number && err == nil
	switch o.op {
	case "<":
		return number && n < o.number
	case "<=":
		return number && n <= o.number
	case ">":
		return number && n > o.number
	case ">=":
		return number && n >= o.number
	}
	equal := false
	switch want := string(o.text); {
	case o.regex != nil:
		equal = o.regex.MatchString(text)
	case o.numeric && (number || err != nil && strings.ContainsAny(text, "0123456789") && json.Valid([]byte(text))):
		equal = number && n == o.number
	case o.open && o.tail:
		equal = strings.Contains(text, want)
	case o.open:
		equal = strings.HasSuffix(text, want)
	case o.tail:
		equal = strings.HasPrefix(text, want)
	default:
		equal = text == want
	}
	return equal == (o.op == "=")
}

// repeats reports whether an object of a well-formed text has a name twice.
func repeats(message []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(message))
	var value func() bool
	value = func() bool {
		token, err := dec.Token()
		if err != nil {
			return false
		}
		object := token == json.Delim('{')
		if !object && token != json.Delim('[') {
			return false
		}
		seen := map[json.Token]bool{}
		for dec.More() {
			if object {
				name, err := dec.Token()
				if err != nil || seen[name] {
					return err == nil
				}
				seen[name] = true
			}
			if value() {
				return true
			}
		}
		dec.Token()
		return false
	}
	return value()
}

// compare fails if the matcher and the plain one disagree.
func compare(t *testing.T, pattern string, p *Pattern, message []byte) {
	d, ok := p.matcher.(*document)
	if !ok || !utf8.Valid(message) || !utf8.ValidString(pattern) {
		return
	}
	for _, c := range d.conditions {
		if c.selector.wild() && json.Valid(message) && repeats(message) {
			return // each of them counts here
		}
	}
	if got, want := p.Match(message), plain(d, message); got != want {
		t.Fatalf("%s: %v, decoding says %v of %s", pattern, got, want, message)
	}
}

func FuzzMatch(f *testing.F) {
	for _, test := range matchTests {
		f.Add(test.pattern, []byte(test.message))
	}
	f.Fuzz(func(t *testing.T, pattern string, message []byte) {
		p, err := Parse(pattern)
		if err != nil {
			if at := err.(*SyntaxError).Offset; at < 0 || at > len(pattern) {
				t.Fatalf("%q: offset %d", pattern, at)
			}
			return
		}
		_, matched := p.Extract(message)
		if matched != p.Match(message) {
			t.Fatal("Extract and Match disagree")
		}
		if matched {
			checkMay(t, p, pattern, string(message))
		}
		compare(t, pattern, p, message)
	})
}

// TestMatchLikeDecoding compares random patterns over random documents that
// share their few names and values.
func TestMatchLikeDecoding(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	var value func(depth int) string
	value = func(depth int) string {
		switch n := r.IntN(8); {
		case n < 2 && depth > 0:
			var members []string
			for range r.IntN(4) {
				members = append(members, pick(`"a"`, `"b"`, `"\u0061"`, `"c.d"`)+":"+value(depth-1))
			}
			return "{" + strings.Join(members, " , ") + "}"
		case n < 3 && depth > 0:
			var elements []string
			for range r.IntN(4) {
				elements = append(elements, value(depth-1))
			}
			return "[" + strings.Join(elements, ",") + "]"
		}
		return pick(`1`, `2`, `1.0`, `"1"`, `"xyz"`, `"x\u0079z"`, `"x/y"`, `null`, `true`, `false`, `1e999`, `""`)
	}
	condition := func() string {
		path := "$"
		wild := false
		for range 1 + r.IntN(3) {
			one := pick(".a", ".b", "['c.d']", "[0]", "[1]", ".*", "[*]")
			if strings.Contains(one, "*") && wild {
				one = ".a"
			}
			wild = wild || strings.Contains(one, "*")
			path += one
		}
		return path + " " + pick("= 1", "!= 1", `= "1"`, "= xyz", "= x*", `= "*/y"`, "!= *z", "> 1", "<= 1", "IS NULL", "IS TRUE", "IS FALSE", "EXISTS", "NOT EXISTS", "= %x.z%", "= *")
	}
	for range 20000 {
		pattern := "{" + condition() + pick(" && ", " || ") + "(" + condition() + pick("&&", "||") + condition() + ") }"
		p, err := Parse(pattern)
		if err != nil {
			if strings.Contains(err.Error(), "regular expressions") {
				continue
			}
			t.Fatalf("%s: %v", pattern, err)
		}
		compare(t, pattern, p, []byte(value(4)))
	}
}
