package sts

import (
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

// issuer remembers what it was asked to sign.
type issuer struct {
	enabled bool
	signed  outbound
	with    string
}

func (i *issuer) Issuer(store.Reader, string) (string, bool) {
	return "https://here.example/_orgtrail/oidc/x", i.enabled
}

func (i *issuer) Sign(_ store.Reader, _, algorithm string, claims any) (string, error) {
	i.signed, i.with = claims.(outbound), algorithm
	return "a.b.c", nil
}

func (*issuer) Tags(store.Reader, aws.Principal) map[string]string {
	return map[string]string{"team": "blue"}
}

func (*issuer) Membership(store.Reader, string) (string, string) { return "o-x", "o-x/r-y/" }

func TestGetWebIdentityToken(t *testing.T) {
	f, by := newFixture(t), new(issuer)
	f.service.Issuers = by
	input := func() *api.GetWebIdentityTokenInput {
		return &api.GetWebIdentityTokenInput{Audience: []string{"https://a.example"}, SigningAlgorithm: new("ES384"), Tags: []api.Tag{{Key: new("k"), Value: new("v")}}}
	}
	f.fails("AccessDenied: User: arn:aws:iam::111111111111:user/ada is not authorized to perform: sts:GetWebIdentityToken", input())
	f.may("sts:GetWebIdentityToken")
	f.fails("AccessDenied: User: arn:aws:iam::111111111111:user/ada is not authorized to perform: sts:TagGetWebIdentityToken", input())
	f.may("sts:*")
	f.fails("OutboundWebIdentityFederationDisabledException", input())
	by.enabled = true
	out := f.Do(input()).(*api.GetWebIdentityTokenOutput)
	f.Equal("answer", []any{*out.WebIdentityToken, *out.Expiration, by.with}, []any{"a.b.c", f.Clock.Now().Add(5 * time.Minute), "ES384"})
	if by.signed.ID == "" {
		t.Error("a token without an id")
	}
	by.signed.ID = ""
	want := outbound{
		Issuer: "https://here.example/_orgtrail/oidc/x", Subject: f.Caller.ARN, Audience: []string{"https://a.example"},
		Issued: f.Clock.Now().Unix(), Expires: f.Clock.Now().Add(5 * time.Minute).Unix(),
		AWS: vouched{Account: account, Region: f.Region, Principal: f.Caller.ARN, Organization: "o-x", Path: []string{"o-x/r-y/"},
			PrincipalTags: map[string]string{"team": "blue"}, RequestTags: map[string]string{"k": "v"}},
	}
	f.Equal("claims", by.signed, want)

	f.Caller.Type, f.Caller.Session = aws.AssumedRole, &aws.Session{IssuerARN: "arn:aws:iam::111111111111:role/r", Expires: f.Clock.Now().Add(10 * time.Minute), SourceIdentity: "ada"}
	f.Do(input())
	f.Equal("a role", []string{by.signed.Subject, by.signed.AWS.SessionEnds, by.signed.AWS.SourceIdentity}, []string{"arn:aws:iam::111111111111:role/r", "2026-01-31T02:10:00Z", "ada"})
	for want, change := range map[string]func(*api.GetWebIdentityTokenInput){
		"SessionDurationEscalationException":                          func(in *api.GetWebIdentityTokenInput) { in.DurationSeconds = new(int32(601)) },
		"ValidationError: 1 validation error detected: Value 'HS256'": func(in *api.GetWebIdentityTokenInput) { in.SigningAlgorithm = new("HS256") },
		"InvalidParameterValue":                                       func(in *api.GetWebIdentityTokenInput) { in.Tags = append(in.Tags, in.Tags[0]) },
		"JWTPayloadSizeExceededException": func(in *api.GetWebIdentityTokenInput) {
			in.Audience = nil
			for range 10 {
				in.Audience = append(in.Audience, strings.Repeat("x", 1000))
			}
		},
	} {
		in := input()
		change(in)
		f.fails(want, in)
	}
	f.Caller = root()
	f.fails("AccessDenied", input())
}

func TestDecodeAuthorizationMessage(t *testing.T) {
	f := newFixture(t)
	f.may("sts:*")
	f.fails("InvalidAuthorizationMessageException: Message is not valid", &api.DecodeAuthorizationMessageInput{EncodedMessage: new("x")})
}
