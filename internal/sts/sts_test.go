package sts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/session"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

const (
	account = "111111111111"
	other   = "222222222222"
	readAll = "arn:aws:iam::aws:policy/ReadOnlyAccess"
)

// roleTable is the roles and managed policies of a test, by ARN.
type roleTable map[string]Role

func (r roleTable) Role(_ store.Reader, arn string) (Role, bool) { role, ok := r[arn]; return role, ok }

func (r roleTable) ManagedPolicy(_ store.Reader, account, arn string) bool {
	return arn == readAll || arn == "arn:aws:iam::"+account+":policy/own"
}

// fixture is the service and the roles that there are.
type fixture struct {
	*calltest.Door
	service  *Service
	roles    roleTable
	sessions *session.Codec
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	key := calltest.Key(t)
	f := &fixture{Door: calltest.New(t, store.Options{}), roles: roleTable{}, sessions: session.NewCodec(key)}
	f.service = New(key, f.roles)
	f.Serve(api.API, api.Handlers(f.service), f.service.Access)
	f.Caller, f.Region = user("ada"), "us-east-2"
	return f
}

func user(name string) aws.Principal {
	p := calltest.User(account, name)
	p.AccessKeyID = "AKIAEXAMPLEEXAMPLE12"
	return p
}

func root() aws.Principal {
	p := calltest.Root(account)
	p.AccessKeyID = "AKIAEXAMPLEEXAMPLE12"
	return p
}

// role adds a role whose trust policy allows actions to a principal under
// conditions.
func (f *fixture) role(account, name, principal, actions, condition string) string {
	f.Helper()
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	arn := "arn:aws:iam::" + account + ":role/" + name
	f.roles[arn] = Role{
		Account: account, ARN: arn, ID: "AROA" + name, Name: name, MaxSession: 2 * time.Hour,
		Trust: calltest.Policy(f, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+principal+`"},"Action":[`+actions+`]`+condition+`}]}`).Document,
	}
	return arn
}

// may gives the caller an identity policy.
func (f *fixture) may(action string) { f.Permit(f.Caller, calltest.Allowing(action)) }

const assume = `"sts:AssumeRole"`

// fails makes a call that must fail with an error that begins so.
func (f *fixture) fails(want string, in wire.Shape) {
	f.Helper()
	if e := f.Refused(in); e != nil && !strings.HasPrefix(e.Error(), want) {
		f.Errorf("got %v\nwant %s", e, want)
	}
}

// open verifies credentials as IAM does.
func (f *fixture) open(cr *api.Credentials) *session.Credentials {
	f.Helper()
	got, err := f.sessions.Open(*cr.AccessKeyId, *cr.SessionToken)
	if err != nil {
		f.Fatal(err)
	}
	f.Equal("secret", got.Secret, *cr.SecretAccessKey)
	f.Equal("expires", got.Principal.Session.Expires, *cr.Expiration)
	return got
}

func (f *fixture) assume(in *api.AssumeRoleInput) aws.Principal {
	f.Helper()
	return f.open(f.Do(in).(*api.AssumeRoleOutput).Credentials).Principal
}

func assuming(arn string) *api.AssumeRoleInput {
	return &api.AssumeRoleInput{RoleArn: &arn, RoleSessionName: new("ops")}
}

func TestGetCallerIdentity(t *testing.T) {
	f := newFixture(t)
	out := f.Do(&api.GetCallerIdentityInput{}).(*api.GetCallerIdentityOutput)
	f.Equal("identity", *out.Account+" "+*out.UserId+" "+*out.Arn, "111111111111 AIDAada arn:aws:iam::111111111111:user/ada")
}

