package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"sync"
)

// signingKey is what a secret becomes for one scope.
type signingKey [sha256.Size]byte

// deriveKey makes the signing key for a scope, the four parts
// date/region/service/aws4_request.
func deriveKey(secret, scope string) *signingKey {
	key := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, []byte(part))
	}
	return (*signingKey)(key)
}

func (k *signingKey) sign(text []byte) []byte { return mac(k[:], text) }

func mac(key, text []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(text)
	return h.Sum(nil)
}

// keyID names a signing key. It holds a hash of the secret, so that a key
// whose secret was changed is another key, and no secret stays in memory.
type keyID struct {
	secret [sha256.Size]byte
	scope  string
}

// maxKeys bounds each of a keyring's two generations.
const maxKeys = 4096

// keyring remembers signing keys in two generations: when the young one is
// full it becomes the old one, and the old one is forgotten. A key in use
// moves to the young one, so that days that are over fall out by themselves.
type keyring struct {
	mu         sync.RWMutex
	young, old map[keyID]*signingKey
}

// get returns a key, or nil.
func (k *keyring) get(id keyID) *signingKey {
	k.mu.RLock()
	key, isYoung := k.young[id]
	if !isYoung {
		key = k.old[id]
	}
	k.mu.RUnlock()
	if key != nil && !isYoung {
		k.put(id, key)
	}
	return key
}

func (k *keyring) put(id keyID, key *signingKey) {
	id.scope = strings.Clone(id.scope) // it is a part of a request's header
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.young == nil || len(k.young) >= maxKeys {
		k.old, k.young = k.young, make(map[keyID]*signingKey)
	}
	k.young[id] = key
}
