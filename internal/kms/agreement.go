package kms

import (
	"crypto/ecdsa"
	"crypto/x509"

	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// DeriveSharedSecret agrees on a secret with the holder of another key of the
// same curve.
func (s *Service) DeriveSharedSecret(c *call.Call, in *api.DeriveSharedSecretInput) (*api.DeriveSharedSecretOutput, error) {
	if err := noEnclave(in.Recipient); err != nil {
		return nil, err
	}
	k, err := s.use(c, in.KeyId, keyAgreement, in.GrantTokens)
	if err != nil {
		return nil, err
	}
	private, err := s.private(k)
	if err != nil {
		return nil, err
	}
	secret, err := agree(private.(*ecdsa.PrivateKey), in.PublicKey)
	if err != nil {
		return nil, validation("The public key is not one of key spec %s.", k.Spec)
	}
	if err := asDryRun(in.DryRun); err != nil {
		return nil, err
	}
	return &api.DeriveSharedSecretOutput{
		KeyId: new(k.ARN()), SharedSecret: secret, KeyAgreementAlgorithm: in.KeyAgreementAlgorithm, KeyOrigin: &k.Origin,
	}, nil
}

// agree is ECDH with a public key in SubjectPublicKeyInfo form.
func agree(private *ecdsa.PrivateKey, der []byte) ([]byte, error) {
	other, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	public, ok := other.(*ecdsa.PublicKey)
	if !ok {
		return nil, x509.ErrUnsupportedAlgorithm
	}
	own, err := private.ECDH()
	if err != nil {
		return nil, err
	}
	theirs, err := public.ECDH()
	if err != nil {
		return nil, err
	}
	return own.ECDH(theirs)
}
