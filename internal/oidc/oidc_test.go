package oidc

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 1, 31, 2, 0, 0, 0, time.UTC)

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// issuer is a server that publishes an RSA and an EC key.
type issuer struct {
	*httptest.Server
	rsa     *rsa.PrivateKey
	ec      *ecdsa.PrivateKey
	fetches int
	answer  func(http.ResponseWriter) bool // instead of the keys, when it says so
}

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	i := new(issuer)
	i.rsa, _ = rsa.GenerateKey(rand.Reader, 2048)
	i.ec, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(map[string]string{"issuer": i.URL, "jwks_uri": i.URL + "/keys"})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, r *http.Request) {
		i.fetches++
		if i.answer != nil && i.answer(w) {
			return
		}
		point, _ := i.ec.PublicKey.Bytes()
		json.NewEncoder(w).Encode(map[string]any{"keys": []map[string]string{
			{"kty": "RSA", "kid": "r", "use": "sig", "n": text(i.rsa.N.Bytes()), "e": text(big.NewInt(int64(i.rsa.E)).Bytes())},
			{"kty": "EC", "kid": "e", "crv": "P-256", "x": text(point[1:33]), "y": text(point[33:])},
			{"kty": "oct", "kid": "o", "k": "AAAA"},
		}})
	})
	i.Server = httptest.NewTLSServer(mux)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) trust() Issuer {
	sum := sha1.Sum(i.Certificate().Raw)
	return Issuer{i.URL, []string{strings.ToUpper(hex.EncodeToString(sum[:]))}}
}

// sign makes a token of claims, good for an hour unless they say otherwise.
func (i *issuer) sign(alg, kid string, claims map[string]any) string {
	all := map[string]any{"iss": i.URL, "sub": "ada", "aud": "app", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	for k, v := range claims {
		all[k] = v
	}
	header, _ := json.Marshal(map[string]string{"alg": alg, "kid": kid})
	body, _ := json.Marshal(all)
	signed := text(header) + "." + text(body)
	sum := sha256.Sum256([]byte(signed))
	var signature []byte
	if strings.HasPrefix(alg, "ES") {
		r, s, _ := ecdsa.Sign(rand.Reader, i.ec, sum[:])
		signature = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	} else {
		signature, _ = rsa.SignPKCS1v15(nil, i.rsa, crypto.SHA256, sum[:])
	}
	return signed + "." + text(signature)
}

func TestVerify(t *testing.T) {
	i := newIssuer(t)
	v := &Verifier{Private: true, Now: func() time.Time { return now }}
	for name, c := range map[string]struct {
		token string
		want  error
	}{
		"RS256":             {i.sign("RS256", "r", nil), nil},
		"ES256":             {i.sign("ES256", "e", nil), nil},
		"no key id":         {i.sign("ES256", "", nil), nil},
		"unknown key":       {i.sign("RS256", "x", nil), ErrSignature},
		"another key":       {i.sign("RS256", "e", nil), ErrSignature},
		"none":              {i.sign("none", "r", nil), ErrSignature},
		"HS256":             {i.sign("HS256", "r", nil), ErrSignature},
		"expired":           {i.sign("RS256", "r", map[string]any{"exp": now.Unix()}), ErrExpired},
		"never expires":     {i.sign("RS256", "r", map[string]any{"exp": 0}), ErrExpired},
		"early":             {i.sign("RS256", "r", map[string]any{"nbf": now.Add(time.Hour).Unix()}), ErrEarly},
		"another issuer":    {i.sign("RS256", "r", map[string]any{"iss": "https://example.com"}), ErrSignature},
		"two parts":         {"a.b", ErrMalformed},
		"no JSON":           {"a.b.c", ErrMalformed},
		"changed":           {strings.Replace(i.sign("RS256", "r", nil), ".ey", ".ez", 1), ErrMalformed},
		"without signature": {i.sign("RS256", "r", nil)[:120] + ".", ErrMalformed},
	} {
		claims, err := v.Verify(t.Context(), c.token, i.trust())
		if !errors.Is(err, c.want) || err == nil && claims.Subject != "ada" {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if i.fetches != 1 {
		t.Errorf("keys fetched %d times", i.fetches)
	}
}

func TestClaims(t *testing.T) {
	i := newIssuer(t)
	c, err := Unverified(i.sign("RS256", "r", map[string]any{
		"aud": []string{"a", "b"}, "azp": "a", "amr": []string{"pwd"}, "https://aws.amazon.com/source_identity": "ada",
		"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"team": []string{"blue"}}, "transitive_tag_keys": []string{"team"}},
	}))
	if err != nil || len(c.Audience) != 2 || c.AuthorizedParty != "a" || c.Tags["team"] != "blue" || c.SourceIdentity != "ada" || c.TransitiveTags[0] != "team" {
		t.Errorf("%+v, %v", c, err)
	}
}

// Keys are fetched again for one that is not known, but not for every token.
func TestRotation(t *testing.T) {
	i := newIssuer(t)
	clock := now
	v := &Verifier{Private: true, Now: func() time.Time { return clock }}
	verify := func(kid string) error {
		_, err := v.Verify(context.Background(), i.sign("RS256", kid, map[string]any{"exp": now.Add(48 * time.Hour).Unix()}), i.trust())
		return err
	}
	verify("r")
	for range 5 {
		verify("new")
	}
	if i.fetches != 1 {
		t.Errorf("%d fetches at once", i.fetches)
	}
	clock = clock.Add(retryKeys)
	verify("new")
	verify("r")
	if i.fetches != 2 {
		t.Errorf("%d fetches after a while", i.fetches)
	}
	clock = clock.Add(keepKeys)
	if err := verify("r"); err != nil || i.fetches != 3 {
		t.Errorf("%d fetches in the end, %v", i.fetches, err)
	}
}

func TestUnreachable(t *testing.T) {
	i := newIssuer(t)
	token := i.sign("RS256", "r", nil)
	clock := func() time.Time { return now }
	for name, c := range map[string]struct {
		v      *Verifier
		from   Issuer
		answer func(http.ResponseWriter) bool
	}{
		"a private address": {&Verifier{Now: clock}, i.trust(), nil},
		"not trusted":       {&Verifier{Private: true, Now: clock}, Issuer{URL: i.URL}, nil},
		"too large": {&Verifier{Private: true, Now: clock}, i.trust(), func(w http.ResponseWriter) bool {
			w.Write(make([]byte, maxAnswer+1))
			return true
		}},
		"a redirect": {&Verifier{Private: true, Now: clock}, i.trust(), func(w http.ResponseWriter) bool {
			w.Header().Set("Location", "/keys")
			w.WriteHeader(http.StatusFound)
			return true
		}},
	} {
		i.answer = c.answer
		if _, err := c.v.Verify(t.Context(), token, c.from); !errors.Is(err, ErrUnreachable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	plain := strings.Replace(i.URL, "https", "http", 1)
	if _, err := (&Verifier{Private: true, Now: clock}).Verify(t.Context(), i.sign("RS256", "r", map[string]any{"iss": plain}), Issuer{URL: plain}); !errors.Is(err, ErrUnreachable) {
		t.Errorf("http: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOlsiYSJdfQ.AAAA", []byte(`{"keys":[{"kty":"RSA","n":"AQ","e":"AQAB"}]}`))
	f.Fuzz(func(t *testing.T, token string, set []byte) {
		parsed, err := parse(token)
		found, _ := parseKeys(set)
		for _, key := range found {
			if err == nil && parsed.signedBy(key) {
				t.Log("signed")
			}
		}
	})
}
