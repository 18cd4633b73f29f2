package iam

import (
	"cmp"
	"slices"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/policy"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// grantor is a policy that speaks for somebody: one of its own, or of a group
// that it is in.
type grantor struct {
	view     api.PolicyGrantingServiceAccess
	document *policy.Document
}

// ListPoliciesGrantingServiceAccess lists, for each service asked about, the
// policies of a user, a group or a role that allow anything of it.
func (s *Service) ListPoliciesGrantingServiceAccess(c *call.Call, in *api.ListPoliciesGrantingServiceAccessInput) (*api.ListPoliciesGrantingServiceAccessOutput, error) {
	list, err := grantors(c, in.Arn)
	if err != nil {
		return nil, err
	}
	namespaces := slices.Compact(slices.Sorted(slices.Values(in.ServiceNamespaces)))
	p, err := page(c, byKey(namespaces, itself), in.Marker, nil)
	entry := func(namespace string) api.ListPoliciesGrantingServiceAccessEntry {
		e := api.ListPoliciesGrantingServiceAccessEntry{ServiceNamespace: &namespace, Policies: []api.PolicyGrantingServiceAccess{}}
		for _, g := range list {
			if g.document.Grants(namespace) {
				e.Policies = append(e.Policies, g.view)
			}
		}
		return e
	}
	return &api.ListPoliciesGrantingServiceAccessOutput{
		PoliciesGrantingServiceAccess: pages.Views(p.items, entry), IsTruncated: p.truncated, Marker: p.marker,
	}, err
}

// grantors are the policies of the user, group or role of an ARN.
func grantors(c *call.Call, arn *string) ([]grantor, error) {
	x, err := findCarrier(c, arn)
	if err != nil {
		return nil, err
	}
	list := x.grantors(c)
	if u, ok := users.Get(c.State, x.key()); ok && x.class == userClass {
		for _, key := range u.Groups {
			if g, ok := groups.Get(c.State, key); ok {
				list = append(list, carrierOf(groupClass, &g.Entity, &g.Grants).grantors(c)...)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b grantor) int { return cmp.Compare(*a.view.PolicyName, *b.view.PolicyName) })
	return list, nil
}

// granted is a carrier with its policies.
type granted struct {
	carrier
	grants *Grants
}

func carrierOf(k *class, e *Entity, g *Grants) granted { return granted{carrier{k, e}, g} }

// findCarrier finds the user, group or role of an ARN in the caller's account.
func findCarrier(c *call.Call, arn *string) (granted, error) {
	missing := noSuchEntity("ARN %s not found", aws.Val(arn))
	a, ok := aws.ParseARN(aws.Val(arn))
	if !ok || a.Service != "iam" {
		return granted{}, invalidInput("Invalid ARN: %s", aws.Val(arn))
	}
	if a.Account != c.Account() {
		return granted{}, missing
	}
	_, name := pathAndName(a.Resource)
	key := recordKey(a.Account, name)
	if u, ok := users.Get(c.State, key); ok && u.ARN == *arn {
		return carrierOf(userClass, &u.Entity, &u.Grants), nil
	}
	if g, ok := groups.Get(c.State, key); ok && g.ARN == *arn {
		return carrierOf(groupClass, &g.Entity, &g.Grants), nil
	}
	if r, ok := roles.Get(c.State, key); ok && r.ARN == *arn {
		return carrierOf(roleClass, &r.Entity, &r.Grants), nil
	}
	return granted{}, missing
}

var ownerTypes = map[*class]string{
	userClass: api.PolicyOwnerEntityTypeUser, groupClass: api.PolicyOwnerEntityTypeGroup, roleClass: api.PolicyOwnerEntityTypeRole,
}

// grantors are the policies that the carrier has itself. Of an inline policy
// the answer names its owner.
func (x granted) grantors(c *call.Call) []grantor {
	var list []grantor
	for _, arn := range x.grants.Attached {
		if p, ok := policyByARN(c.State, arn); ok {
			v := api.PolicyGrantingServiceAccess{PolicyName: &p.Name, PolicyArn: &p.ARN, PolicyType: new(api.PolicyTypeManaged)}
			list = append(list, grantor{v, p.source().Document()})
		}
	}
	for _, p := range x.grants.Inline {
		v := api.PolicyGrantingServiceAccess{
			PolicyName: &p.Name, PolicyType: new(api.PolicyTypeInline), EntityType: new(ownerTypes[x.class]), EntityName: &x.Name,
		}
		list = append(list, grantor{v, p.Document.Document()})
	}
	return list
}
