package iam

import (
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

const violation = "PasswordPolicyViolation: Password does not conform to the account password policy."

func TestLoginProfile(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateUserInput{UserName: new("ada")})
	f.Fails("NoSuchEntity: Login Profile for User ada cannot be found.", &api.GetLoginProfileInput{UserName: new("ada")})
	f.Fails(violation, &api.CreateLoginProfileInput{UserName: new("ada"), Password: new("short1A")})
	f.Fails(violation, &api.CreateLoginProfileInput{UserName: new("ada"), Password: new("longbutlower")})
	f.Do(&api.CreateLoginProfileInput{UserName: new("ada"), Password: new("Analytical1"), PasswordResetRequired: new(true)})
	f.Fails("EntityAlreadyExists: Login Profile for user ada already exists.", &api.CreateLoginProfileInput{UserName: new("ada"), Password: new("Analytical1")})
	v := f.Do(&api.GetLoginProfileInput{UserName: new("ADA")}).(*api.GetLoginProfileOutput).LoginProfile
	f.Equal("created", *v.CreateDate, f.Clock.Now())
	f.Equal("reset", *v.PasswordResetRequired, true)

	f.Do(&api.UpdateUserInput{UserName: new("ada"), NewUserName: new("lovelace")})
	f.Fails("DeleteConflict: Cannot delete entity, must delete login profile first.", &api.DeleteUserInput{UserName: new("lovelace")})
	f.Do(&api.UpdateLoginProfileInput{UserName: new("lovelace"), PasswordResetRequired: new(false)})
	v = f.Do(&api.GetLoginProfileInput{UserName: new("lovelace")}).(*api.GetLoginProfileOutput).LoginProfile
	f.Equal("reset", *v.PasswordResetRequired, false)
	f.Do(&api.DeleteLoginProfileInput{UserName: new("lovelace")}, &api.DeleteUserInput{UserName: new("lovelace")})
}

func TestChangePassword(t *testing.T) {
	f := newFixture(t)
	f.Fails("NoSuchEntity: Login Profile for User admin cannot be found.", &api.ChangePasswordInput{OldPassword: new("x"), NewPassword: new("y")})
	f.Do(&api.CreateLoginProfileInput{UserName: new("admin"), Password: new("Analytical1"), PasswordResetRequired: new(true)},
		&api.UpdateAccountPasswordPolicyInput{PasswordReusePrevention: new(int32(2)), RequireSymbols: new(true)})
	f.Fails("AccessDenied: The old password is incorrect.", &api.ChangePasswordInput{OldPassword: new("Analytical2"), NewPassword: new("Engine#1")})
	f.Fails(violation, &api.ChangePasswordInput{OldPassword: new("Analytical1"), NewPassword: new("Engine1")})
	f.Do(&api.ChangePasswordInput{OldPassword: new("Analytical1"), NewPassword: new("Engine#1")})
	f.Equal("reset", *f.Do(&api.GetLoginProfileInput{}).(*api.GetLoginProfileOutput).LoginProfile.PasswordResetRequired, false)
	f.Fails(violation, &api.ChangePasswordInput{OldPassword: new("Engine#1"), NewPassword: new("Engine#1")})
	f.Do(&api.ChangePasswordInput{OldPassword: new("Engine#1"), NewPassword: new("Engine#2")})
	f.Fails(violation, &api.ChangePasswordInput{OldPassword: new("Engine#2"), NewPassword: new("Engine#1")})
	f.Do(&api.ChangePasswordInput{OldPassword: new("Engine#2"), NewPassword: new("Engine#3")},
		&api.ChangePasswordInput{OldPassword: new("Engine#3"), NewPassword: new("Engine#1")})
	f.Caller = calltest.Root(account)
	f.Fails("InvalidUserType: Only IAM Users can change their own password.", &api.ChangePasswordInput{OldPassword: new("x"), NewPassword: new("y")})
}

