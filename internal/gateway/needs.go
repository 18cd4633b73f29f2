package gateway

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
)

// Service is one service behind the door.
type Service struct {
	API      *wire.Service
	Handlers map[string]call.Handler
	// Access lists the permissions that a call needs. An error answers the
	// call in its place, as for a bucket that does not exist.
	Access func(c *call.Call, in any) ([]call.Target, error)
}

// Identities knows callers by their credentials and what they may do.
type Identities interface {
	// Credentials finds the principal and the secret of an access key. The
	// error's code is InvalidClientTokenId or ExpiredToken.
	Credentials(r store.Reader, accessKeyID, sessionToken string, now time.Time) (aws.Principal, string, *aws.Error)
	PoliciesOf(r store.Reader, p aws.Principal) (identity, boundary, session []policy.Attached)
	// Used is told of every call that a principal was authenticated for.
	Used(p *aws.Principal, region, service string, at time.Time)
	// TagsOf are the tags of the user or role behind a principal.
	TagsOf(r store.Reader, p aws.Principal) map[string]string
}

// Organizations knows what an account's organization says of its calls.
type Organizations interface {
	// Membership is the organization of an account and the account's path in
	// it, or empty strings.
	Membership(r store.Reader, account string) (organization, path string)
	// Usable is false for an account that is closed: its credentials are
	// nobody's.
	Usable(r store.Reader, account string) bool
	// ServiceControlPolicies and ResourceControlPolicies are the policies
	// from the root down to the account, nil where they do not apply.
	ServiceControlPolicies(r store.Reader, account string) [][]policy.Attached
	ResourceControlPolicies(r store.Reader, account string) [][]policy.Attached
}

// Router says which trails a record goes to as the trails are in r.
type Router interface {
	Routes(r store.Reader, f *call.Facts) []journal.Route
}
