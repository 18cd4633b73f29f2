package sts

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/saml"
	"github.com/orgtrail/orgtrail/internal/saml/samltest"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

const samlProvider = "arn:aws:iam::222222222222:saml-provider/corp"

// samlRole makes a role that trusts a SAML provider under a condition, and an
// anonymous caller.
func (f *fixture) samlRole(idp *samltest.Provider, condition string) string {
	f.Helper()
	arn := f.role(other, "corp", "*", assume, condition)
	r := f.roles[arn]
	r.Trust = calltest.Policy(f, strings.Replace(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"`+samlProvider+`"},"Action":["sts:AssumeRoleWithSAML","sts:TagSession","sts:SetSourceIdentity"],"Condition":COND}]}`, "COND", condition, 1)).Document
	f.roles[arn] = r
	f.Caller = aws.Principal{}
	f.service.Clock = func() time.Time { return f.Clock.Now() }
	metadata, err := saml.ParseMetadata(idp.Metadata())
	if err != nil {
		f.Fatal(err)
	}
	f.service.SAMLProviders = func(_ store.Reader, arn string) (SAMLProvider, bool, error) {
		return SAMLProvider{ARN: samlProvider, Account: other, Name: "corp", ID: "SAMLSPX", Metadata: metadata}, arn == samlProvider, nil
	}
	return arn
}

func TestAssumeRoleWithSAML(t *testing.T) {
	f, idp := newFixture(t), samltest.New(t)
	const name = "https://aws.amazon.com/SAML/Attributes/"
	role := f.samlRole(idp, `{"StringEquals":{"saml:aud":"https://signin.aws.amazon.com/saml","saml:iss":"https://idp.example/saml","saml:sub_type":"persistent","saml:doc":"222222222222/corp"},"StringLike":{"saml:sub":"a*"},"ForAnyValue:StringEquals":{"saml:edupersonaffiliation":"staff"}}`)
	staff := func(change func(*samltest.Claims)) *string {
		claims := idp.Claims(f.Clock.Now(), role, samlProvider)
		claims.Attributes["urn:oid:1.3.6.1.4.1.5923.1.1.1.1"] = []string{"staff", "member"}
		change(&claims)
		return new(idp.Answer(claims))
	}
	input := func(change func(*samltest.Claims)) *api.AssumeRoleWithSAMLInput {
		return &api.AssumeRoleWithSAMLInput{RoleArn: &role, PrincipalArn: new(samlProvider), SAMLAssertion: staff(change)}
	}
	full := input(func(c *samltest.Claims) {
		c.Attributes[name+"Role"] = []string{"other,pair", samlProvider + " , " + role}
		c.Attributes[name+"SessionDuration"] = []string{"7200"}
		c.Attributes[name+"SourceIdentity"] = []string{"ada.l"}
		c.Attributes[name+"PrincipalTag:team"] = []string{"blue"}
		c.Attributes[name+"TransitiveTagKeys"] = []string{"team"}
	})
	out := f.Do(full).(*api.AssumeRoleWithSAMLOutput)
	const qualifier = "ASDMPJzRTFllSRbxMjtt7h6C7ng="
	f.Equal("answer", []string{*out.Subject, *out.SubjectType, *out.Issuer, *out.Audience, *out.NameQualifier, *out.AssumedRoleUser.Arn, *out.SourceIdentity},
		[]string{"ada", "persistent", samltest.EntityID, "https://signin.aws.amazon.com/saml", qualifier, "arn:aws:sts::222222222222:assumed-role/corp/ada", "ada.l"})
	f.Equal("caller", f.Last().Principal, aws.Principal{Type: aws.SAMLUser, ID: qualifier + ":ada", UserName: "ada", Provider: samlProvider})
	f.Equal("log", f.Last().Owners, []string{other})
	f.Equal("resources", f.Last().Resources, []call.Resource{{Account: other, Type: "AWS::IAM::Role", ARN: role}, {Account: other, Type: "AWS::IAM::SAMLProvider", ARN: samlProvider}})
	recorded, _ := json.Marshal(f.Last().Request)
	f.Equal("record", string(recorded), `{"sAMLAssertionID":"_assertion","roleSessionName":"ada","sourceIdentity":"ada.l","principalTags":{"team":"blue"},"transitiveTagKeys":["team"],"roleArn":"`+role+`","principalArn":"`+samlProvider+`"}`)
	s := f.open(out.Credentials).Principal.Session
	f.Equal("session", []any{s.Name, s.Tags["team"], s.TransitiveTags, s.Expires}, []any{"ada", "blue", []string{"team"}, f.Clock.Now().Add(2 * time.Hour)})

	short := f.Do(input(func(c *samltest.Claims) { c.Ends = f.Clock.Now().Add(10 * time.Minute) })).(*api.AssumeRoleWithSAMLOutput)
	f.Equal("ends with the session at the provider", *short.Credentials.Expiration, f.Clock.Now().Add(10*time.Minute))

	denied := "AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML"
	for _, c := range []struct {
		want   string
		change func(*samltest.Claims)
	}{
		{denied, func(c *samltest.Claims) { c.Subject = "eve" }},
		{denied, func(c *samltest.Claims) { delete(c.Attributes, "urn:oid:1.3.6.1.4.1.5923.1.1.1.1") }},
		{denied, func(c *samltest.Claims) { c.Attributes[name+"Role"] = nil }},
		{denied, func(c *samltest.Claims) {
			c.Attributes[name+"Role"] = []string{role + ",arn:aws:iam::222222222222:saml-provider/other"}
		}},
		{denied, func(c *samltest.Claims) { c.Recipient = "https://us-east-2.signin.aws.amazon.com/saml" }}, // the role's condition
		{"InvalidIdentityToken: Response does not contain the required audience", func(c *samltest.Claims) { c.Recipient = "https://signin.aws.amazon.com.evil.example/saml" }},
		{"InvalidIdentityToken: Response does not contain the required audience", func(c *samltest.Claims) { c.Recipient = "https://x.signin.aws.amazon.com/saml" }},
		{"InvalidIdentityToken: Response does not contain the required audience", func(c *samltest.Claims) { c.Recipient = "https://signin.aws.amazon.com/saml/acs/SAMLSPY" }},
		{"InvalidIdentityToken: Response does not contain the required audience", func(c *samltest.Claims) { c.Audience = "urn:other" }},
		{"InvalidIdentityToken: Issuer not present in specified provider", func(c *samltest.Claims) { c.Issuer = "https://evil.example" }},
		{"InvalidIdentityToken: RoleSessionName is required in AuthnResponse", func(c *samltest.Claims) { delete(c.Attributes, name+"RoleSessionName") }},
		{"InvalidIdentityToken: RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}", func(c *samltest.Claims) { c.Attributes[name+"RoleSessionName"] = []string{"a b"} }},
		{"InvalidIdentityToken: Source Identity must match", func(c *samltest.Claims) { c.Attributes[name+"SourceIdentity"] = []string{"AWS:x"} }},
		{"InvalidIdentityToken: SessionDuration", func(c *samltest.Claims) { c.Attributes[name+"SessionDuration"] = []string{"1"} }},
		{"InvalidIdentityToken: The principal tag team", func(c *samltest.Claims) { c.Attributes[name+"PrincipalTag:team"] = []string{"a", "b"} }},
		{"ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration", func(c *samltest.Claims) { c.Attributes[name+"SessionDuration"] = []string{"7201"} }},
		{"IDPRejectedClaim: ", func(c *samltest.Claims) { c.Status = "urn:oasis:names:tc:SAML:2.0:status:Requester" }},
		{"ExpiredTokenException: Token must be redeemed within 5 minutes of issuance", func(c *samltest.Claims) { c.Issued = f.Clock.Now().Add(-5 * time.Minute) }},
		{"InvalidIdentityToken: Token not active yet", func(c *samltest.Claims) { c.NotBefore = f.Clock.Now().Add(time.Hour) }},
	} {
		f.fails(c.want, input(c.change))
	}
	good := func(*samltest.Claims) {}
	for want, change := range map[string]func(*api.AssumeRoleWithSAMLInput){
		"InvalidIdentityToken: Response signature invalid": func(in *api.AssumeRoleWithSAMLInput) {
			in.SAMLAssertion = new(samltest.New(t).Answer(idp.Claims(f.Clock.Now(), role, samlProvider)))
		},
		"InvalidIdentityToken: Invalid base64 SAMLResponse":       func(in *api.AssumeRoleWithSAMLInput) { in.SAMLAssertion = new("<x/>") },
		"InvalidIdentityToken: Invalid SAMLResponse":              func(in *api.AssumeRoleWithSAMLInput) { in.SAMLAssertion = new("AAAA") },
		"InvalidIdentityToken: Specified provider doesn't exist":  func(in *api.AssumeRoleWithSAMLInput) { in.PrincipalArn = new(samlProvider + "x") },
		"ValidationError: arn:aws:iam::x:saml-provider/corp":      func(in *api.AssumeRoleWithSAMLInput) { in.PrincipalArn = new("arn:aws:iam::x:saml-provider/corp") },
		"AccessDenied: Not authorized to perform sts:AssumeRoleW": func(in *api.AssumeRoleWithSAMLInput) { in.RoleArn = new(role + "x") },
	} {
		in := input(good)
		change(in)
		f.fails(want, in)
	}
	// A role of another account cannot be had with this account's provider.
	foreign := f.role(account, "corp", "*", assume, "")
	f.fails(denied, &api.AssumeRoleWithSAMLInput{RoleArn: &foreign, PrincipalArn: new(samlProvider), SAMLAssertion: staff(func(c *samltest.Claims) {
		c.Attributes[name+"Role"] = []string{foreign + "," + samlProvider}
	})})
	failure := errors.New("sealed with another key")
	f.service.SAMLProviders = func(store.Reader, string) (SAMLProvider, bool, error) { return SAMLProvider{}, false, failure }
	if _, err := f.Call(input(good)); !errors.Is(err, failure) {
		t.Errorf("%v", err)
	}
}
