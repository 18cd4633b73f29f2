package policy

import "github.com/orgtrail/orgtrail/internal/aws"

// Attached is a policy and what it is called.
type Attached struct {
	Name     string
	ARN      string // "" for inline policies and the policies of resources
	Document *Document
}

// Request is what is asked: who wants to do what to which resource.
type Request struct {
	Principal aws.Principal
	Action    string // s3:PutObject
	Resource  string // an ARN, or "*" where the action knows no resource
	// Called is what a refusal calls the resource; "" is Resource.
	Called string
	// ResourceAccount is the account that owns the resource; "" means the
	// caller's own.
	ResourceAccount string
	// AWSManaged says that the resource is a service's and only lies in the
	// account, as the key alias/aws/s3 does: resource control policies have
	// no say in it.
	AWSManaged bool
	// CanonicalUser is the canonical user id of the caller's account, by
	// which bucket policies may name it; "" when nobody knows.
	CanonicalUser string
	// Context holds the condition keys. PrincipalContext makes those that
	// follow from the caller; the rest is the request's own.
	Context Context
	// Later makes the Context when a policy first asks for it, which few
	// do. nil: Context is all there is.
	Later func() Context
}

// context returns the condition keys.
func (r *Request) context() Context {
	if r.Later != nil {
		r.Context, r.Later = r.Later(), nil
	}
	return r.Context
}

// Documents are the policies that bear on a request.
type Documents struct {
	// Identity are the caller's own policies: inline, attached, and those of
	// the groups it is in.
	Identity []Attached
	// Boundary is the permissions boundary; nil means that none is set, and
	// an empty slice that nothing is within it.
	Boundary []Attached
	// Session are the policies passed when the credentials were issued; nil
	// means none. Credentials of a federated user have nothing without them.
	Session []Attached
	// Resource is the resource's own policy, nil when it has none.
	Resource *Attached
	// ResourceOnly says that nothing but the resource's own policy can allow
	// the action, as for KMS keys and roles that are to be assumed. A
	// statement for the whole account hands the question on to the identity
	// policies.
	ResourceOnly bool
	// SCPs are those of the caller's account and RCPs those of the account
	// that owns the resource: one list per level, from the root through the
	// organizational units to the account. nil means that none apply, which
	// is how a caller says that the account is the management account or in
	// no organization, or that the policy type is not enabled. The
	// exemptions that follow from who calls what are Evaluate's.
	SCPs, RCPs [][]Attached
}
