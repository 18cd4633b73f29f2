package organizations

import (
	"slices"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// Organization is the accounts under one management account. It holds what
// there is little of; a value read from the store is shared and not modified.
type Organization struct {
	ID         string // o-…
	Management string // id of the management account
	Root       string // r-…, the id of its one root
	FeatureSet string // ALL or CONSOLIDATED_BILLING
	Created    time.Time
	// Migration is the handshake that last began to turn all features on; ""
	// when it was completed or canceled.
	Migration string `json:",omitempty"`
	// PolicyTypes are the types enabled on the root.
	PolicyTypes []string
	// TrustedAccess and Delegations stand in the order in which they were
	// made.
	TrustedAccess []Trust
	Delegations   []Delegation
}

// Trust is a service that may act in all accounts of an organization.
type Trust struct {
	Service string // its principal, cloudtrail.amazonaws.com
	Since   time.Time
}

// Delegation makes a member account an administrator of a trusted service.
type Delegation struct {
	Service string
	Account string
	Since   time.Time
}

var organizations = store.NewKind[Organization]("organizations.organization")

// OrganizationOf returns the organization that an account is a member of.
func OrganizationOf(r store.Reader, account string) (*Organization, bool) {
	m, ok := memberOf(r, account)
	if !ok {
		return nil, false
	}
	return organizations.Get(r, m.Organization)
}

// AllFeatures reports whether the organization has more than consolidated
// billing.
func (o *Organization) AllFeatures() bool { return o.FeatureSet == api.OrganizationFeatureSetAll }

// LinkedRoleInUse reports whether an account still needs the service-linked
// role of Organizations: all features rest on it.
func LinkedRoleInUse(r store.Reader, account string) bool {
	o, ok := OrganizationOf(r, account)
	return ok && o.AllFeatures()
}

// ARN is the ARN of the organization itself.
func (o *Organization) ARN() string { return o.own("organization/" + o.ID) }

// arn is the ARN of something in the organization: kind is account, root, ou,
// policy, handshake or resourcepolicy.
func (o *Organization) arn(kind, id string) string { return o.own(kind + "/" + o.ID + "/" + id) }

func (o *Organization) own(resource string) string {
	return aws.NewARN("organizations", "", o.Management, resource).String()
}

// update stores a changed copy of the organization.
func (o *Organization) update(tx *store.Tx, change func(*Organization)) *Organization {
	n := *o
	n.PolicyTypes = slices.Clone(o.PolicyTypes)
	n.TrustedAccess = slices.Clone(o.TrustedAccess)
	n.Delegations = slices.Clone(o.Delegations)
	change(&n)
	organizations.Put(tx, n.ID, &n)
	return &n
}

// CreateOrganization makes the caller's account the management account of a
// new organization.
func (s *Service) CreateOrganization(c *call.Call, in *api.CreateOrganizationInput) (*api.CreateOrganizationOutput, error) {
	if _, ok := OrganizationOf(c.State, c.Account()); ok {
		return nil, errAlreadyInOrganization
	}
	if err := s.mayLinkRole(c); err != nil {
		return nil, err
	}
	o := &Organization{
		ID:         aws.LowerID("o-", 10),
		Management: c.Account(),
		Root:       aws.LowerID("r-", 4),
		FeatureSet: api.OrganizationFeatureSetAll,
		Created:    c.Time,
	}
	if in.FeatureSet != nil {
		o.FeatureSet = *in.FeatureSet
	}
	organizations.Put(c.Tx, o.ID, o)
	if err := s.join(c, o, c.Account(), api.AccountJoinedMethodInvited); err != nil {
		return nil, err
	}
	return &api.CreateOrganizationOutput{Organization: s.describe(c.State, o)}, nil
}

// DescribeOrganization tells any member of its organization.
func (s *Service) DescribeOrganization(c *call.Call, _ *api.DescribeOrganizationInput) (*api.DescribeOrganizationOutput, error) {
	o, err := s.organization(c)
	if err != nil {
		return nil, err
	}
	return &api.DescribeOrganizationOutput{Organization: s.describe(c.State, o)}, nil
}

// DeleteOrganization ends an organization that has no account left but the
// management account, with everything in it.
func (s *Service) DeleteOrganization(c *call.Call, _ *api.DeleteOrganizationInput) (*api.DeleteOrganizationOutput, error) {
	o, err := s.managed(c)
	if err != nil {
		return nil, err
	}
	if tallyOf(c.State, o.ID).Accounts > 1 || s.creating(c.State, o) > 0 {
		return nil, errOrganizationNotEmpty
	}
	for _, t := range o.TrustedAccess {
		if hook := s.Trusted[t.Service]; hook != nil {
			if err := hook.AccessDisabled(c, o.ID); err != nil {
				return nil, err
			}
		}
	}
	wipe(c.Tx, members, o.ID)
	wipe(c.Tx, units, o.ID)
	wipe(c.Tx, policies, o.ID)
	wipe(c.Tx, attachments, o.ID)
	wipe(c.Tx, handshakes, o.ID)
	wipe(c.Tx, creations, o.ID)
	wipe(c.Tx, tags, o.ID)
	resourcePolicies.Delete(c.Tx, o.ID)
	tallies.Delete(c.Tx, o.ID)
	organizations.Delete(c.Tx, o.ID)
	return nil, nil
}

func (s *Service) describe(r store.Reader, o *Organization) *api.Organization {
	_, email, _ := s.Accounts.Account(r, o.Management)
	available := []api.PolicyTypeSummary{}
	if o.AllFeatures() {
		available = append(available, api.PolicyTypeSummary{
			Type:   new(serviceControl),
			Status: new(api.PolicyTypeStatusEnabled),
		})
	}
	return &api.Organization{
		Id:                   &o.ID,
		Arn:                  new(o.ARN()),
		FeatureSet:           &o.FeatureSet,
		MasterAccountArn:     new(o.arn("account", o.Management)),
		MasterAccountId:      &o.Management,
		MasterAccountEmail:   &email,
		AvailablePolicyTypes: available,
	}
}
