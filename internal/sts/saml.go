package sts

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/saml"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

// federated is who a SAML provider vouches for, and what is asked for it.
type federated struct {
	role      Role
	provider  SAMLProvider
	assertion saml.Assertion
	as        *api.AssumeRoleInput
}

// AssumeRoleWithSAML issues credentials of a role to whom a provider vouches
// for. That the role trusts it was decided before (Access).
func (s *Service) AssumeRoleWithSAML(c *call.Call, in *api.AssumeRoleWithSAMLInput) (*api.AssumeRoleWithSAMLOutput, error) {
	f, err := s.federated(c, in)
	if err != nil {
		return nil, err
	}
	if err := checkDuration(c, f.as, f.role); err != nil {
		return nil, err
	}
	f.shorten(s.clock())
	credentials, p, packed, err := s.assume(c, f.as, f.role)
	if err != nil {
		return nil, err
	}
	c.Resources = append(c.Resources, call.Resource{Account: f.provider.Account, Type: "AWS::IAM::SAMLProvider", ARN: f.provider.ARN})
	out := &api.AssumeRoleWithSAMLOutput{
		Credentials: credentials, AssumedRoleUser: &api.AssumedRoleUser{AssumedRoleId: &p.ID, Arn: &p.ARN}, PackedPolicySize: packed,
		Subject: &f.assertion.Subject, SubjectType: new(f.subjectType()), Issuer: &f.assertion.Issuer,
		Audience: &f.assertion.Recipient, NameQualifier: new(f.qualifier()),
	}
	if p.Session.SourceIdentity != "" {
		out.SourceIdentity = &p.Session.SourceIdentity
	}
	return out, nil
}

// assumingWithSAML is what AssumeRoleWithSAML needs. From here on the caller
// is who the assertion speaks of, and the role's account has the record, which
// names the assertion and does not show it.
func (s *Service) assumingWithSAML(c *call.Call, in *api.AssumeRoleWithSAMLInput) ([]call.Target, error) {
	f, err := s.federated(c, in)
	if err != nil {
		return nil, err
	}
	c.Principal = aws.Principal{
		Type: aws.SAMLUser, ID: f.qualifier() + ":" + f.assertion.Subject, UserName: f.assertion.Subject, Provider: f.provider.ARN,
	}
	c.Owners = []string{f.role.Account}
	c.Request = f.recorded(in)
	t := call.Target{
		Action: "sts:AssumeRoleWithSAML", Resource: f.role.ARN, Owner: f.role.Account,
		Policy: &policy.Attached{Document: f.role.Trust}, PolicyRequired: true, Context: f.context(c),
	}
	return assumingTargets(c, t, f.as), nil
}

// federated verifies the assertion of a call.
func (s *Service) federated(c *call.Call, in *api.AssumeRoleWithSAMLInput) (*federated, error) {
	for _, arn := range []*string{in.RoleArn, in.PrincipalArn} {
		if a, ok := aws.ParseARN(aws.Val(arn)); !ok || !aws.IsAccountID(a.Account) {
			return nil, invalid("%s is invalid", aws.Val(arn))
		}
	}
	response, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(aws.Val(in.SAMLAssertion)), ""))
	if err != nil {
		return nil, badToken("Invalid base64 SAMLResponse")
	}
	f := new(federated)
	ok := false
	if s.SAMLProviders != nil {
		if f.provider, ok, err = s.SAMLProviders(c.State, *in.PrincipalArn); err != nil {
			return nil, err
		}
	}
	if !ok {
		return nil, badToken("Specified provider doesn't exist")
	}
	f.assertion, err = saml.Verify(response, saml.Expected{
		Provider: f.provider.Metadata, Keys: f.provider.Keys, Encrypted: f.provider.Encrypted,
		Audience: f.provider.audience, Recipient: f.provider.endpoint, Now: s.clock(),
	})
	if err != nil {
		return nil, assertionError(err)
	}
	if !f.vouches(*in.RoleArn, *in.PrincipalArn) {
		return nil, denied("Not authorized to perform sts:AssumeRoleWithSAML")
	}
	if f.role, ok = s.roles.Role(c.State, *in.RoleArn); !ok || f.role.Account != f.provider.Account {
		return nil, denied("Not authorized to perform sts:AssumeRoleWithSAML")
	}
	f.as, err = f.assumption(in)
	return f, err
}

