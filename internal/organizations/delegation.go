package organizations

import (
	"slices"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// RegisterDelegatedAdministrator makes a member account an administrator of a
// trusted service.
func (s *Service) RegisterDelegatedAdministrator(c *call.Call, in *api.RegisterDelegatedAdministratorInput) (*api.RegisterDelegatedAdministratorOutput, error) {
	return nil, s.Delegate(c, aws.Val(in.AccountId), aws.Val(in.ServicePrincipal))
}

// DeregisterDelegatedAdministrator takes it back. What the account made for
// the organization stays.
func (s *Service) DeregisterDelegatedAdministrator(c *call.Call, in *api.DeregisterDelegatedAdministratorInput) (*api.DeregisterDelegatedAdministratorOutput, error) {
	return nil, s.Undelegate(c, aws.Val(in.AccountId), aws.Val(in.ServicePrincipal))
}

// Delegate is RegisterDelegatedAdministrator for services that offer the
// registration themselves. The caller's account must be the management
// account; the errors are those of Organizations.
func (s *Service) Delegate(c *call.Call, account, service string) error {
	o, err := s.allFeatures(c)
	if err != nil {
		return err
	}
	limit, ok := trustable[service]
	if !ok {
		return errUnrecognizedService
	}
	m, ok := o.member(c.State, account)
	switch {
	case !ok:
		return errAccountNotFound
	case account == o.Management:
		return constraint("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR", "You cannot register master account/yourself as delegated administrator for your organization.")
	case m.State != api.AccountStateActive:
		return constraint("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR", "You cannot register a suspended account as a delegated administrator.")
	case limit == noSeats:
		return invalid("TARGET_NOT_SUPPORTED", "You specified a service that doesn't support delegated administrators.")
	case !o.Trusts(service):
		return constraint("SERVICE_ACCESS_NOT_ENABLED", "You must enable service access before you delegate an administrator for this service.")
	}
	if err := o.roomFor(account, service, limit); err != nil {
		return err
	}
	o.update(c.Tx, func(o *Organization) {
		o.Delegations = append(o.Delegations, Delegation{Service: service, Account: account, Since: c.Time})
	})
	return nil
}

// roomFor checks that a service can take one administrator more.
func (o *Organization) roomFor(account, service string, limit seats) error {
	n := seats(0)
	for _, d := range o.Delegations {
		if d.Service != service {
			continue
		}
		if d.Account == account {
			return errAccountAlreadyRegistered
		}
		n++
	}
	switch {
	case n < limit:
		return nil
	case limit == 1:
		return constraint("DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE", "There is already a delegated administrator for this service in your organization.")
	}
	return constraint("MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED", "You have reached the maximum number of delegated administrators for this service.")
}

// Undelegate is DeregisterDelegatedAdministrator, as Delegate is its
// opposite.
func (s *Service) Undelegate(c *call.Call, account, service string) error {
	o, err := s.managed(c)
	if err != nil {
		return err
	}
	if _, ok := trustable[service]; !ok {
		return errUnrecognizedService
	}
	if _, ok := o.member(c.State, account); !ok {
		return errAccountNotFound
	}
	registered := func(d Delegation) bool { return d.Account == account && d.Service == service }
	if !slices.ContainsFunc(o.Delegations, registered) {
		return errAccountNotRegistered
	}
	o.update(c.Tx, func(o *Organization) { o.Delegations = slices.DeleteFunc(o.Delegations, registered) })
	return nil
}

// ListDelegatedAdministrators lists the administrators of a service, or of
// any.
func (s *Service) ListDelegatedAdministrators(c *call.Call, in *api.ListDelegatedAdministratorsInput) (*api.ListDelegatedAdministratorsOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	if in.ServicePrincipal != nil {
		if _, ok := trustable[*in.ServicePrincipal]; !ok {
			return nil, errUnrecognizedService
		}
	}
	all := []api.DelegatedAdministrator{}
	seen := map[string]bool{}
	for _, d := range o.Delegations {
		if seen[d.Account] || in.ServicePrincipal != nil && *in.ServicePrincipal != d.Service {
			continue
		}
		seen[d.Account] = true
		m, ok := o.member(c.State, d.Account)
		if !ok {
			continue
		}
		a, _ := s.accountView(c.State, o)(m)
		all = append(all, api.DelegatedAdministrator{
			Id: a.Id, Arn: a.Arn, Email: a.Email, Name: a.Name, Status: a.Status, State: a.State,
			JoinedMethod: a.JoinedMethod, JoinedTimestamp: a.JoinedTimestamp,
			DelegationEnabledDate: &d.Since,
		})
	}
	list, next, err := page(c, in.NextToken, in.MaxResults, numbered(all))
	return &api.ListDelegatedAdministratorsOutput{DelegatedAdministrators: list, NextToken: next}, err
}

// ListDelegatedServicesForAccount lists the services that an account is an
// administrator of.
func (s *Service) ListDelegatedServicesForAccount(c *call.Call, in *api.ListDelegatedServicesForAccountInput) (*api.ListDelegatedServicesForAccountOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	account := aws.Val(in.AccountId)
	if _, ok := o.member(c.State, account); !ok {
		return nil, errAccountNotFound
	}
	if !o.delegates(account) {
		return nil, errAccountNotRegistered
	}
	all := []api.DelegatedService{}
	for _, d := range o.Delegations {
		if d.Account == account {
			all = append(all, api.DelegatedService{ServicePrincipal: &d.Service, DelegationEnabledDate: &d.Since})
		}
	}
	list, next, err := page(c, in.NextToken, in.MaxResults, numbered(all))
	return &api.ListDelegatedServicesForAccountOutput{DelegatedServices: list, NextToken: next}, err
}
