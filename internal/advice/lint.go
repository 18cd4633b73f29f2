package advice

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// Lint returns what the services would refuse in the document and what in it
// can hardly mean what its author meant, in the order of its lines.
func (p *Policy) Lint() []Finding {
	l := &linter{p: p, spelled: make(map[string]string)}
	l.refusal()
	l.size(p.text)
	l.version()
	l.sids()
	l.each(func(s *statement) {
		s.actions()
		s.resources()
		s.principals()
		s.conditions()
		s.breadth()
		s.controls()
	})
	l.deputies()
	l.shadows()
	l.repetitions()
	return Merge(l.findings)
}

// linter collects the findings of one document.
type linter struct {
	p        *Policy
	findings []Finding
	spelled  map[string]string // what is known of unknown actions
}

// statement is one statement of the document.
type statement struct {
	*linter
	i int
	*policy.WrittenStatement
}

// each calls do with every statement.
func (l *linter) each(do func(*statement)) {
	for i := range l.p.Statements {
		do(&statement{l, i, &l.p.Statements[i]})
	}
}

// document adds a finding about the whole.
func (l *linter) document(severity Severity, rule, format string, args ...any) {
	l.findings = append(l.findings, Finding{Line: 1, Severity: severity, Rule: rule, Text: fmt.Sprintf(format, args...)})
}

// at adds a finding about a statement.
func (l *linter) at(i int, severity Severity, rule, format string, args ...any) {
	l.findings = append(l.findings, l.p.finding(i, severity, rule, fmt.Sprintf(format, args...)))
}

func (p *Policy) finding(i int, severity Severity, rule, text string) Finding {
	s := &p.Statements[i]
	return Finding{p.line(s.Start), severity, rule, &i, s.Sid, text}
}

func (s *statement) report(severity Severity, rule, format string, args ...any) {
	s.at(s.i, severity, rule, format, args...)
}

// version finds variables in a document whose version knows none.
func (l *linter) version() {
	if l.p.Version == currentVersion {
		return
	}
	for i := range l.p.Statements {
		if v := variableIn(&l.p.Statements[i]); v != "" {
			l.at(i, Error, ruleVersion, `%s stands for itself: variables need "Version": %q`, v, currentVersion)
			return
		}
	}
	if l.p.Version == "" && (l.p.Kind == Bucket || l.p.Kind == Trust || l.p.Kind == Resource) {
		l.document(Note, ruleVersion, `without "Version": %q the document is read as of 2008-10-17, which knows no variables`, currentVersion)
	}
}

const currentVersion = "2012-10-17"

// variableIn returns a variable that a statement uses, or "".
func variableIn(s *policy.WrittenStatement) string {
	for _, v := range s.Resource.Values {
		if name := variableOf(v); name != "" {
			return name
		}
	}
	for _, c := range s.Conditions {
		for _, v := range c.Values {
			if name := variableOf(v); name != "" {
				return name
			}
		}
	}
	return ""
}

func variableOf(text string) string {
	_, rest, ok := strings.Cut(text, "${")
	name, _, closed := strings.Cut(rest, "}")
	if !ok || !closed {
		return ""
	}
	return "${" + name + "}"
}

func (l *linter) sids() {
	first := make(map[string]int)
	for i := range l.p.Statements {
		sid := l.p.Statements[i].Sid
		if sid == "" {
			continue
		}
		before, twice := first[sid]
		switch {
		case !twice:
			first[sid] = i
		case l.p.Kind == Bucket || l.p.Kind == Resource:
			l.at(i, Note, ruleSid, "statement %d has the same Sid %q, which this kind of policy allows", before, sid)
		default:
			l.at(i, Error, ruleSid, "statement %d has the same Sid %q", before, sid)
		}
	}
}

// breadth finds statements that say more than they seem to.
func (s *statement) breadth() {
	allow := s.Effect == policy.Allow
	switch {
	case allow && s.Principal.Negated():
		s.report(Warning, ruleBroad, "Allow with NotPrincipal lets in everyone else, callers without credentials included")
	case allow && s.Principal.Name != "" && s.p.Kind != RCP && s.open():
		s.report(Warning, ruleBroad, "lets in everyone: no principal is named, and no condition holds callers to a fixed account, organization or source")
	}
	if allow && s.Action.Negated() {
		s.report(Warning, ruleBroad, "Allow with NotAction allows every other action of every service, those to come included")
	}
	if allow && s.Resource.Negated() {
		s.report(Warning, ruleBroad, "Allow with NotResource allows it on every other resource")
	}
}

// controls says what a resource control policy may not say. Organizations
// refuses it in general words.
func (s *statement) controls() {
	if s.p.Kind != RCP {
		return
	}
	if s.Effect == policy.Allow {
		s.report(Error, ruleRefused, "a resource control policy can only deny")
	}
	if s.Principal.Name != "" && (s.Principal.Negated() || !slices.Equal(s.Principals, []policy.WrittenPrincipal{{Value: "*"}})) {
		s.report(Error, ruleRefused, `a resource control policy is about everyone: "Principal": "*"`)
	}
	if s.Action.Negated() {
		s.report(Error, ruleRefused, "a resource control policy takes no NotAction")
		return
	}
	for _, a := range s.Action.Values {
		if _, exempt := policy.Exempt(policy.Request{Principal: aws.Principal{Type: aws.IAMUser}, Action: a}); exempt && a != "*" {
			s.report(Error, ruleRefused, "resource control policies do not govern %s", a)
		}
	}
}