func (s *Service) clock() time.Time {
	if s.Clock != nil {
		return s.Clock()
	}
	return time.Now()
}

// signIn is the host to whose address assertions are sent, by itself or behind
// the name of a region.
const signIn = "signin.aws.amazon.com"

// endpoint reports whether an address is one that assertions of the provider
// are sent to.
func (p *SAMLProvider) endpoint(address string) bool {
	host, path, ok := strings.Cut(strings.TrimPrefix(address, "https://"), "/")
	region, regional := strings.CutSuffix(host, "."+signIn)
	return ok && strings.HasPrefix(address, "https://") && (host == signIn || regional && aws.IsRegion(region)) &&
		(path == "saml" || path == "saml/acs/"+p.ID)
}

// audience reports whether assertions of the provider may be meant for a name.
func (p *SAMLProvider) audience(name string) bool {
	return name == "urn:amazon:webservices" || p.endpoint(name)
}

// The attributes that AWS reads.
const (
	attributes      = "https://aws.amazon.com/SAML/Attributes/"
	roleAttribute   = attributes + "Role"
	nameAttribute   = attributes + "RoleSessionName"
	lengthAttribute = attributes + "SessionDuration"
	sourceAttribute = attributes + "SourceIdentity"
	transitive      = attributes + "TransitiveTagKeys"
	tagPrefix       = attributes + "PrincipalTag:"
)

var sessionName = regexp.MustCompile(`^[a-zA-Z_0-9+=,.@-]{2,64}$`)

// vouches reports whether the provider lets its user have the role: by a pair
// of the role and the provider, in whatever order.
func (f *federated) vouches(role, provider string) bool {
	return slices.ContainsFunc(f.assertion.Attributes[roleAttribute], func(pair string) bool {
		a, b, _ := strings.Cut(pair, ",")
		a, b = strings.TrimSpace(a), strings.TrimSpace(b)
		return a == role && b == provider || a == provider && b == role
	})
}

