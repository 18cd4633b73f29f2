package iam

import (
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

func TestRole(t *testing.T) {
	f := newFixture(t)
	r := f.Do(&api.CreateRoleInput{RoleName: new("Trail"), Path: new("/ops/"), AssumeRolePolicyDocument: trusting(other), Description: new("d"),
		MaxSessionDuration: new(int32(7200))}).(*api.CreateRoleOutput).Role
	f.Equal("arn", *r.Arn, "arn:aws:iam::111111111111:role/ops/Trail")
	if !strings.HasPrefix(*r.RoleId, "AROA") {
		t.Error(*r.RoleId)
	}
	f.Equal("document", *r.AssumeRolePolicyDocument, "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22222222222222%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D")
	f.Fails("EntityAlreadyExists: Role with name TRAIL already exists.", &api.CreateRoleInput{RoleName: new("TRAIL"), AssumeRolePolicyDocument: trusting(other)})
	f.Fails("NoSuchEntity: The role with name x cannot be found.", &api.GetRoleInput{RoleName: new("x")})
	f.Fails(`MalformedPolicyDocument: Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:user/nobody"`,
		&api.UpdateAssumeRolePolicyInput{RoleName: new("Trail"), PolicyDocument: trusting("arn:aws:iam::111111111111:user/nobody")})
	f.Fails("InvalidInput: The path /aws-service-role/ and role names that begin with AWSServiceRoleFor are reserved for service-linked roles.",
		&api.CreateRoleInput{RoleName: new("AWSServiceRoleForX"), AssumeRolePolicyDocument: trusting(other)})

	f.Do(&api.UpdateRoleInput{RoleName: new("Trail"), MaxSessionDuration: new(int32(3600))},
		&api.UpdateAssumeRolePolicyInput{RoleName: new("Trail"), PolicyDocument: trusting("arn:aws:iam::111111111111:user/admin")})
	got := f.Do(&api.GetRoleInput{RoleName: new("trail")}).(*api.GetRoleOutput).Role
	f.Equal("longest session", *got.MaxSessionDuration, int32(3600))
	f.Equal("description", *got.Description, "d")
	if got.RoleLastUsed == nil || got.RoleLastUsed.LastUsedDate != nil {
		t.Errorf("last used %v", got.RoleLastUsed)
	}
	f.Equal("new description", *f.Do(&api.UpdateRoleDescriptionInput{RoleName: new("Trail"), Description: new("e")}).(*api.UpdateRoleDescriptionOutput).Role.Description, "e")

	long := *trusting(other)
	long = strings.Replace(long, `"Version"`, `"Id":"`+strings.Repeat("x", trustSize)+`","Version"`, 1)
	f.Fails("LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048", &api.UpdateAssumeRolePolicyInput{RoleName: new("Trail"), PolicyDocument: &long})
}

func TestDeleteRole(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: trusting(account)},
		&api.CreateInstanceProfileInput{InstanceProfileName: new("p")},
		&api.AddRoleToInstanceProfileInput{InstanceProfileName: new("p"), RoleName: new("r")},
		&api.PutRolePolicyInput{RoleName: new("r"), PolicyName: new("p"), PolicyDocument: document("s3:*")},
		&api.AttachRolePolicyInput{RoleName: new("r"), PolicyArn: new(administratorAccess)})
	del := &api.DeleteRoleInput{RoleName: new("r")}
	f.Fails("DeleteConflict: Cannot delete entity, must remove roles from instance profile first.", del)
	f.Fails("DeleteConflict: Cannot delete entity, must remove roles from instance profile first.", &api.DeleteInstanceProfileInput{InstanceProfileName: new("p")})
	f.Do(&api.RemoveRoleFromInstanceProfileInput{InstanceProfileName: new("p"), RoleName: new("r")})
	f.Fails("DeleteConflict: Cannot delete entity, must detach all policies first.", del)
	f.Do(&api.DetachRolePolicyInput{RoleName: new("r"), PolicyArn: new(administratorAccess)})
	f.Fails("DeleteConflict: Cannot delete entity, must delete policies first.", del)
	f.Do(&api.DeleteRolePolicyInput{RoleName: new("r"), PolicyName: new("p")}, del, &api.DeleteInstanceProfileInput{InstanceProfileName: new("p")})
	f.Fails("NoSuchEntity: The role with name r cannot be found.", del)
}

