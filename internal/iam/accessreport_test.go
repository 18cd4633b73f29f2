package iam

import (
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

const reader = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"

func (f *fixture) services() {
	f.service.Services = []ServiceName{{"sqs", "Amazon SQS"}, {"s3", "Amazon S3"}, {"iam", "AWS IAM"}}
}

// uses notes a call of a service by a user.
func (f *fixture) uses(user, service string, at time.Duration) {
	f.Helper()
	u, ok := users.Get(f.Store.View(), recordKey(account, user))
	if !ok {
		f.Fatal(user)
	}
	f.service.Used(&aws.Principal{Type: aws.IAMUser, Account: account, ARN: u.ARN, ID: u.ID, UserName: u.Name, AccessKeyID: "AKIAX"}, "us-east-2", service, f.Clock.Now().Add(at))
}

func (f *fixture) flush() {
	f.Helper()
	if err := f.service.FlushUses(f.Context(), f.Store); err != nil {
		f.Fatal(err)
	}
}

func TestServiceLastAccessed(t *testing.T) {
	f := newFixture(t)
	f.services()
	f.Do(&api.CreateUserInput{UserName: new("ada")}, &api.CreateUserInput{UserName: new("bob")}, &api.CreateGroupInput{GroupName: new("g")},
		&api.AddUserToGroupInput{GroupName: new("g"), UserName: new("ada")}, &api.AddUserToGroupInput{GroupName: new("g"), UserName: new("bob")},
		&api.AttachGroupPolicyInput{GroupName: new("g"), PolicyArn: new(reader)}, &api.PutUserPolicyInput{UserName: new("ada"), PolicyName: new("p"), PolicyDocument: document("sqs:SendMessage")},
		&api.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: trusting(account)}, &api.AttachRolePolicyInput{RoleName: new("r"), PolicyArn: new(reader)})
	f.uses("ada", "s3", time.Minute)
	f.flush()
	f.uses("bob", "s3", 2*time.Minute) // not stored yet
	f.uses("ada", "iam", time.Minute)  // nobody let her
	role, _ := roles.Get(f.Store.View(), recordKey(account, "r"))
	f.service.Used(&aws.Principal{Type: aws.AssumedRole, Account: account, ID: role.ID + ":s", Session: &aws.Session{IssuerID: role.ID}}, "us-east-1", "s3", f.Clock.Now())

	report := func(arn string) string {
		t.Helper()
		return *f.Do(&api.GenerateServiceLastAccessedDetailsInput{Arn: &arn}).(*api.GenerateServiceLastAccessedDetailsOutput).JobId
	}
	type line struct {
		service, entity string
		total           int32
	}
	lines := func(job string) (list []line) {
		t.Helper()
		out := f.Do(&api.GetServiceLastAccessedDetailsInput{JobId: &job}).(*api.GetServiceLastAccessedDetailsOutput)
		f.Equal("status", []string{*out.JobStatus, *out.JobType}, []string{"COMPLETED", "SERVICE_LEVEL"})
		for _, s := range out.ServicesLastAccessed {
			list = append(list, line{*s.ServiceNamespace, aws.Val(s.LastAuthenticatedEntity), *s.TotalAuthenticatedEntities})
		}
		return list
	}
	const ada, bob = "arn:aws:iam::111111111111:user/ada", "arn:aws:iam::111111111111:user/bob"
	f.Equal("a user", lines(report(ada)), []line{{"s3", ada, 1}, {"sqs", "", 0}})
	group := report("arn:aws:iam::111111111111:group/g")
	f.Equal("a group", lines(group), []line{{"s3", bob, 2}})
	f.Equal("a role", lines(report("arn:aws:iam::111111111111:role/r")), []line{{"s3", role.ARN, 1}})
	f.Equal("a policy", lines(report(reader)), []line{{"s3", bob, 3}})

	details := f.Do(&api.GetServiceLastAccessedDetailsWithEntitiesInput{JobId: &group, ServiceNamespace: new("s3")}).(*api.GetServiceLastAccessedDetailsWithEntitiesOutput)
	f.Equal("entities", names(details.EntityDetailsList, func(e api.EntityDetails) *string { return e.EntityInfo.Name }), []string{"ada", "bob"})
	f.Equal("times", []time.Time{*details.EntityDetailsList[0].LastAuthenticated, *details.EntityDetailsList[1].LastAuthenticated}, []time.Time{f.Clock.Now().Add(time.Minute), f.Clock.Now().Add(2 * time.Minute)})
	f.Fails("NoSuchEntity: Service iam is not in the report", &api.GetServiceLastAccessedDetailsWithEntitiesInput{JobId: &group, ServiceNamespace: new("iam")})
	first := f.Do(&api.GetServiceLastAccessedDetailsInput{JobId: new(report(ada)), MaxItems: new(int32(1))}).(*api.GetServiceLastAccessedDetailsOutput)
	f.Equal("a page", []any{len(first.ServicesLastAccessed), *first.IsTruncated}, []any{1, true})

	f.Fails("NoSuchEntity: ARN arn:aws:iam::111111111111:user/x not found", &api.GenerateServiceLastAccessedDetailsInput{Arn: new("arn:aws:iam::111111111111:user/x")})
	f.Fails("NoSuchEntity: ARN arn:aws:iam::222222222222:user/ada not found", &api.GenerateServiceLastAccessedDetailsInput{Arn: new("arn:aws:iam::222222222222:user/ada")})
	f.Fails("InvalidInput: Invalid ARN: xxxxxxxxxxxxxxxxxxxx", &api.GenerateServiceLastAccessedDetailsInput{Arn: new("xxxxxxxxxxxxxxxxxxxx")})

	// What is gone is forgotten, and so are old reports and too many of them.
	f.flush()
	f.Do(&api.RemoveUserFromGroupInput{GroupName: new("g"), UserName: new("bob")}, &api.DeleteUserInput{UserName: new("bob")})
	for key := range accesses.Scan(f.Store.View(), account+"/") {
		if u, ok := users.Get(f.Store.View(), recordKey(account, "bob")); ok {
			t.Error(key, u)
		}
	}
	f.Equal("without bob", lines(report("arn:aws:iam::111111111111:group/g")), []line{{"s3", ada, 1}})
	for range reportsPerAccount {
		report(ada)
	}
	if n := pages.Count(accessReports.Scan(f.Store.View(), account+"/")); n != reportsPerAccount {
		t.Errorf("%d reports", n)
	}
	last := report(ada)
	f.Clock.Advance(reportsKept)
	f.Fails("NoSuchEntity: Job with id "+last+" not found", &api.GetServiceLastAccessedDetailsInput{JobId: &last})
	report(ada)
	f.Equal("only the new one", pages.Count(accessReports.Scan(f.Store.View(), account+"/")), 1)
}

