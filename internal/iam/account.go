package iam

import (
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// Account is an AWS account. Its key is its id.
type Account struct {
	ID      string
	Name    string
	Email   string
	Created time.Time
	Alias   string // "" without
	// WideTokens says that tokens of the global endpoint are for all regions.
	WideTokens bool `json:",omitempty"`
}

const (
	byEmail = "email"
	byAlias = "alias"
)

var accounts = store.NewKind("iam.account",
	store.Index[Account]{Name: byEmail, Keys: func(_ string, a *Account) []string { return []string{strings.ToLower(a.Email)} }},
	store.Index[Account]{Name: byAlias, Keys: func(_ string, a *Account) []string {
		if a.Alias == "" {
			return nil
		}
		return []string{a.Alias}
	}},
)

// NewAccount makes an account with nothing in it and returns its id.
func (s *Service) NewAccount(tx *store.Tx, now time.Time, name, email string) (id string, err error) {
	for taken := true; taken; taken = s.AccountExists(tx, id) {
		id = aws.NewAccountID()
	}
	return id, s.AddAccount(tx, now, id, name, email)
}

// AddAccount makes an account of a given id.
func (s *Service) AddAccount(tx *store.Tx, now time.Time, id, name, email string) error {
	if !aws.IsAccountID(id) {
		return invalidInput("%s is not an account id: it has twelve digits.", id)
	}
	if s.AccountExists(tx, id) {
		return alreadyExists("Account with id %s already exists.", id)
	}
	if _, ok := s.AccountByEmail(tx, email); ok {
		return alreadyExists("Account with e-mail address %s already exists.", email)
	}
	accounts.Put(tx, id, &Account{ID: id, Name: name, Email: email, Created: now.UTC().Truncate(time.Second)})
	return nil
}

// AccountExists reports whether there is an account of that id.
func (s *Service) AccountExists(r store.Reader, id string) bool {
	_, ok := accounts.Get(r, id)
	return ok
}

// HasAccounts reports whether there is any account.
func (s *Service) HasAccounts(r store.Reader) bool {
	for range accounts.Scan(r, "") {
		return true
	}
	return false
}

// Account returns an account's name and e-mail address.
func (s *Service) Account(r store.Reader, id string) (name, email string, ok bool) {
	a, ok := accounts.Get(r, id)
	if !ok {
		return "", "", false
	}
	return a.Name, a.Email, true
}

// AccountByEmail finds the account of an e-mail address, without regard to
// case.
func (s *Service) AccountByEmail(r store.Reader, email string) (id string, ok bool) {
	for id := range accounts.By(r, byEmail, strings.ToLower(email)) {
		return id, true
	}
	return "", false
}

// CreateAccountAlias names the account; an alias that it had is given up. No
// two accounts have the same alias.
func (s *Service) CreateAccountAlias(c *call.Call, in *api.CreateAccountAliasInput) (*api.CreateAccountAliasOutput, error) {
	alias := aws.Val(in.AccountAlias)
	if aws.IsAccountID(alias) {
		return nil, invalidInput("The account alias %s must not have the form of an account id.", alias)
	}
	for range accounts.By(c.State, byAlias, alias) {
		return nil, alreadyExists("The account alias %s already exists.", alias)
	}
	return nil, setAlias(c, alias)
}

// DeleteAccountAlias takes the alias off the account.
func (s *Service) DeleteAccountAlias(c *call.Call, in *api.DeleteAccountAliasInput) (*api.DeleteAccountAliasOutput, error) {
	if a, ok := accounts.Get(c.State, c.Account()); !ok || a.Alias != aws.Val(in.AccountAlias) {
		return nil, noSuchEntity("The account alias %s cannot be found.", aws.Val(in.AccountAlias))
	}
	return nil, setAlias(c, "")
}

func setAlias(c *call.Call, alias string) error {
	return editAccount(c, func(a *Account) { a.Alias = alias })
}

// editAccount changes the caller's account.
func editAccount(c *call.Call, edit func(*Account)) error {
	a, ok := accounts.Get(c.State, c.Account())
	if !ok {
		return noSuchEntity("The account with id %s cannot be found.", c.Account())
	}
	a = new(*a)
	edit(a)
	accounts.Put(c.Tx, a.ID, a)
	return nil
}

// SetSecurityTokenServicePreferences says whether tokens of STS's global
// endpoint are good in the regions that an account turns on by itself. Here
// every token is; the preference is kept and shown.
func (s *Service) SetSecurityTokenServicePreferences(c *call.Call, in *api.SetSecurityTokenServicePreferencesInput) (*api.SetSecurityTokenServicePreferencesOutput, error) {
	return nil, editAccount(c, func(a *Account) {
		a.WideTokens = aws.Val(in.GlobalEndpointTokenVersion) == api.GlobalEndpointTokenVersionV2Token
	})
}

// ListAccountAliases lists the alias of the account, if it has one.
func (s *Service) ListAccountAliases(c *call.Call, in *api.ListAccountAliasesInput) (*api.ListAccountAliasesOutput, error) {
	var list []string
	if a, ok := accounts.Get(c.State, c.Account()); ok && a.Alias != "" {
		list = append(list, a.Alias)
	}
	p, err := page(c, byKey(list, itself), in.Marker, in.MaxItems)
	return &api.ListAccountAliasesOutput{AccountAliases: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// GetAccountSummary counts what the account has and says how much it may
// have.
func (s *Service) GetAccountSummary(c *call.Call, _ *api.GetAccountSummaryInput) (*api.GetAccountSummaryOutput, error) {
	prefix := c.Account() + "/"
	versions := 0
	for _, p := range customerPolicies(c.State, c.Account()) {
		versions += len(p.Versions)
	}
	devices := mfaDevices.Scan(c.State, mfaClass.arn(c.Account(), "/", ""))
	tokens := 1
	if a, ok := accounts.Get(c.State, c.Account()); ok && a.WideTokens {
		tokens = 2
	}
	rootKeys := min(1, pages.Count(accessKeys.By(c.State, byUser, rootKey(c.Account()))))
	sums := map[string]int{
		"Users": pages.Count(users.Scan(c.State, prefix)), "UsersQuota": userClass.limit,
		"Groups": pages.Count(groups.Scan(c.State, prefix)), "GroupsQuota": groupClass.limit,
		"Roles": pages.Count(roles.Scan(c.State, prefix)), "RolesQuota": roleClass.limit,
		"Policies": pages.Count(customerPolicies(c.State, c.Account())), "PoliciesQuota": policyClass.limit,
		"InstanceProfiles": pages.Count(profiles.Scan(c.State, prefix)), "InstanceProfilesQuota": profileClass.limit,
		"PolicyVersionsInUse": versions, "PolicyVersionsInUseQuota": 10_000,
		"UserPolicySizeQuota": userClass.inline, "GroupPolicySizeQuota": groupClass.inline,
		"RolePolicySizeQuota": roleClass.inline, "AssumeRolePolicySizeQuota": trustSize,
		"PolicySizeQuota": policySize, "VersionsPerPolicyQuota": versionsPerPolicy,
		"AttachedPoliciesPerUserQuota": attachedPerEntity, "AttachedPoliciesPerGroupQuota": attachedPerEntity,
		"AttachedPoliciesPerRoleQuota": attachedPerEntity,
		"AccessKeysPerUserQuota":       keysPerUser, "GroupsPerUserQuota": groupsPerUser,
		"AccountAccessKeysPresent": rootKeys, "GlobalEndpointTokenVersion": tokens,
		"MFADevices": pages.Count(devices), "MFADevicesInUse": pages.Count(pages.Where(devices, func(d *MFADevice) bool { return d.User != "" })),
		"Providers":          pages.Count(providers.Scan(c.State, providerARN(c.Account(), ""))) + pages.Count(samlProviders.Scan(c.State, samlProviderARN(c.Account(), ""))),
		"ServerCertificates": pages.Count(serverCertificates.Scan(c.State, prefix)), "ServerCertificatesQuota": certificateClass.limit,
		"SigningCertificatesPerUserQuota":   certificatesPerUser,
		"AccountSigningCertificatesPresent": min(1, pages.Count(signingCertificates.By(c.State, byUser, rootKey(c.Account())))),
		// What there is none of here.

		"AccountMFAEnabled":      0,
		"AccountPasswordPresent": 0,
	}
	out := make(map[string]int32, len(sums))
	for k, n := range sums {
		out[k] = int32(n)
	}
	return &api.GetAccountSummaryOutput{SummaryMap: out}, nil
}
