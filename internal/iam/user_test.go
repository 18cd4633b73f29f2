package iam

import (
	"fmt"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

func TestUser(t *testing.T) {
	f := newFixture(t)
	u := f.Do(&api.CreateUserInput{UserName: new("Ada"), Path: new("/eng/"), Tags: []api.Tag{{Key: new("team"), Value: new("blue")}}}).(*api.CreateUserOutput).User
	f.Equal("arn", *u.Arn, "arn:aws:iam::111111111111:user/eng/Ada")
	f.Equal("date", *u.CreateDate, f.Clock.Now())
	if !strings.HasPrefix(*u.UserId, "AIDA") || len(*u.UserId) != 21 {
		t.Errorf("id %s", *u.UserId)
	}
	f.Equal("tags", *u.Tags[0].Value, "blue")

	f.Fails("EntityAlreadyExists: User with name ada already exists.", &api.CreateUserInput{UserName: new("ada")})
	f.Equal("found in another case", *f.Do(&api.GetUserInput{UserName: new("ADA")}).(*api.GetUserOutput).User.UserName, "Ada")
	f.Fails("NoSuchEntity: The user with name bob cannot be found.", &api.GetUserInput{UserName: new("bob")})
	f.Fails("NoSuchEntity: The user with name bob cannot be found.", &api.DeleteUserInput{UserName: new("bob")})

	// A user of another account is not seen.
	f.Caller = calltest.Root(other)
	f.Fails("NoSuchEntity: The user with name Ada cannot be found.", &api.GetUserInput{UserName: new("Ada")})
}

func TestUserOmitted(t *testing.T) {
	f := newFixture(t)
	f.Equal("the caller", *f.Do(&api.GetUserInput{}).(*api.GetUserOutput).User.UserName, "admin")
	f.Equal("keys", len(f.Do(&api.ListAccessKeysInput{}).(*api.ListAccessKeysOutput).AccessKeyMetadata), 1)

	f.Caller = calltest.Root(account)
	u := f.Do(&api.GetUserInput{}).(*api.GetUserOutput).User
	f.Equal("root", *u.Arn, "arn:aws:iam::111111111111:root")
	f.Equal("root's id", *u.UserId, account)
	if u.UserName != nil {
		t.Errorf("a root without alias is called %s", *u.UserName)
	}
	f.Do(&api.CreateAccountAliasInput{AccountAlias: new("acme")})
	f.Equal("alias", *f.Do(&api.GetUserInput{}).(*api.GetUserOutput).User.UserName, "acme")

	f.Do(&api.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: trusting(account)},
		&api.AttachRolePolicyInput{RoleName: new("r"), PolicyArn: new(administratorAccess)})
	f.Caller = f.as(f.roleSession("r"))
	f.Fails("ValidationError: Must specify userName when calling with non-User credentials", &api.GetUserInput{})
	f.Fails("ValidationError: Must specify userName when calling with non-User credentials", &api.CreateAccessKeyInput{})
}

func TestUpdateUser(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateUserInput{UserName: new("ada")}, &api.CreateUserInput{UserName: new("bob")}, &api.CreateGroupInput{GroupName: new("eng")},
		&api.AddUserToGroupInput{UserName: new("ada"), GroupName: new("eng")})
	key := f.Do(&api.CreateAccessKeyInput{UserName: new("ada")}).(*api.CreateAccessKeyOutput).AccessKey
	id := f.as(*key.AccessKeyId, "").ID

	f.Fails("EntityAlreadyExists: User with name Bob already exists.", &api.UpdateUserInput{UserName: new("ada"), NewUserName: new("Bob")})
	f.Do(&api.UpdateUserInput{UserName: new("ada"), NewUserName: new("Ada")}) // only the case changes
	f.Do(&api.UpdateUserInput{UserName: new("ada"), NewUserName: new("lovelace"), NewPath: new("/math/")})
	f.Fails("NoSuchEntity: The user with name ada cannot be found.", &api.GetUserInput{UserName: new("ada")})
	p := f.as(*key.AccessKeyId, "")
	f.Equal("arn", p.ARN, "arn:aws:iam::111111111111:user/math/lovelace")
	f.Equal("id", p.ID, id)
	f.Equal("groups", len(f.Do(&api.ListGroupsForUserInput{UserName: new("lovelace")}).(*api.ListGroupsForUserOutput).Groups), 1)
}

