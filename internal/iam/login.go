package iam

import (
	"crypto/rand"
	"crypto/subtle"
	"slices"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// LoginProfile is the password of a user. Its key is the user's.
type LoginProfile struct {
	Created       time.Time
	Changed       time.Time // when the password was set
	ResetRequired bool
	// Salt is the same for all passwords that the user ever had, so that one
	// hash tells whether a new one is among them.
	Salt   []byte
	Hashes [][]byte // argon2id; the password in force first, then those before it
}

var loginProfiles = store.NewKind[LoginProfile]("iam.loginprofile")

// The cost of a password's hash: the least that OWASP advises for argon2id, one
// thread included. RFC 9106 asks for 64 MiB where memory is scarce, which is
// more than a server that checks many passwords at once can spare.
const (
	hashPasses = 2
	hashMemory = 19 << 10 // KiB
	hashSize   = 32
	saltSize   = 16
)

// rememberedPasswords is as far back as a password policy can look.
const rememberedPasswords = 24

// CreateLoginProfile gives a user a password.
func (s *Service) CreateLoginProfile(c *call.Call, in *api.CreateLoginProfileInput) (*api.CreateLoginProfileOutput, error) {
	u, err := findUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	if _, ok := loginProfiles.Get(c.State, u.key()); ok {
		return nil, alreadyExists("Login Profile for user %s already exists.", u.Name)
	}
	if in.Password == nil {
		return nil, invalid("1 validation error detected: Value null at 'password' failed to satisfy constraint: Member must not be null")
	}
	p := &LoginProfile{Created: c.Time.UTC().Truncate(time.Second), ResetRequired: aws.Val(in.PasswordResetRequired)}
	if p.Salt, err = call.Beforehand(c, saltOf{}, newSalt); err != nil {
		return nil, err
	}
	if err := p.set(c, u, *in.Password); err != nil {
		return nil, err
	}
	loginProfiles.Put(c.Tx, u.key(), p)
	return &api.CreateLoginProfileOutput{LoginProfile: p.view(u)}, nil
}

// GetLoginProfile tells that a user has a password, and since when.
func (s *Service) GetLoginProfile(c *call.Call, in *api.GetLoginProfileInput) (*api.GetLoginProfileOutput, error) {
	u, p, err := findLoginProfile(c, in.UserName)
	if err != nil {
		return nil, err
	}
	return &api.GetLoginProfileOutput{LoginProfile: p.view(u)}, nil
}

// UpdateLoginProfile sets what the input names: the password, whether it must
// be changed.
func (s *Service) UpdateLoginProfile(c *call.Call, in *api.UpdateLoginProfileInput) (*api.UpdateLoginProfileOutput, error) {
	u, p, err := findLoginProfile(c, in.UserName)
	if err != nil {
		return nil, err
	}
	if in.PasswordResetRequired != nil {
		p.ResetRequired = *in.PasswordResetRequired
	}
	if in.Password != nil {
		if err := p.set(c, u, *in.Password); err != nil {
			return nil, err
		}
	}
	loginProfiles.Put(c.Tx, u.key(), p)
	return nil, nil
}

// DeleteLoginProfile takes the password from a user, and the memory of those
// before it.
func (s *Service) DeleteLoginProfile(c *call.Call, in *api.DeleteLoginProfileInput) (*api.DeleteLoginProfileOutput, error) {
	u, _, err := findLoginProfile(c, in.UserName)
	if err != nil {
		return nil, err
	}
	loginProfiles.Delete(c.Tx, u.key())
	return nil, nil
}

// ChangePassword sets the caller's own password, who knows the old one.
func (s *Service) ChangePassword(c *call.Call, in *api.ChangePasswordInput) (*api.ChangePasswordOutput, error) {
	if c.Principal.Type != aws.IAMUser {
		return nil, aws.Errorf("InvalidUserType", "Only IAM Users can change their own password.")
	}
	u, p, err := findLoginProfile(c, nil)
	if err != nil {
		return nil, err
	}
	old, err := p.hash(c, aws.Val(in.OldPassword))
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(old, p.Hashes[0]) != 1 {
		return nil, aws.Errorf(aws.AccessDenied, "The old password is incorrect.")
	}
	if err := p.set(c, u, aws.Val(in.NewPassword)); err != nil {
		return nil, err
	}
	p.ResetRequired = false
	loginProfiles.Put(c.Tx, u.key(), p)
	return nil, nil
}

// findLoginProfile finds a user and a copy of its login profile, the caller's
// when no name is given. A root has none.
func findLoginProfile(c *call.Call, name *string) (*User, *LoginProfile, error) {
	if name == nil && c.Principal.Type == aws.Root {
		return nil, nil, noSuchEntity("Login Profile for User root cannot be found.")
	}
	u, err := findUser(c, name)
	if err != nil {
		return nil, nil, err
	}
	p, ok := loginProfiles.Get(c.State, u.key())
	if !ok {
		return nil, nil, noSuchEntity("Login Profile for User %s cannot be found.", u.Name)
	}
	return u, new(*p), nil
}

// set gives the profile a password that the account's policy allows.
func (p *LoginProfile) set(c *call.Call, u *User, password string) error {
	rules := passwordRules(c.State, u.Account)
	if !rules.allow(password, u.Name) {
		return badPassword()
	}
	hash, err := p.hash(c, password)
	if err != nil {
		return err
	}
	for _, old := range p.Hashes[:min(int(rules.Reuse), len(p.Hashes))] {
		if subtle.ConstantTimeCompare(hash, old) == 1 {
			return badPassword()
		}
	}
	p.Hashes = slices.Insert(slices.Clone(p.Hashes), 0, hash)
	p.Hashes = p.Hashes[:min(len(p.Hashes), rememberedPasswords)]
	p.Changed = c.Time.UTC().Truncate(time.Second)
	return nil
}

// hash is the hash of a password, made before the transaction of the call.
func (p *LoginProfile) hash(c *call.Call, password string) ([]byte, error) {
	return call.Beforehand(c, hashOf{password, string(p.Salt)}, func() ([]byte, error) {
		return argon2.IDKey([]byte(password), p.Salt, hashPasses, hashMemory, 1, hashSize), nil
	})
}

// What a call makes: the hash of a password, and the salt of a new profile,
// which is to be the same in the run that finds the hash.
type (
	hashOf struct{ password, salt string }
	saltOf struct{}
)

func newSalt() ([]byte, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	return salt, nil
}

func badPassword() *aws.Error {
	return aws.Errorf("PasswordPolicyViolation", "Password does not conform to the account password policy.")
}

func (p *LoginProfile) view(u *User) *api.LoginProfile {
	return &api.LoginProfile{UserName: &u.Name, CreateDate: &p.Created, PasswordResetRequired: &p.ResetRequired}
}

// moveLoginProfile follows a user to another key.
func moveLoginProfile(tx *store.Tx, from, to string) {
	if p, ok := loginProfiles.Get(tx, from); ok && from != to {
		loginProfiles.Delete(tx, from)
		loginProfiles.Put(tx, to, p)
	}
}
