package events

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// path is a JSON path: a name or an index at each step, or all of them.
type path []step

type step struct {
	name  string
	index int // of an array, -1 for none
	all   bool
}

var (
	errNoRoot = errors.New("a JSON path must begin with $")
	errPath   = errors.New("the JSON path is not valid")
)

// parsePath reads the JSON paths that rules may use: names behind dots or in
// brackets, indexes and wildcards.
func parsePath(s string) (path, error) {
	rest, ok := strings.CutPrefix(s, "$")
	if !ok {
		return nil, errNoRoot
	}
	p := path{}
	for rest != "" {
		var next step
		if next, rest, ok = nextStep(rest); !ok {
			return nil, errPath
		}
		p = append(p, next)
	}
	return p, nil
}

func nextStep(s string) (step, string, bool) {
	if s[0] == '.' {
		n := strings.IndexAny(s[1:], ".[") + 1
		if n == 0 {
			n = len(s)
		}
		name := s[1:n]
		return step{name: name, index: -1, all: name == "*"}, s[n:], name != "" && !strings.ContainsAny(name, "]\"'<>")
	}
	inside, rest, ok := strings.Cut(strings.TrimPrefix(s, "["), "]")
	if s[0] != '[' || !ok {
		return step{}, "", false
	}
	if inside == "*" {
		return step{index: -1, all: true}, rest, true
	}
	if n := len(inside); n > 2 && (inside[0] == '\'' || inside[0] == '"') && inside[n-1] == inside[0] {
		return step{name: inside[1 : n-1], index: -1}, rest, true
	}
	i, err := strconv.ParseUint(inside, 10, 31)
	return step{index: int(i)}, rest, err == nil
}

// in returns what stands under the path, as it is written; behind a wildcard
// it is the list of everything that was found. nil is nothing.
func (p path) in(value json.RawMessage) json.RawMessage {
	found := []json.RawMessage{value}
	list := false
	for _, s := range p {
		list = list || s.all
		var next []json.RawMessage
		for _, v := range found {
			next = append(next, s.of(v)...)
		}
		found = next
	}
	switch {
	case list && len(found) > 0:
		raw, err := encode(found)
		if err != nil {
			return nil
		}
		return raw
	case len(found) == 0:
		return nil
	}
	return found[0]
}

func (s step) of(v json.RawMessage) []json.RawMessage {
	var object map[string]json.RawMessage
	var array []json.RawMessage
	switch {
	case len(v) > 0 && v[0] == '{' && json.Unmarshal(v, &object) == nil:
		if s.all {
			var values []json.RawMessage
			for _, name := range slices.Sorted(maps.Keys(object)) {
				values = append(values, object[name])
			}
			return values
		}
		if v, ok := object[s.name]; ok && s.index < 0 {
			return []json.RawMessage{v}
		}
	case len(v) > 0 && v[0] == '[' && json.Unmarshal(v, &array) == nil:
		if s.all {
			return array
		}
		if s.index >= 0 && s.index < len(array) {
			return array[s.index : s.index+1]
		}
	}
	return nil
}
