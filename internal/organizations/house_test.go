package organizations

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// house is the service, with a fake IAM.
type house struct {
	*calltest.Door
	*Service
	mu sync.Mutex // of what follows: unattended work runs side by side
	// news is what the trusted service was told.
	news []string
}

const cloudTrail = "cloudtrail.amazonaws.com"

func newHouse(t testing.TB) *house { return openHouse(t, store.Options{}) }

func openHouse(t testing.TB, o store.Options) *house {
	t.Helper()
	h := &house{Door: calltest.New(t, o)}
	h.Service = &Service{
		Accounts: fakeAccounts{},
		Roles:    fakeRoles{},
		Trusted:  map[string]TrustedService{cloudTrail: h},
		State:    h.Store,
		System:   h.Door.System,
		Now:      h.Clock.Now,
		Log:      slog.New(slog.DiscardHandler),
	}
	h.Serve(api.API, api.Handlers(h.Service), h.Access)
	return h
}

// do makes a call of a method in the name of an account's root.
func do[I, O any](h *house, account string, method func(*call.Call, *I) (*O, error), in *I) (any, error) {
	h.Helper()
	return h.Call(calltest.By(h.Door, account, method, in))
}

// must is do for calls that succeed.
func must[I, O any](h *house, account string, method func(*call.Call, *I) (*O, error), in *I) *O {
	h.Helper()
	return h.Do(calltest.By(h.Door, account, method, in)).(*O)
}

// refuses makes a call that fails with a code and, after a slash, a reason, or
// with <nil>, which is that it succeeds.
func refuses[I, O any](h *house, want, account string, method func(*call.Call, *I) (*O, error), in *I) {
	h.Helper()
	if want == "<nil>" {
		must(h, account, method, in)
		return
	}
	if e := h.Refused(calltest.By(h.Door, account, method, in)); e != nil && refusal(e) != want {
		h.Errorf("%T: got %s, want %s (%v)", in, refusal(e), want, e)
	}
}

func refusal(err error) string {
	e, ok := err.(*aws.Error)
	if !ok {
		return fmt.Sprint(err)
	}
	s := strings.TrimSuffix(e.Code, "Exception")
	if reason := e.Field("Reason"); reason != "" {
		s += "/" + reason
	}
	return s
}

// update changes the store outside any call.
func (h *house) update(fn func(*store.Tx)) {
	h.Helper()
	h.Update(func(tx *store.Tx) error { fn(tx); return nil })
}

// standalone makes an account in no organization.
func (h *house) standalone(name string) (id string) {
	h.Helper()
	h.update(func(tx *store.Tx) { id, _ = fakeAccounts{}.NewAccount(tx, h.Clock.Now(), name, name+"@example.com") })
	return id
}

// organize makes an organization with all features and returns its
// management account.
func (h *house) organize() (management string, o *Organization) {
	h.Helper()
	management = h.standalone("management")
	must(h, management, h.CreateOrganization, &api.CreateOrganizationInput{})
	return management, h.organizationOf(management)
}

func (h *house) organizationOf(account string) *Organization {
	h.Helper()
	o, ok := OrganizationOf(h.Store.View(), account)
	if !ok {
		h.Fatalf("account %s is in no organization", account)
	}
	return o
}

// create makes a member account.
func (h *house) create(management, name string) string {
	h.Helper()
	out := must(h, management, h.CreateAccount, &api.CreateAccountInput{AccountName: &name, Email: new(name + "@example.com")})
	h.advance()
	status := must(h, management, h.DescribeCreateAccountStatus, &api.DescribeCreateAccountStatusInput{CreateAccountRequestId: out.CreateAccountStatus.Id})
	if got := *status.CreateAccountStatus.State; got != api.CreateAccountStateSucceeded {
		h.Fatalf("account %s: %s %s", name, got, aws.Val(status.CreateAccountStatus.FailureReason))
	}
	return *status.CreateAccountStatus.AccountId
}

// invite sends an invitation and returns the handshake's id.
func (h *house) invite(management, account string) string {
	h.Helper()
	out := must(h, management, h.InviteAccountToOrganization, &api.InviteAccountToOrganizationInput{Target: party(api.HandshakePartyTypeAccount, account)})
	return *out.Handshake.Id
}

