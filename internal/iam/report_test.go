package iam

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

func TestCredentialReport(t *testing.T) {
	f := newFixture(t)
	if _, err := f.Call(&api.GetCredentialReportInput{}); err == nil || !strings.HasPrefix(err.Error(), "ReportNotPresent: ") {
		t.Error(err)
	}
	f.Do(&api.CreateUserInput{UserName: new("a,b")}, &api.CreateLoginProfileInput{UserName: new("admin"), Password: new("Analytical1")},
		&api.UpdateAccountPasswordPolicyInput{MaxPasswordAge: new(int32(10))})
	f.service.Used(&f.Caller, "us-east-1", "iam", f.Clock.Now())
	f.Equal("first", *f.Do(&api.GenerateCredentialReportInput{}).(*api.GenerateCredentialReportOutput).State, "STARTED")
	f.Equal("second", *f.Do(&api.GenerateCredentialReportInput{}).(*api.GenerateCredentialReportOutput).State, "COMPLETE")
	out := f.Do(&api.GetCredentialReportInput{}).(*api.GetCredentialReportOutput)
	rows, err := csv.NewReader(strings.NewReader(string(out.Content))).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatal(rows, err)
	}
	f.Equal("root", rows[1][:4], []string{"<root_account>", "arn:aws:iam::111111111111:root", "2026-01-31T02:00:00+00:00", "not_supported"})
	f.Equal("name with a comma", rows[2][0], "a,b")
	f.Equal("admin", strings.Join(rows[3], " "), "admin arn:aws:iam::111111111111:user/admin 2026-01-31T02:00:00+00:00 true no_information 2026-01-31T02:00:00+00:00 2026-02-10T02:00:00+00:00 false "+
		"true 2026-01-31T02:00:00+00:00 2026-01-31T02:00:00+00:00 us-east-1 iam false N/A N/A N/A N/A false N/A false N/A")

	f.Clock.Advance(reportKept)
	if _, err := f.Call(&api.GetCredentialReportInput{}); err == nil || !strings.HasPrefix(err.Error(), "ReportExpired: ") {
		t.Error(err)
	}
	f.Equal("renewed", *f.Do(&api.GenerateCredentialReportInput{}).(*api.GenerateCredentialReportOutput).State, "STARTED")
	f.Equal("time", *f.Do(&api.GetCredentialReportInput{}).(*api.GetCredentialReportOutput).GeneratedTime, f.Clock.Now().Truncate(time.Second))
}

func TestAuthorizationDetails(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateGroupInput{GroupName: new("eng")}, &api.AddUserToGroupInput{UserName: new("admin"), GroupName: new("eng")},
		&api.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: trusting(account)},
		&api.CreateInstanceProfileInput{InstanceProfileName: new("p")}, &api.AddRoleToInstanceProfileInput{InstanceProfileName: new("p"), RoleName: new("r")},
		&api.PutRolePolicyInput{RoleName: new("r"), PolicyName: new("inline"), PolicyDocument: document("s3:*")},
		&api.CreatePolicyInput{PolicyName: new("own"), PolicyDocument: document("s3:*")})
	all := f.Do(&api.GetAccountAuthorizationDetailsInput{}).(*api.GetAccountAuthorizationDetailsOutput)
	f.Equal("counts", []int{len(all.UserDetailList), len(all.GroupDetailList), len(all.RoleDetailList), len(all.Policies)}, []int{1, 1, 1, 2})
	f.Equal("groups", all.UserDetailList[0].GroupList, []string{"eng"})
	f.Equal("attached", *all.UserDetailList[0].AttachedManagedPolicies[0].PolicyName, "AdministratorAccess")
	f.Equal("role", []string{*all.RoleDetailList[0].InstanceProfileList[0].InstanceProfileName, *all.RoleDetailList[0].RolePolicyList[0].PolicyName}, []string{"p", "inline"})
	f.Equal("policies", []string{*all.Policies[0].PolicyName, *all.Policies[1].PolicyName}, []string{"own", "AdministratorAccess"})
	f.Equal("version", *all.Policies[0].PolicyVersionList[0].Document, "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D")

	local := f.Do(&api.GetAccountAuthorizationDetailsInput{Filter: []string{"LocalManagedPolicy", "Role"}}).(*api.GetAccountAuthorizationDetailsOutput)
	f.Equal("filtered", []int{len(local.UserDetailList), len(local.GroupDetailList), len(local.RoleDetailList), len(local.Policies)}, []int{0, 0, 1, 1})

	in, n := &api.GetAccountAuthorizationDetailsInput{MaxItems: new(int32(1))}, 0
	for {
		out := f.Do(in).(*api.GetAccountAuthorizationDetailsOutput)
		n += len(out.UserDetailList) + len(out.GroupDetailList) + len(out.RoleDetailList) + len(out.Policies)
		if !*out.IsTruncated {
			break
		}
		in.Marker = out.Marker
	}
	f.Equal("paged", n, 5)
}
