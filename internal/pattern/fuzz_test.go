package pattern

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// A reference of what a pattern means: the event as a list of fields, each
// with the elements that it stands in, and every assignment of fields to paths
// tried.

type flatField struct {
	value  value
	places map[int]int // array → element
}

type flattener struct {
	fields map[string][]flatField
	arrays int
}

// root is the path of the event itself.
const root = "\x00"

func (f *flattener) walk(d *json.Decoder, path string, places map[int]int) {
	under := path + "."
	if path == root {
		under = ""
	}
	t, err := d.Token()
	if err != nil {
		panic(err)
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			for d.More() {
				key, _ := d.Token()
				f.walk(d, under+key.(string), places)
			}
		} else {
			f.arrays++
			array := f.arrays
			for i := 0; d.More(); i++ {
				in := maps.Clone(places)
				in[array] = i
				f.walk(d, path, in)
			}
		}
		d.Token()
	default:
		raw, _ := json.Marshal(t)
		v := leafValue(string(raw))
		if s, ok := t.(string); ok {
			v.text = s
		}
		f.fields[path] = append(f.fields[path], flatField{v, places})
	}
}

func consistent(a, b map[int]int) bool {
	for array, i := range a {
		if j, ok := b[array]; ok && i != j {
			return false
		}
	}
	return true
}

// assign tries the fields of the event for paths one after another. Absence is
// judged when everything has been chosen.
func assign(combination fields, paths []string, event map[string][]flatField, chosen map[int]int, absent []string, steps *int) bool {
	if *steps--; *steps < 0 {
		return false
	}
	if len(paths) == 0 {
		return !slices.ContainsFunc(absent, func(path string) bool {
			return slices.ContainsFunc(event[path], func(f flatField) bool { return consistent(f.places, chosen) })
		})
	}
	l := combination[paths[0]]
	for _, f := range event[paths[0]] {
		if l.holds(&f.value) && consistent(f.places, chosen) {
			both := maps.Clone(chosen)
			maps.Copy(both, f.places)
			if assign(combination, paths[1:], event, both, absent, steps) {
				return true
			}
		}
	}
	return l.absent && assign(combination, paths[1:], event, chosen, append(slices.Clone(absent), paths[0]), steps)
}

func reference(pattern string, event []byte, steps *int) bool {
	o, err := parse(pattern, false)
	if err != nil {
		return false
	}
	all, ok := combine(o, "", []fields{{}})
	if !ok {
		return false
	}
	f := &flattener{fields: map[string][]flatField{}}
	d := json.NewDecoder(strings.NewReader(string(event)))
	d.UseNumber()
	f.walk(d, root, map[int]int{})
	return slices.ContainsFunc(all, func(c fields) bool {
		return assign(c, slices.Sorted(maps.Keys(c)), f.fields, map[int]int{}, nil, steps)
	})
}

func FuzzMatchJSON(f *testing.F) {
	for _, p := range []string{
		`{"a":[1],"b":["x",null]}`, `{"a":{"x":[1],"y":[2]}}`, `{"a":{"x":[1],"y":[{"exists":false}]},"b":[{"exists":true}]}`,
		`{"$or":[{"a":["x"]},{"b":{"c":[{"anything-but":"x"}]}}]}`, `{"a.x":[1],"a":{"y":[{"prefix":"z"}]}}`,
		`{"a":[{"numeric":[">",0,"<=",2]}],"b":[{"wildcard":"a*b"}]}`, `{"a":["v",{"exists":false}],"a.x":[{"exists":false}]}`,
		`{"a":{"x":["v",{"exists":false}],"y":[{"exists":false},1]}}`,
	} {
		for _, e := range []string{
			`{"a":1,"b":"x"}`, `{"a":[{"x":1},{"y":2}]}`, `{"a":[[{"x":1,"y":2}],{"x":1}],"b":[]}`, `{"a":{"x":"v"},"a.y":2,"b":{"c":"y"}}`,
			`{"a":[1,{"x":[1,2]}],"b":"aXb"}`, `{"a":"\u0041\"\\","b":[null,{"c":[true]}]}`, `{"a":[{"x":"v"},{"y":1},{}],"a":{"y":"z"}}`, `[{"a":1}]`,
		} {
			f.Add(p, e)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, event string) {
		p, err := ParseEvent(pattern)
		if err != nil {
			return
		}
		got := p.MatchJSON([]byte(event))
		if !json.Valid([]byte(event)) || !strings.HasPrefix(strings.TrimLeft(event, " \t\r\n"), "{") {
			if got {
				t.Fatalf("%s matches %q", pattern, event)
			}
			return
		}
		if strings.Contains(event, "\\u0000") || strings.ContainsRune(event, '\uFFFD') || strings.ToValidUTF8(event, "") != event {
			return // encoding/json changes them
		}
		steps := 20_000
		if want := reference(pattern, []byte(event), &steps); steps > 0 && got != want {
			t.Fatalf("%s on %s: %v, want %v", pattern, event, got, want)
		}
	})
}

// FuzzParse: what is refused says why, and what is read is JSON.
func FuzzParse(f *testing.F) {
	f.Add(`{"a":[{"prefix":{"equals-ignore-case":"x"}},{"cidr":"10.0.0.0/8"},1e5,null]}`)
	f.Add(`{"$or":[{"a":[1]},{"b":[{"anything-but":{"suffix":["x"]}}]}]}`)
	f.Add(`{"a":"\ud83d\ude00\u00`)
	f.Fuzz(func(t *testing.T, s string) {
		for _, parse := range []func() (*Pattern, error){
			func() (*Pattern, error) { return ParseEvent(s) },
			func() (*Pattern, error) { return ParseFilter(s, true) },
			func() (*Pattern, error) { return ParseFilter(s, false) },
		} {
			p, err := parse()
			if (p == nil) == (err == nil) {
				t.Fatalf("%v, %v", p, err)
			}
			if err == nil && !json.Valid([]byte(s)) {
				t.Fatalf("%q is no JSON", s)
			}
		}
	})
}

// FuzzWildcard compares with the plain table of which beginnings match.
func FuzzWildcard(f *testing.F) {
	f.Add("a*b*c", "aXbbXc")
	f.Add("*", "")
	f.Add(`a\*b*`, "a*b")
	f.Add("*aab*aab", "aaaabaab")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		w, err := parseWildcard(pattern)
		if err != nil {
			return
		}
		row := make([]bool, len(s)+1)
		row[0] = true
		for i := 0; i < len(pattern); i++ {
			next := make([]bool, len(s)+1)
			c := pattern[i]
			if c == '*' {
				reached := false
				for j := range row {
					reached = reached || row[j]
					next[j] = reached
				}
				row = next
				continue
			}
			if c == '\\' {
				i++
				c = pattern[i]
			}
			for j := 0; j < len(s); j++ {
				next[j+1] = row[j] && s[j] == c
			}
			row = next
		}
		if got := w.match(s); got != row[len(s)] {
			t.Fatalf("%q on %q: %v", pattern, s, got)
		}
	})
}

// FuzzNumber compares the value of a number with that of arithmetic on
// fractions.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{"5", "-0.000001", "5e9", "5000000000.000001", "1e-7", "100e-8", "0e999999999999", "0.10", "1500e-2"} {
		f.Add(s)
	}
	f.Fuzz(checkNumber)
}
