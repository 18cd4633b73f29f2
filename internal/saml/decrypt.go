package saml

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	_ "crypto/sha1" // the hash of RSA-OAEP where nothing else is said
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"strings"

	"github.com/beevik/etree"
)

const encryption11 = "http://www.w3.org/2009/xmlenc11#"

// blockCipher is a way in which the bytes of an element are encrypted.
type blockCipher struct {
	keySize int
	open    func(cipher.Block, []byte) ([]byte, bool)
}

var blockCiphers = map[string]blockCipher{
	encryptionSpace + "aes128-cbc": {16, openCBC},
	encryptionSpace + "aes192-cbc": {24, openCBC},
	encryptionSpace + "aes256-cbc": {32, openCBC},
	encryption11 + "aes128-gcm":    {16, openGCM},
	encryption11 + "aes192-gcm":    {24, openGCM},
	encryption11 + "aes256-gcm":    {32, openGCM},
}

// The hashes of RSA-OAEP and of its mask, by their names.
var (
	digests = map[string]crypto.Hash{
		"": crypto.SHA1, signatureSpace + "sha1": crypto.SHA1,
		encryptionSpace + "sha256": crypto.SHA256, encryptionSpace + "sha512": crypto.SHA512,
	}
	masks = map[string]crypto.Hash{
		"": crypto.SHA1, encryption11 + "mgf1sha1": crypto.SHA1,
		encryption11 + "mgf1sha256": crypto.SHA256, encryption11 + "mgf1sha512": crypto.SHA512,
	}
)

// decrypted opens an EncryptedAssertion with one of the keys and returns the
// assertion in it. Every failure is ErrSignature.
func decrypted(e *etree.Element, keys []*rsa.PrivateKey) (*etree.Element, error) {
	data := child(e, encryptionSpace, "EncryptedData")
	if data == nil {
		return nil, ErrSignature
	}
	wrapped := append(encryptedKeys(child(data, signatureSpace, "KeyInfo")), children(e, encryptionSpace, "EncryptedKey")...)
	how, ok := blockCiphers[algorithm(data)]
	if !ok {
		return nil, ErrSignature
	}
	for _, w := range wrapped {
		for _, key := range keys {
			secret, ok := unwrap(w, key)
			if !ok || len(secret) != how.keySize {
				continue
			}
			block, err := aes.NewCipher(secret)
			if err != nil {
				continue
			}
			plain, ok := how.open(block, ciphertext(data))
			if !ok {
				continue
			}
			if root, err := read(plain, false); err == nil && is(root, assertionSpace, "Assertion") {
				return root, nil
			}
		}
	}
	return nil, ErrSignature
}

func encryptedKeys(info *etree.Element) []*etree.Element {
	if info == nil {
		return nil
	}
	return children(info, encryptionSpace, "EncryptedKey")
}

// unwrap opens the key of the cipher. RSA-OAEP is the only way that is taken:
// the older padding can be broken by who may try often.
func unwrap(e *etree.Element, key *rsa.PrivateKey) ([]byte, bool) {
	method := child(e, encryptionSpace, "EncryptionMethod")
	if method == nil {
		return nil, false
	}
	digest, ok := digests[algorithmOf(child(method, signatureSpace, "DigestMethod"))]
	if !ok {
		return nil, false
	}
	mask := crypto.SHA1
	switch algorithm(e) {
	case encryptionSpace + "rsa-oaep-mgf1p":
	case encryption11 + "rsa-oaep":
		if mask, ok = masks[algorithmOf(child(method, encryption11, "MGF"))]; !ok {
			return nil, false
		}
	default:
		return nil, false
	}
	secret, err := key.Decrypt(nil, ciphertext(e), &rsa.OAEPOptions{Hash: digest, MGFHash: mask})
	return secret, err == nil
}

// algorithm is how an encrypted element says that it is encrypted.
func algorithm(e *etree.Element) string {
	return algorithmOf(child(e, encryptionSpace, "EncryptionMethod"))
}

func algorithmOf(e *etree.Element) string {
	if e == nil {
		return ""
	}
	return e.SelectAttrValue("Algorithm", "")
}

// ciphertext is the encrypted bytes of an element, nil when there are none.
func ciphertext(e *etree.Element) []byte {
	data := child(e, encryptionSpace, "CipherData")
	if data == nil {
		return nil
	}
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text(child(data, encryptionSpace, "CipherValue"))), ""))
	if err != nil {
		return nil
	}
	return b
}

// openCBC decrypts a chain of blocks; the last byte says how many pad it.
func openCBC(block cipher.Block, b []byte) ([]byte, bool) {
	if len(b) < 2*aes.BlockSize || len(b)%aes.BlockSize != 0 {
		return nil, false
	}
	plain := make([]byte, len(b)-aes.BlockSize)
	cipher.NewCBCDecrypter(block, b[:aes.BlockSize]).CryptBlocks(plain, b[aes.BlockSize:])
	padding := int(plain[len(plain)-1])
	if padding < 1 || padding > aes.BlockSize {
		return nil, false
	}
	return plain[:len(plain)-padding], true
}

func openGCM(block cipher.Block, b []byte) ([]byte, bool) {
	aead, err := cipher.NewGCM(block)
	if err != nil || len(b) < aead.NonceSize() {
		return nil, false
	}
	plain, err := aead.Open(nil, b[:aead.NonceSize()], b[aead.NonceSize():], nil)
	return plain, err == nil
}
