package iam

import (
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// fixture is the service with two accounts, and a caller in the first of them
// who may do everything. What callers may do, IAM itself says.
type fixture struct {
	*calltest.Door
	service *Service
	admin   BootstrapResult
}

const (
	account = "111111111111"
	other   = "222222222222"
)

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{Door: calltest.New(t, store.Options{}), service: New(calltest.Key(t))}
	f.Identities = f.service
	f.Serve(api.API, api.Handlers(f.service), f.service.Access)
	f.Update(func(tx *store.Tx) (err error) {
		if f.admin, err = f.service.Bootstrap(tx, f.Clock.Now(), account); err != nil {
			return err
		}
		return f.service.AddAccount(tx, f.Clock.Now(), other, "other", "other@example.com")
	})
	f.Caller = f.as(f.admin.AccessKeyID, "")
	return f
}

// as is the principal of an access key; a long-term one has no token.
func (f *fixture) as(accessKeyID, token string) aws.Principal {
	f.Helper()
	p, _, err := f.service.Credentials(f.Store.View(), accessKeyID, token, f.Clock.Now())
	if err != nil {
		f.Fatal(err)
	}
	return p
}

// document is a policy of one statement that allows an action.
func document(action string) *string {
	return new(calltest.Allowing(action))
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
