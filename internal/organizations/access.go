package organizations

import (
	"cmp"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// Access lists the permissions that a call needs. What it names need not
// exist: whether it does is asked later, of callers who may know.
func (s *Service) Access(c *call.Call, in any) ([]call.Target, error) {
	o, _ := OrganizationOf(c.State, c.Account())
	a := access{call: c, organization: o}
	switch in := in.(type) {
	case *api.CreateOrganizationInput, *api.DeleteOrganizationInput, *api.DescribeCreateAccountStatusInput,
		*api.DescribeOrganizationInput, *api.DescribeResourcePolicyInput, *api.EnableAllFeaturesInput,
		*api.LeaveOrganizationInput, *api.ListAWSServiceAccessForOrganizationInput, *api.ListAccountsInput,
		*api.ListCreateAccountStatusInput, *api.ListHandshakesForAccountInput,
		*api.ListHandshakesForOrganizationInput, *api.ListRootsInput:
		a.needs(a.any())
	case *api.AcceptHandshakeInput:
		a.needs(a.handshake(in.HandshakeId))
	case *api.AttachPolicyInput:
		a.needs(a.policy(in.PolicyId), a.node(in.TargetId).typed(a.typeOf(in.PolicyId)))
	case *api.CancelHandshakeInput:
		a.needs(a.handshake(in.HandshakeId))
	case *api.CloseAccountInput:
		a.needs(a.node(in.AccountId))
	case *api.CreateAccountInput:
		a.makes("account", a.any(), in.Tags)
	case *api.CreateOrganizationalUnitInput:
		a.makes("ou", a.node(in.ParentId), in.Tags)
	case *api.CreatePolicyInput:
		a.makes("policy", a.any().typed(aws.Val(in.Type)), in.Tags)
	case *api.DeclineHandshakeInput:
		a.needs(a.handshake(in.HandshakeId))
	case *api.DeleteOrganizationalUnitInput:
		a.needs(a.node(in.OrganizationalUnitId))
	case *api.DeletePolicyInput:
		a.needs(a.policy(in.PolicyId))
	case *api.DeleteResourcePolicyInput:
		a.needs(a.resourcePolicy())
	case *api.DeregisterDelegatedAdministratorInput:
		a.needs(a.node(in.AccountId).service(in.ServicePrincipal))
	case *api.DescribeAccountInput:
		a.needs(a.node(in.AccountId))
	case *api.DescribeHandshakeInput:
		a.needs(a.handshake(in.HandshakeId))
	case *api.DescribeOrganizationalUnitInput:
		a.needs(a.node(in.OrganizationalUnitId))
	case *api.DescribePolicyInput:
		a.needs(a.policy(in.PolicyId))
	case *api.DetachPolicyInput:
		a.needs(a.policy(in.PolicyId), a.node(in.TargetId).typed(a.typeOf(in.PolicyId)))
	case *api.DisableAWSServiceAccessInput:
		a.needs(a.any().service(in.ServicePrincipal))
	case *api.DisablePolicyTypeInput:
		a.needs(a.node(in.RootId).typed(aws.Val(in.PolicyType)))
	case *api.EnableAWSServiceAccessInput:
		a.needs(a.any().service(in.ServicePrincipal))
	case *api.EnablePolicyTypeInput:
		a.needs(a.node(in.RootId).typed(aws.Val(in.PolicyType)))
	case *api.InviteAccountToOrganizationInput:
		c.Request = invitationRecord(in)
		a.makes("account", a.invited(in.Target), in.Tags)
	case *api.ListAccountsForParentInput:
		a.needs(a.node(in.ParentId))
	case *api.ListChildrenInput:
		a.needs(a.node(in.ParentId))
	case *api.ListDelegatedAdministratorsInput:
		a.needs(a.any().service(in.ServicePrincipal))
	case *api.ListDelegatedServicesForAccountInput:
		a.needs(a.node(in.AccountId))
	case *api.ListOrganizationalUnitsForParentInput:
		a.needs(a.node(in.ParentId))
	case *api.ListParentsInput:
		a.needs(a.node(in.ChildId))
	case *api.ListPoliciesInput:
		a.needs(a.any().typed(aws.Val(in.Filter)))
	case *api.ListPoliciesForTargetInput:
		a.needs(a.node(in.TargetId).typed(aws.Val(in.Filter)))
	case *api.ListTagsForResourceInput:
		a.needs(a.resource(in.ResourceId))
	case *api.ListTargetsForPolicyInput:
		a.needs(a.policy(in.PolicyId))
	case *api.MoveAccountInput:
		a.needs(a.node(in.AccountId), a.node(in.SourceParentId), a.node(in.DestinationParentId))
	case *api.PutResourcePolicyInput:
		a.makes("resourcepolicy", a.resourcePolicy(), in.Tags)
	case *api.RegisterDelegatedAdministratorInput:
		a.needs(a.node(in.AccountId).service(in.ServicePrincipal))
	case *api.RemoveAccountFromOrganizationInput:
		a.needs(a.node(in.AccountId))
	case *api.TagResourceInput:
		a.needs(a.resource(in.ResourceId).tagged(in.Tags))
	case *api.UntagResourceInput:
		a.needs(a.resource(in.ResourceId).untagged(in.TagKeys))
	case *api.UpdateOrganizationalUnitInput:
		a.needs(a.node(in.OrganizationalUnitId))
	case *api.UpdatePolicyInput:
		a.needs(a.policy(in.PolicyId))
	default:
		return nil, call.NoPermission(c)
	}
	a.guard()
	return a.targets, nil
}

// access collects the permissions of one call.
type access struct {
	call         *call.Call
	organization *Organization // nil when the caller is in none
	targets      []call.Target
}

// object is what an action acts on, with the condition keys that belong to it.
type object struct {
	arn     string
	context policy.Context
}

// needs adds the call's own action on every object.
func (a *access) needs(objects ...object) {
	for _, on := range objects {
		a.need("organizations:"+a.call.Operation.Name, on)
	}
}

func (a *access) need(action string, on object) {
	a.targets = append(a.targets, call.Target{Action: action, Resource: on.arn, Context: on.context})
}

// makes is needs for a call that creates something: tagging it is a
// permission of its own.
func (a *access) makes(kind string, on object, tags []api.Tag) {
	on = on.tagged(tags)
	a.needs(on)
	if len(tags) > 0 {
		a.need("organizations:TagResource", a.named(kind, "").tagged(tags))
	}
}

// guard lets the organization's resource policy take away what it denies to
// members. The policy is the management account's, so their own policies must
// allow all the same.
func (a *access) guard() {
	o := a.organization
	if o == nil || o.Management == a.call.Account() {
		return
	}
	p, ok := resourcePolicies.Get(a.call.State, o.ID)
	if !ok || p.Guard.IsZero() {
		return
	}
	for i := range a.targets {
		a.targets[i].Owner, a.targets[i].Policy = o.Management, p.attached(o, p.Guard)
	}
}

// any is the object of actions that know no resource.
func (a *access) any() object { return object{arn: "*", context: policy.Context{}} }

// named is something of the caller's organization, with its tags, or without
// an id everything of that kind.
func (a *access) named(kind, id string) object {
	on := a.any()
	if a.organization == nil {
		return on
	}
	on.arn = a.organization.arn(kind, cmp.Or(id, "*"))
	tagsOf(a.call.State, a.organization, id).SetResource(on.context)
	return on
}

// node is a root, a unit or an account.
func (a *access) node(id *string) object {
	switch s := aws.Val(id); {
	case strings.HasPrefix(s, "r-"):
		return a.named("root", s)
	case strings.HasPrefix(s, "ou-"):
		return a.named("ou", s)
	default:
		return a.named("account", s)
	}
}

func (a *access) policy(id *string) object {
	if a.organization != nil {
		if p, ok := a.organization.policy(a.call.State, aws.Val(id)); ok {
			on := a.named("policy", p.ID).typed(p.Type)
			on.arn = p.ARN
			return on
		}
	}
	return a.any()
}

// typeOf is the type of a policy, "" when there is no such policy.
func (a *access) typeOf(policyID *string) string {
	if a.organization != nil {
		if p, ok := a.organization.policy(a.call.State, aws.Val(policyID)); ok {
			return p.Type
		}
	}
	return ""
}

// handshake is a handshake of any organization: the caller may be asked from
// outside.
func (a *access) handshake(id *string) object {
	on := a.any()
	if o, h, err := handshakeByID(a.call, aws.Val(id)); err == nil {
		on.arn = o.arn("handshake", strings.ToLower(h.Action)+"/"+h.ID)
	}
	return on
}

func (a *access) resourcePolicy() object {
	if a.organization != nil {
		if p, ok := resourcePolicies.Get(a.call.State, a.organization.ID); ok {
			return a.named("resourcepolicy", p.ID)
		}
	}
	return a.any()
}

// resource is anything that can be tagged.
func (a *access) resource(id *string) object {
	switch s := aws.Val(id); {
	case strings.HasPrefix(s, "p-"):
		return a.policy(id)
	case strings.HasPrefix(s, "rp-"):
		return a.named("resourcepolicy", s)
	default:
		return a.node(id)
	}
}

// invited is the account that is asked to join, or everything for an e-mail
// address.
func (a *access) invited(to *api.HandshakeParty) object {
	if to != nil && aws.Val(to.Type) == api.HandshakePartyTypeAccount {
		return a.node(to.Id)
	}
	return a.any()
}

func (on object) typed(policyType string) object {
	if policyType != "" {
		on.context.Set("organizations:PolicyType", policyType)
	}
	return on
}

func (on object) service(principal *string) object {
	if principal != nil {
		on.context.Set("organizations:ServicePrincipal", *principal)
	}
	return on
}

func (on object) tagged(tags []api.Tag) object {
	tag.Of(tags).SetRequest(on.context)
	return on
}

func (on object) untagged(keys []string) object {
	tag.SetKeys(on.context, keys)
	return on
}
