package advice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/policy"
)

// comparison is an operator's name taken apart.
type comparison struct {
	base           string // StringEquals
	negated        bool
	ifExists, null bool
	forAllValues   bool
}

func comparisonOf(operator string) comparison {
	var c comparison
	c.base, c.forAllValues = strings.CutPrefix(operator, "ForAllValues:")
	c.base = strings.TrimPrefix(c.base, "ForAnyValue:")
	c.base, c.ifExists = strings.CutSuffix(c.base, "IfExists")
	c.negated = strings.Contains(c.base, "Not")
	c.null = c.base == "Null"
	return c
}

// needsKey reports whether the condition is false of a request without the
// key.
func (c comparison) needsKey() bool { return !c.negated && !c.ifExists && !c.null && !c.forAllValues }

// conditions judges Condition: its keys, its values, and whether all of it can
// hold together.
func (s *statement) conditions() {
	idle := make(map[int]bool)
	for i, c := range s.Conditions {
		s.conditionKey(c)
		idle[i] = s.conditionValues(i, c)
	}
	for _, together := range s.Contradictions(severalValues) {
		if len(together) > 1 || !idle[together[0]] {
			s.report(Error, ruleNever, "never matches: %s", s.contradiction(together))
		}
	}
	s.servicesDenied()
}

// contradiction names conditions that exclude each other.
func (s *statement) contradiction(together []int) string {
	words := make([]string, len(together))
	for i, at := range together {
		c := s.Conditions[at]
		words[i] = fmt.Sprintf("%s %s", c.Operator, quoted(c.Values))
	}
	if len(words) == 1 {
		return fmt.Sprintf("no value of %s meets %s", s.Conditions[together[0]].Key, words[0])
	}
	return fmt.Sprintf("no value of %s meets %s", s.Conditions[together[0]].Key, strings.Join(words, " and "))
}

// quoted lists values, of many the first.
func quoted(values []string) string {
	const shown = 3
	words := make([]string, min(len(values), shown))
	for i := range words {
		words[i] = fmt.Sprintf("%q", values[i])
	}
	text := strings.Join(words, ", ")
	switch {
	case len(values) > shown:
		return fmt.Sprintf("[%s and %d more]", text, len(values)-shown)
	case len(values) == 1:
		return text
	}
	return "[" + text + "]"
}

// conditionKey judges the key of a condition.
func (s *statement) conditionKey(c policy.WrittenCondition) {
	if fault := keyFault(c.Key); fault != "" {
		s.report(Error, ruleCondition, "%s", fault)
		return
	}
	how := comparisonOf(c.Operator)
	switch {
	case s.knowsKey(c.Key):
		if s.forServices() && isHumanKey(c.Key) && how.needsKey() {
			s.report(Error, ruleNever, "never matches: the call of a service has no %s; %s", c.Key, sourceKey(c.Key))
		}
	case how.needsKey():
		s.report(Error, ruleNever, "never matches: no action here has the key %s", c.Key)
	default:
		s.report(Warning, ruleCondition, "%s %s is always true: no action here has the key", c.Operator, c.Key)
	}
}

// sourceKey says which key to ask for instead of one about the caller.
func sourceKey(key string) string {
	switch strings.ToLower(key) {
	case "aws:principalorgid":
		return "aws:SourceOrgID is the organization that it acts for"
	case "aws:principalorgpaths":
		return "aws:SourceOrgPaths is the place in the organization that it acts for"
	case "aws:principalaccount":
		return "aws:SourceAccount is the account that it acts for"
	}
	return "aws:SourceArn is what it acts for"
}

// knowsKey reports whether an action of the statement can have the key.
func (s *statement) knowsKey(key string) bool {
	vendors, all := s.vendors()
	lower := strings.ToLower(key)
	prefix, _, _ := strings.Cut(lower, ":")
	if all || prefix == "aws" || services()[prefix] == nil {
		return true
	}
	if prefix == "iam" && slices.Contains(vendors, "sts") {
		return true // the tags of the role
	}
	if !slices.Contains(vendors, prefix) {
		return false
	}
	if prefix != "s3" {
		return true
	}
	return slices.ContainsFunc(s.Action.Values, func(a string) bool {
		return slices.ContainsFunc(policy.S3ActionsLike(a), func(a policy.S3Action) bool { return a.Knows(key) })
	})
}

// conditionValues judges the values of a condition. It reports whether it
// found one that no value of a request compares with.
func (s *statement) conditionValues(i int, c policy.WrittenCondition) bool {
	how := comparisonOf(c.Operator)
	bad := s.Idle(i)
	for _, j := range bad {
		s.report(Error, ruleCondition, "%s %s: %s", c.Operator, c.Key, idleValue(how, c.Values[j]))
	}
	if how.base == "StringEquals" || how.base == "StringNotEquals" || strings.HasSuffix(how.base, "IgnoreCase") {
		for _, v := range c.Values {
			if strings.Contains(strings.ReplaceAll(v, "${*}", ""), "*") {
				s.report(Warning, ruleCondition, "%s %s takes the * in %q for itself: %s knows wildcards", c.Operator, c.Key, v,
					strings.NewReplacer("EqualsIgnoreCase", "Like", "Equals", "Like").Replace(how.base))
			}
		}
	}
	return len(bad) > 0
}

func idleValue(how comparison, value string) string {
	what := "an ARN, which has six parts"
	switch {
	case how.null, how.base == "Bool":
		what = "true or false"
	case strings.HasPrefix(how.base, "Numeric"):
		what = "a number"
	case strings.HasPrefix(how.base, "Date"):
		what = "a date, such as 2026-01-31T02:00:00Z"
	case strings.HasSuffix(how.base, "IpAddress"):
		what = "an address or a range, such as 192.0.2.0/24"
	case strings.HasPrefix(how.base, "Binary"):
		what = "base64"
	}
	return fmt.Sprintf("%q is not %s, and equal to nothing", value, what)
}

// servicesDenied finds denials of whoever does not come from the right
// account or organization. They reach the services, too, that come from none.
func (s *statement) servicesDenied() {
	if s.Effect != policy.Deny || s.p.Kind == SCP || !s.p.Kind.namesPrincipals() || !s.forEveryone() ||
		s.asks("aws:PrincipalIsAWSService", "aws:PrincipalServiceName", "aws:PrincipalServiceNamesList", "aws:ViaAWSService") {
		return
	}
	for _, c := range s.Conditions {
		how := comparisonOf(c.Operator)
		if !isHumanKey(c.Key) && how.needsKey() {
			return
		}
	}
	for _, c := range s.Conditions {
		if how := comparisonOf(c.Operator); isHumanKey(c.Key) && how.negated && !how.null {
			s.report(Warning, ruleBroad, `denies AWS services, too, CloudTrail among them: their calls have no %s. Add "Bool": {"aws:PrincipalIsAWSService": "false"}; %s`, c.Key, sourceKey(c.Key))
			return
		}
	}
}
