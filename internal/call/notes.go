package call

import (
	"slices"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// Notes are what a service adds to the record of the call it serves, and the
// further records that the call causes.
type Notes struct {
	// Resources are the resources member of the record.
	Resources []Resource
	// Additional is the additionalEventData member.
	Additional map[string]any
	// Request and Response replace what the record would say of the input
	// and the output, for the few operations whose record differs from the
	// wire.
	Request, Response any
	// Supplied are members that the record shows beside the input's: what the
	// caller left to the service.
	Supplied map[string]any
	// Owners are the accounts, other than the caller's, that own what was
	// called. Each gets a record of its own with the same sharedEventID.
	Owners []string
	// Events are records of other kinds that belong to this call's change.
	Events []Event
}

// Resource is one element of a record's resources.
type Resource struct {
	Account string // left out when ""
	Unknown bool   // the account is shown as ""
	Type    string // AWS::S3::Bucket
	ARN     string
	Prefix  bool // of the ARN, which is all that is told
}

// Emit adds a record that is journaled together with the call's own.
func (n *Notes) Emit(e Event) { n.Events = append(n.Events, e) }

// EmitEach adds a record to the log of each account. Where there is more than
// one they have a sharedEventID in common. "" is an anonymous caller's, who
// has no log.
func (n *Notes) EmitEach(e Event, accounts ...string) {
	accounts = slices.DeleteFunc(slices.Compact(accounts), func(a string) bool { return a == "" })
	if len(accounts) > 1 {
		e.SharedID = aws.UUID()
	}
	for _, e.Account = range accounts {
		n.Emit(e)
	}
}

// Event is a record besides the call's own: the result of work done later
// (CreateAccountResult), a call that a service made itself (the probe of a
// trail's bucket), or a part of the call that AWS records on its own.
type Event struct {
	Type     string // AwsServiceEvent or AwsApiCall
	Source   string // organizations.amazonaws.com
	Name     string // CreateAccountResult
	Account  string // whose log it stands in
	Region   string
	ReadOnly bool
	// InvokedBy is the service principal that acts; "" is the caller, as in
	// the records of the keys of one DeleteObjects.
	InvokedBy string
	// Inside says that the caller acts, but through the service that it
	// called, as when S3 decrypts an object for its reader.
	Inside bool
	// DataType is the resource type of a data event; "" is a management
	// event.
	DataType  string
	Resources []Resource
	// Request, Response, Additional and Details (serviceEventDetails) are
	// printed as encoding/json prints them; nil is null for the first two
	// and absent for the others.
	Request, Response, Additional, Details any
	// SharedID is the sharedEventID, "" for none.
	SharedID string
	// Stands says that the event happened whatever becomes of the call that
	// caused it, as when CloudTrail asked a bucket and was refused.
	Stands bool
	// Err is why the call failed, nil when it did not.
	Err *aws.Error
}
