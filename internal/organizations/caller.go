package organizations

import (
	"slices"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
)

// Who may call what: the standing of the caller's account, asked before
// anything that the input says. What the caller itself may do, IAM has
// answered already.

// organization admits every account of an organization.
func (s *Service) organization(c *call.Call) (*Organization, error) {
	o, ok := OrganizationOf(c.State, c.Account())
	if !ok {
		return nil, errNotInUse
	}
	return o, nil
}

// managed admits the management account.
func (s *Service) managed(c *call.Call) (*Organization, error) {
	o, err := s.organization(c)
	if err != nil {
		return nil, err
	}
	if o.Management != c.Account() {
		return nil, errAccessDenied
	}
	return o, nil
}

// editable admits the management account, and members to whom the
// organization's resource policy grants the call.
func (s *Service) editable(c *call.Call, in any) (*Organization, error) {
	o, err := s.organization(c)
	if err != nil {
		return nil, err
	}
	if o.Management != c.Account() && !s.granted(c, o, in) {
		return nil, errAccessDenied
	}
	return o, nil
}

// readable admits the management account, delegated administrators of any
// service, and members to whom the resource policy grants the call.
func (s *Service) readable(c *call.Call, in any) (*Organization, error) {
	o, err := s.organization(c)
	if err != nil {
		return nil, err
	}
	if o.Management != c.Account() && !o.delegates(c.Account()) && !s.granted(c, o, in) {
		return nil, errAccessDenied
	}
	return o, nil
}

// delegates reports whether an account is a delegated administrator of any
// service.
func (o *Organization) delegates(account string) bool {
	return slices.ContainsFunc(o.Delegations, func(d Delegation) bool { return d.Account == account })
}

// granted asks whether the organization's resource policy lets a member make
// the call. The policy stands in the management account, so this is a
// cross-account question: it must allow, and the caller's own policies too.
func (s *Service) granted(c *call.Call, o *Organization, in any) bool {
	p, ok := resourcePolicies.Get(c.State, o.ID)
	if !ok {
		return false
	}
	targets, err := s.Access(c, in)
	if err != nil {
		return false
	}
	for _, t := range targets {
		t.Owner, t.Policy = o.Management, p.attached(o, p.Content)
		if c.Allow(t) != nil {
			return false
		}
	}
	return true
}

// mayLinkRole asks whether the caller may have the service-linked role of
// Organizations made in its account, where the role is missing.
func (s *Service) mayLinkRole(c *call.Call) error {
	if s.Roles.HasServiceLinkedRole(c.State, c.Account(), ServicePrincipal) {
		return nil
	}
	role := aws.NewARN("iam", "", c.Account(), "role/aws-service-role/"+ServicePrincipal+"/AWSServiceRoleForOrganizations")
	err := c.Allow(call.Target{
		Action:   "iam:CreateServiceLinkedRole",
		Resource: role.String(),
		Context:  map[string][]string{"iam:awsservicename": {ServicePrincipal}},
	})
	if err != nil {
		return errDependency
	}
	return nil
}
