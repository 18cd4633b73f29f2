package organizations

import (
	"slices"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// Trusts reports whether a service may act in all accounts.
func (o *Organization) Trusts(service string) bool {
	return slices.ContainsFunc(o.TrustedAccess, func(t Trust) bool { return t.Service == service })
}

var errUnrecognizedService = invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal.")

// allFeatures admits the management account of an organization with all
// features.
func (s *Service) allFeatures(c *call.Call) (*Organization, error) {
	o, err := s.managed(c)
	if err == nil && !o.AllFeatures() {
		err = constraint("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", "Your organization must have all features enabled to perform this operation.")
	}
	return o, err
}

// EnableAWSServiceAccess lets a service act in all accounts. Doing it again
// changes nothing. The service itself is not told: it looks when it is asked
// to do something.
func (s *Service) EnableAWSServiceAccess(c *call.Call, in *api.EnableAWSServiceAccessInput) (*api.EnableAWSServiceAccessOutput, error) {
	o, err := s.allFeatures(c)
	if err != nil {
		return nil, err
	}
	service := aws.Val(in.ServicePrincipal)
	if _, ok := trustable[service]; !ok {
		return nil, errUnrecognizedService
	}
	if !o.Trusts(service) {
		o.update(c.Tx, func(o *Organization) {
			o.TrustedAccess = append(o.TrustedAccess, Trust{Service: service, Since: c.Time})
		})
	}
	return nil, nil
}

// DisableAWSServiceAccess ends it, and with it the service's delegated
// administrators.
func (s *Service) DisableAWSServiceAccess(c *call.Call, in *api.DisableAWSServiceAccessInput) (*api.DisableAWSServiceAccessOutput, error) {
	o, err := s.managed(c)
	if err != nil {
		return nil, err
	}
	service := aws.Val(in.ServicePrincipal)
	if _, ok := trustable[service]; !ok {
		return nil, errUnrecognizedService
	}
	if !o.Trusts(service) {
		return nil, nil
	}
	o.update(c.Tx, func(o *Organization) {
		o.TrustedAccess = slices.DeleteFunc(o.TrustedAccess, func(t Trust) bool { return t.Service == service })
		o.Delegations = slices.DeleteFunc(o.Delegations, func(d Delegation) bool { return d.Service == service })
	})
	if hook := s.Trusted[service]; hook != nil {
		return nil, hook.AccessDisabled(c, o.ID)
	}
	return nil, nil
}

// ListAWSServiceAccessForOrganization lists the trusted services.
func (s *Service) ListAWSServiceAccessForOrganization(c *call.Call, in *api.ListAWSServiceAccessForOrganizationInput) (*api.ListAWSServiceAccessForOrganizationOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	all := []api.EnabledServicePrincipal{}
	for _, t := range o.TrustedAccess {
		all = append(all, api.EnabledServicePrincipal{ServicePrincipal: &t.Service, DateEnabled: &t.Since})
	}
	list, next, err := page(c, in.NextToken, in.MaxResults, numbered(all))
	return &api.ListAWSServiceAccessForOrganizationOutput{EnabledServicePrincipals: list, NextToken: next}, err
}
