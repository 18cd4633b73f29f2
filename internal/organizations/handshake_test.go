package organizations

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// show prints a handshake as its parties and resources, without ids of its
// own.
func show(h *api.Handshake) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", *h.Action, *h.State)
	for _, p := range h.Parties {
		fmt.Fprintf(&b, " %s=%s", *p.Type, *p.Id)
	}
	b.WriteString(" |")
	var resources func([]api.HandshakeResource)
	resources = func(list []api.HandshakeResource) {
		for _, r := range list {
			fmt.Fprintf(&b, " %s=%s", *r.Type, *r.Value)
			if r.Resources != nil {
				b.WriteString("(")
				resources(r.Resources)
				b.WriteString(" )")
			}
		}
	}
	resources(h.Resources)
	return b.String()
}

func (h *house) handshake(account, id string) *api.Handshake {
	h.Helper()
	return must(h, account, h.DescribeHandshake, &api.DescribeHandshakeInput{HandshakeId: &id}).Handshake
}

func (h *house) state(account, id, want string) {
	h.Helper()
	if got := *h.handshake(account, id).State; got != want {
		h.Errorf("the handshake is %s, want %s", got, want)
	}
}

func accept(id string) *api.AcceptHandshakeInput { return &api.AcceptHandshakeInput{HandshakeId: &id} }
func decline(id string) *api.DeclineHandshakeInput {
	return &api.DeclineHandshakeInput{HandshakeId: &id}
}
func cancel(id string) *api.CancelHandshakeInput { return &api.CancelHandshakeInput{HandshakeId: &id} }

func TestInvite(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	guest, member := h.standalone("guest"), h.create(m, "member")
	invite := func(kind, id string) *api.InviteAccountToOrganizationInput {
		return &api.InviteAccountToOrganizationInput{Target: party(kind, id)}
	}
	in := invite("ACCOUNT", guest)
	in.Notes, in.Tags = new("join us"), []api.Tag{{Key: new("k"), Value: new("v")}}
	hs := must(h, m, h.InviteAccountToOrganization, in).Handshake
	want := "INVITE OPEN ORGANIZATION=" + o.ID[2:] + " ACCOUNT=" + guest + " | ORGANIZATION=" + o.ID +
		"( MASTER_EMAIL=management@example.com MASTER_NAME=management ORGANIZATION_FEATURE_SET=ALL ) ACCOUNT=" + guest + " NOTES=join us"
	if got := show(hs); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if *hs.Arn != "arn:aws:organizations::"+m+":handshake/"+o.ID+"/invite/"+*hs.Id ||
		!hs.RequestedTimestamp.Equal(h.Clock.Now()) || hs.ExpirationTimestamp.Sub(h.Clock.Now()) != 15*24*time.Hour {
		t.Errorf("handshake: %s %s %s", *hs.Arn, hs.RequestedTimestamp, hs.ExpirationTimestamp)
	}
	h.is(h.Last().Request, `{"target":{"type":"ACCOUNT","id":"`+guest+`"},"notes":"join us","tags":[{"key":"k","value":"v"}]}`)
	h.is(h.Last().Response, `{"handshake":{"id":"`+*hs.Id+`","arn":"`+*hs.Arn+`","state":"OPEN","action":"invite",
		"requestedTimestamp":"Jan 31, 2026 2:00:00 AM","expirationTimestamp":"Feb 15, 2026 2:00:00 AM",
		"parties":[{"type":"ORGANIZATION","id":"`+o.ID[2:]+`"},{"type":"ACCOUNT","id":"`+guest+`"}],
		"resources":[{"type":"ORGANIZATION","value":"`+o.ID+`","resources":[{"type":"MASTER_EMAIL","value":"****"},{"type":"MASTER_NAME","value":"****"},{"type":"ORGANIZATION_FEATURE_SET","value":"ALL"}]},
			{"type":"ACCOUNT","value":"`+guest+`"},{"type":"NOTES","value":"join us"}]}}`)

	refuses(h, "DuplicateHandshake", m, h.InviteAccountToOrganization, invite("ACCOUNT", guest))
	refuses(h, "DuplicateHandshake", m, h.InviteAccountToOrganization, invite("EMAIL", "Guest@example.com"))
	refuses(h, "HandshakeConstraintViolation/ALREADY_IN_AN_ORGANIZATION", m, h.InviteAccountToOrganization, invite("ACCOUNT", member))
	refuses(h, "HandshakeConstraintViolation/ALREADY_IN_AN_ORGANIZATION", m, h.InviteAccountToOrganization, invite("EMAIL", "member@example.com"))
	refuses(h, "InvalidInput/INVALID_PATTERN_TARGET_ID", m, h.InviteAccountToOrganization, invite("ACCOUNT", "12"))
	refuses(h, "InvalidInput/INVALID_PATTERN_TARGET_ID", m, h.InviteAccountToOrganization, invite("ACCOUNT", "000000000000"))
	refuses(h, "InvalidInput/INVALID_EMAIL_ADDRESS_TARGET", m, h.InviteAccountToOrganization, invite("EMAIL", "nobody"))
	refuses(h, "InvalidInput/INVALID_PARTY_TYPE_TARGET", m, h.InviteAccountToOrganization, invite("ORGANIZATION", o.ID))
	refuses(h, "InvalidInput/INVALID_ENUM", m, h.InviteAccountToOrganization, invite("FRIEND", guest))
	h.Limits.Accounts = 3
	refuses(h, "HandshakeConstraintViolation/ACCOUNT_NUMBER_LIMIT_EXCEEDED", m, h.InviteAccountToOrganization, invite("ACCOUNT", h.standalone("fourth")))
	h.Clock.Set(*hs.ExpirationTimestamp) // the open invitation counts no more
	must(h, m, h.InviteAccountToOrganization, invite("ACCOUNT", h.standalone("fifth")))
}

