package iam

import (
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// Role is an IAM role.
type Role struct {
	Entity
	Grants
	Trust       policy.Source // who may assume it
	Description string
	MaxSession  int32  // seconds that a session may last
	Service     string // the service that a service-linked role belongs to
	Tags        tag.Set
}

const byID = "id"

var roles = store.NewKind("iam.role", append(
	grantIndexes(func(r *Role) string { return r.Account }, func(r *Role) *Grants { return &r.Grants }),
	store.Index[Role]{Name: byID, Keys: func(_ string, r *Role) []string { return []string{r.ID} }},
)...)

// defaultSession is how long a session may last when nobody says, in seconds.
const defaultSession = 3600

// CreateRole makes a role without policies.
func (s *Service) CreateRole(c *call.Call, in *api.CreateRoleInput) (*api.CreateRoleOutput, error) {
	if strings.HasPrefix(aws.Val(in.Path), linkedPath) || strings.HasPrefix(aws.Val(in.RoleName), linkedPrefix) {
		return nil, invalidInput("The path %s and role names that begin with %s are reserved for service-linked roles.", linkedPath, linkedPrefix)
	}
	e, err := roleClass.entity(c.Account(), aws.Val(in.RoleName), in.Path, c.Time)
	if err != nil {
		return nil, err
	}
	r := &Role{Entity: e, Description: aws.Val(in.Description), MaxSession: defaultSession}
	if in.MaxSessionDuration != nil {
		r.MaxSession = *in.MaxSessionDuration
	}
	if in.PermissionsBoundary != nil {
		if err := r.bound(c.State, c.Account(), in.PermissionsBoundary); err != nil {
			return nil, err
		}
	}
	if r.Tags, err = tagRules.With(r.Tags, tag.Of(in.Tags)); err != nil {
		return nil, err
	}
	if r.Trust, err = s.trustDocument(c.State, in.AssumeRolePolicyDocument); err != nil {
		return nil, err
	}
	if err := addRole(c.Tx, r); err != nil {
		return nil, err
	}
	return &api.CreateRoleOutput{Role: r.view()}, nil
}

// addRole stores a new role when there is room for it.
func addRole(tx *store.Tx, r *Role) error {
	if _, ok := roles.Get(tx, r.key()); ok {
		return roleClass.exists(r.Name)
	}
	if err := room(roleClass, roles.Scan(tx, r.Account+"/")); err != nil {
		return err
	}
	roles.Put(tx, r.key(), r)
	return nil
}

// EnsureRole makes a role with managed policies attached, unless the account
// has one of that name already, whatever its policies are.
func (s *Service) EnsureRole(tx *store.Tx, now time.Time, account, name, trustPolicy string, managedPolicyARNs ...string) error {
	if _, ok := roles.Get(tx, recordKey(account, name)); ok {
		return nil
	}
	e, err := roleClass.entity(account, name, nil, now)
	if err != nil {
		return err
	}
	r := &Role{Entity: e, MaxSession: defaultSession}
	if r.Trust, err = s.trustDocument(tx, &trustPolicy); err != nil {
		return err
	}
	for _, arn := range managedPolicyARNs {
		if err := r.attach(tx, roleClass, account, &arn); err != nil {
			return err
		}
	}
	return addRole(tx, r)
}

// GetRole answers with everything there is to a role.
func (s *Service) GetRole(c *call.Call, in *api.GetRoleInput) (*api.GetRoleOutput, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	v := r.view()
	v.RoleLastUsed = s.roleLastUsed(c.State, r)
	return &api.GetRoleOutput{Role: v}, nil
}

func (s *Service) roleLastUsed(r store.Reader, role *Role) *api.RoleLastUsed {
	if u, ok := s.lastUse(r, role.ID); ok {
		return &api.RoleLastUsed{LastUsedDate: &u.Time, Region: &u.Region}
	}
	return &api.RoleLastUsed{}
}

// UpdateRole sets what the input names: the description, the longest session.
// Of a service-linked role only the description may be changed.
func (s *Service) UpdateRole(c *call.Call, in *api.UpdateRoleInput) (*api.UpdateRoleOutput, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	if r.Service != "" && in.MaxSessionDuration != nil {
		return nil, protected(r.Name)
	}
	r = new(*r)
	if in.Description != nil {
		r.Description = *in.Description
	}
	if in.MaxSessionDuration != nil {
		r.MaxSession = *in.MaxSessionDuration
	}
	roles.Put(c.Tx, r.key(), r)
	return nil, nil
}

// UpdateRoleDescription sets the description.
func (s *Service) UpdateRoleDescription(c *call.Call, in *api.UpdateRoleDescriptionInput) (*api.UpdateRoleDescriptionOutput, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	r = new(*r)
	r.Description = aws.Val(in.Description)
	roles.Put(c.Tx, r.key(), r)
	return &api.UpdateRoleDescriptionOutput{Role: r.view()}, nil
}

// UpdateAssumeRolePolicy replaces the trust policy.
func (s *Service) UpdateAssumeRolePolicy(c *call.Call, in *api.UpdateAssumeRolePolicyInput) (*api.UpdateAssumeRolePolicyOutput, error) {
	return nil, editRole(c, in.RoleName, func(r *Role) (err error) {
		r.Trust, err = s.trustDocument(c.State, in.PolicyDocument)
		return err
	})
}

// DeleteRole deletes a role that nothing hangs on. Its sessions end at once.
func (s *Service) DeleteRole(c *call.Call, in *api.DeleteRoleInput) (*api.DeleteRoleOutput, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	if r.Service != "" {
		return nil, protected(r.Name)
	}
	if pages.Count(profiles.By(c.State, byRole, r.key())) > 0 {
		return nil, conflict("Cannot delete entity, must remove roles from instance profile first.")
	}
	if err := r.free(); err != nil {
		return nil, err
	}
	removeRole(c.Tx, r)
	return nil, nil
}

func removeRole(tx *store.Tx, r *Role) {
	roles.Delete(tx, r.key())
	lastUses.Delete(tx, r.ID)
	forgetAccess(tx, r.Account, r.ID)
}

// ListRoles lists the roles under a path.
func (s *Service) ListRoles(c *call.Call, in *api.ListRolesInput) (*api.ListRolesOutput, error) {
	p, err := page(c, under(in.PathPrefix, roles.Scan(c.State, c.Account()+"/")), in.Marker, in.MaxItems)
	return &api.ListRolesOutput{Roles: pages.Views(p.items, (*Role).summary), IsTruncated: p.truncated, Marker: p.marker}, err
}

// TagRole adds or replaces tags, on service-linked roles too.
func (s *Service) TagRole(c *call.Call, in *api.TagRoleInput) (*api.TagRoleOutput, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	r = new(*r)
	if r.Tags, err = tagRules.With(r.Tags, tag.Of(in.Tags)); err != nil {
		return nil, err
	}
	roles.Put(c.Tx, r.key(), r)
	return nil, nil
}

// UntagRole removes tags.
func (s *Service) UntagRole(c *call.Call, in *api.UntagRoleInput) (*api.UntagRoleOutput, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	r = new(*r)
	r.Tags = tagRules.Without(r.Tags, in.TagKeys)
	roles.Put(c.Tx, r.key(), r)
	return nil, nil
}

// ListRoleTags lists a role's tags.
func (s *Service) ListRoleTags(c *call.Call, in *api.ListRoleTagsInput) (*api.ListRoleTagsOutput, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	p, err := page(c, r.Tags.All(), in.Marker, in.MaxItems)
	return &api.ListRoleTagsOutput{Tags: tag.Shapes[api.Tag](p.items), IsTruncated: p.truncated, Marker: p.marker}, err
}

func findRole(c *call.Call, name *string) (*Role, error) {
	r, ok := roles.Get(c.State, recordKey(c.Account(), aws.Val(name)))
	if !ok {
		return nil, roleClass.notFound(aws.Val(name))
	}
	return r, nil
}

// editRole changes a role that does not belong to a service.
func editRole(c *call.Call, name *string, edit func(*Role) error) error {
	r, err := findRole(c, name)
	if err != nil {
		return err
	}
	if r.Service != "" {
		return protected(r.Name)
	}
	r = new(*r)
	if err := edit(r); err != nil {
		return err
	}
	roles.Put(c.Tx, r.key(), r)
	return nil
}

// summary is a role as lists show it.
func (r *Role) summary() api.Role {
	v := api.Role{
		Path: &r.Path, RoleName: &r.Name, RoleId: &r.ID, Arn: &r.ARN, CreateDate: &r.Created,
		AssumeRolePolicyDocument: encoded(r.Trust), MaxSessionDuration: &r.MaxSession,
	}
	if r.Description != "" {
		v.Description = &r.Description
	}
	return v
}

func (r *Role) view() *api.Role {
	v := r.summary()
	v.PermissionsBoundary, v.Tags = r.boundaryView(), tagView(r.Tags)
	return &v
}
