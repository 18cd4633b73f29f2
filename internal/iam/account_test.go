package iam

import (
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

func TestAccounts(t *testing.T) {
	f := newFixture(t)
	var id string
	f.Update(func(tx *store.Tx) (err error) {
		id, err = f.service.NewAccount(tx, f.Clock.Now(), "Prod", "Prod@Example.com")
		return err
	})
	r := f.Store.View()
	if !aws.IsAccountID(id) || !f.service.AccountExists(r, id) || f.service.AccountExists(r, "999999999999") {
		t.Errorf("account %s", id)
	}
	found, ok := f.service.AccountByEmail(r, "prod@example.COM")
	f.Equal("by e-mail", found, id)
	f.Equal("found", ok, true)
	name, email, _ := f.service.Account(r, id)
	f.Equal("account", name+" "+email, "Prod Prod@Example.com")

	for want, add := range map[string]func(*store.Tx) error{
		"EntityAlreadyExists: Account with id 222222222222 already exists.": func(tx *store.Tx) error { return f.service.AddAccount(tx, f.Clock.Now(), other, "x", "x@example.com") },
		"InvalidInput: 12 is not an account id: it has twelve digits.":      func(tx *store.Tx) error { return f.service.AddAccount(tx, f.Clock.Now(), "12", "x", "x@example.com") },
		"EntityAlreadyExists: Account with e-mail address PROD@example.com already exists.": func(tx *store.Tx) error {
			_, err := f.service.NewAccount(tx, f.Clock.Now(), "x", "PROD@example.com")
			return err
		},
	} {
		if err := f.Store.Update(t.Context(), add); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestAliases(t *testing.T) {
	f := newFixture(t)
	list := func() []string {
		return f.Do(&api.ListAccountAliasesInput{}).(*api.ListAccountAliasesOutput).AccountAliases
	}
	f.Equal("none", list(), []string{})
	f.Do(&api.CreateAccountAliasInput{AccountAlias: new("acme")}, &api.CreateAccountAliasInput{AccountAlias: new("acme-two")})
	f.Equal("the last one", list(), []string{"acme-two"})
	f.Fails("NoSuchEntity: The account alias acme cannot be found.", &api.DeleteAccountAliasInput{AccountAlias: new("acme")})
	f.Fails("InvalidInput: The account alias 123456789012 must not have the form of an account id.", &api.CreateAccountAliasInput{AccountAlias: new("123456789012")})
	f.Caller = calltest.Root(other)
	f.Fails("EntityAlreadyExists: The account alias acme-two already exists.", &api.CreateAccountAliasInput{AccountAlias: new("acme-two")})
	f.Do(&api.CreateAccountAliasInput{AccountAlias: new("acme")})
	f.Caller = calltest.Root(account)
	f.Do(&api.DeleteAccountAliasInput{AccountAlias: new("acme-two")})
	f.Equal("none", list(), []string{})
}

func TestAccountSummary(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreatePolicyInput{PolicyName: new("P"), PolicyDocument: document("s3:A")}, &api.CreateGroupInput{GroupName: new("g")})
	sums := f.Do(&api.GetAccountSummaryInput{}).(*api.GetAccountSummaryOutput).SummaryMap
	for key, want := range map[string]int32{"Users": 1, "UsersQuota": 5000, "Groups": 1, "Roles": 0, "Policies": 1, "PolicyVersionsInUse": 1, "AccountAccessKeysPresent": 0} {
		f.Equal(key, sums[key], want)
	}
}

func TestBootstrap(t *testing.T) {
	f := newFixture(t)
	f.Equal("account", f.admin.AccountID, account)
	p, secret, _ := f.service.Credentials(f.Store.View(), f.admin.AccessKeyID, "", f.Clock.Now())
	f.Equal("user", p.ARN, "arn:aws:iam::111111111111:user/admin")
	f.Equal("secret", secret, f.admin.Secret)
	identity, _, _ := f.service.PoliciesOf(f.Store.View(), p)
	f.Equal("policy", identity[0].Name, "AdministratorAccess")
	f.Update(func(tx *store.Tx) error {
		again, err := f.service.Bootstrap(tx, f.Clock.Now(), "")
		f.Equal("a second time", again, BootstrapResult{})
		return err
	})
}
