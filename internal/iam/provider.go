package iam

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// Provider is an OpenID Connect provider whose users may assume roles. Its ARN
// is its key.
type Provider struct {
	Account     string
	ARN         string
	Issuer      string // https://…, as its tokens name it
	ClientIDs   []string
	Thumbprints []string
	Created     time.Time
	Tags        tag.Set
}

var providers = store.NewKind[Provider]("iam.oidcprovider")

// The quotas of providers.
const (
	providersPerAccount    = 100
	clientIDsPerProvider   = 100
	thumbprintsPerProvider = 5
)

// providerARN is the ARN of the provider of an issuer.
func providerARN(account, issuer string) string {
	return aws.NewARN("iam", "", account, "oidc-provider/"+strings.TrimPrefix(issuer, "https://")).String()
}

// CreateOpenIDConnectProvider makes a provider. Nothing is fetched from it:
// its keys are when its first user comes.
func (s *Service) CreateOpenIDConnectProvider(c *call.Call, in *api.CreateOpenIDConnectProviderInput) (*api.CreateOpenIDConnectProviderOutput, error) {
	issuer := aws.Val(in.Url)
	if !isIssuer(issuer) {
		return nil, invalidInput("Invalid Open ID Connect Provider URL")
	}
	p := &Provider{
		Account: c.Account(), ARN: providerARN(c.Account(), issuer), Issuer: issuer,
		Created: c.Time.UTC().Truncate(time.Second),
	}
	for _, id := range in.ClientIDList {
		if err := p.admit(id); err != nil {
			return nil, err
		}
	}
	var err error
	if p.Thumbprints, err = thumbprints(in.ThumbprintList); err != nil {
		return nil, err
	}
	if p.Tags, err = tagRules.With(p.Tags, tag.Of(in.Tags)); err != nil {
		return nil, err
	}
	if _, ok := providers.Get(c.State, p.ARN); ok {
		return nil, alreadyExists("Provider with url %s already exists.", issuer)
	}
	if pages.Count(providers.Scan(c.State, providerARN(c.Account(), ""))) >= providersPerAccount {
		return nil, overQuota("OpenIdConnectProvidersPerAccount", providersPerAccount)
	}
	providers.Put(c.Tx, p.ARN, p)
	return &api.CreateOpenIDConnectProviderOutput{OpenIDConnectProviderArn: &p.ARN, Tags: tagView(p.Tags)}, nil
}

// isIssuer reports whether an issuer has the form that AWS asks for: https, a
// host, perhaps a path, and no more.
func isIssuer(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" &&
		!strings.ContainsAny(text, "?#* ") && strings.HasPrefix(text, "https://")
}

