package iam

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/saml"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// SAMLProvider is a provider of SAML 2.0 whose users may assume roles. Its ARN
// is its key.
type SAMLProvider struct {
	Account, Name, ARN string
	ID                 string // SAMLSP…; given once
	Metadata           string // as it was uploaded
	ValidUntil         time.Time
	Created            time.Time
	// Encryption is Required when assertions must be encrypted, Allowed when
	// they may be, and "" when that was never said.
	Encryption string
	Keys       []AssertionKey // open encrypted assertions, the oldest first
	Tags       tag.Set
}

// AssertionKey is a private key that opens assertions.
type AssertionKey struct {
	ID     string
	Sealed []byte // PKCS #8, sealed under the provider's ARN
	Added  time.Time
}

var samlProviders = store.NewKind[SAMLProvider]("iam.samlprovider")

// The quotas of SAML providers, and how long one is valid that does not say.
const (
	samlProvidersPerAccount = 100
	keysPerSAMLProvider     = 2
	validYears              = 100
)

func samlProviderARN(account, name string) string {
	return aws.NewARN("iam", "", account, "saml-provider/"+name).String()
}

// CreateSAMLProvider makes a provider out of its metadata.
func (s *Service) CreateSAMLProvider(c *call.Call, in *api.CreateSAMLProviderInput) (*api.CreateSAMLProviderOutput, error) {
	p := &SAMLProvider{
		Account: c.Account(), Name: aws.Val(in.Name), ARN: samlProviderARN(c.Account(), aws.Val(in.Name)),
		ID: aws.UniqueID("SAMLSP"), Created: c.Time.UTC().Truncate(time.Second),
	}
	var err error
	if p.Tags, err = tagRules.With(p.Tags, tag.Of(in.Tags)); err != nil {
		return nil, err
	}
	if err := p.describe(c, aws.Val(in.SAMLMetadataDocument)); err != nil {
		return nil, err
	}
	if err := s.encrypt(c, p, in.AssertionEncryptionMode, in.AddPrivateKey, nil); err != nil {
		return nil, err
	}
	if _, ok := samlProviders.Get(c.State, p.ARN); ok {
		return nil, alreadyExists("SAMLProvider with name %s already exists.", p.Name)
	}
	if pages.Count(samlProviders.Scan(c.State, samlProviderARN(c.Account(), ""))) >= samlProvidersPerAccount {
		return nil, overQuota("SAMLProvidersPerAccount", samlProvidersPerAccount)
	}
	samlProviders.Put(c.Tx, p.ARN, p)
	return &api.CreateSAMLProviderOutput{SAMLProviderArn: &p.ARN, Tags: tagView(p.Tags)}, nil
}

