package advice

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/orgtrail/orgtrail/internal/policy"
)

// Amend returns the document with the statements that a trail needs and no
// statement of it makes, in the form that AWS documents. Its own statements
// stay as they are, those that deny included: what they deny, no addition can
// allow. A document that lacks nothing is returned as it is.
func (p *Policy) Amend(t Trail) ([]byte, error) {
	needs, err := t.needs(p.Kind)
	if err != nil {
		return nil, err
	}
	sids := make(map[string]bool)
	var all []json.RawMessage
	for i := range p.Statements {
		s := &p.Statements[i]
		sids[s.Sid] = true
		all = append(all, p.text[s.Start:s.End])
	}
	for _, n := range needs {
		if p.allows(n) {
			continue
		}
		g := n.grant
		for i := 2; g.Sid != "" && sids[g.Sid]; i++ {
			g.Sid = fmt.Sprint(n.grant.Sid, "x", i)
		}
		sids[g.Sid] = true
		all = append(all, written(g))
	}
	if len(all) == len(p.Statements) {
		return p.text, nil
	}
	text := written(struct {
		Version   string `json:",omitempty"`
		ID        string `json:"Id,omitempty"`
		Statement []json.RawMessage
	}{p.Version, p.ID, all})
	if p.Kind == Bucket && len(text) > bucketSize { // where white space counts
		var b bytes.Buffer
		if err := json.Compact(&b, text); err != nil {
			return nil, err
		}
		text = b.Bytes()
	}
	return text, nil
}

// Oversize finds that a document is longer than those of its kind may be.
func (p *Policy) Oversize(text []byte) []Finding {
	l := &linter{p: p}
	l.size(text)
	return l.findings
}

// allows reports whether statements of the document allow all of a need.
func (p *Policy) allows(n need) bool {
	for _, a := range n.asks {
		if _, ok := p.find(policy.Allow, a.request); !ok {
			return false
		}
	}
	return true
}

// written is JSON for people.
func written(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic(err) // strings, and JSON that has been read
	}
	return b.Bytes()
}
