package call

import (
	"context"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
)

// Call is one request on its way through the house.
type Call struct {
	Ctx context.Context

	// Who.
	Principal           aws.Principal
	SourceIP, UserAgent string
	TLS                 *TLS

	// Where and what.
	Region    string
	Operation *wire.Operation
	Host      string // as the client wrote it

	// When. Time is the moment the call arrived on the server's clock.
	Time      time.Time
	RequestID string

	// State is one revision of the control plane. In an operation that
	// writes it is Tx, so that a service reads what it has just written.
	State store.Reader
	Tx    *store.Tx
	// Made outlives the runs of the call's transaction: see Beforehand.
	Made Made

	// Allow asks whether the caller may do one thing more than the operation
	// itself needs (iam:PassRole on a role, iam:CreateServiceLinkedRole). It
	// returns nil or the error to answer with.
	Allow func(Target) error

	Notes
}

// TLS is what a record says of the connection.
type TLS struct {
	Version, CipherSuite string
}

// Account is the account of the caller.
func (c *Call) Account() string { return c.Principal.Account }

// A Handler runs one operation on its typed input and returns its typed
// output. Generated tables are made of Method values.
type Handler func(c *Call, in any) (out any, err error)

// Method makes a Handler of a service's method.
func Method[I, O any](m func(*Call, *I) (*O, error)) Handler {
	return func(c *Call, in any) (any, error) {
		out, err := m(c, in.(*I))
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = new(O)
		}
		return out, nil
	}
}

// System runs fn as a service of this house in an account and a region, in a
// transaction of its own. It is how work that nobody waits for changes state:
// what fn emits is journaled with its change. A nil error means both are
// durable.
type System func(ctx context.Context, service, account, region string, fn func(*Call) error) error