func TestAcceptInvitation(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	guest, stranger := h.standalone("guest"), h.standalone("stranger")
	in := &api.InviteAccountToOrganizationInput{Target: party("ACCOUNT", guest), Tags: []api.Tag{{Key: new("k"), Value: new("v")}}}
	id := *must(h, m, h.InviteAccountToOrganization, in).Handshake.Id

	refuses(h, "HandshakeNotFound", guest, h.AcceptHandshake, accept("h-00000000"))
	refuses(h, "InvalidInput/INVALID_PATTERN", guest, h.AcceptHandshake, accept("x"))
	refuses(h, "AccessDenied", stranger, h.AcceptHandshake, accept(id))
	refuses(h, "AccessDenied", m, h.AcceptHandshake, accept(id))
	refuses(h, "AccessDenied", stranger, h.DescribeHandshake, &api.DescribeHandshakeInput{HandshakeId: &id})
	h.Forbidden["iam:CreateServiceLinkedRole"] = true
	refuses(h, "AccessDeniedForDependency/ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE", guest, h.AcceptHandshake, accept(id))
	delete(h.Forbidden, "iam:CreateServiceLinkedRole")
	h.Limits.Accounts = 1
	refuses(h, "HandshakeConstraintViolation/ACCOUNT_NUMBER_LIMIT_EXCEEDED", guest, h.AcceptHandshake, accept(id))
	h.Limits.Accounts = 0

	got := must(h, guest, h.AcceptHandshake, accept(id)).Handshake
	if *got.State != "ACCEPTED" || h.Last().Response == nil {
		t.Errorf("handshake: %s", show(got))
	}
	a := must(h, m, h.DescribeAccount, &api.DescribeAccountInput{AccountId: &guest}).Account
	if *a.JoinedMethod != "INVITED" || !a.JoinedTimestamp.Equal(h.Clock.Now()) || a.Paths[0] != o.ID+"/"+o.Root+"/"+guest+"/" {
		t.Errorf("account: %+v", a)
	}
	if got := must(h, m, h.ListTagsForResource, &api.ListTagsForResourceInput{ResourceId: &guest}).Tags; len(got) != 1 {
		t.Errorf("tags: %+v", got)
	}
	if !(fakeRoles{}).HasServiceLinkedRole(h.Store.View(), guest, ServicePrincipal) {
		t.Error("the account lacks the service-linked role")
	}
	h.state(guest, id, "ACCEPTED")
	refuses(h, "HandshakeAlreadyInState", guest, h.AcceptHandshake, accept(id))
	refuses(h, "InvalidHandshakeTransition", guest, h.DeclineHandshake, decline(id))
	refuses(h, "InvalidHandshakeTransition", m, h.CancelHandshake, cancel(id))
}

