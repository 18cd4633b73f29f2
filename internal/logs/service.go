package logs

import (
	"log/slog"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// ServicePrincipal is the name under which CloudWatch Logs sends to queues.
// To keys and buckets it goes by a name for each region.
const ServicePrincipal = "logs.amazonaws.com"

func regionalPrincipal(region string) string { return "logs." + region + ".amazonaws.com" }

// Service is Amazon CloudWatch Logs.
type Service struct {
	Events Events
	Keys   Keys
	Queues Queues
	Bucket Bucket
	// ResourceControls are the resource control policies from the root down to
	// an account. nil: there are none.
	ResourceControls func(r store.Reader, account string) [][]policy.Attached
	// Membership is the organization of an account and its place there, which
	// policies of queues, keys and buckets may ask for. nil: there is none.
	Membership func(r store.Reader, account string) (organization, path string)

	// What Advance and Run work with.
	State State
	Now   func() time.Time
	Log   *slog.Logger
}

var _ api.Service = (*Service)(nil)

// source is the service at work for a resource of an account.
func (s *Service) source(r store.Reader, principal, arn, account string) call.Source {
	from := call.Source{Service: principal, ARN: arn, Account: account}
	if s.Membership != nil {
		from.Organization, from.OrganizationPath = s.Membership(r, account)
	}
	return from
}

func (s *Service) controls(r store.Reader, account string) [][]policy.Attached {
	if s.ResourceControls == nil {
		return nil
	}
	return s.ResourceControls(r, account)
}

// counter is the last number that was given to something. No number is given
// twice.
type counter struct{ Last int64 }

var counters = store.NewKind[counter]("logs.counter")

// number returns a number that no other group, stream or key has.
func number(tx *store.Tx) int64 { return take(tx, "thing", 1) }

// eventNumbers returns the first of n numbers that no other event has. They
// grow from commit to commit, so that of events of one moment the later ones
// come behind the earlier ones, whatever their streams.
func eventNumbers(tx *store.Tx, n int) int64 { return take(tx, "event", n) }

func take(tx *store.Tx, of string, n int) (first int64) {
	var last int64
	if c, ok := counters.Get(tx, of); ok {
		last = c.Last
	}
	counters.Put(tx, of, &counter{last + int64(n)})
	return last + 1
}
