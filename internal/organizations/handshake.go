package organizations

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// Handshake is a question between an organization and an account that both
// must agree on: an invitation, or the steps of turning all features on.
type Handshake struct {
	Place        string // key of the record
	ID           string // h-…
	Organization string
	Action       string
	// State is what was last decided. Time changes it too: see state.
	State string
	// Account or Email is who is asked. The parent of a migration asks the
	// organization itself and has neither.
	Account, Email string `json:",omitempty"`
	// Parent is the handshake that this one is a step of.
	Parent string `json:",omitempty"`
	// Missing counts, in a parent, the accounts that have not accepted.
	Missing int `json:",omitempty"`
	// FeatureSet and Notes are what an invitation says, Tags what the account
	// gets when it joins.
	FeatureSet string  `json:",omitempty"`
	Notes      string  `json:",omitempty"`
	Tags       tag.Set `json:",omitempty"`

	Requested, Expires time.Time
	Finished           time.Time `json:",omitzero"`
}

var handshakes = store.NewKind("organizations.handshake",
	store.Index[Handshake]{Name: "id", Keys: func(_ string, h *Handshake) []string { return []string{h.ID} }},
	store.Index[Handshake]{Name: "asked", Keys: func(_ string, h *Handshake) []string {
		if asked := cmp.Or(h.Account, strings.ToLower(h.Email)); asked != "" {
			return []string{asked}
		}
		return nil
	}},
	store.Index[Handshake]{Name: "parent", Keys: func(_ string, h *Handshake) []string {
		if h.Parent == "" {
			return nil
		}
		return []string{h.Parent}
	}},
)

// state is the state at a moment: what nobody has answered in time is
// expired, whether or not that is stored already.
func (h *Handshake) state(now time.Time) string {
	if h.pending() && !now.Before(h.Expires) {
		return api.HandshakeStateExpired
	}
	return h.State
}

// pending reports whether no final state is stored.
func (h *Handshake) pending() bool {
	return h.State == api.HandshakeStateRequested || h.State == api.HandshakeStateOpen
}

// isOpen reports whether the handshake can be accepted.
func (h *Handshake) isOpen(now time.Time) bool { return h.state(now) == api.HandshakeStateOpen }

// gone reports whether the handshake was finished so long ago that it is not
// shown any more.
func (h *Handshake) gone(now time.Time) bool {
	finished := h.Finished
	if h.pending() {
		finished = h.Expires
	}
	return !now.Before(finished.Add(handshakeRetention))
}

// handshakeByID returns a handshake and its organization.
func handshakeByID(c *call.Call, id string) (*Organization, *Handshake, error) {
	h, ok := first(c.State, handshakes, "id", id)
	if !ok || h.gone(c.Time) {
		return nil, nil, errHandshakeNotFound
	}
	o, ok := organizations.Get(c.State, h.Organization)
	if !ok {
		return nil, nil, errHandshakeNotFound
	}
	return o, h, nil
}

// propose stores a new handshake.
func propose(c *call.Call, o *Organization, h Handshake) *Handshake {
	h.Place = nextPlace(c.Tx, o.ID)
	h.ID = aws.LowerID("h-", 32)
	h.Organization = o.ID
	h.Requested = c.Time
	handshakes.Put(c.Tx, h.Place, &h)
	if h.Action == api.ActionTypeInvite {
		count(c.Tx, o.ID, func(t *tally) { t.Invitations++ })
	}
	return &h
}

// finish stores the final state of a handshake that was pending.
func finish(c *call.Call, h *Handshake, state string, at time.Time) *Handshake {
	n := *h
	n.State, n.Finished = state, at
	handshakes.Put(c.Tx, n.Place, &n)
	if n.Action == api.ActionTypeInvite {
		count(c.Tx, n.Organization, func(t *tally) { t.Invitations-- })
	}
	return &n
}

// asks reports whether the handshake asks an account.
func (s *Service) asks(r store.Reader, h *Handshake, account string) bool {
	if h.Email == "" {
		return h.Account == account
	}
	_, email, ok := s.Accounts.Account(r, account)
	return ok && strings.EqualFold(h.Email, email)
}

// DescribeHandshake tells a handshake to its parties.
func (s *Service) DescribeHandshake(c *call.Call, in *api.DescribeHandshakeInput) (*api.DescribeHandshakeOutput, error) {
	o, h, err := handshakeByID(c, aws.Val(in.HandshakeId))
	if err != nil {
		return nil, err
	}
	if !s.asks(c.State, h, c.Account()) {
		if own, err := s.readable(c, in); err != nil || own.ID != o.ID {
			return nil, errAccessDenied
		}
	}
	return &api.DescribeHandshakeOutput{Handshake: s.handshakeView(c, o, h)}, nil
}

