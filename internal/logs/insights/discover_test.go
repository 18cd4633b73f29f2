package insights

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// flatten sets the fields of a decoded document by their path. It is false if
// two have the same one.
func flatten(fields map[string]any, path string, v any) bool {
	join := func(name string) string {
		if path == "" {
			if strings.HasPrefix(name, "@") {
				name = "@" + name
			}
			return name
		}
		return path + "." + name
	}
	switch v := v.(type) {
	case map[string]any:
		for name, m := range v {
			if name == "" && path == "" || !flatten(fields, join(name), m) {
				return false
			}
		}
	case []any:
		for i, m := range v {
			if !flatten(fields, join(fmt.Sprint(i)), m) {
				return false
			}
		}
	default:
		if _, ok := fields[path]; ok {
			return false
		}
		fields[path] = v
	}
	return true
}

// FuzzDiscover compares the fields that are discovered with those that
// decoding finds.
func FuzzDiscover(f *testing.F) {
	for _, m := range trail {
		f.Add([]byte(m))
	}
	f.Add([]byte(`{"a":{"b.c":[1,{"d":"\u00e9"}]},"":{"x":1},"e":1e400}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		if !utf8.Valid(message) || bytes.Count(message, []byte(`,`)) >= maxDiscovered {
			return
		}
		dec := json.NewDecoder(bytes.NewReader(message))
		dec.UseNumber()
		var doc map[string]any
		fields := map[string]any{}
		if json.Valid(message) && dec.Decode(&doc) == nil && (!flatten(fields, "", doc) || doc == nil) {
			return
		}
		d := discovery{wanted: map[string]int{"a": 0}}
		for path := range fields {
			if _, ok := d.wanted[path]; !ok {
				d.wanted[path] = len(d.wanted)
			}
		}
		vals := make([]value, len(d.wanted))
		d.discover(message, vals)
		for path, slot := range d.wanted {
			want := ""
			switch v := fields[path].(type) {
			case bool:
				want = truthOf(v).String()
			case nil:
			default:
				want = fmt.Sprint(v)
			}
			if got := vals[slot].String(); got != want && !repeats(message) {
				t.Fatalf("%s: %q is %q, decoding says %q", message, path, got, want)
			}
		}
	})
}

// repeats reports whether compacting a decoded document makes it shorter,
// which it does if a member stands twice.
func repeats(message []byte) bool {
	var short bytes.Buffer
	var doc any
	dec := json.NewDecoder(bytes.NewReader(message))
	dec.UseNumber()
	if json.Compact(&short, message) != nil || dec.Decode(&doc) != nil {
		return false
	}
	count := func(b []byte) int { return bytes.Count(b, []byte(`:`)) }
	again, err := json.Marshal(doc)
	return err != nil || count(again) != count(short.Bytes())
}
