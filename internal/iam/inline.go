package iam

import (
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// PutUserPolicy adds or replaces an inline policy of a user.
func (s *Service) PutUserPolicy(c *call.Call, in *api.PutUserPolicyInput) (*api.PutUserPolicyOutput, error) {
	return nil, editUser(c, in.UserName, func(u *User) error {
		return u.putInline(userClass, u.Name, in.PolicyName, in.PolicyDocument)
	})
}

// GetUserPolicy answers with an inline policy of a user.
func (s *Service) GetUserPolicy(c *call.Call, in *api.GetUserPolicyInput) (*api.GetUserPolicyOutput, error) {
	u, err := findUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := u.inline(userClass, in.PolicyName)
	return &api.GetUserPolicyOutput{UserName: &u.Name, PolicyName: &p.Name, PolicyDocument: encoded(p.Document)}, err
}

// DeleteUserPolicy deletes an inline policy of a user.
func (s *Service) DeleteUserPolicy(c *call.Call, in *api.DeleteUserPolicyInput) (*api.DeleteUserPolicyOutput, error) {
	return nil, editUser(c, in.UserName, func(u *User) error { return u.deleteInline(userClass, in.PolicyName) })
}

// ListUserPolicies names the inline policies of a user.
func (s *Service) ListUserPolicies(c *call.Call, in *api.ListUserPoliciesInput) (*api.ListUserPoliciesOutput, error) {
	u, err := findUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := u.inlinePage(c, in.Marker, in.MaxItems)
	return &api.ListUserPoliciesOutput{PolicyNames: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// PutGroupPolicy adds or replaces an inline policy of a group.
func (s *Service) PutGroupPolicy(c *call.Call, in *api.PutGroupPolicyInput) (*api.PutGroupPolicyOutput, error) {
	return nil, editGroup(c, in.GroupName, func(g *Group) error {
		return g.putInline(groupClass, g.Name, in.PolicyName, in.PolicyDocument)
	})
}

// GetGroupPolicy answers with an inline policy of a group.
func (s *Service) GetGroupPolicy(c *call.Call, in *api.GetGroupPolicyInput) (*api.GetGroupPolicyOutput, error) {
	g, err := findGroup(c, in.GroupName)
	if err != nil {
		return nil, err
	}
	p, err := g.inline(groupClass, in.PolicyName)
	return &api.GetGroupPolicyOutput{GroupName: &g.Name, PolicyName: &p.Name, PolicyDocument: encoded(p.Document)}, err
}

// DeleteGroupPolicy deletes an inline policy of a group.
func (s *Service) DeleteGroupPolicy(c *call.Call, in *api.DeleteGroupPolicyInput) (*api.DeleteGroupPolicyOutput, error) {
	return nil, editGroup(c, in.GroupName, func(g *Group) error { return g.deleteInline(groupClass, in.PolicyName) })
}

// ListGroupPolicies names the inline policies of a group.
func (s *Service) ListGroupPolicies(c *call.Call, in *api.ListGroupPoliciesInput) (*api.ListGroupPoliciesOutput, error) {
	g, err := findGroup(c, in.GroupName)
	if err != nil {
		return nil, err
	}
	p, err := g.inlinePage(c, in.Marker, in.MaxItems)
	return &api.ListGroupPoliciesOutput{PolicyNames: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// PutRolePolicy adds or replaces an inline policy of a role.
func (s *Service) PutRolePolicy(c *call.Call, in *api.PutRolePolicyInput) (*api.PutRolePolicyOutput, error) {
	return nil, editRole(c, in.RoleName, func(r *Role) error {
		return r.putInline(roleClass, r.Name, in.PolicyName, in.PolicyDocument)
	})
}

// GetRolePolicy answers with an inline policy of a role.
func (s *Service) GetRolePolicy(c *call.Call, in *api.GetRolePolicyInput) (*api.GetRolePolicyOutput, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	p, err := r.inline(roleClass, in.PolicyName)
	return &api.GetRolePolicyOutput{RoleName: &r.Name, PolicyName: &p.Name, PolicyDocument: encoded(p.Document)}, err
}

// DeleteRolePolicy deletes an inline policy of a role.
func (s *Service) DeleteRolePolicy(c *call.Call, in *api.DeleteRolePolicyInput) (*api.DeleteRolePolicyOutput, error) {
	return nil, editRole(c, in.RoleName, func(r *Role) error { return r.deleteInline(roleClass, in.PolicyName) })
}

// ListRolePolicies names the inline policies of a role.
func (s *Service) ListRolePolicies(c *call.Call, in *api.ListRolePoliciesInput) (*api.ListRolePoliciesOutput, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	p, err := r.inlinePage(c, in.Marker, in.MaxItems)
	return &api.ListRolePoliciesOutput{PolicyNames: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}