// ListHandshakesForAccount lists what the caller's account is asked, whether
// or not it is in an organization.
func (s *Service) ListHandshakesForAccount(c *call.Call, in *api.ListHandshakesForAccountInput) (*api.ListHandshakesForAccountOutput, error) {
	wanted, err := handshakeFilter(c, in.Filter)
	if err != nil {
		return nil, err
	}
	var asked []*Handshake
	_, email, _ := s.Accounts.Account(c.State, c.Account())
	for _, key := range []string{c.Account(), strings.ToLower(email)} {
		for _, h := range handshakes.By(c.State, "asked", key) {
			if wanted(h) {
				asked = append(asked, h)
			}
		}
	}
	slices.SortStableFunc(asked, func(a, b *Handshake) int { return a.Requested.Compare(b.Requested) })
	all := []api.Handshake{}
	for _, h := range asked {
		if o, ok := organizations.Get(c.State, h.Organization); ok {
			all = append(all, *s.handshakeView(c, o, h))
		}
	}
	list, next, err := page(c, in.NextToken, in.MaxResults, numbered(all))
	return &api.ListHandshakesForAccountOutput{Handshakes: list, NextToken: next}, err
}

// ListHandshakesForOrganization lists what the organization asks.
func (s *Service) ListHandshakesForOrganization(c *call.Call, in *api.ListHandshakesForOrganizationInput) (*api.ListHandshakesForOrganizationOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	wanted, err := handshakeFilter(c, in.Filter)
	if err != nil {
		return nil, err
	}
	list, next, err := page(c, in.NextToken, in.MaxResults, func(after string) iter.Seq2[string, api.Handshake] {
		return views(handshakes.ScanAfter(c.State, prefix(o.ID), after), func(h *Handshake) (api.Handshake, bool) {
			if !wanted(h) {
				return api.Handshake{}, false
			}
			return *s.handshakeView(c, o, h), true
		})
	})
	return &api.ListHandshakesForOrganizationOutput{Handshakes: list, NextToken: next}, err
}

// handshakeFilter returns what a list of handshakes shows.
func handshakeFilter(c *call.Call, f *api.HandshakeFilter) (func(*Handshake) bool, error) {
	f = cmp.Or(f, &api.HandshakeFilter{})
	if f.ActionType != nil && f.ParentHandshakeId != nil {
		return nil, invalid("MAX_LIMIT_EXCEEDED_FILTER", "You can specify only one filter parameter for the operation.")
	}
	return func(h *Handshake) bool {
		return !h.gone(c.Time) &&
			(f.ActionType == nil || h.Action == *f.ActionType) &&
			(f.ParentHandshakeId == nil || h.Parent == *f.ParentHandshakeId)
	}, nil
}

// handshakeView is what callers see of a handshake.
func (s *Service) handshakeView(c *call.Call, o *Organization, h *Handshake) *api.Handshake {
	parties := []api.HandshakeParty{{Id: new(strings.TrimPrefix(o.ID, "o-")), Type: new(api.HandshakePartyTypeOrganization)}}
	var resources []api.HandshakeResource
	add := func(kind, value string, nested ...api.HandshakeResource) {
		if value != "" {
			resources = append(resources, api.HandshakeResource{Type: &kind, Value: &value, Resources: nested})
		}
	}
	add(api.HandshakeResourceTypeParentHandshake, strings.TrimPrefix(h.Parent, "h-"))
	if h.Action == api.ActionTypeInvite {
		add(api.HandshakeResourceTypeOrganization, o.ID, s.sender(c.State, o, h)...)
	} else {
		add(api.HandshakeResourceTypeOrganization, o.ID)
	}
	if h.Account != "" {
		parties = append(parties, api.HandshakeParty{Id: &h.Account, Type: new(api.HandshakePartyTypeAccount)})
	}
	if h.Email != "" {
		parties = append(parties, api.HandshakeParty{Id: &h.Email, Type: new(api.HandshakePartyTypeEmail)})
	}
	add(api.HandshakeResourceTypeAccount, h.Account)
	add(api.HandshakeResourceTypeEmail, h.Email)
	add(api.HandshakeResourceTypeNotes, h.Notes)
	return &api.Handshake{
		Id:                  &h.ID,
		Arn:                 new(o.arn("handshake", strings.ToLower(h.Action)+"/"+h.ID)),
		Parties:             parties,
		State:               new(h.state(c.Time)),
		RequestedTimestamp:  &h.Requested,
		ExpirationTimestamp: &h.Expires,
		Action:              &h.Action,
		Resources:           resources,
	}
}

// sender is what an invitation tells of the organization.
func (s *Service) sender(r store.Reader, o *Organization, h *Handshake) []api.HandshakeResource {
	name, email, _ := s.Accounts.Account(r, o.Management)
	return []api.HandshakeResource{
		{Type: new(api.HandshakeResourceTypeMasterEmail), Value: &email},
		{Type: new(api.HandshakeResourceTypeMasterName), Value: &name},
		{Type: new(api.HandshakeResourceTypeOrganizationFeatureSet), Value: &h.FeatureSet},
	}
}
