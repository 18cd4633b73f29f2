package organizations

import (
	"iter"
	"slices"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// Member is an account's place in an organization.
type Member struct {
	Place        string // key of the record
	Organization string
	Account      string
	Parent       string // id of the root or unit it stands in
	Method       string // INVITED or CREATED
	Joined       time.Time
	State        string // ACTIVE, PENDING_CLOSURE or CLOSED
	// CloseRequested and Closed are when it was asked to be closed and when
	// it was.
	CloseRequested, Closed time.Time `json:",omitzero"`
}

var members = store.NewKind("organizations.member",
	store.Index[Member]{Name: "account", Keys: func(_ string, m *Member) []string { return []string{m.Account} }},
	store.Index[Member]{Name: "parent", Keys: func(_ string, m *Member) []string { return []string{m.Parent} }},
	store.Index[Member]{Name: "closing", Keys: func(_ string, m *Member) []string {
		if m.State == api.AccountStateActive {
			return nil
		}
		return []string{m.State}
	}},
)

func memberOf(r store.Reader, account string) (*Member, bool) {
	return first(r, members, "account", account)
}

// member returns a member of the organization.
func (o *Organization) member(r store.Reader, account string) (*Member, bool) {
	m, ok := memberOf(r, account)
	return m, ok && m.Organization == o.ID
}

// AccountsOf yields the accounts of an organization in the order in which
// they joined, the management account included.
func AccountsOf(r store.Reader, organization string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, m := range members.Scan(r, prefix(organization)) {
			if !yield(m.Account) {
				return
			}
		}
	}
}

// join makes an account a member, under the root.
func (s *Service) join(c *call.Call, o *Organization, account, method string) error {
	if _, err := s.Roles.EnsureServiceLinkedRole(c.Tx, c.Time, account, ServicePrincipal); err != nil {
		return err
	}
	m := &Member{
		Place:        nextPlace(c.Tx, o.ID),
		Organization: o.ID,
		Account:      account,
		Parent:       o.Root,
		Method:       method,
		Joined:       c.Time,
		State:        api.AccountStateActive,
	}
	members.Put(c.Tx, m.Place, m)
	count(c.Tx, o.ID, func(t *tally) { t.Accounts++ })
	return s.tell(o, func(t TrustedService) error { return t.AccountJoined(c, o.ID, account) })
}

// leave ends a membership. What the organization knew of the account goes
// with it; what is in the account stays.
func (s *Service) leave(c *call.Call, o *Organization, m *Member) error {
	members.Delete(c.Tx, m.Place)
	count(c.Tx, o.ID, func(t *tally) { t.Accounts-- })
	forget(c.Tx, o, m.Account)
	s.withdraw(c, o, m.Account)
	return s.tell(o, func(t TrustedService) error { return t.AccountLeft(c, o.ID, m.Account) })
}

// forget removes what hangs on a unit or an account that goes.
func forget(tx *store.Tx, o *Organization, id string) {
	attachments.Delete(tx, prefix(o.ID)+id)
	tags.Delete(tx, prefix(o.ID)+id)
}

// tell lets the trusted services follow a change.
func (s *Service) tell(o *Organization, news func(TrustedService) error) error {
	for _, t := range o.TrustedAccess {
		if service := s.Trusted[t.Service]; service != nil {
			if err := news(service); err != nil {
				return err
			}
		}
	}
	return nil
}

// ListAccounts lists the members in the order in which they joined.
func (s *Service) ListAccounts(c *call.Call, in *api.ListAccountsInput) (*api.ListAccountsOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	list, next, err := page(c, in.NextToken, in.MaxResults, func(after string) iter.Seq2[string, api.Account] {
		return views(members.ScanAfter(c.State, prefix(o.ID), after), s.accountView(c.State, o))
	})
	return &api.ListAccountsOutput{Accounts: list, NextToken: next}, err
}

// ListAccountsForParent lists the accounts that stand directly in the root or
// in a unit.
func (s *Service) ListAccountsForParent(c *call.Call, in *api.ListAccountsForParentInput) (*api.ListAccountsForParentOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	if !o.isParent(c.State, aws.Val(in.ParentId)) {
		return nil, errParentNotFound
	}
	list, next, err := page(c, in.NextToken, in.MaxResults, func(after string) iter.Seq2[string, api.Account] {
		return views(members.ByAfter(c.State, "parent", *in.ParentId, after), s.accountView(c.State, o))
	})
	return &api.ListAccountsForParentOutput{Accounts: list, NextToken: next}, err
}

