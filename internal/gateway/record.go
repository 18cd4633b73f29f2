package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/record"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
)

// entries builds the records that a finished call leaves: the caller's, one
// for each other account that owns what was called, and those that the
// service emitted. The routes before the call's change are added to those
// after it, so that StopLogging still reaches the trail it stops.
//
// A data event that no trail selects leaves no record, as in AWS.
func (x *exchange) entries(before []journal.Route, o record.Outcome) []journal.Entry {
	if x.api().Protocol == wire.RESTXML {
		x.noteTransfer()
	}
	var list []journal.Entry
	shared := ""
	if len(x.Owners) > 0 && x.Account() != "" {
		shared = aws.UUID()
	}
	for _, account := range append([]string{x.Account()}, x.Owners...) {
		if account == "" {
			continue // an anonymous caller has no log
		}
		f := x.facts(account)
		routes := x.g.Router.Routes(x.State, f)
		if account == x.Account() {
			routes = merge(before, routes)
		}
		if f.DataType != "" && len(routes) == 0 {
			continue
		}
		r := record.Copy{Account: account, EventID: aws.EventID(), SharedID: shared}
		list = append(list, journal.Entry{
			Account: account, Region: f.Region, Time: o.Time, EventID: r.EventID, Routes: routes,
			Record: record.Call(&x.Call, o, r),
		})
	}
	return append(list, x.g.emitted(&x.Call, o.Time)...)
}

// noteTransfer adds what the records of S3 tell of the request itself.
func (x *exchange) noteTransfer() {
	if x.Additional == nil {
		x.Additional = make(map[string]any)
	}
	x.Additional["bytesTransferredIn"] = max(x.req.HTTP.ContentLength, 0)
	if x.Additional["bytesTransferredOut"] == nil {
		x.Additional["bytesTransferredOut"] = 0
	}
	x.Additional["x-amz-id-2"] = wire.HostID(x.RequestID)
	if x.sig != nil {
		x.Additional["SignatureVersion"] = "SigV4"
		x.Additional["AuthenticationMethod"] = "AuthHeader"
		if x.sig.Presigned {
			x.Additional["AuthenticationMethod"] = "QueryString"
		}
	}
	if x.TLS != nil {
		x.Additional["CipherSuite"] = x.TLS.CipherSuite
	}
}

// emitted builds the records that a service asked for besides the call's own.
func (g *Gateway) emitted(c *call.Call, ended time.Time) []journal.Entry {
	var list []journal.Entry
	for i := range c.Events {
		ev := &c.Events[i]
		routes := g.Router.Routes(c.State, &call.Facts{
			Account: ev.Account, Region: ev.Region, Source: ev.Source, Name: ev.Name, Type: ev.Type,
			ReadOnly: ev.ReadOnly, DataType: ev.DataType, Resources: ev.Resources,
			Global: g.isGlobal(ev.Source),
		})
		if ev.DataType != "" && len(routes) == 0 {
			continue
		}
		r := record.Copy{Account: ev.Account, EventID: aws.EventID(), SharedID: ev.SharedID}
		list = append(list, journal.Entry{
			Account: ev.Account, Region: ev.Region, Time: ended, EventID: r.EventID, Routes: routes,
			Record: record.Event(c, ev, ended, r),
		})
	}
	return list
}

// facts are what decides where the call's record in an account's log goes.
func (x *exchange) facts(account string) *call.Facts {
	op := x.Operation
	region := record.Region(&x.Call)
	return &call.Facts{
		Account: account, Region: region,
		Global: op.Service.Global || op.Service.ID == "sts" && region == aws.GlobalRegion,
		Source: op.Service.EventSource, Name: op.EventName, Type: "AwsApiCall",
		ReadOnly: op.ReadOnly, DataType: op.DataType, Resources: x.Resources,
		UserARN:     x.Principal.ARN,
		FromConsole: x.Principal.Session != nil && x.Principal.Session.FromConsole,
	}
}

func (g *Gateway) isGlobal(source string) bool {
	return slices.ContainsFunc(g.Services, func(s *Service) bool { return s.API.Global && s.API.EventSource == source })
}

// merge joins the routes of a record before and after the change that it
// tells of. Where both name a trail, the layout after the change holds.
func merge(before, after []journal.Route) []journal.Route {
	for _, b := range before {
		if !slices.ContainsFunc(after, func(a journal.Route) bool { return a.Trail == b.Trail }) {
			after = append(after, b)
		}
	}
	return after
}

// announce journals the intent of a call whose change lies outside the store
// (the bytes of an object), when a trail selects it. If the server dies
// before the call ends, the record that says so is delivered at the next
// start: a crash leaves a record of unknown outcome and never silence. It
// returns the intent's id, or "" when no trail asks for the record.
func (x *exchange) announce(targets []call.Target) (string, error) {
	resources := x.Resources
	defer func() { x.Resources = resources }()
	x.Resources = nil
	for _, t := range targets {
		x.Resources = append(x.Resources, call.Resource{Account: t.Owner, Type: x.Operation.DataType, ARN: t.Resource})
	}
	unknown := aws.Errorf("InternalError", "The server stopped before the outcome of this call was known.")
	list := x.entries(nil, record.Outcome{In: x.in, Err: unknown, Time: x.g.Now()})
	if len(list) == 0 {
		return "", nil
	}
	id := aws.UUID()
	payload, err := json.Marshal(list)
	if err != nil {
		return "", err
	}
	return id, x.g.Store.OpenIntent(x.Ctx, id, payload)
}

// CloseOrphans journals the records of calls that a crash cut short. It runs
// before the server takes calls, and then now and again: a process that died
// a moment ago may still count as alive, and other replicas die when they
// will. Of several that find the same orphan one journals its record.
func (g *Gateway) CloseOrphans(ctx context.Context) error {
	orphans, err := g.Store.Orphans(ctx)
	if err != nil {
		return err
	}
	for _, o := range orphans {
		var entries []journal.Entry
		if err := json.Unmarshal(o.Payload, &entries); err != nil {
			return err
		}
		if err := g.Store.AppendClosing(ctx, o.ID, entries...); err != nil && !errors.Is(err, store.ErrIntentClosed) {
			return err
		}
	}
	return nil
}
