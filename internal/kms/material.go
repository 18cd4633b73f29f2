package kms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// Material is one of the secrets that a key has worked with.
type Material struct {
	ID string // 64 hexadecimal digits
	// Sealed is the secret under the master key: the bytes of a symmetric
	// key, the PKCS #8 form of a private one. It is empty when imported
	// material was deleted, has expired, or was never imported in this
	// region.
	Sealed []byte
	// Rotation is how it took the place of the one before it, AUTOMATIC or
	// ON_DEMAND, and Rotated when. The first of a key has neither.
	Rotation string
	Rotated  time.Time
	// Pending says that it was imported to be rotated to, and has not been.
	Pending bool
	// Expires is when imported material is deleted; zero is never.
	Expires     time.Time
	Description string
}

// present reports whether the material can be worked with.
func (m *Material) present(now time.Time) bool { return len(m.Sealed) > 0 && !m.expired(now) }

func (m *Material) expired(now time.Time) bool { return !m.Expires.IsZero() && !now.Before(m.Expires) }

// current is the material that encrypts and signs, nil when a key waits for
// its first.
func (k *Key) current() *Material {
	for i := len(k.Materials) - 1; i >= 0; i-- {
		if !k.Materials[i].Pending {
			return &k.Materials[i]
		}
	}
	return nil
}

// material returns the material of an id.
func (k *Key) material(id string) *Material {
	i := slices.IndexFunc(k.Materials, func(m Material) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return &k.Materials[i]
}

// newMaterial seals a secret for a key. The copies of a multi-region key have
// the same material, so that neither its id nor its seal know the region.
func (s *Service) newMaterial(k *Key, secret []byte) Material {
	m := Material{ID: materialID(k, secret)}
	m.Sealed = s.materials.Seal(secret, k.label(m.ID))
	return m
}

// materialID is the same whenever the same secret comes to a key, and tells
// nothing of it.
func materialID(k *Key, secret []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("kms material " + k.Account + "/" + k.ID))
	return hex.EncodeToString(mac.Sum(nil))
}

func (k *Key) label(material string) string { return k.Account + "/" + k.ID + "/" + material }

// open returns the secret of a material that is present.
func (s *Service) open(k *Key, m *Material) ([]byte, error) {
	secret, err := s.materials.Open(m.Sealed, k.label(m.ID))
	if err != nil {
		return nil, sealed(err)
	}
	return secret, nil
}

// private returns the private key of an asymmetric key.
func (s *Service) private(k *Key) (crypto.Signer, error) {
	der, err := s.open(k, k.current())
	if err != nil {
		return nil, err
	}
	key, err := parsePrivate(der)
	if err != nil {
		return nil, sealed(err) // of ours alone can be what does not parse
	}
	return key, nil
}

// generate makes the secret of a new key of a call.
func generate(c *call.Call, sp *spec) ([]byte, error) {
	switch sp.kind {
	case symmetric:
		return random(32), nil
	case hmacKey:
		return random(sp.bits / 8), nil
	}
	key, err := call.Beforehand(c, newKey{}, func() (crypto.Signer, error) { return newPrivate(sp) })
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKCS8PrivateKey(key)
}

// newKey is the private key that a call makes a key of. An RSA key takes up
// to seconds.
type newKey struct{}

// newPrivate makes a key pair.
func newPrivate(sp *spec) (crypto.Signer, error) {
	switch sp.kind {
	case rsaKey:
		return rsa.GenerateKey(rand.Reader, sp.bits)
	case eccKey:
		return ecdsa.GenerateKey(sp.curve, rand.Reader)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return key, err
}

func parsePrivate(der []byte) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, x509.ErrUnsupportedAlgorithm
	}
	return signer, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// importState is what lists of materials say of imported ones.
func (m *Material) importState(now time.Time) string {
	if m.present(now) {
		return api.ImportStateImported
	}
	return api.ImportStatePendingImport
}