// DescribeAccount tells of one member.
func (s *Service) DescribeAccount(c *call.Call, in *api.DescribeAccountInput) (*api.DescribeAccountOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	m, ok := o.member(c.State, aws.Val(in.AccountId))
	if !ok {
		return nil, errAccountNotFound
	}
	account, _ := s.accountView(c.State, o)(m)
	return &api.DescribeAccountOutput{Account: &account}, nil
}

// RemoveAccountFromOrganization makes a member a standalone account.
func (s *Service) RemoveAccountFromOrganization(c *call.Call, in *api.RemoveAccountFromOrganizationInput) (*api.RemoveAccountFromOrganizationOutput, error) {
	o, err := s.managed(c)
	if err != nil {
		return nil, err
	}
	return nil, s.release(c, o, aws.Val(in.AccountId))
}

// LeaveOrganization makes the caller's account a standalone account.
func (s *Service) LeaveOrganization(c *call.Call, _ *api.LeaveOrganizationInput) (*api.LeaveOrganizationOutput, error) {
	o, err := s.organization(c)
	if err != nil {
		return nil, err
	}
	return nil, s.release(c, o, c.Account())
}

// release lets a member go, if it may.
func (s *Service) release(c *call.Call, o *Organization, account string) error {
	m, ok := o.member(c.State, account)
	switch {
	case !ok:
		return errAccountNotFound
	case account == o.Management:
		return errMasterCannotLeave
	case m.State != api.AccountStateActive:
		return constraint("ACCOUNT_CANNOT_LEAVE_ORGANIZATION", "You can't remove a closed account from an organization.")
	case o.delegates(account):
		return constraint("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG", "You cannot remove an account that is a delegated administrator for your organization. Deregister the account first.")
	case m.Method == api.AccountJoinedMethodCreated && c.Time.Before(m.Joined.Add(s.Limits.WaitingPeriod)):
		return constraint("WAIT_PERIOD_ACTIVE", "After you create an account, you must wait before you can remove it from the organization.")
	}
	return s.leave(c, o, m)
}

// MoveAccount puts an account under another parent.
func (s *Service) MoveAccount(c *call.Call, in *api.MoveAccountInput) (*api.MoveAccountOutput, error) {
	o, err := s.managed(c)
	if err != nil {
		return nil, err
	}
	m, ok := o.member(c.State, aws.Val(in.AccountId))
	from, to := aws.Val(in.SourceParentId), aws.Val(in.DestinationParentId)
	switch {
	case !ok:
		return nil, errAccountNotFound
	case !o.isParent(c.State, from):
		return nil, errSourceParentNotFound
	case !o.isParent(c.State, to):
		return nil, errDestinationParentNotFound
	case m.Parent == to:
		return nil, errDuplicateAccount
	case m.Parent != from:
		return nil, errSourceParentNotFound
	}
	m = new(*m)
	m.Parent = to
	members.Put(c.Tx, m.Place, m)
	return nil, nil
}

// accountView is what callers see of a member.
func (s *Service) accountView(r store.Reader, o *Organization) func(*Member) (api.Account, bool) {
	return func(m *Member) (api.Account, bool) {
		name, email, _ := s.Accounts.Account(r, m.Account)
		return api.Account{
			Id:              &m.Account,
			Arn:             new(o.arn("account", m.Account)),
			Email:           &email,
			Name:            &name,
			Status:          new(m.status()),
			State:           &m.State,
			Paths:           []string{o.path(r, m.Parent) + m.Account + "/"},
			JoinedMethod:    &m.Method,
			JoinedTimestamp: &m.Joined,
		}, true
	}
}

// status is the older form of State.
func (m *Member) status() string {
	if m.State == api.AccountStateClosed {
		return api.AccountStatusSuspended
	}
	return m.State
}

// IsDelegatedAdministrator reports whether an account is registered as
// delegated administrator of a service.
func IsDelegatedAdministrator(r store.Reader, account, service string) bool {
	o, ok := OrganizationOf(r, account)
	return ok && slices.ContainsFunc(o.Delegations, func(d Delegation) bool {
		return d.Account == account && d.Service == service
	})
}
