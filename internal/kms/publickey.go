package kms

import (
	"crypto/x509"

	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// GetPublicKey shows the public half of an asymmetric key.
func (s *Service) GetPublicKey(c *call.Call, in *api.GetPublicKeyInput) (*api.GetPublicKeyOutput, error) {
	if err := s.checkTokens(in.GrantTokens); err != nil {
		return nil, err
	}
	k, err := s.named(c, in.KeyId)
	if err != nil {
		return nil, err
	}
	if !k.spec().asymmetric() {
		return nil, invalidSpec(k)
	}
	if err := k.usable(c.Time); err != nil {
		return nil, err
	}
	key, err := s.private(k)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, err
	}
	v := k.view(c.State, c.Time)
	return &api.GetPublicKeyOutput{
		KeyId: v.Arn, PublicKey: der, CustomerMasterKeySpec: v.KeySpec, KeySpec: v.KeySpec, KeyUsage: v.KeyUsage,
		EncryptionAlgorithms: v.EncryptionAlgorithms, SigningAlgorithms: v.SigningAlgorithms,
		KeyAgreementAlgorithms: v.KeyAgreementAlgorithms,
	}, nil
}
