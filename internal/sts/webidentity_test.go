package sts

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/oidc"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

const provider = "arn:aws:iam::222222222222:oidc-provider/idp.example"

// trusting is a verifier that believes every token, or none.
type trusting struct{ err error }

func (v trusting) Verify(_ context.Context, token string, from oidc.Issuer) (oidc.Claims, error) {
	c, _ := oidc.Unverified(token)
	if c.Issuer != from.URL {
		return c, oidc.ErrSignature
	}
	return c, v.err
}

// token is one that says what the claims say.
func token(claims map[string]any) *string {
	all := map[string]any{"iss": "https://idp.example", "sub": "user-9", "aud": "app-1", "exp": 1}
	for k, v := range claims {
		all[k] = v
	}
	body, _ := json.Marshal(all)
	return new("eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString(body) + ".AAAA")
}

func (f *fixture) webRole(condition string) *string {
	f.Helper()
	arn := f.role(other, "web", "*", `"sts:AssumeRoleWithWebIdentity","sts:TagSession"`, condition)
	r := f.roles[arn]
	r.Trust = calltest.Policy(f, strings.Replace(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"`+provider+`"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],"Condition":COND}]}`, "COND", condition, 1)).Document
	f.roles[arn] = r
	f.Caller = aws.Principal{}
	f.service.Tokens = trusting{}
	f.service.Providers = func(_ store.Reader, account, issuer string) (Provider, bool) {
		return Provider{ARN: provider, Issuer: oidc.Issuer{URL: "https://idp.example"}, ClientIDs: []string{"app-1"}}, account == other && issuer == "https://idp.example"
	}
	return &arn
}

func TestAssumeRoleWithWebIdentity(t *testing.T) {
	f := newFixture(t)
	role := f.webRole(`{"StringEquals":{"idp.example:aud":"app-1"},"StringLike":{"idp.example:sub":"user-*"}}`)
	in := &api.AssumeRoleWithWebIdentityInput{RoleArn: role, RoleSessionName: new("ops"), WebIdentityToken: token(nil)}
	out := f.Do(in).(*api.AssumeRoleWithWebIdentityOutput)
	f.Equal("answer", []string{*out.SubjectFromWebIdentityToken, *out.Audience, *out.Provider, *out.AssumedRoleUser.Arn},
		[]string{"user-9", "app-1", provider, "arn:aws:sts::222222222222:assumed-role/web/ops"})
	f.Equal("caller", f.Last().Principal, aws.Principal{Type: aws.WebIdentityUser, ID: provider + ":app-1:user-9", UserName: "user-9", Provider: provider})
	f.Equal("log", f.Last().Owners, []string{other})
	p := f.open(out.Credentials).Principal
	f.Equal("principal", []string{p.ARN, p.Account, string(p.Type)}, []string{*out.AssumedRoleUser.Arn, other, "AssumedRole"})

	for want, change := range map[string]func(){
		"AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity":                                        func() { in.WebIdentityToken = token(map[string]any{"sub": "admin"}) },
		"InvalidIdentityToken: Incorrect token audience":                                                               func() { in.WebIdentityToken = token(map[string]any{"aud": "app-2"}) },
		"InvalidIdentityToken: Missing a required claim: sub":                                                          func() { in.WebIdentityToken = token(map[string]any{"sub": ""}) },
		"InvalidIdentityToken: No OpenIDConnect provider found in your account for https://evil.example":               func() { in.WebIdentityToken = token(map[string]any{"iss": "https://evil.example"}) },
		"InvalidIdentityToken: The ID Token provided is not a valid JWT.":                                              func() { in.WebIdentityToken = new("abcdef") },
		"ExpiredTokenException: Token expired: current date/time 1769824800 must be before the expiration date/time 1": func() { f.service.Tokens = trusting{oidc.ErrExpired} },
		"InvalidIdentityToken: Couldn't retrieve verification key from your identity provider":                         func() { f.service.Tokens = trusting{fmt.Errorf("%w: x", oidc.ErrUnreachable)} },
		"InvalidIdentityToken: The signature":                                                                          func() { f.service.Tokens = trusting{oidc.ErrSignature} },
		"InvalidIdentityToken: Token not active yet":                                                                   func() { f.service.Tokens = trusting{oidc.ErrEarly} },
		"ValidationError: ProviderId":                                                                                  func() { in.ProviderId = new("graph.facebook.com") },
	} {
		in = &api.AssumeRoleWithWebIdentityInput{RoleArn: role, RoleSessionName: new("ops"), WebIdentityToken: token(nil)}
		f.Caller, f.service.Tokens = aws.Principal{}, trusting{}
		change()
		f.fails(want, in)
	}
	f.service.Tokens = trusting{}
	f.fails("AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity",
		&api.AssumeRoleWithWebIdentityInput{RoleArn: new(*role + "x"), RoleSessionName: new("ops"), WebIdentityToken: token(nil)})
}

// A token may bring tags, where the role lets it.
func TestWebIdentityTags(t *testing.T) {
	f := newFixture(t)
	role := f.webRole(`{"StringEquals":{"aws:RequestTag/team":"blue"}}`)
	tags := map[string]any{"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": []string{"blue"}}, "transitive_tag_keys": []string{"team"}}}
	out := f.Do(&api.AssumeRoleWithWebIdentityInput{RoleArn: role, RoleSessionName: new("ops"), WebIdentityToken: token(tags)}).(*api.AssumeRoleWithWebIdentityOutput)
	s := f.open(out.Credentials).Principal.Session
	f.Equal("tags", s.Tags, map[string]string{"team": "blue"})
	f.Equal("transitive", s.TransitiveTags, []string{"team"})
	f.Caller = aws.Principal{}
	f.fails("AccessDenied", &api.AssumeRoleWithWebIdentityInput{RoleArn: role, RoleSessionName: new("ops"), WebIdentityToken: token(nil)})
}

func TestGetFederationToken(t *testing.T) {
	f := newFixture(t)
	f.fails("AccessDenied: User: arn:aws:iam::111111111111:user/ada is not authorized to perform: sts:GetFederationToken on resource: arn:aws:sts::111111111111:federated-user/visitor",
		&api.GetFederationTokenInput{Name: new("visitor")})
	f.may("sts:*")
	out := f.Do(&api.GetFederationTokenInput{
		Name: new("visitor"), Policy: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`),
		Tags: []api.Tag{{Key: new("team"), Value: new("blue")}}, DurationSeconds: new(int32(900)),
	}).(*api.GetFederationTokenOutput)
	f.Equal("user", []string{*out.FederatedUser.FederatedUserId, *out.FederatedUser.Arn}, []string{"111111111111:visitor", "arn:aws:sts::111111111111:federated-user/visitor"})
	cr := f.open(out.Credentials)
	p := cr.Principal
	f.Equal("principal", []any{p.Type, p.ARN, p.ID, p.UserName, p.Session.IssuerARN, cr.IssuedBy},
		[]any{aws.FederatedUser, "arn:aws:sts::111111111111:federated-user/visitor", "111111111111:visitor", "", "arn:aws:iam::111111111111:user/ada", "AKIAEXAMPLEEXAMPLE12"})
	f.Equal("session", []any{p.Session.Expires, len(p.Session.Policies), p.Session.Tags["team"]}, []any{f.Clock.Now().Add(15 * time.Minute), 1, "blue"})

	f.Caller = p
	f.fails("AccessDenied: Cannot call GetFederationToken with credentials of GetFederationToken", &api.GetFederationTokenInput{Name: new("visitor")})
	f.fails("AccessDenied: Cannot call AssumeRole with credentials of GetFederationToken", assuming("arn:aws:iam::111111111111:role/r"))
	f.Equal("identity", *f.Do(&api.GetCallerIdentityInput{}).(*api.GetCallerIdentityOutput).Arn, p.ARN)
	f.Caller = root()
	out = f.Do(&api.GetFederationTokenInput{Name: new("visitor")}).(*api.GetFederationTokenOutput)
	f.Equal("a root's", *out.Credentials.Expiration, f.Clock.Now().Add(time.Hour))
	f.fails("MalformedPolicyDocument", &api.GetFederationTokenInput{Name: new("visitor"), Policy: new("{}")})
}