func party(kind, id string) *api.HandshakeParty { return &api.HandshakeParty{Type: &kind, Id: &id} }

// joined makes a member by invitation.
func (h *house) joined(management, name string) string {
	h.Helper()
	account := h.standalone(name)
	must(h, account, h.AcceptHandshake, &api.AcceptHandshakeInput{HandshakeId: new(h.invite(management, account))})
	return account
}

// unit makes an organizational unit.
func (h *house) unit(management, parent, name string) string {
	h.Helper()
	out := must(h, management, h.CreateOrganizationalUnit, &api.CreateOrganizationalUnitInput{ParentId: &parent, Name: &name})
	return *out.OrganizationalUnit.Id
}

// scp makes a service control policy that denies an action.
func (h *house) scp(management, name, action string) string {
	h.Helper()
	out := must(h, management, h.CreatePolicy, &api.CreatePolicyInput{
		Name: &name, Description: new(""), Type: new(serviceControl),
		Content: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"` + action + `","Resource":"*"}]}`),
	})
	return *out.Policy.PolicySummary.Id
}

func (h *house) advance() {
	h.Helper()
	if err := h.Advance(h.Context()); err != nil {
		h.Fatal(err)
	}
}

// The trusted service.

func (h *house) AccountJoined(c *call.Call, organization, account string) error {
	if _, ok := OrganizationOf(c.State, account); !ok {
		h.Errorf("told of %s, which is no member", account)
	}
	return h.told("joined " + account)
}

func (h *house) AccountLeft(c *call.Call, organization, account string) error {
	if _, ok := OrganizationOf(c.State, account); ok {
		h.Errorf("told that %s has left, which is still a member", account)
	}
	return h.told("left " + account)
}

func (h *house) AccessDisabled(c *call.Call, organization string) error {
	return h.told("disabled " + organization)
}

func (h *house) told(news string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.news = append(h.news, news)
	return nil
}

// hears checks what the trusted service was told since the last time.
func (h *house) hears(want ...string) {
	h.Helper()
	if !slices.Equal(h.news, want) {
		h.Errorf("the trusted service was told %q, want %q", h.news, want)
	}
	h.news = nil
}

// The fake IAM lives in the store, so that it commits and rolls back with the
// rest.

type fakeAccount struct{ ID, Name, Email string }

var fakeAccountKind = store.NewKind("test.account",
	store.Index[fakeAccount]{Name: "email", Keys: func(_ string, a *fakeAccount) []string { return []string{strings.ToLower(a.Email)} }})

type fakeRole struct{ Trust, Policy string }

var fakeRoleKind = store.NewKind[fakeRole]("test.role")

type fakeAccounts struct{}

func (fakeAccounts) NewAccount(tx *store.Tx, _ time.Time, name, email string) (string, error) {
	if name == "refused" {
		return "", aws.Errorf("EntityAlreadyExists", "no account of that name")
	}
	a := &fakeAccount{ID: aws.NewAccountID(), Name: name, Email: email}
	fakeAccountKind.Put(tx, a.ID, a)
	return a.ID, nil
}

func (fakeAccounts) Account(r store.Reader, id string) (name, email string, ok bool) {
	a, ok := fakeAccountKind.Get(r, id)
	if !ok {
		return "", "", false
	}
	return a.Name, a.Email, true
}

func (fakeAccounts) AccountByEmail(r store.Reader, email string) (string, bool) {
	a, ok := first(r, fakeAccountKind, "email", strings.ToLower(email))
	if !ok {
		return "", false
	}
	return a.ID, true
}

type fakeRoles struct{}

func (fakeRoles) EnsureRole(tx *store.Tx, _ time.Time, account, name, trust string, policies ...string) error {
	fakeRoleKind.Put(tx, account+"/"+name, &fakeRole{trust, strings.Join(policies, " ")})
	return nil
}

func (r fakeRoles) EnsureServiceLinkedRole(tx *store.Tx, _ time.Time, account, service string) (bool, error) {
	made := !r.HasServiceLinkedRole(tx, account, service)
	fakeRoleKind.Put(tx, account+"/"+service, &fakeRole{})
	return made, nil
}

func (fakeRoles) HasServiceLinkedRole(r store.Reader, account, service string) bool {
	_, ok := fakeRoleKind.Get(r, account+"/"+service)
	return ok
}
