package advice

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity says how bad a finding is.
type Severity uint8

// The severities.
const (
	// Error: the service refuses the document, or what is written has no
	// effect, or a trail cannot use it.
	Error Severity = iota
	// Warning: it has an effect that its author hardly wants.
	Warning
	// Note: worth knowing, and often right.
	Note
)

func (s Severity) String() string { return [...]string{"error", "warning", "note"}[s] }

// MarshalText writes the name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// The rules, by which machines tell findings apart.
const (
	ruleSyntax      = "syntax"
	ruleRefused     = "refused"
	ruleSize        = "size"
	ruleVersion     = "version"
	ruleSid         = "sid"
	ruleAction      = "action"
	ruleResource    = "resource"
	rulePrincipal   = "principal"
	ruleCondition   = "condition"
	ruleNever       = "never-matches"
	ruleShadowed    = "shadowed"
	ruleRepeated    = "repeated"
	ruleBroad       = "broad"
	ruleDeputy      = "confused-deputy"
	ruleNeedMissing = "statement-missing"
	ruleNeedDiffers = "statement-differs"
	ruleNeedDenied  = "statement-denies"
)

// Finding is one thing worth saying about a document.
type Finding struct {
	Line      int      `json:"line"` // of the statement or the fault in the document, from 1
	Severity  Severity `json:"severity"`
	Rule      string   `json:"rule"`
	Statement *int     `json:"statement,omitempty"` // its place in the document, from 0; nil for the document
	Sid       string   `json:"sid,omitempty"`
	Text      string   `json:"text"`
}

func (f Finding) String() string { return fmt.Sprintf("%d: %s: %s", f.Line, f.Severity, f.Text) }

// Merge joins findings in the order of their lines.
func Merge(all ...[]Finding) []Finding {
	merged := slices.Concat(all...)
	slices.SortStableFunc(merged, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	return merged
}
