package iam

import (
	"iter"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// carrier is a user, a group or a role that uses a managed policy.
type carrier struct {
	class *class
	*Entity
}

// ListEntitiesForPolicy lists whom a managed policy is attached to or bounds:
// groups, then roles, then users.
func (s *Service) ListEntitiesForPolicy(c *call.Call, in *api.ListEntitiesForPolicyInput) (*api.ListEntitiesForPolicyOutput, error) {
	p, err := findPolicy(c, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	wanted := func(x carrier) bool {
		switch aws.Val(in.EntityFilter) {
		case api.EntityTypeUser:
			return x.class == userClass
		case api.EntityTypeGroup:
			return x.class == groupClass
		case api.EntityTypeRole:
			return x.class == roleClass
		}
		return true
	}
	list := pages.Where(under(in.PathPrefix, carriers(c, p.ARN, aws.Val(in.PolicyUsageFilter))), wanted)
	pg, err := page(c, list, in.Marker, in.MaxItems)
	out := &api.ListEntitiesForPolicyOutput{
		PolicyGroups: []api.PolicyGroup{}, PolicyRoles: []api.PolicyRole{}, PolicyUsers: []api.PolicyUser{},
		IsTruncated: pg.truncated, Marker: pg.marker,
	}
	for _, x := range pg.items {
		switch x.class {
		case groupClass:
			out.PolicyGroups = append(out.PolicyGroups, api.PolicyGroup{GroupName: &x.Name, GroupId: &x.ID})
		case roleClass:
			out.PolicyRoles = append(out.PolicyRoles, api.PolicyRole{RoleName: &x.Name, RoleId: &x.ID})
		case userClass:
			out.PolicyUsers = append(out.PolicyUsers, api.PolicyUser{UserName: &x.Name, UserId: &x.ID})
		}
	}
	return out, err
}

// carriers lists the users of a policy in the caller's account. An empty usage
// means both, and one that is bounded by the policy it carries is listed once.
func carriers(c *call.Call, arn, usage string) iter.Seq2[string, carrier] {
	found := map[string]carrier{}
	for _, index := range []string{byAttached, byBoundary} {
		if usage == api.PolicyUsageTypePermissionsPolicy && index == byBoundary ||
			usage == api.PolicyUsageTypePermissionsBoundary && index == byAttached {
			continue
		}
		term := policyUse(c.Account(), arn)
		collect(found, groupClass, groups.By(c.State, index, term), func(g *Group) *Entity { return &g.Entity })
		collect(found, roleClass, roles.By(c.State, index, term), func(r *Role) *Entity { return &r.Entity })
		collect(found, userClass, users.By(c.State, index, term), func(u *User) *Entity { return &u.Entity })
	}
	list := make([]carrier, 0, len(found))
	for _, x := range found {
		list = append(list, x)
	}
	return byKey(list, carrier.sortKey)
}

func collect[T any](found map[string]carrier, k *class, items iter.Seq2[string, *T], entity func(*T) *Entity) {
	for _, item := range items {
		x := carrier{k, entity(item)}
		found[x.sortKey()] = x
	}
}

func (x carrier) sortKey() string { return x.class.noun + "/" + x.key() }
