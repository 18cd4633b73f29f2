package iam

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// ServerCertificate is a certificate with its private key, for a server to
// show. Nobody is given the key again.
type ServerCertificate struct {
	Entity
	Tags    tag.Set
	Body    string // PEM
	Chain   string // PEM, "" without
	Sealed  string // the private key, sealed under the unique id, base64
	Expires time.Time
}

var serverCertificates = store.NewKind[ServerCertificate]("iam.servercertificate")

// UploadServerCertificate stores a certificate, whose private key must be its
// own.
func (s *Service) UploadServerCertificate(c *call.Call, in *api.UploadServerCertificateInput) (*api.UploadServerCertificateOutput, error) {
	e, err := certificateClass.entity(c.Account(), aws.Val(in.ServerCertificateName), in.Path, c.Time)
	if err != nil {
		return nil, err
	}
	k := &ServerCertificate{Entity: e, Body: strings.TrimSpace(aws.Val(in.CertificateBody)), Chain: strings.TrimSpace(aws.Val(in.CertificateChain))}
	if k.Tags, err = tagRules.With(k.Tags, tag.Of(in.Tags)); err != nil {
		return nil, err
	}
	cert, err := parseCertificate(k.Body)
	if err != nil {
		return nil, err
	}
	k.Expires = cert.NotAfter.UTC()
	if err := checkChain(k.Chain); err != nil {
		return nil, err
	}
	if err := checkPair(k.Body, aws.Val(in.PrivateKey)); err != nil {
		return nil, err
	}
	if _, ok := serverCertificates.Get(c.State, k.key()); ok {
		return nil, certificateClass.exists(k.Name)
	}
	if err := room(certificateClass, serverCertificates.Scan(c.State, c.Account()+"/")); err != nil {
		return nil, err
	}
	k.Sealed = base64.RawStdEncoding.EncodeToString(s.certificates.Seal([]byte(*in.PrivateKey), k.ID))
	serverCertificates.Put(c.Tx, k.key(), k)
	return &api.UploadServerCertificateOutput{ServerCertificateMetadata: new(k.summary()), Tags: tagView(k.Tags)}, nil
}

// checkPair refuses a private key that is none, is encrypted, or is another
// certificate's.
func checkPair(body, key string) error {
	block, _ := pem.Decode([]byte(key))
	if block == nil || !strings.HasSuffix(block.Type, "PRIVATE KEY") || strings.HasPrefix(block.Type, "ENCRYPTED") || block.Headers["DEK-Info"] != "" {
		return aws.Errorf("MalformedCertificate", "Unable to parse key. Please ensure the private key is in PEM format and not encrypted.")
	}
	if _, err := tls.X509KeyPair([]byte(body), []byte(key)); err != nil {
		return aws.Errorf("KeyPairMismatch", "The public key in the certificate does not match the private key.")
	}
	return nil
}

// checkChain refuses what is not a list of certificates in PEM.
func checkChain(chain string) error {
	for rest := []byte(chain); len(strings.TrimSpace(string(rest))) > 0; {
		block, after := pem.Decode(rest)
		if block == nil {
			return malformedCertificate()
		}
		if _, err := parseCertificate(string(pem.EncodeToMemory(block))); err != nil {
			return err
		}
		rest = after
	}
	return nil
}

// GetServerCertificate answers with a certificate but not its key.
func (s *Service) GetServerCertificate(c *call.Call, in *api.GetServerCertificateInput) (*api.GetServerCertificateOutput, error) {
	k, err := findServerCertificate(c, in.ServerCertificateName)
	if err != nil {
		return nil, err
	}
	v := &api.ServerCertificate{ServerCertificateMetadata: new(k.summary()), CertificateBody: &k.Body, Tags: tagView(k.Tags)}
	if k.Chain != "" {
		v.CertificateChain = &k.Chain
	}
	return &api.GetServerCertificateOutput{ServerCertificate: v}, nil
}

