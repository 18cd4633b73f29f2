package iam

import (
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

func TestAccounts(t *testing.T) {
	f := newFixture(t)
	var id string
	f.update(func(tx *store.Tx) (err error) {
		id, err = f.service.NewAccount(tx, f.now, "Prod", "Prod@Example.com")
		return err
	})
	r := f.store.View()
	if !aws.IsAccountID(id) || !f.service.AccountExists(r, id) || f.service.AccountExists(r, "999999999999") {
		t.Errorf("account %s", id)
	}
	found, ok := f.service.AccountByEmail(r, "prod@example.COM")
	f.equal("by e-mail", found, id)
	f.equal("found", ok, true)
	name, email, _ := f.service.Account(r, id)
	f.equal("account", name+" "+email, "Prod Prod@Example.com")

	for want, add := range map[string]func(*store.Tx) error{
		"EntityAlreadyExists: Account with id 222222222222 already exists.": func(tx *store.Tx) error { return f.service.AddAccount(tx, f.now, other, "x", "x@example.com") },
		"InvalidInput: 12 is not an account id: it has twelve digits.":      func(tx *store.Tx) error { return f.service.AddAccount(tx, f.now, "12", "x", "x@example.com") },
		"EntityAlreadyExists: Account with e-mail address PROD@example.com already exists.": func(tx *store.Tx) error {
			_, err := f.service.NewAccount(tx, f.now, "x", "PROD@example.com")
			return err
		},
	} {
		if err := f.store.Update(t.Context(), add); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestAliases(t *testing.T) {
	f := newFixture(t)
	list := func() []string {
		return f.do(&api.ListAccountAliasesInput{}).(*api.ListAccountAliasesOutput).AccountAliases
	}
	f.equal("none", list(), []string{})
	f.do(&api.CreateAccountAliasInput{AccountAlias: new("acme")}, &api.CreateAccountAliasInput{AccountAlias: new("acme-two")})
	f.equal("the last one", list(), []string{"acme-two"})
	f.fails("NoSuchEntity: The account alias acme cannot be found.", &api.DeleteAccountAliasInput{AccountAlias: new("acme")})
	f.fails("InvalidInput: The account alias 123456789012 must not have the form of an account id.", &api.CreateAccountAliasInput{AccountAlias: new("123456789012")})
	f.caller = root(other)
	f.fails("EntityAlreadyExists: The account alias acme-two already exists.", &api.CreateAccountAliasInput{AccountAlias: new("acme-two")})
	f.do(&api.CreateAccountAliasInput{AccountAlias: new("acme")})
	f.caller = root(account)
	f.do(&api.DeleteAccountAliasInput{AccountAlias: new("acme-two")})
	f.equal("none", list(), []string{})
}

func TestAccountSummary(t *testing.T) {
	f := newFixture(t)
	f.do(&api.CreatePolicyInput{PolicyName: new("P"), PolicyDocument: document("s3:A")}, &api.CreateGroupInput{GroupName: new("g")})
	sums := f.do(&api.GetAccountSummaryInput{}).(*api.GetAccountSummaryOutput).SummaryMap
	for key, want := range map[string]int32{"Users": 1, "UsersQuota": 5000, "Groups": 1, "Roles": 0, "Policies": 1, "PolicyVersionsInUse": 1, "AccountAccessKeysPresent": 0} {
		f.equal(key, sums[key], want)
	}
}

func TestBootstrap(t *testing.T) {
	f := newFixture(t)
	f.equal("account", f.admin.AccountID, account)
	p, secret, _ := f.service.Credentials(f.store.View(), f.admin.AccessKeyID, "", f.now)
	f.equal("user", p.ARN, "arn:aws:iam::111111111111:user/admin")
	f.equal("secret", secret, f.admin.Secret)
	identity, _, _ := f.service.PoliciesOf(f.store.View(), p)
	f.equal("policy", identity[0].Name, "AdministratorAccess")
	f.update(func(tx *store.Tx) error {
		again, err := f.service.Bootstrap(tx, f.now, "")
		f.equal("a second time", again, BootstrapResult{})
		return err
	})
}
