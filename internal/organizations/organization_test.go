package organizations

import (
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

func TestCreateOrganization(t *testing.T) {
	h := newHouse(t)
	m := h.standalone("mgmt")
	refuses(h, "InvalidInput/INVALID_ENUM", m, h.CreateOrganization, &api.CreateOrganizationInput{FeatureSet: new("FULL")})
	refuses(h, "AWSOrganizationsNotInUse", m, h.DescribeOrganization, &api.DescribeOrganizationInput{})

	o := must(h, m, h.CreateOrganization, &api.CreateOrganizationInput{}).Organization
	if *o.FeatureSet != "ALL" || *o.MasterAccountId != m || *o.MasterAccountEmail != "mgmt@example.com" ||
		*o.Arn != "arn:aws:organizations::"+m+":organization/"+*o.Id ||
		*o.MasterAccountArn != "arn:aws:organizations::"+m+":account/"+*o.Id+"/"+m {
		t.Errorf("organization: %+v", o)
	}
	if len(o.AvailablePolicyTypes) != 1 || *o.AvailablePolicyTypes[0].Type != "SERVICE_CONTROL_POLICY" || *o.AvailablePolicyTypes[0].Status != "ENABLED" {
		t.Errorf("available policy types: %+v", o.AvailablePolicyTypes)
	}
	refuses(h, "AlreadyInOrganization", m, h.CreateOrganization, &api.CreateOrganizationInput{})

	roots := must(h, m, h.ListRoots, &api.ListRootsInput{}).Roots
	if len(roots) != 1 || *roots[0].Name != "Root" || roots[0].PolicyTypes == nil || len(roots[0].PolicyTypes) != 0 {
		t.Fatalf("roots: %+v", roots)
	}
	accounts := must(h, m, h.ListAccounts, &api.ListAccountsInput{}).Accounts
	if len(accounts) != 1 {
		t.Fatalf("accounts: %+v", accounts)
	}
	a := accounts[0]
	if *a.Id != m || *a.JoinedMethod != "INVITED" || !a.JoinedTimestamp.Equal(h.Clock.Now()) || *a.Status != "ACTIVE" || *a.State != "ACTIVE" ||
		*a.Name != "mgmt" || a.Paths[0] != *o.Id+"/"+*roots[0].Id+"/"+m+"/" {
		t.Errorf("management account: %+v", a)
	}
	if !(fakeRoles{}).HasServiceLinkedRole(h.Store.View(), m, ServicePrincipal) {
		t.Error("the management account lacks the service-linked role")
	}
}

func TestCreateOrganizationNeedsRole(t *testing.T) {
	h := newHouse(t)
	m := h.standalone("mgmt")
	h.Forbidden["iam:CreateServiceLinkedRole"] = true
	refuses(h, "AccessDeniedForDependency/ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE", m, h.CreateOrganization, &api.CreateOrganizationInput{})
	if _, ok := OrganizationOf(h.Store.View(), m); ok {
		t.Error("an organization exists after a refusal")
	}
}

func TestDeleteOrganization(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	must(h, m, h.EnableAWSServiceAccess, &api.EnableAWSServiceAccessInput{ServicePrincipal: new(cloudTrail)})
	unit := h.unit(m, o.Root, "left over")
	must(h, m, h.EnablePolicyType, &api.EnablePolicyTypeInput{RootId: &o.Root, PolicyType: new(serviceControl)})
	must(h, m, h.AttachPolicy, &api.AttachPolicyInput{PolicyId: new(h.scp(m, "p", "s3:*")), TargetId: &unit})
	must(h, m, h.TagResource, &api.TagResourceInput{ResourceId: &unit, Tags: []api.Tag{{Key: new("k"), Value: new("v")}}})
	guest := h.standalone("guest")
	h.invite(m, guest)
	member := h.create(m, "member")

	refuses(h, "OrganizationNotEmpty", m, h.DeleteOrganization, &api.DeleteOrganizationInput{})
	refuses(h, "AccessDenied", member, h.DeleteOrganization, &api.DeleteOrganizationInput{})
	must(h, m, h.RemoveAccountFromOrganization, &api.RemoveAccountFromOrganizationInput{AccountId: &member})
	must(h, m, h.CreateAccount, &api.CreateAccountInput{AccountName: new("late"), Email: new("guest@example.com")})
	refuses(h, "OrganizationNotEmpty", m, h.DeleteOrganization, &api.DeleteOrganizationInput{})
	h.advance() // fails: the address is taken
	h.news = nil
	must(h, m, h.DeleteOrganization, &api.DeleteOrganizationInput{})
	h.hears("disabled " + o.ID)

	refuses(h, "AWSOrganizationsNotInUse", m, h.DescribeOrganization, &api.DescribeOrganizationInput{})
	if got := must(h, guest, h.ListHandshakesForAccount, &api.ListHandshakesForAccountInput{}).Handshakes; len(got) != 0 {
		t.Errorf("invitations of a deleted organization: %+v", got)
	}
	view := h.Store.View()
	for what, left := range map[string]int{
		"members": rows(view, members), "units": rows(view, units), "policies": rows(view, policies),
		"attachments": rows(view, attachments), "handshakes": rows(view, handshakes), "creations": rows(view, creations),
		"tags": rows(view, tags), "tallies": rows(view, tallies), "organizations": rows(view, organizations),
	} {
		if left != 0 {
			t.Errorf("%d %s are left", left, what)
		}
	}
	must(h, m, h.CreateOrganization, &api.CreateOrganizationInput{})
}

func rows[T any](r store.Reader, k *store.Kind[T]) (n int) {
	for range k.Scan(r, "") {
		n++
	}
	return n
}

// Consolidated billing forbids what needs all features.
func TestConsolidatedBilling(t *testing.T) {
	h := newHouse(t)
	m := h.standalone("mgmt")
	o := must(h, m, h.CreateOrganization, &api.CreateOrganizationInput{FeatureSet: new("CONSOLIDATED_BILLING")}).Organization
	if o.AvailablePolicyTypes == nil || len(o.AvailablePolicyTypes) != 0 {
		t.Errorf("available policy types: %+v", o.AvailablePolicyTypes)
	}
	member := h.create(m, "member")
	root := h.organizationOf(m).Root
	refuses(h, "PolicyTypeNotAvailableForOrganization", m, h.EnablePolicyType, &api.EnablePolicyTypeInput{RootId: &root, PolicyType: new(serviceControl)})
	refuses(h, "PolicyTypeNotAvailableForOrganization", m, h.CreatePolicy, &api.CreatePolicyInput{Name: new("p"), Description: new(""), Type: new(serviceControl), Content: new("{}")})
	refuses(h, "ConstraintViolation/ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", m, h.EnableAWSServiceAccess, &api.EnableAWSServiceAccessInput{ServicePrincipal: new(cloudTrail)})
	refuses(h, "ConstraintViolation/ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", m, h.RegisterDelegatedAdministrator, &api.RegisterDelegatedAdministratorInput{AccountId: &member, ServicePrincipal: new(cloudTrail)})
	refuses(h, "ConstraintViolation/ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", m, h.CloseAccount, &api.CloseAccountInput{AccountId: &member})
	if got := must(h, m, h.ListPolicies, &api.ListPoliciesInput{Filter: new(serviceControl)}).Policies; len(got) != 0 {
		t.Errorf("policies: %+v", got)
	}
}

func TestFinalizing(t *testing.T) {
	h := newHouse(t)
	h.Limits.Finalizing = time.Hour
	m, _ := h.organize()
	guest := h.standalone("guest")
	create := &api.CreateAccountInput{AccountName: new("a"), Email: new("a@example.com")}
	invite := &api.InviteAccountToOrganizationInput{Target: party("ACCOUNT", guest)}
	refuses(h, "FinalizingOrganization", m, h.CreateAccount, create)
	refuses(h, "FinalizingOrganization", m, h.InviteAccountToOrganization, invite)
	h.Clock.Advance(time.Hour)
	must(h, m, h.CreateAccount, create)
	must(h, m, h.InviteAccountToOrganization, invite)
}

// The texts that clients and people know.
func TestTexts(t *testing.T) {
	for text, err := range map[string]error{
		"You don't have permissions to access this resource.":                                      errAccessDenied,
		"The provided account is already closed.":                                                  errAccountAlreadyClosed,
		"The provided account is already a delegated administrator for your organization.":         errAccountAlreadyRegistered,
		"You specified an account that doesn't exist.":                                             errAccountNotFound,
		"The provided account is not a registered delegated administrator for your organization.":  errAccountNotRegistered,
		"The provided account is already a member of an organization.":                             errAlreadyInOrganization,
		"Your account is not a member of an organization.":                                         errNotInUse,
		"An OU with the same name already exists.":                                                 errDuplicateUnit,
		"A policy with the specified name and type already exists.":                                errDuplicatePolicy,
		"To delete an organization you must first remove all member accounts (except the master).": errOrganizationNotEmpty,
		"You specified an organizational unit that doesn't exist.":                                 errUnitNotFound,
		"You specified parent that doesn't exist.":                                                 errParentNotFound,
		"The specified policy type is already enabled.":                                            errPolicyTypeEnabled,
		"This operation can be performed only for enabled policy types.":                           errPolicyTypeNotEnabled,
		"You specified a root that doesn't exist.":                                                 errRootNotFound,
		"You specified a target that doesn't exist.":                                               errTargetNotFound,
		"You specified an unrecognized service principal.":                                         errUnrecognizedService,
	} {
		if !strings.HasSuffix(err.Error(), ": "+text) {
			t.Errorf("got %q, want %q", err, text)
		}
	}
}
