package iam

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// SigningCertificate is an X.509 certificate of a user or a root. Its key in
// the store is its id.
type SigningCertificate struct {
	User     string // key of the user, rootKey of an account for a root's
	Body     string // PEM
	DER      []byte
	Uploaded time.Time
	Inactive bool
}

var signingCertificates = store.NewKind("iam.signingcertificate", store.Index[SigningCertificate]{
	Name: byUser, Keys: func(_ string, k *SigningCertificate) []string { return []string{k.User} },
})

// UploadSigningCertificate stores a certificate of a user.
func (s *Service) UploadSigningCertificate(c *call.Call, in *api.UploadSigningCertificateInput) (*api.UploadSigningCertificateOutput, error) {
	h, err := findHolder(c, in.UserName)
	if err != nil {
		return nil, err
	}
	cert, err := parseCertificate(aws.Val(in.CertificateBody))
	if err != nil {
		return nil, err
	}
	if !c.Time.Before(cert.NotAfter) {
		return nil, aws.Errorf("InvalidCertificate", "The certificate has expired.")
	}
	n := 0
	for _, other := range signingCertificates.By(c.State, byUser, h.key) {
		if n++; bytes.Equal(other.DER, cert.Raw) {
			return nil, aws.Errorf("DuplicateCertificate", "The same certificate is already associated with an IAM user in the account.")
		}
	}
	if n >= certificatesPerUser {
		return nil, overQuota("CertificatesPerUser", certificatesPerUser)
	}
	id := aws.UniqueID("") + aws.UniqueID("")[:15]
	k := &SigningCertificate{User: h.key, Body: *in.CertificateBody, DER: cert.Raw, Uploaded: c.Time.UTC().Truncate(time.Second)}
	signingCertificates.Put(c.Tx, id, k)
	return &api.UploadSigningCertificateOutput{Certificate: new(k.view(h, id))}, nil
}

// ListSigningCertificates lists the certificates of a user.
func (s *Service) ListSigningCertificates(c *call.Call, in *api.ListSigningCertificatesInput) (*api.ListSigningCertificatesOutput, error) {
	h, err := findHolder(c, in.UserName)
	if err != nil {
		return nil, err
	}
	var list []api.SigningCertificate
	for id, k := range signingCertificates.By(c.State, byUser, h.key) {
		list = append(list, k.view(h, id))
	}
	p, err := page(c, byKey(list, func(k api.SigningCertificate) string { return *k.CertificateId }), in.Marker, in.MaxItems)
	return &api.ListSigningCertificatesOutput{Certificates: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// UpdateSigningCertificate switches a certificate on or off.
func (s *Service) UpdateSigningCertificate(c *call.Call, in *api.UpdateSigningCertificateInput) (*api.UpdateSigningCertificateOutput, error) {
	k, err := findSigningCertificate(c, in.UserName, in.CertificateId)
	if err != nil {
		return nil, err
	}
	if k.Inactive, err = inactive(in.Status); err != nil {
		return nil, err
	}
	signingCertificates.Put(c.Tx, *in.CertificateId, k)
	return nil, nil
}

// DeleteSigningCertificate deletes a certificate.
func (s *Service) DeleteSigningCertificate(c *call.Call, in *api.DeleteSigningCertificateInput) (*api.DeleteSigningCertificateOutput, error) {
	if _, err := findSigningCertificate(c, in.UserName, in.CertificateId); err != nil {
		return nil, err
	}
	signingCertificates.Delete(c.Tx, *in.CertificateId)
	return nil, nil
}

// findSigningCertificate finds a copy of a user's certificate.
func findSigningCertificate(c *call.Call, user, id *string) (*SigningCertificate, error) {
	h, err := findHolder(c, user)
	if err != nil {
		return nil, err
	}
	k, ok := signingCertificates.Get(c.State, aws.Val(id))
	if !ok || k.User != h.key {
		return nil, noSuchEntity("The Certificate with id %s cannot be found.", aws.Val(id))
	}
	return new(*k), nil
}

func (k *SigningCertificate) view(h holder, id string) api.SigningCertificate {
	name := h.name
	if name == nil {
		name = new("<root_account>")
	}
	return api.SigningCertificate{
		UserName: name, CertificateId: &id, CertificateBody: &k.Body, Status: new(status(k.Inactive)), UploadDate: &k.Uploaded,
	}
}

// parseCertificate reads one certificate in PEM with nothing around it.
func parseCertificate(body string) (*x509.Certificate, error) {
	block, rest := pem.Decode([]byte(body))
	if block == nil || block.Type != "CERTIFICATE" || strings.TrimSpace(string(rest)) != "" || !strings.HasPrefix(strings.TrimSpace(body), "-----BEGIN") {
		return nil, malformedCertificate()
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, malformedCertificate()
	}
	return cert, nil
}

func malformedCertificate() *aws.Error {
	return aws.Errorf("MalformedCertificate", "Unable to parse certificate. Please ensure the certificate is in PEM format.")
}
