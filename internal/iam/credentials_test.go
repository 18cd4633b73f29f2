package iam

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/session"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

const invalidKey = "InvalidClientTokenId: The security token included in the request is invalid."

// refused asserts what Credentials says of a key, "" for nothing.
func (f *fixture) refused(what, key, token, want string) {
	f.Helper()
	_, _, err := f.service.Credentials(f.Store.View(), key, token, f.Clock.Now())
	got := ""
	if err != nil {
		got = err.Error()
	}
	if got != want {
		f.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestAccessKeys(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateUserInput{UserName: new("ada")})
	key := f.Do(&api.CreateAccessKeyInput{UserName: new("ada")}).(*api.CreateAccessKeyOutput).AccessKey
	if id := *key.AccessKeyId; !strings.HasPrefix(id, "AKIA") || len(id) != 20 || len(*key.SecretAccessKey) != 40 {
		t.Fatalf("key %s %s", id, *key.SecretAccessKey)
	}
	p, secret, err := f.service.Credentials(f.Store.View(), *key.AccessKeyId, "", f.Clock.Now())
	if err != nil || secret != *key.SecretAccessKey {
		t.Fatalf("secret %q, %v", secret, err)
	}
	f.Equal("principal", p, aws.Principal{
		Type: aws.IAMUser, Account: account, ARN: "arn:aws:iam::111111111111:user/ada", ID: p.ID, UserName: "ada", AccessKeyID: *key.AccessKeyId,
	})
	stored, _ := accessKeys.Get(f.Store.View(), *key.AccessKeyId)
	if strings.Contains(stored.Sealed, secret) {
		t.Error("the secret is stored in the clear")
	}

	f.refused("unknown", "AKIAEXAMPLEEXAMPLE12", "", invalidKey)
	f.refused("with a token", *key.AccessKeyId, "token", invalidKey)
	f.Do(&api.UpdateAccessKeyInput{UserName: new("ada"), AccessKeyId: key.AccessKeyId, Status: new("Inactive")})
	f.refused("inactive", *key.AccessKeyId, "", invalidKey)
	f.Equal("status", *f.Do(&api.ListAccessKeysInput{UserName: new("ada")}).(*api.ListAccessKeysOutput).AccessKeyMetadata[0].Status, "Inactive")
	f.Do(&api.UpdateAccessKeyInput{UserName: new("ada"), AccessKeyId: key.AccessKeyId, Status: new("Active")})
	f.refused("active again", *key.AccessKeyId, "", "")
	f.Do(&api.CreateAccessKeyInput{UserName: new("ada")})
	f.Fails("LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2", &api.CreateAccessKeyInput{UserName: new("ada")})
	f.Fails("NoSuchEntity: The Access Key with id "+*key.AccessKeyId+" cannot be found.", &api.DeleteAccessKeyInput{UserName: new("admin"), AccessKeyId: key.AccessKeyId})
	f.Do(&api.DeleteAccessKeyInput{UserName: new("ada"), AccessKeyId: key.AccessKeyId})
	f.refused("deleted", *key.AccessKeyId, "", invalidKey)
}

func TestRootAccessKey(t *testing.T) {
	f := newFixture(t)
	f.Caller = calltest.Root(account)
	key := f.Do(&api.CreateAccessKeyInput{}).(*api.CreateAccessKeyOutput).AccessKey
	p := f.as(*key.AccessKeyId, "")
	p.AccessKeyID = ""
	f.Equal("principal", p, calltest.Root(account))
	f.Equal("listed", len(f.Do(&api.ListAccessKeysInput{}).(*api.ListAccessKeysOutput).AccessKeyMetadata), 1)
	f.Equal("summary", f.Do(&api.GetAccountSummaryInput{}).(*api.GetAccountSummaryOutput).SummaryMap["AccountAccessKeysPresent"], int32(1))
	f.Caller = calltest.Root(other)
	f.Equal("of another account", len(f.Do(&api.ListAccessKeysInput{}).(*api.ListAccessKeysOutput).AccessKeyMetadata), 0)
}

func TestMasterKeyLost(t *testing.T) {
	f := newFixture(t)
	f.service = New(calltest.Key(t).For("another"))
	_, _, err := f.service.Credentials(f.Store.View(), f.admin.AccessKeyID, "", f.Clock.Now())
	if aws.CodeOf(err) != aws.InternalFailure {
		t.Fatalf("got %v", err)
	}
}

// session issues credentials as STS does.
func (f *fixture) session(p aws.Principal, issuedBy string, s aws.Session) (key, token string) {
	s.Created, s.Expires = f.Clock.Now(), f.Clock.Now().Add(time.Hour)
	p.AccessKeyID, p.Session = session.NewAccessKeyID(session.Temporary, p.Account), &s
	return p.AccessKeyID, session.NewCodec(calltest.Key(f)).Token(session.Credentials{Secret: "secret", Principal: p, IssuedBy: issuedBy})
}

func (f *fixture) roleSession(name string) (key, token string) {
	f.Helper()
	r, ok := roles.Get(f.Store.View(), recordKey(account, name))
	if !ok {
		f.Fatalf("no role %s", name)
	}
	p := aws.Principal{Type: aws.AssumedRole, Account: account, ARN: "arn:aws:sts::111111111111:assumed-role/" + name + "/s", ID: r.ID + ":s"}
	return f.session(p, "", aws.Session{IssuerType: aws.RoleIssuer, IssuerID: r.ID, IssuerARN: r.ARN, IssuerName: r.Name, Name: "s"})
}

func TestRoleSession(t *testing.T) {
	f := newFixture(t)
	role := &api.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: trusting(account)}
	f.Do(role)
	key, token := f.roleSession("r")
	p, secret, err := f.service.Credentials(f.Store.View(), key, token, f.Clock.Now())
	if err != nil || secret != "secret" || p.ARN != "arn:aws:sts::111111111111:assumed-role/r/s" || p.AccessKeyID != key {
		t.Fatalf("%+v %q %v", p, secret, err)
	}
	f.refused("without its token", key, "", invalidKey)
	other, _ := f.roleSession("r")
	f.refused("with another key", other, token, invalidKey)
	f.refused("cut", key, token[:len(token)-8], invalidKey)

	f.Clock.Advance(time.Hour - time.Second)
	f.refused("in its last second", key, token, "")
	f.Clock.Advance(time.Second)
	f.refused("expired", key, token, "ExpiredToken: The security token included in the request is expired")

	key, token = f.roleSession("r")
	f.refused("new", key, token, "")
	f.Do(&api.DeleteRoleInput{RoleName: new("r")})
	f.refused("role deleted", key, token, invalidKey)
	f.Do(role)
	f.refused("role made anew", key, token, invalidKey)
}

