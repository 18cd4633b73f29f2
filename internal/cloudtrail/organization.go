package cloudtrail

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
)

// organizationFor checks everything that an organization trail asks of its
// caller, in AWS's order, and returns the organization.
func (s *Service) organizationFor(c *call.Call) (Organization, error) {
	org, ok := s.Organizations.OrganizationOf(c.State, c.Account())
	if !ok {
		return org, notInOrganization()
	}
	if !org.AllFeatures {
		return org, notAllFeatures()
	}
	isManagement := c.Account() == org.ManagementAccount
	if !isManagement && !s.Organizations.IsDelegatedAdministrator(c.State, org.ID, c.Account()) {
		return org, notManagement()
	}
	if !org.TrustedAccess {
		return org, accessNotEnabled(c)
	}
	if !s.Roles.HasServiceLinkedRole(c.State, org.ManagementAccount) {
		if !isManagement {
			return org, aws.Errorf("NoManagementAccountSLRExistsException", "The management account of your organization does not have the service-linked role AWSServiceRoleForCloudTrail.")
		}
		if err := s.mayLinkRole(c); err != nil {
			return org, err
		}
	}
	return org, s.allowAll(c,
		call.Target{Action: "organizations:DescribeOrganization", Resource: "*"},
		call.Target{Action: "organizations:ListAccounts", Resource: "*"},
		call.Target{Action: "organizations:ListAWSServiceAccessForOrganization", Resource: "*"})
}

func notInOrganization() error {
	return aws.Errorf("OrganizationsNotInUseException", "Your account is not a member of an organization.")
}

func notAllFeatures() error {
	return aws.Errorf("OrganizationNotInAllFeaturesModeException", "Your organization must have all features enabled to perform this operation.")
}

func accessNotEnabled(c *call.Call) error {
	return aws.Errorf("CloudTrailAccessNotEnabledException", "The request could not be processed because your organization hasn’t enabled CloudTrail service access. Enable service access for CloudTrail, and then try again. You are signed in with the following AWS account ID: %s", c.Account())
}

// mayLinkRole asks whether the caller may have CloudTrail's service-linked
// role made.
func (s *Service) mayLinkRole(c *call.Call) error {
	role := aws.NewARN("iam", "", c.Account(), "role/aws-service-role/"+ServicePrincipal+"/AWSServiceRoleForCloudTrail").String()
	return s.allowAll(c,
		call.Target{Action: "iam:GetRole", Resource: role},
		call.Target{Action: "iam:CreateServiceLinkedRole", Resource: role, Context: map[string][]string{"iam:awsservicename": {ServicePrincipal}}})
}

// allowAll turns a refused permission of another service into the error that
// CloudTrail gives for it.
func (s *Service) allowAll(c *call.Call, targets ...call.Target) error {
	for _, t := range targets {
		if err := c.Allow(t); err != nil {
			return aws.Errorf("InsufficientDependencyServiceAccessPermissionException", "AWS CloudTrail cannot create resources for your organization because access to one or more required APIs has been denied.")
		}
	}
	return nil
}

// convert turns an account's trail into its organization's or back, when the
// caller asks for it. Only the management account may; either way an
// organization trail stays under the organization's conditions.
func (s *Service) convert(c *call.Call, t *Trail, want *bool) error {
	to := t.Organization != ""
	set(&to, want)
	if to != (t.Organization != "") && c.Account() != t.Account {
		return notManagement()
	}
	if !to {
		t.Organization = ""
		return nil
	}
	org, err := s.organizationFor(c)
	if err != nil {
		return err
	}
	if org.ManagementAccount != t.Account {
		return notManagement() // a delegated administrator's own trail stays its own
	}
	t.Organization = org.ID
	return nil
}

// linkRoles puts the service-linked role into every account that an
// organization trail reaches.
func (s *Service) linkRoles(c *call.Call, t *Trail) error {
	if t.Organization == "" {
		return nil
	}
	for account := range s.Organizations.Accounts(c.State, t.Organization) {
		if err := s.Roles.EnsureServiceLinkedRole(c.Tx, c.Time, account); err != nil {
			return err
		}
	}
	return nil
}

// AccountJoined is told by Organizations when an account becomes a member. An
// organization trail applies to it by itself; only the role is made.
func (s *Service) AccountJoined(c *call.Call, organization, account string) error {
	for range trails.By(c.State, "organization", organization) {
		return s.Roles.EnsureServiceLinkedRole(c.Tx, c.Time, account)
	}
	return nil
}

// AccountLeft is told when an account is no member any more.
func (s *Service) AccountLeft(c *call.Call, organization, account string) error {
	s.Roles.RemoveServiceLinkedRole(c.Tx, account)
	return nil
}

// AccessDisabled is told when CloudTrail is no trusted service any more, or
// the organization is gone: its trails go on as trails of the account that
// owns them. The role stays in the management account.
func (s *Service) AccessDisabled(c *call.Call, organization string) error {
	for _, t := range trailsOf(c.Tx, organization) {
		t = new(*t)
		t.Organization = ""
		t.mark(c.Time)
		put(c.Tx, t)
	}
	return nil
}

// trailsOf collects an organization's trails before they are changed.
func trailsOf(r store.Reader, organization string) []*Trail {
	var all []*Trail
	for _, t := range trails.By(r, "organization", organization) {
		all = append(all, t)
	}
	return all
}

// RolesInUse names, by region, the organization trails that keep an account's
// service-linked role from being deleted.
func (s *Service) RolesInUse(r store.Reader, account string) map[string][]string {
	org, ok := s.Organizations.OrganizationOf(r, account)
	if !ok {
		return nil
	}
	arns := make(map[string][]string)
	for _, t := range trails.By(r, "organization", org.ID) {
		arns[t.Region] = append(arns[t.Region], t.ARN())
	}
	return arns
}