func TestGetAccessKeyInfo(t *testing.T) {
	f := newFixture(t)
	key := session.NewAccessKeyID(session.LongTerm, other)
	f.fails("AccessDenied: ", &api.GetAccessKeyInfoInput{AccessKeyId: &key})
	f.may("sts:GetAccessKeyInfo")
	f.Equal("account", *f.Do(&api.GetAccessKeyInfoInput{AccessKeyId: &key}).(*api.GetAccessKeyInfoOutput).Account, other)
	f.fails("ValidationError: Invalid value for parameter AccessKeyId", &api.GetAccessKeyInfoInput{AccessKeyId: new("AKIAIOSFODNN7EXAMPLE")})
}

func TestAssumeRole(t *testing.T) {
	f := newFixture(t)
	arn := f.role(account, "r", "arn:aws:iam::111111111111:user/ada", assume, "")
	out := f.Do(assuming(arn)).(*api.AssumeRoleOutput)
	f.Equal("user", *out.AssumedRoleUser.AssumedRoleId+" "+*out.AssumedRoleUser.Arn, "AROAr:ops arn:aws:sts::111111111111:assumed-role/r/ops")
	if out.PackedPolicySize != nil || out.SourceIdentity != nil {
		t.Errorf("unasked for: %+v", out)
	}
	cr := f.open(out.Credentials)
	f.Equal("principal", cr.Principal, aws.Principal{
		Type: aws.AssumedRole, Account: account, ARN: "arn:aws:sts::111111111111:assumed-role/r/ops", ID: "AROAr:ops", AccessKeyID: *out.Credentials.AccessKeyId,
		Session: &aws.Session{
			IssuerType: aws.RoleIssuer, IssuerID: "AROAr", IssuerARN: arn, IssuerName: "r", Name: "ops", Created: f.Clock.Now(), Expires: f.Clock.Now().Add(time.Hour),
		},
	})
	if !strings.HasPrefix(*out.Credentials.AccessKeyId, "ASIA") || len(*out.Credentials.SessionToken) > 1024 {
		t.Errorf("%s with a token of %d characters", *out.Credentials.AccessKeyId, len(*out.Credentials.SessionToken))
	}
	f.Equal("resources", f.Last().Resources, []call.Resource{{Account: account, Type: "AWS::IAM::Role", ARN: arn}})
	f.Equal("owners", len(f.Last().Owners), 0)

	refused := "AccessDenied: User: arn:aws:iam::111111111111:user/eve is not authorized to perform: sts:AssumeRole on resource: "
	f.Caller = user("eve")
	f.fails(refused+arn, assuming(arn))
	f.may("*")
	f.fails(refused+arn, assuming(arn)) // without trust nothing helps
	f.fails(refused+"arn:aws:iam::111111111111:role/nobody", assuming("arn:aws:iam::111111111111:role/nobody"))
	f.Equal("resources of a refusal", len(f.Last().Resources)+len(f.Last().Owners), 0)
	f.fails("ValidationError: arn:aws:s3:::some-bucket is invalid", assuming("arn:aws:s3:::some-bucket"))
	f.Caller = root()
	f.fails("AccessDenied: Roles may not be assumed by root accounts.", assuming(arn))
}

// A refusal tells nobody which roles exist.
func TestRefusalsAreAlike(t *testing.T) {
	f := newFixture(t)
	arn := f.role(other, "r", other, assume, "")
	_, distrusted := f.Call(assuming(arn))
	_, missing := f.Call(assuming(strings.Replace(arn, "/r", "/q", 1)))
	if got := strings.Replace(missing.Error(), "/q", "/r", 1); got != distrusted.Error() {
		t.Errorf("%v\n%v", distrusted, missing)
	}
}

func TestTrustInAccount(t *testing.T) {
	for _, account := range []string{account, other} {
		f := newFixture(t)
		arn := f.role(account, "r", "arn:aws:iam::111111111111:root", assume, "")
		f.fails("AccessDenied: User: arn:aws:iam::111111111111:user/ada is not authorized to perform: sts:AssumeRole on resource: "+arn, assuming(arn))
		f.may("sts:AssumeRole")
		p := f.assume(assuming(arn))
		f.Equal("account", p.Account, account)
		if account == other {
			f.Equal("owners", f.Last().Owners, []string{other})
		}
	}
	// Across accounts the caller's own side must agree even to one who is named.
	f := newFixture(t)
	arn := f.role(other, "r", "arn:aws:iam::111111111111:user/ada", assume, "")
	f.fails("AccessDenied", assuming(arn))
	f.may("sts:*")
	f.assume(assuming(arn))
}

