package events

import (
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

// ServicePrincipal is whom the policies of targets let in.
const ServicePrincipal = "events.amazonaws.com"

// Service is Amazon EventBridge.
type Service struct {
	Queues Queues
	Topics Topics
	Logs   Logs
	// Membership is the organization of an account and its place in it, ""
	// when it is in none. nil: there are no organizations.
	Membership func(r store.Reader, account string) (organization, path string)
	// ResourceControls are the resource control policies from the root down
	// to an account, which bind what rules do to its log groups. nil: there
	// are none.
	ResourceControls func(r store.Reader, account string) [][]policy.Attached

	counters counters
}

var _ api.Service = (*Service)(nil)
