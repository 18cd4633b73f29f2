package digest

import (
	"context"
	"sync"
	"time"
)

// Keys lists public keys.
type Keys interface {
	// PublicKeys returns the keys of a region whose validity intersects the
	// period.
	PublicKeys(ctx context.Context, region string, start, end time.Time) ([]PublicKey, error)
}

// spill is how long after a period its digests may be signed.
const spill = 2 * time.Hour

// A keyring holds the public keys of one region.
type keyring struct {
	source     Keys
	region     string
	start, end time.Time

	mu   sync.Mutex
	keys map[string]PublicKey // by fingerprint; nil before the first look
	err  error                // of the first look
}

// open asks for the keys of the period when nobody has yet. first tells
// whoever meets a failure first.
func (r *keyring) open(ctx context.Context) (first bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys != nil {
		return false, r.err
	}
	r.keys = make(map[string]PublicKey)
	r.err = r.ask(ctx, r.start, r.end.Add(spill))
	return true, r.err
}

// find returns the key that a digest was signed with. A backfill digest may
// have been signed long after its window, so the keys of its making are asked
// for too.
func (r *keyring) find(ctx context.Context, f *File) (PublicKey, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key, ok := r.keys[f.Fingerprint]
	if !ok && !f.Generated.IsZero() {
		// A failure leaves the key unknown, as the finding will say.
		_ = r.ask(ctx, f.Generated.Add(-time.Hour), f.Generated.Add(time.Hour))
		key, ok = r.keys[f.Fingerprint]
	}
	return key, ok
}

func (r *keyring) ask(ctx context.Context, start, end time.Time) error {
	keys, err := r.source.PublicKeys(ctx, r.region, start, end)
	for _, k := range keys {
		r.keys[k.Fingerprint] = k
	}
	return err
}
