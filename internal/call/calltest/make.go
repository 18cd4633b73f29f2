package calltest

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
)

// Begin returns the call of the operation that has this input. It is for Make,
// or for what a service is asked beside the operation.
func (d *Door) Begin(in wire.Shape) *call.Call {
	d.Helper()
	op := d.service.API.Operation(strings.TrimSuffix(in.Describe().Name, "Input"))
	if op == nil {
		d.Fatalf("no operation for %s", in.Describe().Name)
	}
	return &call.Call{
		Ctx: d.Context(), Principal: d.Caller, Region: d.Region, Operation: op, Host: d.Host,
		Time: d.Clock.Now(), State: d.Store.View(),
	}
}

// Make makes a call. What is Made stays between the runs of its transaction;
// one that is refused changes nothing, and keeps no events but those that
// stand.
func (d *Door) Make(c *call.Call, in wire.Shape) (out any, err error) {
	if err := wire.Check(c.Operation, in); err != nil {
		return nil, err
	}
	var asked []call.Target // in the run that counts
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.asked, d.events = append(d.asked, asked...), append(d.events, c.Events...)
	}()
	service := d.service
	service.Access = func(c *call.Call, in any) (targets []call.Target, err error) {
		targets, err = d.service.Access(c, in)
		asked = slices.Clone(targets)
		return targets, err
	}
	authorize := func() error {
		if _, err := d.gateway.Authorize(c, &service, in); err != nil {
			return err
		}
		allow := c.Allow
		c.Allow = func(t call.Target) error {
			asked = append(asked, t)
			return allow(t)
		}
		return nil
	}
	if !c.Operation.Writes {
		if err := authorize(); err != nil {
			return nil, d.refuse(c, err)
		}
		return service.Handlers[c.Operation.Name](c, in)
	}
	err = d.Store.Update(c.Ctx, func(tx *store.Tx) error {
		d.Runs++
		c.State, c.Tx, c.Notes = tx, tx, call.Notes{}
		if err := authorize(); err != nil {
			return err
		}
		var err error
		out, err = service.Handlers[c.Operation.Name](c, in)
		return err
	})
	if err != nil {
		return nil, d.refuse(c, err)
	}
	return out, nil
}

// refuse leaves of a call what its record would tell.
func (d *Door) refuse(c *call.Call, err error) error {
	c.State, c.Tx = d.Store.View(), nil
	c.Events = slices.DeleteFunc(c.Events, func(e call.Event) bool { return !e.Stands })
	c.Response = nil
	return err
}

// Call begins a call and makes it.
func (d *Door) Call(in wire.Shape) (any, error) {
	d.Helper()
	c := d.Begin(in)
	d.mu.Lock()
	d.last = c
	d.mu.Unlock()
	return d.Make(c, in)
}

// Do makes calls that must succeed, and returns the answer of the last one.
func (d *Door) Do(ins ...wire.Shape) (out any) {
	d.Helper()
	for _, in := range ins {
		var err error
		if out, err = d.Call(in); err != nil {
			d.Fatalf("%s: %v", in.Describe().Name, err)
		}
	}
	return out
}

// By makes the calls that follow those of an account's root, and has a method
// serve its operation: the one of its name, or another in its place. It
// returns the input as a call has it.
func By[I, O any](d *Door, account string, method func(*call.Call, *I) (*O, error), in *I) wire.Shape {
	d.Helper()
	d.Caller = Root(account)
	shape := any(in).(wire.Shape)
	d.service.Handlers[d.Begin(shape).Operation.Name] = call.Method(method)
	return shape
}

// Refused makes a call that must be refused and change nothing. It returns
// the refusal, or nil when there is none, which is the test's failure.
func (d *Door) Refused(in wire.Shape) *aws.Error {
	d.Helper()
	before := d.Store.View().Rev()
	_, err := d.Call(in)
	var e *aws.Error
	if !errors.As(err, &e) {
		d.Errorf("%s: got %v, want a refusal", in.Describe().Name, err)
		return nil
	}
	if d.Store.View().Rev() != before {
		d.Errorf("%s changed something, and was refused: %v", in.Describe().Name, e)
	}
	return e
}

// Fails makes a call that must be refused with exactly this: "Code: message".
// A code alone stands for any message.
func (d *Door) Fails(want string, in wire.Shape) {
	d.Helper()
	if e := d.Refused(in); e != nil && e.Error() != want && e.Code != want {
		d.Errorf("%s:\n got %v\nwant %s", in.Describe().Name, e, want)
	}
}

// Equal compares what a test got with what it wants.
func (d *Door) Equal(what string, got, want any) {
	d.Helper()
	Equal(d, what, got, want)
}

// Equal compares what a test got with what it wants.
func Equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}