// GetSAMLProvider answers with everything there is to a provider but its
// private keys, of which it names the ids.
func (s *Service) GetSAMLProvider(c *call.Call, in *api.GetSAMLProviderInput) (*api.GetSAMLProviderOutput, error) {
	p, err := findSAMLProvider(c, in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	out := &api.GetSAMLProviderOutput{
		SAMLProviderUUID: &p.ID, SAMLMetadataDocument: &p.Metadata, CreateDate: &p.Created, ValidUntil: &p.ValidUntil,
		Tags: tagView(p.Tags),
	}
	if p.Encryption != "" {
		out.AssertionEncryptionMode = &p.Encryption
	}
	for _, k := range p.Keys {
		out.PrivateKeyList = append(out.PrivateKeyList, api.SAMLPrivateKey{KeyId: &k.ID, Timestamp: &k.Added})
	}
	return out, nil
}

// UpdateSAMLProvider replaces the metadata, says whether assertions are
// encrypted, adds a private key and removes one.
func (s *Service) UpdateSAMLProvider(c *call.Call, in *api.UpdateSAMLProviderInput) (*api.UpdateSAMLProviderOutput, error) {
	err := editSAMLProvider(c, in.SAMLProviderArn, func(p *SAMLProvider) error {
		if in.SAMLMetadataDocument != nil {
			if err := p.describe(c, *in.SAMLMetadataDocument); err != nil {
				return err
			}
		}
		return s.encrypt(c, p, in.AssertionEncryptionMode, in.AddPrivateKey, in.RemovePrivateKey)
	})
	return &api.UpdateSAMLProviderOutput{SAMLProviderArn: in.SAMLProviderArn}, err
}

// DeleteSAMLProvider deletes a provider. Roles that trust it stay as they are.
func (s *Service) DeleteSAMLProvider(c *call.Call, in *api.DeleteSAMLProviderInput) (*api.DeleteSAMLProviderOutput, error) {
	p, err := findSAMLProvider(c, in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	samlProviders.Delete(c.Tx, p.ARN)
	return nil, nil
}

// ListSAMLProviders lists the providers of the account.
func (s *Service) ListSAMLProviders(c *call.Call, _ *api.ListSAMLProvidersInput) (*api.ListSAMLProvidersOutput, error) {
	list := []api.SAMLProviderListEntry{}
	for arn, p := range samlProviders.Scan(c.State, samlProviderARN(c.Account(), "")) {
		list = append(list, api.SAMLProviderListEntry{Arn: &arn, ValidUntil: &p.ValidUntil, CreateDate: &p.Created})
	}
	return &api.ListSAMLProvidersOutput{SAMLProviderList: list}, nil
}

// TagSAMLProvider adds or replaces tags.
func (s *Service) TagSAMLProvider(c *call.Call, in *api.TagSAMLProviderInput) (*api.TagSAMLProviderOutput, error) {
	return nil, editSAMLProvider(c, in.SAMLProviderArn, func(p *SAMLProvider) (err error) {
		p.Tags, err = tagRules.With(p.Tags, tag.Of(in.Tags))
		return err
	})
}

// UntagSAMLProvider removes tags.
func (s *Service) UntagSAMLProvider(c *call.Call, in *api.UntagSAMLProviderInput) (*api.UntagSAMLProviderOutput, error) {
	return nil, editSAMLProvider(c, in.SAMLProviderArn, func(p *SAMLProvider) error {
		p.Tags = tagRules.Without(p.Tags, in.TagKeys)
		return nil
	})
}

// ListSAMLProviderTags lists a provider's tags.
func (s *Service) ListSAMLProviderTags(c *call.Call, in *api.ListSAMLProviderTagsInput) (*api.ListSAMLProviderTagsOutput, error) {
	p, err := findSAMLProvider(c, in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	pg, err := page(c, p.Tags.All(), in.Marker, in.MaxItems)
	return &api.ListSAMLProviderTagsOutput{Tags: tag.Shapes[api.Tag](pg.items), IsTruncated: pg.truncated, Marker: pg.marker}, err
}

// SAMLProvider finds the provider of an ARN.
func (s *Service) SAMLProvider(r store.Reader, arn string) (*SAMLProvider, bool) {
	return samlProviders.Get(r, arn)
}

// RequiresEncryption reports whether assertions that are not encrypted are
// refused.
func (p *SAMLProvider) RequiresEncryption() bool {
	return p.Encryption == api.AssertionEncryptionModeTypeRequired
}

// AssertionKeys opens the private keys of a provider. The error is that of a
// master key that does not open them.
func (s *Service) AssertionKeys(p *SAMLProvider) ([]*rsa.PrivateKey, error) {
	list := make([]*rsa.PrivateKey, len(p.Keys))
	for i, k := range p.Keys {
		der, err := s.assertions.Open(k.Sealed, p.ARN)
		if err != nil {
			return nil, err
		}
		key, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil {
			return nil, err
		}
		list[i] = key.(*rsa.PrivateKey) // no other was sealed
	}
	return list, nil
}

// What a call has read: its metadata, which may be ten megabytes, and its
// private key.
type (
	metadataOf     struct{}
	assertionKeyOf struct{}
)

// describe gives the provider its metadata.
func (p *SAMLProvider) describe(c *call.Call, document string) error {
	m, err := call.Beforehand(c, metadataOf{}, func() (saml.Metadata, error) {
		m, err := saml.ParseMetadata(document)
		if err != nil {
			return m, invalidInput("Could not parse metadata")
		}
		return m, nil
	})
	if err != nil {
		return err
	}
	p.Metadata, p.ValidUntil = document, m.ValidUntil
	if m.ValidUntil.IsZero() {
		p.ValidUntil = p.Created.AddDate(validYears, 0, 0)
	}
	return nil
}

// encrypt says whether assertions are encrypted and with which keys they are
// opened. Where they must be, there must be a key.
func (s *Service) encrypt(c *call.Call, p *SAMLProvider, mode, add, remove *string) error {
	if mode != nil {
		p.Encryption = *mode
	}
	if remove != nil {
		rest := slices.DeleteFunc(slices.Clone(p.Keys), func(k AssertionKey) bool { return k.ID == *remove })
		if len(rest) == len(p.Keys) {
			return noSuchEntity("The private key with id %s cannot be found.", *remove)
		}
		p.Keys = rest
	}
	if add != nil {
		der, err := call.Beforehand(c, assertionKeyOf{}, func() ([]byte, error) { return parseAssertionKey(*add) })
		if err != nil {
			return err
		}
		if len(p.Keys) >= keysPerSAMLProvider {
			return overQuota("PrivateKeysPerSAMLProvider", keysPerSAMLProvider)
		}
		k := AssertionKey{ID: aws.UniqueID("SAMLPK"), Sealed: s.assertions.Seal(der, p.ARN), Added: c.Time.UTC().Truncate(time.Second)}
		p.Keys = append(slices.Clone(p.Keys), k)
	}
	if p.RequiresEncryption() && len(p.Keys) == 0 {
		return invalidInput("A private key is needed where assertions must be encrypted.")
	}
	return nil
}

// parseAssertionKey reads an RSA key in PEM, as PKCS #1 or PKCS #8, and
// returns it as the latter.
func parseAssertionKey(text string) ([]byte, error) {
	refusal := invalidInput("Invalid private key: it must be an RSA key in PEM.")
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, refusal
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, refusal
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, refusal
	}
	return der, nil
}

func findSAMLProvider(c *call.Call, arn *string) (*SAMLProvider, error) {
	a, ok := aws.ParseARN(aws.Val(arn))
	if !ok || a.Service != "iam" || !strings.HasPrefix(a.Resource, "saml-provider/") {
		return nil, invalidInput("Invalid ARN: %s", aws.Val(arn))
	}
	p, ok := samlProviders.Get(c.State, *arn)
	if !ok || p.Account != c.Account() {
		return nil, noSuchEntity("Manifest not found for arn %s", *arn)
	}
	return p, nil
}

func editSAMLProvider(c *call.Call, arn *string, edit func(*SAMLProvider) error) error {
	p, err := findSAMLProvider(c, arn)
	if err != nil {
		return err
	}
	p = new(*p)
	if err := edit(p); err != nil {
		return err
	}
	samlProviders.Put(c.Tx, p.ARN, p)
	return nil
}
