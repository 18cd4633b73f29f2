package organizations

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Accounts owns the accounts themselves: an account exists before it joins an
// organization and after it has left it.
type Accounts interface {
	// NewAccount creates an account. Its name need not be unique, its e-mail
	// address is.
	NewAccount(tx *store.Tx, now time.Time, name, email string) (id string, err error)
	// Account returns the name and the e-mail address of an account.
	Account(r store.Reader, id string) (name, email string, ok bool)
	AccountByEmail(r store.Reader, email string) (id string, ok bool)
}

// Roles keeps the roles that the platform puts into accounts.
type Roles interface {
	EnsureRole(tx *store.Tx, now time.Time, account, name, trustPolicy string, managedPolicyARNs ...string) error
	EnsureServiceLinkedRole(tx *store.Tx, now time.Time, account, service string) (created bool, err error)
	HasServiceLinkedRole(r store.Reader, account, service string) bool
}

// TrustedService is a service that acts in the accounts of an organization
// and must know of its changes. The calls are part of the change they tell
// of: an error undoes it.
type TrustedService interface {
	// AccountJoined is told, while the service's access is trusted, that an
	// account has become a member.
	AccountJoined(c *call.Call, organization, account string) error
	// AccountLeft is told, while the service's access is trusted, that an
	// account is no member any more.
	AccountLeft(c *call.Call, organization, account string) error
	// AccessDisabled is told that the service is trusted no more, or that the
	// organization ends.
	AccessDisabled(c *call.Call, organization string) error
}

// State is the store as Advance and Run look at it.
type State interface {
	View() *store.Snapshot
	// Notify returns a channel that is closed at the next commit of records.
	Notify() <-chan struct{}
}