func TestConditions(t *testing.T) {
	f := newFixture(t)
	arn := f.role(account, "r", "arn:aws:iam::111111111111:user/ada", assume, `{"StringEquals":{"sts:ExternalId":"x-1","sts:RoleSessionName":"${aws:username}"}}`)
	in := assuming(arn)
	f.fails("AccessDenied", in)
	in.ExternalId = new("x-1")
	f.fails("AccessDenied", in)
	in.RoleSessionName = new("ada")
	f.assume(in)

	mfa := f.role(account, "m", "arn:aws:iam::111111111111:user/ada", assume, `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)
	f.fails("AccessDenied", assuming(mfa))
	in.SerialNumber, in.TokenCode = new("arn:aws:iam::111111111111:mfa/ada"), new("123456")
	f.fails("AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.", in)
}

// oneCode is a device that shows one code.
type oneCode struct{ used bool }

func (d *oneCode) Check(_ store.Reader, p aws.Principal, serial, code string) error {
	if d.used || code != "123456" || serial != "arn:aws:iam::111111111111:mfa/"+p.UserName {
		return denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
	}
	return nil
}

func (d *oneCode) Use(_ context.Context, p aws.Principal, serial, code string) error {
	err := d.Check(nil, p, serial, code)
	d.used = err == nil
	return err
}

func TestSecondFactor(t *testing.T) {
	f := newFixture(t)
	device := new(oneCode)
	f.service.Devices = device
	guarded := f.role(account, "m", "arn:aws:iam::111111111111:user/ada", assume, `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)
	in := assuming(guarded)
	in.SerialNumber = new("arn:aws:iam::111111111111:mfa/ada")
	f.fails("AccessDenied: MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.", in)
	in.TokenCode = new("654321")
	f.fails("AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code.", in)
	in.TokenCode, in.DurationSeconds = new("123456"), new(int32(7201))
	f.fails("ValidationError", in)
	in.DurationSeconds = nil
	if !f.assume(in).Session.MFA {
		t.Error("the session knows nothing of the second factor")
	}
	f.fails("AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code.", in)

	device.used = false
	out := f.Do(&api.GetSessionTokenInput{SerialNumber: in.SerialNumber, TokenCode: in.TokenCode}).(*api.GetSessionTokenOutput)
	cr, err := f.sessions.Open(*out.Credentials.AccessKeyId, *out.Credentials.SessionToken)
	if err != nil || !cr.Principal.Session.MFA {
		t.Error("the session knows nothing of the second factor", err)
	}
	f.fails("AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code.", &api.GetSessionTokenInput{SerialNumber: in.SerialNumber, TokenCode: in.TokenCode})
}

func TestDurations(t *testing.T) {
	f := newFixture(t)
	arn := f.role(account, "r", "arn:aws:iam::111111111111:user/ada", assume, "")
	last := func(seconds int32) *api.AssumeRoleInput {
		in := assuming(arn)
		in.DurationSeconds = &seconds
		return in
	}
	p := f.assume(last(7200))
	f.Equal("expires", p.Session.Expires, f.Clock.Now().Add(2*time.Hour))
	f.assume(last(900))
	f.fails("ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", last(7201))
	f.fails("ValidationError: 1 validation error detected: Value '899' at 'durationSeconds'", last(899))

	next := f.role(account, "next", "arn:aws:iam::111111111111:role/r", assume, "")
	f.Caller = p
	f.may("sts:AssumeRole")
	in := assuming(next)
	f.assume(in)
	in.DurationSeconds = new(int32(3601))
	f.fails("ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.", in)
}

func newTag(key, value string) api.Tag { return api.Tag{Key: &key, Value: &value} }

