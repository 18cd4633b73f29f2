package iam

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/session"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// organization is one of the accounts of a test: the first manages it.
type organization struct {
	of        Organization
	members   map[string]string // account → its place
	delegated string
}

func (o *organization) Organization(_ store.Reader, account string) (Organization, bool) {
	of := o.of
	of.Delegated = account == o.delegated
	return of, o.members[account] != ""
}

func (o *organization) Accounts(_ store.Reader, _, place string) map[string]string {
	found := maps.Clone(o.members)
	maps.DeleteFunc(found, func(_, at string) bool { return at != place && !strings.HasPrefix(at, place+"/") })
	return found
}

func (f *fixture) organization() *organization {
	o := &organization{
		of:      Organization{ID: "o-abcdefghij", Management: account, AllFeatures: true, Trusted: true},
		members: map[string]string{account: "o-abcdefghij/r-abcd/" + account, other: "o-abcdefghij/r-abcd/ou-abcd-12345678/" + other},
	}
	f.service.Organizations = o
	return o
}

func TestRootAccess(t *testing.T) {
	f := newFixture(t)
	list := &api.ListOrganizationsFeaturesInput{}
	f.Fails("OrganizationNotFoundException: The request was rejected because no organization is associated with your account.", list)
	o := f.organization()
	for want, change := range map[string]func(){
		"ServiceAccessNotEnabledException: Trusted access is not enabled for IAM in AWS Organizations.":                                                                                       func() { o.of.Trusted = false },
		"OrganizationNotInAllFeaturesModeException: The organization does not have all features enabled.":                                                                                     func() { o.of.AllFeatures = false },
		"AccountNotManagementOrDelegatedAdministratorException: The account making the request is not the management account or delegated administrator account for centralized root access.": func() { o.of.Management = other },
	} {
		before := o.of
		change()
		f.Fails(want, list)
		f.Fails(want, &api.EnableOrganizationsRootSessionsInput{})
		o.of = before
	}
	f.Equal("nothing", f.Do(list).(*api.ListOrganizationsFeaturesOutput).EnabledFeatures, []string{})
	f.Do(&api.EnableOrganizationsRootSessionsInput{}, &api.EnableOrganizationsRootSessionsInput{})
	both := f.Do(&api.EnableOrganizationsRootCredentialsManagementInput{}).(*api.EnableOrganizationsRootCredentialsManagementOutput)
	f.Equal("both", both.EnabledFeatures, []string{"RootCredentialsManagement", "RootSessions"})
	f.Equal("organization", *both.OrganizationId, o.of.ID)

	may := func(from, to string) bool { return f.service.RootSession(f.Store.View(), from, to) == nil }
	f.Equal("sessions", []bool{may(account, other), may(other, account), may(account, account), may(account, "333333333333")}, []bool{true, false, false, false})
	o.delegated, o.of.Management = account, other
	f.Equal("of a delegate", []bool{may(account, other), may(account, account)}, []bool{false, true})
	f.Fails("CallerIsNotManagementAccountException: The account making the request is not the management account for the organization.", &api.EnableOrganizationsRootSessionsInput{})
	f.Equal("turned off", f.Do(&api.DisableOrganizationsRootSessionsInput{}).(*api.DisableOrganizationsRootSessionsOutput).EnabledFeatures, []string{"RootCredentialsManagement"})
	f.Equal("a session", may(account, account), false)
	f.Equal("all off", f.Do(&api.DisableOrganizationsRootCredentialsManagementInput{}).(*api.DisableOrganizationsRootCredentialsManagementOutput).EnabledFeatures, []string{})
}

