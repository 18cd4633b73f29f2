package saml

import (
	"crypto/x509"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"
)

// signed reports whether an element claims to be signed.
func signed(e *etree.Element) bool { return len(children(e, signatureSpace, "Signature")) > 0 }

// verified returns what the provider has signed of an element: not the element
// itself, but what its signature covers, parsed anew. The error is
// ErrSignature.
func (m *Metadata) verified(e *etree.Element) (*etree.Element, error) {
	if e.SelectAttrValue("ID", "") == "" || len(children(e, signatureSpace, "Signature")) != 1 {
		return nil, ErrSignature
	}
	spaces, err := etreeutils.NSBuildParentContext(e)
	if err != nil {
		return nil, ErrSignature
	}
	detached, err := etreeutils.NSDetatch(spaces, e)
	if err != nil {
		return nil, ErrSignature
	}
	for _, c := range m.Certificates {
		v := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{ageless(c)}})
		covered, err := v.Validate(detached)
		if err == nil && is(covered, e.NamespaceURI(), e.Tag) {
			return covered, nil
		}
	}
	return nil, ErrSignature
}

// ageless is a certificate that does not expire: whose keys sign is said by
// the metadata, until it says otherwise.
func ageless(c *x509.Certificate) *x509.Certificate {
	c = new(*c)
	c.NotBefore, c.NotAfter = time.Time{}, time.Unix(1<<40, 0)
	return c
}
