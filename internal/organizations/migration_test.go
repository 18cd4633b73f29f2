package organizations

import (
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// billing makes an organization with consolidated billing only.
func (h *house) billing() (management string) {
	h.Helper()
	management = h.standalone("management")
	must(h, management, h.CreateOrganization, &api.CreateOrganizationInput{FeatureSet: new("CONSOLIDATED_BILLING")})
	return management
}

func (h *house) features(account, want string) {
	h.Helper()
	if got := *must(h, account, h.DescribeOrganization, &api.DescribeOrganizationInput{}).Organization.FeatureSet; got != want {
		h.Errorf("the organization has %s, want %s", got, want)
	}
}

// asked returns the id of the one open handshake that asks an account.
func (h *house) asked(account string) string {
	h.Helper()
	var open []string
	for _, hs := range must(h, account, h.ListHandshakesForAccount, &api.ListHandshakesForAccountInput{}).Handshakes {
		if *hs.State == "OPEN" {
			open = append(open, *hs.Id)
		}
	}
	if len(open) != 1 {
		h.Fatalf("account %s is asked by %q", account, open)
	}
	return open[0]
}

func TestEnableAllFeatures(t *testing.T) {
	h := newHouse(t)
	m := h.billing()
	one, two, created, unlinked := h.joined(m, "one"), h.joined(m, "two"), h.create(m, "created"), h.create(m, "unlinked")
	h.update(func(tx *store.Tx) {
		fakeRoleKind.Delete(tx, one+"/"+ServicePrincipal)
		fakeRoleKind.Delete(tx, unlinked+"/"+ServicePrincipal)
	})
	o := h.organizationOf(m)
	invitation := h.invite(m, h.standalone("guest"))

	refuses(h, "AccessDenied", one, h.EnableAllFeatures, &api.EnableAllFeaturesInput{})
	hs := must(h, m, h.EnableAllFeatures, &api.EnableAllFeaturesInput{}).Handshake
	parent := *hs.Id
	if got, want := show(hs), "ENABLE_ALL_FEATURES REQUESTED ORGANIZATION="+o.ID[2:]+" | ORGANIZATION="+o.ID; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if hs.ExpirationTimestamp.Sub(h.Clock.Now()) != 90*24*time.Hour || *hs.Arn != "arn:aws:organizations::"+m+":handshake/"+o.ID+"/enable_all_features/"+parent {
		t.Errorf("parent: %s %s", hs.ExpirationTimestamp, *hs.Arn)
	}
	h.state(m, invitation, "CANCELED")
	refuses(h, "HandshakeConstraintViolation/ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION", m, h.EnableAllFeatures, &api.EnableAllFeaturesInput{})
	refuses(h, "InvalidHandshakeTransition", m, h.AcceptHandshake, accept(parent))
	if got := must(h, created, h.ListHandshakesForAccount, &api.ListHandshakesForAccountInput{}).Handshakes; len(got) != 0 {
		t.Errorf("a created account is asked: %+v", got)
	}

	child := h.asked(one)
	want := "APPROVE_ALL_FEATURES OPEN ORGANIZATION=" + o.ID[2:] + " ACCOUNT=" + one + " | PARENT_HANDSHAKE=" + parent[2:] + " ORGANIZATION=" + o.ID + " ACCOUNT=" + one
	if got := show(h.handshake(one, child)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	refuses(h, "AccessDenied", two, h.AcceptHandshake, accept(child))
	refuses(h, "AccessDenied", m, h.AcceptHandshake, accept(child))
	refuses(h, "AccessDenied", m, h.CancelHandshake, cancel(child))
	refuses(h, "AccessDenied", one, h.AcceptHandshake, accept(parent))
	h.Forbidden["iam:CreateServiceLinkedRole"] = true
	refuses(h, "AccessDeniedForDependency/ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE", one, h.AcceptHandshake, accept(child))
	must(h, two, h.AcceptHandshake, accept(h.asked(two))) // has the role
	delete(h.Forbidden, "iam:CreateServiceLinkedRole")
	must(h, one, h.AcceptHandshake, accept(child))
	h.state(m, parent, "REQUESTED")

	last := h.asked(unlinked)
	if got := *h.handshake(unlinked, last).Action; got != "ADD_ORGANIZATIONS_SERVICE_LINKED_ROLE" {
		t.Errorf("the account without the role is asked to %s", got)
	}
	must(h, unlinked, h.AcceptHandshake, accept(last))
	for _, account := range []string{one, unlinked} {
		if !(fakeRoles{}).HasServiceLinkedRole(h.Store.View(), account, ServicePrincipal) {
			t.Errorf("account %s lacks the service-linked role", account)
		}
	}
	h.state(m, parent, "OPEN")
	h.features(m, "CONSOLIDATED_BILLING")
	if LinkedRoleInUse(h.Store.View(), one) {
		t.Error("the service-linked role is in use before all features are on")
	}
	if got := must(h, m, h.AcceptHandshake, accept(parent)).Handshake; *got.State != "ACCEPTED" {
		t.Errorf("parent: %s", show(got))
	}
	h.features(one, "ALL")
	if !LinkedRoleInUse(h.Store.View(), one) {
		t.Error("the service-linked role is not in use with all features on")
	}
	refuses(h, "HandshakeConstraintViolation/ORGANIZATION_ALREADY_HAS_ALL_FEATURES", m, h.EnableAllFeatures, &api.EnableAllFeaturesInput{})
	must(h, m, h.EnableAWSServiceAccess, &api.EnableAWSServiceAccessInput{ServicePrincipal: new(cloudTrail)})
}

func TestEnableAllFeaturesAlone(t *testing.T) {
	h := newHouse(t)
	m := h.billing()
	h.create(m, "created")
	hs := must(h, m, h.EnableAllFeatures, &api.EnableAllFeaturesInput{}).Handshake
	if *hs.State != "OPEN" {
		t.Errorf("nobody is asked, yet the parent is %s", *hs.State)
	}
	must(h, m, h.AcceptHandshake, accept(*hs.Id))
	h.features(m, "ALL")
}

// A refusal stands in the way until the account leaves.
func TestMigrationDeclined(t *testing.T) {
	h := newHouse(t)
	m := h.billing()
	one, two := h.joined(m, "one"), h.joined(m, "two")
	parent := *must(h, m, h.EnableAllFeatures, &api.EnableAllFeaturesInput{}).Handshake.Id
	open := h.asked(two)
	must(h, one, h.DeclineHandshake, decline(h.asked(one)))
	h.state(m, parent, "REQUESTED")
	must(h, m, h.RemoveAccountFromOrganization, &api.RemoveAccountFromOrganizationInput{AccountId: &one})
	h.state(m, parent, "REQUESTED")
	must(h, two, h.LeaveOrganization, &api.LeaveOrganizationInput{})
	h.state(m, open, "CANCELED")
	h.state(m, parent, "OPEN")
	must(h, m, h.AcceptHandshake, accept(parent))
	h.features(m, "ALL")
}

func TestMigrationCanceled(t *testing.T) {
	h := newHouse(t)
	m := h.billing()
	one, two := h.joined(m, "one"), h.joined(m, "two")
	parent := *must(h, m, h.EnableAllFeatures, &api.EnableAllFeaturesInput{}).Handshake.Id
	accepted, open := h.asked(one), h.asked(two)
	must(h, one, h.AcceptHandshake, accept(accepted))
	refuses(h, "AccessDenied", one, h.CancelHandshake, cancel(parent))

	// Invitations sent meanwhile announce the outcome.
	invitation := h.invite(m, h.standalone("guest"))
	if got := *h.handshake(m, invitation).Resources[0].Resources[2].Value; got != "ALL" {
		t.Errorf("the invitation announces %s", got)
	}
	must(h, m, h.CancelHandshake, cancel(parent))
	h.state(m, open, "CANCELED")
	h.state(m, accepted, "ACCEPTED")
	h.state(m, invitation, "CANCELED")
	h.features(m, "CONSOLIDATED_BILLING")
	again := must(h, m, h.EnableAllFeatures, &api.EnableAllFeaturesInput{}).Handshake
	if *again.State != "REQUESTED" {
		t.Errorf("the second attempt is %s", *again.State)
	}
}

func TestMigrationExpires(t *testing.T) {
	h := newHouse(t)
	m := h.billing()
	one := h.joined(m, "one")
	parent := *must(h, m, h.EnableAllFeatures, &api.EnableAllFeaturesInput{}).Handshake.Id
	child := h.asked(one)
	h.Clock.Advance(migrationLifetime)
	h.state(m, parent, "EXPIRED")
	h.state(one, child, "EXPIRED")
	refuses(h, "InvalidHandshakeTransition", one, h.AcceptHandshake, accept(child))
	refuses(h, "InvalidHandshakeTransition", m, h.AcceptHandshake, accept(parent))
	must(h, m, h.EnableAllFeatures, &api.EnableAllFeaturesInput{})
	h.advance()
	h.state(m, parent, "EXPIRED")
	must(h, one, h.AcceptHandshake, accept(h.asked(one)))
}

func TestMigrationSize(t *testing.T) {
	h := newHouse(t)
	m := h.billing()
	h.create(m, "one")
	h.Limits.Migration = 1
	refuses(h, "ConstraintViolation/ALL_FEATURES_MIGRATION_ORGANIZATION_SIZE_LIMIT_EXCEEDED", m, h.EnableAllFeatures, &api.EnableAllFeaturesInput{})
}
