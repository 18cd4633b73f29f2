package iam

import (
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
)

// ServiceLinkedRoleUse returns what of an account still needs the role of a
// service, nothing when it may go.
type ServiceLinkedRoleUse func(r store.Reader, account, service string) []RoleUsage

// RoleUsage is what needs a service-linked role in one region.
type RoleUsage struct {
	Region    string
	Resources []string // ARNs
}

// ServiceControls returns the service control policies above an account, one
// list per level, nil where none apply.
type ServiceControls func(r store.Reader, account string) [][]policy.Attached

// Organizations knows the organizations of accounts.
type Organizations interface {
	// Organization is the one that an account is in.
	Organization(r store.Reader, account string) (Organization, bool)
	// Accounts are those of an organization at and below a place in it
	// (o-…/r-…/ou-…), each with its own: o-…/r-…/ou-…/111111111111.
	Accounts(r store.Reader, organization, place string) map[string]string
}

// Organization is what IAM asks of an organization.
type Organization struct {
	ID, Management string
	AllFeatures    bool
	Trusted        bool // it trusts iam.amazonaws.com
	Delegated      bool // the account asked about administers IAM for it
}

// ServiceName is a service as reports of access call it.
type ServiceName struct{ Namespace, Name string }