// deputies finds statements that let in CloudTrail whomever it acts for.
func (l *linter) deputies() {
	if l.p.Kind != Bucket && l.p.Kind != Trust {
		return
	}
	var places []int
	l.each(func(s *statement) {
		if s.Effect == policy.Allow && s.forCloudTrail() && !s.asks("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths") {
			places = append(places, s.i)
		}
	})
	const text = "lets in CloudTrail for the trails of any account: AWS advises a condition on aws:SourceArn"
	switch len(places) {
	case 0:
	case 1:
		l.at(places[0], Note, ruleDeputy, text)
	case 2:
		l.at(places[0], Note, ruleDeputy, "%s (so does another statement)", text)
	default:
		l.at(places[0], Note, ruleDeputy, "%s (so do %d other statements)", text, len(places)-1)
	}
}

// open is S3's judgement of one statement.
func (s *statement) open() bool {
	return (&policy.Document{Statements: s.p.Document.Statements[s.i : s.i+1]}).IsPublic()
}

// forServices reports whether the statement names services and nobody else.
func (s *statement) forServices() bool {
	for _, p := range s.Principals {
		if p.Kind != "Service" {
			return false
		}
	}
	return len(s.Principals) > 0 && !s.Principal.Negated()
}

// forCloudTrail reports whether the statement names CloudTrail.
func (s *statement) forCloudTrail() bool {
	return !s.Principal.Negated() && slices.Contains(s.Principals, policy.WrittenPrincipal{Kind: "Service", Value: cloudTrail})
}

// asks reports whether a condition is about one of the keys.
func (s *statement) asks(keys ...string) bool {
	return slices.ContainsFunc(s.Conditions, func(c policy.WrittenCondition) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, c.Key) })
	})
}

// forEveryone reports whether the statement is about whoever calls.
func (s *statement) forEveryone() bool {
	return s.Principal.Name == "" || s.Principal.Name == "Principal" && slices.ContainsFunc(s.Principals, func(p policy.WrittenPrincipal) bool {
		return p.Value == "*" && (p.Kind == "" || p.Kind == "AWS")
	})
}

// shadows finds allowances that a denial of everything, or of everything of a
// service, takes back whatever the request.
func (l *linter) shadows() {
	denied := make(map[string]int) // by the name before the colon, or "*"
	l.each(func(s *statement) {
		if s.Effect != policy.Deny || len(s.Conditions) > 0 || !s.forEveryone() || !s.anyResource() || s.Action.Negated() {
			return
		}
		for _, a := range s.Action.Values {
			vendor, name, _ := strings.Cut(strings.ToLower(a), ":")
			if _, known := denied[vendor]; !known && (name == "*" || a == "*") {
				denied[vendor] = s.i
			}
		}
	})
	if len(denied) == 0 {
		return
	}
	l.each(func(s *statement) {
		if s.Effect != policy.Allow || s.Action.Negated() {
			return
		}
		by := -1
		for _, a := range s.Action.Values {
			vendor, _, _ := strings.Cut(strings.ToLower(a), ":")
			i, ok := denied["*"]
			if !ok {
				i, ok = denied[vendor]
			}
			if !ok {
				return
			}
			by = i
		}
		s.report(Warning, ruleShadowed, "allows nothing: statement %d denies all of it", by)
	})
}

// anyResource reports whether the statement is about every resource.
func (s *statement) anyResource() bool {
	return s.Resource.Name == "" || s.Resource.Name == "Resource" && slices.Contains(s.Resource.Values, "*")
}

// repetitions finds statements that say what an earlier one says.
func (l *linter) repetitions() {
	first := make(map[string]int)
	for i := range l.p.Statements {
		key := meaning(&l.p.Statements[i])
		if before, twice := first[key]; twice {
			l.at(i, Warning, ruleRepeated, "says what statement %d says", before)
			continue
		}
		first[key] = i
	}
}

// meaning is the same text for statements that differ in their Sid, in the
// order of their values and in the case of what has none.
func meaning(s *policy.WrittenStatement) string {
	var b bytes.Buffer
	set := func(name string, values []string) {
		fmt.Fprintf(&b, "%s%q", name, slices.Sorted(slices.Values(values)))
	}
	set(s.Effect.String(), nil)
	principals := make([]string, len(s.Principals))
	for i, p := range s.Principals {
		principals[i] = p.Kind + "=" + p.Value
	}
	set(s.Principal.Name, principals)
	actions := make([]string, len(s.Action.Values))
	for i, a := range s.Action.Values {
		actions[i] = strings.ToLower(a)
	}
	set(s.Action.Name, actions)
	set(s.Resource.Name, s.Resource.Values)
	conditions := slices.Clone(s.Conditions)
	for i := range conditions {
		conditions[i].Key = strings.ToLower(conditions[i].Key)
	}
	slices.SortFunc(conditions, func(a, b policy.WrittenCondition) int {
		return cmp.Or(cmp.Compare(a.Operator, b.Operator), cmp.Compare(a.Key, b.Key))
	})
	for _, c := range conditions {
		set(c.Operator+" "+c.Key, c.Values)
	}
	return b.String()
}
