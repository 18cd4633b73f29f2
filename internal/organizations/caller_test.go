package organizations

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// Who may call what. The standing of the account is asked before what the
// input names is looked for, so the inputs name nothing that exists.
func TestCallers(t *testing.T) {
	const (
		management = "management account"
		delegated  = "management account and delegated administrators"
		everyone   = "every member"
	)
	none, unit, root := new("000000000000"), new("ou-none-12345678"), new("r-none")
	policy, handshake := new("p-none0000"), new("h-00000000")
	cases := map[string]struct {
		in      wire.Shape
		callers string
	}{
		"AcceptHandshake":                     {&api.AcceptHandshakeInput{HandshakeId: handshake}, ""},
		"AttachPolicy":                        {&api.AttachPolicyInput{PolicyId: policy, TargetId: root}, management},
		"CancelHandshake":                     {&api.CancelHandshakeInput{HandshakeId: handshake}, ""},
		"CloseAccount":                        {&api.CloseAccountInput{AccountId: none}, management},
		"CreateAccount":                       {&api.CreateAccountInput{AccountName: new("x"), Email: new("x@example.com")}, management},
		"CreateOrganization":                  {&api.CreateOrganizationInput{}, ""},
		"CreateOrganizationalUnit":            {&api.CreateOrganizationalUnitInput{ParentId: root, Name: new("x")}, management},
		"CreatePolicy":                        {&api.CreatePolicyInput{Name: new("x"), Description: new(""), Type: new(serviceControl), Content: new("{}")}, management},
		"DeclineHandshake":                    {&api.DeclineHandshakeInput{HandshakeId: handshake}, ""},
		"DeleteOrganization":                  {&api.DeleteOrganizationInput{}, management},
		"DeleteOrganizationalUnit":            {&api.DeleteOrganizationalUnitInput{OrganizationalUnitId: unit}, management},
		"DeletePolicy":                        {&api.DeletePolicyInput{PolicyId: policy}, management},
		"DeleteResourcePolicy":                {&api.DeleteResourcePolicyInput{}, management},
		"DeregisterDelegatedAdministrator":    {&api.DeregisterDelegatedAdministratorInput{AccountId: none, ServicePrincipal: new(cloudTrail)}, management},
		"DescribeAccount":                     {&api.DescribeAccountInput{AccountId: none}, delegated},
		"DescribeCreateAccountStatus":         {&api.DescribeCreateAccountStatusInput{CreateAccountRequestId: new("car-00000000")}, delegated},
		"DescribeHandshake":                   {&api.DescribeHandshakeInput{HandshakeId: handshake}, ""},
		"DescribeOrganization":                {&api.DescribeOrganizationInput{}, everyone},
		"DescribeOrganizationalUnit":          {&api.DescribeOrganizationalUnitInput{OrganizationalUnitId: unit}, delegated},
		"DescribePolicy":                      {&api.DescribePolicyInput{PolicyId: policy}, delegated},
		"DescribeResourcePolicy":              {&api.DescribeResourcePolicyInput{}, delegated},
		"DetachPolicy":                        {&api.DetachPolicyInput{PolicyId: policy, TargetId: root}, management},
		"DisableAWSServiceAccess":             {&api.DisableAWSServiceAccessInput{ServicePrincipal: new("none")}, management},
		"DisablePolicyType":                   {&api.DisablePolicyTypeInput{RootId: root, PolicyType: new(serviceControl)}, management},
		"EnableAWSServiceAccess":              {&api.EnableAWSServiceAccessInput{ServicePrincipal: new("none")}, management},
		"EnableAllFeatures":                   {&api.EnableAllFeaturesInput{}, management},
		"EnablePolicyType":                    {&api.EnablePolicyTypeInput{RootId: root, PolicyType: new(serviceControl)}, management},
		"InviteAccountToOrganization":         {&api.InviteAccountToOrganizationInput{Target: party("ACCOUNT", "x")}, management},
		"LeaveOrganization":                   {&api.LeaveOrganizationInput{}, everyone},
		"ListAWSServiceAccessForOrganization": {&api.ListAWSServiceAccessForOrganizationInput{}, delegated},
		"ListAccounts":                        {&api.ListAccountsInput{}, delegated},
		"ListAccountsForParent":               {&api.ListAccountsForParentInput{ParentId: root}, delegated},
		"ListChildren":                        {&api.ListChildrenInput{ParentId: root, ChildType: new("ACCOUNT")}, delegated},
		"ListCreateAccountStatus":             {&api.ListCreateAccountStatusInput{}, delegated},
		"ListDelegatedAdministrators":         {&api.ListDelegatedAdministratorsInput{}, delegated},
		"ListDelegatedServicesForAccount":     {&api.ListDelegatedServicesForAccountInput{AccountId: none}, delegated},
		"ListHandshakesForAccount":            {&api.ListHandshakesForAccountInput{}, ""},
		"ListHandshakesForOrganization":       {&api.ListHandshakesForOrganizationInput{}, delegated},
		"ListOrganizationalUnitsForParent":    {&api.ListOrganizationalUnitsForParentInput{ParentId: root}, delegated},
		"ListParents":                         {&api.ListParentsInput{ChildId: none}, delegated},
		"ListPolicies":                        {&api.ListPoliciesInput{Filter: new(serviceControl)}, delegated},
		"ListPoliciesForTarget":               {&api.ListPoliciesForTargetInput{TargetId: root, Filter: new(serviceControl)}, delegated},
		"ListRoots":                           {&api.ListRootsInput{}, delegated},
		"ListTagsForResource":                 {&api.ListTagsForResourceInput{ResourceId: root}, delegated},
		"ListTargetsForPolicy":                {&api.ListTargetsForPolicyInput{PolicyId: policy}, delegated},
		"MoveAccount":                         {&api.MoveAccountInput{AccountId: none, SourceParentId: root, DestinationParentId: root}, management},
		"PutResourcePolicy":                   {&api.PutResourcePolicyInput{Content: new("x")}, management},
		"RegisterDelegatedAdministrator":      {&api.RegisterDelegatedAdministratorInput{AccountId: none, ServicePrincipal: new("none")}, management},
		"RemoveAccountFromOrganization":       {&api.RemoveAccountFromOrganizationInput{AccountId: none}, management},
		"TagResource":                         {&api.TagResourceInput{ResourceId: root, Tags: newTags("aws:x", "")}, management},
		"UntagResource":                       {&api.UntagResourceInput{ResourceId: root, TagKeys: []string{"aws:x"}}, management},
		"UpdateOrganizationalUnit":            {&api.UpdateOrganizationalUnitInput{OrganizationalUnitId: unit}, management},
		"UpdatePolicy":                        {&api.UpdatePolicyInput{PolicyId: policy}, management},
	}

	h := newHouse(t)
	m, _ := h.organize()
	member, admin, stranger := h.create(m, "member"), h.create(m, "admin"), h.standalone("stranger")
	must(h, m, h.EnableAWSServiceAccess, &api.EnableAWSServiceAccessInput{ServicePrincipal: new("config.amazonaws.com")})
	must(h, m, h.RegisterDelegatedAdministrator, &api.RegisterDelegatedAdministratorInput{AccountId: &admin, ServicePrincipal: new("config.amazonaws.com")})
	handlers := api.Handlers(h)
	for _, op := range api.API.Operations {
		if _, ok := cases[op.Name]; !ok {
			t.Errorf("nobody says who may call %s", op.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		c := cases[name]
		admits := func(account string) bool {
			switch c.callers {
			case management:
				return account == m
			case delegated:
				return account == m || account == admin
			case everyone:
				return account != stranger
			}
			return true
		}
		for who, account := range map[string]string{management: m, "member": member, "delegated administrator": admin, "stranger": stranger} {
			got := h.refused(account, c.in, handlers[name])
			want := "AccessDenied"
			if account == stranger {
				want = "AWSOrganizationsNotInUse"
			}
			if admits(account) == (got == want) {
				t.Errorf("%s by %s: %s", name, who, got)
			}
		}
	}
}

// refused makes a call and changes nothing.
func (h *house) refused(account string, in wire.Shape, handle call.Handler) (code string) {
	h.Caller = calltest.Root(account)
	h.Store.Update(h.Context(), func(tx *store.Tx) error {
		c := h.Begin(in)
		c.State, c.Tx = tx, tx
		c.Allow = func(t call.Target) error { return h.May(c.Principal, t) }
		_, err := handle(c, in)
		code = refusal(err)
		return context.Canceled
	})
	return code
}
