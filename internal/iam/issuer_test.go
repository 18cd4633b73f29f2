package iam

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/orgtrail/orgtrail/internal/call/calltest"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

func TestIssuer(t *testing.T) {
	f := newFixture(t)
	f.service.IssuerURL = "https://here.example/_orgtrail/oidc"
	const disabled = "FeatureDisabled: Outbound web identity federation is not enabled for your account."
	f.Fails(disabled, &api.GetOutboundWebIdentityFederationInfoInput{})
	f.Fails(disabled, &api.DisableOutboundWebIdentityFederationInput{})
	if _, err := f.service.SignToken(f.Store.View(), account, "RS256", nil); err == nil {
		t.Error("a token without an issuer")
	}
	f.Runs = 0
	url := *f.Do(&api.EnableOutboundWebIdentityFederationInput{}).(*api.EnableOutboundWebIdentityFederationOutput).IssuerIdentifier
	f.Equal("runs", f.Runs, 2) // the keys are made beforehand
	id, ok := strings.CutPrefix(url, f.service.IssuerURL+"/")
	if !ok || len(id) != 36 {
		t.Fatal(url)
	}
	f.Fails("FeatureEnabled: Outbound web identity federation is already enabled for your account.", &api.EnableOutboundWebIdentityFederationInput{})
	info := f.Do(&api.GetOutboundWebIdentityFederationInfoInput{}).(*api.GetOutboundWebIdentityFederationInfoOutput)
	f.Equal("info", []any{*info.IssuerIdentifier, *info.JwtVendingEnabled}, []any{url, true})

	document := func(name string, into any) {
		t.Helper()
		b, ok := f.service.IssuerDocument(f.Store.View(), id+"/.well-known/"+name)
		if !ok || json.Unmarshal(b, into) != nil {
			t.Fatalf("%s: %v %s", name, ok, b)
		}
	}
	var configuration struct{ Issuer, JWKS_URI string }
	document("openid-configuration", &configuration)
	f.Equal("configuration", []string{configuration.Issuer, configuration.JWKS_URI}, []string{url, url + "/.well-known/jwks.json"})
	var keys jose.JSONWebKeySet
	document("jwks.json", &keys)
	for _, k := range keys.Keys {
		if !k.IsPublic() || !k.Valid() {
			t.Errorf("%s is not a public key", k.KeyID)
		}
	}
	for _, algorithm := range []jose.SignatureAlgorithm{jose.RS256, jose.ES384} {
		token, err := f.service.SignToken(f.Store.View(), account, string(algorithm), map[string]string{"sub": "ada"})
		if err != nil {
			t.Fatal(err)
		}
		signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{algorithm})
		if err != nil {
			t.Fatal(err)
		}
		if body, err := signed.Verify(&keys); err != nil || string(body) != `{"sub":"ada"}` {
			t.Errorf("%s: %s, %v", algorithm, body, err)
		}
	}
	if _, err := f.service.SignToken(f.Store.View(), account, "HS256", nil); err == nil {
		t.Error("a token of HS256")
	}
	for _, path := range []string{"", id, id + "/", "x/.well-known/jwks.json", id + "/.well-known/other"} {
		if _, ok := f.service.IssuerDocument(f.Store.View(), path); ok {
			t.Errorf("a document at %q", path)
		}
	}
	f.Do(&api.DisableOutboundWebIdentityFederationInput{})
	document("jwks.json", &keys) // for the tokens that are under way
	f.Equal("the same again", *f.Do(&api.EnableOutboundWebIdentityFederationInput{}).(*api.EnableOutboundWebIdentityFederationOutput).IssuerIdentifier, url)
	f.Caller = calltest.Root(other)
	f.Fails(disabled, &api.GetOutboundWebIdentityFederationInfoInput{})
}
