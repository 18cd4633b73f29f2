package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync/atomic"
	"time"

	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// Service is Amazon S3.
type Service struct {
	Plane      Plane
	Principals Principals
	// ResourceControls are the resource control policies from the root down
	// to an account, which bind the services that deliver into its buckets.
	// nil: there are none. Those that bind other callers are the front
	// door's to ask.
	ResourceControls func(r store.Reader, account string) [][]policy.Attached
	// Keys encrypts objects. nil: there is no KMS, and what asks for it is
	// refused.
	Keys Keys
	// Notifications is told of what happens to objects. nil: nobody is, and
	// no bucket can be configured to.
	Notifications Notifications
	// Update changes the control plane in a transaction of its own, for what
	// calls on objects leave there: open uploads and notifications. It shows
	// the newest revision of all servers.
	Update func(ctx context.Context, change func(*store.Tx) error) error
	// View is the newest revision of the control plane that there is without
	// waiting.
	View func() store.Reader
	// Now is the server's clock.
	Now func() time.Time

	turns    turns
	patience time.Duration // with a plane that changes a bucket
	layouts  layouts
	last     atomic.Int64 // of the sequencers of notifications
}

var _ api.Service = (*Service)(nil)

// New returns the service over a data plane.
func New(p Plane, who Principals) *Service {
	return &Service{Plane: p, Principals: who, Now: time.Now, turns: turns{patience: turnPatience}, patience: planePatience}
}

// CanonicalUser is the canonical user id of an account, by which owners and
// grantees are called.
func CanonicalUser(account string) string {
	sum := sha256.Sum256([]byte("s3 canonical user " + account))
	return hex.EncodeToString(sum[:])
}

// ownerOf names an account as the owner of something.
func ownerOf(account string) *api.Owner { return &api.Owner{ID: new(CanonicalUser(account))} }
