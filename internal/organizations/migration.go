package organizations

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// The migration from consolidated billing to all features: a parent handshake
// that the management account starts and accepts in the end, and between the
// two a child for every member that has a say.

// migration returns the parent handshake of a migration that is under way.
func (o *Organization) migration(r store.Reader, now time.Time) (*Handshake, bool) {
	if o.Migration == "" {
		return nil, false
	}
	h, ok := first(r, handshakes, "id", o.Migration)
	if !ok {
		return nil, false
	}
	state := h.state(now)
	return h, state == api.HandshakeStateRequested || state == api.HandshakeStateOpen
}

// EnableAllFeatures starts the migration. Where no member has a say, the
// parent is open at once.
func (s *Service) EnableAllFeatures(c *call.Call, _ *api.EnableAllFeaturesInput) (*api.EnableAllFeaturesOutput, error) {
	o, err := s.managed(c)
	if err != nil {
		return nil, err
	}
	if o.AllFeatures() {
		return nil, handshakeConstraint("ORGANIZATION_ALREADY_HAS_ALL_FEATURES", "All features are already enabled on this organization.")
	}
	if _, migrating := o.migration(c.State, c.Time); migrating {
		return nil, handshakeConstraint("ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION", "The organization is already in the process of enabling all features.")
	}
	if tallyOf(c.State, o.ID).Accounts > s.Limits.migration() {
		return nil, constraint("ALL_FEATURES_MIGRATION_ORGANIZATION_SIZE_LIMIT_EXCEEDED", "Your organization has more accounts than can be migrated to all features.")
	}
	cancelInvitations(c, o, api.OrganizationFeatureSetConsolidatedBilling)
	h := s.startMigration(c, o)
	o = o.update(c.Tx, func(o *Organization) { o.Migration = h.ID })
	view := s.handshakeView(c, o, h)
	c.Response = recordOf(view)
	return &api.EnableAllFeaturesOutput{Handshake: view}, nil
}

// startMigration asks every member that has a say.
func (s *Service) startMigration(c *call.Call, o *Organization) *Handshake {
	expires := c.Time.Add(migrationLifetime)
	parent := propose(c, o, Handshake{Action: api.ActionTypeEnableAllFeatures, State: api.HandshakeStateRequested, Expires: expires})
	for _, m := range members.Scan(c.Tx, prefix(o.ID)) {
		action := s.question(c.Tx, o, m)
		if action == "" {
			continue
		}
		propose(c, o, Handshake{Action: action, State: api.HandshakeStateOpen, Account: m.Account, Parent: parent.ID, Expires: expires})
		parent.Missing++
	}
	if parent.Missing == 0 {
		parent.State = api.HandshakeStateOpen
	}
	handshakes.Put(c.Tx, parent.Place, parent)
	return parent
}

// question is what a migration asks of a member, "" when nothing. Accounts
// that were created here belong to the organization; they are asked only for
// the role that they have deleted.
func (s *Service) question(r store.Reader, o *Organization, m *Member) string {
	switch {
	case m.Account == o.Management || m.State != api.AccountStateActive:
		return ""
	case m.Method == api.AccountJoinedMethodInvited:
		return api.ActionTypeApproveAllFeatures
	case !s.Roles.HasServiceLinkedRole(r, m.Account, ServicePrincipal):
		return api.ActionTypeAddOrganizationsServiceLinkedRole
	}
	return ""
}

// approve accepts a step of a migration: the member has the service-linked
// role, and one answer less is missing.
func (s *Service) approve(c *call.Call, h *Handshake) error {
	if err := s.mayLinkRole(c); err != nil {
		return err
	}
	if _, err := s.Roles.EnsureServiceLinkedRole(c.Tx, c.Time, c.Account(), ServicePrincipal); err != nil {
		return err
	}
	answerLess(c, h.Parent)
	return nil
}

// answerLess takes one missing answer off a parent, which is open when none
// is left.
func answerLess(c *call.Call, parent string) {
	h, ok := first(c.State, handshakes, "id", parent)
	if !ok || h.state(c.Time) != api.HandshakeStateRequested {
		return
	}
	h = new(*h)
	h.Missing--
	if h.Missing == 0 {
		h.State = api.HandshakeStateOpen
	}
	handshakes.Put(c.Tx, h.Place, h)
}

// withdraw takes an account that leaves out of a migration. Its refusal, if
// it gave one, stands in the way no more.
func (s *Service) withdraw(c *call.Call, o *Organization, account string) {
	for _, h := range handshakes.By(c.Tx, "asked", account) {
		if h.Organization != o.ID || h.Parent == "" || h.Parent != o.Migration || h.State == api.HandshakeStateAccepted {
			continue
		}
		if h.isOpen(c.Time) {
			finish(c, h, api.HandshakeStateCanceled, c.Time)
		}
		answerLess(c, h.Parent)
	}
}

// abandon ends a migration: its steps, and the invitations that announced its
// outcome, are canceled.
func (s *Service) abandon(c *call.Call, o *Organization, parent *Handshake) *Organization {
	for _, h := range handshakes.By(c.Tx, "parent", parent.ID) {
		if h.isOpen(c.Time) {
			finish(c, h, api.HandshakeStateCanceled, c.Time)
		}
	}
	cancelInvitations(c, o, api.OrganizationFeatureSetAll)
	return o.update(c.Tx, func(o *Organization) { o.Migration = "" })
}

// cancelInvitations cancels the open invitations that announce a feature set.
func cancelInvitations(c *call.Call, o *Organization, featureSet string) {
	for _, h := range handshakes.Scan(c.Tx, prefix(o.ID)) {
		if h.Action == api.ActionTypeInvite && h.FeatureSet == featureSet && h.isOpen(c.Time) {
			finish(c, h, api.HandshakeStateCanceled, c.Time)
		}
	}
}
