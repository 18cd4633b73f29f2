package gateway

import (
	"maps"
	"strconv"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/record"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Authorize decides every permission that a call of a service needs and
// returns them, with those that the service will ask for apart, by the Allow
// that it gives the call.
func (g *Gateway) Authorize(c *call.Call, s *Service, in any) ([]call.Target, error) {
	targets, err := s.Access(c, in)
	if err != nil {
		return nil, err
	}
	a := g.authorizer(c)
	c.Allow = a.allow
	for _, t := range targets {
		if t.Apart {
			continue
		}
		if err := a.allow(t); err != nil {
			return nil, err
		}
	}
	return targets, nil
}

// authorizer holds what is the same for every permission of one call. The
// documents are filled in when the first one is asked for.
type authorizer struct {
	g      *Gateway
	c      *call.Call
	region string // aws:RequestedRegion
	ready  bool
	docs   policy.Documents
}

func (g *Gateway) authorizer(c *call.Call) *authorizer {
	return &authorizer{g: g, c: c, region: record.Region(c)}
}

// Judge returns what says whether a principal may do something in a region,
// as it would be said of its calls. It is for those who act in the name of
// another without a call, as CloudTrail does through the role that writes to
// a log group.
func (g *Gateway) Judge(r store.Reader, p aws.Principal, region string, at time.Time) func(call.Target) error {
	c := &call.Call{Principal: p, Region: region, Time: at, State: r, TLS: new(call.TLS)}
	a := &authorizer{g: g, c: c, region: region}
	return a.allow
}

// allow returns nil when the caller may do what t says, or the refusal that
// AWS words for it.
func (a *authorizer) allow(t call.Target) error {
	if !a.ready {
		a.prepare()
	}
	owner := t.Owner
	if owner == "" {
		owner = a.c.Account()
	}
	req := policy.Request{
		Principal: a.c.Principal, Action: t.Action, Resource: t.Resource, ResourceAccount: owner,
		Called: t.Called, AWSManaged: t.AWSManaged,
		Later: func() policy.Context { return a.context(t, owner) },
	}
	if t.Policy != nil {
		req.CanonicalUser = a.g.CanonicalUser(a.c.Account())
	}
	docs := a.docs
	docs.Resource, docs.ResourceOnly = t.Policy, t.PolicyRequired
	docs.RCPs = a.g.Organizations.ResourceControlPolicies(a.c.State, owner)
	if denial := policy.Evaluate(req, docs).Denial(req); denial != nil {
		return denial
	}
	return nil
}

func (a *authorizer) prepare() {
	c := a.c
	a.ready = true
	a.docs.Identity, a.docs.Boundary, a.docs.Session = a.g.Identities.PoliciesOf(c.State, c.Principal)
	a.docs.SCPs = a.g.Organizations.ServiceControlPolicies(c.State, c.Account())
}

// context makes the condition keys of one permission: those of the call, and
// those of one resource and one action.
func (a *authorizer) context(t call.Target, owner string) policy.Context {
	c := a.c
	ctx := policy.PrincipalContext(c.Principal, a.g.Identities.TagsOf(c.State, c.Principal), c.Time)
	ctx["aws:currenttime"] = []string{c.Time.UTC().Format(time.RFC3339)}
	ctx["aws:epochtime"] = []string{strconv.FormatInt(c.Time.Unix(), 10)}
	ctx["aws:requestedregion"] = []string{a.region} // us-east-1 for global services
	ctx["aws:securetransport"] = []string{strconv.FormatBool(c.TLS != nil)}
	if c.SourceIP != "" {
		ctx["aws:sourceip"] = []string{c.SourceIP}
	}
	if c.UserAgent != "" {
		ctx["aws:useragent"] = []string{c.UserAgent}
	}
	if org, path := a.g.Organizations.Membership(c.State, c.Account()); org != "" {
		ctx["aws:principalorgid"] = []string{org}
		ctx["aws:principalorgpaths"] = []string{path}
	}
	if owner != "" {
		ctx["aws:resourceaccount"] = []string{owner}
	}
	if org, path := a.g.Organizations.Membership(c.State, owner); org != "" {
		ctx["aws:resourceorgid"] = []string{org}
		ctx["aws:resourceorgpaths"] = []string{path}
	}
	maps.Copy(ctx, t.Context)
	return ctx
}
