package iam

import (
	"strings"
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// PasswordPolicy is what an account demands of its users' passwords. Its key
// is the account.
type PasswordPolicy struct {
	Length                         int32 // the least number of characters
	Symbols, Numbers, Upper, Lower bool
	Own                            bool  // users may change their own
	MaxAge                         int32 // days, 0: for ever
	Reuse                          int32 // how many passwords must differ
	HardExpiry                     bool
}

var passwordPolicies = store.NewKind[PasswordPolicy]("iam.passwordpolicy")

const (
	leastLength   = 6 // of a policy that names none
	defaultLength = 8 // where the account has no policy
	// defaultKinds of characters must a password have where the account has
	// no policy.
	defaultKinds = 3
)

// UpdateAccountPasswordPolicy replaces the account's policy as a whole: what
// the input does not name gets its default.
func (s *Service) UpdateAccountPasswordPolicy(c *call.Call, in *api.UpdateAccountPasswordPolicyInput) (*api.UpdateAccountPasswordPolicyOutput, error) {
	p := &PasswordPolicy{
		Length: leastLength, Symbols: aws.Val(in.RequireSymbols), Numbers: aws.Val(in.RequireNumbers),
		Upper: aws.Val(in.RequireUppercaseCharacters), Lower: aws.Val(in.RequireLowercaseCharacters),
		Own: aws.Val(in.AllowUsersToChangePassword), MaxAge: aws.Val(in.MaxPasswordAge),
		Reuse: aws.Val(in.PasswordReusePrevention), HardExpiry: aws.Val(in.HardExpiry),
	}
	if in.MinimumPasswordLength != nil {
		p.Length = *in.MinimumPasswordLength
	}
	passwordPolicies.Put(c.Tx, c.Account(), p)
	return nil, nil
}

// GetAccountPasswordPolicy answers with the account's policy.
func (s *Service) GetAccountPasswordPolicy(c *call.Call, _ *api.GetAccountPasswordPolicyInput) (*api.GetAccountPasswordPolicyOutput, error) {
	p, err := findPasswordPolicy(c)
	if err != nil {
		return nil, err
	}
	v := &api.PasswordPolicy{
		MinimumPasswordLength: &p.Length, RequireSymbols: &p.Symbols, RequireNumbers: &p.Numbers,
		RequireUppercaseCharacters: &p.Upper, RequireLowercaseCharacters: &p.Lower,
		AllowUsersToChangePassword: &p.Own, ExpirePasswords: new(p.MaxAge > 0), HardExpiry: &p.HardExpiry,
	}
	if p.MaxAge > 0 {
		v.MaxPasswordAge = &p.MaxAge
	}
	if p.Reuse > 0 {
		v.PasswordReusePrevention = &p.Reuse
	}
	return &api.GetAccountPasswordPolicyOutput{PasswordPolicy: v}, nil
}

// DeleteAccountPasswordPolicy goes back to the default.
func (s *Service) DeleteAccountPasswordPolicy(c *call.Call, _ *api.DeleteAccountPasswordPolicyInput) (*api.DeleteAccountPasswordPolicyOutput, error) {
	if _, err := findPasswordPolicy(c); err != nil {
		return nil, err
	}
	passwordPolicies.Delete(c.Tx, c.Account())
	return nil, nil
}

func findPasswordPolicy(c *call.Call) (*PasswordPolicy, error) {
	p, ok := passwordPolicies.Get(c.State, c.Account())
	if !ok {
		return nil, noSuchEntity("The Password Policy with domain name %s cannot be found.", c.Account())
	}
	return p, nil
}

// rules are what passwords of an account must be like.
type rules struct {
	PasswordPolicy
	standard bool // the account has no policy of its own
}

func passwordRules(r store.Reader, account string) rules {
	if p, ok := passwordPolicies.Get(r, account); ok {
		return rules{PasswordPolicy: *p}
	}
	return rules{PasswordPolicy{Length: defaultLength}, true}
}

// passwordSymbols are the characters that count as symbols.
const passwordSymbols = "!@#$%^&*()_+-=[]{}|'"

// allow reports whether a user may have a password. The default asks for three
// of the four kinds of characters, and that it is not the user's name.
func (p rules) allow(password, user string) bool {
	if utf8.RuneCountInString(password) < int(p.Length) {
		return false
	}
	kinds := [...]struct{ has, wanted bool }{
		{strings.ContainsAny(password, passwordSymbols), p.Symbols},
		{strings.ContainsAny(password, "0123456789"), p.Numbers},
		{strings.ContainsAny(password, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), p.Upper},
		{strings.ContainsAny(password, "abcdefghijklmnopqrstuvwxyz"), p.Lower},
	}
	n := 0
	for _, k := range kinds {
		if k.wanted && !k.has {
			return false
		}
		if k.has {
			n++
		}
	}
	return !p.standard || n >= defaultKinds && !strings.EqualFold(password, user)
}

// ownPassword lets users change their own password and read the policy for it
// where the account's policy says so: whatever their policies allow, unless
// one denies it.
var ownPassword = mustParse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["iam:ChangePassword","iam:GetAccountPasswordPolicy"]}]}`)

func mustParse(text string) *policy.Document {
	doc, err := policy.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return doc
}

// ownPassword adds what the account's password policy allows its users.
func (n *permission) ownPassword() {
	if p, ok := passwordPolicies.Get(n.c.State, n.c.Account()); ok && p.Own && n.c.Principal.Type == aws.IAMUser {
		n.Policy = &policy.Attached{Document: ownPassword}
	}
}
