package iam

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/session"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// Service is AWS Identity and Access Management.
type Service struct {
	// InUse tells what still needs a service-linked role, which is then not
	// deleted. nil: nothing does.
	InUse ServiceLinkedRoleUse
	// ServiceControls tells simulations what an account's organization
	// allows. nil: nothing is forbidden.
	ServiceControls ServiceControls
	// Organizations says who may act for whom. nil: there are none.
	Organizations Organizations
	// Services are those that reports of access speak of.
	Services []ServiceName
	// IssuerURL is where the documents of issuers are published: the URL of an
	// issuer is this, a slash and its id. "": nobody can be one.
	IssuerURL string

	// Clock is what the clocks of authenticators are like. nil is the real
	// one, whatever the server's own says: they know nothing of it.
	Clock func() time.Time

	key          *seal.Key // seals secret access keys
	seeds        *seal.Key // seals the seeds of MFA devices
	certificates *seal.Key // seals the private keys of server certificates
	assertions   *seal.Key // seals the private keys that open SAML assertions
	issuerKeys   *seal.Key // seals the private keys of issuers
	sessions     *session.Codec

	secrets  *memo[string]               // sealed secret → secret
	tokens   *memo[*session.Credentials] // session token → what it holds
	sessionP *memo[*policy.Document]     // text of a session policy → parsed
	uses     uses
	guesses  guesses
}

var _ api.Service = (*Service)(nil)

// The sizes of the caches, in entries.
const (
	cachedSecrets  = 20_000
	cachedTokens   = 10_000
	cachedPolicies = 1_000
)

// New returns the service of a master key.
func New(master *seal.Key) *Service {
	return &Service{
		key:          master.For("iam.accesskey"),
		seeds:        master.For("iam.mfadevice"),
		certificates: master.For("iam.servercertificate"),
		assertions:   master.For("iam.samlprovider"),
		issuerKeys:   master.For("iam.issuer"),
		sessions:     session.NewCodec(master),
		secrets:      newMemo[string](cachedSecrets),
		tokens:       newMemo[*session.Credentials](cachedTokens),
		sessionP:     newMemo[*policy.Document](cachedPolicies),
	}
}
