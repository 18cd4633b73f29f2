package kms

import (
	"crypto"
	"crypto/aes"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/binary"

	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// wrapping is a way to wrap key material for import: RSAES-OAEP with a hash,
// over the material itself or over an AES key that wraps it.
type wrapping struct {
	hash crypto.Hash
	aes  bool
}

var wrappings = map[string]wrapping{
	api.AlgorithmSpecRsaesOaepSha1:       {hash: crypto.SHA1},
	api.AlgorithmSpecRsaesOaepSha256:     {hash: crypto.SHA256},
	api.AlgorithmSpecRsaAesKeyWrapSha1:   {hash: crypto.SHA1, aes: true},
	api.AlgorithmSpecRsaAesKeyWrapSha256: {hash: crypto.SHA256, aes: true},
}

// unwrap returns what was wrapped for the private key.
func (w wrapping) unwrap(key *rsa.PrivateKey, wrapped []byte) ([]byte, bool) {
	size := key.Size()
	if len(wrapped) < size || !w.aes && len(wrapped) != size {
		return nil, false
	}
	secret, err := rsa.DecryptOAEP(w.hash.New(), nil, key, wrapped[:size], nil)
	if err != nil || !w.aes {
		return secret, err == nil
	}
	return unwrapAES(secret, wrapped[size:])
}

// The block that RFC 5649 puts before a key: a constant, and the length of
// the key.
const (
	wrapBlock    = 8
	wrapConstant = 0xA65959A6
)

// unwrapAES is AES key unwrapping with padding, RFC 5649.
func unwrapAES(kek, wrapped []byte) ([]byte, bool) {
	block, err := aes.NewCipher(kek)
	n := len(wrapped)/wrapBlock - 1
	if err != nil || n < 1 || len(wrapped)%wrapBlock != 0 {
		return nil, false
	}
	plain := make([]byte, len(wrapped))
	if n == 1 {
		block.Decrypt(plain, wrapped)
	} else {
		copy(plain, wrapped)
		unwrapRounds(block.Decrypt, plain, n)
	}
	size := int(binary.BigEndian.Uint32(plain[4:wrapBlock]))
	padded := plain[wrapBlock:]
	if binary.BigEndian.Uint32(plain) != wrapConstant || size > len(padded) || size <= len(padded)-wrapBlock {
		return nil, false
	}
	padding := make([]byte, len(padded)-size)
	return padded[:size], subtle.ConstantTimeCompare(padded[size:], padding) == 1
}

// unwrapRounds undoes the six rounds of RFC 3394 over n blocks, in place.
func unwrapRounds(decrypt func(dst, src []byte), b []byte, n int) {
	var buf [2 * wrapBlock]byte
	for round := 5; round >= 0; round-- {
		for i := n; i >= 1; i-- {
			at := b[i*wrapBlock : (i+1)*wrapBlock]
			binary.BigEndian.PutUint64(buf[:], binary.BigEndian.Uint64(b)^uint64(n*round+i))
			copy(buf[wrapBlock:], at)
			decrypt(buf[:], buf[:])
			copy(b, buf[:wrapBlock])
			copy(at, buf[wrapBlock:])
		}
	}
}
