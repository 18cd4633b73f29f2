package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
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
// or ES256 are left out.
func parseKeys(b []byte) (keys, error) {
	var set struct {
		Keys []struct {
			Kty, Kid, Use, Crv string
			N, E, X, Y         string
		}
	}
	if err := json.Unmarshal(b, &set); err != nil {
		return nil, err
	}
	found := make(keys)
	for i, k := range set.Keys {
		if i == mostKeys {
			break
		}
		if k.Use != "" && k.Use != "sig" {
			continue
		}
		switch k.Kty {
		case "RSA":
			if key, ok := rsaKey(k.N, k.E); ok {
				found[k.Kid] = key
			}
		case "EC":
			if key, ok := ecKey(k.Crv, k.X, k.Y); ok {
				found[k.Kid] = key
			}
		}
	}
	return found, nil
}

func rsaKey(modulus, exponent string) (*rsa.PublicKey, bool) {
	n, e := number(modulus), number(exponent)
	if n == nil || e == nil || !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 || e.Bit(0) == 0 ||
		n.BitLen() < leastRSA || n.BitLen() > mostRSA {
		return nil, false
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, true
}

func ecKey(curve, x, y string) (*ecdsa.PublicKey, bool) {
	bx, errX := base64.RawURLEncoding.DecodeString(x)
	by, errY := base64.RawURLEncoding.DecodeString(y)
	if curve != "P-256" || errX != nil || errY != nil || len(bx) != 32 || len(by) != 32 {
		return nil, false
	}
	const uncompressed = 4
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{uncompressed}, bx...), by...))
	return key, err == nil
}

func number(text string) *big.Int {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) == 0 || len(b) > mostRSA/8+1 {
		return nil
	}
	return new(big.Int).SetBytes(b)
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