// one is the value of an attribute that has one, "" when it is absent.
func (f *federated) one(name string) string {
	if values := f.assertion.Attributes[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// assumption is the call as AssumeRole would have it: the assertion names the
// session, and may bring tags, a source identity and a duration.
func (f *federated) assumption(in *api.AssumeRoleWithSAMLInput) (*api.AssumeRoleInput, error) {
	as := &api.AssumeRoleInput{
		RoleArn: in.RoleArn, RoleSessionName: new(f.one(nameAttribute)), Policy: in.Policy, PolicyArns: in.PolicyArns,
		DurationSeconds: in.DurationSeconds, TransitiveTagKeys: f.assertion.Attributes[transitive],
	}
	switch name := *as.RoleSessionName; {
	case name == "":
		return nil, badToken("RoleSessionName is required in AuthnResponse")
	case !sessionName.MatchString(name):
		return nil, badToken("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
	}
	if source := f.one(sourceAttribute); source != "" {
		if !sessionName.MatchString(source) || strings.HasPrefix(strings.ToLower(source), "aws:") {
			return nil, badToken(`Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"`)
		}
		as.SourceIdentity = &source
	}
	if length := f.one(lengthAttribute); length != "" {
		seconds, err := strconv.Atoi(length)
		if err != nil || seconds < 900 || seconds > 43200 {
			return nil, badToken("SessionDuration must be an integer between 900 and 43200.")
		}
		if as.DurationSeconds == nil {
			as.DurationSeconds = new(int32(seconds))
		}
	}
	return as, f.tag(as)
}

// tag gives the session the tags that the assertion brings, in the order of
// their keys.
func (f *federated) tag(as *api.AssumeRoleInput) error {
	for name, values := range f.assertion.Attributes {
		key, ok := strings.CutPrefix(name, tagPrefix)
		if !ok {
			continue
		}
		if key == "" || len(key) > 128 || len(values) != 1 || len(values[0]) > 256 {
			return badToken("The principal tag %s must have one value, of at most 256 characters, and a key of 1 to 128.", key)
		}
		as.Tags = append(as.Tags, api.Tag{Key: &key, Value: &values[0]})
	}
	slices.SortFunc(as.Tags, func(a, b api.Tag) int { return strings.Compare(*a.Key, *b.Key) })
	return nil
}

// shorten lets the session end with the one at the provider, if not before.
func (f *federated) shorten(now time.Time) {
	if ends := f.assertion.SessionEnds; !ends.IsZero() {
		f.as.DurationSeconds = new(int32(min(duration(f.as), ends.Sub(now)) / time.Second))
	}
}

// subjectType is the format of the subject's name: persistent, transient.
func (f *federated) subjectType() string {
	return strings.TrimPrefix(f.assertion.SubjectFormat, "urn:oasis:names:tc:SAML:2.0:nameid-format:")
}

// qualifier stands for the provider: names of subjects are unique behind it.
func (f *federated) qualifier() string {
	sum := sha1.Sum([]byte(f.assertion.Issuer + f.provider.Account + "/" + f.provider.Name))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// context holds the condition keys of the call.
func (f *federated) context(c *call.Call) policy.Context {
	ctx := assumeContext(c, f.as)
	ctx.Set("saml:aud", f.assertion.Recipient)
	ctx.Set("saml:iss", f.assertion.Issuer)
	ctx.Set("saml:sub", f.assertion.Subject)
	ctx.Set("saml:sub_type", f.subjectType())
	ctx.Set("saml:namequalifier", f.qualifier())
	ctx.Set("saml:doc", f.provider.Account+"/"+f.provider.Name)
	for name, values := range f.assertion.Attributes {
		if key := samlKeys[strings.TrimPrefix(name, "urn:oid:")]; key != "" {
			ctx.Set("saml:"+key, values...)
		}
	}
	return ctx
}

// recorded is the request as its record has it.
func (f *federated) recorded(in *api.AssumeRoleWithSAMLInput) any {
	r := struct {
		AssertionID       string               `json:"sAMLAssertionID"`
		RoleSessionName   *string              `json:"roleSessionName"`
		SourceIdentity    *string              `json:"sourceIdentity,omitempty"`
		PrincipalTags     map[string]string    `json:"principalTags,omitempty"`
		TransitiveTagKeys []string             `json:"transitiveTagKeys,omitempty"`
		DurationSeconds   *int32               `json:"durationSeconds,omitempty"`
		Policy            *string              `json:"policy,omitempty"`
		PolicyARNs        []map[string]*string `json:"policyArns,omitempty"`
		RoleARN           *string              `json:"roleArn"`
		PrincipalARN      *string              `json:"principalArn"`
	}{
		AssertionID: f.assertion.ID, RoleSessionName: f.as.RoleSessionName, SourceIdentity: f.as.SourceIdentity,
		PrincipalTags: tag.Of(f.as.Tags).Map(), TransitiveTagKeys: f.as.TransitiveTagKeys, DurationSeconds: in.DurationSeconds,
		Policy: in.Policy, RoleARN: in.RoleArn, PrincipalARN: in.PrincipalArn,
	}
	for _, p := range in.PolicyArns {
		r.PolicyARNs = append(r.PolicyARNs, map[string]*string{"arn": p.Arn})
	}
	return r
}

// assertionError is AWS's word for an assertion that is not accepted.
func assertionError(err error) error {
	switch {
	case errors.Is(err, saml.ErrExpired):
		return aws.Errorf("ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance")
	case errors.Is(err, saml.ErrRejected):
		return aws.Errorf("IDPRejectedClaim", "The identity provider reported that authentication failed.")
	case errors.Is(err, saml.ErrIssuer):
		return badToken("Issuer not present in specified provider")
	case errors.Is(err, saml.ErrAudience):
		return badToken("Response does not contain the required audience")
	case errors.Is(err, saml.ErrEarly):
		return badToken("Token not active yet")
	case errors.Is(err, saml.ErrPlain):
		return badToken("The assertion is not encrypted, as the provider demands.")
	case errors.Is(err, saml.ErrSignature):
		return badToken("Response signature invalid")
	}
	return badToken("Invalid SAMLResponse")
}
