package record

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// callerIdentity writes the userIdentity of a caller in the log of an
// account: all of it in its own, little in another's.
func (e *encoder) callerIdentity(p *aws.Principal, account string) {
	if p.Account == account || p.Account == "" {
		e.identity(p)
	} else {
		e.foreignIdentity(p)
	}
}

// identity writes the userIdentity of a caller in its own account's log.
func (e *encoder) identity(p *aws.Principal) {
	e.begin()
	defer e.end()
	switch p.Type {
	case aws.AWSService:
		e.text("type", string(p.Type))
		e.text("invokedBy", p.Service)
		return
	case aws.WebIdentityUser:
		e.text("type", string(p.Type))
		e.text("principalId", p.ID)
		e.text("userName", p.UserName)
		e.text("identityProvider", p.Provider)
		return
	case aws.SAMLUser:
		provider, _, _ := strings.Cut(p.ID, ":") // its name qualifier
		e.text("type", string(p.Type))
		e.text("principalId", p.ID)
		e.text("userName", p.UserName)
		e.text("identityProvider", provider)
		return
	case aws.Anonymous:
		e.text("type", string(aws.AWSAccount))
		e.text("principalId", "")
		e.text("accountId", "anonymous")
		return
	}
	e.text("type", string(p.Type))
	e.text("principalId", p.ID)
	e.text("arn", p.ARN)
	e.text("accountId", p.Account)
	e.text("accessKeyId", p.AccessKeyID)
	if p.UserName != "" {
		e.text("userName", p.UserName)
	}
	if p.Session != nil {
		e.session(p)
	}
	if p.InvokedBy != "" {
		e.text("invokedBy", p.InvokedBy)
	}
}

// foreignIdentity writes what another account gets to know of a caller.
func (e *encoder) foreignIdentity(p *aws.Principal) {
	e.begin()
	e.text("type", string(aws.AWSAccount))
	e.text("principalId", p.ID)
	e.text("accountId", p.Account)
	e.end()
}

// session writes how temporary credentials were issued. Of a user's or a
// root's own session the issuer is the caller, and is left out.
func (e *encoder) session(p *aws.Principal) {
	s := p.Session
	e.name("sessionContext")
	e.begin()
	if p.Type == aws.AssumedRole || p.Type == aws.FederatedUser {
		e.name("sessionIssuer")
		e.begin()
		e.text("type", string(s.IssuerType))
		e.text("principalId", s.IssuerID)
		e.text("arn", s.IssuerARN)
		e.text("accountId", p.Account)
		if s.IssuerName != "" {
			e.text("userName", s.IssuerName)
		}
		e.end()
	}
	e.name("attributes")
	e.begin()
	e.text("creationDate", isoTime(s.Created))
	if s.MFA {
		e.text("mfaAuthenticated", "true")
	} else {
		e.text("mfaAuthenticated", "false")
	}
	e.end()
	if s.SourceIdentity != "" {
		e.text("sourceIdentity", s.SourceIdentity)
	}
	if p.IsAssumedRoot() {
		e.text("assumedRoot", "true")
	}
	e.end()
}
