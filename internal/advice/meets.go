package advice

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// Meets returns where the document falls short of what a trail needs: which
// statement is missing, what in which statement does not match, and which one
// denies. The error is about the trail.
func (p *Policy) Meets(t Trail) ([]Finding, error) {
	needs, err := t.needs(p.Kind)
	if err != nil {
		return nil, err
	}
	m := &measuring{p, t, make(map[int][]ask), nil, p.used(needs), nil}
	refused := false
	for _, n := range needs {
		if a, fails := m.first(n.asks); fails {
			refused = refused || a.probed
		}
	}
	if refused {
		m.findings = append(m.findings, Finding{Line: 1, Severity: Error, Rule: ruleRefused, Text: t.refusal(p.Kind)})
	}
	m.denials()
	m.shortfalls()
	return Merge(m.findings), nil
}

// measuring holds a document against what a trail needs.
type measuring struct {
	*Policy
	trail    Trail
	denied   map[int][]ask // by the statement that denies
	unmet    []ask
	taken    map[int]bool // statements that are for something else
	findings []Finding
}

// first finds the first of the asks of a need that fails, which says it all.
func (m *measuring) first(asks []ask) (ask, bool) {
	for _, a := range asks {
		if i, denied := m.find(policy.Deny, a.request); denied {
			m.denied[i] = append(m.denied[i], a)
			return a, true
		}
		if _, allowed := m.find(policy.Allow, a.request); !allowed {
			m.unmet = append(m.unmet, a)
			return a, true
		}
	}
	return ask{}, false
}

// refusal is what CloudTrail answers to who wants a trail with the policy as
// it is.
func (t Trail) refusal(kind Kind) string {
	const who = "CreateTrail and UpdateTrail refuse the trail: "
	switch kind {
	case Trust:
		return who + "InvalidCloudWatchLogsRoleArnException: Access denied. Check the trust relationships for your role."
	case Identity:
		return who + "InvalidCloudWatchLogsLogGroupArnException: Access denied. Check the permissions for your role."
	}
	return who + "InsufficientS3BucketPolicyException: Incorrect S3 bucket policy is detected for bucket: " + t.Bucket
}

// used are the statements that allow something the trail needs. They are not
// what is left of a statement for something else.
func (p *Policy) used(needs []need) map[int]bool {
	used := make(map[int]bool)
	for _, n := range needs {
		for _, a := range n.asks {
			if i, ok := p.find(policy.Allow, a.request); ok {
				used[i] = true
			}
		}
	}
	return used
}

// find returns the first statement of an effect that speaks of a request.
func (p *Policy) find(effect policy.Effect, r policy.Request) (int, bool) {
	for i := range p.Statements {
		if s := &p.Statements[i]; s.Effect == effect && p.compare(s, r).Matches() {
			return i, true
		}
	}
	return 0, false
}

// compare is Compare for a document of the kind: where principals must be
// named, a statement without any is about nobody.
func (p *Policy) compare(s *policy.WrittenStatement, r policy.Request) policy.Comparison {
	c := s.Compare(r)
	if s.Principal.Name == "" && p.Kind.namesPrincipals() {
		c.Principal = policy.Others
	}
	return c
}

// denials reports each statement that denies.
func (m *measuring) denials() {
	for _, i := range slices.Sorted(maps.Keys(m.denied)) {
		asks := m.denied[i]
		severity := asks[0].severity
		words := make([]string, len(asks))
		for j, a := range asks {
			words[j] = a.what
			severity = min(severity, a.severity)
		}
		text := fmt.Sprintf("CloudTrail may not %s: this statement denies it%s, and no other statement can make up for that",
			strings.Join(words, ", "), m.why(i, asks[0].request))
		m.findings = append(m.findings, m.finding(i, severity, ruleNeedDenied, text))
	}
}

// shortfalls reports what is not allowed: the statement that comes nearest, or
// that there is none. The asks that come nearest to a statement have it first.
func (m *measuring) shortfalls() {
	for len(m.unmet) > 0 {
		at, best := 0, -1
		var closest closeness
		for j, a := range m.unmet {
			if i, c := m.nearest(a); i >= 0 && (best < 0 || c.nearerThan(closest)) {
				at, best, closest = j, i, c
			}
		}
		m.shortfall(m.unmet[at], best)
		m.unmet = slices.Delete(m.unmet, at, at+1)
		if best >= 0 {
			m.taken[best] = true
		}
	}
}

// shortfall reports what is not allowed, given the nearest statement or -1.
func (m *measuring) shortfall(a ask, nearest int) {
	action := a.request.Action
	if a.wants != "" {
		action += " on " + a.wants
	}
	text := fmt.Sprintf("CloudTrail may not %s (%s): ", a.what, action)
	if nearest < 0 {
		m.findings = append(m.findings, Finding{Line: 1, Severity: a.severity, Rule: ruleNeedMissing, Text: text + "the statement for it is missing"})
		return
	}
	s := &m.Statements[nearest]
	var words []string
	for _, miss := range misses(s, a.request, m.compare(s, a.request)) {
		words = append(words, m.trail.words(miss, a))
	}
	m.findings = append(m.findings, m.finding(nearest, a.severity, ruleNeedDiffers, text+strings.Join(words, "; ")))
}

