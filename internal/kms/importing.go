package kms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"slices"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// importToken is what an import token holds: the private half of the key that
// the material is wrapped for. The token is sealed and bound to the key, so
// that nothing of it need be stored.
type importToken struct {
	Algorithm string
	Wrapping  []byte // PKCS #8
	Expires   time.Time
}

const (
	tokenLife   = 24 * time.Hour
	longestLife = 365 * 24 * time.Hour // of material that expires
)

// GetParametersForImport makes the key that material is to be wrapped with,
// for a day.
func (s *Service) GetParametersForImport(c *call.Call, in *api.GetParametersForImportInput) (*api.GetParametersForImportOutput, error) {
	k, err := s.importable(c, in.KeyId)
	if err != nil {
		return nil, err
	}
	algorithm, sp := aws.Val(in.WrappingAlgorithm), specs[aws.Val(in.WrappingKeySpec)]
	if _, ok := wrappings[algorithm]; !ok {
		return nil, unsupported("WrappingAlgorithm %s is not supported in this Region.", algorithm)
	}
	if sp.kind != rsaKey {
		return nil, unsupported("WrappingKeySpec %s is not supported in this Region.", aws.Val(in.WrappingKeySpec))
	}
	key, err := rsa.GenerateKey(rand.Reader, sp.bits)
	if err != nil {
		return nil, err
	}
	token := importToken{Algorithm: algorithm, Expires: c.Time.Add(tokenLife)}
	if token.Wrapping, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
		return nil, err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(token)
	if err != nil {
		return nil, err
	}
	return &api.GetParametersForImportOutput{
		KeyId: new(k.ARN()), ImportToken: s.imports.Seal(text, k.key()), PublicKey: public, ParametersValidTo: &token.Expires,
	}, nil
}

// importable finds a key whose material is imported.
func (s *Service) importable(c *call.Call, name *string) (*Key, error) {
	k, err := s.named(c, name)
	if err != nil {
		return nil, err
	}
	if k.Origin != api.OriginTypeExternal {
		return nil, invalidOrigin(k)
	}
	return k, k.notLeaving()
}

// ImportKeyMaterial gives a key its material, gives back what was deleted or
// has expired, or brings what it is to be rotated to.
func (s *Service) ImportKeyMaterial(c *call.Call, in *api.ImportKeyMaterialInput) (*api.ImportKeyMaterialOutput, error) {
	k, err := s.importable(c, in.KeyId)
	if err != nil {
		return nil, err
	}
	expires, err := expiry(c.Time, in)
	if err != nil {
		return nil, err
	}
	secret, err := call.Beforehand(c, materialOf{k.key()}, func() ([]byte, error) { return s.unwrapped(c, k, in) })
	if err != nil {
		return nil, err
	}
	m := s.newMaterial(k, secret)
	m.Expires, m.Description = expires, aws.Val(in.KeyMaterialDescription)
	if in.KeyMaterialId != nil && *in.KeyMaterialId != m.ID {
		return nil, incorrectMaterial()
	}
	k = k.clone()
	waiting := k.state(c.Time) == api.KeyStatePendingImport
	isNew := aws.Val(in.ImportType) == api.ImportTypeNewKeyMaterial || len(k.Materials) == 0
	if err := k.bring(c, m, isNew); err != nil {
		return nil, err
	}
	if waiting {
		k.State = api.KeyStateEnabled
	}
	keys.Put(c.Tx, k.key(), k)
	c.Response = map[string]any{"keyId": k.ARN(), "keyMaterialId": m.ID}
	return &api.ImportKeyMaterialOutput{KeyId: new(k.ARN()), KeyMaterialId: &m.ID}, nil
}

// materialOf is the material that a call brings for the key of a record.
type materialOf struct{ key string }

// bring adds material to a key, or puts it in the place of the same that is
// missing or is to live longer.
func (k *Key) bring(c *call.Call, m Material, isNew bool) error {
	old := k.material(m.ID)
	switch {
	case !isNew && old == nil:
		return incorrectMaterial()
	case !isNew:
		if m.Description == "" {
			m.Description = old.Description
		}
		old.Sealed, old.Expires, old.Description = m.Sealed, m.Expires, m.Description
		return nil
	case old != nil:
		return incorrectMaterial()
	case len(k.Materials) > 0 && !k.symmetric():
		return invalidSpec(k)
	case k.Primary != "" && k.Primary != k.Region:
		return unsupported("%s is a multi-Region replica key, which takes no material but that of its primary key.", k.ARN())
	case k.pending() != nil:
		return aws.Errorf("KMSInvalidStateException", "%s has key material pending rotation.", k.ARN())
	}
	m.Pending = len(k.Materials) > 0
	k.Materials = append(k.Materials, m)
	m.Sealed, m.Expires = nil, time.Time{} // every region imports for itself
	for _, replica := range replicasOf(c.State, k) {
		replica = replica.clone()
		replica.Materials = append(replica.Materials, m)
		keys.Put(c.Tx, replica.key(), replica)
	}
	return nil
}

