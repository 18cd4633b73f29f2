package iam

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// OrganizationReport is which services the accounts at a place in an
// organization may call and have called, as it was when it was asked for. Its
// key is the management account and its id.
type OrganizationReport struct {
	Created  time.Time
	Services []AccountsAccess
}

// AccountsAccess is one service of a report: the last call of it, of which
// account, and how many accounts have called it.
type AccountsAccess struct {
	Namespace, Name string
	Place           string // o-…/r-…/111111111111
	Accounts        int32
	Access
}

var organizationReports = store.NewKind[OrganizationReport]("iam.organizationreport")

// GenerateOrganizationsAccessReport writes a report of the root, a unit or an
// account of the caller's organization. It is complete when the call is.
func (s *Service) GenerateOrganizationsAccessReport(c *call.Call, in *api.GenerateOrganizationsAccessReportInput) (*api.GenerateOrganizationsAccessReportOutput, error) {
	place := strings.TrimSuffix(aws.Val(in.EntityPath), "/")
	members, err := s.membersAt(c, place)
	if err != nil {
		return nil, err
	}
	controls, err := s.controlsAt(c, place, members, in.OrganizationsPolicyId)
	if err != nil {
		return nil, err
	}
	r := &OrganizationReport{Created: c.Time.UTC().Truncate(time.Second)}
	last := make(map[string]map[string]Access, len(members))
	for account := range members {
		last[account] = s.lastOfAccount(c.State, account)
	}
	for _, service := range s.sortedServices() {
		if !accessible(controls, service.Namespace) {
			continue
		}
		a := AccountsAccess{Namespace: service.Namespace, Name: service.Name}
		for _, account := range slices.Sorted(maps.Keys(members)) {
			access, ok := last[account][service.Namespace]
			if !ok {
				continue
			}
			if a.Accounts++; a.Time.Before(access.Time) {
				a.Place, a.Access = members[account], access
			}
		}
		r.Services = append(r.Services, a)
	}
	prune(c, organizationReports, func(r *OrganizationReport) time.Time { return r.Created })
	id := aws.UUID()
	organizationReports.Put(c.Tx, recordKey(c.Account(), id), r)
	return &api.GenerateOrganizationsAccessReportOutput{JobId: &id}, nil
}

// membersAt are the accounts at and below a place, each with its own. Only the
// management account asks.
func (s *Service) membersAt(c *call.Call, place string) (map[string]string, error) {
	var o Organization
	ok := false
	if s.Organizations != nil {
		o, ok = s.Organizations.Organization(c.State, c.Account())
	}
	if !ok || o.Management != c.Account() {
		return nil, aws.Errorf(aws.AccessDenied, "Only the management account of an organization can have a report of it.")
	}
	if id, _, _ := strings.Cut(place, "/"); id != o.ID {
		return nil, invalidInput("The entity path %s is not one of your organization.", place)
	}
	members := s.Organizations.Accounts(c.State, o.ID, place)
	if len(members) == 0 {
		return nil, invalidInput("The entity path %s leads to no account of your organization.", place)
	}
	return members, nil
}

// controlsAt are the service control policies down to a place, or the one of
// them that is asked about. The management account obeys none, so that they
// are seen through the eyes of another; nil: none are known.
func (s *Service) controlsAt(c *call.Call, place string, members map[string]string, only *string) ([][]policy.Attached, error) {
	depth := strings.Count(place, "/")
	var levels [][]policy.Attached
	for _, account := range slices.Sorted(maps.Keys(members)) {
		if s.ServiceControls == nil || levels != nil {
			break
		}
		levels = s.ServiceControls(c.State, account)
	}
	levels = levels[:min(depth, len(levels))]
	if only == nil {
		return levels, nil
	}
	for _, level := range levels {
		for _, p := range level {
			if strings.HasSuffix(p.ARN, "/"+*only) {
				return [][]policy.Attached{{p}}, nil
			}
		}
	}
	return nil, noSuchEntity("The policy %s is not attached to %s or above it.", *only, place)
}

// accessible reports whether every level allows anything of a service.
func accessible(levels [][]policy.Attached, namespace string) bool {
	for _, level := range levels {
		if !slices.ContainsFunc(level, func(p policy.Attached) bool { return p.Document.Grants(namespace) }) {
			return false
		}
	}
	return true
}

// GetOrganizationsAccessReport answers with a report, in the order that is
// asked for.
func (s *Service) GetOrganizationsAccessReport(c *call.Call, in *api.GetOrganizationsAccessReportInput) (*api.GetOrganizationsAccessReportOutput, error) {
	r, ok := organizationReports.Get(c.State, recordKey(c.Account(), aws.Val(in.JobId)))
	if !ok || c.Time.Sub(r.Created) >= reportsKept {
		return nil, noSuchEntity("Job with id %s not found", aws.Val(in.JobId))
	}
	unused := 0
	for _, a := range r.Services {
		if a.Accounts == 0 {
			unused++
		}
	}
	list := r.sorted(aws.Val(in.SortKey))
	p, err := page(c, pages.Numbered(list), in.Marker, in.MaxItems)
	return &api.GetOrganizationsAccessReportOutput{
		JobStatus: new(api.JobStatusTypeCompleted), JobCreationDate: &r.Created, JobCompletionDate: &r.Created,
		NumberOfServicesAccessible: new(int32(len(r.Services))), NumberOfServicesNotAccessed: new(int32(unused)),
		AccessDetails: pages.Views(p.items, AccountsAccess.view), IsTruncated: p.truncated, Marker: p.marker,
	}, err
}

// sorted are the services in an order of SortKeyType; by namespace without.
func (r *OrganizationReport) sorted(by string) []AccountsAccess {
	order := func(a, b AccountsAccess) int { return cmp.Compare(a.Namespace, b.Namespace) }
	if strings.HasPrefix(by, "LAST_AUTHENTICATED_TIME") {
		name := order
		order = func(a, b AccountsAccess) int { return cmp.Or(a.Time.Compare(b.Time), name(a, b)) }
	}
	list := slices.SortedFunc(slices.Values(r.Services), order)
	if strings.HasSuffix(by, "_DESCENDING") {
		slices.Reverse(list)
	}
	return list
}

func (a AccountsAccess) view() api.AccessDetail {
	v := api.AccessDetail{ServiceName: &a.Name, ServiceNamespace: &a.Namespace, TotalAuthenticatedEntities: &a.Accounts}
	if a.Accounts > 0 {
		v.Region, v.EntityPath, v.LastAuthenticatedTime = &a.Region, &a.Place, &a.Time
	}
	return v
}