func TestListPoliciesGrantingServiceAccess(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateUserInput{UserName: new("ada")}, &api.CreateGroupInput{GroupName: new("g")}, &api.AddUserToGroupInput{GroupName: new("g"), UserName: new("ada")},
		&api.AttachUserPolicyInput{UserName: new("ada"), PolicyArn: new(reader)}, &api.PutGroupPolicyInput{GroupName: new("g"), PolicyName: new("all"), PolicyDocument: document("*")})
	in := &api.ListPoliciesGrantingServiceAccessInput{Arn: new("arn:aws:iam::111111111111:user/ada"), ServiceNamespaces: []string{"sqs", "s3", "s3"}}
	out := f.Do(in).(*api.ListPoliciesGrantingServiceAccessOutput).PoliciesGrantingServiceAccess
	got := map[string][]string{}
	for _, e := range out {
		for _, p := range e.Policies {
			got[*e.ServiceNamespace] = append(got[*e.ServiceNamespace], *p.PolicyName+" "+*p.PolicyType+" "+aws.Val(p.EntityType)+aws.Val(p.EntityName))
		}
	}
	f.Equal("policies", got, map[string][]string{"s3": {"AmazonS3ReadOnlyAccess MANAGED ", "all INLINE GROUPg"}, "sqs": {"all INLINE GROUPg"}})
	f.Fails("ValidationError: Invalid Marker.", &api.ListPoliciesGrantingServiceAccessInput{Arn: in.Arn, ServiceNamespaces: in.ServiceNamespaces, Marker: new("!")})
	f.Fails("NoSuchEntity: ARN arn:aws:iam::111111111111:role/none not found", &api.ListPoliciesGrantingServiceAccessInput{Arn: new("arn:aws:iam::111111111111:role/none"), ServiceNamespaces: []string{"s3"}})
}

