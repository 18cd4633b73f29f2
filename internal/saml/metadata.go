package saml

import (
	"crypto/x509"
	"encoding/base64"
	"strings"
	"time"
)

// Metadata is what an identity provider says of itself.
type Metadata struct {
	EntityID string // as its assertions name their issuer
	// Certificates are those whose keys sign for the provider. When they were
	// valid is not asked: the document is what is trusted.
	Certificates []*x509.Certificate
	ValidUntil   time.Time // zero when it does not say
}

// ParseMetadata reads the metadata of one identity provider. The error is
// ErrMalformed: also that of a document that names no provider or no key.
func ParseMetadata(document string) (Metadata, error) {
	root, err := read([]byte(document), true)
	if err != nil {
		return Metadata{}, err
	}
	if !is(root, metadataSpace, "EntityDescriptor") {
		return Metadata{}, ErrMalformed
	}
	m := Metadata{EntityID: root.SelectAttrValue("entityID", "")}
	if m.ValidUntil, err = instant(root, "validUntil"); err != nil {
		return Metadata{}, err
	}
	for _, role := range children(root, metadataSpace, "IDPSSODescriptor") {
		for _, key := range children(role, metadataSpace, "KeyDescriptor") {
			if use := key.SelectAttrValue("use", "signing"); use != "signing" {
				continue
			}
			for _, info := range children(key, signatureSpace, "KeyInfo") {
				for _, data := range children(info, signatureSpace, "X509Data") {
					for _, certificate := range children(data, signatureSpace, "X509Certificate") {
						c, err := parseCertificate(certificate.Text())
						if err != nil {
							return Metadata{}, ErrMalformed
						}
						m.Certificates = append(m.Certificates, c)
					}
				}
			}
		}
	}
	if m.EntityID == "" || len(m.Certificates) == 0 {
		return Metadata{}, ErrMalformed
	}
	return m, nil
}

func parseCertificate(text string) (*x509.Certificate, error) {
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
