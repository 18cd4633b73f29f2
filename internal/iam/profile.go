package iam

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// InstanceProfile hands a role to a machine.
type InstanceProfile struct {
	Entity
	Role string // key of the role, "" without
	Tags tag.Set
}

const byRole = "role"

var profiles = store.NewKind("iam.instanceprofile", store.Index[InstanceProfile]{
	Name: byRole, Keys: func(_ string, p *InstanceProfile) []string {
		if p.Role == "" {
			return nil
		}
		return []string{p.Role}
	},
})

// CreateInstanceProfile makes an instance profile without a role.
func (s *Service) CreateInstanceProfile(c *call.Call, in *api.CreateInstanceProfileInput) (*api.CreateInstanceProfileOutput, error) {
	e, err := profileClass.entity(c.Account(), aws.Val(in.InstanceProfileName), in.Path, c.Time)
	if err != nil {
		return nil, err
	}
	p := &InstanceProfile{Entity: e}
	if p.Tags, err = tagRules.With(p.Tags, tag.Of(in.Tags)); err != nil {
		return nil, err
	}
	if _, ok := profiles.Get(c.State, p.key()); ok {
		return nil, profileClass.exists(p.Name)
	}
	if err := room(profileClass, profiles.Scan(c.State, c.Account()+"/")); err != nil {
		return nil, err
	}
	profiles.Put(c.Tx, p.key(), p)
	return &api.CreateInstanceProfileOutput{InstanceProfile: new(p.view(c.State))}, nil
}

// GetInstanceProfile answers with a profile and its role.
func (s *Service) GetInstanceProfile(c *call.Call, in *api.GetInstanceProfileInput) (*api.GetInstanceProfileOutput, error) {
	p, err := findProfile(c, in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	return &api.GetInstanceProfileOutput{InstanceProfile: new(p.view(c.State))}, nil
}

// DeleteInstanceProfile deletes a profile without a role.
func (s *Service) DeleteInstanceProfile(c *call.Call, in *api.DeleteInstanceProfileInput) (*api.DeleteInstanceProfileOutput, error) {
	p, err := findProfile(c, in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	if p.Role != "" {
		return nil, conflict("Cannot delete entity, must remove roles from instance profile first.")
	}
	profiles.Delete(c.Tx, p.key())
	return nil, nil
}

// ListInstanceProfiles lists the profiles under a path.
func (s *Service) ListInstanceProfiles(c *call.Call, in *api.ListInstanceProfilesInput) (*api.ListInstanceProfilesOutput, error) {
	p, err := page(c, under(in.PathPrefix, profiles.Scan(c.State, c.Account()+"/")), in.Marker, in.MaxItems)
	view := func(p *InstanceProfile) api.InstanceProfile { return p.view(c.State) }
	return &api.ListInstanceProfilesOutput{InstanceProfiles: pages.Views(p.items, view), IsTruncated: p.truncated, Marker: p.marker}, err
}

// ListInstanceProfilesForRole lists the profiles that hand out a role.
func (s *Service) ListInstanceProfilesForRole(c *call.Call, in *api.ListInstanceProfilesForRoleInput) (*api.ListInstanceProfilesForRoleOutput, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	p, err := page(c, profiles.By(c.State, byRole, r.key()), in.Marker, in.MaxItems)
	view := func(p *InstanceProfile) api.InstanceProfile { return p.view(c.State) }
	return &api.ListInstanceProfilesForRoleOutput{InstanceProfiles: pages.Views(p.items, view), IsTruncated: p.truncated, Marker: p.marker}, err
}

// AddRoleToInstanceProfile puts a role into a profile that has none. The
// caller must be allowed to pass the role to EC2.
func (s *Service) AddRoleToInstanceProfile(c *call.Call, in *api.AddRoleToInstanceProfileInput) (*api.AddRoleToInstanceProfileOutput, error) {
	p, err := findProfile(c, in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	if r.Service != "" {
		return nil, protected(r.Name)
	}
	if p.Role != "" {
		return nil, overQuota("InstanceSessionsPerInstanceProfile", 1)
	}
	pass := call.Target{Action: "iam:PassRole", Resource: r.ARN, Context: policy.Context{}}
	pass.Context.Set("iam:PassedToService", "ec2.amazonaws.com")
	if err := c.Allow(pass); err != nil {
		return nil, err
	}
	p = new(*p)
	p.Role = r.key()
	profiles.Put(c.Tx, p.key(), p)
	return nil, nil
}

// RemoveRoleFromInstanceProfile takes the role out of a profile.
func (s *Service) RemoveRoleFromInstanceProfile(c *call.Call, in *api.RemoveRoleFromInstanceProfileInput) (*api.RemoveRoleFromInstanceProfileOutput, error) {
	p, err := findProfile(c, in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	if p.Role == "" || p.Role != recordKey(c.Account(), aws.Val(in.RoleName)) {
		return nil, roleClass.notFound(aws.Val(in.RoleName))
	}
	p = new(*p)
	p.Role = ""
	profiles.Put(c.Tx, p.key(), p)
	return nil, nil
}

func findProfile(c *call.Call, name *string) (*InstanceProfile, error) {
	p, ok := profiles.Get(c.State, recordKey(c.Account(), aws.Val(name)))
	if !ok {
		return nil, profileClass.notFound(aws.Val(name))
	}
	return p, nil
}

func (p *InstanceProfile) view(r store.Reader) api.InstanceProfile {
	v := api.InstanceProfile{
		Path: &p.Path, InstanceProfileName: &p.Name, InstanceProfileId: &p.ID, Arn: &p.ARN, CreateDate: &p.Created,
		Roles: []api.Role{}, Tags: tagView(p.Tags),
	}
	if role, ok := roles.Get(r, p.Role); ok {
		v.Roles = append(v.Roles, role.summary())
	}
	return v
}

// TagInstanceProfile adds or replaces tags.
func (s *Service) TagInstanceProfile(c *call.Call, in *api.TagInstanceProfileInput) (*api.TagInstanceProfileOutput, error) {
	p, err := findProfile(c, in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	p = new(*p)
	if p.Tags, err = tagRules.With(p.Tags, tag.Of(in.Tags)); err != nil {
		return nil, err
	}
	profiles.Put(c.Tx, p.key(), p)
	return nil, nil
}

// UntagInstanceProfile removes tags.
func (s *Service) UntagInstanceProfile(c *call.Call, in *api.UntagInstanceProfileInput) (*api.UntagInstanceProfileOutput, error) {
	p, err := findProfile(c, in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	p = new(*p)
	p.Tags = tagRules.Without(p.Tags, in.TagKeys)
	profiles.Put(c.Tx, p.key(), p)
	return nil, nil
}

// ListInstanceProfileTags lists a profile's tags.
func (s *Service) ListInstanceProfileTags(c *call.Call, in *api.ListInstanceProfileTagsInput) (*api.ListInstanceProfileTagsOutput, error) {
	p, err := findProfile(c, in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	pg, err := page(c, p.Tags.All(), in.Marker, in.MaxItems)
	return &api.ListInstanceProfileTagsOutput{Tags: tag.Shapes[api.Tag](pg.items), IsTruncated: pg.truncated, Marker: pg.marker}, err
}
