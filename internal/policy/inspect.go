package policy

import (
	"encoding/json"
	"slices"
	"strings"
)

// Position is a place in the text of a policy: line and column count from 1.
type Position struct{ Line, Column int }

// Span is where a statement stands: from behind the bracket or comma before
// it to behind the brace that ends it.
type Span struct{ Start, End Position }

// Spans returns where the statements of a policy that Parse accepts stand in
// its text, in their order.
func Spans(text string) []Span {
	d := json.NewDecoder(strings.NewReader(text))
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return nil
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil
		}
		if name == "Statement" {
			return statementSpans(d, text)
		}
		var other json.RawMessage
		if d.Decode(&other) != nil {
			return nil
		}
	}
	return nil
}

// statementSpans reads what follows the name Statement: one object, or a list
// of them.
func statementSpans(d *json.Decoder, text string) []Span {
	var spans []Span
	colon := strings.IndexByte(text[d.InputOffset():], ':')
	if colon < 0 {
		return nil
	}
	start := int(d.InputOffset()) + colon + 1
	list := strings.HasPrefix(strings.TrimLeft(text[start:], " \t\r\n"), "[")
	if list {
		if _, err := d.Token(); err != nil {
			return nil
		}
		start = int(d.InputOffset())
	}
	for {
		var statement json.RawMessage
		if d.Decode(&statement) != nil {
			return spans
		}
		end := int(d.InputOffset())
		spans = append(spans, Span{positionOf(text, start), positionOf(text, end)})
		if !list || !d.More() {
			return spans
		}
		start = end + strings.IndexByte(text[end:], ',') + 1
	}
}

func positionOf(text string, offset int) Position {
	before := text[:offset]
	return Position{1 + strings.Count(before, "\n"), offset - strings.LastIndexByte(before, '\n')}
}

// ContextKeys returns the names of the condition keys that a policy asks for,
// in its conditions and in variables, as its author spelled them the first
// time and in that order. The error is a *SyntaxError.
func ContextKeys(data []byte) ([]string, error) {
	src, serr := readOutline(data)
	if serr != nil {
		return nil, serr
	}
	var keys []string
	add := func(key string) {
		if key != "" && !slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) }) {
			keys = append(keys, key)
		}
	}
	for _, s := range src.statements {
		for _, c := range s.conditions {
			add(c.key)
			for _, value := range c.values {
				variables(value, add)
			}
		}
		for _, r := range s.resources.values {
			variables(r, add)
		}
	}
	return keys, nil
}

// variables calls add with the name of every variable in a text: what stands
// for a character itself, ${*}, is none.
func variables(text string, add func(string)) {
	for {
		_, rest, ok := strings.Cut(text, "${")
		end := strings.IndexAny(rest, ",}")
		if !ok || end < 0 {
			return
		}
		if name := strings.TrimSpace(rest[:end]); !strings.ContainsAny(name, "*?$") {
			add(name)
		}
		text = rest[end:]
	}
}
