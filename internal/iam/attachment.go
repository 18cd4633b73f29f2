package iam

import (
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// AttachUserPolicy attaches a managed policy to a user.
func (s *Service) AttachUserPolicy(c *call.Call, in *api.AttachUserPolicyInput) (*api.AttachUserPolicyOutput, error) {
	return nil, editUser(c, in.UserName, func(u *User) error {
		return u.attach(c.State, userClass, u.Account, in.PolicyArn)
	})
}

// DetachUserPolicy takes a managed policy off a user.
func (s *Service) DetachUserPolicy(c *call.Call, in *api.DetachUserPolicyInput) (*api.DetachUserPolicyOutput, error) {
	return nil, editUser(c, in.UserName, func(u *User) error { return u.detach(in.PolicyArn) })
}

// ListAttachedUserPolicies lists the managed policies of a user, not those of
// its groups.
func (s *Service) ListAttachedUserPolicies(c *call.Call, in *api.ListAttachedUserPoliciesInput) (*api.ListAttachedUserPoliciesOutput, error) {
	u, err := findUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := u.attachedPage(c, in.PathPrefix, in.Marker, in.MaxItems)
	return &api.ListAttachedUserPoliciesOutput{AttachedPolicies: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// AttachGroupPolicy attaches a managed policy to a group.
func (s *Service) AttachGroupPolicy(c *call.Call, in *api.AttachGroupPolicyInput) (*api.AttachGroupPolicyOutput, error) {
	return nil, editGroup(c, in.GroupName, func(g *Group) error {
		return g.attach(c.State, groupClass, g.Account, in.PolicyArn)
	})
}

// DetachGroupPolicy takes a managed policy off a group.
func (s *Service) DetachGroupPolicy(c *call.Call, in *api.DetachGroupPolicyInput) (*api.DetachGroupPolicyOutput, error) {
	return nil, editGroup(c, in.GroupName, func(g *Group) error { return g.detach(in.PolicyArn) })
}

// ListAttachedGroupPolicies lists the managed policies of a group.
func (s *Service) ListAttachedGroupPolicies(c *call.Call, in *api.ListAttachedGroupPoliciesInput) (*api.ListAttachedGroupPoliciesOutput, error) {
	g, err := findGroup(c, in.GroupName)
	if err != nil {
		return nil, err
	}
	p, err := g.attachedPage(c, in.PathPrefix, in.Marker, in.MaxItems)
	return &api.ListAttachedGroupPoliciesOutput{AttachedPolicies: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// AttachRolePolicy attaches a managed policy to a role.
func (s *Service) AttachRolePolicy(c *call.Call, in *api.AttachRolePolicyInput) (*api.AttachRolePolicyOutput, error) {
	return nil, editRole(c, in.RoleName, func(r *Role) error {
		return r.attach(c.State, roleClass, r.Account, in.PolicyArn)
	})
}

// DetachRolePolicy takes a managed policy off a role.
func (s *Service) DetachRolePolicy(c *call.Call, in *api.DetachRolePolicyInput) (*api.DetachRolePolicyOutput, error) {
	return nil, editRole(c, in.RoleName, func(r *Role) error { return r.detach(in.PolicyArn) })
}

// ListAttachedRolePolicies lists the managed policies of a role.
func (s *Service) ListAttachedRolePolicies(c *call.Call, in *api.ListAttachedRolePoliciesInput) (*api.ListAttachedRolePoliciesOutput, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	p, err := r.attachedPage(c, in.PathPrefix, in.Marker, in.MaxItems)
	return &api.ListAttachedRolePoliciesOutput{AttachedPolicies: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// PutUserPermissionsBoundary bounds a user's permissions by a managed policy.
func (s *Service) PutUserPermissionsBoundary(c *call.Call, in *api.PutUserPermissionsBoundaryInput) (*api.PutUserPermissionsBoundaryOutput, error) {
	return nil, editUser(c, in.UserName, func(u *User) error { return u.bound(c.State, u.Account, in.PermissionsBoundary) })
}

// DeleteUserPermissionsBoundary takes the boundary off a user.
func (s *Service) DeleteUserPermissionsBoundary(c *call.Call, in *api.DeleteUserPermissionsBoundaryInput) (*api.DeleteUserPermissionsBoundaryOutput, error) {
	return nil, editUser(c, in.UserName, func(u *User) error { return u.unbound(userClass, u.Name) })
}

// PutRolePermissionsBoundary bounds a role's permissions by a managed policy.
func (s *Service) PutRolePermissionsBoundary(c *call.Call, in *api.PutRolePermissionsBoundaryInput) (*api.PutRolePermissionsBoundaryOutput, error) {
	return nil, editRole(c, in.RoleName, func(r *Role) error { return r.bound(c.State, r.Account, in.PermissionsBoundary) })
}

// DeleteRolePermissionsBoundary takes the boundary off a role.
func (s *Service) DeleteRolePermissionsBoundary(c *call.Call, in *api.DeleteRolePermissionsBoundaryInput) (*api.DeleteRolePermissionsBoundaryOutput, error) {
	return nil, editRole(c, in.RoleName, func(r *Role) error { return r.unbound(roleClass, r.Name) })
}
