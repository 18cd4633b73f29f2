package iam

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// fixture is a store with two accounts and a caller in the first of them.
type fixture struct {
	testing.TB
	service  *Service
	handlers map[string]call.Handler
	store    *store.Store
	now      time.Time
	caller   aws.Principal
	admin    BootstrapResult
	passes   []call.Target // what Allow was asked
	allow    error         // what Allow answers
	runs     int           // of the transactions of calls
}

const (
	account = "111111111111"
	other   = "222222222222"
)

func testKey(t testing.TB) *seal.Key {
	t.Helper()
	key, err := seal.New([]byte(strings.Repeat("k", seal.Size)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	f := &fixture{TB: t, service: New(testKey(t)), store: st, now: time.Date(2026, 1, 31, 2, 0, 0, 0, time.UTC)}
	f.handlers = api.Handlers(f.service)
	f.update(func(tx *store.Tx) error {
		if f.admin, err = f.service.Bootstrap(tx, f.now, account); err != nil {
			return err
		}
		return f.service.AddAccount(tx, f.now, other, "other", "other@example.com")
	})
	f.caller = f.as(f.admin.AccessKeyID)
	return f
}

func (f *fixture) update(fn func(*store.Tx) error) {
	f.Helper()
	if err := f.store.Update(context.Background(), fn); err != nil {
		f.Fatal(err)
	}
}

// as is the principal of a long-term access key.
func (f *fixture) as(accessKeyID string) aws.Principal {
	f.Helper()
	p, _, err := f.service.Credentials(f.store.View(), accessKeyID, "", f.now)
	if err != nil {
		f.Fatal(err)
	}
	return p
}

func root(account string) aws.Principal {
	return aws.Principal{Type: aws.Root, Account: account, ARN: aws.RootARN(account), ID: account}
}

// call makes a call as the front door does: checked against the model, in a
// transaction when it writes.
func (f *fixture) call(in wire.Shape) (out any, err error) {
	f.Helper()
	op := api.API.Operation(strings.TrimSuffix(in.Describe().Name, "Input"))
	if op == nil {
		f.Fatalf("no operation for %s", in.Describe().Name)
	}
	if err := wire.Check(op, in); err != nil {
		return nil, err
	}
	c := &call.Call{Ctx: context.Background(), Principal: f.caller, Region: aws.GlobalRegion, Operation: op, Time: f.now, State: f.store.View()}
	c.Allow = func(t call.Target) error {
		f.passes = append(f.passes, t)
		return f.allow
	}
	if !op.Writes {
		return f.handlers[op.Name](c, in)
	}
	err = f.store.Update(c.Ctx, func(tx *store.Tx) error {
		f.runs++
		c.State, c.Tx = tx, tx
		out, err = f.handlers[op.Name](c, in)
		return err
	})
	return out, err
}

// do makes calls that must succeed, and returns the answer of the last one.
func (f *fixture) do(ins ...wire.Shape) (out any) {
	f.Helper()
	for _, in := range ins {
		var err error
		if out, err = f.call(in); err != nil {
			f.Fatalf("%s: %v", in.Describe().Name, err)
		}
	}
	return out
}

// fails makes a call that must fail with exactly this: "Code: message".
func (f *fixture) fails(want string, in wire.Shape) {
	f.Helper()
	_, err := f.call(in)
	if err == nil {
		f.Errorf("%s succeeded, want %s", in.Describe().Name, want)
		return
	}
	var e *aws.Error
	if !errors.As(err, &e) || e.Error() != want {
		f.Errorf("%s: %v\nwant: %s", in.Describe().Name, err, want)
	}
}

func (f *fixture) equal(what string, got, want any) {
	f.Helper()
	if !reflect.DeepEqual(got, want) {
		f.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// document is a policy of one statement that allows an action.
func document(action string) *string {
	return new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"*"}]}`)
}

func trusting(principal string) *string {
	return new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"sts:AssumeRole"}]}`)
}

func names[T any](items []T, name func(T) *string) []string {
	list := make([]string, len(items))
	for i, item := range items {
		list[i] = *name(item)
	}
	return list
}
