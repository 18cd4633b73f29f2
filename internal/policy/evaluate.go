package policy

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// Evaluate decides whether a request may go ahead, given every policy that
// bears on it.
//
//  1. One explicit denial, anywhere, is the end of it.
//  2. Resource control policies must allow, at every level. They spare
//     service-linked roles and what is AWS's own.
//  3. Service control policies must allow, at every level. They spare
//     service-linked roles, services and callers without credentials.
//  4. Services and callers without credentials have only the resource's own
//     policy.
//  5. Within one account that policy can let the caller in by itself; where
//     it does not, or leaves it to the account, the identity policies decide.
//     The root user needs none. Across accounts both sides must allow.
//  6. Who is not let in by its own name must also be within the permissions
//     boundary and the session policies.
func Evaluate(r Request, d Documents) Result {
	e := evaluation{&r, callerOf(&r)}
	c := &e.caller
	scps, rcps := c.exempt(&r)
	if scps {
		d.SCPs = nil
	}
	if rcps {
		d.RCPs = nil
	}
	own := Resource
	if d.ResourceOnly && isSTS(r.Action) {
		own = Trust
	}

	// 1. An explicit denial.
	if by, ok := e.denial(own, &d); ok {
		return Result{Decision: ExplicitDeny, Kind: by.Kind, matches: [maxMatches]Match{by}, n: 1}
	}

	// 2. Resource control policies.
	for _, level := range d.RCPs {
		if _, ok := e.find(RCP, level, Allow); !ok {
			return notAllowed(RCP)
		}
	}

	// 3. Service control policies.
	for _, level := range d.SCPs {
		if _, ok := e.find(SCP, level, Allow); !ok {
			return notAllowed(SCP)
		}
	}

	// 4. Who has no policies of its own.
	granted := Result{Decision: Allowed, Kind: Identity}
	admitted, by := e.letIn(own, d.Resource, Allow)
	if admitted != none {
		granted.keep(by)
	}
	if c.service != "" || c.kind == aws.Anonymous {
		if admitted == none {
			return notAllowed(own)
		}
		return granted
	}

	// 5. The resource's policy, or the caller's.
	sameAccount := r.ResourceAccount == "" || r.ResourceAccount == c.account
	switch {
	case sameAccount && admitted == direct:
		return granted
	case sameAccount && admitted == limited:
	case sameAccount && admitted == none && d.ResourceOnly:
		return notAllowed(own)
	case c.isRoot:
	default:
		by, ok := e.find(Identity, d.Identity, Allow)
		if !ok {
			return notAllowed(Identity)
		}
		granted.keep(by)
	}

	// 6. The caller's limits; and abroad, its welcome.
	if d.Boundary != nil {
		by, ok := e.find(Boundary, d.Boundary, Allow)
		if !ok {
			return notAllowed(Boundary)
		}
		granted.keep(by)
	}
	if d.Session != nil || c.kind == aws.FederatedUser {
		by, ok := e.find(Session, d.Session, Allow)
		if !ok {
			return notAllowed(Session)
		}
		granted.keep(by)
	}
	if !sameAccount && admitted == none {
		return notAllowed(own)
	}
	return granted
}

// exempt says which policies of an organization spare the caller's request.
func (c *caller) exempt(r *Request) (scps, rcps bool) {
	return c.service != "" || c.kind == aws.Anonymous || c.serviceLinked,
		c.serviceLinked || r.AWSManaged || !rcpsGovern(r.Action)
}

// evaluation is one run of Evaluate: the question, and by which names the
// caller goes.
type evaluation struct {
	request *Request
	caller  caller
}

// denial looks for an explicit denial, from the outermost policies inwards.
func (e *evaluation) denial(own Kind, d *Documents) (Match, bool) {
	for _, level := range d.SCPs {
		if m, ok := e.find(SCP, level, Deny); ok {
			return m, true
		}
	}
	for _, level := range d.RCPs {
		if m, ok := e.find(RCP, level, Deny); ok {
			return m, true
		}
	}
	if g, m := e.letIn(own, d.Resource, Deny); g != none {
		return m, true
	}
	if m, ok := e.find(Identity, d.Identity, Deny); ok {
		return m, true
	}
	if m, ok := e.find(Boundary, d.Boundary, Deny); ok {
		return m, true
	}
	return e.find(Session, d.Session, Deny)
}

// find looks for a statement of an effect that speaks of the request.
func (e *evaluation) find(kind Kind, policies []Attached, effect Effect) (Match, bool) {
	for i := range policies {
		doc := policies[i].Document
		for j := range doc.Statements {
			s := &doc.Statements[j]
			if s.Effect == effect && s.matches(e.request) && s.admits(&e.caller) != none {
				return Match{kind, &policies[i], s}, true
			}
		}
	}
	return Match{}, false
}

// letIn says how far the resource's own policy lets the caller in or, for
// Deny, whether it keeps it out, and by which statement.
func (e *evaluation) letIn(kind Kind, p *Attached, effect Effect) (best grade, by Match) {
	if p == nil {
		return none, Match{}
	}
	for i := range p.Document.Statements {
		s := &p.Document.Statements[i]
		if s.Effect != effect || s.principals == nil || !s.matches(e.request) {
			continue
		}
		if g := s.admits(&e.caller); g > best {
			best, by = g, Match{kind, p, s}
		}
	}
	return best, by
}

func notAllowed(kind Kind) Result { return Result{Decision: ImplicitDeny, Kind: kind} }

func isSTS(action string) bool { return hasPrefixFold(action, "sts:") }

// rcpServices are the services whose resources resource control policies
// govern.
var rcpServices = []string{
	"aoss", "cognito-identity", "cognito-idp", "dynamodb", "ecr", "kms", "logs", "s3", "secretsmanager", "sqs", "sts",
}

// rcpsGovern reports whether resource control policies have a say in an
// action. Retiring a grant is exempt, so that a key is never held for ever.
func rcpsGovern(action string) bool {
	service, _, ok := strings.Cut(action, ":")
	if !ok || strings.EqualFold(action, "kms:RetireGrant") {
		return false
	}
	for _, s := range rcpServices {
		if strings.EqualFold(s, service) {
			return true
		}
	}
	return false
}