func TestUserSession(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateUserInput{UserName: new("ada")})
	by := f.Do(&api.CreateAccessKeyInput{UserName: new("ada")}).(*api.CreateAccessKeyOutput).AccessKey.AccessKeyId
	p := f.as(*by, "")
	key, token := f.session(p, *by, aws.Session{IssuerType: aws.IAMUser, IssuerID: p.ID})
	f.refused("new", key, token, "")
	f.Do(&api.UpdateUserInput{UserName: new("ada"), NewUserName: new("eve")})
	got, _, err := f.service.Credentials(f.Store.View(), key, token, f.Clock.Now())
	if err != nil || got.UserName != "eve" || got.ARN != "arn:aws:iam::111111111111:user/eve" || got.ID != p.ID {
		t.Errorf("after a renaming: %+v, %v", got, err)
	}
	f.Do(&api.UpdateAccessKeyInput{UserName: new("eve"), AccessKeyId: by, Status: new("Inactive")})
	f.refused("issuing key inactive", key, token, invalidKey)
	f.Do(&api.UpdateAccessKeyInput{UserName: new("eve"), AccessKeyId: by, Status: new("Active")})
	f.refused("issuing key active", key, token, "")
	f.Do(&api.DeleteAccessKeyInput{UserName: new("eve"), AccessKeyId: by}, &api.DeleteUserInput{UserName: new("eve")})
	f.refused("user deleted", key, token, invalidKey)
}

