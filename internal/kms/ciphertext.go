package kms

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
)

// A ciphertext of a symmetric key is
//
//	1 byte    version, 1
//	1 byte    length of the key's ARN
//	          the ARN
//	32 bytes  id of the material
//	16 bytes  salt, random
//	the rest  AES-256-GCM of the plaintext with its tag of 16 bytes
//
// The AES key and the nonce come from the material and the salt by
// HKDF-SHA-256, so that no key seals two messages however many are encrypted.
// Everything before the salt and the encryption context are authenticated
// with it.
const (
	ciphertextVersion = 1
	materialIDSize    = 32
	saltSize          = 16
	nonceSize         = 12
	tagSize           = 16
)

// ciphertext is a blob taken apart.
type ciphertext struct {
	arn      string // of the key
	material string // its id
	head     []byte // version, ARN and material as they stand in the blob
	salt     []byte
	sealed   []byte
}

// parseCiphertext takes a blob apart. It says nothing of whether the blob is
// genuine.
func parseCiphertext(blob []byte) (ciphertext, bool) {
	if len(blob) < 2 || blob[0] != ciphertextVersion {
		return ciphertext{}, false
	}
	arn := 2 + int(blob[1])
	head := arn + materialIDSize
	if len(blob) < head+saltSize+tagSize {
		return ciphertext{}, false
	}
	return ciphertext{
		arn: string(blob[2:arn]), material: hex.EncodeToString(blob[arn:head]),
		head: blob[:head], salt: blob[head : head+saltSize], sealed: blob[head+saltSize:],
	}, true
}

// encryptWith encrypts with a material of a key.
func encryptWith(k *Key, m *Material, secret, plaintext []byte, context map[string]string) ([]byte, error) {
	id, err := hex.DecodeString(m.ID)
	if err != nil {
		return nil, err
	}
	arn := k.ARN()
	head := append([]byte{ciphertextVersion, byte(len(arn))}, arn...)
	head = append(head, id...)
	salt := random(saltSize)
	aead, nonce, err := messageKey(secret, salt)
	if err != nil {
		return nil, err
	}
	blob := slices.Concat(head, salt)
	return aead.Seal(blob, nonce, plaintext, authenticated(head, context)), nil
}

// decryptWith opens a ciphertext with the secret of its material.
func (t *ciphertext) decryptWith(secret []byte, context map[string]string) ([]byte, error) {
	aead, nonce, err := messageKey(secret, t.salt)
	if err != nil {
		return nil, err
	}
	return aead.Open(nil, nonce, t.sealed, authenticated(t.head, context))
}

// messageKey is the key of one message, and the nonce that goes with it.
func messageKey(secret, salt []byte) (cipher.AEAD, []byte, error) {
	out, err := hkdf.Key(sha256.New, secret, salt, "kms symmetric ciphertext", 32+nonceSize)
	if err != nil {
		return nil, nil, err
	}
	block, err := aes.NewCipher(out[:32])
	if err != nil {
		return nil, nil, err
	}
	aead, err := cipher.NewGCM(block)
	return aead, out[32:], err
}

// authenticated is the additional data: the head and the encryption context
// in the order of its names, each text after its length.
func authenticated(head []byte, context map[string]string) []byte {
	data := slices.Clone(head)
	for _, name := range slices.Sorted(maps.Keys(context)) {
		for _, text := range []string{name, context[name]} {
			data = binary.BigEndian.AppendUint32(data, uint32(len(text)))
			data = append(data, text...)
		}
	}
	return data
}
