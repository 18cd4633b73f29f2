package sts

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/session"
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
	// SAMLProviders admits who comes with the word of a SAML provider. nil: no
	// account has any.
	SAMLProviders SAMLProviders
	// RootSessions says who may act as the root of whom. nil: nobody.
	RootSessions RootSessions
	// Issuers signs for the accounts that vouch for their principals
	// elsewhere. nil: none does.
	Issuers Issuers
	// Clock is what the clocks of identity providers are like. nil is the real
	// one, whatever the server's own says: they know nothing of it.
	Clock func() time.Time

	roles    Roles
	sessions *session.Codec
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