// ListServerCertificates lists the certificates under a path.
func (s *Service) ListServerCertificates(c *call.Call, in *api.ListServerCertificatesInput) (*api.ListServerCertificatesOutput, error) {
	p, err := page(c, under(in.PathPrefix, serverCertificates.Scan(c.State, c.Account()+"/")), in.Marker, in.MaxItems)
	return &api.ListServerCertificatesOutput{
		ServerCertificateMetadataList: pages.Views(p.items, (*ServerCertificate).summary), IsTruncated: p.truncated, Marker: p.marker,
	}, err
}

// UpdateServerCertificate gives a certificate another name or path.
func (s *Service) UpdateServerCertificate(c *call.Call, in *api.UpdateServerCertificateInput) (*api.UpdateServerCertificateOutput, error) {
	k, err := findServerCertificate(c, in.ServerCertificateName)
	if err != nil {
		return nil, err
	}
	old := k.key()
	if err := rename(certificateClass, serverCertificates, c, &k.Entity, in.NewServerCertificateName, in.NewPath); err != nil {
		return nil, err
	}
	serverCertificates.Delete(c.Tx, old)
	serverCertificates.Put(c.Tx, k.key(), k)
	return nil, nil
}

// DeleteServerCertificate deletes a certificate and its key.
func (s *Service) DeleteServerCertificate(c *call.Call, in *api.DeleteServerCertificateInput) (*api.DeleteServerCertificateOutput, error) {
	k, err := findServerCertificate(c, in.ServerCertificateName)
	if err != nil {
		return nil, err
	}
	serverCertificates.Delete(c.Tx, k.key())
	return nil, nil
}

// TagServerCertificate adds or replaces tags.
func (s *Service) TagServerCertificate(c *call.Call, in *api.TagServerCertificateInput) (*api.TagServerCertificateOutput, error) {
	k, err := findServerCertificate(c, in.ServerCertificateName)
	if err != nil {
		return nil, err
	}
	if k.Tags, err = tagRules.With(k.Tags, tag.Of(in.Tags)); err != nil {
		return nil, err
	}
	serverCertificates.Put(c.Tx, k.key(), k)
	return nil, nil
}

// UntagServerCertificate removes tags.
func (s *Service) UntagServerCertificate(c *call.Call, in *api.UntagServerCertificateInput) (*api.UntagServerCertificateOutput, error) {
	k, err := findServerCertificate(c, in.ServerCertificateName)
	if err != nil {
		return nil, err
	}
	k.Tags = tagRules.Without(k.Tags, in.TagKeys)
	serverCertificates.Put(c.Tx, k.key(), k)
	return nil, nil
}

// ListServerCertificateTags lists a certificate's tags.
func (s *Service) ListServerCertificateTags(c *call.Call, in *api.ListServerCertificateTagsInput) (*api.ListServerCertificateTagsOutput, error) {
	k, err := findServerCertificate(c, in.ServerCertificateName)
	if err != nil {
		return nil, err
	}
	p, err := page(c, k.Tags.All(), in.Marker, in.MaxItems)
	return &api.ListServerCertificateTagsOutput{Tags: tag.Shapes[api.Tag](p.items), IsTruncated: p.truncated, Marker: p.marker}, err
}

// findServerCertificate finds a copy of a certificate.
func findServerCertificate(c *call.Call, name *string) (*ServerCertificate, error) {
	k, ok := serverCertificates.Get(c.State, recordKey(c.Account(), aws.Val(name)))
	if !ok {
		return nil, certificateClass.notFound(aws.Val(name))
	}
	return new(*k), nil
}

func (k *ServerCertificate) summary() api.ServerCertificateMetadata {
	return api.ServerCertificateMetadata{
		Path: &k.Path, ServerCertificateName: &k.Name, ServerCertificateId: &k.ID, Arn: &k.ARN,
		UploadDate: &k.Created, Expiration: &k.Expires,
	}
}
