package organizations

import (
	"slices"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

func TestTrustedAccess(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	member := h.create(m, "member")
	enable := func(service string) *api.EnableAWSServiceAccessInput {
		return &api.EnableAWSServiceAccessInput{ServicePrincipal: &service}
	}
	disable := func(service string) *api.DisableAWSServiceAccessInput {
		return &api.DisableAWSServiceAccessInput{ServicePrincipal: &service}
	}
	for _, service := range []string{"cloudtrail", "clowdtrail.amazonaws.com", "organizations.amazonaws.com"} {
		refuses(h, "InvalidInput/UNRECOGNIZED_SERVICE_PRINCIPAL", m, h.EnableAWSServiceAccess, enable(service))
		refuses(h, "InvalidInput/UNRECOGNIZED_SERVICE_PRINCIPAL", m, h.DisableAWSServiceAccess, disable(service))
	}
	refuses(h, "InvalidInput/INVALID_PATTERN", m, h.EnableAWSServiceAccess, enable("a b"))
	must(h, m, h.DisableAWSServiceAccess, disable(cloudTrail)) // not enabled: no error
	first := h.Clock.Now()
	must(h, m, h.EnableAWSServiceAccess, enable(cloudTrail))
	h.Clock.Advance(time.Hour)
	must(h, m, h.EnableAWSServiceAccess, enable(cloudTrail))
	must(h, m, h.EnableAWSServiceAccess, enable("config.amazonaws.com"))
	list := must(h, m, h.ListAWSServiceAccessForOrganization, &api.ListAWSServiceAccessForOrganizationInput{}).EnabledServicePrincipals
	if len(list) != 2 || *list[0].ServicePrincipal != cloudTrail || !list[0].DateEnabled.Equal(first) || *list[1].ServicePrincipal != "config.amazonaws.com" {
		t.Errorf("trusted: %+v", list)
	}
	if !h.organizationOf(m).Trusts(cloudTrail) || h.organizationOf(m).Trusts("health.amazonaws.com") {
		t.Error("Trusts is wrong")
	}
	must(h, m, h.RegisterDelegatedAdministrator, &api.RegisterDelegatedAdministratorInput{AccountId: &member, ServicePrincipal: new(cloudTrail)})
	must(h, m, h.RegisterDelegatedAdministrator, &api.RegisterDelegatedAdministratorInput{AccountId: &member, ServicePrincipal: new("config.amazonaws.com")})
	h.hears()
	must(h, m, h.DisableAWSServiceAccess, disable(cloudTrail))
	h.hears("disabled " + o.ID)
	if IsDelegatedAdministrator(h.Store.View(), member, cloudTrail) || !IsDelegatedAdministrator(h.Store.View(), member, "config.amazonaws.com") {
		t.Error("the delegation did not end with the trust, or another did")
	}
}

func TestDelegatedAdministrators(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	var accounts []string
	for _, name := range []string{"a", "b", "c", "d"} {
		accounts = append(accounts, h.create(m, name))
	}
	register := func(account, service string) *api.RegisterDelegatedAdministratorInput {
		return &api.RegisterDelegatedAdministratorInput{AccountId: &account, ServicePrincipal: &service}
	}
	deregister := func(account, service string) *api.DeregisterDelegatedAdministratorInput {
		return &api.DeregisterDelegatedAdministratorInput{AccountId: &account, ServicePrincipal: &service}
	}
	refuses(h, "ConstraintViolation/SERVICE_ACCESS_NOT_ENABLED", m, h.RegisterDelegatedAdministrator, register(accounts[0], cloudTrail))
	for _, service := range []string{cloudTrail, "guardduty.amazonaws.com", "ram.amazonaws.com"} {
		must(h, m, h.EnableAWSServiceAccess, &api.EnableAWSServiceAccessInput{ServicePrincipal: &service})
	}
	for _, c := range []struct{ account, service, want string }{
		{accounts[0], "cloudtrail", "InvalidInput/UNRECOGNIZED_SERVICE_PRINCIPAL"},
		{"000000000000", cloudTrail, "AccountNotFound"},
		{"12", cloudTrail, "InvalidInput/INVALID_PATTERN"},
		{m, cloudTrail, "ConstraintViolation/CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"},
		{accounts[0], "ram.amazonaws.com", "InvalidInput/TARGET_NOT_SUPPORTED"},
		{accounts[0], cloudTrail, "<nil>"},
		{accounts[0], cloudTrail, "AccountAlreadyRegistered"},
		{accounts[1], cloudTrail, "<nil>"},
		{accounts[2], cloudTrail, "<nil>"},
		{accounts[3], cloudTrail, "ConstraintViolation/MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED"},
		{accounts[0], "guardduty.amazonaws.com", "<nil>"},
		{accounts[1], "guardduty.amazonaws.com", "ConstraintViolation/DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE"},
	} {
		refuses(h, c.want, m, h.RegisterDelegatedAdministrator, register(c.account, c.service))
	}

	admins := func(service *string) (ids []string) {
		for _, d := range must(h, m, h.ListDelegatedAdministrators, &api.ListDelegatedAdministratorsInput{ServicePrincipal: service}).DelegatedAdministrators {
			if *d.Arn != o.arn("account", *d.Id) || !d.DelegationEnabledDate.Equal(h.Clock.Now()) || *d.Status != "ACTIVE" || *d.Email == "" || *d.JoinedMethod != "CREATED" {
				t.Errorf("administrator: %+v", d)
			}
			ids = append(ids, *d.Id)
		}
		return ids
	}
	for service, want := range map[string][]string{
		cloudTrail:                accounts[:3],
		"guardduty.amazonaws.com": accounts[:1],
		"health.amazonaws.com":    nil,
	} {
		if got := admins(&service); !slices.Equal(got, want) {
			t.Errorf("administrators of %s: %q, want %q", service, got, want)
		}
	}
	if got := admins(nil); !slices.Equal(got, accounts[:3]) {
		t.Errorf("administrators: %q", got)
	}
	refuses(h, "InvalidInput/UNRECOGNIZED_SERVICE_PRINCIPAL", m, h.ListDelegatedAdministrators, &api.ListDelegatedAdministratorsInput{ServicePrincipal: new("x.amazonaws.com")})
	services := must(h, m, h.ListDelegatedServicesForAccount, &api.ListDelegatedServicesForAccountInput{AccountId: &accounts[0]}).DelegatedServices
	if len(services) != 2 || *services[0].ServicePrincipal != cloudTrail || !services[0].DelegationEnabledDate.Equal(h.Clock.Now()) {
		t.Errorf("services: %+v", services)
	}
	refuses(h, "AccountNotRegistered", m, h.ListDelegatedServicesForAccount, &api.ListDelegatedServicesForAccountInput{AccountId: &accounts[3]})
	refuses(h, "AccountNotFound", m, h.ListDelegatedServicesForAccount, &api.ListDelegatedServicesForAccountInput{AccountId: new("000000000000")})

	refuses(h, "AccountNotFound", m, h.DeregisterDelegatedAdministrator, deregister("000000000000", cloudTrail))
	refuses(h, "AccountNotRegistered", m, h.DeregisterDelegatedAdministrator, deregister(accounts[3], cloudTrail))
	refuses(h, "InvalidInput/UNRECOGNIZED_SERVICE_PRINCIPAL", m, h.DeregisterDelegatedAdministrator, deregister(accounts[0], "cloudtrail"))
	must(h, m, h.DeregisterDelegatedAdministrator, deregister(accounts[0], cloudTrail))
	if IsDelegatedAdministrator(h.Store.View(), accounts[0], cloudTrail) || !IsDelegatedAdministrator(h.Store.View(), accounts[1], cloudTrail) {
		t.Error("the wrong registration was taken back")
	}

	// The same for a service that offers the registration itself.
	via := func(fn func(*call.Call, string, string) error) func(*call.Call, *api.LeaveOrganizationInput) (*api.LeaveOrganizationOutput, error) {
		return func(c *call.Call, _ *api.LeaveOrganizationInput) (*api.LeaveOrganizationOutput, error) {
			return nil, fn(c, accounts[3], cloudTrail)
		}
	}
	refuses(h, "AccessDenied", accounts[1], via(h.Delegate), &api.LeaveOrganizationInput{})
	must(h, m, via(h.Delegate), &api.LeaveOrganizationInput{})
	refuses(h, "AccountAlreadyRegistered", m, via(h.Delegate), &api.LeaveOrganizationInput{})
	must(h, m, via(h.Undelegate), &api.LeaveOrganizationInput{})
	refuses(h, "AccountNotRegistered", m, via(h.Undelegate), &api.LeaveOrganizationInput{})
}