func TestSessionTags(t *testing.T) {
	f := newFixture(t)
	plain := f.role(account, "plain", "arn:aws:iam::111111111111:user/ada", assume, "")
	arn := f.role(account, "r", "arn:aws:iam::111111111111:user/ada", `"sts:AssumeRole","sts:TagSession"`, `{"StringEquals":{"aws:RequestTag/Team":"blue"}}`)
	tagged := func(arn string, transitive []string, tags ...api.Tag) *api.AssumeRoleInput {
		in := assuming(arn)
		in.Tags, in.TransitiveTagKeys = tags, transitive
		return in
	}
	f.fails("AccessDenied: User: arn:aws:iam::111111111111:user/ada is not authorized to perform: sts:TagSession on resource: "+plain, tagged(plain, nil, newTag("Team", "blue")))
	f.fails("AccessDenied", tagged(arn, nil, newTag("Team", "red")))
	in := tagged(arn, []string{"TEAM"}, newTag("Team", "blue"), newTag("cost", "1"))
	out := f.Do(in).(*api.AssumeRoleOutput)
	if out.PackedPolicySize == nil || *out.PackedPolicySize < 1 || *out.PackedPolicySize > 10 {
		t.Errorf("packed %v", out.PackedPolicySize)
	}
	p := f.open(out.Credentials).Principal
	f.Equal("tags", p.Session.Tags, map[string]string{"Team": "blue", "cost": "1"})
	f.Equal("transitive", p.Session.TransitiveTags, []string{"Team"})
	f.fails("InvalidParameterValue: Duplicate tag keys found.", tagged(arn, nil, newTag("Team", "blue"), newTag("a", "1"), newTag("A", "2")))
	f.fails("InvalidParameterValue: The specified transitive tag key must be included in the requested tags.", tagged(arn, []string{"x"}, newTag("Team", "blue")))
	f.fails("ValidationError: Tag keys that begin with aws:", tagged(arn, nil, newTag("Team", "blue"), newTag("Aws:x", "1")))

	// The next role gets what is transitive and nothing else.
	next := f.role(account, "next", "arn:aws:iam::111111111111:role/r", `"sts:AssumeRole","sts:TagSession"`, "")
	f.Caller = p
	f.may("sts:*")
	p = f.assume(tagged(next, nil, newTag("more", "2")))
	f.Equal("inherited", p.Session.Tags, map[string]string{"Team": "blue", "more": "2"})
	f.Equal("still transitive", p.Session.TransitiveTags, []string{"Team"})
	f.fails("InvalidParameterValue: One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
		tagged(next, nil, newTag("team", "red")))
}

func TestSourceIdentity(t *testing.T) {
	f := newFixture(t)
	both := `"sts:AssumeRole","sts:SetSourceIdentity"`
	plain := f.role(account, "plain", "arn:aws:iam::111111111111:user/ada", assume, "")
	arn := f.role(account, "r", "arn:aws:iam::111111111111:user/ada", both, `{"StringLike":{"sts:SourceIdentity":"ad*"}}`)
	as := func(arn, identity string) *api.AssumeRoleInput {
		in := assuming(arn)
		in.SourceIdentity = &identity
		return in
	}
	f.fails("AccessDenied: User: arn:aws:iam::111111111111:user/ada is not authorized to perform: sts:SetSourceIdentity", as(plain, "ada"))
	f.fails("AccessDenied", as(arn, "eve"))
	f.Equal("answered", *f.Do(as(arn, "ada")).(*api.AssumeRoleOutput).SourceIdentity, "ada")

	f.Caller = f.assume(as(arn, "ada"))
	f.may("sts:*")
	closed := f.role(account, "closed", "arn:aws:iam::111111111111:role/r", assume, "")
	open := f.role(account, "open", "arn:aws:iam::111111111111:role/r", both, "")
	f.fails("AccessDenied", assuming(closed)) // it follows, so the next role must agree too
	f.Equal("follows", f.assume(assuming(open)).Session.SourceIdentity, "ada")
	f.assume(as(open, "ada"))
	f.fails("AccessDenied: The source identity of a session cannot be changed: it is ada.", as(open, "eve"))
}

