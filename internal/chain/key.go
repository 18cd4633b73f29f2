package chain

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"sync"
	"time"

	"github.com/orgtrail/orgtrail/digest"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
)

const (
	// keyLife is for how long a key is valid, keyTurn after which time the
	// next one signs.
	keyLife = 30 * 24 * time.Hour
	keyTurn = 20 * 24 * time.Hour
	keyBits = 2048
)

// A signingKey signs the digests of a region that end in the first part of
// its validity. The public half is kept for ever.
type signingKey struct {
	Region      string
	From, Until time.Time
	Public      []byte // DER of a PKCS #1 RSAPublicKey
	Fingerprint string
	Private     []byte // DER of a PKCS #1 RSAPrivateKey, sealed under the label
}

// signingKeys holds the keys under region/beginning, so that those of a
// region come in the order of time.
var signingKeys = store.NewKind[signingKey]("chain.key")

func (k *signingKey) key() string { return k.Region + "/" + k.From.UTC().Format(digest.TimeFormat) }

func (k *signingKey) label() string { return "chain.key/" + k.Region + "/" + k.Fingerprint }

// PublicKeys returns the keys of a region that are valid at some time of a
// period, the oldest first.
func PublicKeys(r store.Reader, region string, from, until time.Time) []digest.PublicKey {
	var keys []digest.PublicKey
	for _, k := range signingKeys.Scan(r, region+"/") {
		if !k.From.After(until) && !k.Until.Before(from) {
			keys = append(keys, digest.PublicKey{Value: k.Public, Fingerprint: k.Fingerprint, Start: k.From, End: k.Until})
		}
	}
	return keys
}

// signs returns the key that signs the digests of a region that end at a
// time.
func signs(r store.Reader, region string, end time.Time) (*signingKey, bool) {
	var newest *signingKey
	for _, k := range signingKeys.Scan(r, region+"/") {
		if k.From.After(end) {
			break
		}
		newest = k
	}
	return newest, newest != nil && end.Before(newest.From.Add(keyTurn))
}

// A ring opens the signing keys and makes new ones.
type ring struct {
	store  Store
	seal   *seal.Key
	mu     sync.Mutex
	opened map[string]*rsa.PrivateKey // by fingerprint
}

func newRing(s Store, k *seal.Key) *ring {
	return &ring{store: s, seal: k.For("digest signing keys"), opened: map[string]*rsa.PrivateKey{}}
}

func (g *ring) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.opened)
}

// at returns the private key for the digests of a region that end at a time,
// in whole seconds. When there is none yet, one is made whose validity begins
// then. It is durable, and listed, before it signs anything.
func (g *ring) at(ctx context.Context, region string, end time.Time) (*rsa.PrivateKey, error) {
	k, ok := signs(g.store.View(), region, end)
	if !ok {
		made, err := g.make(region, end)
		if err != nil {
			return nil, err
		}
		err = g.store.Update(ctx, func(tx *store.Tx) error {
			if k, ok = signs(tx, region, end); !ok {
				k = made
				signingKeys.Put(tx, k.key(), k)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return g.open(k)
}

// make generates a key, which takes a while: never within a transaction.
func (g *ring) make(region string, from time.Time) (*signingKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, err
	}
	return g.describe(private, region, from), nil
}

// describe is the record of a key whose validity begins at a time.
func (g *ring) describe(private *rsa.PrivateKey, region string, from time.Time) *signingKey {
	from = from.UTC().Truncate(time.Second)
	public := digest.NewPublicKey(&private.PublicKey, from, from.Add(keyLife))
	k := &signingKey{Region: region, From: public.Start, Until: public.End, Public: public.Value, Fingerprint: public.Fingerprint}
	k.Private = g.seal.Seal(x509.MarshalPKCS1PrivateKey(private), k.label())
	return k
}

func (g *ring) open(k *signingKey) (*rsa.PrivateKey, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if private, ok := g.opened[k.Fingerprint]; ok {
		return private, nil
	}
	der, err := g.seal.Open(k.Private, k.label())
	if err != nil {
		return nil, fmt.Errorf("chain: the key %s of %s: %w", k.Fingerprint, k.Region, err)
	}
	private, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("chain: the key %s of %s: %w", k.Fingerprint, k.Region, err)
	}
	g.opened[k.Fingerprint] = private
	return private, nil
}
