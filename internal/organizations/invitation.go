package organizations

import (
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

var emailPattern = wire.Pattern{Source: `[^\s@]+@[^\s@]+\.[^\s@]+`}

// InviteAccountToOrganization asks an account to join. An e-mail address need
// not belong to an account yet.
func (s *Service) InviteAccountToOrganization(c *call.Call, in *api.InviteAccountToOrganizationInput) (*api.InviteAccountToOrganizationOutput, error) {
	o, err := s.managed(c)
	if err != nil {
		return nil, err
	}
	h := Handshake{
		Action:     api.ActionTypeInvite,
		State:      api.HandshakeStateOpen,
		FeatureSet: o.offers(c.State, c.Time),
		Notes:      aws.Val(in.Notes),
		Expires:    c.Time.Add(invitationLifetime),
	}
	if err := h.address(in.Target); err != nil {
		return nil, err
	}
	if h.Tags, err = tagRules.With(nil, tag.Of(in.Tags)); err != nil {
		return nil, err
	}
	if err := s.mayInvite(c, o, &h); err != nil {
		return nil, err
	}
	view := s.handshakeView(c, o, propose(c, o, h))
	c.Response = recordOf(view)
	return &api.InviteAccountToOrganizationOutput{Handshake: view}, nil
}

// offers is the feature set that an invitation announces: what the
// organization has, or is about to have.
func (o *Organization) offers(r store.Reader, now time.Time) string {
	if _, migrating := o.migration(r, now); migrating {
		return api.OrganizationFeatureSetAll
	}
	return o.FeatureSet
}

// address says who is asked.
func (h *Handshake) address(to *api.HandshakeParty) error {
	id := aws.Val(to.Id)
	switch aws.Val(to.Type) {
	case api.HandshakePartyTypeAccount:
		if !aws.IsAccountID(id) {
			return invalid("INVALID_PATTERN_TARGET_ID", "You specified a policy target ID that doesn't match the required pattern.")
		}
		h.Account = id
	case api.HandshakePartyTypeEmail:
		if !emailPattern.Match(id) {
			return invalid("INVALID_EMAIL_ADDRESS_TARGET", "You specified an invalid email address for the invited account owner.")
		}
		h.Email = id
	default:
		return invalid("INVALID_PARTY_TYPE_TARGET", "You specified the wrong type of entity (account, organization, or email) as a party.")
	}
	return nil
}

// mayInvite checks that the account can be asked.
func (s *Service) mayInvite(c *call.Call, o *Organization, h *Handshake) error {
	account, known := h.Account, true
	if account == "" {
		account, known = s.Accounts.AccountByEmail(c.State, h.Email)
	} else if _, _, ok := s.Accounts.Account(c.State, account); !ok {
		return invalid("INVALID_PATTERN_TARGET_ID", "You specified an account that doesn't exist.")
	}
	if known {
		if _, ok := OrganizationOf(c.State, account); ok {
			return handshakeConstraint("ALREADY_IN_AN_ORGANIZATION", "The invited account is already a member of an organization.")
		}
	}
	switch {
	case s.invited(c, o, account, h.Email):
		return errDuplicateHandshake
	case c.Time.Before(o.Created.Add(s.Limits.Finalizing)):
		return errFinalizing
	case s.isFull(c.State, o, c.Time):
		return handshakeConstraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of AWS accounts.")
	}
	return nil
}

// invited reports whether an account or an address has an open invitation of
// the organization.
func (s *Service) invited(c *call.Call, o *Organization, account, email string) bool {
	if email == "" {
		_, email, _ = s.Accounts.Account(c.State, account)
	}
	for _, asked := range []string{account, strings.ToLower(email)} {
		for _, h := range handshakes.By(c.State, "asked", asked) {
			if h.Organization == o.ID && h.Action == api.ActionTypeInvite && h.isOpen(c.Time) {
				return true
			}
		}
	}
	return false
}

// isFull reports whether accounts and open invitations use up the quota.
// Invitations that have expired are counted out only when it matters.
func (s *Service) isFull(r store.Reader, o *Organization, now time.Time) bool {
	t := tallyOf(r, o.ID)
	if t.Accounts+t.Invitations < s.Limits.accounts() {
		return false
	}
	n := t.Accounts
	for _, h := range handshakes.Scan(r, prefix(o.ID)) {
		if h.Action == api.ActionTypeInvite && h.isOpen(now) {
			n++
		}
	}
	return n >= s.Limits.accounts()
}

// acceptInvitation makes the caller's account a member.
func (s *Service) acceptInvitation(c *call.Call, o *Organization, h *Handshake) error {
	if now, ok := OrganizationOf(c.State, c.Account()); ok {
		if now.Management == c.Account() {
			return errMasterCannotLeave
		}
		return handshakeConstraint("ALREADY_IN_AN_ORGANIZATION", "Your account is already a member of an organization.")
	}
	if tallyOf(c.State, o.ID).Accounts >= s.Limits.accounts() {
		return handshakeConstraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of AWS accounts.")
	}
	if err := s.mayLinkRole(c); err != nil {
		return err
	}
	putTags(c.Tx, o, c.Account(), h.Tags)
	return s.join(c, o, c.Account(), api.AccountJoinedMethodInvited)
}