// A root session can do its task and nothing else, and ends when the
// organization says so.
func TestRootSession(t *testing.T) {
	f := newFixture(t)
	f.organization()
	f.Do(&api.EnableOrganizationsRootSessionsInput{})
	f.Fails("PolicyNotAttachable: Cannot attach a root task policy to a User.",
		&api.AttachUserPolicyInput{UserName: new("admin"), PolicyArn: new("arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy")})
	codec := session.NewCodec(calltest.Key(t))
	as := func(task string) aws.Principal {
		t.Helper()
		p := aws.Principal{Type: aws.Root, Account: other, ARN: aws.RootARN(other), ID: other, AccessKeyID: session.NewAccessKeyID(session.Temporary, other)}
		p.Session = &aws.Session{IssuerType: aws.IAMUser, IssuerID: f.Caller.ID, IssuerARN: f.Caller.ARN, Created: f.Clock.Now(), Expires: f.Clock.Now().Add(900e9), Policies: []string{"arn:aws:iam::aws:policy/root-task/" + task}}
		p, _, err := f.service.Credentials(f.Store.View(), p.AccessKeyID, codec.Token(session.Credentials{Secret: "s", Principal: p}), f.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	may := func(p aws.Principal, action, resource string) bool {
		identity, boundary, sessions := f.service.PoliciesOf(f.Store.View(), p)
		ctx := policy.PrincipalContext(p, nil, f.Clock.Now())
		ctx.Set("aws:ResourceAccount", other)
		return policy.Evaluate(policy.Request{Principal: p, Action: action, Resource: resource, Context: ctx}, policy.Documents{Identity: identity, Boundary: boundary, Session: sessions}).Decision == policy.Allowed
	}
	rootARN := aws.RootARN(other)
	for _, c := range []struct {
		task, action, resource string
		want                   bool
	}{
		{"S3UnlockBucketPolicy", "s3:DeleteBucketPolicy", "arn:aws:s3:::b", true},
		{"S3UnlockBucketPolicy", "s3:DeleteBucket", "arn:aws:s3:::b", false},
		{"S3UnlockBucketPolicy", "iam:ListAccessKeys", rootARN, false},
		{"SQSUnlockQueuePolicy", "sqs:SetQueueAttributes", "arn:aws:sqs:us-east-1:222222222222:q", true},
		{"SQSUnlockQueuePolicy", "sqs:DeleteQueue", "arn:aws:sqs:us-east-1:222222222222:q", false},
		{"IAMAuditRootUserCredentials", "iam:ListAccessKeys", rootARN, true},
		{"IAMAuditRootUserCredentials", "iam:ListAccessKeys", "arn:aws:iam::222222222222:user/x", false},
		{"IAMAuditRootUserCredentials", "iam:DeleteAccessKey", rootARN, false},
		{"IAMDeleteRootUserCredentials", "iam:DeleteAccessKey", rootARN, true},
		{"IAMDeleteRootUserCredentials", "iam:CreateLoginProfile", rootARN, false},
		{"IAMCreateRootUserPassword", "iam:CreateLoginProfile", rootARN, true},
		{"IAMCreateRootUserPassword", "iam:CreateLoginProfile", "arn:aws:iam::222222222222:user/x", false},
	} {
		if got := may(as(c.task), c.action, c.resource); got != c.want {
			t.Errorf("%s: %s on %s: %v", c.task, c.action, c.resource, got)
		}
	}
	// The root's own keys, without a name.
	p := as("IAMAuditRootUserCredentials")
	c := &call.Call{Principal: p, Operation: api.API.Operation("ListAccessKeys"), State: f.Store.View()}
	targets, err := f.service.Access(c, &api.ListAccessKeysInput{})
	if err != nil || targets[0].Resource != rootARN {
		t.Errorf("%v, %v", targets, err)
	}
	admin := f.Caller
	f.Caller = p
	for _, in := range []wire.Shape{&api.ListAccessKeysInput{}, &api.ListSigningCertificatesInput{}, &api.ListMFADevicesInput{}, &api.GetUserInput{}, &api.GetAccountSummaryInput{}} {
		f.Do(in)
	}
	f.Fails("NoSuchEntity: Login Profile for User root cannot be found.", &api.GetLoginProfileInput{})
	f.Caller = admin

	token := codec.Token(session.Credentials{Secret: "s", Principal: p})
	f.Do(&api.DisableOrganizationsRootSessionsInput{})
	if _, _, err := f.service.Credentials(f.Store.View(), p.AccessKeyID, token, f.Clock.Now()); aws.CodeOf(err) != "InvalidClientTokenId" {
		t.Errorf("a session outlives the feature: %v", err)
	}
	if !slices.ContainsFunc(awsPolicies().list, func(p *Policy) bool { return p.Path == rootTaskPath }) {
		t.Error("no task policies")
	}
}
