package server

import (
	"net/http"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/gateway"
	"github.com/orgtrail/orgtrail/internal/iam"
	"github.com/orgtrail/orgtrail/internal/organizations"
	"github.com/orgtrail/orgtrail/internal/saml"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/sts"
)

// issuerPath is where the issuers of accounts publish their keys: behind it
// stand the id of the issuer and the name of the document.
const issuerPath = "/_orgtrail/oidc"

// joinIdentities gives IAM and STS what they need of each other and of
// Organizations for identities from elsewhere, for identities known elsewhere,
// and for the roots of members. The gateway's services are known by then.
func (s *Server) joinIdentities() {
	s.sts.SAMLProviders = samlProviders(s.iam)
	s.sts.RootSessions = s.iam.RootSession
	s.sts.Issuers = tokenIssuers{s.iam, callerOrganizations{}}
	s.iam.Organizations = identityOrganizations{}
	s.iam.IssuerURL = s.URL() + issuerPath
	s.iam.Services = serviceNames(s.gateway.Services)
}

// serviceNames are the services of the house as reports of access call them.
func serviceNames(services []*gateway.Service) []iam.ServiceName {
	names := make([]iam.ServiceName, len(services))
	for i, service := range services {
		names[i] = iam.ServiceName{Namespace: service.API.SigningName, Name: service.API.Title}
	}
	return names
}

// issuerDocuments answers with the documents of issuers, as whoever verifies a
// token asks for them.
func (s *Server) issuerDocuments(w http.ResponseWriter, r *http.Request) {
	document, ok := s.iam.IssuerDocument(s.store.View(), strings.TrimPrefix(r.URL.Path, issuerPath+"/"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(document)
}

// samlProviders is IAM's SAML providers as STS sees them.
func samlProviders(identities *iam.Service) sts.SAMLProviders {
	return func(r store.Reader, arn string) (sts.SAMLProvider, bool, error) {
		p, ok := identities.SAMLProvider(r, arn)
		if !ok {
			return sts.SAMLProvider{}, false, nil
		}
		metadata, err := saml.ParseMetadata(p.Metadata)
		if err != nil {
			return sts.SAMLProvider{}, false, err
		}
		keys, err := identities.AssertionKeys(p)
		return sts.SAMLProvider{
			ARN: p.ARN, Account: p.Account, Name: p.Name, ID: p.ID,
			Metadata: metadata, Keys: keys, Encrypted: p.RequiresEncryption(),
		}, true, err
	}
}

// tokenIssuers is IAM's issuers, with what they say of principals, as STS sees
// them.
type tokenIssuers struct {
	iam *iam.Service
	callerOrganizations
}

func (t tokenIssuers) Issuer(r store.Reader, account string) (string, bool) {
	return t.iam.Issuer(r, account)
}

func (t tokenIssuers) Sign(r store.Reader, account, algorithm string, claims any) (string, error) {
	return t.iam.SignToken(r, account, algorithm, claims)
}

func (t tokenIssuers) Tags(r store.Reader, p aws.Principal) map[string]string {
	return t.iam.TagsOf(r, p)
}

// identityOrganizations is Organizations as IAM sees it.
type identityOrganizations struct{}

// administrator is how Organizations calls IAM, where it is trusted.
const administrator = "iam.amazonaws.com"

func (identityOrganizations) Organization(r store.Reader, account string) (iam.Organization, bool) {
	o, ok := organizations.OrganizationOf(r, account)
	if !ok {
		return iam.Organization{}, false
	}
	return iam.Organization{
		ID: o.ID, Management: o.Management, AllFeatures: o.AllFeatures(), Trusted: o.Trusts(administrator),
		Delegated: organizations.IsDelegatedAdministrator(r, account, administrator),
	}, true
}

func (identityOrganizations) Accounts(r store.Reader, organization, place string) map[string]string {
	found := make(map[string]string)
	for account := range organizations.AccountsOf(r, organization) {
		if at := organizations.PathOf(r, account) + account; at == place || strings.HasPrefix(at, place+"/") {
			found[account] = at
		}
	}
	return found
}