func policyNames(list []policy.Attached) []string {
	var got []string
	for _, p := range list {
		got = append(got, p.Name+p.ARN)
		if p.Document == nil {
			got = append(got, "without document")
		}
	}
	slices.Sort(got)
	return got
}

func TestPoliciesOf(t *testing.T) {
	f := newFixture(t)
	arn := f.Do(&api.CreatePolicyInput{PolicyName: new("P"), PolicyDocument: document("s3:A")}).(*api.CreatePolicyOutput).Policy.Arn
	f.Do(&api.CreateGroupInput{GroupName: new("g")}, &api.PutGroupPolicyInput{GroupName: new("g"), PolicyName: new("groups"), PolicyDocument: document("s3:A")},
		&api.AttachGroupPolicyInput{GroupName: new("g"), PolicyArn: arn},
		&api.CreateUserInput{UserName: new("ada"), PermissionsBoundary: arn}, &api.AddUserToGroupInput{GroupName: new("g"), UserName: new("ada")},
		&api.PutUserPolicyInput{UserName: new("ada"), PolicyName: new("own"), PolicyDocument: document("s3:A")},
		&api.AttachUserPolicyInput{UserName: new("ada"), PolicyArn: new(administratorAccess)})
	key := f.Do(&api.CreateAccessKeyInput{UserName: new("ada")}).(*api.CreateAccessKeyOutput).AccessKey
	p := f.as(*key.AccessKeyId, "")
	identity, boundary, sess := f.service.PoliciesOf(f.Store.View(), p)
	f.Equal("identity", policyNames(identity), []string{"AdministratorAccess" + administratorAccess, "P" + *arn, "groups", "own"})
	f.Equal("boundary", policyNames(boundary), []string{"P" + *arn})
	f.Equal("session", sess == nil, true)

	p.Session = &aws.Session{Policies: []string{*document("s3:B"), *arn, "arn:aws:iam::aws:policy/Gone", "no policy"}}
	_, _, sess = f.service.PoliciesOf(f.Store.View(), p)
	f.Equal("session", policyNames(sess), []string{"", "", "P" + *arn, "arn:aws:iam::aws:policy/Gone"})
	f.Equal("a policy that is gone allows nothing", len(sess[2].Document.Statements)+len(sess[3].Document.Statements), 0)

	p.ID = "AIDASOMEBODYELSE12345"
	identity, _, _ = f.service.PoliciesOf(f.Store.View(), p)
	f.Equal("another user of that name", len(identity), 0)
	identity, boundary, sess = f.service.PoliciesOf(f.Store.View(), calltest.Root(account))
	f.Equal("root", identity == nil && boundary == nil && sess == nil, true)
}

func TestTagsOf(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.TagUserInput{UserName: new("admin"), Tags: []api.Tag{{Key: new("Team"), Value: new("blue")}, {Key: new("cost"), Value: new("1")}}})
	p := f.Caller
	f.Equal("user", f.service.TagsOf(f.Store.View(), p), map[string]string{"Team": "blue", "cost": "1"})
	p.Session = &aws.Session{Tags: map[string]string{"team": "red"}}
	f.Equal("session first", f.service.TagsOf(f.Store.View(), p), map[string]string{"team": "red", "cost": "1"})
	f.Equal("root", len(f.service.TagsOf(f.Store.View(), calltest.Root(account))), 0)
}

func TestPrincipalExists(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateRoleInput{RoleName: new("r"), Path: new("/x/"), AssumeRolePolicyDocument: trusting(account)})
	for arn, want := range map[string]bool{
		"arn:aws:iam::111111111111:root":                 true,
		"arn:aws:iam::111111111111:user/admin":           true,
		"arn:aws:iam::111111111111:role/x/r":             true,
		"arn:aws:sts::111111111111:assumed-role/r/s":     true,
		"arn:aws:iam::333333333333:root":                 false,
		"arn:aws:iam::111111111111:user/Admin":           false,
		"arn:aws:iam::111111111111:user/x/admin":         false,
		"arn:aws:iam::111111111111:role/r":               false,
		"arn:aws:iam::222222222222:user/admin":           false,
		"arn:aws:sts::111111111111:assumed-role/r":       false,
		"arn:aws:sts::111111111111:assumed-role/nobody/": false,
		"arn:aws-cn:iam::111111111111:root":              false,
		"arn:aws:iam::111111111111:group/g":              false,
		"arn:aws:iam::111111111111:root/x":               false,
		"arn:aws:iam::111111111111:user":                 false,
		"":                                               false,
	} {
		if got := f.service.PrincipalExists(f.Store.View(), arn); got != want {
			t.Errorf("%s exists: %v", arn, got)
		}
	}
}