// expiry is when the material of an import expires, zero when it does not.
func expiry(now time.Time, in *api.ImportKeyMaterialInput) (time.Time, error) {
	expires := aws.Val(in.ExpirationModel) != api.ExpirationModelTypeKeyMaterialDoesNotExpire
	switch {
	case expires && in.ValidTo == nil:
		return time.Time{}, validation("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES")
	case !expires && in.ValidTo != nil:
		return time.Time{}, validation("A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE")
	case !expires:
		return time.Time{}, nil
	case !in.ValidTo.After(now):
		return time.Time{}, validation("The validTo date must be in the future")
	case in.ValidTo.Sub(now) > longestLife:
		return time.Time{}, validation("The validTo date must be at most 365 days in the future")
	}
	return *in.ValidTo, nil
}

// expiration is how members of shapes tell when imported material expires.
func (m *Material) expiration() (model *string, validTo *time.Time) {
	if m.Expires.IsZero() {
		return new(api.ExpirationModelTypeKeyMaterialDoesNotExpire), nil
	}
	return new(api.ExpirationModelTypeKeyMaterialExpires), &m.Expires
}

func incorrectMaterial() *aws.Error {
	return aws.Errorf("IncorrectKeyMaterialException", "The key material in the request is not the expected key material.")
}

// unwrapped is the material of a request.
func (s *Service) unwrapped(c *call.Call, k *Key, in *api.ImportKeyMaterialInput) ([]byte, error) {
	text, err := s.imports.Open(in.ImportToken, k.key())
	if err != nil {
		return nil, aws.Errorf("InvalidImportTokenException", "The import token is invalid or is associated with a different KMS key.")
	}
	var token importToken
	if err := json.Unmarshal(text, &token); err != nil {
		return nil, err
	}
	if !c.Time.Before(token.Expires) {
		return nil, aws.Errorf("ExpiredImportTokenException", "The import token has expired.")
	}
	wrapping, err := parsePrivate(token.Wrapping)
	if err != nil {
		return nil, err
	}
	secret, ok := wrappings[token.Algorithm].unwrap(wrapping.(*rsa.PrivateKey), in.EncryptedKeyMaterial)
	if !ok {
		return nil, invalidCiphertext()
	}
	return k.spec().normal(secret)
}

// normal checks that a secret can be the material of a key of the spec, and
// returns it in the form in which it is kept.
func (sp *spec) normal(secret []byte) ([]byte, error) {
	switch sp.kind {
	case symmetric:
		if len(secret) != 32 {
			return nil, incorrectMaterial()
		}
		return secret, nil
	case hmacKey:
		if len(secret) != sp.bits/8 {
			return nil, incorrectMaterial()
		}
		return secret, nil
	}
	key, err := parsePrivate(secret)
	if err != nil || !sp.fits(key) {
		return nil, incorrectMaterial()
	}
	return x509.MarshalPKCS8PrivateKey(key)
}

// fits reports whether a private key is one of the spec.
func (sp *spec) fits(key crypto.Signer) bool {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return sp.kind == rsaKey && key.N.BitLen() == sp.bits
	case *ecdsa.PrivateKey:
		return sp.kind == eccKey && key.Curve == sp.curve
	case ed25519.PrivateKey:
		return sp.kind == edwardsKey
	}
	return false
}

// DeleteImportedKeyMaterial deletes material at once. The same can be imported
// again; what only waited to be rotated to is forgotten.
func (s *Service) DeleteImportedKeyMaterial(c *call.Call, in *api.DeleteImportedKeyMaterialInput) (*api.DeleteImportedKeyMaterialOutput, error) {
	k, err := s.importable(c, in.KeyId)
	if err != nil {
		return nil, err
	}
	k = k.clone()
	m := k.current()
	if in.KeyMaterialId != nil {
		if m = k.material(*in.KeyMaterialId); m == nil {
			return nil, notFound("Key material '%s' does not exist", *in.KeyMaterialId)
		}
	}
	out := &api.DeleteImportedKeyMaterialOutput{KeyId: new(k.ARN())}
	if m == nil {
		return out, nil
	}
	out.KeyMaterialId = new(m.ID)
	if m.Pending && (k.Primary == "" || k.Primary == k.Region) {
		k.forget(c, m.ID)
	} else {
		m.Sealed, m.Expires = nil, time.Time{}
	}
	keys.Put(c.Tx, k.key(), k)
	return out, nil
}

// forget takes material away from a key and its replicas.
func (k *Key) forget(c *call.Call, id string) {
	is := func(m Material) bool { return m.ID == id }
	k.Materials = slices.DeleteFunc(k.Materials, is)
	for _, replica := range replicasOf(c.State, k) {
		replica = replica.clone()
		replica.Materials = slices.DeleteFunc(replica.Materials, is)
		keys.Put(c.Tx, replica.key(), replica)
	}
}
