package iam

import (
	"slices"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

func (f *fixture) access(in wire.Shape) []call.Target {
	f.Helper()
	targets, err := f.service.Access(f.Begin(in), in)
	if err != nil {
		f.Fatal(err)
	}
	return targets
}

// Every operation says what it needs, and nothing else does.
func TestEveryOperationNeedsAPermission(t *testing.T) {
	f := newFixture(t)
	for _, op := range api.API.Operations {
		if permissions[op.Name] == nil {
			t.Errorf("%s needs no permission", op.Name)
			continue
		}
		targets := f.access(op.NewInput()) // an input without any member
		if len(targets) != 1 || targets[0].Action != "iam:"+op.Name {
			t.Errorf("%s needs %v", op.Name, targets)
		}
	}
	for name := range permissions {
		if api.API.Operation(name) == nil {
			t.Errorf("%s is no operation", name)
		}
	}
}

func TestAccess(t *testing.T) {
	f := newFixture(t)
	tags := []api.Tag{{Key: new("Team"), Value: new("blue")}}
	f.Do(&api.CreateUserInput{UserName: new("ada"), Path: new("/eng/"), Tags: tags, PermissionsBoundary: new(administratorAccess)},
		&api.CreateRoleInput{RoleName: new("r"), Path: new("/x/"), AssumeRolePolicyDocument: trusting(account)})
	key := f.Do(&api.CreateAccessKeyInput{UserName: new("ada")}).(*api.CreateAccessKeyOutput).AccessKey.AccessKeyId
	const (
		ada  = "arn:aws:iam::111111111111:user/eng/ada"
		role = "arn:aws:iam::111111111111:role/x/r"
		slr  = "arn:aws:iam::111111111111:role/aws-service-role/cloudtrail.amazonaws.com/AWSServiceRoleForCloudTrail"
	)
	for _, c := range []struct {
		in       wire.Shape
		resource string
		context  string // key=value, … of the keys asked about
	}{
		{&api.GetUserInput{}, "arn:aws:iam::111111111111:user/admin", ""},
		{&api.GetUserInput{UserName: new("ada")}, ada, "aws:resourcetag/team=blue iam:resourcetag/team=blue"},
		{&api.GetUserInput{UserName: new("bob")}, "arn:aws:iam::111111111111:user/bob", ""},
		{&api.CreateUserInput{UserName: new("bob"), Path: new("/p/"), PermissionsBoundary: new("arn:b")}, "arn:aws:iam::111111111111:user/p/bob", "iam:permissionsboundary=arn:b"},
		{&api.ListUsersInput{}, "arn:aws:iam::111111111111:user/", ""},
		{&api.ListRolesInput{PathPrefix: new("/aws-service-role/")}, "arn:aws:iam::111111111111:role/aws-service-role/", ""},
		{&api.ListVirtualMFADevicesInput{}, "arn:aws:iam::111111111111:mfa/", ""},
		{&api.ListSAMLProvidersInput{}, "arn:aws:iam::111111111111:saml-provider/*", ""},
		{&api.ListAccountAliasesInput{}, "*", ""},
		{&api.GetGroupInput{GroupName: new("g")}, "arn:aws:iam::111111111111:group/g", ""},
		{&api.DeleteRoleInput{RoleName: new("R")}, role, ""},
		{&api.GetAccessKeyLastUsedInput{AccessKeyId: key}, ada, "aws:resourcetag/team=blue iam:resourcetag/team=blue"},
		{&api.AttachUserPolicyInput{UserName: new("ada"), PolicyArn: new("arn:p")}, ada,
			"aws:resourcetag/team=blue iam:permissionsboundary=" + administratorAccess + " iam:policyarn=arn:p iam:resourcetag/team=blue"},
		{&api.AttachRolePolicyInput{RoleName: new("r"), PolicyArn: new("arn:p")}, role, "iam:policyarn=arn:p"},
		{&api.PutRolePermissionsBoundaryInput{RoleName: new("r"), PermissionsBoundary: new("arn:b")}, role, "iam:permissionsboundary=arn:b"},
		{&api.TagRoleInput{RoleName: new("r"), Tags: tags}, role, "aws:requesttag/team=blue aws:tagkeys=Team"},
		{&api.UntagRoleInput{RoleName: new("r"), TagKeys: []string{"a", "b"}}, role, "aws:tagkeys=a,b"},
		{&api.CreateServiceLinkedRoleInput{AWSServiceName: new("cloudtrail.amazonaws.com")}, slr, "iam:awsservicename=cloudtrail.amazonaws.com"},
		{&api.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: new("task/aws-service-role/cloudtrail.amazonaws.com/AWSServiceRoleForCloudTrail/id")}, slr, ""},
		{&api.GetPolicyInput{PolicyArn: new(administratorAccess)}, administratorAccess, ""},
		{&api.CreatePolicyInput{PolicyName: new("P"), Path: new("/q/")}, "arn:aws:iam::111111111111:policy/q/P", ""},
		{&api.AddRoleToInstanceProfileInput{InstanceProfileName: new("p"), RoleName: new("r")}, "arn:aws:iam::111111111111:instance-profile/p", ""},
	} {
		got := f.access(c.in)[0]
		var context []string
		for key, values := range got.Context {
			context = append(context, key+"="+strings.Join(values, ","))
		}
		slices.Sort(context)
		if got.Resource != c.resource || strings.Join(context, " ") != c.context {
			t.Errorf("%s: %s %q", c.in.Describe().Name, got.Resource, context)
		}
	}

	foreign := f.access(&api.GetPolicyInput{PolicyArn: new("arn:aws:iam::222222222222:policy/P")})[0]
	f.Equal("owner of a foreign policy", foreign.Owner, other)
	made := f.access(&api.CreateRoleInput{RoleName: new("n"), Tags: tags})
	f.Equal("making with tags", []string{made[0].Action, made[1].Action, made[1].Resource},
		[]string{"iam:CreateRole", "iam:TagRole", "arn:aws:iam::111111111111:role/n"})
	f.Caller = calltest.Root(account)
	f.Equal("a root without a name", f.access(&api.CreateAccessKeyInput{})[0].Resource, "arn:aws:iam::111111111111:root")
}

