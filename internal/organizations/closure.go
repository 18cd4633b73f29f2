package organizations

import (
	"context"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// closure remembers for ever that an account is closed; its membership ends
// after ninety days. The key of the record is the account's id.
type closure struct{ Closed time.Time }

var closed = store.NewKind[closure]("organizations.closed")

// Usable reports whether the credentials of an account may be used: not once
// it is closed.
func Usable(r store.Reader, account string) bool {
	_, is := closed.Get(r, account)
	return !is
}

// CloseAccount begins to close a member account. Advance completes it.
func (s *Service) CloseAccount(c *call.Call, in *api.CloseAccountInput) (*api.CloseAccountOutput, error) {
	o, err := s.allFeatures(c)
	if err != nil {
		return nil, err
	}
	m, ok := o.member(c.State, aws.Val(in.AccountId))
	switch {
	case !ok:
		return nil, errAccountNotFound
	case m.Account == o.Management:
		return nil, constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You cannot close the management account of an organization.")
	case m.State != api.AccountStateActive:
		return nil, errAccountAlreadyClosed
	case o.delegates(m.Account):
		return nil, errConflict
	}
	if err := s.mayClose(c, o); err != nil {
		return nil, err
	}
	m = new(*m)
	m.State, m.CloseRequested = api.AccountStatePendingClosure, c.Time
	members.Put(c.Tx, m.Place, m)
	return nil, nil
}

// mayClose checks the quotas of closing accounts.
func (s *Service) mayClose(c *call.Call, o *Organization) error {
	closing, recent := 0, 0
	for _, state := range []string{api.AccountStatePendingClosure, api.AccountStateClosed} {
		for _, m := range members.By(c.State, "closing", state) {
			if m.Organization != o.ID {
				continue
			}
			if m.State == api.AccountStatePendingClosure {
				closing++
			}
			if c.Time.Before(m.CloseRequested.Add(closureWindow)) {
				recent++
			}
		}
	}
	if closing >= s.Limits.closures() {
		return constraint("CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED", "You have exceeded the number of accounts that you can close at the same time.")
	}
	if recent >= s.Limits.closuresPerMonth(tallyOf(c.State, o.ID).Accounts) {
		return constraint("CLOSE_ACCOUNT_QUOTA_EXCEEDED", "You have exceeded the number of accounts that you can close within 30 days.")
	}
	return nil
}

// close completes a CloseAccount: state, tombstone and the record of the
// result in one change.
func (s *Service) close(ctx context.Context, m *Member) error {
	return s.unattended(ctx, m.Organization, func(c *call.Call, o *Organization) error {
		m, ok := o.member(c.State, m.Account)
		if !ok || m.State != api.AccountStatePendingClosure {
			return nil
		}
		m = new(*m)
		m.State, m.Closed = api.AccountStateClosed, c.Time
		members.Put(c.Tx, m.Place, m)
		closed.Put(c.Tx, m.Account, &closure{c.Time})
		emitResult(c, o, "CloseAccountResult", closureRecord(m))
		return nil
	})
}

// purge takes an account out of its organization ninety days after it was
// closed.
func (s *Service) purge(ctx context.Context, m *Member) error {
	return s.unattended(ctx, m.Organization, func(c *call.Call, o *Organization) error {
		m, ok := o.member(c.State, m.Account)
		if !ok || !m.outlived(c.Time) {
			return nil
		}
		return s.leave(c, o, m)
	})
}

// outlived reports whether a closed account is not shown any more.
func (m *Member) outlived(now time.Time) bool {
	return m.State == api.AccountStateClosed && !now.Before(m.Closed.Add(closedRetention))
}
