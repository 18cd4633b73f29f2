package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/record"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

// Gateway answers every call of every service.
type Gateway struct {
	Services      []*Service
	Store         *store.Store
	Identities    Identities
	Organizations Organizations
	Router        Router
	// Now is the server's clock. Signatures are checked against the real
	// one, because clients cannot know that the server's was moved.
	Now func() time.Time
	// Region is where unsigned calls are made, and a region that signatures
	// may name besides AWS's own.
	Region string
	// CanonicalUser is the name that S3 policies may call an account by.
	CanonicalUser func(account string) string
	// Unknown, in development, makes a principal of an access key that
	// nobody has; it may create the account. It reports false for a key that
	// somebody has, and may not use. nil refuses all keys that are no good.
	Unknown func(ctx context.Context, accessKeyID string) (aws.Principal, bool, error)
	// Observe is told of every call that was answered.
	Observe func(op *wire.Operation, code string, took time.Duration)
	Log     *slog.Logger

	verifier sigv4.Verifier
}

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := g.open(w, r)
	defer x.recover()
	out, err := x.serve()
	x.reply(out, err)
}

// serve is the whole path of a request but for its last step, the encoding
// of the answer.
func (x *exchange) serve() (wire.Shape, error) {
	if err := x.g.Store.Healthy(); err != nil {
		return nil, unavailable(err)
	}
	if err := x.identify(); err != nil {
		return nil, err
	}
	if err := x.authenticate(); err != nil {
		return nil, err
	}
	if err := x.decode(); err != nil {
		return nil, x.refuse(err)
	}
	if x.Operation.Writes {
		return x.change()
	}
	return x.read()
}

// change runs a call that changes the control plane, in one transaction: the
// permissions, the change, and the record of it. When it returns without an
// error both are durable. A refused call changes nothing and leaves its
// record.
func (x *exchange) change() (wire.Shape, error) {
	var out wire.Shape
	err := x.g.transact(x.Ctx, &x.Made, func(tx *store.Tx) error {
		x.State, x.Tx, x.Notes = tx, tx, call.Notes{}
		before := x.g.Router.Routes(tx, x.facts(x.Account()))
		if _, err := x.g.Authorize(&x.Call, x.service, x.in); err != nil {
			return err
		}
		var err error
		if out, err = x.invoke(); err != nil {
			return err
		}
		tx.Append(x.entries(before, record.Outcome{In: x.in, Out: out, Time: x.g.Now()})...)
		return nil
	})
	if err != nil {
		return nil, x.refuse(err)
	}
	return out, nil
}

// transact runs the transaction of a call, and ends what was made for it.
func (g *Gateway) transact(ctx context.Context, made *call.Made, fn func(*store.Tx) error) (err error) {
	err = errUnfinished // as a panic leaves it
	defer func() { made.End(err) }()
	err = g.Store.Update(ctx, fn)
	return err
}

var errUnfinished = errors.New("gateway: the transaction has not ended")

// read runs a call that leaves the control plane as it is: on one revision of
// it, with its record durable before the answer. A call on objects that some
// trail logs announces itself first.
func (x *exchange) read() (wire.Shape, error) {
	targets, err := x.g.Authorize(&x.Call, x.service, x.in)
	if err != nil {
		return nil, x.refuse(err)
	}
	intent := ""
	if x.Operation.DataType != "" && !x.Operation.ReadOnly {
		if intent, err = x.announce(targets); err != nil {
			return nil, err
		}
	}
	out, err := x.invoke()
	o := record.Outcome{In: x.in, Out: out, Err: refusal(err), Time: x.g.Now()}
	if e := x.journal(intent, x.entries(nil, o)); e != nil {
		closeStream(out)
		return nil, e
	}
	return out, err
}

// refuse journals the record of a call that failed before or instead of its
// change, and returns the error to answer with.
func (x *exchange) refuse(err error) error {
	x.State, x.Tx = x.g.Store.View(), nil
	// What belongs to a change that did not happen is not told.
	x.Notes.Events = slices.DeleteFunc(x.Notes.Events, func(e call.Event) bool { return !e.Stands })
	x.Notes.Response = nil
	o := record.Outcome{In: x.in, Err: refusal(err), Time: x.g.Now()}
	if e := x.journal("", x.entries(nil, o)); e != nil {
		return e
	}
	return err
}

// journal makes records durable. A nil error promises that they are on disk.
// A client that went away does not stop it: what was done is recorded.
func (x *exchange) journal(intent string, entries []journal.Entry) error {
	ctx := context.WithoutCancel(x.Ctx)
	switch {
	case intent != "":
		return x.g.Store.AppendClosing(ctx, intent, entries...)
	case len(entries) > 0:
		return x.g.Store.Append(ctx, entries...)
	}
	return nil
}

// invoke runs the operation.
func (x *exchange) invoke() (wire.Shape, error) {
	out, err := x.service.Handlers[x.Operation.Name](&x.Call, x.in)
	if err != nil {
		return nil, err
	}
	return out.(wire.Shape), nil
}