func TestDeleteUser(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateUserInput{UserName: new("ada")}, &api.CreateGroupInput{GroupName: new("eng")},
		&api.AddUserToGroupInput{UserName: new("ada"), GroupName: new("eng")},
		&api.PutUserPolicyInput{UserName: new("ada"), PolicyName: new("p"), PolicyDocument: document("s3:*")},
		&api.AttachUserPolicyInput{UserName: new("ada"), PolicyArn: new(administratorAccess)})
	key := f.Do(&api.CreateAccessKeyInput{UserName: new("ada")}).(*api.CreateAccessKeyOutput).AccessKey

	del := &api.DeleteUserInput{UserName: new("ada")}
	f.Fails("DeleteConflict: Cannot delete entity, must detach all policies first.", del)
	f.Do(&api.DetachUserPolicyInput{UserName: new("ada"), PolicyArn: new(administratorAccess)})
	f.Fails("DeleteConflict: Cannot delete entity, must delete policies first.", del)
	f.Do(&api.DeleteUserPolicyInput{UserName: new("ada"), PolicyName: new("p")})
	f.Fails("DeleteConflict: Cannot delete entity, must delete access keys first.", del)
	f.Do(&api.DeleteAccessKeyInput{UserName: new("ada"), AccessKeyId: key.AccessKeyId})
	f.Fails("DeleteConflict: Cannot delete entity, must remove users from group first.", del)
	f.Do(&api.RemoveUserFromGroupInput{UserName: new("ada"), GroupName: new("eng")}, del)
	f.Fails("NoSuchEntity: The user with name ada cannot be found.", &api.GetUserInput{UserName: new("ada")})
}

func TestGroups(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateUserInput{UserName: new("ada")}, &api.CreateUserInput{UserName: new("bob")})
	g := f.Do(&api.CreateGroupInput{GroupName: new("eng")}).(*api.CreateGroupOutput).Group
	f.Equal("arn", *g.Arn, "arn:aws:iam::111111111111:group/eng")
	f.Fails("EntityAlreadyExists: Group with name Eng already exists.", &api.CreateGroupInput{GroupName: new("Eng")})
	f.Fails("NoSuchEntity: The group with name ops cannot be found.", &api.GetGroupInput{GroupName: new("ops")})
	f.Fails("NoSuchEntity: User ada not in group eng", &api.RemoveUserFromGroupInput{UserName: new("ada"), GroupName: new("eng")})

	add := &api.AddUserToGroupInput{UserName: new("ada"), GroupName: new("eng")}
	f.Do(add, add, &api.AddUserToGroupInput{UserName: new("bob"), GroupName: new("eng")})
	out := f.Do(&api.GetGroupInput{GroupName: new("eng"), MaxItems: new(int32(1))}).(*api.GetGroupOutput)
	f.Equal("first page", names(out.Users, func(u api.User) *string { return u.UserName }), []string{"ada"})
	out = f.Do(&api.GetGroupInput{GroupName: new("eng"), Marker: out.Marker}).(*api.GetGroupOutput)
	f.Equal("second page", names(out.Users, func(u api.User) *string { return u.UserName }), []string{"bob"})
	f.Equal("truncated", *out.IsTruncated, false)

	f.Do(&api.UpdateGroupInput{GroupName: new("eng"), NewGroupName: new("engineers")})
	f.Equal("members follow", len(f.Do(&api.GetGroupInput{GroupName: new("engineers")}).(*api.GetGroupOutput).Users), 2)
	f.Fails("DeleteConflict: Cannot delete entity, must remove users from group first.", &api.DeleteGroupInput{GroupName: new("engineers")})

	for i := range groupsPerUser - 1 {
		name := new(fmt.Sprintf("g%d", i))
		f.Do(&api.CreateGroupInput{GroupName: name}, &api.AddUserToGroupInput{UserName: new("ada"), GroupName: name})
	}
	f.Do(&api.CreateGroupInput{GroupName: new("last")})
	f.Fails("LimitExceeded: Cannot exceed quota for GroupsPerUser: 10", &api.AddUserToGroupInput{UserName: new("ada"), GroupName: new("last")})
}

