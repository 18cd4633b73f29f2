package saml

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/orgtrail/orgtrail/internal/saml/samltest"
)

var now = time.Date(2026, 1, 31, 2, 0, 0, 0, time.UTC)

const endpoint = "https://signin.aws.amazon.com/saml"

func ours(name string) bool { return name == endpoint }

// provider is an identity provider and what is expected of it.
type provider struct {
	*samltest.Provider
	expected Expected
	claims   samltest.Claims
}

func newProvider(t testing.TB) *provider {
	t.Helper()
	return expecting(t, samltest.New(t))
}

func expecting(t testing.TB, from *samltest.Provider) *provider {
	t.Helper()
	p := &provider{Provider: from}
	m, err := ParseMetadata(p.Metadata())
	if err != nil {
		t.Fatal(err)
	}
	p.expected = Expected{Provider: m, Audience: ours, Recipient: ours, Now: now}
	p.claims = p.Claims(now, "role", "provider")
	return p
}

func TestVerify(t *testing.T) {
	p := newProvider(t)
	for name, c := range map[string]struct {
		change func(*samltest.Claims)
		want   error
	}{
		"as it should be":       {func(c *samltest.Claims) {}, nil},
		"the clock is ahead":    {func(c *samltest.Claims) { c.NotBefore, c.Issued = now.Add(time.Minute), now.Add(time.Minute) }, nil},
		"another issuer":        {func(c *samltest.Claims) { c.Issuer = "https://evil.example" }, ErrIssuer},
		"another audience":      {func(c *samltest.Claims) { c.Audience = "https://other.example" }, ErrAudience},
		"another recipient":     {func(c *samltest.Claims) { c.Recipient = "https://other.example" }, ErrAudience},
		"issued long ago":       {func(c *samltest.Claims) { c.Issued, c.Until = now.Add(-fresh), now.Add(time.Hour) }, ErrExpired},
		"expired":               {func(c *samltest.Claims) { c.Until = now }, ErrExpired},
		"early":                 {func(c *samltest.Claims) { c.NotBefore = now.Add(time.Hour) }, ErrEarly},
		"issued in the future":  {func(c *samltest.Claims) { c.Issued = now.Add(time.Hour) }, ErrEarly},
		"the session has ended": {func(c *samltest.Claims) { c.Ends = now }, ErrExpired},
		"nobody":                {func(c *samltest.Claims) { c.Subject = "" }, ErrMalformed},
		"not authenticated":     {func(c *samltest.Claims) { c.Status = "urn:oasis:names:tc:SAML:2.0:status:Responder" }, ErrRejected},
	} {
		claims := p.Claims(now, "role", "provider")
		c.change(&claims)
		for how, response := range map[string][]byte{
			"the assertion": samltest.Text(claims.Response(p.Sign(claims.Assertion()))),
			"the response":  samltest.Text(p.Sign(claims.Response(claims.Assertion()))),
			"both":          samltest.Text(p.Sign(claims.Response(p.Sign(claims.Assertion())))),
		} {
			a, err := Verify(response, p.expected)
			if !errors.Is(err, c.want) || err == nil && (a.Subject != "ada" || a.Recipient != endpoint || a.ID != "_assertion") {
				t.Errorf("%s, %s signed: %+v, %v, want %v", name, how, a, err, c.want)
			}
		}
	}
	a, _ := Verify(samltest.Text(p.claims.Response(p.Sign(p.claims.Assertion()))), p.expected)
	if got := a.Attributes["https://aws.amazon.com/SAML/Attributes/Role"]; len(got) != 1 || got[0] != "role,provider" || !a.SessionEnds.Equal(p.claims.Ends) {
		t.Errorf("%+v", a)
	}
}