func TestInstanceProfile(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: trusting(account)})
	p := f.Do(&api.CreateInstanceProfileInput{InstanceProfileName: new("p"), Path: new("/x/")}).(*api.CreateInstanceProfileOutput).InstanceProfile
	f.Equal("arn", *p.Arn, "arn:aws:iam::111111111111:instance-profile/x/p")
	f.Fails("EntityAlreadyExists: Instance Profile p already exists.", &api.CreateInstanceProfileInput{InstanceProfileName: new("p")})
	f.Fails("NoSuchEntity: Instance Profile q cannot be found.", &api.GetInstanceProfileInput{InstanceProfileName: new("q")})

	add := &api.AddRoleToInstanceProfileInput{InstanceProfileName: new("p"), RoleName: new("r")}
	f.Forbidden["iam:PassRole"] = true
	f.Fails("AccessDenied: User: arn:aws:iam::111111111111:user/admin is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111111111111:role/r with an explicit deny in a service control policy", add)
	delete(f.Forbidden, "iam:PassRole")
	f.Asked()
	f.Do(add)
	asked := f.Asked()
	f.Equal("asked", []string{asked[0].Action, asked[1].Action}, []string{"iam:AddRoleToInstanceProfile", "iam:PassRole"})
	f.Equal("asked to pass", asked[1].Resource, "arn:aws:iam::111111111111:role/r")
	f.Equal("to", asked[1].Context["iam:passedtoservice"], []string{"ec2.amazonaws.com"})
	f.Fails("LimitExceeded: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1", add)
	list := f.Do(&api.ListInstanceProfilesForRoleInput{RoleName: new("r")}).(*api.ListInstanceProfilesForRoleOutput).InstanceProfiles
	f.Equal("role", *list[0].Roles[0].RoleName, "r")
	f.Fails("NoSuchEntity: The role with name x cannot be found.", &api.RemoveRoleFromInstanceProfileInput{InstanceProfileName: new("p"), RoleName: new("x")})
}

func TestEnsureRole(t *testing.T) {
	f := newFixture(t)
	trust := *trusting("arn:aws:iam::111111111111:root")
	for range 2 {
		f.Update(func(tx *store.Tx) error {
			return f.service.EnsureRole(tx, f.Clock.Now(), other, "OrganizationAccountAccessRole", trust, administratorAccess)
		})
	}
	role, ok := f.service.Role(f.Store.View(), "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole")
	if !ok {
		t.Fatal("no role")
	}
	f.Equal("policies", role.Attached, []string{administratorAccess})
	f.Equal("trust", role.Trust.Text(), trust)
}

