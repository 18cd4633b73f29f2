package iam

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/policy"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

func TestPolicyVersions(t *testing.T) {
	f := newFixture(t)
	p := f.Do(&api.CreatePolicyInput{PolicyName: new("P"), Path: new("/x/"), PolicyDocument: document("s3:A")}).(*api.CreatePolicyOutput).Policy
	arn := p.Arn
	f.Equal("arn", *arn, "arn:aws:iam::111111111111:policy/x/P")
	f.Fails("EntityAlreadyExists: A policy called p already exists. Duplicate names are not allowed.", &api.CreatePolicyInput{PolicyName: new("p"), PolicyDocument: document("s3:A")})
	f.Fails("MalformedPolicyDocument: Syntax errors in policy.", &api.CreatePolicyInput{PolicyName: new("q"), PolicyDocument: new("{")})

	for i := 2; i <= versionsPerPolicy; i++ {
		f.Do(&api.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: document(fmt.Sprintf("s3:A%d", i)), SetAsDefault: new(i == 3)})
	}
	f.Fails("LimitExceeded: A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
		&api.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: document("s3:A")})
	f.Fails("DeleteConflict: Cannot delete the default version of a policy.", &api.DeletePolicyVersionInput{PolicyArn: arn, VersionId: new("v3")})
	f.Do(&api.DeletePolicyVersionInput{PolicyArn: arn, VersionId: new("v5")})
	v := f.Do(&api.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: document("s3:A6")}).(*api.CreatePolicyVersionOutput).PolicyVersion
	f.Equal("numbers are not used twice", *v.VersionId, "v6")
	f.Equal("in force", *v.IsDefaultVersion, false)
	list := f.Do(&api.ListPolicyVersionsInput{PolicyArn: arn}).(*api.ListPolicyVersionsOutput).Versions
	f.Equal("newest first", names(list, func(v api.PolicyVersion) *string { return v.VersionId }), []string{"v6", "v4", "v3", "v2", "v1"})
	f.Fails("NoSuchEntity: Policy "+*arn+" version v5 does not exist or is not attachable.", &api.GetPolicyVersionInput{PolicyArn: arn, VersionId: new("v5")})
	got := f.Do(&api.GetPolicyVersionInput{PolicyArn: arn, VersionId: new("v4")}).(*api.GetPolicyVersionOutput).PolicyVersion
	text, _ := url.PathUnescape(*got.Document)
	f.Equal("document", text, *document("s3:A4"))
	f.Do(&api.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: new("v1")})
	f.Equal("in force", *f.Do(&api.GetPolicyInput{PolicyArn: arn}).(*api.GetPolicyOutput).Policy.DefaultVersionId, "v1")

	f.Fails("DeleteConflict: This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
		&api.DeletePolicyInput{PolicyArn: arn})
	for _, id := range []string{"v2", "v3", "v4", "v6"} {
		f.Do(&api.DeletePolicyVersionInput{PolicyArn: arn, VersionId: &id})
	}
	f.Do(&api.PutUserPermissionsBoundaryInput{UserName: new("admin"), PermissionsBoundary: arn})
	f.Caller = calltest.Root(account) // whom the boundary leaves alone
	f.Fails("DeleteConflict: Cannot delete a policy attached to entities.", &api.DeletePolicyInput{PolicyArn: arn})
	f.Do(&api.DeleteUserPermissionsBoundaryInput{UserName: new("admin")}, &api.DeletePolicyInput{PolicyArn: arn})
	f.Fails("NoSuchEntity: Policy "+*arn+" was not found.", &api.GetPolicyInput{PolicyArn: arn})
}

func TestPolicySize(t *testing.T) {
	f := newFixture(t)
	padded := func(size int) *string {
		d := *document("s3:A")
		d = strings.Replace(d, `"*"`, `["*","arn:aws:s3:::`+strings.Repeat("x", size)+`"]`, 1)
		return &d
	}
	fill := policySize - size(*padded(0))
	f.Do(&api.CreatePolicyInput{PolicyName: new("full"), PolicyDocument: new("  " + *padded(fill) + "\n")})
	f.Fails("LimitExceeded: Cannot exceed quota for PolicySize: 6144", &api.CreatePolicyInput{PolicyName: new("over"), PolicyDocument: padded(fill + 1)})

	half := 2048/2 - size(*padded(0))
	put := func(name string, size int) *api.PutUserPolicyInput {
		return &api.PutUserPolicyInput{UserName: new("admin"), PolicyName: &name, PolicyDocument: padded(size)}
	}
	f.Do(put("a", half), put("b", half), put("a", half))
	f.Fails("LimitExceeded: Maximum policy size of 2048 bytes exceeded for user admin", put("b", half+1))
	f.Fails("LimitExceeded: Maximum policy size of 2048 bytes exceeded for user admin", put("c", 0))
}