func TestTags(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateUserInput{UserName: new("ada")})
	tag := func(k, v string) api.Tag { return api.Tag{Key: &k, Value: &v} }
	f.Do(&api.TagUserInput{UserName: new("ada"), Tags: []api.Tag{tag("b", "1"), tag("a", "2")}},
		&api.TagUserInput{UserName: new("ada"), Tags: []api.Tag{tag("B", "3")}})
	list := f.Do(&api.ListUserTagsInput{UserName: new("ada")}).(*api.ListUserTagsOutput).Tags
	f.Equal("keys", names(list, func(t api.Tag) *string { return t.Key }), []string{"B", "a"})
	f.Fails("InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive.",
		&api.TagUserInput{UserName: new("ada"), Tags: []api.Tag{tag("x", "1"), tag("X", "2")}})
	f.Fails("InvalidInput: Tag keys that begin with aws: are reserved for system use: AWS:x",
		&api.TagUserInput{UserName: new("ada"), Tags: []api.Tag{tag("AWS:x", "1")}})
	var many []api.Tag
	for i := range 50 {
		many = append(many, tag(fmt.Sprint(i), ""))
	}
	f.Fails("LimitExceeded: The number of tags has reached the maximum limit.", &api.TagUserInput{UserName: new("ada"), Tags: many})
	f.Do(&api.UntagUserInput{UserName: new("ada"), TagKeys: []string{"A", "nobody"}})
	f.Equal("left", len(f.Do(&api.ListUserTagsInput{UserName: new("ada")}).(*api.ListUserTagsOutput).Tags), 1)
}

func TestQuotas(t *testing.T) {
	f := newFixture(t)
	f.Update(func(tx *store.Tx) error {
		for i := range userClass.limit - 1 { // and admin
			u := &User{Entity: Entity{Account: account, Name: fmt.Sprintf("u%d", i)}}
			users.Put(tx, u.key(), u)
		}
		for i := range groupClass.limit {
			g := &Group{Entity: Entity{Account: account, Name: fmt.Sprintf("g%d", i)}}
			groups.Put(tx, g.key(), g)
		}
		for i := range roleClass.limit {
			r := &Role{Entity: Entity{Account: account, Name: fmt.Sprintf("r%d", i)}}
			roles.Put(tx, r.key(), r)
		}
		for i := range policyClass.limit {
			p := &Policy{Entity: Entity{Account: account, Name: fmt.Sprintf("p%d", i)}}
			policies.Put(tx, policyClass.arn(account, "/", p.Name), p)
		}
		return nil
	})
	f.Fails("LimitExceeded: Cannot exceed quota for UsersPerAccount: 5000", &api.CreateUserInput{UserName: new("x")})
	f.Fails("LimitExceeded: Cannot exceed quota for GroupsPerAccount: 300", &api.CreateGroupInput{GroupName: new("x")})
	f.Fails("LimitExceeded: Cannot exceed quota for RolesPerAccount: 1000", &api.CreateRoleInput{RoleName: new("x"), AssumeRolePolicyDocument: trusting(account)})
	f.Fails("LimitExceeded: Cannot exceed quota for PoliciesPerAccount: 1500", &api.CreatePolicyInput{PolicyName: new("x"), PolicyDocument: document("s3:*")})
	f.Caller = calltest.Root(other)
	f.Do(&api.CreateUserInput{UserName: new("x")}, &api.CreateGroupInput{GroupName: new("x")})
}

func TestPaging(t *testing.T) {
	f := newFixture(t)
	for _, name := range []string{"b", "C", "a", "d"} {
		f.Do(&api.CreateUserInput{UserName: &name, Path: new("/x/" + name + "/")})
	}
	var got []string
	in := &api.ListUsersInput{PathPrefix: new("/x/"), MaxItems: new(int32(3))}
	out := f.Do(in).(*api.ListUsersOutput)
	got = append(got, names(out.Users, func(u api.User) *string { return u.UserName })...)
	f.Equal("truncated", *out.IsTruncated, true)
	f.Do(&api.DeleteUserInput{UserName: new("C")}) // the item that the marker names
	in.Marker = out.Marker
	out = f.Do(in).(*api.ListUsersOutput)
	got = append(got, names(out.Users, func(u api.User) *string { return u.UserName })...)
	f.Equal("users", got, []string{"a", "b", "C", "d"})
	f.Equal("truncated", *out.IsTruncated, false)
	if out.Marker != nil {
		t.Errorf("marker %s on the last page", *out.Marker)
	}
	f.Equal("exact page", *f.Do(&api.ListUsersInput{MaxItems: new(int32(4))}).(*api.ListUsersOutput).IsTruncated, false)
	f.Fails("ValidationError: Invalid Marker.", &api.ListUsersInput{Marker: new("?")})
	f.Fails("ValidationError: Invalid Marker.", &api.ListUsersInput{Marker: new("garbage")}) // base64, and no key
	empty := f.Do(&api.ListUsersInput{PathPrefix: new("/none/")}).(*api.ListUsersOutput)
	if empty.Users == nil || len(empty.Users) != 0 {
		t.Errorf("an empty list is %#v", empty.Users)
	}
}
