package sts

import (
	"context"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/session"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

// Service is AWS Security Token Service.
type Service struct {
	// Devices are the second factors of users. nil: nobody has any.
	Devices Devices
	// Providers and Tokens admit who comes with the word of an OpenID Connect
	// provider. nil Providers: no account has any.
	Providers Providers
	Tokens    Tokens

	roles    Roles
	sessions *session.Codec
}

// Role is what a session needs of the role that it assumes.
type Role struct {
	Account, ARN, ID, Name string
	Trust                  *policy.Document
	MaxSession             time.Duration
}

// Roles knows the roles and managed policies of every account.
type Roles interface {
	// Role finds the role of an ARN.
	Role(r store.Reader, arn string) (Role, bool)
	// ManagedPolicy reports whether an account may use the managed policy of
	// an ARN.
	ManagedPolicy(r store.Reader, account, arn string) bool
}

// Devices knows the MFA devices of users. Both errors are the caller's answer.
type Devices interface {
	// Check reports whether a code is one that the device of a user shows and
	// that was not used yet.
	Check(r store.Reader, p aws.Principal, serial, code string) error
	// Use checks a code and uses it up. nil: that is durable.
	Use(ctx context.Context, p aws.Principal, serial, code string) error
}

var _ api.Service = (*Service)(nil)

// New returns the service of a master key.
func New(master *seal.Key, roles Roles) *Service {
	return &Service{roles: roles, sessions: session.NewCodec(master)}
}

// GetCallerIdentity answers who the caller is. No policy can forbid it.
func (s *Service) GetCallerIdentity(c *call.Call, _ *api.GetCallerIdentityInput) (*api.GetCallerIdentityOutput, error) {
	p := c.Principal
	return &api.GetCallerIdentityOutput{UserId: &p.ID, Account: &p.Account, Arn: &p.ARN}, nil
}

// GetAccessKeyInfo answers which account an access key id belongs to, which
// the id itself says: whether there is such a key is not asked.
func (s *Service) GetAccessKeyInfo(_ *call.Call, in *api.GetAccessKeyInfoInput) (*api.GetAccessKeyInfoOutput, error) {
	account, ok := session.AccountOf(aws.Val(in.AccessKeyId))
	if !ok {
		return nil, invalid("Invalid value for parameter AccessKeyId: %s carries no account.", aws.Val(in.AccessKeyId))
	}
	return &api.GetAccessKeyInfoOutput{Account: &account}, nil
}

// The durations of GetSessionToken: what it gives when the caller does not
// say, and the most that a root gets.
const (
	ownSession  = 12 * time.Hour
	rootSession = time.Hour
)

// GetSessionToken issues temporary credentials for the caller itself. They end
// with the access key that asked for them, if not before.
func (s *Service) GetSessionToken(c *call.Call, in *api.GetSessionTokenInput) (*api.GetSessionTokenOutput, error) {
	p := c.Principal
	if p.Session != nil || p.Type != aws.IAMUser && p.Type != aws.Root {
		return nil, denied("Cannot call GetSessionToken with session credentials")
	}
	mfa, err := s.useCode(c, in.SerialNumber, in.TokenCode)
	if err != nil {
		return nil, err
	}
	lasts := ownSession
	if in.DurationSeconds != nil {
		lasts = time.Duration(*in.DurationSeconds) * time.Second
	}
	if p.Type == aws.Root {
		lasts = min(lasts, rootSession)
	}
	issuedBy := p.AccessKeyID
	p.Session = &aws.Session{IssuerType: p.Type, IssuerID: p.ID, IssuerARN: p.ARN, IssuerName: p.UserName, MFA: mfa}
	return &api.GetSessionTokenOutput{Credentials: s.issue(c.Time, p, lasts, issuedBy)}, nil
}

// issue makes credentials of a principal whose session has everything but its
// times.
func (s *Service) issue(now time.Time, p aws.Principal, lasts time.Duration, issuedBy string) *api.Credentials {
	p.AccessKeyID = session.NewAccessKeyID(session.Temporary, p.Account)
	p.Session.Created = now.UTC().Truncate(time.Second)
	p.Session.Expires = p.Session.Created.Add(lasts)
	secret := aws.SecretKey()
	token := s.sessions.Token(session.Credentials{Secret: secret, Principal: p, IssuedBy: issuedBy})
	return &api.Credentials{
		AccessKeyId: &p.AccessKeyID, SecretAccessKey: &secret, SessionToken: &token, Expiration: &p.Session.Expires,
	}
}

func invalid(format string, args ...any) *aws.Error {
	return aws.Errorf("ValidationError", format, args...)
}

func denied(format string, args ...any) *aws.Error {
	return aws.Errorf(aws.AccessDenied, format, args...)
}
