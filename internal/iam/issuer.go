package iam

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// Issuer is what vouches for the principals of an account elsewhere. Its key
// is the account. It keeps its name and its keys when it is turned off: tokens
// that it has signed can still be verified.
type Issuer struct {
	ID      string // a UUID
	Enabled bool
	Keys    []IssuerKey // one for each algorithm
}

// IssuerKey is a key that tokens are signed with.
type IssuerKey struct {
	Algorithm string          // RS256, ES384
	Public    json.RawMessage // a JSON Web Key
	Sealed    []byte          // the private key as PKCS #8, sealed under the issuer's id
}

var issuers = store.NewKind("iam.issuer", store.Index[Issuer]{
	Name: byID, Keys: func(_ string, i *Issuer) []string { return []string{i.ID} },
})

// issuerBits is the size of an issuer's RSA key.
const issuerBits = 2048

// EnableOutboundWebIdentityFederation lets the account's principals have
// tokens that others can verify. The first time gives the account an issuer.
func (s *Service) EnableOutboundWebIdentityFederation(c *call.Call, _ *api.EnableOutboundWebIdentityFederationInput) (*api.EnableOutboundWebIdentityFederationOutput, error) {
	i, ok := issuers.Get(c.State, c.Account())
	switch {
	case ok && i.Enabled:
		return nil, aws.Errorf("FeatureEnabled", "Outbound web identity federation is already enabled for your account.")
	case ok:
		i = new(*i)
		i.Enabled = true
	default:
		var err error
		if i, err = call.Beforehand(c, issuerOf{}, s.newIssuer); err != nil {
			return nil, err
		}
	}
	issuers.Put(c.Tx, c.Account(), i)
	return &api.EnableOutboundWebIdentityFederationOutput{IssuerIdentifier: new(s.issuerURL(i))}, nil
}

// DisableOutboundWebIdentityFederation ends that. Tokens that were issued are
// good until they expire.
func (s *Service) DisableOutboundWebIdentityFederation(c *call.Call, _ *api.DisableOutboundWebIdentityFederationInput) (*api.DisableOutboundWebIdentityFederationOutput, error) {
	i, err := enabledIssuer(c.State, c.Account())
	if err != nil {
		return nil, err
	}
	i = new(*i)
	i.Enabled = false
	issuers.Put(c.Tx, c.Account(), i)
	return nil, nil
}

// GetOutboundWebIdentityFederationInfo names the account's issuer.
func (s *Service) GetOutboundWebIdentityFederationInfo(c *call.Call, _ *api.GetOutboundWebIdentityFederationInfoInput) (*api.GetOutboundWebIdentityFederationInfoOutput, error) {
	i, err := enabledIssuer(c.State, c.Account())
	if err != nil {
		return nil, err
	}
	return &api.GetOutboundWebIdentityFederationInfoOutput{IssuerIdentifier: new(s.issuerURL(i)), JwtVendingEnabled: &i.Enabled}, nil
}

func enabledIssuer(r store.Reader, account string) (*Issuer, error) {
	i, ok := issuers.Get(r, account)
	if !ok || !i.Enabled {
		return nil, aws.Errorf("FeatureDisabled", "Outbound web identity federation is not enabled for your account.")
	}
	return i, nil
}

func (s *Service) issuerURL(i *Issuer) string { return s.IssuerURL + "/" + i.ID }

// issuerOf is the issuer that a call makes. Its RSA key takes a while.
type issuerOf struct{}

// newIssuer makes an issuer that is enabled, and its keys.
func (s *Service) newIssuer() (*Issuer, error) {
	i := &Issuer{ID: aws.UUID(), Enabled: true}
	byRSA, err := rsa.GenerateKey(rand.Reader, issuerBits)
	if err != nil {
		return nil, err
	}
	byEC, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, err
	}
	for _, key := range []crypto.Signer{byRSA, byEC} {
		algorithm := jose.ES384
		if key == byRSA {
			algorithm = jose.RS256
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, err
		}
		public, err := json.Marshal(jose.JSONWebKey{Key: key.Public(), KeyID: keyID(algorithm), Algorithm: string(algorithm), Use: "sig"})
		if err != nil {
			return nil, err
		}
		i.Keys = append(i.Keys, IssuerKey{string(algorithm), public, s.issuerKeys.Seal(der, i.ID)})
	}
	return i, nil
}

// keyID is what an issuer calls its key of an algorithm.
func keyID(algorithm jose.SignatureAlgorithm) string { return string(algorithm) + "_0" }

// Issuer returns the URL of an account's issuer, if it may issue tokens.
func (s *Service) Issuer(r store.Reader, account string) (url string, ok bool) {
	i, err := enabledIssuer(r, account)
	if err != nil {
		return "", false
	}
	return s.issuerURL(i), true
}

// SignToken makes a token of claims with the key that an account's issuer has
// for an algorithm.
func (s *Service) SignToken(r store.Reader, account, algorithm string, claims any) (string, error) {
	i, err := enabledIssuer(r, account)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	for _, k := range i.Keys {
		if k.Algorithm != algorithm {
			continue
		}
		der, err := s.issuerKeys.Open(k.Sealed, i.ID)
		if err != nil {
			return "", err
		}
		private, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil {
			return "", err
		}
		method := jose.SignatureAlgorithm(algorithm)
		key := jose.SigningKey{Algorithm: method, Key: jose.JSONWebKey{Key: private, KeyID: keyID(method)}}
		signer, err := jose.NewSigner(key, new(jose.SignerOptions).WithType("JWT"))
		if err != nil {
			return "", err
		}
		signed, err := signer.Sign(body)
		if err != nil {
			return "", err
		}
		return signed.CompactSerialize()
	}
	return "", invalidInput("There is no key for the algorithm %s.", algorithm)
}

// IssuerDocument returns what an issuer publishes, as JSON: path is its id and
// /.well-known/openid-configuration or /.well-known/jwks.json.
func (s *Service) IssuerDocument(r store.Reader, path string) ([]byte, bool) {
	id, document, _ := strings.Cut(path, "/")
	for _, i := range issuers.By(r, byID, id) {
		switch document {
		case ".well-known/openid-configuration":
			return s.configuration(i), true
		case ".well-known/jwks.json":
			return i.keySet(), true
		}
	}
	return nil, false
}

// configuration is the discovery document of an issuer.
func (s *Service) configuration(i *Issuer) []byte {
	algorithms := make([]string, len(i.Keys))
	for n, k := range i.Keys {
		algorithms[n] = k.Algorithm
	}
	b, err := json.Marshal(map[string]any{
		"issuer": s.issuerURL(i), "jwks_uri": s.issuerURL(i) + "/.well-known/jwks.json",
		"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": algorithms,
		"claims_supported":                      []string{"iss", "sub", "aud", "iat", "exp", "jti", "https://sts.amazonaws.com/"},
	})
	if err != nil {
		panic(err) // texts alone
	}
	return b
}

// keySet is the JSON Web Key Set of an issuer.
func (i *Issuer) keySet() []byte {
	keys := make([]json.RawMessage, len(i.Keys))
	for n, k := range i.Keys {
		keys[n] = k.Public
	}
	b, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		panic(err) // they were marshaled before they were stored
	}
	return b
}
