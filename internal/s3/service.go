package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
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
}

var _ api.Service = (*Service)(nil)

// New returns the service over a data plane.
func New(p Plane, who Principals) *Service { return &Service{Plane: p, Principals: who} }

// Plane keeps the bytes of objects. It takes the inputs of S3's operations
// and gives their outputs; it asks nobody for permission.
type Plane interface {
	// Do makes one call. The body of an output is the caller's to close. A
	// refusal is an *aws.Error with S3's code.
	Do(ctx context.Context, in wire.Shape) (wire.Shape, error)
}

// Principals knows whom a bucket policy may name.
type Principals interface {
	PrincipalExists(r store.Reader, arn string) bool
}

// CanonicalUser is the canonical user id of an account, by which owners and
// grantees are called.
func CanonicalUser(account string) string {
	sum := sha256.Sum256([]byte("s3 canonical user " + account))
	return hex.EncodeToString(sum[:])
}

// ownerOf names an account as the owner of something.
func ownerOf(account string) *api.Owner { return &api.Owner{ID: new(CanonicalUser(account))} }
