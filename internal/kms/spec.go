package kms

import (
	"crypto"
	"crypto/elliptic"
	"slices"

	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// spec is what a key of one KeySpec is made of and what it can do.
type spec struct {
	kind  kind
	bits  int            // of the modulus of an RSA key, of an HMAC key
	curve elliptic.Curve // of an elliptic key
	// The algorithms, by what the key is for. A spec is for a usage when it
	// has algorithms for it.
	algorithms map[string][]string
}

// kind is the family of a spec.
type kind uint8

const (
	symmetric kind = iota
	hmacKey
	rsaKey
	eccKey
	edwardsKey
)

// The usages of keys.
const (
	encryptDecrypt = api.KeyUsageTypeEncryptDecrypt
	signVerify     = api.KeyUsageTypeSignVerify
	generateMac    = api.KeyUsageTypeGenerateVerifyMac
	keyAgreement   = api.KeyUsageTypeKeyAgreement
)

// symmetricDefault is the spec, and the algorithm, of most keys.
const symmetricDefault = api.KeySpecSymmetricDefault

// specs are the specs that are served, by name. SM2 is China's alone;
// secp256k1 and ML-DSA wait for a library that Go's own keeps.
var specs = map[string]spec{
	symmetricDefault: {kind: symmetric, algorithms: map[string][]string{encryptDecrypt: {symmetricDefault}}},

	api.KeySpecRsa2048: rsaSpec(2048),
	api.KeySpecRsa3072: rsaSpec(3072),
	api.KeySpecRsa4096: rsaSpec(4096),

	api.KeySpecEccNistP256: eccSpec(elliptic.P256(), api.SigningAlgorithmSpecEcdsaSha256),
	api.KeySpecEccNistP384: eccSpec(elliptic.P384(), api.SigningAlgorithmSpecEcdsaSha384),
	api.KeySpecEccNistP521: eccSpec(elliptic.P521(), api.SigningAlgorithmSpecEcdsaSha512),
	api.KeySpecEccNistEdwards25519: {kind: edwardsKey, algorithms: map[string][]string{
		signVerify: {api.SigningAlgorithmSpecEd25519Sha512, api.SigningAlgorithmSpecEd25519PhSha512},
	}},

	api.KeySpecHmac224: hmacSpec(224, api.MacAlgorithmSpecHmacSha224),
	api.KeySpecHmac256: hmacSpec(256, api.MacAlgorithmSpecHmacSha256),
	api.KeySpecHmac384: hmacSpec(384, api.MacAlgorithmSpecHmacSha384),
	api.KeySpecHmac512: hmacSpec(512, api.MacAlgorithmSpecHmacSha512),
}

func rsaSpec(bits int) spec {
	return spec{kind: rsaKey, bits: bits, algorithms: map[string][]string{
		encryptDecrypt: {api.EncryptionAlgorithmSpecRsaesOaepSha1, api.EncryptionAlgorithmSpecRsaesOaepSha256},
		signVerify: {
			api.SigningAlgorithmSpecRsassaPkcs1V15Sha256, api.SigningAlgorithmSpecRsassaPkcs1V15Sha384,
			api.SigningAlgorithmSpecRsassaPkcs1V15Sha512, api.SigningAlgorithmSpecRsassaPssSha256,
			api.SigningAlgorithmSpecRsassaPssSha384, api.SigningAlgorithmSpecRsassaPssSha512,
		},
	}}
}

func eccSpec(curve elliptic.Curve, signing string) spec {
	return spec{kind: eccKey, curve: curve, algorithms: map[string][]string{
		signVerify: {signing}, keyAgreement: {api.KeyAgreementAlgorithmSpecEcdh},
	}}
}

func hmacSpec(bits int, mac string) spec {
	return spec{kind: hmacKey, bits: bits, algorithms: map[string][]string{generateMac: {mac}}}
}

// asymmetric reports whether a key of the spec has a public half.
func (s *spec) asymmetric() bool { return s.kind >= rsaKey }

// usage checks what a new key is to be for. Only symmetric encryption keys
// need not say it.
func usage(name string, s *spec, asked *string) (string, error) {
	switch {
	case asked == nil && s.kind == symmetric:
		return encryptDecrypt, nil
	case asked == nil:
		return "", validation("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")
	case s.algorithms[*asked] == nil:
		return "", validation("KeyUsage %s is not compatible with KeySpec %s", *asked, name)
	}
	return *asked, nil
}

// knows reports whether the key has an algorithm.
func (k *Key) knows(algorithm string) bool {
	return slices.Contains(k.spec().algorithms[k.Usage], algorithm)
}

// scheme is how a signing algorithm works.
type scheme struct {
	hash crypto.Hash
	pss  bool
}

var schemes = map[string]scheme{
	api.SigningAlgorithmSpecRsassaPkcs1V15Sha256: {hash: crypto.SHA256},
	api.SigningAlgorithmSpecRsassaPkcs1V15Sha384: {hash: crypto.SHA384},
	api.SigningAlgorithmSpecRsassaPkcs1V15Sha512: {hash: crypto.SHA512},
	api.SigningAlgorithmSpecRsassaPssSha256:      {hash: crypto.SHA256, pss: true},
	api.SigningAlgorithmSpecRsassaPssSha384:      {hash: crypto.SHA384, pss: true},
	api.SigningAlgorithmSpecRsassaPssSha512:      {hash: crypto.SHA512, pss: true},
	api.SigningAlgorithmSpecEcdsaSha256:          {hash: crypto.SHA256},
	api.SigningAlgorithmSpecEcdsaSha384:          {hash: crypto.SHA384},
	api.SigningAlgorithmSpecEcdsaSha512:          {hash: crypto.SHA512},
	api.SigningAlgorithmSpecEd25519Sha512:        {},
	api.SigningAlgorithmSpecEd25519PhSha512:      {hash: crypto.SHA512},
}