// Who renames or moves something needs the permission for what it is and for
// what it is to be, or one that may rename its own user could take the name
// that somebody else's policies trust.
func TestRenaming(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateUserInput{UserName: new("ada"), Path: new("/eng/")}, &api.CreateGroupInput{GroupName: new("g")})
	for _, c := range []struct {
		in   wire.Shape
		want []string
	}{
		{&api.UpdateUserInput{UserName: new("ada")}, []string{"user/eng/ada"}},
		{&api.UpdateUserInput{UserName: new("ada"), NewUserName: new("admin")}, []string{"user/eng/ada", "user/eng/admin"}},
		{&api.UpdateUserInput{UserName: new("ada"), NewPath: new("/ops/")}, []string{"user/eng/ada", "user/ops/ada"}},
		{&api.UpdateUserInput{UserName: new("ada"), NewUserName: new("ada")}, []string{"user/eng/ada"}},
		{&api.UpdateUserInput{UserName: new("nobody"), NewUserName: new("admin")}, []string{"user/nobody", "user/admin"}},
		{&api.UpdateGroupInput{GroupName: new("g"), NewGroupName: new("h"), NewPath: new("/x/")}, []string{"group/g", "group/x/h"}},
		{&api.UpdateServerCertificateInput{ServerCertificateName: new("c"), NewServerCertificateName: new("d")}, []string{"server-certificate/c", "server-certificate/d"}},
	} {
		var got []string
		for _, target := range f.access(c.in) {
			got = append(got, strings.TrimPrefix(target.Resource, "arn:aws:iam::111111111111:"))
		}
		f.Equal(c.in.Describe().Name, got, c.want)
	}
}

// A refusal calls what exists by the name that the call has for it, and what
// is made or listed by its ARN.
func TestCalled(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateUserInput{UserName: new("ada"), Path: new("/eng/")})
	for _, c := range []struct {
		in   wire.Shape
		want string
	}{
		{&api.CreateAccessKeyInput{UserName: new("ada")}, "user ada"},
		{&api.GetUserInput{}, ""},
		{&api.GetRoleInput{RoleName: new("none")}, "role none"},
		{&api.AddUserToGroupInput{GroupName: new("g"), UserName: new("ada")}, "group g"},
		{&api.GetInstanceProfileInput{InstanceProfileName: new("p")}, "instance profile p"},
		{&api.CreatePolicyVersionInput{PolicyArn: new(administratorAccess)}, "policy " + administratorAccess},
		{&api.CreatePolicyInput{PolicyName: new("P")}, "policy P"},
		{&api.ListPoliciesInput{}, "policy path /"},
		{&api.ListUsersInput{}, ""},
		{&api.CreateUserInput{UserName: new("bob")}, ""},
		{&api.TagRoleInput{RoleName: new("r")}, ""},
		{&api.SimulatePrincipalPolicyInput{PolicySourceArn: new("arn:aws:iam::111111111111:user/eng/ada")}, ""},
	} {
		f.Equal(c.in.Describe().Name, f.access(c.in)[0].Called, c.want)
	}
	renaming := f.access(&api.UpdateUserInput{UserName: new("ada"), NewUserName: new("bob")})
	f.Equal("renaming", []string{renaming[0].Called, renaming[1].Called}, []string{"user ada", ""})
}
