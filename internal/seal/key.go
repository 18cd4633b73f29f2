package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// Size is the length of a master key in bytes.
const Size = 32

const (
	version   = 1
	idSize    = 4
	nonceSize = 12
	tagSize   = 16
	headSize  = 1 + idSize + nonceSize
)

// ErrTampered is the error of a sealed value that is cut, changed, or opened
// under another label than it was sealed with.
var ErrTampered = errors.New("seal: the sealed value is damaged or belongs elsewhere")

// ErrOtherKey is the error of a value that another master key, or another
// purpose's key, has sealed.
var ErrOtherKey = errors.New("seal: the value was sealed with another key: is this the master key of this database?")

// Key seals and opens secrets. It may be used by several goroutines.
type Key struct {
	secret []byte
	id     [idSize]byte
	aead   cipher.AEAD
}

// New returns the key of 32 secret bytes.
func New(master []byte) (*Key, error) {
	if len(master) != Size {
		return nil, fmt.Errorf("seal: a master key has %d bytes, not %d", Size, len(master))
	}
	return newKey(append([]byte(nil), master...)), nil
}

// newKey panics on a secret of another size than Size.
func newKey(secret []byte) *Key {
	block, err := aes.NewCipher(derive(secret, "orgtrail seal aes-256-gcm"))
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	k := &Key{secret: secret, aead: aead}
	copy(k.id[:], derive(secret, "orgtrail seal key id"))
	return k
}

// derive returns 32 bytes that tell nothing of the secret.
func derive(secret []byte, info string) []byte {
	out, err := hkdf.Key(sha256.New, secret, nil, info, Size)
	if err != nil {
		panic(err) // only of a length that SHA-256 cannot give
	}
	return out
}

// For returns the key of one purpose. Keys of different purposes cannot open
// each other's values, and none of them tells anything of the master key.
func (k *Key) For(purpose string) *Key {
	return newKey(derive(k.secret, "orgtrail seal purpose "+purpose))
}

// Seal returns plain sealed under a label. Sealing the same twice gives two
// different values.
func (k *Key) Seal(plain []byte, label string) []byte {
	out := make([]byte, headSize, headSize+len(plain)+tagSize)
	out[0] = version
	copy(out[1:], k.id[:])
	nonce := out[1+idSize : headSize]
	rand.Read(nonce)
	return k.aead.Seal(out, nonce, plain, k.bind(label))
}

// Open returns what was sealed under that label. The error is ErrOtherKey or
// ErrTampered.
func (k *Key) Open(sealed []byte, label string) ([]byte, error) {
	if len(sealed) < headSize+tagSize || sealed[0] != version {
		return nil, ErrTampered
	}
	if [idSize]byte(sealed[1:1+idSize]) != k.id {
		return nil, ErrOtherKey
	}
	plain, err := k.aead.Open(nil, sealed[1+idSize:headSize], sealed[headSize:], k.bind(label))
	if err != nil {
		return nil, ErrTampered
	}
	return plain, nil
}

// bind is the additional data: the whole head but the nonce, and the label.
func (k *Key) bind(label string) []byte {
	ad := make([]byte, 0, 1+idSize+len(label))
	ad = append(ad, version)
	ad = append(ad, k.id[:]...)
	return append(ad, label...)
}
