package server

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/wire"
)

// idp is an OpenID Connect issuer.
type idp struct {
	*httptest.Server
	key   *rsa.PrivateKey
	asked atomic.Int32 // connections
}

func newIDP(t *testing.T) *idp {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &idp{key: key}
	encode := base64.RawURLEncoding.EncodeToString
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, i.URL, i.URL+"/keys")
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"keys":[{"kty":"RSA","kid":"k","n":%q,"e":%q}]}`, encode(key.N.Bytes()), encode(big.NewInt(int64(key.E)).Bytes()))
	})
	i.Server = httptest.NewUnstartedServer(mux)
	i.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			i.asked.Add(1)
		}
	}
	i.StartTLS()
	t.Cleanup(i.Close)
	return i
}

// thumbprint is that of the issuer's certificate.
func (i *idp) thumbprint() string {
	sum := sha1.Sum(i.Certificate().Raw)
	return hex.EncodeToString(sum[:])
}

func (i *idp) token(subject string) string {
	encode := base64.RawURLEncoding.EncodeToString
	body, _ := json.Marshal(map[string]any{"iss": i.URL, "sub": subject, "aud": "app", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()})
	signed := encode([]byte(`{"alg":"RS256","kid":"k"}`)) + "." + encode(body)
	sum := sha256.Sum256([]byte(signed))
	signature, _ := rsa.SignPKCS1v15(nil, i.key, crypto.SHA256, sum[:])
	return signed + "." + encode(signature)
}

// unsigned makes a call of STS without a signature.
func (c *client) unsigned(form url.Values) *reply {
	c.Helper()
	form.Set("Version", "2011-06-15")
	r, err := http.NewRequest(http.MethodPost, c.profile.Endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		c.Fatal(err)
	}
	r.Header.Set("Content-Type", formType)
	return c.do(r)
}

// trust makes the role web, which trusts what an issuer says of ada.
func (c *client) trust(issuer *idp) (provider string) {
	c.Helper()
	host := strings.TrimPrefix(issuer.URL, "https://")
	provider = "arn:aws:iam::" + devAccount + ":oidc-provider/" + host
	trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":%q},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"%s:aud":"app","%s:sub":"ada"}}}]}`, provider, host, host)
	for _, form := range []url.Values{
		{"Action": {"CreateOpenIDConnectProvider"}, "Url": {issuer.URL}, "ClientIDList.member.1": {"app"}, "ThumbprintList.member.1": {issuer.thumbprint()}},
		{"Action": {"CreateRole"}, "RoleName": {"web"}, "AssumeRolePolicyDocument": {trust}},
	} {
		form.Set("Version", "2010-05-08")
		c.must(c.form("iam", form))
	}
	return provider
}

// assume assumes the role web as whom the issuer vouches for.
func (c *client) assume(issuer *idp, subject string) *reply {
	c.Helper()
	return c.unsigned(url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "RoleArn": {"arn:aws:iam::" + devAccount + ":role/web"},
		"RoleSessionName": {"ops"}, "WebIdentityToken": {issuer.token(subject)},
	})
}

// A server that is not told otherwise fetches nothing from its own machine,
// whatever its users name as an issuer.
func TestPrivateEndpoints(t *testing.T) {
	for _, private := range []bool{false, true} {
		issuer := newIDP(t)
		_, p := startServer(t, func(c *Config) { c.AccountID, c.PrivateEndpoints = devAccount, private })
		c := newClient(t, p)
		c.trust(issuer)
		if a := c.assume(issuer, "ada"); (a.StatusCode == http.StatusOK) != private || !private && a.code() != "InvalidIdentityToken" {
			t.Errorf("private %v: %s %s", private, a.Status, a.body)
		}
		if asked := issuer.asked.Load() > 0; asked != private {
			t.Errorf("private %v: asked %v", private, asked)
		}
	}
}

// Who an identity provider vouches for assumes a role without a key, and the
// role's account reads of it. Nobody else does anything without a signature.
func TestWebIdentity(t *testing.T) {
	issuer := newIDP(t)
	s, p := startServer(t, func(c *Config) { c.Dev = true })
	c := newClient(t, p)
	provider := c.trust(issuer)
	assume := func(subject string) *reply { return c.assume(issuer, subject) }
	var out struct {
		AssumeRoleWithWebIdentityResult struct {
			Provider        string
			AssumedRoleUser struct{ Arn string }
		}
	}
	unmarshal(c, assume("ada"), &out)
	if got := out.AssumeRoleWithWebIdentityResult; got.Provider != provider || got.AssumedRoleUser.Arn != "arn:aws:sts::"+devAccount+":assumed-role/web/ops" {
		t.Errorf("%+v", got)
	}
	refused(t, "another subject", wire.AWSQuery, assume("eve"), "AccessDenied")
	refused(t, "without a signature", wire.AWSQuery, c.unsigned(url.Values{"Action": {"GetCallerIdentity"}}), "MissingAuthenticationToken")

	records := 0
	for after := (journal.Cursor{}); ; {
		chunks, err := s.store.ReadChunks(t.Context(), after, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if len(chunks) == 0 {
			break
		}
		for _, chunk := range chunks {
			after.Advance(chunk.Position)
			for _, e := range chunk.Entries {
				if !strings.Contains(string(e.Record), `"eventName":"AssumeRoleWithWebIdentity"`) {
					continue
				}
				records++
				identity := fmt.Sprintf(`"userIdentity":{"type":"WebIdentityUser","principalId":"%s:app:`, provider)
				if !strings.Contains(string(e.Record), identity) || strings.Contains(string(e.Record), "eyJ") || e.Account != devAccount {
					t.Errorf("%s: %s", e.Account, e.Record)
				}
			}
		}
	}
	if records != 2 {
		t.Errorf("%d records", records)
	}
}
