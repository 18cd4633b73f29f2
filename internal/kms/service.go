package kms

import (
	"log/slog"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/seal"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// ServicePrincipal is the name under which KMS acts.
const ServicePrincipal = "kms.amazonaws.com"

// Service is AWS Key Management Service. The fields are set before it is
// first called.
type Service struct {
	Principals Principals
	State      State
	System     call.System
	// Now is the server's clock.
	Now func() time.Time
	Log *slog.Logger

	materials *seal.Key // seals the material of keys
	imports   *seal.Key // seals the import tokens
	tokens    *seal.Key // seals the grant tokens
}

var _ api.Service = (*Service)(nil)

// New returns the service of a master key.
func New(master *seal.Key) *Service {
	return &Service{
		Now:       time.Now,
		Log:       slog.Default(),
		materials: master.For("kms.material"),
		imports:   master.For("kms.import"),
		tokens:    master.For("kms.grant"),
	}
}
