package iam

import (
	"slices"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// Group is a group of users. Who is in it is written in the users.
type Group struct {
	Entity
	Grants
}

var groups = store.NewKind("iam.group",
	grantIndexes(func(g *Group) string { return g.Account }, func(g *Group) *Grants { return &g.Grants })...)

// CreateGroup makes an empty group.
func (s *Service) CreateGroup(c *call.Call, in *api.CreateGroupInput) (*api.CreateGroupOutput, error) {
	e, err := groupClass.entity(c.Account(), aws.Val(in.GroupName), in.Path, c.Time)
	if err != nil {
		return nil, err
	}
	g := &Group{Entity: e}
	if _, ok := groups.Get(c.State, g.key()); ok {
		return nil, groupClass.exists(g.Name)
	}
	if err := room(groupClass, groups.Scan(c.State, c.Account()+"/")); err != nil {
		return nil, err
	}
	groups.Put(c.Tx, g.key(), g)
	return &api.CreateGroupOutput{Group: new(g.view())}, nil
}

// GetGroup answers with the group and a page of its users.
func (s *Service) GetGroup(c *call.Call, in *api.GetGroupInput) (*api.GetGroupOutput, error) {
	g, err := findGroup(c, in.GroupName)
	if err != nil {
		return nil, err
	}
	p, err := page(c, users.By(c.State, byGroup, g.key()), in.Marker, in.MaxItems)
	return &api.GetGroupOutput{
		Group: new(g.view()), Users: pages.Views(p.items, (*User).summary), IsTruncated: p.truncated, Marker: p.marker,
	}, err
}

// UpdateGroup gives a group another name or path; its users stay in it.
func (s *Service) UpdateGroup(c *call.Call, in *api.UpdateGroupInput) (*api.UpdateGroupOutput, error) {
	old, err := findGroup(c, in.GroupName)
	if err != nil {
		return nil, err
	}
	g := new(*old)
	if err := rename(groupClass, groups, c, &g.Entity, in.NewGroupName, in.NewPath); err != nil {
		return nil, err
	}
	if g.key() != old.key() {
		for key, u := range users.By(c.State, byGroup, old.key()) {
			u := new(*u)
			u.leave(old.key())
			if err := u.join(g.key()); err != nil {
				return nil, err
			}
			users.Put(c.Tx, key, u)
		}
	}
	groups.Delete(c.Tx, old.key())
	groups.Put(c.Tx, g.key(), g)
	return nil, nil
}

// DeleteGroup deletes a group without users and policies.
func (s *Service) DeleteGroup(c *call.Call, in *api.DeleteGroupInput) (*api.DeleteGroupOutput, error) {
	g, err := findGroup(c, in.GroupName)
	if err != nil {
		return nil, err
	}
	if err := g.free(); err != nil {
		return nil, err
	}
	if pages.Count(users.By(c.State, byGroup, g.key())) > 0 {
		return nil, conflict("Cannot delete entity, must remove users from group first.")
	}
	groups.Delete(c.Tx, g.key())
	return nil, nil
}

// ListGroups lists the groups under a path.
func (s *Service) ListGroups(c *call.Call, in *api.ListGroupsInput) (*api.ListGroupsOutput, error) {
	p, err := page(c, under(in.PathPrefix, groups.Scan(c.State, c.Account()+"/")), in.Marker, in.MaxItems)
	return &api.ListGroupsOutput{Groups: pages.Views(p.items, (*Group).view), IsTruncated: p.truncated, Marker: p.marker}, err
}

// AddUserToGroup puts a user into a group, where it may be already.
func (s *Service) AddUserToGroup(c *call.Call, in *api.AddUserToGroupInput) (*api.AddUserToGroupOutput, error) {
	g, err := findGroup(c, in.GroupName)
	if err != nil {
		return nil, err
	}
	return nil, editUser(c, in.UserName, func(u *User) error { return u.join(g.key()) })
}

// RemoveUserFromGroup takes a user out of a group.
func (s *Service) RemoveUserFromGroup(c *call.Call, in *api.RemoveUserFromGroupInput) (*api.RemoveUserFromGroupOutput, error) {
	g, err := findGroup(c, in.GroupName)
	if err != nil {
		return nil, err
	}
	return nil, editUser(c, in.UserName, func(u *User) error {
		if !slices.Contains(u.Groups, g.key()) {
			return noSuchEntity("User %s not in group %s", u.Name, g.Name)
		}
		u.leave(g.key())
		return nil
	})
}

// ListGroupsForUser lists the groups that a user is in.
func (s *Service) ListGroupsForUser(c *call.Call, in *api.ListGroupsForUserInput) (*api.ListGroupsForUserOutput, error) {
	u, err := findUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	var list []*Group
	for _, key := range u.Groups {
		if g, ok := groups.Get(c.State, key); ok {
			list = append(list, g)
		}
	}
	p, err := page(c, byKey(list, (*Group).key), in.Marker, in.MaxItems)
	return &api.ListGroupsForUserOutput{Groups: pages.Views(p.items, (*Group).view), IsTruncated: p.truncated, Marker: p.marker}, err
}

func findGroup(c *call.Call, name *string) (*Group, error) {
	g, ok := groups.Get(c.State, recordKey(c.Account(), aws.Val(name)))
	if !ok {
		return nil, groupClass.notFound(aws.Val(name))
	}
	return g, nil
}

// editGroup changes a group.
func editGroup(c *call.Call, name *string, edit func(*Group) error) error {
	g, err := findGroup(c, name)
	if err != nil {
		return err
	}
	g = new(*g)
	if err := edit(g); err != nil {
		return err
	}
	groups.Put(c.Tx, g.key(), g)
	return nil
}

func (g *Group) view() api.Group {
	return api.Group{Path: &g.Path, GroupName: &g.Name, GroupId: &g.ID, Arn: &g.ARN, CreateDate: &g.Created}
}
