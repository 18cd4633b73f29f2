package kms

import (
	"crypto/x509"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// GenerateDataKey makes a data key, and encrypts it.
func (s *Service) GenerateDataKey(c *call.Call, in *api.GenerateDataKeyInput) (*api.GenerateDataKeyOutput, error) {
	if err := noEnclave(in.Recipient); err != nil {
		return nil, err
	}
	k, plaintext, blob, err := s.dataKey(c, in.KeyId, in.KeySpec, in.NumberOfBytes, in.EncryptionContext, in.GrantTokens)
	if err != nil {
		return nil, err
	}
	if err := asDryRun(in.DryRun); err != nil {
		return nil, err
	}
	return &api.GenerateDataKeyOutput{
		CiphertextBlob: blob, Plaintext: plaintext, KeyId: new(k.ARN()), KeyMaterialId: &k.current().ID,
	}, nil
}

// GenerateDataKeyWithoutPlaintext makes a data key and shows it encrypted
// alone.
func (s *Service) GenerateDataKeyWithoutPlaintext(c *call.Call, in *api.GenerateDataKeyWithoutPlaintextInput) (*api.GenerateDataKeyWithoutPlaintextOutput, error) {
	k, _, blob, err := s.dataKey(c, in.KeyId, in.KeySpec, in.NumberOfBytes, in.EncryptionContext, in.GrantTokens)
	if err != nil {
		return nil, err
	}
	if err := asDryRun(in.DryRun); err != nil {
		return nil, err
	}
	return &api.GenerateDataKeyWithoutPlaintextOutput{
		CiphertextBlob: blob, KeyId: new(k.ARN()), KeyMaterialId: &k.current().ID,
	}, nil
}

func (s *Service) dataKey(c *call.Call, name, spec *string, size *int32, context map[string]string, tokens []string) (*Key, []byte, []byte, error) {
	if (spec == nil) == (size == nil) {
		return nil, nil, nil, validation("Please specify either number of bytes or key spec.")
	}
	n := int(aws.Val(size))
	switch aws.Val(spec) {
	case api.DataKeySpecAes128:
		n = 16
	case api.DataKeySpecAes256:
		n = 32
	}
	k, err := s.symmetricKey(c, name, tokens)
	if err != nil {
		return nil, nil, nil, err
	}
	plaintext := random(n)
	blob, err := s.encrypt(c, k, symmetricDefault, plaintext, context)
	return k, plaintext, blob, err
}

// symmetricKey finds the key that a call wants to encrypt data keys with.
func (s *Service) symmetricKey(c *call.Call, name *string, tokens []string) (*Key, error) {
	k, err := s.use(c, name, encryptDecrypt, tokens)
	if err != nil {
		return nil, err
	}
	if !k.symmetric() {
		return nil, invalidSpecFor(k, c.Operation.Name)
	}
	return k, nil
}

// GenerateDataKeyPair makes a key pair, and encrypts its private half.
func (s *Service) GenerateDataKeyPair(c *call.Call, in *api.GenerateDataKeyPairInput) (*api.GenerateDataKeyPairOutput, error) {
	if err := noEnclave(in.Recipient); err != nil {
		return nil, err
	}
	k, p, err := s.dataKeyPair(c, in.KeyId, in.KeyPairSpec, in.EncryptionContext, in.GrantTokens, in.DryRun)
	if err != nil {
		return nil, err
	}
	return &api.GenerateDataKeyPairOutput{
		PrivateKeyCiphertextBlob: p.blob, PrivateKeyPlaintext: p.private, PublicKey: p.public,
		KeyId: new(k.ARN()), KeyPairSpec: in.KeyPairSpec, KeyMaterialId: &k.current().ID,
	}, nil
}

// GenerateDataKeyPairWithoutPlaintext makes a key pair and shows the private
// half encrypted alone.
func (s *Service) GenerateDataKeyPairWithoutPlaintext(c *call.Call, in *api.GenerateDataKeyPairWithoutPlaintextInput) (*api.GenerateDataKeyPairWithoutPlaintextOutput, error) {
	k, p, err := s.dataKeyPair(c, in.KeyId, in.KeyPairSpec, in.EncryptionContext, in.GrantTokens, in.DryRun)
	if err != nil {
		return nil, err
	}
	return &api.GenerateDataKeyPairWithoutPlaintextOutput{
		PrivateKeyCiphertextBlob: p.blob, PublicKey: p.public,
		KeyId: new(k.ARN()), KeyPairSpec: in.KeyPairSpec, KeyMaterialId: &k.current().ID,
	}, nil
}

// pair is a data key pair: PKCS #8, SubjectPublicKeyInfo, and the former
// encrypted.
type pair struct{ private, public, blob []byte }

func (s *Service) dataKeyPair(c *call.Call, name, of *string, context map[string]string, tokens []string, dry *bool) (*Key, pair, error) {
	var p pair
	k, err := s.symmetricKey(c, name, tokens)
	if err != nil {
		return nil, p, err
	}
	sp := specs[aws.Val(of)]
	if !sp.asymmetric() {
		return nil, p, unsupported("KeyPairSpec %s is not supported in this Region.", aws.Val(of))
	}
	if err := asDryRun(dry); err != nil {
		return nil, p, err
	}
	key, err := newPrivate(&sp)
	if err != nil {
		return nil, p, err
	}
	if p.private, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
		return nil, p, err
	}
	if p.public, err = x509.MarshalPKIXPublicKey(key.Public()); err != nil {
		return nil, p, err
	}
	p.blob, err = s.encrypt(c, k, symmetricDefault, p.private, context)
	return k, p, err
}

// GenerateRandom makes random bytes.
func (s *Service) GenerateRandom(_ *call.Call, in *api.GenerateRandomInput) (*api.GenerateRandomOutput, error) {
	if err := noEnclave(in.Recipient); err != nil {
		return nil, err
	}
	switch {
	case in.CustomKeyStoreId != nil:
		return nil, aws.Errorf("CustomKeyStoreNotFoundException", "%s", *in.CustomKeyStoreId)
	case in.NumberOfBytes == nil:
		return nil, validation("NumberOfBytes is required.")
	}
	return &api.GenerateRandomOutput{Plaintext: random(int(*in.NumberOfBytes))}, nil
}
