package organizations

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// showTargets prints permissions with the organization's part of ARNs left
// out.
func showTargets(targets []call.Target, o *Organization) string {
	var all []string
	for _, t := range targets {
		s := strings.TrimPrefix(t.Action, "organizations:") + " " + strings.ReplaceAll(strings.TrimPrefix(t.Resource, "arn:aws:organizations::"), o.Management, "M")
		s = strings.ReplaceAll(s, "/"+o.ID+"/", "//")
		for _, key := range slices.Sorted(maps.Keys(t.Context)) {
			s += fmt.Sprintf(" %s=%s", key, strings.Join(t.Context[key], ","))
		}
		all = append(all, s)
	}
	return strings.Join(all, "; ")
}

func TestAccess(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	account, unit, policy := h.create(m, "a"), h.unit(m, o.Root, "u"), h.scp(m, "p", "s3:*")
	guest := h.standalone("guest")
	invitation := h.invite(m, guest)
	must(h, m, h.TagResource, &api.TagResourceInput{ResourceId: &account, Tags: newTags("Team", "Red")})
	tag := newTags("K", "v")
	acc := "M:account//" + account + " aws:resourcetag/team=Red"
	ou, root := "M:ou//"+unit, "M:root//"+o.Root
	pol := "M:policy//service_control_policy/" + policy + " organizations:policytype=SERVICE_CONTROL_POLICY"
	hs := "M:handshake//invite/" + invitation
	const scp, rcp = "organizations:policytype=SERVICE_CONTROL_POLICY", "organizations:policytype=RESOURCE_CONTROL_POLICY"
	const service = "organizations:serviceprincipal=cloudtrail.amazonaws.com"

	cases := []struct {
		in   wire.Shape
		want string
	}{
		{&api.AcceptHandshakeInput{HandshakeId: &invitation}, "AcceptHandshake " + hs},
		{&api.AcceptHandshakeInput{HandshakeId: new("h-00000000")}, "AcceptHandshake *"},
		{&api.AttachPolicyInput{PolicyId: &policy, TargetId: &account}, "AttachPolicy " + pol + "; AttachPolicy " + acc + " " + scp},
		{&api.AttachPolicyInput{PolicyId: new("p-FullAWSAccess"), TargetId: &unit}, "AttachPolicy aws:policy/service_control_policy/p-FullAWSAccess " + scp + "; AttachPolicy " + ou + " " + scp},
		{&api.CancelHandshakeInput{HandshakeId: &invitation}, "CancelHandshake " + hs},
		{&api.CloseAccountInput{AccountId: &account}, "CloseAccount " + acc},
		{&api.CreateAccountInput{}, "CreateAccount *"},
		{&api.CreateAccountInput{Tags: tag}, "CreateAccount * aws:requesttag/k=v aws:tagkeys=K; TagResource M:account//* aws:requesttag/k=v aws:tagkeys=K"},
		{&api.CreateOrganizationInput{}, "CreateOrganization *"},
		{&api.CreateOrganizationalUnitInput{ParentId: &o.Root}, "CreateOrganizationalUnit " + root},
		{&api.CreateOrganizationalUnitInput{ParentId: &unit, Tags: tag}, "CreateOrganizationalUnit " + ou + " aws:requesttag/k=v aws:tagkeys=K; TagResource M:ou//* aws:requesttag/k=v aws:tagkeys=K"},
		{&api.CreatePolicyInput{Type: new(resourceControl)}, "CreatePolicy * " + rcp},
		{&api.DeclineHandshakeInput{HandshakeId: &invitation}, "DeclineHandshake " + hs},
		{&api.DeleteOrganizationInput{}, "DeleteOrganization *"},
		{&api.DeleteOrganizationalUnitInput{OrganizationalUnitId: &unit}, "DeleteOrganizationalUnit " + ou},
		{&api.DeletePolicyInput{PolicyId: &policy}, "DeletePolicy " + pol},
		{&api.DeleteResourcePolicyInput{}, "DeleteResourcePolicy *"},
		{&api.DeregisterDelegatedAdministratorInput{AccountId: &account, ServicePrincipal: new(cloudTrail)}, "DeregisterDelegatedAdministrator " + acc + " " + service},
		{&api.DescribeAccountInput{AccountId: &account}, "DescribeAccount " + acc},
		{&api.DescribeCreateAccountStatusInput{}, "DescribeCreateAccountStatus *"},
		{&api.DescribeHandshakeInput{HandshakeId: &invitation}, "DescribeHandshake " + hs},
		{&api.DescribeOrganizationInput{}, "DescribeOrganization *"},
		{&api.DescribeOrganizationalUnitInput{OrganizationalUnitId: &unit}, "DescribeOrganizationalUnit " + ou},
		{&api.DescribePolicyInput{PolicyId: &policy}, "DescribePolicy " + pol},
		{&api.DescribePolicyInput{PolicyId: new("p-none0000")}, "DescribePolicy *"},
		{&api.DescribeResourcePolicyInput{}, "DescribeResourcePolicy *"},
		{&api.DetachPolicyInput{PolicyId: &policy, TargetId: &o.Root}, "DetachPolicy " + pol + "; DetachPolicy " + root + " " + scp},
		{&api.DisableAWSServiceAccessInput{ServicePrincipal: new(cloudTrail)}, "DisableAWSServiceAccess * " + service},
		{&api.DisablePolicyTypeInput{RootId: &o.Root, PolicyType: new(serviceControl)}, "DisablePolicyType " + root + " " + scp},
		{&api.EnableAWSServiceAccessInput{ServicePrincipal: new(cloudTrail)}, "EnableAWSServiceAccess * " + service},
		{&api.EnableAllFeaturesInput{}, "EnableAllFeatures *"},
		{&api.EnablePolicyTypeInput{RootId: &o.Root, PolicyType: new(resourceControl)}, "EnablePolicyType " + root + " " + rcp},
		{&api.InviteAccountToOrganizationInput{Target: party("ACCOUNT", guest)}, "InviteAccountToOrganization M:account//" + guest},
		{&api.InviteAccountToOrganizationInput{Target: party("EMAIL", "x@example.com")}, "InviteAccountToOrganization *"},
		{&api.LeaveOrganizationInput{}, "LeaveOrganization *"},
		{&api.ListAWSServiceAccessForOrganizationInput{}, "ListAWSServiceAccessForOrganization *"},
		{&api.ListAccountsInput{}, "ListAccounts *"},
		{&api.ListAccountsForParentInput{ParentId: &unit}, "ListAccountsForParent " + ou},
		{&api.ListChildrenInput{ParentId: &o.Root}, "ListChildren " + root},
		{&api.ListCreateAccountStatusInput{}, "ListCreateAccountStatus *"},
		{&api.ListDelegatedAdministratorsInput{}, "ListDelegatedAdministrators *"},
		{&api.ListDelegatedAdministratorsInput{ServicePrincipal: new(cloudTrail)}, "ListDelegatedAdministrators * " + service},
		{&api.ListDelegatedServicesForAccountInput{AccountId: &account}, "ListDelegatedServicesForAccount " + acc},
		{&api.ListHandshakesForAccountInput{}, "ListHandshakesForAccount *"},
		{&api.ListHandshakesForOrganizationInput{}, "ListHandshakesForOrganization *"},
		{&api.ListOrganizationalUnitsForParentInput{ParentId: &unit}, "ListOrganizationalUnitsForParent " + ou},
		{&api.ListParentsInput{ChildId: &account}, "ListParents " + acc},
		{&api.ListPoliciesInput{Filter: new(serviceControl)}, "ListPolicies * " + scp},
		{&api.ListPoliciesForTargetInput{TargetId: &unit, Filter: new(serviceControl)}, "ListPoliciesForTarget " + ou + " " + scp},
		{&api.ListRootsInput{}, "ListRoots *"},
		{&api.ListTagsForResourceInput{ResourceId: &policy}, "ListTagsForResource " + pol},
		{&api.ListTagsForResourceInput{ResourceId: new("rp-x")}, "ListTagsForResource M:resourcepolicy//rp-x"},
		{&api.ListTargetsForPolicyInput{PolicyId: &policy}, "ListTargetsForPolicy " + pol},
		{&api.MoveAccountInput{AccountId: &account, SourceParentId: &o.Root, DestinationParentId: &unit}, "MoveAccount " + acc + "; MoveAccount " + root + "; MoveAccount " + ou},
		{&api.PutResourcePolicyInput{}, "PutResourcePolicy *"},
		{&api.RegisterDelegatedAdministratorInput{AccountId: &account, ServicePrincipal: new(cloudTrail)}, "RegisterDelegatedAdministrator " + acc + " " + service},
		{&api.RemoveAccountFromOrganizationInput{AccountId: &account}, "RemoveAccountFromOrganization " + acc},
		{&api.TagResourceInput{ResourceId: &unit, Tags: newTags("K", "v", "l", "")}, "TagResource " + ou + " aws:requesttag/k=v aws:requesttag/l= aws:tagkeys=K,l"},
		{&api.UntagResourceInput{ResourceId: &account, TagKeys: []string{"K"}}, "UntagResource M:account//" + account + " aws:resourcetag/team=Red aws:tagkeys=K"},
		{&api.UpdateOrganizationalUnitInput{OrganizationalUnitId: &unit}, "UpdateOrganizationalUnit " + ou},
		{&api.UpdatePolicyInput{PolicyId: &policy}, "UpdatePolicy " + pol},
	}
	covered := map[string]bool{}
	for _, c := range cases {
		name := strings.TrimSuffix(c.in.Describe().Name, "Input")
		covered[name] = true
		h.Caller = calltest.Root(m)
		got, err := h.Access(h.Begin(c.in), c.in)
		if err != nil || showTargets(got, o) != c.want {
			t.Errorf("%s: %v\ngot  %s\nwant %s", name, err, showTargets(got, o), c.want)
		}
		// An account outside needs the same actions, and there is nothing
		// that it could name.
		h.Caller = calltest.Root(h.stranger())
		outside, err := h.Access(h.Begin(c.in), c.in)
		if err != nil || len(outside) != len(got) {
			t.Errorf("%s outside: %v, %d permissions, want %d", name, err, len(outside), len(got))
		}
	}
	for _, op := range api.API.Operations {
		if !covered[op.Name] {
			t.Errorf("no permission of %s is tested", op.Name)
		}
	}
	if _, err := h.Access(&call.Call{Operation: api.API.Operations[0], State: h.Store.View()}, 1); aws.CodeOf(err) != aws.InternalFailure {
		t.Errorf("an unknown input: %v", err)
	}
}

// stranger is an account that nobody has heard of.
func (h *house) stranger() string { return "999999999999" }