func TestSeveralInvitations(t *testing.T) {
	h := newHouse(t)
	m, _ := h.organize()
	other := h.standalone("other")
	must(h, other, h.CreateOrganization, &api.CreateOrganizationInput{})
	guest, boss := h.standalone("guest"), h.standalone("boss")
	one, two := h.invite(m, guest), h.invite(other, guest)
	three := h.invite(m, boss)
	must(h, boss, h.CreateOrganization, &api.CreateOrganizationInput{})
	refuses(h, "MasterCannotLeaveOrganization", boss, h.AcceptHandshake, accept(three))

	if got := must(h, guest, h.ListHandshakesForAccount, &api.ListHandshakesForAccountInput{}).Handshakes; len(got) != 2 {
		t.Errorf("%d invitations", len(got))
	}
	must(h, guest, h.AcceptHandshake, accept(two))
	refuses(h, "HandshakeConstraintViolation/ALREADY_IN_AN_ORGANIZATION", guest, h.AcceptHandshake, accept(one))
	h.state(m, one, "OPEN")
}

// An address may be invited before it belongs to an account.
func TestInviteByEmail(t *testing.T) {
	h := newHouse(t)
	m, _ := h.organize()
	hs := must(h, m, h.InviteAccountToOrganization, &api.InviteAccountToOrganizationInput{Target: party("EMAIL", "Guest@example.com")}).Handshake
	if got := show(hs); !strings.Contains(got, " EMAIL=Guest@example.com |") || !strings.HasSuffix(got, ") EMAIL=Guest@example.com") {
		t.Errorf("handshake: %s", got)
	}
	h.is(h.Last().Request, `{"target":{"type":"EMAIL","id":"****"}}`)
	guest := h.standalone("guest")
	if got := must(h, guest, h.ListHandshakesForAccount, &api.ListHandshakesForAccountInput{}).Handshakes; len(got) != 1 || *got[0].Id != *hs.Id {
		t.Errorf("invitations: %+v", got)
	}
	refuses(h, "DuplicateHandshake", m, h.InviteAccountToOrganization, &api.InviteAccountToOrganizationInput{Target: party("ACCOUNT", guest)})
	must(h, guest, h.AcceptHandshake, accept(*hs.Id))
	h.organizationOf(guest)
}

func TestDeclineAndCancel(t *testing.T) {
	h := newHouse(t)
	m, _ := h.organize()
	guest, stranger := h.standalone("guest"), h.standalone("stranger")
	id := h.invite(m, guest)
	refuses(h, "AccessDenied", m, h.DeclineHandshake, decline(id))
	refuses(h, "AccessDenied", stranger, h.DeclineHandshake, decline(id))
	refuses(h, "HandshakeNotFound", guest, h.DeclineHandshake, decline("h-00000000"))
	if got := must(h, guest, h.DeclineHandshake, decline(id)).Handshake; *got.State != "DECLINED" || h.Last().Response == nil {
		t.Errorf("handshake: %s", show(got))
	}
	refuses(h, "HandshakeAlreadyInState", guest, h.DeclineHandshake, decline(id))
	refuses(h, "InvalidHandshakeTransition", guest, h.AcceptHandshake, accept(id))
	refuses(h, "InvalidHandshakeTransition", m, h.CancelHandshake, cancel(id))

	id = h.invite(m, guest)
	refuses(h, "AccessDenied", guest, h.CancelHandshake, cancel(id))
	refuses(h, "HandshakeNotFound", m, h.CancelHandshake, cancel("h-00000000"))
	if got := must(h, m, h.CancelHandshake, cancel(id)).Handshake; *got.State != "CANCELED" {
		t.Errorf("handshake: %s", show(got))
	}
	refuses(h, "HandshakeAlreadyInState", m, h.CancelHandshake, cancel(id))
	refuses(h, "InvalidHandshakeTransition", guest, h.AcceptHandshake, accept(id))
	if n := tallyOf(h.Store.View(), h.organizationOf(m).ID).Invitations; n != 0 {
		t.Errorf("%d invitations are counted as open", n)
	}
}

