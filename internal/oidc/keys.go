package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"

	"github.com/go-jose/go-jose/v4"
)

// keys are an issuer's, by id.
type keys map[string]crypto.PublicKey

// The sizes of RSA keys that are taken, in bits, and the number of keys.
const (
	leastRSA = 2048
	mostRSA  = 8192
	mostKeys = 100
)

// parseKeys reads a JSON Web Key Set (RFC 7517). Keys that cannot verify RS256
// or ES256, or cannot be read, are left out: one of them does not spoil the
// others.
func parseKeys(b []byte) (keys, error) {
	var set struct {
		Keys []json.RawMessage
	}
	if err := json.Unmarshal(b, &set); err != nil {
		return nil, err
	}
	found := make(keys)
	for _, text := range set.Keys[:min(len(set.Keys), mostKeys)] {
		var k jose.JSONWebKey
		if json.Unmarshal(text, &k) != nil || k.Use != "" && k.Use != "sig" {
			continue
		}
		if verifies(k.Key) {
			found[k.KeyID] = k.Key
		}
	}
	return found, nil
}

// verifies reports whether a key is one for RS256 or ES256.
func verifies(key any) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		size := key.N.BitLen()
		return size >= leastRSA && size <= mostRSA && key.E >= 3 && key.E%2 == 1
	case *ecdsa.PublicKey:
		return key.Curve == elliptic.P256()
	}
	return false
}

// find returns the keys that may have signed a token: the one it names, or all
// when it names none.
func (k keys) find(id string) []crypto.PublicKey {
	if id != "" {
		if key, ok := k[id]; ok {
			return []crypto.PublicKey{key}
		}
		return nil
	}
	var all []crypto.PublicKey
	for _, key := range k {
		all = append(all, key)
	}
	return all
}