func TestPasswordPolicy(t *testing.T) {
	f := newFixture(t)
	missing := "NoSuchEntity: The Password Policy with domain name 111111111111 cannot be found."
	f.Fails(missing, &api.GetAccountPasswordPolicyInput{})
	f.Fails(missing, &api.DeleteAccountPasswordPolicyInput{})
	f.Do(&api.UpdateAccountPasswordPolicyInput{MaxPasswordAge: new(int32(90)), RequireNumbers: new(true)})
	p := f.Do(&api.GetAccountPasswordPolicyInput{}).(*api.GetAccountPasswordPolicyOutput).PasswordPolicy
	f.Equal("age", []any{*p.MaxPasswordAge, *p.ExpirePasswords, *p.RequireNumbers, *p.MinimumPasswordLength}, []any{int32(90), true, true, int32(6)})
	f.Do(&api.UpdateAccountPasswordPolicyInput{})
	p = f.Do(&api.GetAccountPasswordPolicyInput{}).(*api.GetAccountPasswordPolicyOutput).PasswordPolicy
	f.Equal("replaced", []any{*p.ExpirePasswords, *p.RequireNumbers, p.MaxPasswordAge == nil, p.PasswordReusePrevention == nil}, []any{false, false, true, true})
	f.Do(&api.DeleteAccountPasswordPolicyInput{})
	f.Fails(missing, &api.GetAccountPasswordPolicyInput{})
}

func TestPasswordRules(t *testing.T) {
	all := rules{PasswordPolicy: PasswordPolicy{Length: 6, Symbols: true, Numbers: true, Upper: true, Lower: true}}
	standard := rules{PasswordPolicy{Length: defaultLength}, true}
	for _, c := range []struct {
		rules    rules
		password string
		want     bool
	}{
		{all, "aB3$ef", true}, {all, "aB3$e", false}, {all, "aB3def", false}, {all, "aBc$ef", false}, {all, "ab3$ef", false}, {all, "AB3$EF", false},
		{all, "aB3$éé", true},
		{rules{PasswordPolicy: PasswordPolicy{Length: 6}}, "aaaaaa", true},
		{standard, "Abcdefg1", true}, {standard, "abcdefg1", false}, {standard, "abcdef1#", true}, {standard, "Somebody1", false},
	} {
		if got := c.rules.allow(c.password, "somebody1"); got != c.want {
			t.Errorf("%s: %v", c.password, got)
		}
	}
}

// Where the account's policy lets users change their own password they need no
// other permission for it, and a denial still stands.
func TestOwnPassword(t *testing.T) {
	f := newFixture(t)
	decide := func(identity ...policy.Attached) policy.Decision {
		target := f.access(&api.ChangePasswordInput{OldPassword: new("x"), NewPassword: new("y")})[0]
		f.Equal("resource", target.Resource, f.Caller.ARN)
		return policy.Evaluate(policy.Request{Principal: f.Caller, Action: target.Action, Resource: target.Resource, Context: target.Context},
			policy.Documents{Identity: identity, Resource: target.Policy}).Decision
	}
	f.Equal("by default", decide(), policy.ImplicitDeny)
	f.Do(&api.UpdateAccountPasswordPolicyInput{AllowUsersToChangePassword: new(true)})
	f.Equal("allowed by the account", decide(), policy.Allowed)
	deny := mustParse(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}`)
	f.Equal("denied", decide(policy.Attached{Document: deny}), policy.ExplicitDeny)
}

// What is stored of a password does not tell it, and reads back.
func TestLoginProfileStored(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateLoginProfileInput{UserName: new("admin"), Password: new("Analytical1")})
	f.Clock.Advance(time.Hour)
	f.Do(&api.UpdateLoginProfileInput{UserName: new("admin"), Password: new("Analytical1")})
	f.Update(func(tx *store.Tx) error {
		p, _ := loginProfiles.Get(tx, recordKey(account, "admin"))
		f.Equal("times", []time.Time{p.Created, p.Changed}, []time.Time{f.Clock.Now().Add(-time.Hour), f.Clock.Now()})
		f.Equal("hashes", len(p.Hashes), 2)
		f.Equal("size", len(p.Hashes[0]), hashSize)
		return nil
	})
}

// TestPasswordsAreHashedBeforehand: a hash is made to take long, and so never
// in a transaction.
func TestPasswordsAreHashedBeforehand(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		in   wire.Shape
		runs int
	}{
		{&api.CreateLoginProfileInput{UserName: new("admin"), Password: new("Analytical1")}, 3}, // salt and hash
		{&api.ChangePasswordInput{OldPassword: new("Analytical1"), NewPassword: new("Analytical2")}, 3},
		{&api.UpdateLoginProfileInput{UserName: new("admin"), Password: new("Analytical3")}, 2},
		{&api.UpdateLoginProfileInput{UserName: new("admin"), PasswordResetRequired: new(true)}, 1},
	} {
		f.Runs = 0
		f.Do(c.in)
		f.Equal("runs of "+c.in.Describe().Name, f.Runs, c.runs)
	}
}