// Time expires what nobody answers, whether or not the sweep has run, and
// thirty days later it is gone.
func TestExpiry(t *testing.T) {
	for _, swept := range []bool{false, true} {
		t.Run(fmt.Sprintf("swept=%t", swept), func(t *testing.T) {
			h := newHouse(t)
			m, o := h.organize()
			guest := h.standalone("guest")
			id := h.invite(m, guest)
			wait := func(d time.Duration) {
				h.Clock.Advance(d)
				if swept {
					h.advance()
				}
			}
			wait(invitationLifetime - time.Second)
			h.state(guest, id, "OPEN")
			wait(time.Second)
			h.state(guest, id, "EXPIRED")
			refuses(h, "InvalidHandshakeTransition", guest, h.AcceptHandshake, accept(id))
			refuses(h, "InvalidHandshakeTransition", guest, h.DeclineHandshake, decline(id))
			refuses(h, "InvalidHandshakeTransition", m, h.CancelHandshake, cancel(id))
			again := h.invite(m, guest) // no duplicate of an expired one
			wait(handshakeRetention - time.Second)
			h.state(guest, id, "EXPIRED")
			wait(time.Second)
			refuses(h, "HandshakeNotFound", guest, h.DescribeHandshake, &api.DescribeHandshakeInput{HandshakeId: &id})
			list := must(h, m, h.ListHandshakesForOrganization, &api.ListHandshakesForOrganizationInput{}).Handshakes
			if len(list) != 1 || *list[0].Id != again {
				t.Errorf("%d handshakes are listed", len(list))
			}
			if stored := rows(h.Store.View(), handshakes); swept && stored != 1 || !swept && stored != 2 {
				t.Errorf("%d handshakes are stored", stored)
			}
			if n := tallyOf(h.Store.View(), o.ID).Invitations; swept && n != 0 {
				t.Errorf("%d invitations are counted as open", n)
			}
		})
	}
}

func TestHandshakeFilter(t *testing.T) {
	h := newHouse(t)
	m := h.standalone("m")
	must(h, m, h.CreateOrganization, &api.CreateOrganizationInput{FeatureSet: new("CONSOLIDATED_BILLING")})
	member := h.joined(m, "member")
	parent := *must(h, m, h.EnableAllFeatures, &api.EnableAllFeaturesInput{}).Handshake.Id
	list := func(f *api.HandshakeFilter) (actions []string) {
		in := &api.ListHandshakesForOrganizationInput{Filter: f, MaxResults: new(int32(1))}
		for {
			out := must(h, m, h.ListHandshakesForOrganization, in)
			for _, hs := range out.Handshakes {
				actions = append(actions, *hs.Action)
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return actions
			}
		}
	}
	for _, c := range []struct {
		filter *api.HandshakeFilter
		want   []string
	}{
		{nil, []string{"INVITE", "ENABLE_ALL_FEATURES", "APPROVE_ALL_FEATURES"}},
		{&api.HandshakeFilter{ActionType: new("INVITE")}, []string{"INVITE"}},
		{&api.HandshakeFilter{ParentHandshakeId: &parent}, []string{"APPROVE_ALL_FEATURES"}},
	} {
		if got := list(c.filter); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.filter, got, c.want)
		}
	}
	both := &api.HandshakeFilter{ActionType: new("INVITE"), ParentHandshakeId: &parent}
	refuses(h, "InvalidInput/MAX_LIMIT_EXCEEDED_FILTER", m, h.ListHandshakesForOrganization, &api.ListHandshakesForOrganizationInput{Filter: both})
	refuses(h, "InvalidInput/MAX_LIMIT_EXCEEDED_FILTER", member, h.ListHandshakesForAccount, &api.ListHandshakesForAccountInput{Filter: both})
	got := must(h, member, h.ListHandshakesForAccount, &api.ListHandshakesForAccountInput{Filter: &api.HandshakeFilter{ActionType: new("APPROVE_ALL_FEATURES")}}).Handshakes
	if len(got) != 1 {
		t.Errorf("the member is asked %d times", len(got))
	}
}