// Users, roles and their sessions have ids that outlive their ARNs.
func TestPrincipalID(t *testing.T) {
	f := newFixture(t)
	role := *f.Do(&api.CreateRoleInput{RoleName: new("r"), Path: new("/x/"), AssumeRolePolicyDocument: trusting(account)}).(*api.CreateRoleOutput).Role.RoleId
	for arn, want := range map[string]string{
		"arn:aws:iam::111111111111:user/admin":       f.as(f.admin.AccessKeyID, "").ID,
		"arn:aws:iam::111111111111:role/x/r":         role,
		"arn:aws:sts::111111111111:assumed-role/r/s": role + ":s",
		"arn:aws:iam::111111111111:root":             "",
		"arn:aws:iam::111111111111:user/x/admin":     "",
		"arn:aws:iam::111111111111:group/admin":      "",
		"arn:aws:sts::111111111111:assumed-role/r":   "",
		"*": "",
	} {
		f.Equal(arn, f.service.PrincipalID(f.Store.View(), arn), want)
	}
}

func TestLastUse(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: trusting(account)})
	used := func() *api.AccessKeyLastUsed {
		return f.Do(&api.GetAccessKeyLastUsedInput{AccessKeyId: &f.admin.AccessKeyID}).(*api.GetAccessKeyLastUsedOutput).AccessKeyLastUsed
	}
	flush := func() {
		t.Helper()
		if err := f.service.FlushUses(t.Context(), f.Store); err != nil {
			t.Fatal(err)
		}
	}
	f.Equal("never", *used().ServiceName, "N/A")
	f.service.Used(&f.Caller, "us-east-2", "s3", f.Clock.Now())
	f.Equal("noted", *used().ServiceName, "s3")
	flush()
	f.Equal("stored", *used().Region, "us-east-2")
	f.service.Used(&f.Caller, "eu-west-1", "iam", f.Clock.Now().Add(time.Minute))
	f.Equal("later", *used().LastUsedDate, f.Clock.Now().Add(time.Minute))
	flush()
	f.service.Used(&f.Caller, "us-east-1", "sts", f.Clock.Now()) // another replica's clock is behind
	f.Equal("latest", *used().ServiceName, "iam")
	flush()
	f.Equal("latest", *used().ServiceName, "iam")

	key, token := f.roleSession("r")
	p, _, _ := f.service.Credentials(f.Store.View(), key, token, f.Clock.Now())
	f.service.Used(&p, "us-west-2", "s3", f.Clock.Now())
	flush()
	f.Equal("role", *f.Do(&api.GetRoleInput{RoleName: new("r")}).(*api.GetRoleOutput).Role.RoleLastUsed.Region, "us-west-2")

	// What is deleted before its use is stored leaves nothing behind.
	f.service.Used(&p, "us-west-2", "s3", f.Clock.Now().Add(time.Hour))
	f.Do(&api.DeleteRoleInput{RoleName: new("r")})
	flush()
	if _, ok := lastUses.Get(f.Store.View(), p.Session.IssuerID); ok {
		t.Error("the use of a deleted role is stored")
	}
	f.Caller = calltest.Root(other)
	f.Fails("NoSuchEntity: The Access Key with id "+f.admin.AccessKeyID+" cannot be found.", &api.GetAccessKeyLastUsedInput{AccessKeyId: &f.admin.AccessKeyID})
}

func TestFlushFails(t *testing.T) {
	f := newFixture(t)
	f.service.Used(&f.Caller, "us-east-2", "s3", f.Clock.Now())
	f.Store.Close()
	if err := f.service.FlushUses(t.Context(), f.Store); err == nil {
		t.Fatal("stored in a closed store")
	}
	if u := f.service.uses.noted[f.admin.AccessKeyID]; u.Service != "s3" {
		t.Errorf("forgotten: %+v", u)
	}
}