func TestServiceLinkedRole(t *testing.T) {
	f := newFixture(t)
	r := f.Do(&api.CreateServiceLinkedRoleInput{AWSServiceName: new("cloudtrail.amazonaws.com")}).(*api.CreateServiceLinkedRoleOutput).Role
	f.Equal("arn", *r.Arn, "arn:aws:iam::111111111111:role/aws-service-role/cloudtrail.amazonaws.com/AWSServiceRoleForCloudTrail")
	attached := f.Do(&api.ListAttachedRolePoliciesInput{RoleName: r.RoleName}).(*api.ListAttachedRolePoliciesOutput).AttachedPolicies
	f.Equal("policy", *attached[0].PolicyArn, "arn:aws:iam::aws:policy/aws-service-role/CloudTrailServiceRolePolicy")
	f.Fails("InvalidInput: Service role name AWSServiceRoleForCloudTrail has been taken in this account, please try a different suffix.",
		&api.CreateServiceLinkedRoleInput{AWSServiceName: new("cloudtrail.amazonaws.com")})
	f.Fails("InvalidInput: Custom suffix is not allowed for cloudtrail.amazonaws.com",
		&api.CreateServiceLinkedRoleInput{AWSServiceName: new("cloudtrail.amazonaws.com"), CustomSuffix: new("x")})
	f.Fails("InvalidInput: Service role creation is not supported for example.com.", &api.CreateServiceLinkedRoleInput{AWSServiceName: new("example.com")})
	for service, want := range map[string]string{
		"organizations.amazonaws.com":      "AWSServiceRoleForOrganizations",
		"context.cloudtrail.amazonaws.com": "AWSServiceRoleForCloudTrailEventContext",
		"some-thing.new.amazonaws.com":     "AWSServiceRoleForSomeThingNew",
	} {
		f.Equal(service, *f.Do(&api.CreateServiceLinkedRoleInput{AWSServiceName: &service}).(*api.CreateServiceLinkedRoleOutput).Role.RoleName, want)
	}

	name := r.RoleName
	refusal := "UnmodifiableEntity: Cannot perform the operation on the protected role 'AWSServiceRoleForCloudTrail' - this role is only modifiable by AWS"
	f.Fails(refusal, &api.DeleteRoleInput{RoleName: name})
	f.Fails(refusal, &api.AttachRolePolicyInput{RoleName: name, PolicyArn: new(administratorAccess)})
	f.Fails(refusal, &api.PutRolePolicyInput{RoleName: name, PolicyName: new("p"), PolicyDocument: document("s3:*")})
	f.Fails(refusal, &api.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: trusting(other)})
	f.Fails(refusal, &api.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: new(administratorAccess)})
	f.Do(&api.UpdateRoleInput{RoleName: name, Description: new("mine")}, &api.TagRoleInput{RoleName: name, Tags: []api.Tag{{Key: new("k"), Value: new("v")}}})
}

func TestDeleteServiceLinkedRole(t *testing.T) {
	f := newFixture(t)
	created := func() (made bool) {
		f.Update(func(tx *store.Tx) (err error) {
			made, err = f.service.EnsureServiceLinkedRole(tx, f.Clock.Now(), account, "cloudtrail.amazonaws.com")
			return err
		})
		return made
	}
	f.Equal("created", created(), true)
	f.Equal("created again", created(), false)

	trail := "arn:aws:cloudtrail:us-east-2:111111111111:trail/org"
	f.service.InUse = func(r store.Reader, a, service string) []RoleUsage {
		if a != account || service != "cloudtrail.amazonaws.com" {
			t.Errorf("asked about %s of %s", service, a)
		}
		return []RoleUsage{{"us-east-2", []string{trail}}}
	}
	del := &api.DeleteServiceLinkedRoleInput{RoleName: new("AWSServiceRoleForCloudTrail")}
	task := f.Do(del).(*api.DeleteServiceLinkedRoleOutput).DeletionTaskId
	status := f.Do(&api.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: task}).(*api.GetServiceLinkedRoleDeletionStatusOutput)
	f.Equal("status", *status.Status, "FAILED")
	f.Equal("usage", status.Reason.RoleUsageList[0].Resources, []string{trail})
	f.Equal("still there", f.service.HasServiceLinkedRole(f.Store.View(), account, "cloudtrail.amazonaws.com"), true)

	f.service.InUse = nil
	f.Clock.Advance(2 * taskKept)
	second := f.Do(del).(*api.DeleteServiceLinkedRoleOutput).DeletionTaskId
	f.Equal("status", *f.Do(&api.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: second}).(*api.GetServiceLinkedRoleDeletionStatusOutput).Status, "SUCCEEDED")
	f.Equal("gone", f.service.HasServiceLinkedRole(f.Store.View(), account, "cloudtrail.amazonaws.com"), false)
	f.Fails("NoSuchEntity: The deletion task with id "+*task+" cannot be found.", &api.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: task})
	f.Fails("NoSuchEntity: The role with name AWSServiceRoleForCloudTrail cannot be found.", del)

	created()
	f.Update(func(tx *store.Tx) error {
		f.service.RemoveServiceLinkedRole(tx, account, "cloudtrail.amazonaws.com")
		f.service.RemoveServiceLinkedRole(tx, account, "cloudtrail.amazonaws.com")
		return nil
	})
	f.Equal("removed", f.service.HasServiceLinkedRole(f.Store.View(), account, "cloudtrail.amazonaws.com"), false)
}