func TestInlinePolicies(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.PutUserPolicyInput{UserName: new("admin"), PolicyName: new("b"), PolicyDocument: document("s3:A")},
		&api.PutUserPolicyInput{UserName: new("admin"), PolicyName: new("a"), PolicyDocument: document("s3:A")})
	f.Equal("names", f.Do(&api.ListUserPoliciesInput{UserName: new("admin")}).(*api.ListUserPoliciesOutput).PolicyNames, []string{"a", "b"})
	f.Fails("NoSuchEntity: The user policy with name c cannot be found.", &api.GetUserPolicyInput{UserName: new("admin"), PolicyName: new("c")})
	f.Fails("NoSuchEntity: The user policy with name c cannot be found.", &api.DeleteUserPolicyInput{UserName: new("admin"), PolicyName: new("c")})
	f.Fails("MalformedPolicyDocument: Statement IDs (SID) in a single policy must be unique.", &api.PutUserPolicyInput{UserName: new("admin"), PolicyName: new("c"),
		PolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"s3:A","Resource":"*"},{"Sid":"A","Effect":"Allow","Action":"s3:B","Resource":"*"}]}`)})
	f.Do(&api.CreateGroupInput{GroupName: new("g")}, &api.PutGroupPolicyInput{GroupName: new("g"), PolicyName: new("p"), PolicyDocument: document("s3:A")})
	f.Fails("NoSuchEntity: The group policy with name c cannot be found.", &api.GetGroupPolicyInput{GroupName: new("g"), PolicyName: new("c")})
	f.Fails("DeleteConflict: Cannot delete entity, must delete policies first.", &api.DeleteGroupInput{GroupName: new("g")})
	f.Do(&api.GetGroupPolicyInput{GroupName: new("g"), PolicyName: new("p")}, &api.DeleteGroupPolicyInput{GroupName: new("g"), PolicyName: new("p")})
	f.Equal("empty", f.Do(&api.ListGroupPoliciesInput{GroupName: new("g")}).(*api.ListGroupPoliciesOutput).PolicyNames, []string{})
}

func TestAttachments(t *testing.T) {
	f := newFixture(t)
	arn := f.Do(&api.CreatePolicyInput{PolicyName: new("P"), PolicyDocument: document("s3:A")}).(*api.CreatePolicyOutput).Policy.Arn
	f.Do(&api.CreateGroupInput{GroupName: new("g")}, &api.CreateUserInput{UserName: new("ada"), Path: new("/eng/"), PermissionsBoundary: arn},
		&api.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: trusting(account)},
		&api.AttachUserPolicyInput{UserName: new("ada"), PolicyArn: arn}, &api.AttachUserPolicyInput{UserName: new("ada"), PolicyArn: arn},
		&api.AttachGroupPolicyInput{GroupName: new("g"), PolicyArn: arn}, &api.AttachRolePolicyInput{RoleName: new("r"), PolicyArn: arn})
	p := f.Do(&api.GetPolicyInput{PolicyArn: arn}).(*api.GetPolicyOutput).Policy
	f.Equal("attachments", []int32{*p.AttachmentCount, *p.PermissionsBoundaryUsageCount}, []int32{3, 1})

	entities := func(in *api.ListEntitiesForPolicyInput) string {
		in.PolicyArn = arn
		out := f.Do(in).(*api.ListEntitiesForPolicyOutput)
		return fmt.Sprintf("%d groups %d roles %d users", len(out.PolicyGroups), len(out.PolicyRoles), len(out.PolicyUsers))
	}
	f.Equal("all", entities(&api.ListEntitiesForPolicyInput{}), "1 groups 1 roles 1 users")
	f.Equal("roles", entities(&api.ListEntitiesForPolicyInput{EntityFilter: new(api.EntityTypeRole)}), "0 groups 1 roles 0 users")
	f.Equal("path", entities(&api.ListEntitiesForPolicyInput{PathPrefix: new("/eng/")}), "0 groups 0 roles 1 users")
	f.Equal("boundary", entities(&api.ListEntitiesForPolicyInput{PolicyUsageFilter: new(api.PolicyUsageTypePermissionsBoundary)}), "0 groups 0 roles 1 users")
	f.Equal("page", entities(&api.ListEntitiesForPolicyInput{MaxItems: new(int32(2))}), "1 groups 1 roles 0 users")

	const linked = "arn:aws:iam::aws:policy/aws-service-role/CloudTrailServiceRolePolicy"
	f.Fails("PolicyNotAttachable: Cannot attach a Service Role Policy to a Customer Role.", &api.AttachRolePolicyInput{RoleName: new("r"), PolicyArn: new(linked)})
	f.Fails("NoSuchEntity: Policy arn:aws:iam::aws:policy/Nothing does not exist or is not attachable.", &api.AttachRolePolicyInput{RoleName: new("r"), PolicyArn: new("arn:aws:iam::aws:policy/Nothing")})
	f.Fails("NoSuchEntity: Policy arn:aws:iam::aws:policy/Nothing was not found.", &api.DetachRolePolicyInput{RoleName: new("r"), PolicyArn: new("arn:aws:iam::aws:policy/Nothing")})
	f.Fails("InvalidInput: ARN arn:aws:s3:::bucket-name-x is not valid.", &api.AttachRolePolicyInput{RoleName: new("r"), PolicyArn: new("arn:aws:s3:::bucket-name-x")})
	f.Fails("NoSuchEntity: The user with name admin does not have a permissions boundary.", &api.DeleteUserPermissionsBoundaryInput{UserName: new("admin")})

	for i := range attachedPerEntity - 1 {
		more := f.Do(&api.CreatePolicyInput{PolicyName: new(fmt.Sprintf("m%d", i)), Path: new("/m/"), PolicyDocument: document("s3:A")}).(*api.CreatePolicyOutput).Policy.Arn
		f.Do(&api.AttachUserPolicyInput{UserName: new("ada"), PolicyArn: more})
	}
	f.Fails("LimitExceeded: Cannot exceed quota for PoliciesPerUser: 10", &api.AttachUserPolicyInput{UserName: new("ada"), PolicyArn: new(administratorAccess)})
	f.Equal("under a path", len(f.Do(&api.ListAttachedUserPoliciesInput{UserName: new("ada"), PathPrefix: new("/m/")}).(*api.ListAttachedUserPoliciesOutput).AttachedPolicies), 9)

	// What other accounts have is neither seen nor counted.
	f.Caller = calltest.Root(other)
	get := &api.GetPolicyInput{PolicyArn: arn}
	f.Fails(aws.AccessDenied, get)
	if _, err := f.service.GetPolicy(f.Begin(get), get); err == nil || err.Error() != "NoSuchEntity: Policy "+*arn+" was not found." {
		t.Error("of another account:", err)
	}
	f.Do(&api.CreateUserInput{UserName: new("eve")})
	f.Fails("NoSuchEntity: Policy "+*arn+" does not exist or is not attachable.", &api.AttachUserPolicyInput{UserName: new("eve"), PolicyArn: arn})
	f.Equal("AWS's", *f.Do(&api.GetPolicyInput{PolicyArn: new(administratorAccess)}).(*api.GetPolicyOutput).Policy.AttachmentCount, int32(0))
}

func TestListPolicies(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreatePolicyInput{PolicyName: new("P"), Path: new("/x/"), PolicyDocument: document("s3:A")})
	list := func(in *api.ListPoliciesInput) int { return len(f.Do(in).(*api.ListPoliciesOutput).Policies) }
	all := len(awsPolicies().list)
	f.Equal("all", list(&api.ListPoliciesInput{}), all+1)
	f.Equal("AWS's", list(&api.ListPoliciesInput{Scope: new("AWS")}), all)
	f.Equal("local", list(&api.ListPoliciesInput{Scope: new("Local")}), 1)
	f.Equal("attached", list(&api.ListPoliciesInput{OnlyAttached: new(true)}), 1)
	f.Equal("boundaries", list(&api.ListPoliciesInput{PolicyUsageFilter: new(api.PolicyUsageTypePermissionsBoundary)}), 0)
	f.Equal("path", list(&api.ListPoliciesInput{PathPrefix: new("/x/")}), 1)
	seen := map[string]bool{}
	in := &api.ListPoliciesInput{MaxItems: new(int32(4))}
	for {
		out := f.Do(in).(*api.ListPoliciesOutput)
		for _, p := range out.Policies {
			seen[*p.Arn] = true
		}
		if in.Marker = out.Marker; in.Marker == nil {
			break
		}
	}
	f.Equal("in pages", len(seen), all+1)
}

func TestAWSPolicies(t *testing.T) {
	f := newFixture(t)
	for _, p := range awsPolicies().list {
		if p.document() == nil || !strings.HasPrefix(p.ID, "ANPA") || len(p.ID) != 21 {
			t.Errorf("%s: id %s, document %v", p.ARN, p.ID, p.document())
		}
		// AWS keeps its own policies to no quota, but to the language.
		if err := policy.CheckIdentity([]byte(p.Versions[0].Document.Text())); err != nil {
			t.Errorf("%s: %v", p.ARN, err)
		}
	}
	for _, name := range strings.Fields(`AdministratorAccess PowerUserAccess ReadOnlyAccess job-function/ViewOnlyAccess SecurityAudit IAMFullAccess
		IAMReadOnlyAccess AWSCloudTrail_FullAccess AWSCloudTrail_ReadOnlyAccess AWSOrganizationsFullAccess AWSOrganizationsReadOnlyAccess
		AmazonS3FullAccess AmazonS3ReadOnlyAccess CloudWatchLogsFullAccess AmazonSNSFullAccess AmazonSQSFullAccess
		AWSKeyManagementServicePowerUser IAMUserChangePassword aws-service-role/CloudTrailServiceRolePolicy
		aws-service-role/AWSOrganizationsServiceTrustPolicy aws-service-role/CloudTrailEventContext`) {
		p := f.Do(&api.GetPolicyInput{PolicyArn: new("arn:aws:iam::aws:policy/" + name)}).(*api.GetPolicyOutput).Policy
		f.Do(&api.GetPolicyVersionInput{PolicyArn: p.Arn, VersionId: p.DefaultVersionId})
	}
	f.Fails("AccessDenied: User: arn:aws:iam::111111111111:user/admin is not authorized to perform: iam:DeletePolicy on resource: policy "+administratorAccess,
		&api.DeletePolicyInput{PolicyArn: new(administratorAccess)})
}
