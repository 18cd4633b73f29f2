package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/saml/samltest"
	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

// records are those of an operation, as they stand in the journal.
func records(t *testing.T, s *Server, operation string) []journal.Entry {
	t.Helper()
	var found []journal.Entry
	for after := (journal.Cursor{}); ; {
		chunks, err := s.store.ReadChunks(t.Context(), after, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if len(chunks) == 0 {
			return found
		}
		for _, chunk := range chunks {
			after.Advance(chunk.Position)
			for _, e := range chunk.Entries {
				if strings.Contains(string(e.Record), `"eventName":"`+operation+`"`) {
					found = append(found, e)
				}
			}
		}
	}
}

// Who a SAML provider vouches for assumes a role without a key, and the role's
// account reads of it.
func TestSAML(t *testing.T) {
	idp := samltest.New(t)
	s, p := startServer(t, func(c *Config) { c.Dev = true })
	c := newClient(t, p)
	const provider, role = "arn:aws:iam::" + devAccount + ":saml-provider/corp", "arn:aws:iam::" + devAccount + ":role/corp"
	trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":%q},"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml","saml:sub":"ada"}}}]}`, provider)
	for _, form := range []url.Values{
		{"Action": {"CreateSAMLProvider"}, "Name": {"corp"}, "SAMLMetadataDocument": {idp.Metadata()}},
		{"Action": {"CreateRole"}, "RoleName": {"corp"}, "AssumeRolePolicyDocument": {trust}},
	} {
		form.Set("Version", "2010-05-08")
		c.must(c.form("iam", form))
	}
	assume := func(subject string, by *samltest.Provider) *reply {
		claims := idp.Claims(time.Now(), role, provider)
		claims.Subject = subject
		return c.unsigned(url.Values{
			"Action": {"AssumeRoleWithSAML"}, "RoleArn": {role}, "PrincipalArn": {provider}, "SAMLAssertion": {by.Answer(claims)},
		})
	}
	var out struct {
		AssumeRoleWithSAMLResult struct {
			Subject, SubjectType, Issuer string
			AssumedRoleUser              struct{ Arn string }
			Credentials                  struct{ AccessKeyId, SecretAccessKey, SessionToken string }
		}
	}
	unmarshal(c, assume("ada", idp), &out)
	got := out.AssumeRoleWithSAMLResult
	if got.Subject != "ada" || got.SubjectType != "persistent" || got.AssumedRoleUser.Arn != "arn:aws:sts::"+devAccount+":assumed-role/corp/ada" {
		t.Errorf("%+v", got)
	}
	refused(t, "another subject", wire.AWSQuery, assume("eve", idp), "AccessDenied")
	refused(t, "another key", wire.AWSQuery, assume("ada", samltest.New(t)), "InvalidIdentityToken")

	r, _ := http.NewRequest(http.MethodPost, p.Endpoint, strings.NewReader("Action=GetCallerIdentity&Version=2011-06-15"))
	r.Header.Set("Content-Type", formType)
	sigv4.Sign(r, sigv4.Credentials{AccessKey: got.Credentials.AccessKeyId, Secret: got.Credentials.SecretAccessKey, Token: got.Credentials.SessionToken},
		"us-east-1", "sts", sigv4.PayloadHash([]byte("Action=GetCallerIdentity&Version=2011-06-15")), time.Now())
	if a := c.must(c.do(r)); !strings.Contains(string(a.body), "assumed-role/corp/ada") {
		t.Errorf("%s", a.body)
	}
	list := records(t, s, "AssumeRoleWithSAML")
	if len(list) != 2 {
		t.Fatalf("%d records", len(list))
	}
	for i, subject := range []string{"ada", "eve"} {
		var record struct {
			UserIdentity      map[string]string
			RequestParameters map[string]any
			ResponseElements  map[string]any
			Resources         []map[string]string
		}
		if err := json.Unmarshal(list[i].Record, &record); err != nil {
			t.Fatal(err)
		}
		u := record.UserIdentity
		if u["type"] != "SAMLUser" || u["userName"] != subject || u["principalId"] != u["identityProvider"]+":"+subject {
			t.Errorf("%v", u)
		}
		if record.RequestParameters["sAMLAssertionID"] != "_assertion" || strings.Contains(string(list[i].Record), "PHNhbWxw") {
			t.Errorf("%s", list[i].Record)
		}
		if subject == "ada" && (len(record.Resources) != 2 || record.ResponseElements["subject"] != "ada") {
			t.Errorf("%s", list[i].Record)
		}
	}
}

// A token of the account is verified with what the account's issuer publishes.
func TestOutboundTokens(t *testing.T) {
	_, p := startServer(t, nil)
	c := newClient(t, p)
	iam := func(action string) *reply {
		return c.form("iam", url.Values{"Action": {action}, "Version": {"2010-05-08"}})
	}
	var enabled struct {
		EnableOutboundWebIdentityFederationResult struct{ IssuerIdentifier string }
	}
	unmarshal(c, iam("EnableOutboundWebIdentityFederation"), &enabled)
	issuer := enabled.EnableOutboundWebIdentityFederationResult.IssuerIdentifier
	var issued struct {
		GetWebIdentityTokenResult struct{ WebIdentityToken string }
	}
	unmarshal(c, c.form("sts", url.Values{
		"Action": {"GetWebIdentityToken"}, "Version": {"2011-06-15"}, "Audience.member.1": {"https://a.example"}, "SigningAlgorithm": {"ES384"},
	}), &issued)
	get := func(address string, into any) {
		t.Helper()
		r, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if err := json.NewDecoder(r.Body).Decode(into); err != nil || r.StatusCode != http.StatusOK {
			t.Fatal(r.Status, err)
		}
	}
	var configuration struct {
		Issuer string
		Keys   string `json:"jwks_uri"`
	}
	get(issuer+"/.well-known/openid-configuration", &configuration)
	var keys jose.JSONWebKeySet
	get(configuration.Keys, &keys)
	signed, err := jose.ParseSignedCompact(issued.GetWebIdentityTokenResult.WebIdentityToken, []jose.SignatureAlgorithm{jose.ES384})
	if err != nil {
		t.Fatal(err)
	}
	body, err := signed.Verify(&keys)
	var claims struct {
		Issuer  string   `json:"iss"`
		Subject string   `json:"sub"`
		For     []string `json:"aud"`
	}
	if err != nil || json.Unmarshal(body, &claims) != nil || claims.Issuer != issuer || configuration.Issuer != issuer ||
		!strings.HasSuffix(claims.Subject, ":user/admin") || claims.For[0] != "https://a.example" {
		t.Errorf("%v: %s", err, body)
	}
	if r, err := http.Get(p.Endpoint + issuerPath + "/x/.well-known/jwks.json"); err != nil || r.StatusCode != http.StatusNotFound {
		t.Error(r, err)
	}
}

// Somebody of the management account does a root's task in a member, and only
// that; both accounts read of it, and every call of the session says that the
// root was assumed.
func TestAssumeRoot(t *testing.T) {
	h := newHouse(t)
	p, err := ReadProfile(h.server.Data)
	if err != nil {
		t.Fatal(err)
	}
	c, member := newClient(t, p), h.samples["sts.TargetPrincipal"]
	root := *c
	root.profile.AccessKeyID = devAccount // --dev takes it for its root's
	assume := url.Values{
		"Version": {"2011-06-15"}, "Action": {"AssumeRoot"}, "TargetPrincipal": {member}, "TaskPolicyArn.arn": {"arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"},
	}
	refused(t, "a root", wire.AWSQuery, root.form("sts", assume), "AccessDenied")
	var made struct {
		AssumeRootResult struct {
			Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken string }
		}
	}
	unmarshal(c, c.form("sts", assume), &made)
	credentials := made.AssumeRootResult.Credentials
	as := func(action string) *reply {
		body := "Version=2010-05-08&Action=" + action
		r, _ := http.NewRequest(http.MethodPost, p.Endpoint, strings.NewReader(body))
		r.Header.Set("Content-Type", formType)
		sigv4.Sign(r, sigv4.Credentials{AccessKey: credentials.AccessKeyId, Secret: credentials.SecretAccessKey, Token: credentials.SessionToken},
			"us-east-1", "iam", sigv4.PayloadHash([]byte(body)), time.Now())
		return c.do(r)
	}
	c.must(as("ListAccessKeys"))
	refused(t, "another task", wire.AWSQuery, as("ListUsers"), "AccessDenied")

	accounts := map[string]bool{}
	for _, e := range records(t, h.server, "AssumeRoot") {
		if !strings.Contains(string(e.Record), `"errorCode"`) {
			accounts[e.Account] = true
		}
	}
	if !accounts[devAccount] || !accounts[member] {
		t.Errorf("records in %v", accounts)
	}
	for _, e := range records(t, h.server, "ListUsers") {
		if r := string(e.Record); e.Account != member || !strings.Contains(r, `"type":"Root","principalId":"`+member+`"`) || !strings.Contains(r, `"assumedRoot":"true"`) {
			t.Errorf("%s: %s", e.Account, r)
		}
	}
}
