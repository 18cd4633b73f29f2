package sqs

import (
	"log/slog"
	"time"

	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// Service is Amazon SQS.
type Service struct {
	State State
	// Keys is KMS. nil: no key is found.
	Keys Keys
	// Principals are the users and roles there are. nil: none is known.
	Principals Principals
	// ResourceControls are the resource control policies from the root down
	// to an account, which bind the services that send to its queues. nil:
	// there are none.
	ResourceControls func(r store.Reader, account string) [][]policy.Attached
	// Now is the server's clock.
	Now func() time.Time
	Log *slog.Logger

	bodies   *seal.Key // seals messages of queues with SqsManagedSseEnabled
	receipts *seal.Key // seals receipt handles and handles of move tasks
	lines    lines
}

var _ api.Service = (*Service)(nil)

// New returns the service over a store and a master key.
func New(state State, master *seal.Key) *Service {
	return &Service{
		State: state, Now: time.Now, Log: slog.Default(),
		bodies: master.For("sqs.message"), receipts: master.For("sqs.receipt"),
	}
}

func (s *Service) resourceControls(r store.Reader, account string) [][]policy.Attached {
	if s.ResourceControls == nil {
		return nil
	}
	return s.ResourceControls(r, account)
}
