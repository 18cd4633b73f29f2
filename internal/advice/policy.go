package advice

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/orgtrail/orgtrail/internal/policy"
)

// Kind is what a document is to be used as.
type Kind uint8

// The kinds of policies.
const (
	Identity Kind = iota // of a user, a group or a role
	Bucket
	Trust // of a role: who may assume it
	SCP
	RCP
	Boundary
	Session
	Resource // of a resource of another service: a key, a topic, a queue
)

var kinds = [...]struct{ name, title string }{
	Identity: {"identity", "an identity policy"},
	Bucket:   {"bucket", "a bucket policy"},
	Trust:    {"trust", "a role's trust policy"},
	SCP:      {"scp", "a service control policy"},
	RCP:      {"rcp", "a resource control policy"},
	Boundary: {"boundary", "a permissions boundary"},
	Session:  {"session", "a session policy"},
	Resource: {"resource", "the policy of a resource"},
}

// Kinds are the names of the kinds.
func Kinds() []string {
	names := make([]string, len(kinds))
	for k := range kinds {
		names[k] = kinds[k].name
	}
	return names
}

// ParseKind returns the kind of a name.
func ParseKind(name string) (Kind, error) {
	k := slices.Index(Kinds(), name)
	if k < 0 {
		return 0, fmt.Errorf("%q is no kind of policy: %s", name, strings.Join(Kinds(), ", "))
	}
	return Kind(k), nil
}

func (k Kind) String() string { return kinds[k].name }

// Title is the kind in words: a bucket policy.
func (k Kind) Title() string { return kinds[k].title }

// namesPrincipals reports whether the statements of the kind say whom they
// are about.
func (k Kind) namesPrincipals() bool {
	return k == Bucket || k == Trust || k == RCP || k == Resource
}

// Policy is a document to be judged.
type Policy struct {
	*policy.Written
	Kind   Kind
	Bucket string // that a bucket policy is for, "" when nobody knows

	text     []byte
	newlines []int
}

// Read takes a document apart. bucket is the bucket that a bucket policy is
// for; "" means the first that it names. The error is an *Unreadable.
func Read(text []byte, kind Kind, bucket string) (*Policy, error) {
	p := &Policy{Kind: kind, Bucket: bucket, text: text}
	for i, c := range text {
		if c == '\n' {
			p.newlines = append(p.newlines, i)
		}
	}
	var err error
	if p.Written, err = policy.Read(text); err == nil {
		p.Bucket = cmp.Or(bucket, bucketIn(p.Written))
		return p, nil
	}
	var syntax *policy.SyntaxError
	errors.As(err, &syntax)
	line, problem := p.line(syntax.Offset), strings.Replace(syntax.Error(), "EOF at", "it ends too early, at", 1)
	if begin := bytes.TrimLeft(text, " \t\r\n"); len(begin) > 0 && begin[0] != '{' {
		line, problem = p.line(len(text)-len(begin)), "not a policy: it does not begin with {"
	}
	u := &Unreadable{[]Finding{{Line: line, Severity: Error, Rule: ruleSyntax, Text: problem}}}
	if service, refusal := p.ask(text); refusal != nil {
		u.Findings = append(u.Findings, Finding{Line: line, Severity: Error, Rule: ruleRefused, Text: refused(service, refusal)})
	}
	return nil, u
}

// Unreadable is the error of what is no policy.
type Unreadable struct{ Findings []Finding }

func (u *Unreadable) Error() string { return u.Findings[0].String() }

// line is that of an offset, from 1.
func (p *Policy) line(offset int) int { return 1 + sort.SearchInts(p.newlines, offset) }

// GuessKind returns what a document is most likely meant as: without
// principals an identity policy, else the policy of what its statements speak
// of. What cannot be read is of the kind that no service judges, Resource, and
// ok is false.
func GuessKind(text []byte) (kind Kind, ok bool) {
	w, err := policy.Read(text)
	if err != nil {
		return Resource, false
	}
	return guessKind(w), true
}

func guessKind(w *policy.Written) Kind {
	principals, resources := false, false
	actions := make(map[string]bool)
	for i := range w.Statements {
		s := &w.Statements[i]
		principals = principals || s.Principal.Name != ""
		resources = resources || s.Resource.Name != ""
		for _, a := range s.Action.Values {
			vendor, _, _ := strings.Cut(strings.ToLower(a), ":")
			actions[vendor] = true
		}
	}
	switch {
	case !principals:
		return Identity
	case actions["sts"] && !resources:
		return Trust
	case actions["s3"] || actions["*"] && len(actions) == 1 && bucketIn(w) != "":
		return Bucket
	}
	return Resource
}

// bucketIn is the first bucket that a document names.
func bucketIn(w *policy.Written) string {
	for i := range w.Statements {
		for _, r := range w.Statements[i].Resource.Values {
			rest, ok := strings.CutPrefix(r, "arn:aws:s3:::")
			name, _, _ := strings.Cut(rest, "/")
			if ok && name != "" && !strings.ContainsAny(name, "*?$") {
				return name
			}
		}
	}
	return ""
}