// words say what of the nearest statement does not match, and why.
func (t Trail) words(m Miss, a ask) string {
	hint := t.hint(m, a)
	switch {
	case m.Element == "Resource" && hint != "":
		return "Resource is " + quoted(m.Wanted) + hint
	case hint != "":
		return m.Element + " is " + quoted(m.Wanted) + hint
	}
	return m.String()
}

// why names the conditions that let a denial reach the request.
func (p *Policy) why(i int, r policy.Request) string {
	s := &p.Statements[i]
	var words []string
	for _, c := range s.Conditions {
		got := r.Context[strings.ToLower(c.Key)]
		if len(got) == 0 && comparisonOf(c.Operator).negated {
			words = append(words, fmt.Sprintf("%s is true of a call that has no %s", c.Operator, c.Key))
			continue
		}
		words = append(words, fmt.Sprintf("%s is %s", c.Key, quoted(got)))
	}
	if len(words) == 0 {
		return ""
	}
	return ", since " + strings.Join(words, ", and ")
}

// closeness is how near a statement comes to allowing what is asked: what does
// not match, and of equals what its resource and Sid have in common with the
// documented ones.
type closeness struct{ weight, common int }

func (c closeness) nearerThan(o closeness) bool {
	return c.weight < o.weight || c.weight == o.weight && c.common > o.common
}

// nearest returns the statement that comes closest to allowing what is asked,
// of those that can have been meant to, or -1.
func (m *measuring) nearest(a ask) (best int, closest closeness) {
	best = -1
	for i := range m.Statements {
		s := &m.Statements[i]
		if s.Effect != policy.Allow || m.taken[i] {
			continue
		}
		compared := m.compare(s, a.request)
		c := closeness{weight: weight(compared)}
		if c.weight > actionWeight || !m.meant(s, compared) {
			continue
		}
		for _, r := range s.Resource.Values {
			c.common = max(c.common, common(r, a.wants))
		}
		if s.Sid != "" && s.Sid == a.sid {
			c.common += len("/AWSLogs/")
		}
		if best < 0 || c.nearerThan(closest) {
			best, closest = i, c
		}
	}
	return best, closest
}

// common counts the bytes that two texts share at their beginning and end.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	a, b = a[n:], b[n:]
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
		n++
	}
	return n
}

// meant reports whether a statement looks as if it were for CloudTrail: it
// names a service, or the folder of its files.
func (p *Policy) meant(s *policy.WrittenStatement, c policy.Comparison) bool {
	return c.Principal != policy.Others ||
		slices.ContainsFunc(s.Principals, func(w policy.WrittenPrincipal) bool { return w.Kind == "Service" }) ||
		slices.ContainsFunc(s.Resource.Values, func(r string) bool { return strings.Contains(r, "/AWSLogs/") })
}

// hint says what exactly differs, where that is hard to see.
func (t Trail) hint(m Miss, a ask) string {
	switch {
	case strings.HasPrefix(m.Element, "Principal"):
		return `, not "Service": "` + cloudTrail + `"`
	case strings.HasSuffix(strings.ToLower(m.Element), " aws:sourcearn") && len(m.Wanted) > 0:
		return t.sourceHint(m.Wanted[0])
	case strings.HasSuffix(strings.ToLower(m.Element), " s3:x-amz-acl"):
		return ", and CloudTrail puts its files with " + logACL
	case m.Element == "Resource" && strings.HasPrefix(a.wants, "arn:aws:s3:::") && len(m.Wanted) > 0:
		return t.pathHint(m.Wanted[0], a.wants)
	}
	return ""
}

// sourceHint says in which part another ARN is not the trail's.
func (t Trail) sourceHint(value string) string {
	other, ok := aws.ParseARN(value)
	own := t.arn()
	switch {
	case !ok || other.Service != "cloudtrail":
		return ", not the ARN of the trail"
	case other.Account != own.Account:
		return fmt.Sprintf(", of another account than the trail's owner, %s, who stands there for the files of members, too", own.Account)
	case other.Region != own.Region:
		return fmt.Sprintf(", of another region than the trail's home, %s, which stands there for the files of all regions", own.Region)
	case other.Resource != own.Resource:
		return ", another trail than " + t.ARN
	}
	return ""
}

// pathHint says where a path leaves that of the trail's files.
func (t Trail) pathHint(value, wants string) string {
	path, ok := strings.CutPrefix(value, "arn:aws:s3:::"+t.Bucket+"/")
	if !ok {
		return ", not " + wants
	}
	before, _, logs := strings.Cut(path, "AWSLogs/")
	prefix := strings.Trim(t.Prefix, "/")
	switch {
	case logs && strings.Trim(before, "/") != prefix && prefix == "":
		return fmt.Sprintf("; the trail has no prefix, and this statement has %q", strings.Trim(before, "/"))
	case logs && strings.Trim(before, "/") != prefix && before == "":
		return fmt.Sprintf("; the trail has the prefix %q, and this statement has none", prefix)
	case logs && strings.Trim(before, "/") != prefix:
		return fmt.Sprintf("; the trail has the prefix %q", prefix)
	}
	if owner, _ := logOwner(value); owner != "" && !aws.IsAccountID(owner) && !organizationID.MatchString(owner) {
		return "; " + noOwner(owner)
	}
	return ", not " + wants
}
