package sts

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

// defaultToken is how long a web identity token is good for when the caller
// does not say.
const defaultToken = 5 * time.Minute

// The bounds of a token's tags, and of what it says, in bytes.
const (
	mostTokenTags = 50
	mostClaims    = 8 << 10
)

// signingAlgorithms are those a token may be signed with.
var signingAlgorithms = []string{"RS256", "ES384"}

// outbound is what a web identity token says.
type outbound struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience []string `json:"aud"`
	Issued   int64    `json:"iat"`
	Expires  int64    `json:"exp"`
	ID       string   `json:"jti"`
	AWS      vouched  `json:"https://sts.amazonaws.com/"`
}

// vouched is what AWS says of the principal beyond its name.
type vouched struct {
	Account        string            `json:"aws_account"`
	Region         string            `json:"source_region"`
	Principal      string            `json:"principal_id"`
	Organization   string            `json:"org_id,omitempty"`
	Path           []string          `json:"ou_path,omitempty"`
	SessionEnds    string            `json:"original_session_exp,omitempty"`
	SourceIdentity string            `json:"source_identity,omitempty"`
	PrincipalTags  map[string]string `json:"principal_tags,omitempty"`
	RequestTags    map[string]string `json:"request_tags,omitempty"`
}

// GetWebIdentityToken vouches for the caller, in a token that others can
// verify with the keys that the account's issuer publishes.
func (s *Service) GetWebIdentityToken(c *call.Call, in *api.GetWebIdentityTokenInput) (*api.GetWebIdentityTokenOutput, error) {
	if c.Principal.Type == aws.Root {
		return nil, denied("Cannot call GetWebIdentityToken with the credentials of a root user.")
	}
	if !slices.Contains(signingAlgorithms, aws.Val(in.SigningAlgorithm)) {
		return nil, invalid("1 validation error detected: Value '%s' at 'signingAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [RS256, ES384]", aws.Val(in.SigningAlgorithm))
	}
	issuer, ok := "", false
	if s.Issuers != nil {
		issuer, ok = s.Issuers.Issuer(c.State, c.Account())
	}
	if !ok {
		return nil, aws.Errorf("OutboundWebIdentityFederationDisabledException", "Outbound web identity federation is not enabled for your account.")
	}
	lasts := defaultToken
	if in.DurationSeconds != nil {
		lasts = time.Duration(*in.DurationSeconds) * time.Second
	}
	now := c.Time.UTC().Truncate(time.Second)
	expires := now.Add(lasts)
	if session := c.Principal.Session; session != nil && expires.After(session.Expires) {
		return nil, aws.Errorf("SessionDurationEscalationException", "The token would be good for longer than the session that asks for it.")
	}
	about, err := s.about(c, in)
	if err != nil {
		return nil, err
	}
	claims := outbound{
		Issuer: issuer, Subject: about.Principal, Audience: in.Audience,
		Issued: now.Unix(), Expires: expires.Unix(), ID: aws.UUID(), AWS: about,
	}
	if b, err := json.Marshal(claims); err != nil || len(b) > mostClaims {
		return nil, aws.Errorf("JWTPayloadSizeExceededException", "The token would be too large.")
	}
	token, err := s.Issuers.Sign(c.State, c.Account(), *in.SigningAlgorithm, claims)
	if err != nil {
		return nil, err
	}
	return &api.GetWebIdentityTokenOutput{WebIdentityToken: &token, Expiration: &expires}, nil
}

// about is what is known of the caller. A session stands for its role.
func (s *Service) about(c *call.Call, in *api.GetWebIdentityTokenInput) (vouched, error) {
	p := c.Principal
	if len(in.Tags) > mostTokenTags {
		return vouched{}, invalid("A token may have %d tags.", mostTokenTags)
	}
	v := vouched{
		Account: p.Account, Region: c.Region, Principal: p.ARN,
		PrincipalTags: s.Issuers.Tags(c.State, p), RequestTags: tag.Of(in.Tags).Map(),
	}
	if role := p.RoleARN(); role != "" {
		v.Principal = role
	}
	if len(v.RequestTags) < len(in.Tags) {
		return v, aws.Errorf("InvalidParameterValue", "Duplicate tag keys found.")
	}
	if organization, path := s.Issuers.Membership(c.State, p.Account); organization != "" {
		v.Organization, v.Path = organization, []string{path}
	}
	if p.Session != nil {
		v.SessionEnds, v.SourceIdentity = p.Session.Expires.UTC().Format(time.RFC3339), p.Session.SourceIdentity
	}
	return v, nil
}

// vouching is what GetWebIdentityToken needs.
func vouching(in *api.GetWebIdentityTokenInput) []call.Target {
	t := call.Target{Action: "sts:GetWebIdentityToken", Resource: "*", Context: tagContext(in.Tags, nil)}
	if len(in.Audience) > 0 {
		t.Context.Set("sts:IdentityTokenAudience", in.Audience...)
	}
	if in.SigningAlgorithm != nil {
		t.Context.Set("sts:SigningAlgorithm", *in.SigningAlgorithm)
	}
	seconds := int(defaultToken / time.Second)
	if in.DurationSeconds != nil {
		seconds = int(*in.DurationSeconds)
	}
	t.Context.Set("sts:DurationSeconds", strconv.Itoa(seconds))
	targets := []call.Target{t}
	if len(in.Tags) > 0 {
		t.Action, t.Context = "sts:TagGetWebIdentityToken", maps.Clone(t.Context)
		targets = append(targets, t)
	}
	return targets
}
