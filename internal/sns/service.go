package sns

import (
	"log/slog"
	"sync"

	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

// ServicePrincipal is who a queue's policy lets in.
const ServicePrincipal = "sns.amazonaws.com"

// Service is Amazon SNS.
type Service struct {
	Queues     Queues
	Keys       Keys
	Principals Principals
	// ResourceControls are the resource control policies from the root down
	// to an account, which bind services that publish. nil: there are none.
	// Those that bind other callers are the front door's to ask.
	ResourceControls func(r store.Reader, account string) [][]policy.Attached
	// Base is where subscribers reach this server, without a slash at the
	// end: the URLs in messages begin with it.
	Base string
	// Log is told of messages that nobody got.
	Log *slog.Logger

	seal    *seal.Key
	private sync.Map   // id of a certificate → its opened *rsa.PrivateKey
	spares  sync.Map   // region → a *rsa.PrivateKey that is not stored yet
	making  sync.Mutex // of spares
}

var _ api.Service = (*Service)(nil)

// New returns the service of a master key.
func New(master *seal.Key) *Service {
	return &Service{seal: master.For("sns.signingkey"), Log: slog.Default()}
}
