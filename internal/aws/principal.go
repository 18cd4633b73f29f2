package aws

import "time"

// PrincipalType is the type member of a record's userIdentity.
type PrincipalType string

// The kinds of caller. An Anonymous caller sent no credentials.
const (
	Root          PrincipalType = "Root"
	IAMUser       PrincipalType = "IAMUser"
	AssumedRole   PrincipalType = "AssumedRole"
	FederatedUser PrincipalType = "FederatedUser"
	AWSAccount    PrincipalType = "AWSAccount"
	AWSService    PrincipalType = "AWSService"
	// WebIdentityUser is who an OpenID Connect provider vouches for.
	WebIdentityUser PrincipalType = "WebIdentityUser"
	// SAMLUser is who a SAML provider vouches for.
	SAMLUser  PrincipalType = "SAMLUser"
	Anonymous PrincipalType = ""
)

// Principal is who makes a call.
type Principal struct {
	Type    PrincipalType
	Account string // the account the caller belongs to; "" for a service
	// ARN is what GetCallerIdentity answers: the user, the role session, the
	// root. "" for a service and for an anonymous caller.
	ARN string
	// ID is the unique id: AIDA… of a user, AROA…:session of a role session,
	// the account id of a root.
	ID       string
	UserName string // of an IAM user
	// Provider is the ARN of the identity provider of a WebIdentityUser or a
	// SAMLUser.
	Provider string
	// AccessKeyID is the key that signed the call.
	AccessKeyID string
	// Service is the service principal (cloudtrail.amazonaws.com) of a call
	// that a service makes itself.
	Service string
	// InvokedBy is the service principal that makes the call in the name of
	// this principal, as CloudTrail does through its service-linked role.
	InvokedBy string
	// Session is set when the credentials are temporary.
	Session *Session
}

// Session is what temporary credentials remember of how they were issued.
type Session struct {
	// Issuer is the role that was assumed, or the user or root that asked.
	IssuerType PrincipalType // "Role" for roles, IAMUser, Root
	IssuerID   string
	IssuerARN  string
	IssuerName string

	Name           string // role session name or federated user name
	Created        time.Time
	Expires        time.Time
	MFA            bool
	SourceIdentity string
	// Policies are the session policies: JSON documents, and ARNs of managed
	// policies that are looked up when they are used.
	Policies []string
	// Tags are the session tags; TransitiveTags names those that follow
	// into the next role.
	Tags           map[string]string
	TransitiveTags []string
	FromConsole    bool
}

// RoleIssuer is the IssuerType of a role session.
const RoleIssuer PrincipalType = "Role"

// RoleARN returns the ARN of the role behind an assumed-role session, or "".
func (p *Principal) RoleARN() string {
	if p.Type == AssumedRole && p.Session != nil {
		return p.Session.IssuerARN
	}
	return ""
}

// IsVouchedFor reports whether an identity provider's word is all that the
// principal has.
func (p *Principal) IsVouchedFor() bool { return p.Type == WebIdentityUser || p.Type == SAMLUser }

// IsAssumedRoot reports whether somebody else acts as the root of an account,
// for one task.
func (p *Principal) IsAssumedRoot() bool {
	return p.Type == Root && p.Session != nil && p.Session.IssuerARN != p.ARN
}

// ServicePrincipal returns the principal of a call that a service makes.
func ServicePrincipal(service string) Principal {
	return Principal{Type: AWSService, Service: service}
}

// RootARN is the ARN of an account's root, which also stands for the whole
// account in policies.
func RootARN(account string) string {
	return NewARN("iam", "", account, "root").String()
}