// Whatever is done to what was signed, nobody but who was signed for is let
// in.
func TestHostile(t *testing.T) {
	p, evil := newProvider(t), newProvider(t)
	honest := func() *etree.Element { return p.Sign(p.claims.Assertion()) }
	forged := func() *etree.Element {
		c := p.claims
		c.Subject = "root"
		return c.Assertion()
	}
	text := func(e ...*etree.Element) string { return string(samltest.Text(p.claims.Response(e...))) }
	signatureOf := func(e *etree.Element) *etree.Element { return children(e, signatureSpace, "Signature")[0] }
	in := func(outer *etree.Element, inner ...*etree.Element) *etree.Element {
		for _, e := range inner {
			outer.AddChild(e)
		}
		return outer
	}
	renamed := func(e *etree.Element) *etree.Element {
		e.CreateAttr("ID", "_other")
		return e
	}
	for name, response := range map[string]string{
		"unsigned":                        text(p.claims.Assertion()),
		"of somebody else":                text(evil.Sign(p.claims.Assertion())),
		"changed":                         strings.Replace(text(honest()), ">ada<", ">root<", 1),
		"with a comment in the name":      strings.Replace(text(honest()), ">ada<", ">ada<!-- x --><", 1),
		"with an instruction":             strings.Replace(text(honest()), ">ada<", ">ada<?x y?><", 1),
		"with a DOCTYPE":                  `<!DOCTYPE x [<!ENTITY e "root">]>` + strings.Replace(text(honest()), ">ada<", ">&e;<", 1),
		"with an external entity":         `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + text(honest()),
		"an unknown entity":               strings.Replace(text(honest()), ">ada<", ">&e;<", 1),
		"in another encoding":             `<?xml version="1.0" encoding="utf-7"?>` + text(honest()),
		"two assertions":                  text(honest(), renamed(forged())),
		"two assertions, forged first":    text(renamed(forged()), honest()),
		"the same ID twice":               text(forged(), honest()),
		"wrapped in the forged one":       text(in(renamed(forged()), honest())),
		"wrapped, with its own signature": text(in(renamed(forged()), signatureOf(honest()))),
		"wrapped, with its own ID":        text(in(forged(), signatureOf(honest()))),
		"in an object of the signature": func() string {
			h := honest()
			s := signatureOf(h).Copy()
			return text(in(renamed(forged()), in(s, in(etree.NewElement("ds:Object"), h))))
		}(),
		"in an extension":                 text(in(etree.NewElement("samlp:Extensions"), honest()), renamed(forged())),
		"without an ID":                   func() string { h := honest(); h.RemoveAttr("ID"); return text(h) }(),
		"twice signed":                    text(in(p.claims.Assertion(), signatureOf(honest()), signatureOf(honest()))),
		"no assertion":                    text(),
		"no status":                       strings.Replace(text(honest()), "samlp:Status", "samlp:State", 2),
		"an assertion alone":              string(samltest.Text(honest())),
		"of another namespace":            strings.ReplaceAll(text(honest()), "urn:oasis:names:tc:SAML:2.0:assertion", "urn:x"),
		"ambiguous to parsers":            strings.Replace(text(honest()), "<samlp:Status>", `<samlp:Status><x:y:z/>`, 1),
		"too deep":                        strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200),
		"empty":                           "",
		"an attribute set of one billion": `<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>`,
	} {
		if a, err := Verify([]byte(response), p.expected); err == nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
	// A signed response protects what is in it, and nothing else.
	signed := string(samltest.Text(p.Sign(p.claims.Response(p.claims.Assertion()))))
	if _, err := Verify([]byte(strings.Replace(signed, ">ada<", ">root<", 1)), p.expected); !errors.Is(err, ErrSignature) {
		t.Errorf("a changed response: %v", err)
	}
	if _, err := Verify(samltest.Text(evil.Sign(p.claims.Response(honest()))), p.expected); !errors.Is(err, ErrSignature) {
		t.Errorf("somebody else's response: %v", err)
	}
}

// encrypt puts an assertion into an EncryptedAssertion for a key.
func encrypt(t testing.TB, e *etree.Element, key *rsa.PublicKey, method, transport string) *etree.Element {
	t.Helper()
	how := blockCiphers[method]
	secret, iv := make([]byte, how.keySize), make([]byte, aes.BlockSize)
	rand.Read(secret)
	rand.Read(iv)
	block, _ := aes.NewCipher(secret)
	plain := samltest.Text(e)
	var sealed []byte
	if strings.HasSuffix(method, "gcm") {
		aead, _ := cipher.NewGCM(block)
		sealed = aead.Seal(iv[:aead.NonceSize():aead.NonceSize()], iv[:aead.NonceSize()], plain, nil)
	} else {
		padding := aes.BlockSize - len(plain)%aes.BlockSize
		plain = append(plain, bytes.Repeat([]byte{byte(padding)}, padding)...)
		sealed = append(iv, plain...)
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed[aes.BlockSize:], plain)
	}
	digest, name := hash.Hash(sha1.New()), ""
	if strings.HasSuffix(transport, "#rsa-oaep") {
		digest, name = sha256.New(), `<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1sha256"/>`
	}
	wrapped, err := rsa.EncryptOAEP(digest, rand.Reader, key, secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	return samltest.Element(fmt.Sprintf(`<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptionMethod Algorithm="%s"/><ds:KeyInfo><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="%s">%s</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>%s</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>%s</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>`,
		method, transport, name, base64.StdEncoding.EncodeToString(wrapped), base64.StdEncoding.EncodeToString(sealed)))
}

func TestEncrypted(t *testing.T) {
	p, other := newProvider(t), samltest.New(t)
	mine, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p.expected.Keys, p.expected.Encrypted = []*rsa.PrivateKey{other.Key, mine}, true
	for method := range blockCiphers {
		for _, transport := range []string{encryptionSpace + "rsa-oaep-mgf1p", encryption11 + "rsa-oaep"} {
			sealed := encrypt(t, p.Sign(p.claims.Assertion()), &mine.PublicKey, method, transport)
			if a, err := Verify(samltest.Text(p.claims.Response(sealed)), p.expected); err != nil || a.Subject != "ada" {
				t.Errorf("%s, %s: %+v, %v", method, transport, a, err)
			}
		}
	}
	const method, transport = encryption11 + "aes256-gcm", encryptionSpace + "rsa-oaep-mgf1p"
	good := samltest.Text(p.claims.Response(encrypt(t, p.Sign(p.claims.Assertion()), &mine.PublicKey, method, transport)))
	for name, response := range map[string][]byte{
		"unsigned":           samltest.Text(p.claims.Response(encrypt(t, p.claims.Assertion(), &mine.PublicKey, method, transport))),
		"for somebody else":  samltest.Text(p.claims.Response(encrypt(t, p.Sign(p.claims.Assertion()), &samltest.New(t).Key.PublicKey, method, transport))),
		"the old padding":    bytes.Replace(good, []byte("rsa-oaep-mgf1p"), []byte("rsa-1_5"), 1),
		"another algorithm":  bytes.Replace(good, []byte("aes256-gcm"), []byte("aes999-gcm"), 1),
		"another key length": bytes.Replace(good, []byte("aes256-gcm"), []byte("aes128-gcm"), 1),
		"another mode":       bytes.Replace(good, []byte(encryption11+"aes256-gcm"), []byte(encryptionSpace+"aes256-cbc"), 1),
		"no key":             bytes.ReplaceAll(good, []byte("EncryptedKey"), []byte("EncryptedCat")),
		"no ciphertext":      bytes.ReplaceAll(good, []byte("CipherValue"), []byte("CipherThing")),
	} {
		if _, err := Verify(response, p.expected); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Verify(samltest.Text(p.claims.Response(p.Sign(p.claims.Assertion()))), p.expected); !errors.Is(err, ErrPlain) {
		t.Errorf("not encrypted: %v", err)
	}
}

func TestParseMetadata(t *testing.T) {
	p := newProvider(t)
	good := p.Metadata()
	m, err := ParseMetadata(strings.Replace(good, "entityID=", `validUntil="2030-01-02T03:04:05Z" entityID=`, 1))
	if err != nil || m.EntityID != samltest.EntityID || len(m.Certificates) != 1 || m.ValidUntil.Year() != 2030 {
		t.Errorf("%+v, %v", m, err)
	}
	if m, err := ParseMetadata(strings.Replace(good, ` use="signing"`, "", 1)); err != nil || len(m.Certificates) != 1 {
		t.Errorf("a key for everything: %+v, %v", m, err)
	}
	for name, text := range map[string]string{
		"no XML":            "metadata",
		"a DOCTYPE":         "<!DOCTYPE x>" + good,
		"no certificate":    strings.Replace(good, "X509Certificate", "X509Thing", 2),
		"a bad certificate": strings.Replace(good, "MII", "AAA", 1),
		"for encryption":    strings.Replace(good, "signing", "encryption", 1),
		"no name":           strings.Replace(good, samltest.EntityID, "", 1),
		"a bad date":        strings.Replace(good, "entityID=", `validUntil="tomorrow" entityID=`, 1),
		"a service":         strings.ReplaceAll(good, "IDPSSODescriptor", "SPSSODescriptor"),
		"another namespace": strings.Replace(good, "SAML:2.0:metadata", "SAML:1.0:metadata", 1),
	} {
		if m, err := ParseMetadata(text); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

// Whatever comes, nothing panics, and nobody is let in but by the one document
// that the provider has signed.
func FuzzVerify(f *testing.F) {
	p := expecting(f, samltest.Known(f))
	p.expected.Keys = []*rsa.PrivateKey{p.Key}
	f.Add(samltest.Text(p.claims.Response(p.Sign(p.claims.Assertion()))))
	f.Add(samltest.Text(p.Sign(p.claims.Response(p.claims.Assertion()))))
	f.Add(samltest.Text(p.claims.Response(encrypt(f, p.claims.Assertion(), &p.Key.PublicKey, encryption11+"aes128-gcm", encryptionSpace+"rsa-oaep-mgf1p"))))
	f.Add(samltest.Text(p.claims.Response(encrypt(f, p.claims.Assertion(), &p.Key.PublicKey, encryptionSpace+"aes128-cbc", encryption11+"rsa-oaep"))))
	f.Fuzz(func(t *testing.T, response []byte) {
		a, err := Verify(response, p.expected)
		if err == nil && (a.Subject != "ada" || a.Issuer != samltest.EntityID) {
			t.Fatalf("%+v", a)
		}
	})
}

func FuzzParseMetadata(f *testing.F) {
	f.Add(samltest.Known(f).Metadata())
	f.Fuzz(func(t *testing.T, text string) {
		if m, err := ParseMetadata(text); err == nil && (m.EntityID == "" || len(m.Certificates) == 0) {
			t.Fatalf("%+v", m)
		}
	})
}
