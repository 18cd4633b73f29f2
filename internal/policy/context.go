package policy

import (
	"strconv"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// Context holds the condition keys of a request. Names are lower case, those
// of tags included; a key of several values (aws:TagKeys) has several
// strings. A key that has no values is absent, which conditions can tell from
// an empty value.
type Context map[string][]string

// usualKeys is how many keys a request of an organization's user has: a
// Context that is made for them need not grow while it is filled.
const usualKeys = 20

// Set gives a key its values, whatever the case of the name.
func (c Context) Set(name string, values ...string) { c[strings.ToLower(name)] = values }

// PrincipalContext returns, as a new Context, the global keys that follow
// from who calls. The tags are those of the IAM user or the role; session
// tags go before them. now is the time of the request.
//
// What follows from the request, from the organization and from the resource
// is for the caller to add: aws:SourceIp, aws:CurrentTime, aws:PrincipalOrgID,
// aws:ResourceAccount and their like.
func PrincipalContext(p aws.Principal, tags map[string]string, now time.Time) Context {
	c := make(Context, usualKeys)
	if p.Type == aws.Anonymous {
		c.Set("aws:principaltype", "Anonymous")
		c.Set("aws:userid", "anonymous")
		c.Set("aws:viaawsservice", "false")
		return c
	}
	if p.Type == aws.AWSService {
		c.Set("aws:principalisawsservice", "true")
		c.Set("aws:principalservicename", p.Service)
		c.Set("aws:principalservicenameslist", p.Service)
		c.Set("aws:viaawsservice", "false")
		return c
	}
	if p.IsVouchedFor() {
		c.Set("aws:federatedprovider", p.Provider)
		c.Set("aws:viaawsservice", "false")
		return c
	}
	c.Set("aws:principalisawsservice", "false")
	c.Set("aws:principalaccount", p.Account)
	c.Set("aws:principalarn", principalARN(&p))
	c.Set("aws:userid", p.ID)
	switch p.Type {
	case aws.Root:
		c.Set("aws:principaltype", "Account")
	case aws.IAMUser:
		c.Set("aws:principaltype", "User")
		c.Set("aws:username", p.UserName)
	case aws.AssumedRole, aws.FederatedUser:
		c.Set("aws:principaltype", string(p.Type))
	}
	for name, value := range tags {
		c.Set("aws:principaltag/"+name, value)
	}
	c.addSession(p.Session, now)
	c.addVia(&p)
	return c
}

// principalARN is what aws:PrincipalArn says: of a role session the role.
func principalARN(p *aws.Principal) string {
	if role := p.RoleARN(); role != "" {
		return role
	}
	return p.ARN
}

// addSession adds what only temporary credentials know. Long-term keys have
// no aws:MultiFactorAuthPresent at all, not even a false one.
func (c Context) addSession(s *aws.Session, now time.Time) {
	if s == nil {
		return
	}
	c.Set("aws:tokenissuetime", s.Created.UTC().Format(time.RFC3339))
	c.Set("aws:multifactorauthpresent", strconv.FormatBool(s.MFA))
	if s.MFA {
		c.Set("aws:multifactorauthage", strconv.Itoa(int(now.Sub(s.Created).Seconds())))
	}
	if s.SourceIdentity != "" {
		c.Set("aws:sourceidentity", s.SourceIdentity)
	}
	for name, value := range s.Tags {
		c.Set("aws:principaltag/"+name, value)
	}
}

// addVia says whether a service calls in the name of the principal. One that
// acts through a role of its own does not.
func (c Context) addVia(p *aws.Principal) {
	via := p.InvokedBy != "" && p.Type != aws.AssumedRole
	c.Set("aws:viaawsservice", strconv.FormatBool(via))
	if via {
		c.Set("aws:calledvia", p.InvokedBy)
		c.Set("aws:calledviafirst", p.InvokedBy)
		c.Set("aws:calledvialast", p.InvokedBy)
	}
}
