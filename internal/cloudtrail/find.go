package cloudtrail

import (
	"iter"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
)

// named is a trail's name or ARN as a caller gave it, made whole.
type named struct {
	arn                   string
	account, region, name string
	byARN                 bool
}

// resolve reads a name or an ARN. A name means a trail of the caller's
// account with its home in the region of the call.
func resolve(c *call.Call, s string) (named, error) {
	if strings.HasPrefix(s, "arn:") {
		a, name, err := parseTrailARN(s)
		return named{s, a.Account, a.Region, name, true}, err
	}
	return named{trailARN(c.Account(), c.Region, s), c.Account(), c.Region, s, false}, checkName(s)
}

func notFound(c *call.Call, n named) error {
	return aws.Errorf("TrailNotFoundException", "Unknown trail: %s for the user: %s", n.arn, c.Account())
}

func wrongAccount(c *call.Call) error {
	return aws.Errorf("CloudTrailARNInvalidException", "AccountID in ARN is wrong, you can only access resources with AccountID %s.", c.Account())
}

// see finds a trail to read: one of the caller's account, or the
// organization's by its ARN, in any region where it is seen.
func (s *Service) see(c *call.Call, nameOrARN string) (*Trail, error) {
	n, err := resolve(c, nameOrARN)
	if err != nil {
		return nil, err
	}
	t, ok := trails.Get(c.State, trailKey(n.account, n.region, n.name))
	if n.account != c.Account() && (!ok || !s.appliesTo(c.State, t, c.Account())) {
		return nil, wrongAccount(c)
	}
	if !ok || !t.covers(c.Region) {
		return nil, notFound(c, n)
	}
	return t, nil
}

// own finds a trail to change: in its home region, by its owner or by a
// delegated administrator of the organization it applies to.
func (s *Service) own(c *call.Call, nameOrARN string) (*Trail, error) {
	n, err := resolve(c, nameOrARN)
	if err != nil {
		return nil, err
	}
	t, ok := trails.Get(c.State, trailKey(n.account, n.region, n.name))
	if n.account != c.Account() {
		if !ok || !s.appliesTo(c.State, t, c.Account()) {
			return nil, wrongAccount(c)
		}
		if !s.Organizations.IsDelegatedAdministrator(c.State, t.Organization, c.Account()) {
			return nil, notManagement()
		}
	}
	if !ok {
		return nil, notFound(c, n)
	}
	if t.Region != c.Region {
		return nil, aws.Errorf("InvalidHomeRegionException", "You can only perform this operation on the trail in its home region: %s.", t.Region)
	}
	return t, nil
}

func notManagement() error {
	return aws.Errorf("NotOrganizationMasterAccountException", "You cannot configure or manage trails for an organization because this action requires being signed in with the management account.")
}

// appliesTo reports whether a trail logs an account: its owner's, or any of
// the organization's.
func (s *Service) appliesTo(r store.Reader, t *Trail, account string) bool {
	if t.Organization == "" {
		return t.Account == account
	}
	org, ok := s.Organizations.OrganizationOf(r, account)
	return ok && org.ID == t.Organization
}

// of yields every trail that applies to an account, whatever its region.
func (s *Service) of(r store.Reader, account string) iter.Seq[*Trail] {
	return func(yield func(*Trail) bool) {
		for _, t := range trails.By(r, "account", account) {
			if !yield(t) {
				return
			}
		}
		org, ok := s.Organizations.OrganizationOf(r, account)
		if !ok {
			return
		}
		for _, t := range trails.By(r, "organization", org.ID) {
			if !yield(t) {
				return
			}
		}
	}
}
