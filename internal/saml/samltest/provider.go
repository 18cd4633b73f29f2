package samltest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed" // key.pem
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"html"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// EntityID is the name of the provider.
const EntityID = "https://idp.example/saml"

// Provider is an identity provider with a key.
type Provider struct {
	testing.TB
	Key         *rsa.PrivateKey
	Certificate *x509.Certificate
}

// New makes a provider.
func New(tb testing.TB) *Provider {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	return of(tb, key)
}

//go:embed key.pem
var known []byte

// Known is a provider whose key is the same in every process, for fuzzing. It
// is nobody's.
func Known(tb testing.TB) *Provider {
	tb.Helper()
	block, _ := pem.Decode(known)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		tb.Fatal(err)
	}
	return of(tb, key.(*rsa.PrivateKey))
}

// of is the provider of a key. Its certificate has expired, which is nobody's
// business.
func of(tb testing.TB, key *rsa.PrivateKey) *Provider {
	tb.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp"}, NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return &Provider{tb, key, c}
}

// Metadata is the provider's metadata, longer than a thousand characters.
func (p *Provider) Metadata() string {
	return fmt.Sprintf(`<?xml version="1.0"?>
<!-- of a test -->
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="%s">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>`, EntityID, base64.StdEncoding.EncodeToString(p.Certificate.Raw))
}

// Claims are what a response says.
type Claims struct {
	Issuer, Subject, Format        string
	Audience, Recipient, Status    string
	Issued, NotBefore, Until, Ends time.Time
	Attributes                     map[string][]string
}

// Claims are those of a user who signs in now, for a role of a provider.
func (p *Provider) Claims(now time.Time, role, provider string) Claims {
	const attributes = "https://aws.amazon.com/SAML/Attributes/"
	return Claims{
		Issuer: EntityID, Subject: "ada", Format: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
		Audience: "https://signin.aws.amazon.com/saml", Recipient: "https://signin.aws.amazon.com/saml",
		Status: "urn:oasis:names:tc:SAML:2.0:status:Success",
		Issued: now, NotBefore: now, Until: now.Add(5 * time.Minute), Ends: now.Add(8 * time.Hour),
		Attributes: map[string][]string{
			attributes + "Role":            {role + "," + provider},
			attributes + "RoleSessionName": {"ada"},
		},
	}
}

// Assertion is an assertion of the claims, unsigned.
func (c Claims) Assertion() *etree.Element {
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	var attributes strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.Attributes)) {
		fmt.Fprintf(&attributes, `<saml:Attribute Name="%s">`, html.EscapeString(name))
		for _, v := range c.Attributes[name] {
			fmt.Fprintf(&attributes, `<saml:AttributeValue>%s</saml:AttributeValue>`, html.EscapeString(v))
		}
		attributes.WriteString(`</saml:Attribute>`)
	}
	return Element(fmt.Sprintf(`<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_assertion" Version="2.0" IssueInstant="%s">
<saml:Issuer>%s</saml:Issuer>
<saml:Subject><saml:NameID Format="%s">%s</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="%s" Recipient="%s"/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="%s" NotOnOrAfter="%s"><saml:AudienceRestriction><saml:Audience>%s</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="%s" SessionNotOnOrAfter="%s"/>
<saml:AttributeStatement>%s</saml:AttributeStatement></saml:Assertion>`,
		at(c.Issued), c.Issuer, c.Format, html.EscapeString(c.Subject), at(c.Until), c.Recipient,
		at(c.NotBefore), at(c.Until), c.Audience, at(c.Issued), at(c.Ends), attributes.String()))
}

// Response puts elements into a response of the claims, unsigned.
func (c Claims) Response(elements ...*etree.Element) *etree.Element {
	r := Element(fmt.Sprintf(`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_response" Version="2.0" IssueInstant="%s"><samlp:Status><samlp:StatusCode Value="%s"/></samlp:Status></samlp:Response>`,
		c.Issued.UTC().Format(time.RFC3339), c.Status))
	for _, e := range elements {
		r.AddChild(e)
	}
	return r
}

// Answer is a response whose assertion is signed, in the form in which it
// travels.
func (p *Provider) Answer(c Claims) string {
	return base64.StdEncoding.EncodeToString(Text(c.Response(p.Sign(c.Assertion()))))
}

// Sign returns an element with the provider's signature in it.
func (p *Provider) Sign(e *etree.Element) *etree.Element {
	p.Helper()
	ctx := dsig.NewDefaultSigningContext(dsig.TLSCertKeyStore(tls.Certificate{Certificate: [][]byte{p.Certificate.Raw}, PrivateKey: p.Key}))
	ctx.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	out, err := ctx.SignEnveloped(e)
	if err != nil {
		p.Fatal(err)
	}
	return out
}

// Element parses a text.
func Element(text string) *etree.Element {
	d := etree.NewDocument()
	if err := d.ReadFromString(text); err != nil {
		panic(err)
	}
	return d.Root()
}

// Text writes an element as a document.
func Text(e *etree.Element) []byte {
	d := etree.NewDocument()
	d.SetRoot(e.Copy())
	b, err := d.WriteToBytes()
	if err != nil {
		panic(err)
	}
	return b
}
