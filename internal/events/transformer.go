package events

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Transformer makes the input of a target from a template, in which <name>
// stands for what is under a path of the event.
type Transformer struct {
	Template string
	Paths    map[string]string
}

// The placeholders that need no path.
const (
	ruleARNVariable   = "aws.events.rule-arn"
	ruleNameVariable  = "aws.events.rule-name"
	ingestionVariable = "aws.events.event.ingestion-time"
	eventVariable     = "aws.events.event"
	eventJSONVariable = "aws.events.event.json"
)

var variables = []string{ruleARNVariable, ruleNameVariable, ingestionVariable, eventVariable, eventJSONVariable}

var placeholder = regexp.MustCompile(`<[A-Za-z0-9_.-]+>`)

// check judges a transformer before it is stored.
func (t *Transformer) check(target string) error {
	for _, name := range slices.Sorted(maps.Keys(t.Paths)) {
		if _, err := parsePath(t.Paths[name]); err != nil {
			return invalid("Invalid InputPathsMap for target %s: %s: %v.", target, name, err)
		}
	}
	for _, p := range placeholder.FindAllString(t.Template, -1) {
		name := p[1 : len(p)-1]
		if _, ok := t.Paths[name]; !ok && !slices.Contains(variables, name) {
			return invalid("InputTemplate for target %s contains invalid placeholder %s.", target, name)
		}
	}
	return nil
}

// render fills the template. Within the quotes of a string a value stands
// without quotes of its own, as it is: nothing is escaped. Elsewhere it stands
// as JSON. What the event does not have is the empty string. What has become
// JSON loses its white space.
func (t *Transformer) render(a *arrival, r *Rule) string {
	var out strings.Builder
	quoted, done := false, 0
	for _, at := range placeholder.FindAllStringIndex(t.Template, -1) {
		before := t.Template[done:at[0]]
		quoted = inQuotes(before, quoted)
		out.WriteString(before)
		out.WriteString(shown(t.value(t.Template[at[0]+1:at[1]-1], a, r), quoted))
		done = at[1]
	}
	out.WriteString(t.Template[done:])
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(out.String())) == nil {
		return compact.String()
	}
	return out.String()
}

// inQuotes reports whether text that began outside or inside of quotes ends
// inside.
func inQuotes(text string, inside bool) bool {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && inside:
			i++
		case text[i] == '"':
			inside = !inside
		}
	}
	return inside
}

// value is what a placeholder stands for, as JSON; nil is nothing.
func (t *Transformer) value(name string, a *arrival, r *Rule) json.RawMessage {
	var v any
	switch name {
	case eventJSONVariable:
		return a.json
	case eventVariable:
		v = a.envelope()
	case ruleARNVariable:
		v = r.arn()
	case ruleNameVariable:
		v = r.Name
	case ingestionVariable:
		v = a.now.UTC().Format(time.RFC3339)
	default:
		p, err := parsePath(t.Paths[name])
		if err != nil {
			return nil
		}
		return p.in(a.json)
	}
	raw, err := encode(v)
	if err != nil {
		return nil
	}
	return raw
}

// shown is a value as it stands in a template.
func shown(v json.RawMessage, quoted bool) string {
	switch {
	case v == nil && quoted:
		return ""
	case v == nil:
		return `""`
	}
	var s string
	if quoted && json.Unmarshal(v, &s) == nil && v[0] == '"' {
		return s
	}
	return string(v)
}