func TestMemo(t *testing.T) {
	m := newMemo[int](3)
	for i := range 10 {
		if v, err := m.get(string(rune('a'+i)), func() (int, error) { return i, nil }); v != i || err != nil {
			t.Fatal(v, err)
		}
	}
	if len(m.m) != 3 {
		t.Errorf("%d remembered", len(m.m))
	}
	if _, err := m.get("bad", func() (int, error) { return 0, session.ErrInvalid }); err != session.ErrInvalid {
		t.Error(err)
	}
	if v, _ := m.get("bad", func() (int, error) { return 7, nil }); v != 7 {
		t.Error("a failure was remembered")
	}
}

func BenchmarkCredentials(b *testing.B) {
	f := newFixture(b)
	r := f.Store.View()
	for b.Loop() {
		if _, _, err := f.service.Credentials(r, f.admin.AccessKeyID, "", f.Clock.Now()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSessionCredentials(b *testing.B) {
	f := newFixture(b)
	f.Do(&api.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: trusting(account)})
	key, token := f.roleSession("r")
	r := f.Store.View()
	for b.Loop() {
		if _, _, err := f.service.Credentials(r, key, token, f.Clock.Now()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPoliciesOf(b *testing.B) {
	f := newFixture(b)
	r := f.Store.View()
	b.ReportAllocs()
	for b.Loop() {
		f.service.PoliciesOf(r, f.Caller)
	}
}

// Credentials of a federated user reach as far as those of the user who asked
// for them, within the session policies, and as long.
func TestFederatedUser(t *testing.T) {
	f := newFixture(t)
	codec := session.NewCodec(calltest.Key(t))
	issue := func(by aws.Principal) (id, token string) {
		p := aws.Principal{
			Type: aws.FederatedUser, Account: account, ARN: "arn:aws:sts::111111111111:federated-user/visitor", ID: account + ":visitor",
			AccessKeyID: session.NewAccessKeyID(session.Temporary, account),
			Session: &aws.Session{
				IssuerType: by.Type, IssuerID: by.ID, IssuerARN: by.ARN, IssuerName: by.UserName, Name: "visitor",
				Created: f.Clock.Now(), Expires: f.Clock.Now().Add(time.Hour), Policies: []string{*document("s3:*")},
			},
		}
		return p.AccessKeyID, codec.Token(session.Credentials{Secret: "s", Principal: p, IssuedBy: by.AccessKeyID})
	}
	id, token := issue(f.Caller)
	f.Do(&api.UpdateUserInput{UserName: new("admin"), NewUserName: new("boss")})
	p, _, err := f.service.Credentials(f.Store.View(), id, token, f.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	f.Equal("issuer", p.Session.IssuerARN, "arn:aws:iam::111111111111:user/boss")
	f.Equal("itself", p.ARN, "arn:aws:sts::111111111111:federated-user/visitor")
	identity, _, limits := f.service.PoliciesOf(f.Store.View(), p)
	f.Equal("policies", []int{len(identity), len(limits)}, []int{1, 1})
	decide := func(action string) policy.Decision {
		return policy.Evaluate(policy.Request{Principal: p, Action: action, Resource: "*"}, policy.Documents{Identity: identity, Session: limits}).Decision
	}
	f.Equal("within both", decide("s3:GetObject"), policy.Allowed)
	f.Equal("not within the session's", decide("sqs:SendMessage"), policy.ImplicitDeny)
	f.Caller = p
	op := api.API.Operation("ListUsers")
	if _, err := f.service.Access(&call.Call{Principal: p, Operation: op, State: f.Store.View()}, &api.ListUsersInput{}); aws.CodeOf(err) != "InvalidClientTokenId" {
		t.Error("IAM takes the credentials of a federated user:", err)
	}

	f.Caller = calltest.Root(account)
	f.Do(&api.UpdateAccessKeyInput{UserName: new("boss"), AccessKeyId: &f.admin.AccessKeyID, Status: new("Inactive")})
	f.refused("after its issuer's key", id, token, invalidKey)
}
