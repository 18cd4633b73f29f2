package sts

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/oidc"
	"github.com/orgtrail/orgtrail/internal/policy"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

// webIdentity is who a provider vouches for, and what is asked for it.
type webIdentity struct {
	role     Role
	provider Provider
	claims   oidc.Claims
	audience string
	as       *api.AssumeRoleInput
}

// AssumeRoleWithWebIdentity issues credentials of a role to whom a provider
// vouches for. That the role trusts it was decided before (Access).
func (s *Service) AssumeRoleWithWebIdentity(c *call.Call, in *api.AssumeRoleWithWebIdentityInput) (*api.AssumeRoleWithWebIdentityOutput, error) {
	w, err := s.webIdentity(c, in)
	if err != nil {
		return nil, err
	}
	credentials, p, packed, err := s.assume(c, w.as, w.role)
	if err != nil {
		return nil, err
	}
	out := &api.AssumeRoleWithWebIdentityOutput{
		Credentials: credentials, SubjectFromWebIdentityToken: &w.claims.Subject,
		AssumedRoleUser:  &api.AssumedRoleUser{AssumedRoleId: &p.ID, Arn: &p.ARN},
		PackedPolicySize: packed, Provider: &w.provider.ARN, Audience: &w.audience,
	}
	if p.Session.SourceIdentity != "" {
		out.SourceIdentity = &p.Session.SourceIdentity
	}
	return out, nil
}

// assumingWithToken is what AssumeRoleWithWebIdentity needs. From here on the
// caller is who the token speaks of, and the role's account has the record.
func (s *Service) assumingWithToken(c *call.Call, in *api.AssumeRoleWithWebIdentityInput) ([]call.Target, error) {
	w, err := s.webIdentity(c, in)
	if err != nil {
		return nil, err
	}
	c.Principal = aws.Principal{
		Type: aws.WebIdentityUser, ID: w.provider.ARN + ":" + w.audience + ":" + w.claims.Subject,
		UserName: w.claims.Subject, Provider: w.provider.ARN,
	}
	c.Owners = []string{w.role.Account}
	t := call.Target{
		Action: "sts:AssumeRoleWithWebIdentity", Resource: w.role.ARN, Owner: w.role.Account,
		Policy: &policy.Attached{Document: w.role.Trust}, PolicyRequired: true, Context: assumeContext(c, w.as),
	}
	for key, values := range map[string][]string{"aud": {w.audience}, "sub": {w.claims.Subject}, "amr": w.claims.Methods} {
		if len(values) > 0 {
			t.Context.Set(conditionID(w.provider.Issuer.URL)+":"+key, values...)
		}
	}
	return assumingTargets(c, t, w.as), nil
}

// webIdentity verifies the token of a call.
func (s *Service) webIdentity(c *call.Call, in *api.AssumeRoleWithWebIdentityInput) (*webIdentity, error) {
	if in.ProviderId != nil {
		return nil, invalid("ProviderId is for OAuth 2.0 access tokens, which are not accepted: use an OpenID Connect ID token.")
	}
	arn, ok := aws.ParseARN(aws.Val(in.RoleArn))
	if !ok || !aws.IsAccountID(arn.Account) {
		return nil, invalid("%s is invalid", aws.Val(in.RoleArn))
	}
	claimed, err := oidc.Unverified(aws.Val(in.WebIdentityToken))
	if err != nil {
		return nil, badToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	w := new(webIdentity)
	if s.Providers != nil {
		w.provider, ok = s.Providers(c.State, arn.Account, claimed.Issuer)
	}
	if s.Providers == nil || !ok {
		return nil, badToken("No OpenIDConnect provider found in your account for %s", claimed.Issuer)
	}
	if w.claims, err = s.Tokens.Verify(c.Ctx, *in.WebIdentityToken, w.provider.Issuer); err != nil {
		return nil, tokenError(err, c.Time.Unix(), claimed)
	}
	if w.claims.Subject == "" {
		return nil, badToken("Missing a required claim: sub")
	}
	if w.audience, ok = w.audienceOf(); !ok {
		return nil, badToken("Incorrect token audience")
	}
	if w.role, ok = s.roles.Role(c.State, *in.RoleArn); !ok {
		return nil, denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	w.as = w.assumption(in)
	return w, nil
}

// audienceOf is the audience of the token that the provider is registered
// with: the authorized party, where the token names one.
func (w *webIdentity) audienceOf() (string, bool) {
	candidates := w.claims.Audience
	if w.claims.AuthorizedParty != "" {
		candidates = []string{w.claims.AuthorizedParty}
	}
	for _, a := range candidates {
		if slices.Contains(w.provider.ClientIDs, a) {
			return a, true
		}
	}
	return "", false
}

// assumption is the call as AssumeRole would have it: the token may bring tags
// and a source identity.
func (w *webIdentity) assumption(in *api.AssumeRoleWithWebIdentityInput) *api.AssumeRoleInput {
	as := &api.AssumeRoleInput{
		RoleArn: in.RoleArn, RoleSessionName: in.RoleSessionName, Policy: in.Policy, PolicyArns: in.PolicyArns,
		DurationSeconds: in.DurationSeconds, TransitiveTagKeys: w.claims.TransitiveTags,
	}
	for _, key := range slices.Sorted(maps.Keys(w.claims.Tags)) {
		as.Tags = append(as.Tags, api.Tag{Key: &key, Value: new(w.claims.Tags[key])})
	}
	if w.claims.SourceIdentity != "" {
		as.SourceIdentity = &w.claims.SourceIdentity
	}
	return as
}

// tokenError is AWS's word for a token that is not accepted.
func tokenError(err error, now int64, claimed oidc.Claims) error {
	switch {
	case errors.Is(err, oidc.ErrExpired):
		return aws.Errorf("ExpiredTokenException", "Token expired: current date/time %d must be before the expiration date/time %d", now, max(0, claimed.Expires.Unix()))
	case errors.Is(err, oidc.ErrEarly):
		return badToken("Token not active yet")
	case errors.Is(err, oidc.ErrUnreachable):
		return badToken("Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements")
	}
	return badToken("The signature of the token is not one of your identity provider's.")
}

func badToken(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidIdentityToken", format, args...)
}

// conditionID is how condition keys name an issuer: without its scheme.
func conditionID(issuer string) string { return strings.TrimPrefix(issuer, "https://") }
