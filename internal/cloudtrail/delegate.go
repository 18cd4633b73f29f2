package cloudtrail

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
)

// RegisterOrganizationDelegatedAdmin lets a member account manage the
// organization's trails. It is the registration of Organizations with
// CloudTrail's conditions and the service-linked role in the management
// account added.
func (s *Service) RegisterOrganizationDelegatedAdmin(c *call.Call, in *api.RegisterOrganizationDelegatedAdminInput) (*api.RegisterOrganizationDelegatedAdminOutput, error) {
	org, err := s.managed(c)
	if err != nil {
		return nil, err
	}
	if !org.TrustedAccess {
		return nil, accessNotEnabled(c)
	}
	if !s.Roles.HasServiceLinkedRole(c.State, c.Account()) {
		if err := s.mayLinkRole(c); err != nil {
			return nil, err
		}
		if err := s.Roles.EnsureServiceLinkedRole(c.Tx, c.Time, c.Account()); err != nil {
			return nil, err
		}
	}
	if err := s.mayDelegate(c, org, "RegisterDelegatedAdministrator", aws.Val(in.MemberAccountId)); err != nil {
		return nil, err
	}
	return nil, delegationError(s.Organizations.RegisterDelegatedAdministrator(c, aws.Val(in.MemberAccountId)))
}

// DeregisterOrganizationDelegatedAdmin takes the registration away. What the
// delegated administrator made stays.
func (s *Service) DeregisterOrganizationDelegatedAdmin(c *call.Call, in *api.DeregisterOrganizationDelegatedAdminInput) (*api.DeregisterOrganizationDelegatedAdminOutput, error) {
	org, err := s.managed(c)
	if err != nil {
		return nil, err
	}
	if err := s.mayDelegate(c, org, "DeregisterDelegatedAdministrator", aws.Val(in.DelegatedAdminAccountId)); err != nil {
		return nil, err
	}
	return nil, delegationError(s.Organizations.DeregisterDelegatedAdministrator(c, aws.Val(in.DelegatedAdminAccountId)))
}

// mayDelegate asks whether the caller may have Organizations do what
// CloudTrail does there in the caller's name.
func (s *Service) mayDelegate(c *call.Call, org Organization, operation, account string) error {
	member := aws.NewARN("organizations", "", org.ManagementAccount, "account/"+org.ID+"/"+account).String()
	return s.allowAll(c,
		call.Target{Action: "organizations:ListAWSServiceAccessForOrganization", Resource: "*"},
		call.Target{Action: "organizations:" + operation, Resource: member, Context: map[string][]string{"organizations:serviceprincipal": {ServicePrincipal}}})
}

// managed returns the organization that the caller's account manages.
func (s *Service) managed(c *call.Call) (Organization, error) {
	org, ok := s.Organizations.OrganizationOf(c.State, c.Account())
	switch {
	case !ok:
		return org, notInOrganization()
	case org.ManagementAccount != c.Account():
		return org, aws.Errorf("NotOrganizationManagementAccountException", "You must be signed in with the management account of your organization to perform this operation.")
	case !org.AllFeatures:
		return org, notAllFeatures()
	}
	return org, nil
}

// delegationError puts an error of Organizations into CloudTrail's terms.
func delegationError(err error) error {
	switch e, _ := err.(*aws.Error); {
	case e == nil:
		return err
	case e.Code == "AccountAlreadyRegisteredException":
		return aws.Errorf("AccountRegisteredException", "%s", e.Message)
	case e.Code == "ConstraintViolationException" && e.Field("Reason") == "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR":
		return aws.Errorf("CannotDelegateManagementAccountException", "%s", e.Message)
	case e.Code == "ConstraintViolationException" && e.Field("Reason") == "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED":
		return aws.Errorf("DelegatedAdminAccountLimitExceededException", "%s", e.Message)
	}
	return err
}
