package organizations

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// AcceptHandshake says yes: an account joins, a member agrees to all
// features, or the management account completes the step to them.
func (s *Service) AcceptHandshake(c *call.Call, in *api.AcceptHandshakeInput) (*api.AcceptHandshakeOutput, error) {
	o, h, err := s.answerable(c, in.HandshakeId, api.HandshakeStateAccepted, s.mayAccept)
	if err != nil {
		return nil, err
	}
	switch h.Action {
	case api.ActionTypeInvite:
		err = s.acceptInvitation(c, o, h)
	case api.ActionTypeEnableAllFeatures:
		o = o.update(c.Tx, func(o *Organization) { o.FeatureSet, o.Migration = api.OrganizationFeatureSetAll, "" })
	default:
		err = s.approve(c, h)
	}
	if err != nil {
		return nil, err
	}
	view := s.answered(c, o, h, api.HandshakeStateAccepted)
	return &api.AcceptHandshakeOutput{Handshake: view}, nil
}

// DeclineHandshake says no. A declined step of a migration keeps it from
// being completed while the account is a member.
func (s *Service) DeclineHandshake(c *call.Call, in *api.DeclineHandshakeInput) (*api.DeclineHandshakeOutput, error) {
	o, h, err := s.answerable(c, in.HandshakeId, api.HandshakeStateDeclined, s.mayDecline)
	if err != nil {
		return nil, err
	}
	view := s.answered(c, o, h, api.HandshakeStateDeclined)
	return &api.DeclineHandshakeOutput{Handshake: view}, nil
}

// CancelHandshake takes the question back.
func (s *Service) CancelHandshake(c *call.Call, in *api.CancelHandshakeInput) (*api.CancelHandshakeOutput, error) {
	o, h, err := s.answerable(c, in.HandshakeId, api.HandshakeStateCanceled, s.mayCancel)
	if err != nil {
		return nil, err
	}
	if h.Action == api.ActionTypeEnableAllFeatures {
		o = s.abandon(c, o, h)
	}
	view := s.answered(c, o, h, api.HandshakeStateCanceled)
	return &api.CancelHandshakeOutput{Handshake: view}, nil
}

// answerable finds a handshake that the caller's account may bring into a
// state. Whose turn it is decides before the state that it is in.
func (s *Service) answerable(c *call.Call, id *string, to string, may func(store.Reader, *Organization, *Handshake, string) bool) (*Organization, *Handshake, error) {
	o, h, err := handshakeByID(c, aws.Val(id))
	if err != nil {
		return nil, nil, err
	}
	if !may(c.State, o, h, c.Account()) {
		return nil, nil, errAccessDenied
	}
	switch state := h.state(c.Time); {
	case state == to:
		return nil, nil, errHandshakeInState
	case state == api.HandshakeStateOpen:
	case state == api.HandshakeStateRequested && to == api.HandshakeStateCanceled:
	default:
		return nil, nil, errHandshakeTransition
	}
	return o, h, nil
}

// answered stores the answer and gives the record of the call its own view of
// the handshake.
func (s *Service) answered(c *call.Call, o *Organization, h *Handshake, state string) *api.Handshake {
	view := s.handshakeView(c, o, finish(c, h, state, c.Time))
	c.Response = recordOf(view)
	return view
}

// mayAccept: whoever is asked; of a migration as a whole, its organization.
func (s *Service) mayAccept(r store.Reader, o *Organization, h *Handshake, account string) bool {
	if h.Action == api.ActionTypeEnableAllFeatures {
		return account == o.Management
	}
	return s.asks(r, h, account)
}

// mayDecline: whoever is asked by someone else.
func (s *Service) mayDecline(r store.Reader, o *Organization, h *Handshake, account string) bool {
	return s.asks(r, h, account)
}

// mayCancel: the management account, for what it has sent itself. The steps
// of a migration are sent by the organization and end with it.
func (s *Service) mayCancel(_ store.Reader, o *Organization, h *Handshake, account string) bool {
	return account == o.Management && h.Parent == ""
}