func TestSessionPolicies(t *testing.T) {
	f := newFixture(t)
	arn := f.role(account, "r", "arn:aws:iam::111111111111:user/ada", assume, "")
	with := func(document string, arns ...string) *api.AssumeRoleInput {
		in := assuming(arn)
		if document != "" {
			in.Policy = &document
		}
		for _, a := range arns {
			in.PolicyArns = append(in.PolicyArns, api.PolicyDescriptorType{Arn: &a})
		}
		return in
	}
	const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
	const own = "arn:aws:iam::111111111111:policy/own"
	f.Equal("policies", f.assume(with(document, readAll, own)).Session.Policies, []string{document, readAll, own})
	f.fails("MalformedPolicyDocument: ", with(`{"Version":"2012-10-17"}`))
	f.fails("ValidationError: The policy arn:aws:iam::222222222222:policy/own does not exist or is not attachable.", with("", "arn:aws:iam::222222222222:policy/own"))
	f.fails("ValidationError: 1 validation error detected: Value at 'policyArns'", with("", slices.Repeat([]string{readAll}, 11)...))
	long := strings.Replace(document, `"*"`, `"arn:aws:s3:::`+strings.Repeat("x", maxPolicyText)+`"`, 1)
	f.fails("ValidationError: 1 validation error detected: Value at 'policy'", with(long))

	in := assuming(arn)
	f.roles[arn] = Role{Account: account, ARN: arn, ID: "AROAr", Name: "r", MaxSession: time.Hour,
		Trust: calltest.Policy(f, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`).Document}
	f.may("sts:*")
	for i := range 40 {
		in.Tags = append(in.Tags, newTag(fmt.Sprintf("key-%d", i), aws.SecretKey()+aws.SecretKey()))
	}
	f.fails("PackedPolicyTooLarge: Packed policy consumes 1", in)
}

func TestGetSessionToken(t *testing.T) {
	f := newFixture(t)
	get := func(seconds *int32) *session.Credentials {
		t.Helper()
		return f.open(f.Do(&api.GetSessionTokenInput{DurationSeconds: seconds}).(*api.GetSessionTokenOutput).Credentials)
	}
	cr := get(nil)
	f.Equal("issued by", cr.IssuedBy, f.Caller.AccessKeyID)
	f.Equal("arn", cr.Principal.ARN, f.Caller.ARN)
	f.Equal("expires", cr.Principal.Session.Expires, f.Clock.Now().Add(12*time.Hour))
	f.Equal("longest", get(new(int32(129600))).Principal.Session.Expires, f.Clock.Now().Add(36*time.Hour))
	f.fails("ValidationError: 1 validation error detected: Value '129601' at 'durationSeconds'", &api.GetSessionTokenInput{DurationSeconds: new(int32(129601))})
	f.fails("AccessDenied: MultiFactorAuthentication failed", &api.GetSessionTokenInput{SerialNumber: new("GAHT12345678"), TokenCode: new("123456")})

	f.Caller = cr.Principal
	f.fails("AccessDenied: Cannot call GetSessionToken with session credentials", &api.GetSessionTokenInput{})
	f.Caller = root()
	f.Equal("root", get(nil).Principal.Session.Expires, f.Clock.Now().Add(time.Hour))
	f.Equal("root", get(new(int32(1800))).Principal.Session.Expires, f.Clock.Now().Add(30*time.Minute))
}

// Every operation says what it needs.
func TestAccessCoversEveryOperation(t *testing.T) {
	f := newFixture(t)
	for _, op := range api.API.Operations {
		_, err := f.service.Access(&call.Call{Principal: f.Caller, Operation: op}, op.NewInput())
		if aws.CodeOf(err) == aws.InternalFailure {
			t.Errorf("%s: %v", op.Name, err)
		}
	}
}
