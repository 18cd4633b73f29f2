package oidc

import (
	"context"
	"sync"
	"time"
)

// How long an issuer's keys are kept, how soon they are fetched again for a
// key that is not among them or after a failure, and how many issuers are
// remembered.
const (
	keepKeys   = time.Hour
	retryKeys  = time.Minute
	mostIssuer = 1_000
)

// Issuer is whom tokens are accepted from.
type Issuer struct {
	URL string // as its tokens name it, https://…
	// Thumbprints are SHA-1 sums, in hexadecimal, of certificates that are
	// trusted for this issuer where no known authority vouches for it.
	Thumbprints []string
}

// Verifier verifies tokens. The zero value is ready; it may be used by several
// goroutines.
type Verifier struct {
	// Private lets issuers have addresses of this machine and of private
	// networks.
	Private bool
	// Now is the issuers' clock; nil is the real one.
	Now func() time.Time

	mu      sync.Mutex
	issuers map[string]*cached
}

// cached are the keys of one issuer. Its lock is held while they are fetched,
// so that many calls fetch once.
type cached struct {
	mu      sync.Mutex
	keys    keys
	fetched time.Time
	err     error
}

// Verify reads a token that this issuer must have signed. Errors are those of
// this package.
func (v *Verifier) Verify(ctx context.Context, text string, from Issuer) (Claims, error) {
	t, err := parse(text)
	if err != nil {
		return Claims{}, err
	}
	if t.claims.Issuer != from.URL {
		return Claims{}, ErrSignature
	}
	now := v.now()
	if err := t.claims.current(now); err != nil {
		return t.claims, err
	}
	if err := v.signed(ctx, &t, from, now); err != nil {
		return Claims{}, err
	}
	return t.claims, nil
}

func (v *Verifier) signed(ctx context.Context, t *token, from Issuer, now time.Time) error {
	c := v.cache(from)
	c.mu.Lock()
	defer c.mu.Unlock()
	age := now.Sub(c.fetched)
	stale := c.fetched.IsZero() || age >= keepKeys || age < 0
	if stale || age >= retryKeys && (c.err != nil || len(c.keys.find(t.keyID)) == 0) {
		c.keys, c.err = v.fetch(ctx, from)
		c.fetched = now
		if ctx.Err() != nil {
			c.fetched = time.Time{} // it was the caller that gave up
		}
	}
	if c.err != nil {
		return c.err
	}
	for _, key := range c.keys.find(t.keyID) {
		if t.signedBy(key) {
			return nil
		}
	}
	return ErrSignature
}

// cache finds what is known of an issuer. When too many are, one is forgotten.
func (v *Verifier) cache(from Issuer) *cached {
	name := from.URL
	for _, t := range from.Thumbprints {
		name += " " + t
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if c, ok := v.issuers[name]; ok {
		return c
	}
	if v.issuers == nil {
		v.issuers = make(map[string]*cached)
	}
	if len(v.issuers) >= mostIssuer {
		for victim := range v.issuers {
			delete(v.issuers, victim)
			break
		}
	}
	c := new(cached)
	v.issuers[name] = c
	return c
}

func (v *Verifier) now() time.Time {
	if v.Now != nil {
		return v.Now()
	}
	return time.Now()
}
