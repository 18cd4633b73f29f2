package kms

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// orSymmetric is the algorithm of a call, which need not name the usual one.
func orSymmetric(algorithm *string) string {
	if algorithm == nil {
		return symmetricDefault
	}
	return *algorithm
}

// Encrypt encrypts up to four kilobytes.
func (s *Service) Encrypt(c *call.Call, in *api.EncryptInput) (*api.EncryptOutput, error) {
	k, err := s.use(c, in.KeyId, encryptDecrypt, in.GrantTokens)
	if err != nil {
		return nil, err
	}
	algorithm := orSymmetric(in.EncryptionAlgorithm)
	blob, err := s.encrypt(c, k, algorithm, in.Plaintext, in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	if err := asDryRun(in.DryRun); err != nil {
		return nil, err
	}
	return &api.EncryptOutput{CiphertextBlob: blob, KeyId: new(k.ARN()), EncryptionAlgorithm: &algorithm}, nil
}

// Decrypt decrypts what Encrypt, or one of the calls that make data keys, has
// encrypted.
func (s *Service) Decrypt(c *call.Call, in *api.DecryptInput) (*api.DecryptOutput, error) {
	if err := noEnclave(in.Recipient); err != nil {
		return nil, err
	}
	k, err := s.source(c, in.CiphertextBlob, in.KeyId, in.EncryptionAlgorithm)
	if err != nil {
		return nil, err
	}
	if err := s.check(c, k, encryptDecrypt, in.GrantTokens); err != nil {
		return nil, err
	}
	algorithm := orSymmetric(in.EncryptionAlgorithm)
	plaintext, material, err := s.decrypt(c, k, algorithm, in.CiphertextBlob, in.EncryptionContext)
	if err != nil && !(aws.Val(in.DryRun) && in.CiphertextBlob == nil) {
		return nil, err
	}
	if err := asDryRun(in.DryRun); err != nil {
		return nil, err
	}
	return &api.DecryptOutput{KeyId: new(k.ARN()), Plaintext: plaintext, EncryptionAlgorithm: &algorithm, KeyMaterialId: material}, nil
}

// ReEncrypt decrypts and encrypts again under another key, or with another
// encryption context, without showing the plaintext.
func (s *Service) ReEncrypt(c *call.Call, in *api.ReEncryptInput) (*api.ReEncryptOutput, error) {
	from, err := s.source(c, in.CiphertextBlob, in.SourceKeyId, in.SourceEncryptionAlgorithm)
	if err != nil {
		return nil, err
	}
	if err := s.check(c, from, encryptDecrypt, in.GrantTokens); err != nil {
		return nil, err
	}
	to, err := s.use(c, in.DestinationKeyId, encryptDecrypt, in.GrantTokens)
	if err != nil {
		return nil, err
	}
	out := &api.ReEncryptOutput{
		SourceKeyId: new(from.ARN()), KeyId: new(to.ARN()),
		SourceEncryptionAlgorithm:      new(orSymmetric(in.SourceEncryptionAlgorithm)),
		DestinationEncryptionAlgorithm: new(orSymmetric(in.DestinationEncryptionAlgorithm)),
	}
	var plaintext []byte
	plaintext, out.SourceKeyMaterialId, err = s.decrypt(c, from, *out.SourceEncryptionAlgorithm, in.CiphertextBlob, in.SourceEncryptionContext)
	if err != nil && !(aws.Val(in.DryRun) && in.CiphertextBlob == nil) {
		return nil, err
	}
	out.CiphertextBlob, err = s.encrypt(c, to, *out.DestinationEncryptionAlgorithm, plaintext, in.DestinationEncryptionContext)
	if err != nil {
		return nil, err
	}
	if err := asDryRun(in.DryRun); err != nil {
		return nil, err
	}
	c.Additional = nil
	if to.symmetric() {
		out.DestinationKeyMaterialId = &to.current().ID
		c.Additional = map[string]any{"destinationKeyMaterialId": to.current().ID}
	}
	if out.SourceKeyMaterialId != nil {
		if c.Additional == nil {
			c.Additional = map[string]any{}
		}
		c.Additional["sourceKeyMaterialId"] = *out.SourceKeyMaterialId
	}
	return out, nil
}

// use finds the key that a call wants to work with, and refuses one that is
// not fit to work, or not for that.
func (s *Service) use(c *call.Call, name *string, usage string, tokens []string) (*Key, error) {
	k, err := s.named(c, name)
	if err != nil {
		return nil, err
	}
	return k, s.check(c, k, usage, tokens)
}

func (s *Service) check(c *call.Call, k *Key, usage string, tokens []string) error {
	if err := s.checkTokens(tokens); err != nil {
		return err
	}
	noteOwner(c, k)
	if err := k.usable(c.Time); err != nil {
		return err
	}
	if k.Usage != usage {
		return invalidUsage(k, c.Operation.Name)
	}
	return nil
}

// source is the key that a ciphertext is to be decrypted with: the one that
// the caller names. A symmetric ciphertext tells by itself, and must not tell
// otherwise. What a multi-region key has encrypted its copy in this region
// decrypts.
func (s *Service) source(c *call.Call, blob []byte, name, algorithm *string) (*Key, error) {
	var k *Key
	if name != nil {
		var err *aws.Error
		if k, err = find(c.State, c.Account(), c.Region, *name); err != nil {
			return nil, err
		}
	}
	if orSymmetric(algorithm) != symmetricDefault || len(blob) == 0 {
		if k == nil {
			return nil, validation("KeyId is required for this operation.")
		}
		return k, nil
	}
	t, ok := parseCiphertext(blob)
	switch {
	case !ok && k != nil:
		return k, nil // the key's policy decides first, then the blob is refused
	case !ok:
		return nil, invalidCiphertext()
	}
	of, ok := t.key(c.Region)
	switch {
	case k != nil && (!ok || k.key() != of):
		return nil, incorrectKey()
	case k != nil:
		return k, nil
	}
	if k, ok = keys.Get(c.State, of); !ok {
		return nil, unreadable()
	}
	return k, nil
}

// key is the record of the key that decrypts the ciphertext in a region.
func (t *ciphertext) key(region string) (string, bool) {
	a, ok := aws.ParseARN(t.arn)
	id, isKey := strings.CutPrefix(a.Resource, "key/")
	if !ok || !isKey || !keyIDForm.MatchString(id) || a.Region != region && !strings.HasPrefix(id, "mrk-") {
		return "", false
	}
	return place(a.Account, region) + id, true
}

// encrypt encrypts with a key that is fit for it.
func (s *Service) encrypt(c *call.Call, k *Key, algorithm string, plaintext []byte, context map[string]string) ([]byte, error) {
	if !k.knows(algorithm) {
		return nil, incompatible(algorithm, k)
	}
	if !k.symmetric() {
		return s.encryptRSA(k, algorithm, plaintext)
	}
	if err := checkContext(context); err != nil {
		return nil, err
	}
	m := k.current()
	noteMaterial(c, m.ID)
	return s.seal(k, m, plaintext, context)
}

// seal encrypts with a material of a symmetric key.
func (s *Service) seal(k *Key, m *Material, plaintext []byte, context map[string]string) ([]byte, error) {
	secret, err := s.open(k, m)
	if err != nil {
		return nil, err
	}
	return encryptWith(k, m, secret, plaintext, context)
}

// decrypt decrypts with a key that is fit for it, and tells which material of
// a symmetric key it took.
func (s *Service) decrypt(c *call.Call, k *Key, algorithm string, blob []byte, context map[string]string) ([]byte, *string, error) {
	if !k.knows(algorithm) {
		return nil, nil, incompatible(algorithm, k)
	}
	if !k.symmetric() {
		plaintext, err := s.decryptRSA(k, algorithm, blob)
		return plaintext, nil, err
	}
	if err := checkContext(context); err != nil {
		return nil, nil, err
	}
	plaintext, m, err := s.unseal(k, blob, context)
	if err != nil {
		return nil, nil, err
	}
	noteMaterial(c, m.ID)
	return plaintext, &m.ID, nil
}

// unseal decrypts with the material that the blob names.
func (s *Service) unseal(k *Key, blob []byte, context map[string]string) ([]byte, *Material, error) {
	t, ok := parseCiphertext(blob)
	if !ok {
		return nil, nil, invalidCiphertext()
	}
	m := k.material(t.material)
	if m == nil || len(m.Sealed) == 0 {
		return nil, nil, invalidCiphertext()
	}
	secret, err := s.open(k, m)
	if err != nil {
		return nil, nil, err
	}
	plaintext, err := t.decryptWith(secret, context)
	if err != nil {
		return nil, nil, invalidCiphertext()
	}
	return plaintext, m, nil
}

// checkContext bounds an encryption context.
func checkContext(context map[string]string) error {
	n := 0
	for name, value := range context {
		if name == "" {
			return validation("The names of an encryption context must not be empty.")
		}
		n += len(name) + len(value)
	}
	if n > contextSize {
		return validation("The encryption context has %d bytes, more than %d.", n, contextSize)
	}
	return nil
}

// oaep are the hashes of the RSA algorithms.
var oaep = map[string]crypto.Hash{
	api.EncryptionAlgorithmSpecRsaesOaepSha1:   crypto.SHA1,
	api.EncryptionAlgorithmSpecRsaesOaepSha256: crypto.SHA256,
}

func (s *Service) encryptRSA(k *Key, algorithm string, plaintext []byte) ([]byte, error) {
	key, err := s.private(k)
	if err != nil {
		return nil, err
	}
	public, hash := key.Public().(*rsa.PublicKey), oaep[algorithm]
	if most := public.Size() - 2*hash.Size() - 2; len(plaintext) > most {
		return nil, validation("Algorithm %s and key spec %s cannot encrypt data larger than %d bytes.", algorithm, k.Spec, most)
	}
	return rsa.EncryptOAEP(hash.New(), rand.Reader, public, plaintext, nil)
}

func (s *Service) decryptRSA(k *Key, algorithm string, blob []byte) ([]byte, error) {
	key, err := s.private(k)
	if err != nil {
		return nil, err
	}
	plaintext, err := rsa.DecryptOAEP(oaep[algorithm].New(), nil, key.(*rsa.PrivateKey), blob, nil)
	if err != nil {
		return nil, invalidCiphertext()
	}
	return plaintext, nil
}

// noEnclave refuses calls that want their answer encrypted for a Nitro
// enclave: there are none here to attest anything.
func noEnclave(r *api.RecipientInfo) error {
	if r != nil {
		return unsupported("Recipient is not supported in this Region: there are no Nitro enclaves.")
	}
	return nil
}