func TestOrganizationsAccessReport(t *testing.T) {
	f := newFixture(t)
	f.services()
	place := "o-abcdefghij/r-abcd"
	in := &api.GenerateOrganizationsAccessReportInput{EntityPath: &place}
	f.Fails("AccessDenied: Only the management account of an organization can have a report of it.", in)
	o := f.organization()
	f.uses("admin", "s3", 0)
	f.flush()
	f.service.Used(&aws.Principal{Type: aws.Root, Account: other, ID: other, AccessKeyID: "AKIAY"}, "us-east-1", "s3", f.Clock.Now().Add(time.Hour))
	f.service.Used(&aws.Principal{Type: aws.Root, Account: other, ID: other, AccessKeyID: "AKIAY"}, "us-east-1", "iam", f.Clock.Now())
	onlyS3, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	all, _ := policy.Parse([]byte(*document("*")))
	f.service.ServiceControls = func(_ store.Reader, of string) [][]policy.Attached {
		if of == account {
			return nil
		}
		root := []policy.Attached{{ARN: "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", Document: all}}
		unit := []policy.Attached{{ARN: "arn:aws:organizations::111111111111:policy/o-abcdefghij/service_control_policy/p-onlys3", Document: onlyS3}}
		return [][]policy.Attached{root, unit, root}
	}
	type line struct {
		service, place string
		total          int32
	}
	report := func(in *api.GenerateOrganizationsAccessReportInput, sort string) (list []line) {
		t.Helper()
		job := f.Do(in).(*api.GenerateOrganizationsAccessReportOutput).JobId
		out := f.Do(&api.GetOrganizationsAccessReportInput{JobId: job, SortKey: &sort}).(*api.GetOrganizationsAccessReportOutput)
		for _, a := range out.AccessDetails {
			list = append(list, line{*a.ServiceNamespace, aws.Val(a.EntityPath), *a.TotalAuthenticatedEntities})
		}
		f.Equal("accessible", int(*out.NumberOfServicesAccessible), len(list))
		return list
	}
	member := o.members[other]
	f.Equal("the root", report(in, "SERVICE_NAMESPACE_ASCENDING"), []line{{"iam", member, 1}, {"s3", member, 2}, {"sqs", "", 0}})
	f.Equal("by time", report(in, "LAST_AUTHENTICATED_TIME_DESCENDING"), []line{{"s3", member, 2}, {"iam", member, 1}, {"sqs", "", 0}})
	place = "o-abcdefghij/r-abcd/ou-abcd-12345678"
	f.Equal("a unit", report(in, "SERVICE_NAMESPACE_ASCENDING"), []line{{"s3", member, 1}})
	in.OrganizationsPolicyId = new("p-FullAWSAccess")
	f.Equal("under one policy", report(in, "SERVICE_NAMESPACE_DESCENDING"), []line{{"sqs", "", 0}, {"s3", member, 1}, {"iam", member, 1}})
	in.OrganizationsPolicyId = new("p-otherpolicy")
	f.Fails("NoSuchEntity: The policy p-otherpolicy is not attached to "+place+" or above it.", in)
	place = "o-abcdefghij/r-abcd/ou-abcd-99999999"
	f.Fails("InvalidInput: The entity path "+place+" leads to no account of your organization.", in)
	place = "o-zzzzzzzzzz/r-abcd"
	f.Fails("InvalidInput: The entity path "+place+" is not one of your organization.", in)
	f.Fails("NoSuchEntity: Job with id 00000000-0000-0000-0000-000000000000 not found", &api.GetOrganizationsAccessReportInput{JobId: new("00000000-0000-0000-0000-000000000000")})
}
