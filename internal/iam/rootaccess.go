package iam

import (
	"slices"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// RootAccess is what an organization does centrally with the roots of its
// members. Its key is the organization's id.
type RootAccess struct {
	Features []string // in order
}

var rootAccesses = store.NewKind[RootAccess]("iam.rootaccess")

// rootTaskPath is the path of the policies that limit root sessions.
const rootTaskPath = "/root-task/"

// EnableOrganizationsRootCredentialsManagement lets the organization manage
// the credentials of its members' roots.
func (s *Service) EnableOrganizationsRootCredentialsManagement(c *call.Call, _ *api.EnableOrganizationsRootCredentialsManagementInput) (*api.EnableOrganizationsRootCredentialsManagementOutput, error) {
	id, features, err := s.setFeature(c, api.FeatureTypeRootCredentialsManagement, true)
	return &api.EnableOrganizationsRootCredentialsManagementOutput{OrganizationId: id, EnabledFeatures: features}, err
}

// DisableOrganizationsRootCredentialsManagement takes that back.
func (s *Service) DisableOrganizationsRootCredentialsManagement(c *call.Call, _ *api.DisableOrganizationsRootCredentialsManagementInput) (*api.DisableOrganizationsRootCredentialsManagementOutput, error) {
	id, features, err := s.setFeature(c, api.FeatureTypeRootCredentialsManagement, false)
	return &api.DisableOrganizationsRootCredentialsManagementOutput{OrganizationId: id, EnabledFeatures: features}, err
}

// EnableOrganizationsRootSessions lets the organization act as the roots of
// its members, for one task at a time.
func (s *Service) EnableOrganizationsRootSessions(c *call.Call, _ *api.EnableOrganizationsRootSessionsInput) (*api.EnableOrganizationsRootSessionsOutput, error) {
	id, features, err := s.setFeature(c, api.FeatureTypeRootSessions, true)
	return &api.EnableOrganizationsRootSessionsOutput{OrganizationId: id, EnabledFeatures: features}, err
}

// DisableOrganizationsRootSessions takes that back. Sessions that have begun
// end with it.
func (s *Service) DisableOrganizationsRootSessions(c *call.Call, _ *api.DisableOrganizationsRootSessionsInput) (*api.DisableOrganizationsRootSessionsOutput, error) {
	id, features, err := s.setFeature(c, api.FeatureTypeRootSessions, false)
	return &api.DisableOrganizationsRootSessionsOutput{OrganizationId: id, EnabledFeatures: features}, err
}

// ListOrganizationsFeatures tells what of it is on.
func (s *Service) ListOrganizationsFeatures(c *call.Call, _ *api.ListOrganizationsFeaturesInput) (*api.ListOrganizationsFeaturesOutput, error) {
	o, err := s.administered(c)
	if err != nil {
		return nil, err
	}
	return &api.ListOrganizationsFeaturesOutput{OrganizationId: &o.ID, EnabledFeatures: features(c.State, o.ID)}, nil
}

// setFeature turns a feature on or off and returns the organization and what
// is on then. Only the management account turns one on.
func (s *Service) setFeature(c *call.Call, feature string, on bool) (*string, []string, error) {
	o, err := s.administered(c)
	if err != nil {
		return nil, nil, err
	}
	if on && o.Management != c.Account() {
		return nil, nil, aws.Errorf("CallerIsNotManagementAccountException", "The account making the request is not the management account for the organization.")
	}
	list := slices.DeleteFunc(features(c.State, o.ID), func(f string) bool { return f == feature })
	if on {
		list = append(list, feature)
		slices.Sort(list)
	}
	rootAccesses.Put(c.Tx, o.ID, &RootAccess{list})
	return &o.ID, list, nil
}

// features are a copy of what an organization has turned on.
func features(r store.Reader, organization string) []string {
	if a, ok := rootAccesses.Get(r, organization); ok {
		return append([]string{}, a.Features...)
	}
	return []string{}
}

// administered is the organization that the caller's account administers IAM
// for.
func (s *Service) administered(c *call.Call) (Organization, error) {
	var o Organization
	ok := false
	if s.Organizations != nil {
		o, ok = s.Organizations.Organization(c.State, c.Account())
	}
	switch {
	case !ok:
		return o, aws.Errorf("OrganizationNotFoundException", "The request was rejected because no organization is associated with your account.")
	case o.Management != c.Account() && !o.Delegated:
		return o, aws.Errorf("AccountNotManagementOrDelegatedAdministratorException", "The account making the request is not the management account or delegated administrator account for centralized root access.")
	case !o.AllFeatures:
		return o, aws.Errorf("OrganizationNotInAllFeaturesModeException", "The organization does not have all features enabled.")
	case !o.Trusted:
		return o, aws.Errorf("ServiceAccessNotEnabledException", "Trusted access is not enabled for IAM in AWS Organizations.")
	}
	return o, nil
}

// RootSession returns nil when somebody of an account may act as the root of
// another: a member of the organization that the account administers IAM for.
// The error is the refusal.
func (s *Service) RootSession(r store.Reader, account, target string) error {
	refusal := aws.Errorf(aws.AccessDenied, "The account %s may not assume the root of the account %s.", account, target)
	if s.Organizations == nil {
		return refusal
	}
	o, ok := s.Organizations.Organization(r, account)
	if !ok || !o.Trusted || o.Management != account && !o.Delegated {
		return refusal
	}
	if !slices.Contains(features(r, o.ID), api.FeatureTypeRootSessions) {
		return refusal
	}
	if member, ok := s.Organizations.Organization(r, target); !ok || member.ID != o.ID || o.Management == target {
		return refusal
	}
	return nil
}
