package iam

import (
	"fmt"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

func TestUser(t *testing.T) {
	f := newFixture(t)
	u := f.do(&api.CreateUserInput{UserName: new("Ada"), Path: new("/eng/"), Tags: []api.Tag{{Key: new("team"), Value: new("blue")}}}).(*api.CreateUserOutput).User
	f.equal("arn", *u.Arn, "arn:aws:iam::111111111111:user/eng/Ada")
	f.equal("date", *u.CreateDate, f.now)
	if !strings.HasPrefix(*u.UserId, "AIDA") || len(*u.UserId) != 21 {
		t.Errorf("id %s", *u.UserId)
	}
	f.equal("tags", *u.Tags[0].Value, "blue")

	f.fails("EntityAlreadyExists: User with name ada already exists.", &api.CreateUserInput{UserName: new("ada")})
	f.equal("found in another case", *f.do(&api.GetUserInput{UserName: new("ADA")}).(*api.GetUserOutput).User.UserName, "Ada")
	f.fails("NoSuchEntity: The user with name bob cannot be found.", &api.GetUserInput{UserName: new("bob")})
	f.fails("NoSuchEntity: The user with name bob cannot be found.", &api.DeleteUserInput{UserName: new("bob")})

	// A user of another account is not seen.
	f.caller = root(other)
	f.fails("NoSuchEntity: The user with name Ada cannot be found.", &api.GetUserInput{UserName: new("Ada")})
}

func TestUserOmitted(t *testing.T) {
	f := newFixture(t)
	f.equal("the caller", *f.do(&api.GetUserInput{}).(*api.GetUserOutput).User.UserName, "admin")
	f.equal("keys", len(f.do(&api.ListAccessKeysInput{}).(*api.ListAccessKeysOutput).AccessKeyMetadata), 1)

	f.caller = root(account)
	u := f.do(&api.GetUserInput{}).(*api.GetUserOutput).User
	f.equal("root", *u.Arn, "arn:aws:iam::111111111111:root")
	f.equal("root's id", *u.UserId, account)
	if u.UserName != nil {
		t.Errorf("a root without alias is called %s", *u.UserName)
	}
	f.do(&api.CreateAccountAliasInput{AccountAlias: new("acme")})
	f.equal("alias", *f.do(&api.GetUserInput{}).(*api.GetUserOutput).User.UserName, "acme")

	f.caller = aws.Principal{Type: aws.AssumedRole, Account: account, Session: &aws.Session{}}
	f.fails("ValidationError: Must specify userName when calling with non-User credentials", &api.GetUserInput{})
	f.fails("ValidationError: Must specify userName when calling with non-User credentials", &api.CreateAccessKeyInput{})
}

func TestUpdateUser(t *testing.T) {
	f := newFixture(t)
	f.do(&api.CreateUserInput{UserName: new("ada")}, &api.CreateUserInput{UserName: new("bob")}, &api.CreateGroupInput{GroupName: new("eng")},
		&api.AddUserToGroupInput{UserName: new("ada"), GroupName: new("eng")})
	key := f.do(&api.CreateAccessKeyInput{UserName: new("ada")}).(*api.CreateAccessKeyOutput).AccessKey
	id := f.as(*key.AccessKeyId).ID

	f.fails("EntityAlreadyExists: User with name Bob already exists.", &api.UpdateUserInput{UserName: new("ada"), NewUserName: new("Bob")})
	f.do(&api.UpdateUserInput{UserName: new("ada"), NewUserName: new("Ada")}) // only the case changes
	f.do(&api.UpdateUserInput{UserName: new("ada"), NewUserName: new("lovelace"), NewPath: new("/math/")})
	f.fails("NoSuchEntity: The user with name ada cannot be found.", &api.GetUserInput{UserName: new("ada")})
	p := f.as(*key.AccessKeyId)
	f.equal("arn", p.ARN, "arn:aws:iam::111111111111:user/math/lovelace")
	f.equal("id", p.ID, id)
	f.equal("groups", len(f.do(&api.ListGroupsForUserInput{UserName: new("lovelace")}).(*api.ListGroupsForUserOutput).Groups), 1)
}

func TestDeleteUser(t *testing.T) {
	f := newFixture(t)
	f.do(&api.CreateUserInput{UserName: new("ada")}, &api.CreateGroupInput{GroupName: new("eng")},
		&api.AddUserToGroupInput{UserName: new("ada"), GroupName: new("eng")},
		&api.PutUserPolicyInput{UserName: new("ada"), PolicyName: new("p"), PolicyDocument: document("s3:*")},
		&api.AttachUserPolicyInput{UserName: new("ada"), PolicyArn: new(administratorAccess)})
	key := f.do(&api.CreateAccessKeyInput{UserName: new("ada")}).(*api.CreateAccessKeyOutput).AccessKey

	del := &api.DeleteUserInput{UserName: new("ada")}
	f.fails("DeleteConflict: Cannot delete entity, must detach all policies first.", del)
	f.do(&api.DetachUserPolicyInput{UserName: new("ada"), PolicyArn: new(administratorAccess)})
	f.fails("DeleteConflict: Cannot delete entity, must delete policies first.", del)
	f.do(&api.DeleteUserPolicyInput{UserName: new("ada"), PolicyName: new("p")})
	f.fails("DeleteConflict: Cannot delete entity, must delete access keys first.", del)
	f.do(&api.DeleteAccessKeyInput{UserName: new("ada"), AccessKeyId: key.AccessKeyId})
	f.fails("DeleteConflict: Cannot delete entity, must remove users from group first.", del)
	f.do(&api.RemoveUserFromGroupInput{UserName: new("ada"), GroupName: new("eng")}, del)
	f.fails("NoSuchEntity: The user with name ada cannot be found.", &api.GetUserInput{UserName: new("ada")})
}

func TestGroups(t *testing.T) {
	f := newFixture(t)
	f.do(&api.CreateUserInput{UserName: new("ada")}, &api.CreateUserInput{UserName: new("bob")})
	g := f.do(&api.CreateGroupInput{GroupName: new("eng")}).(*api.CreateGroupOutput).Group
	f.equal("arn", *g.Arn, "arn:aws:iam::111111111111:group/eng")
	f.fails("EntityAlreadyExists: Group with name Eng already exists.", &api.CreateGroupInput{GroupName: new("Eng")})
	f.fails("NoSuchEntity: The group with name ops cannot be found.", &api.GetGroupInput{GroupName: new("ops")})
	f.fails("NoSuchEntity: User ada not in group eng", &api.RemoveUserFromGroupInput{UserName: new("ada"), GroupName: new("eng")})

	add := &api.AddUserToGroupInput{UserName: new("ada"), GroupName: new("eng")}
	f.do(add, add, &api.AddUserToGroupInput{UserName: new("bob"), GroupName: new("eng")})
	out := f.do(&api.GetGroupInput{GroupName: new("eng"), MaxItems: new(int32(1))}).(*api.GetGroupOutput)
	f.equal("first page", names(out.Users, func(u api.User) *string { return u.UserName }), []string{"ada"})
	out = f.do(&api.GetGroupInput{GroupName: new("eng"), Marker: out.Marker}).(*api.GetGroupOutput)
	f.equal("second page", names(out.Users, func(u api.User) *string { return u.UserName }), []string{"bob"})
	f.equal("truncated", *out.IsTruncated, false)

	f.do(&api.UpdateGroupInput{GroupName: new("eng"), NewGroupName: new("engineers")})
	f.equal("members follow", len(f.do(&api.GetGroupInput{GroupName: new("engineers")}).(*api.GetGroupOutput).Users), 2)
	f.fails("DeleteConflict: Cannot delete entity, must remove users from group first.", &api.DeleteGroupInput{GroupName: new("engineers")})

	for i := range groupsPerUser - 1 {
		name := new(fmt.Sprintf("g%d", i))
		f.do(&api.CreateGroupInput{GroupName: name}, &api.AddUserToGroupInput{UserName: new("ada"), GroupName: name})
	}
	f.do(&api.CreateGroupInput{GroupName: new("last")})
	f.fails("LimitExceeded: Cannot exceed quota for GroupsPerUser: 10", &api.AddUserToGroupInput{UserName: new("ada"), GroupName: new("last")})
}

func TestTags(t *testing.T) {
	f := newFixture(t)
	f.do(&api.CreateUserInput{UserName: new("ada")})
	tag := func(k, v string) api.Tag { return api.Tag{Key: &k, Value: &v} }
	f.do(&api.TagUserInput{UserName: new("ada"), Tags: []api.Tag{tag("b", "1"), tag("a", "2")}},
		&api.TagUserInput{UserName: new("ada"), Tags: []api.Tag{tag("B", "3")}})
	list := f.do(&api.ListUserTagsInput{UserName: new("ada")}).(*api.ListUserTagsOutput).Tags
	f.equal("keys", names(list, func(t api.Tag) *string { return t.Key }), []string{"B", "a"})
	f.fails("InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive.",
		&api.TagUserInput{UserName: new("ada"), Tags: []api.Tag{tag("x", "1"), tag("X", "2")}})
	f.fails("InvalidInput: Tag keys that begin with aws: are reserved for system use: AWS:x",
		&api.TagUserInput{UserName: new("ada"), Tags: []api.Tag{tag("AWS:x", "1")}})
	var many []api.Tag
	for i := range 50 {
		many = append(many, tag(fmt.Sprint(i), ""))
	}
	f.fails("LimitExceeded: The number of tags has reached the maximum limit.", &api.TagUserInput{UserName: new("ada"), Tags: many})
	f.do(&api.UntagUserInput{UserName: new("ada"), TagKeys: []string{"A", "nobody"}})
	f.equal("left", len(f.do(&api.ListUserTagsInput{UserName: new("ada")}).(*api.ListUserTagsOutput).Tags), 1)
}

func TestQuotas(t *testing.T) {
	f := newFixture(t)
	f.update(func(tx *store.Tx) error {
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
	f.fails("LimitExceeded: Cannot exceed quota for UsersPerAccount: 5000", &api.CreateUserInput{UserName: new("x")})
	f.fails("LimitExceeded: Cannot exceed quota for GroupsPerAccount: 300", &api.CreateGroupInput{GroupName: new("x")})
	f.fails("LimitExceeded: Cannot exceed quota for RolesPerAccount: 1000", &api.CreateRoleInput{RoleName: new("x"), AssumeRolePolicyDocument: trusting(account)})
	f.fails("LimitExceeded: Cannot exceed quota for PoliciesPerAccount: 1500", &api.CreatePolicyInput{PolicyName: new("x"), PolicyDocument: document("s3:*")})
	f.caller = root(other)
	f.do(&api.CreateUserInput{UserName: new("x")}, &api.CreateGroupInput{GroupName: new("x")})
}

func TestPaging(t *testing.T) {
	f := newFixture(t)
	for _, name := range []string{"b", "C", "a", "d"} {
		f.do(&api.CreateUserInput{UserName: &name, Path: new("/x/" + name + "/")})
	}
	var got []string
	in := &api.ListUsersInput{PathPrefix: new("/x/"), MaxItems: new(int32(3))}
	out := f.do(in).(*api.ListUsersOutput)
	got = append(got, names(out.Users, func(u api.User) *string { return u.UserName })...)
	f.equal("truncated", *out.IsTruncated, true)
	f.do(&api.DeleteUserInput{UserName: new("C")}) // the item that the marker names
	in.Marker = out.Marker
	out = f.do(in).(*api.ListUsersOutput)
	got = append(got, names(out.Users, func(u api.User) *string { return u.UserName })...)
	f.equal("users", got, []string{"a", "b", "C", "d"})
	f.equal("truncated", *out.IsTruncated, false)
	if out.Marker != nil {
		t.Errorf("marker %s on the last page", *out.Marker)
	}
	f.equal("exact page", *f.do(&api.ListUsersInput{MaxItems: new(int32(4))}).(*api.ListUsersOutput).IsTruncated, false)
	f.fails("ValidationError: Invalid Marker.", &api.ListUsersInput{Marker: new("?")})
	f.fails("ValidationError: Invalid Marker.", &api.ListUsersInput{Marker: new("garbage")}) // base64, and no key
	empty := f.do(&api.ListUsersInput{PathPrefix: new("/none/")}).(*api.ListUsersOutput)
	if empty.Users == nil || len(empty.Users) != 0 {
		t.Errorf("an empty list is %#v", empty.Users)
	}
}
