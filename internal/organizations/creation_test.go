package organizations

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// is compares a value with JSON, leaving out what is null or empty.
func (h *house) is(got any, want string) {
	h.Helper()
	text, err := json.Marshal(got)
	if err != nil {
		h.Fatal(err)
	}
	var g, w any
	if err := json.Unmarshal(text, &g); err != nil {
		h.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		h.Fatal(err)
	}
	if !reflect.DeepEqual(full(g), full(w)) {
		h.Errorf("got  %s\nwant %s", text, want)
	}
}

func full(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = full(v[i])
		}
	case map[string]any:
		for k, m := range v {
			if m == nil || m == "" || m == false {
				delete(v, k)
			} else {
				v[k] = full(m)
			}
		}
	}
	return v
}

func TestCreateAccount(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	must(h, m, h.EnableAWSServiceAccess, &api.EnableAWSServiceAccessInput{ServicePrincipal: new(cloudTrail)})
	status := must(h, m, h.CreateAccount, &api.CreateAccountInput{
		AccountName: new("member"), Email: new("member@example.com"), Tags: []api.Tag{{Key: new("team"), Value: new("red")}},
	}).CreateAccountStatus
	if *status.State != "IN_PROGRESS" || *status.AccountName != "member" || !status.RequestedTimestamp.Equal(h.Clock.Now()) ||
		status.AccountId != nil || status.CompletedTimestamp != nil || status.FailureReason != nil {
		t.Errorf("status: %+v", status)
	}
	h.hears()
	h.Clock.Advance(time.Second)
	h.advance()
	h.advance() // nothing is left

	status = must(h, m, h.DescribeCreateAccountStatus, &api.DescribeCreateAccountStatusInput{CreateAccountRequestId: status.Id}).CreateAccountStatus
	if *status.State != "SUCCEEDED" || !status.CompletedTimestamp.Equal(h.Clock.Now()) {
		t.Fatalf("status: %+v", status)
	}
	account := *status.AccountId
	h.hears("joined " + account)
	a := must(h, m, h.DescribeAccount, &api.DescribeAccountInput{AccountId: &account}).Account
	if *a.JoinedMethod != "CREATED" || *a.Name != "member" || *a.Email != "member@example.com" || a.Paths[0] != o.ID+"/"+o.Root+"/"+account+"/" {
		t.Errorf("account: %+v", a)
	}
	tags := must(h, m, h.ListTagsForResource, &api.ListTagsForResourceInput{ResourceId: &account}).Tags
	if len(tags) != 1 || *tags[0].Key != "team" {
		t.Errorf("tags: %+v", tags)
	}
	role, ok := fakeRoleKind.Get(h.Store.View(), account+"/OrganizationAccountAccessRole")
	if !ok || role.Policy != "arn:aws:iam::aws:policy/AdministratorAccess" {
		t.Errorf("role: %+v", role)
	}
	h.is(json.RawMessage(role.Trust), `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+m+`:root"},"Action":"sts:AssumeRole"}]}`)
	if !(fakeRoles{}).HasServiceLinkedRole(h.Store.View(), account, ServicePrincipal) {
		t.Error("the account lacks the service-linked role")
	}
	h.is(h.Emitted(), `[{"Type":"AwsServiceEvent","Source":"organizations.amazonaws.com","Name":"CreateAccountResult","Account":"`+m+`","Region":"us-east-1","InvokedBy":"organizations.amazonaws.com",`+
		`"Details":{"createAccountStatus":{"id":"`+*status.Id+`","state":"SUCCEEDED","accountName":"****","accountId":"`+account+`","requestedTimestamp":"Jan 31, 2026 2:00:00 AM","completedTimestamp":"Jan 31, 2026 2:00:01 AM"}}}]`)
}

func TestCreateAccountFails(t *testing.T) {
	h := newHouse(t)
	m, _ := h.organize()
	h.Limits.Accounts = 3
	h.standalone("taken")
	for _, c := range []struct{ name, email, want string }{
		{"one", "taken@example.com", "EMAIL_ALREADY_EXISTS"},
		{"two", "TAKEN@example.com", "EMAIL_ALREADY_EXISTS"},
		{"refused", "refused@example.com", "INTERNAL_FAILURE"},
		{"three", "three@example.com", ""},
		{"four", "four@example.com", ""},
		{"five", "five@example.com", "ACCOUNT_LIMIT_EXCEEDED"},
	} {
		h.Emitted()
		id := must(h, m, h.CreateAccount, &api.CreateAccountInput{AccountName: &c.name, Email: &c.email}).CreateAccountStatus.Id
		h.advance()
		status := must(h, m, h.DescribeCreateAccountStatus, &api.DescribeCreateAccountStatusInput{CreateAccountRequestId: id}).CreateAccountStatus
		if c.want == "" {
			if *status.State != "SUCCEEDED" {
				t.Errorf("%s: %s", c.name, *status.State)
			}
			continue
		}
		if *status.State != "FAILED" || *status.FailureReason != c.want || status.AccountId != nil {
			t.Errorf("%s: %+v, want %s", c.name, status, c.want)
		}
		h.is(h.Emitted()[0].Details, `{"createAccountStatus":{"id":"`+*id+`","state":"FAILED","accountName":"****","failureReason":"`+c.want+`","requestedTimestamp":"Jan 31, 2026 2:00:00 AM","completedTimestamp":"Jan 31, 2026 2:00:00 AM"}}`)
	}
	if got := len(must(h, m, h.ListAccounts, &api.ListAccountsInput{}).Accounts); got != 3 {
		t.Errorf("%d accounts", got)
	}

	list := func(states ...string) int {
		return len(must(h, m, h.ListCreateAccountStatus, &api.ListCreateAccountStatusInput{States: states}).CreateAccountStatuses)
	}
	if list() != 6 || list("FAILED") != 4 || list("SUCCEEDED") != 2 || list("IN_PROGRESS") != 0 || list("IN_PROGRESS", "SUCCEEDED") != 2 {
		t.Error("the list of requests by state is wrong")
	}
}

func TestCreateAccountInput(t *testing.T) {
	h := newHouse(t)
	m, _ := h.organize()
	h.Limits.Creations = 1
	in := func(change func(*api.CreateAccountInput)) *api.CreateAccountInput {
		in := &api.CreateAccountInput{AccountName: new("a"), Email: new("a@example.com")}
		change(in)
		return in
	}
	refuses(h, "InvalidInput/INVALID_ROLE_NAME", m, h.CreateAccount, in(func(in *api.CreateAccountInput) { in.RoleName = new("AWSServiceRoleForX") }))
	refuses(h, "InvalidInput/INVALID_PATTERN", m, h.CreateAccount, in(func(in *api.CreateAccountInput) { in.Email = new("nobody at home") }))
	refuses(h, "InvalidInput/INPUT_REQUIRED", m, h.CreateAccount, in(func(in *api.CreateAccountInput) { in.AccountName = nil }))
	refuses(h, "InvalidInput/MAX_LENGTH_EXCEEDED", m, h.CreateAccount, in(func(in *api.CreateAccountInput) { in.AccountName = new(strings.Repeat("a", 51)) }))
	refuses(h, "InvalidInput/DUPLICATE_TAG_KEY", m, h.CreateAccount, in(func(in *api.CreateAccountInput) {
		in.Tags = []api.Tag{{Key: new("k"), Value: new("")}, {Key: new("k"), Value: new("")}}
	}))
	must(h, m, h.CreateAccount, in(func(in *api.CreateAccountInput) { in.RoleName = new("Other") }))
	refuses(h, "ConstraintViolation/ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED", m, h.CreateAccount, in(func(*api.CreateAccountInput) {}))
	refuses(h, "CreateAccountStatusNotFound", m, h.DescribeCreateAccountStatus, &api.DescribeCreateAccountStatusInput{CreateAccountRequestId: new("car-00000000")})
	h.advance()
	account := *must(h, m, h.ListAccounts, &api.ListAccountsInput{}).Accounts[1].Id
	if _, ok := fakeRoleKind.Get(h.Store.View(), account+"/Other"); !ok {
		t.Error("the role has not the name that was asked for")
	}
}

// A process that ends between the request and its completion leaves the
// request; one that ends inside the completion leaves nothing of it.
func TestCreateAccountSurvivesCrash(t *testing.T) {
	dir := t.TempDir()
	h := openHouse(t, store.Options{Dir: dir})
	m, _ := h.organize()
	id := must(h, m, h.CreateAccount, &api.CreateAccountInput{AccountName: new("a"), Email: new("a@example.com")}).CreateAccountStatus.Id
	h.Store.Close()

	h = openHouse(t, store.Options{Dir: dir})
	power := errors.New("the power is gone")
	h.Service.System = func(ctx context.Context, service, account, region string, fn func(*call.Call) error) error {
		return h.Door.System(ctx, service, account, region, func(c *call.Call) error {
			if err := fn(c); err != nil {
				return err
			}
			return power
		})
	}
	if err := h.Advance(t.Context()); !errors.Is(err, power) {
		t.Fatalf("advance: %v", err)
	}
	h.Store.Close()

	h = openHouse(t, store.Options{Dir: dir})
	describe := &api.DescribeCreateAccountStatusInput{CreateAccountRequestId: id}
	if got := must(h, m, h.DescribeCreateAccountStatus, describe).CreateAccountStatus; *got.State != "IN_PROGRESS" {
		t.Fatalf("after two crashes: %s", *got.State)
	}
	if rows(h.Store.View(), fakeAccountKind) != 1 || len(must(h, m, h.ListAccounts, &api.ListAccountsInput{}).Accounts) != 1 {
		t.Fatal("half an account is left")
	}
	h.advance()
	if got := must(h, m, h.DescribeCreateAccountStatus, describe).CreateAccountStatus; *got.State != "SUCCEEDED" {
		t.Errorf("at last: %s", *got.State)
	}
	if events := h.Emitted(); len(events) != 1 || len(must(h, m, h.ListAccounts, &api.ListAccountsInput{}).Accounts) != 2 {
		t.Errorf("%d results, %d accounts", len(events), rows(h.Store.View(), members))
	}
}

// Run completes a request without being asked to.
func TestRun(t *testing.T) {
	h := newHouse(t)
	m, _ := h.organize()
	id := must(h, m, h.CreateAccount, &api.CreateAccountInput{AccountName: new("before"), Email: new("before@example.com")}).CreateAccountStatus.Id
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { h.Run(ctx) })
	for _, name := range []string{"", "one", "two"} {
		if name != "" {
			id = must(h, m, h.CreateAccount, &api.CreateAccountInput{AccountName: &name, Email: new(name + "@example.com")}).CreateAccountStatus.Id
		}
		for {
			committed := h.Store.Notify()
			if *must(h, m, h.DescribeCreateAccountStatus, &api.DescribeCreateAccountStatusInput{CreateAccountRequestId: id}).CreateAccountStatus.State == "SUCCEEDED" {
				break
			}
			select {
			case <-committed:
			case <-time.After(time.Minute):
				t.Fatal("Run does not run")
			}
		}
	}
	stop()
	running.Wait()
}
