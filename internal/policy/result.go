package policy

import (
	"fmt"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// Decision is the outcome of an evaluation.
type Decision uint8

// The decisions. Not to be allowed is the default.
const (
	ImplicitDeny Decision = iota
	ExplicitDeny
	Allowed
)

// String returns the name that the policy simulator uses.
func (d Decision) String() string {
	return [...]string{"implicitDeny", "explicitDeny", "allowed"}[d]
}

// Kind is the part that a policy plays in an evaluation.
type Kind uint8

// The kinds of policies.
const (
	Identity Kind = iota
	Resource
	Trust // the policy of a role that is to be assumed
	SCP
	RCP
	Boundary
	Session
)

// String returns the name by which messages call a policy of the kind.
func (k Kind) String() string {
	return [...]string{"identity-based policy", "resource-based policy", "role trust policy",
		"service control policy", "resource control policy", "permissions boundary", "session policy"}[k]
}

// Match is a statement that bore on a decision, and the policy it is in.
type Match struct {
	Kind      Kind
	Policy    *Attached
	Statement *Statement
}

// maxMatches is how many statements can allow together: one of the resource's
// policy, one of the identity policies, the boundary and the session.
const maxMatches = 4

// Result is the answer of an evaluation. The zero value denies.
type Result struct {
	Decision Decision
	// Kind is the kind of policy that decided: the one that denies, the one
	// that would have had to allow, or the first that allows. The root user,
	// who needs no policy, is allowed as if by an identity policy.
	Kind Kind

	matches [maxMatches]Match
	n       int
}

// Statements returns the statements that decided: the one that denies, or
// those that allow. There are none when nothing allows, and none when the
// root user acts in its own account.
func (r *Result) Statements() []Match { return r.matches[:r.n] }

// keep adds a statement that allows.
func (r *Result) keep(m Match) {
	if r.n == 0 {
		r.Kind = m.Kind
	}
	r.matches[r.n] = m
	r.n++
}

// Denial returns the error to refuse a request with, or nil if it is allowed.
func (r Result) Denial(q Request) *aws.Error {
	if r.Decision == Allowed {
		return nil
	}
	return aws.Errorf(aws.AccessDenied, "%s", r.Message(q))
}

// Message says in AWS's words why a request is refused, and "" if it is not.
// It names one cause, the first that evaluation met.
func (r Result) Message(q Request) string {
	if q.Principal.IsVouchedFor() && r.Decision != Allowed {
		return "Not authorized to perform " + q.Action
	}
	action := q.Action
	if hasPrefixFold(action, "sqs:") {
		action = strings.ToLower(action) // as SQS writes it
	}
	head := fmt.Sprintf("User: %s is not authorized to perform: %s%s", nameOf(&q.Principal), action, onResource(&q))
	switch r.Decision {
	case ExplicitDeny:
		return head + " with an explicit deny in " + article(r.Kind) + r.Kind.String() + r.deniedBy(&q)
	case ImplicitDeny:
		return fmt.Sprintf("%s because no %s allows the %s action", head, r.Kind, action)
	}
	return ""
}

// nameOf is how messages call a principal.
func nameOf(p *aws.Principal) string {
	switch {
	case p.ARN != "":
		return p.ARN
	case p.Service != "":
		return p.Service
	case p.Type == aws.Anonymous:
		return "anonymous"
	}
	return aws.RootARN(p.Account)
}

// onResource names the resource. S3 puts it in quotes; S3 and CloudTrail
// leave it out where the action knows none.
func onResource(q *Request) string {
	s3 := hasPrefixFold(q.Action, "s3:")
	switch {
	case q.Called != "":
		return " on resource: " + q.Called
	case q.Resource == "", q.Resource == "*" && (s3 || hasPrefixFold(q.Action, "cloudtrail:")):
		return ""
	case s3:
		return ` on resource: "` + q.Resource + `"`
	}
	return " on resource: " + q.Resource
}

func article(k Kind) string {
	switch k {
	case Identity:
		return "an "
	case Trust:
		return "the "
	}
	return "a "
}

// deniedBy names the policy that denies, if it has an ARN that the caller may
// know: every policy but a resource control policy is the caller's own or its
// organization's, and that one only within the organization.
func (r *Result) deniedBy(q *Request) string {
	if r.n == 0 || r.matches[0].Policy.ARN == "" || r.Kind == RCP && !sameOrganization(q) {
		return ""
	}
	return ": " + r.matches[0].Policy.ARN
}

func sameOrganization(q *Request) bool {
	if q.ResourceAccount == "" || q.ResourceAccount == q.Principal.Account {
		return q.Principal.Account != ""
	}
	ctx := q.context()
	mine, theirs := ctx["aws:principalorgid"], ctx["aws:resourceorgid"]
	return len(mine) == 1 && len(theirs) == 1 && mine[0] == theirs[0]
}