// GetOpenIDConnectProvider answers with everything there is to a provider.
func (s *Service) GetOpenIDConnectProvider(c *call.Call, in *api.GetOpenIDConnectProviderInput) (*api.GetOpenIDConnectProviderOutput, error) {
	p, err := findProvider(c, in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	return &api.GetOpenIDConnectProviderOutput{
		Url: new(strings.TrimPrefix(p.Issuer, "https://")), ClientIDList: append([]string{}, p.ClientIDs...),
		ThumbprintList: append([]string{}, p.Thumbprints...), CreateDate: &p.Created, Tags: tagView(p.Tags),
	}, nil
}

// DeleteOpenIDConnectProvider deletes a provider. Roles that trust it stay as
// they are.
func (s *Service) DeleteOpenIDConnectProvider(c *call.Call, in *api.DeleteOpenIDConnectProviderInput) (*api.DeleteOpenIDConnectProviderOutput, error) {
	p, err := findProvider(c, in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	providers.Delete(c.Tx, p.ARN)
	return nil, nil
}

// ListOpenIDConnectProviders names the providers of the account.
func (s *Service) ListOpenIDConnectProviders(c *call.Call, _ *api.ListOpenIDConnectProvidersInput) (*api.ListOpenIDConnectProvidersOutput, error) {
	list := []api.OpenIDConnectProviderListEntry{}
	for arn := range providers.Scan(c.State, providerARN(c.Account(), "")) {
		list = append(list, api.OpenIDConnectProviderListEntry{Arn: &arn})
	}
	return &api.ListOpenIDConnectProvidersOutput{OpenIDConnectProviderList: list}, nil
}

// AddClientIDToOpenIDConnectProvider accepts a further audience. One that is
// accepted already changes nothing.
func (s *Service) AddClientIDToOpenIDConnectProvider(c *call.Call, in *api.AddClientIDToOpenIDConnectProviderInput) (*api.AddClientIDToOpenIDConnectProviderOutput, error) {
	return nil, editProvider(c, in.OpenIDConnectProviderArn, func(p *Provider) error { return p.admit(aws.Val(in.ClientID)) })
}

// RemoveClientIDFromOpenIDConnectProvider no longer accepts an audience.
func (s *Service) RemoveClientIDFromOpenIDConnectProvider(c *call.Call, in *api.RemoveClientIDFromOpenIDConnectProviderInput) (*api.RemoveClientIDFromOpenIDConnectProviderOutput, error) {
	return nil, editProvider(c, in.OpenIDConnectProviderArn, func(p *Provider) error {
		p.ClientIDs = slices.DeleteFunc(slices.Clone(p.ClientIDs), func(id string) bool { return id == aws.Val(in.ClientID) })
		return nil
	})
}

// UpdateOpenIDConnectProviderThumbprint replaces the list of certificates that
// are trusted for a provider.
func (s *Service) UpdateOpenIDConnectProviderThumbprint(c *call.Call, in *api.UpdateOpenIDConnectProviderThumbprintInput) (*api.UpdateOpenIDConnectProviderThumbprintOutput, error) {
	return nil, editProvider(c, in.OpenIDConnectProviderArn, func(p *Provider) (err error) {
		p.Thumbprints, err = thumbprints(in.ThumbprintList)
		return err
	})
}

// TagOpenIDConnectProvider adds or replaces tags.
func (s *Service) TagOpenIDConnectProvider(c *call.Call, in *api.TagOpenIDConnectProviderInput) (*api.TagOpenIDConnectProviderOutput, error) {
	return nil, editProvider(c, in.OpenIDConnectProviderArn, func(p *Provider) (err error) {
		p.Tags, err = tagRules.With(p.Tags, tag.Of(in.Tags))
		return err
	})
}

// UntagOpenIDConnectProvider removes tags.
func (s *Service) UntagOpenIDConnectProvider(c *call.Call, in *api.UntagOpenIDConnectProviderInput) (*api.UntagOpenIDConnectProviderOutput, error) {
	return nil, editProvider(c, in.OpenIDConnectProviderArn, func(p *Provider) error {
		p.Tags = tagRules.Without(p.Tags, in.TagKeys)
		return nil
	})
}

// ListOpenIDConnectProviderTags lists a provider's tags.
func (s *Service) ListOpenIDConnectProviderTags(c *call.Call, in *api.ListOpenIDConnectProviderTagsInput) (*api.ListOpenIDConnectProviderTagsOutput, error) {
	p, err := findProvider(c, in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	pg, err := page(c, p.Tags.All(), in.Marker, in.MaxItems)
	return &api.ListOpenIDConnectProviderTagsOutput{Tags: tag.Shapes[api.Tag](pg.items), IsTruncated: pg.truncated, Marker: pg.marker}, err
}

// IdentityProvider finds the provider of an issuer in an account.
func (s *Service) IdentityProvider(r store.Reader, account, issuer string) (*Provider, bool) {
	p, ok := providers.Get(r, providerARN(account, issuer))
	return p, ok && p.Issuer == issuer
}

// admit adds an audience.
func (p *Provider) admit(id string) error {
	if slices.Contains(p.ClientIDs, id) {
		return nil
	}
	if len(p.ClientIDs) >= clientIDsPerProvider {
		return overQuota("ClientIdsPerOpenIdConnectProvider", clientIDsPerProvider)
	}
	p.ClientIDs = append(slices.Clone(p.ClientIDs), id)
	return nil
}

// thumbprints checks a list of SHA-1 sums in hexadecimal.
func thumbprints(list []string) ([]string, error) {
	if len(list) > thumbprintsPerProvider {
		return nil, invalidInput("Thumbprint list must contain fewer than %d entries.", thumbprintsPerProvider+1)
	}
	for _, t := range list {
		if strings.Trim(t, "0123456789abcdefABCDEF") != "" {
			return nil, invalidInput("Thumbprint %s is not a SHA-1 sum in hexadecimal.", t)
		}
	}
	return slices.Clone(list), nil
}

func findProvider(c *call.Call, arn *string) (*Provider, error) {
	a, ok := aws.ParseARN(aws.Val(arn))
	if !ok || a.Service != "iam" || !strings.HasPrefix(a.Resource, "oidc-provider/") {
		return nil, invalidInput("Invalid ARN: %s", aws.Val(arn))
	}
	p, ok := providers.Get(c.State, *arn)
	if !ok || p.Account != c.Account() {
		return nil, noSuchEntity("OpenIDConnect Provider not found for arn %s", *arn)
	}
	return p, nil
}

func editProvider(c *call.Call, arn *string, edit func(*Provider) error) error {
	p, err := findProvider(c, arn)
	if err != nil {
		return err
	}
	p = new(*p)
	if err := edit(p); err != nil {
		return err
	}
	providers.Put(c.Tx, p.ARN, p)
	return nil
}
