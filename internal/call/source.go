package call

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// Source is a service of the house at work, and the resource that it works
// for: CloudTrail for a trail, SNS for a topic. What it may do to a resource
// of another service is for that resource's own policy to say.
type Source struct {
	Service string // cloudtrail.amazonaws.com
	// ARN is the resource worked for, Account its owner, also where the work
	// is done for other accounts, as for the members of an organization.
	ARN     string
	Account string
	// Organization is the organization of that account and OrganizationPath
	// the account's place in it (o-…/r-…/ou-…/). Both are "" when it is in
	// none.
	Organization, OrganizationPath string
}

// Ask returns nil when the owner of t lets the source do what t says, or the
// refusal that AWS words for it. Region is the resource's; rcps are the
// resource control policies of its account. Source and owner stand in the
// context as aws:SourceArn and its like.
func (s Source) Ask(t Target, region string, at time.Time, rcps [][]policy.Attached) *aws.Error {
	service := aws.ServicePrincipal(s.Service)
	ctx := policy.PrincipalContext(service, nil, at)
	for key, values := range t.Context {
		ctx[key] = values
	}
	ctx.Set("aws:SecureTransport", "true")
	ctx.Set("aws:RequestedRegion", region)
	ctx.Set("aws:CurrentTime", at.UTC().Format(time.RFC3339))
	ctx.Set("aws:ResourceAccount", t.Owner)
	if s.ARN != "" {
		ctx.Set("aws:SourceArn", s.ARN)
	}
	if s.Account != "" {
		ctx.Set("aws:SourceAccount", s.Account)
	}
	if s.Organization != "" {
		ctx.Set("aws:SourceOrgID", s.Organization)
		ctx.Set("aws:SourceOrgPaths", s.OrganizationPath)
	}
	req := policy.Request{
		Principal: service, Action: t.Action, Resource: t.Resource, ResourceAccount: t.Owner,
		AWSManaged: t.AWSManaged, Context: ctx,
	}
	docs := policy.Documents{Resource: t.Policy, ResourceOnly: t.PolicyRequired, RCPs: rcps}
	return policy.Evaluate(req, docs).Denial(req)
}
