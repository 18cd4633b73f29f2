package organizations

import (
	"slices"
	"testing"
	"time"

	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

func TestAccountLeaves(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	must(h, m, h.EnableAWSServiceAccess, &api.EnableAWSServiceAccessInput{ServicePrincipal: new(cloudTrail)})
	h.hears()
	one, two := h.create(m, "one"), h.joined(m, "two")
	h.hears("joined "+one, "joined "+two)
	must(h, m, h.TagResource, &api.TagResourceInput{ResourceId: &one, Tags: []api.Tag{{Key: new("k"), Value: new("v")}}})
	if got := slices.Collect(AccountsOf(h.Store.View(), o.ID)); !slices.Equal(got, []string{m, one, two}) {
		t.Errorf("accounts: %q", got)
	}

	remove := func(account string) *api.RemoveAccountFromOrganizationInput {
		return &api.RemoveAccountFromOrganizationInput{AccountId: &account}
	}
	refuses(h, "AccountNotFound", m, h.RemoveAccountFromOrganization, remove("000000000000"))
	refuses(h, "MasterCannotLeaveOrganization", m, h.RemoveAccountFromOrganization, remove(m))
	refuses(h, "MasterCannotLeaveOrganization", m, h.LeaveOrganization, &api.LeaveOrganizationInput{})
	refuses(h, "AccessDenied", one, h.RemoveAccountFromOrganization, remove(two))

	must(h, m, h.RegisterDelegatedAdministrator, &api.RegisterDelegatedAdministratorInput{AccountId: &one, ServicePrincipal: new(cloudTrail)})
	refuses(h, "ConstraintViolation/CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG", m, h.RemoveAccountFromOrganization, remove(one))
	must(h, m, h.DeregisterDelegatedAdministrator, &api.DeregisterDelegatedAdministratorInput{AccountId: &one, ServicePrincipal: new(cloudTrail)})

	h.Limits.WaitingPeriod = 4 * 24 * time.Hour
	refuses(h, "ConstraintViolation/WAIT_PERIOD_ACTIVE", m, h.RemoveAccountFromOrganization, remove(one))
	must(h, two, h.LeaveOrganization, &api.LeaveOrganizationInput{}) // invited accounts need not wait
	h.Clock.Advance(h.Limits.WaitingPeriod)
	must(h, m, h.RemoveAccountFromOrganization, remove(one))
	h.hears("left "+two, "left "+one)

	refuses(h, "AWSOrganizationsNotInUse", one, h.LeaveOrganization, &api.LeaveOrganizationInput{})
	refuses(h, "AccountNotFound", m, h.DescribeAccount, &api.DescribeAccountInput{AccountId: &one})
	if got := slices.Collect(AccountsOf(h.Store.View(), o.ID)); !slices.Equal(got, []string{m}) {
		t.Errorf("accounts: %q", got)
	}
	if rows(h.Store.View(), tags) != 0 {
		t.Error("the tags of an account that has left are left")
	}
	must(h, one, h.CreateOrganization, &api.CreateOrganizationInput{}) // it is on its own
}

func TestCloseAccount(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	must(h, m, h.EnableAWSServiceAccess, &api.EnableAWSServiceAccessInput{ServicePrincipal: new(cloudTrail)})
	one := h.create(m, "one")
	h.news = nil
	h.Emitted()
	closing := func(account string) *api.CloseAccountInput { return &api.CloseAccountInput{AccountId: &account} }
	state := func(want, status string) {
		t.Helper()
		a := must(h, m, h.DescribeAccount, &api.DescribeAccountInput{AccountId: &one}).Account
		if *a.State != want || *a.Status != status {
			t.Errorf("account is %s (%s), want %s (%s)", *a.State, *a.Status, want, status)
		}
	}
	refuses(h, "AccountNotFound", m, h.CloseAccount, closing("000000000000"))
	refuses(h, "ConstraintViolation/CANNOT_CLOSE_MANAGEMENT_ACCOUNT", m, h.CloseAccount, closing(m))
	must(h, m, h.RegisterDelegatedAdministrator, &api.RegisterDelegatedAdministratorInput{AccountId: &one, ServicePrincipal: new(cloudTrail)})
	refuses(h, "Conflict", m, h.CloseAccount, closing(one))
	must(h, m, h.DeregisterDelegatedAdministrator, &api.DeregisterDelegatedAdministratorInput{AccountId: &one, ServicePrincipal: new(cloudTrail)})

	must(h, m, h.CloseAccount, closing(one))
	state("PENDING_CLOSURE", "PENDING_CLOSURE")
	refuses(h, "AccountAlreadyClosed", m, h.CloseAccount, closing(one))
	refuses(h, "ConstraintViolation/ACCOUNT_CANNOT_LEAVE_ORGANIZATION", m, h.RemoveAccountFromOrganization, &api.RemoveAccountFromOrganizationInput{AccountId: &one})
	refuses(h, "ConstraintViolation/CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR", m, h.RegisterDelegatedAdministrator, &api.RegisterDelegatedAdministratorInput{AccountId: &one, ServicePrincipal: new(cloudTrail)})
	if !Usable(h.Store.View(), one) {
		t.Error("an account is not usable while its closure is pending")
	}
	h.Clock.Advance(time.Minute)
	h.advance()
	state("CLOSED", "SUSPENDED")
	if Usable(h.Store.View(), one) {
		t.Error("a closed account is usable")
	}
	h.is(h.Emitted(), `[{"Type":"AwsServiceEvent","Source":"organizations.amazonaws.com","Name":"CloseAccountResult","Account":"`+m+`","Region":"us-east-1","InvokedBy":"organizations.amazonaws.com",`+
		`"Details":{"closeAccountStatus":{"accountId":"`+one+`","state":"SUCCEEDED","requestedTimestamp":"Jan 31, 2026 2:00:00 AM","completedTimestamp":"Jan 31, 2026 2:01:00 AM"}}}]`)
	refuses(h, "AccountAlreadyClosed", m, h.CloseAccount, closing(one))
	refuses(h, "OrganizationNotEmpty", m, h.DeleteOrganization, &api.DeleteOrganizationInput{})

	h.Clock.Advance(closedRetention - time.Second)
	h.advance()
	state("CLOSED", "SUSPENDED")
	h.hears()
	h.Clock.Advance(time.Second)
	h.advance()
	h.advance()
	h.hears("left " + one)
	refuses(h, "AccountNotFound", m, h.DescribeAccount, &api.DescribeAccountInput{AccountId: &one})
	if Usable(h.Store.View(), one) || tallyOf(h.Store.View(), o.ID).Accounts != 1 {
		t.Error("a closed account came back")
	}
}

func TestClosureQuotas(t *testing.T) {
	h := newHouse(t)
	m, _ := h.organize()
	one, two, three := h.create(m, "one"), h.create(m, "two"), h.create(m, "three")
	h.Limits.Closures, h.Limits.ClosuresPerMonth = 1, 2
	closing := func(account string) *api.CloseAccountInput { return &api.CloseAccountInput{AccountId: &account} }
	must(h, m, h.CloseAccount, closing(one))
	refuses(h, "ConstraintViolation/CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED", m, h.CloseAccount, closing(two))
	h.advance()
	must(h, m, h.CloseAccount, closing(two))
	h.advance()
	refuses(h, "ConstraintViolation/CLOSE_ACCOUNT_QUOTA_EXCEEDED", m, h.CloseAccount, closing(three))
	h.Clock.Advance(closureWindow)
	must(h, m, h.CloseAccount, closing(three))

	for accounts, want := range map[int]int{1: 250, 1_000: 250, 2_000: 400, 10_000: 1_000} {
		if got := new(Limits).closuresPerMonth(accounts); got != want {
			t.Errorf("%d accounts: %d closures a month, want %d", accounts, got, want)
		}
	}
}
