package iam

import (
	"slices"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// User is an IAM user.
type User struct {
	Entity
	Grants
	Groups []string // keys of the groups, in order
	Tags   tag.Set
}

const byGroup = "group"

var users = store.NewKind("iam.user", append(
	grantIndexes(func(u *User) string { return u.Account }, func(u *User) *Grants { return &u.Grants }),
	store.Index[User]{Name: byGroup, Keys: func(_ string, u *User) []string { return u.Groups }},
	store.Index[User]{Name: byID, Keys: func(_ string, u *User) []string { return []string{u.ID} }},
)...)

// CreateUser makes a user without credentials.
func (s *Service) CreateUser(c *call.Call, in *api.CreateUserInput) (*api.CreateUserOutput, error) {
	e, err := userClass.entity(c.Account(), aws.Val(in.UserName), in.Path, c.Time)
	if err != nil {
		return nil, err
	}
	u := &User{Entity: e}
	if in.PermissionsBoundary != nil {
		if err := u.bound(c.State, c.Account(), in.PermissionsBoundary); err != nil {
			return nil, err
		}
	}
	if u.Tags, err = tagRules.With(u.Tags, tag.Of(in.Tags)); err != nil {
		return nil, err
	}
	if _, ok := users.Get(c.State, u.key()); ok {
		return nil, userClass.exists(u.Name)
	}
	if err := room(userClass, users.Scan(c.State, c.Account()+"/")); err != nil {
		return nil, err
	}
	users.Put(c.Tx, u.key(), u)
	return &api.CreateUserOutput{User: u.view()}, nil
}

// GetUser answers for the caller when no user is named.
func (s *Service) GetUser(c *call.Call, in *api.GetUserInput) (*api.GetUserOutput, error) {
	if in.UserName == nil && c.Principal.Type == aws.Root {
		return &api.GetUserOutput{User: rootView(c)}, nil
	}
	u, err := findUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	return &api.GetUserOutput{User: u.view()}, nil
}

// UpdateUser gives a user another name or path. The unique id stays, and with
// it keys, groups and policies.
func (s *Service) UpdateUser(c *call.Call, in *api.UpdateUserInput) (*api.UpdateUserOutput, error) {
	old, err := findUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	u := new(*old)
	if err := rename(userClass, users, c, &u.Entity, in.NewUserName, in.NewPath); err != nil {
		return nil, err
	}
	for id, k := range accessKeys.By(c.State, byUser, old.key()) {
		k := new(*k)
		k.User = u.key()
		accessKeys.Put(c.Tx, id, k)
	}
	moveLoginProfile(c.Tx, old.key(), u.key())
	moveDevices(c.Tx, old.key(), u.key())
	moveCredentials(c.Tx, old.key(), u.key())
	users.Delete(c.Tx, old.key())
	users.Put(c.Tx, u.key(), u)
	return nil, nil
}

// rename gives an entity another name, path and ARN, unless another one has
// the name.
func rename[T any](k *class, kind *store.Kind[T], c *call.Call, e *Entity, name, path *string) error {
	old := e.key()
	newName, newPath := e.Name, e.Path
	if name != nil {
		newName = *name
	}
	if path != nil {
		newPath = *path
	}
	if err := k.call(e, newName, newPath); err != nil {
		return err
	}
	if _, taken := kind.Get(c.State, e.key()); taken && e.key() != old {
		return k.exists(newName)
	}
	return nil
}

// DeleteUser deletes a user that has nothing left.
func (s *Service) DeleteUser(c *call.Call, in *api.DeleteUserInput) (*api.DeleteUserOutput, error) {
	u, err := findUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	if err := u.free(); err != nil {
		return nil, err
	}
	if pages.Count(accessKeys.By(c.State, byUser, u.key())) > 0 {
		return nil, conflict("Cannot delete entity, must delete access keys first.")
	}
	if _, ok := loginProfiles.Get(c.State, u.key()); ok {
		return nil, conflict("Cannot delete entity, must delete login profile first.")
	}
	if pages.Count(mfaDevices.By(c.State, byUser, u.key())) > 0 {
		return nil, conflict("Cannot delete entity, must delete MFA device first.")
	}
	if pages.Count(signingCertificates.By(c.State, byUser, u.key())) > 0 {
		return nil, conflict("Cannot delete entity, must delete signing certificates first.")
	}
	if pages.Count(sshKeys.By(c.State, byUser, u.key())) > 0 {
		return nil, conflict("Cannot delete entity, must delete SSH public keys first.")
	}
	if pages.Count(serviceCredentials.By(c.State, byUser, u.key())) > 0 {
		return nil, conflict("Cannot delete entity, must delete service specific credentials first.")
	}
	if len(u.Groups) > 0 {
		return nil, conflict("Cannot delete entity, must remove users from group first.")
	}
	forgetAccess(c.Tx, u.Account, u.ID)
	users.Delete(c.Tx, u.key())
	return nil, nil
}

// ListUsers lists the users under a path.
func (s *Service) ListUsers(c *call.Call, in *api.ListUsersInput) (*api.ListUsersOutput, error) {
	p, err := page(c, under(in.PathPrefix, users.Scan(c.State, c.Account()+"/")), in.Marker, in.MaxItems)
	return &api.ListUsersOutput{Users: pages.Views(p.items, (*User).summary), IsTruncated: p.truncated, Marker: p.marker}, err
}

// TagUser adds or replaces tags.
func (s *Service) TagUser(c *call.Call, in *api.TagUserInput) (*api.TagUserOutput, error) {
	return nil, editUser(c, in.UserName, func(u *User) (err error) {
		u.Tags, err = tagRules.With(u.Tags, tag.Of(in.Tags))
		return err
	})
}

// UntagUser removes tags.
func (s *Service) UntagUser(c *call.Call, in *api.UntagUserInput) (*api.UntagUserOutput, error) {
	return nil, editUser(c, in.UserName, func(u *User) error {
		u.Tags = tagRules.Without(u.Tags, in.TagKeys)
		return nil
	})
}

// ListUserTags lists a user's tags.
func (s *Service) ListUserTags(c *call.Call, in *api.ListUserTagsInput) (*api.ListUserTagsOutput, error) {
	u, err := findUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := page(c, u.Tags.All(), in.Marker, in.MaxItems)
	return &api.ListUserTagsOutput{Tags: tag.Shapes[api.Tag](p.items), IsTruncated: p.truncated, Marker: p.marker}, err
}

// findUser finds a user of the caller's account, the caller's own when no name
// is given.
func findUser(c *call.Call, name *string) (*User, error) {
	if name == nil {
		if c.Principal.Type != aws.IAMUser {
			return nil, invalid("Must specify userName when calling with non-User credentials")
		}
		name = &c.Principal.UserName
	}
	u, ok := users.Get(c.State, recordKey(c.Account(), *name))
	if !ok {
		return nil, userClass.notFound(*name)
	}
	return u, nil
}

// editUser changes a user.
func editUser(c *call.Call, name *string, edit func(*User) error) error {
	u, err := findUser(c, name)
	if err != nil {
		return err
	}
	u = new(*u)
	if err := edit(u); err != nil {
		return err
	}
	users.Put(c.Tx, u.key(), u)
	return nil
}

// join and leave change a user's groups.
func (u *User) join(group string) error {
	if slices.Contains(u.Groups, group) {
		return nil
	}
	if len(u.Groups) >= groupsPerUser {
		return overQuota("GroupsPerUser", groupsPerUser)
	}
	groups := append(slices.Clone(u.Groups), group)
	slices.Sort(groups)
	u.Groups = groups
	return nil
}

func (u *User) leave(group string) {
	u.Groups = slices.DeleteFunc(slices.Clone(u.Groups), func(g string) bool { return g == group })
}

// summary is a user as lists show it.
func (u *User) summary() api.User {
	return api.User{Path: &u.Path, UserName: &u.Name, UserId: &u.ID, Arn: &u.ARN, CreateDate: &u.Created}
}

func (u *User) view() *api.User {
	v := u.summary()
	v.PermissionsBoundary, v.Tags = u.boundaryView(), tagView(u.Tags)
	return &v
}

// rootView is the root user of the caller's account, which has no name but
// the account's alias.
func rootView(c *call.Call) *api.User {
	v := &api.User{Path: new("/"), UserId: new(c.Account()), Arn: new(aws.RootARN(c.Account()))}
	if a, ok := accounts.Get(c.State, c.Account()); ok {
		v.CreateDate = &a.Created
		if a.Alias != "" {
			v.UserName = &a.Alias
		}
	}
	return v
}
