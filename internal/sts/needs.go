package sts

import (
	"context"
	"crypto/rsa"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/oidc"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/saml"
	"github.com/orgtrail/orgtrail/internal/store"
)

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

// Provider is an OpenID Connect provider of an account.
type Provider struct {
	ARN       string
	Issuer    oidc.Issuer
	ClientIDs []string // the audiences of its tokens that are accepted
}

// Providers finds an account's provider by its issuer.
type Providers func(r store.Reader, account, issuer string) (Provider, bool)

// Tokens verifies tokens of OpenID Connect. Errors are those of package oidc.
type Tokens interface {
	Verify(ctx context.Context, token string, from oidc.Issuer) (oidc.Claims, error)
}

// SAMLProvider is a SAML provider of an account.
type SAMLProvider struct {
	ARN, Account, Name, ID string
	Metadata               saml.Metadata
	Keys                   []*rsa.PrivateKey // open encrypted assertions
	Encrypted              bool              // assertions must be
}

// SAMLProviders finds the provider of an ARN. An error is a failure of ours.
type SAMLProviders func(r store.Reader, arn string) (SAMLProvider, bool, error)

// RootSessions knows which accounts an account may act for as their root. The
// error is why it may not, in words for the caller.
type RootSessions func(r store.Reader, account, target string) error

// Issuers signs the tokens of accounts.
type Issuers interface {
	// Issuer is the name of an account's issuer; false when the account has
	// none.
	Issuer(r store.Reader, account string) (url string, ok bool)
	// Sign makes a token of claims with the account's key of an algorithm
	// (RS256, ES384).
	Sign(r store.Reader, account, algorithm string, claims any) (string, error)
	// Tags are those of a principal, and Membership its account's organization
	// and its place in it, "" without.
	Tags(r store.Reader, p aws.Principal) map[string]string
	Membership(r store.Reader, account string) (organization, path string)
}
