package organizations

import (
	"log/slog"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// ServicePrincipal is the name under which Organizations acts: it is the
// trusted principal of its service-linked role.
const ServicePrincipal = "organizations.amazonaws.com"

// Service is AWS Organizations.
type Service struct {
	Accounts Accounts
	Roles    Roles
	// Trusted holds the services that follow the organization's changes, by
	// service principal.
	Trusted map[string]TrustedService
	Limits  Limits

	// What Advance and Run work with.
	State  State
	System call.System
	Now    func() time.Time
	Log    *slog.Logger
}

var _ api.Service = (*Service)(nil)
