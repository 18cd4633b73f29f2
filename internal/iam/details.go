package iam

import (
	"fmt"
	"iter"
	"slices"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// detail adds one user, group, role or policy to an answer.
type detail func(*api.GetAccountAuthorizationDetailsOutput)

// GetAccountAuthorizationDetails tells everything about who may do what in the
// account, page by page: users, groups, roles, and managed policies with all
// their versions.
func (s *Service) GetAccountAuthorizationDetails(c *call.Call, in *api.GetAccountAuthorizationDetailsInput) (*api.GetAccountAuthorizationDetailsOutput, error) {
	p, err := page(c, s.details(c, in.Filter), in.Marker, in.MaxItems)
	out := &api.GetAccountAuthorizationDetailsOutput{
		UserDetailList: []api.UserDetail{}, GroupDetailList: []api.GroupDetail{},
		RoleDetailList: []api.RoleDetail{}, Policies: []api.ManagedPolicyDetail{},
		IsTruncated: p.truncated, Marker: p.marker,
	}
	for _, add := range p.items {
		add(out)
	}
	return out, err
}

// details lists what the filter asks for; without one that is all there is in
// the account and those of AWS's policies that are in use.
func (s *Service) details(c *call.Call, filter []string) iter.Seq2[string, detail] {
	wanted := func(kind string) bool { return len(filter) == 0 || slices.Contains(filter, kind) }
	prefix := c.Account() + "/"
	parts := []iter.Seq2[string, detail]{}
	if wanted(api.EntityTypeUser) {
		parts = append(parts, detailed("1", users.Scan(c.State, prefix), func(u *User, out *api.GetAccountAuthorizationDetailsOutput) {
			out.UserDetailList = append(out.UserDetailList, u.detail(c))
		}))
	}
	if wanted(api.EntityTypeGroup) {
		parts = append(parts, detailed("2", groups.Scan(c.State, prefix), func(g *Group, out *api.GetAccountAuthorizationDetailsOutput) {
			out.GroupDetailList = append(out.GroupDetailList, g.detail())
		}))
	}
	if wanted(api.EntityTypeRole) {
		parts = append(parts, detailed("3", roles.Scan(c.State, prefix), func(r *Role, out *api.GetAccountAuthorizationDetailsOutput) {
			out.RoleDetailList = append(out.RoleDetailList, s.roleDetail(c, r))
		}))
	}
	for order, scope := range []string{api.PolicyScopeTypeLocal, api.PolicyScopeTypeAws} {
		if !wanted([]string{api.EntityTypeLocalManagedPolicy, api.EntityTypeAWSManagedPolicy}[order]) {
			continue
		}
		list := pages.Where(policiesIn(c.State, c.Account(), scope), func(p *Policy) bool {
			return scope == api.PolicyScopeTypeLocal ||
				usage(c.State, byAttached, c.Account(), p.ARN)+usage(c.State, byBoundary, c.Account(), p.ARN) > 0
		})
		parts = append(parts, detailed(fmt.Sprint(4+order), list, func(p *Policy, out *api.GetAccountAuthorizationDetailsOutput) {
			out.Policies = append(out.Policies, p.detail(c))
		}))
	}
	return func(yield func(string, detail) bool) {
		for _, part := range parts {
			for key, d := range part {
				if !yield(key, d) {
					return
				}
			}
		}
	}
}

// detailed puts what comes first in the order of its keys.
func detailed[T any](order string, items iter.Seq2[string, *T], add func(*T, *api.GetAccountAuthorizationDetailsOutput)) iter.Seq2[string, detail] {
	return func(yield func(string, detail) bool) {
		for key, item := range items {
			if !yield(order+key, func(out *api.GetAccountAuthorizationDetailsOutput) { add(item, out) }) {
				return
			}
		}
	}
}

func (u *User) detail(c *call.Call) api.UserDetail {
	in := []string{}
	for _, key := range u.Groups {
		if g, ok := groups.Get(c.State, key); ok {
			in = append(in, g.Name)
		}
	}
	return api.UserDetail{
		Path: &u.Path, UserName: &u.Name, UserId: &u.ID, Arn: &u.ARN, CreateDate: &u.Created,
		UserPolicyList: u.inlineDetails(), GroupList: in, AttachedManagedPolicies: u.attachedViews(),
		PermissionsBoundary: u.boundaryView(), Tags: tag.Shapes[api.Tag](u.Tags),
	}
}

func (g *Group) detail() api.GroupDetail {
	return api.GroupDetail{
		Path: &g.Path, GroupName: &g.Name, GroupId: &g.ID, Arn: &g.ARN, CreateDate: &g.Created,
		GroupPolicyList: g.inlineDetails(), AttachedManagedPolicies: g.attachedViews(),
	}
}

func (s *Service) roleDetail(c *call.Call, r *Role) api.RoleDetail {
	in := []api.InstanceProfile{}
	for _, p := range profiles.By(c.State, byRole, r.key()) {
		in = append(in, p.view(c.State))
	}
	return api.RoleDetail{
		Path: &r.Path, RoleName: &r.Name, RoleId: &r.ID, Arn: &r.ARN, CreateDate: &r.Created,
		AssumeRolePolicyDocument: encoded(r.Trust), InstanceProfileList: in,
		RolePolicyList: r.inlineDetails(), AttachedManagedPolicies: r.attachedViews(),
		PermissionsBoundary: r.boundaryView(), Tags: tag.Shapes[api.Tag](r.Tags), RoleLastUsed: s.roleLastUsed(c.State, r),
	}
}

func (p *Policy) detail(c *call.Call) api.ManagedPolicyDetail {
	v := p.summary(c.State, c.Account())
	d := api.ManagedPolicyDetail{
		PolicyName: v.PolicyName, PolicyId: v.PolicyId, Arn: v.Arn, Path: v.Path, DefaultVersionId: v.DefaultVersionId,
		AttachmentCount: v.AttachmentCount, PermissionsBoundaryUsageCount: v.PermissionsBoundaryUsageCount,
		IsAttachable: v.IsAttachable, CreateDate: v.CreateDate, UpdateDate: v.UpdateDate,
	}
	if p.Description != "" {
		d.Description = &p.Description
	}
	for _, version := range slices.Backward(p.Versions) {
		view := p.versionView(version)
		view.Document = encoded(version.Document)
		d.PolicyVersionList = append(d.PolicyVersionList, view)
	}
	return d
}

func (g *Grants) inlineDetails() []api.PolicyDetail {
	return pages.Views(g.Inline, func(p Inline) api.PolicyDetail {
		return api.PolicyDetail{PolicyName: &p.Name, PolicyDocument: encoded(p.Document)}
	})
}

func (g *Grants) attachedViews() []api.AttachedPolicy {
	return pages.Views(g.Attached, func(arn string) api.AttachedPolicy {
		_, name := pathAndName(arn)
		return api.AttachedPolicy{PolicyName: &name, PolicyArn: &arn}
	})
}
