package policy

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// maxBucketPolicy is the size that S3 accepts a bucket policy of, in bytes as
// sent.
const maxBucketPolicy = 20 * 1024

func malformedBucket(format string, args ...any) *aws.Error {
	return aws.Errorf("MalformedPolicy", format, args...)
}

// CheckBucket judges the policy of a bucket as S3 does. It looks at one
// statement after the other, and in each at its fields, its principals, its
// actions, its resources, whether these fit together, and its conditions.
// exists is as in CheckTrust. Statement ids may repeat.
//
// Whether the policy is too open for the bucket's public access block is
// IsPublic's to say.
func CheckBucket(data []byte, bucket string, exists func(principalARN string) bool) *aws.Error {
	if len(data) > maxBucketPolicy {
		return aws.Errorf("PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
	}
	src, serr := readOutline(data)
	if serr != nil {
		return malformedBucket("%s", resourcePolicyFault(serr,
			"Policies must be valid JSON and the first byte must be '{'", "Invalid policy syntax."))
	}
	for i := range src.statements {
		if err := checkBucketStatement(&src.statements[i], bucket, exists); err != nil {
			return err
		}
	}
	if _, serr := compile(src); serr != nil {
		return malformedBucket("Invalid policy syntax.")
	}
	return nil
}

// resourcePolicyFault is what S3 and IAM's trust policies say of a document
// that cannot be taken apart: each its own for what is no JSON object and for
// what has no words of its own.
func resourcePolicyFault(e *SyntaxError, notJSON, other string) string {
	switch {
	case e.Path == "":
		return notJSON
	case e.Path == "Version":
		return "The policy must contain a valid version string"
	case e.Path == "Statement" && e.Problem == isMissing:
		return "Missing required field Statement"
	case e.Path == "Statement" && e.Problem == isEmpty:
		return "Could not parse the policy: Statement is empty!"
	case e.Problem == unknownElement:
		return "Unknown field " + e.Path[strings.LastIndexByte(e.Path, '.')+1:]
	}
	return other
}

func checkBucketStatement(s *outlineStatement, bucket string, exists func(string) bool) *aws.Error {
	switch {
	case s.effect == "":
		return malformedBucket("Missing required field Effect")
	case s.effect != "Allow" && s.effect != "Deny":
		return malformedBucket("Invalid effect: %s", s.effect)
	case s.principalElement == "":
		return malformedBucket("Missing required field Principal")
	case s.principalElement == "NotPrincipal" && s.effect == "Allow":
		return malformedBucket("Allow with NotPrincipal is not allowed.")
	case s.actions.element == "" || s.resources.element == "":
		return malformedBucket("Statement is missing required element")
	case !bucketPrincipals(s, exists):
		return malformedBucket("Invalid principal in policy")
	case !bucketActions(s.actions.values):
		return malformedBucket("Policy has invalid action")
	case !bucketResources(s.resources.values, bucket):
		return malformedBucket("Policy has invalid resource")
	case !s.actionsApply(bucket):
		return malformedBucket("Action does not apply to any resource(s) in statement")
	}
	return s.checkBucketConditions(bucket)
}

func bucketPrincipals(s *outlineStatement, exists func(string) bool) bool {
	for _, set := range s.principals {
		for _, value := range set.values {
			if !bucketPrincipal(set.kind, value, exists) {
				return false
			}
		}
		if len(set.values) == 0 {
			return false
		}
	}
	return len(s.principals) > 0
}

func bucketPrincipal(kind, value string, exists func(string) bool) bool {
	switch kind {
	case "":
		return value == "*"
	case "AWS":
		return value == "*" || principalExists(value, exists)
	case "Service":
		return isServicePrincipal(value)
	case "Federated":
		return value != ""
	case "CanonicalUser":
		return len(value) == 64 && strings.Trim(value, "0123456789abcdef") == ""
	}
	return false
}

func bucketActions(actions []string) bool {
	for _, a := range actions {
		if len(s3ActionsLike(a)) == 0 {
			return false
		}
	}
	return len(actions) > 0
}

// s3ActionsLike returns the actions of S3 that an action of a policy, with
// its wildcards, stands for.
func s3ActionsLike(action string) []*s3Action {
	var out []*s3Action
	t := compileAction(action)
	for i := range s3Actions {
		if t.matchFold("s3:" + s3Actions[i].name) {
			out = append(out, &s3Actions[i])
		}
	}
	return out
}

func bucketResources(resources []string, bucket string) bool {
	for _, r := range resources {
		if resourceScope(r, bucket) == ofNeither {
			return false
		}
	}
	return len(resources) > 0
}

// resourceScope says what a resource of a policy stands for: the bucket, its
// objects, or with a wildcard right after the name both.
func resourceScope(resource, bucket string) s3Scope {
	rest, ok := strings.CutPrefix(resource, "arn:aws:s3:::"+bucket)
	switch {
	case !ok:
		return ofNeither
	case rest == "":
		return ofBucket
	case rest[0] == '/':
		return ofObject
	case rest[0] == '*':
		return ofBucket | ofObject
	}
	return ofNeither
}

// scope is what the resources of a statement stand for together. A statement
// that excludes some speaks of all the rest.
func (s *outlineStatement) scope(bucket string) (scope s3Scope) {
	if s.resources.negated() {
		return ofBucket | ofObject
	}
	for _, r := range s.resources.values {
		scope |= resourceScope(r, bucket)
	}
	return scope
}

// actionsApply reports whether each action finds a resource in the statement
// that it can be done to.
func (s *outlineStatement) actionsApply(bucket string) bool {
	scope := s.scope(bucket)
	for _, a := range s.applicable() {
		if !anyAction(a, func(a *s3Action) bool { return a.scope&scope != 0 }) {
			return false
		}
	}
	return true
}

// applicable returns, for each action of the statement, the actions of S3 it
// stands for. What a statement excludes need not apply to anything.
func (s *outlineStatement) applicable() [][]*s3Action {
	if s.actions.negated() {
		return nil
	}
	out := make([][]*s3Action, len(s.actions.values))
	for i, a := range s.actions.values {
		out[i] = s3ActionsLike(a)
	}
	return out
}

func anyAction(actions []*s3Action, test func(*s3Action) bool) bool {
	for _, a := range actions {
		if test(a) {
			return true
		}
	}
	return false
}

// checkBucketConditions asks that every key is one that S3 knows, and that
// each action of the statement can have it.
func (s *outlineStatement) checkBucketConditions(bucket string) *aws.Error {
	scope := s.scope(bucket)
	for _, c := range s.conditions {
		op, _, _, ok := readOperator(c.operator)
		if !ok {
			return malformedBucket("Invalid Condition type : %s", c.operator)
		}
		if op == operators["IpAddress"] || op == operators["NotIpAddress"] {
			for _, value := range c.values {
				if _, ok := parseNetwork(value); !ok {
					return malformedBucket("Invalid IP address in Conditions")
				}
			}
		}
		key := conditionKeyName(c.key)
		if !isS3Key(key) {
			return malformedBucket("Policy has an invalid condition key")
		}
		for _, a := range s.applicable() {
			if !anyAction(a, func(a *s3Action) bool { return a.scope&scope != 0 && a.knows(key) }) {
				return malformedBucket("Conditions do not apply to combination of actions and resources in statement")
			}
		}
	}
	return nil
}

// conditionKeyName returns a key in lower case, and of one that goes on with
// the key of a tag only what is before it: aws:principaltag/.
func conditionKeyName(key string) string {
	key = strings.ToLower(key)
	if i := strings.IndexByte(key, '/'); i >= 0 {
		return key[:i+1]
	}
	return key
}
