package iam

import (
	"cmp"
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

// AccessReport is which services somebody may call and who has called them
// when, as it was when the report was asked for. Its key is its account and
// its id.
type AccessReport struct {
	Created     time.Time
	Granularity string
	Services    []ServiceAccess // in the order of their namespaces
}

// ServiceAccess is one service of a report.
type ServiceAccess struct {
	Namespace, Name string
	By              []EntityAccess // the latest first
}

// EntityAccess is a user or a role that has called a service.
type EntityAccess struct {
	ARN, Name, ID, Path, Type string
	Access
}

var accessReports = store.NewKind[AccessReport]("iam.accessreport")

// Reports are kept for a week, and no more of one account than this.
const (
	reportsKept       = 7 * 24 * time.Hour
	reportsPerAccount = 100
)

// GenerateServiceLastAccessedDetails writes a report of a user, a group, a
// role or a policy. It is complete when the call is.
func (s *Service) GenerateServiceLastAccessedDetails(c *call.Call, in *api.GenerateServiceLastAccessedDetailsInput) (*api.GenerateServiceLastAccessedDetailsOutput, error) {
	documents, of, err := accessSubjects(c, in.Arn)
	if err != nil {
		return nil, err
	}
	r := &AccessReport{Created: c.Time.UTC().Truncate(time.Second), Granularity: aws.Val(in.Granularity)}
	if r.Granularity == "" {
		r.Granularity = api.AccessAdvisorUsageGranularityTypeServiceLevel
	}
	for _, service := range s.sortedServices() {
		grants := func(d *policy.Document) bool { return d.Grants(service.Namespace) }
		if !slices.ContainsFunc(documents, grants) {
			continue
		}
		a := ServiceAccess{Namespace: service.Namespace, Name: service.Name}
		for _, x := range of {
			if last, ok := s.lastAccess(c.State, accessed{x.Account, x.ID, service.Namespace}); ok {
				a.By = append(a.By, EntityAccess{x.ARN, x.Name, x.ID, x.Path, ownerTypes[x.class], last})
			}
		}
		slices.SortStableFunc(a.By, func(x, y EntityAccess) int { return cmp.Or(y.Time.Compare(x.Time), cmp.Compare(x.ARN, y.ARN)) })
		r.Services = append(r.Services, a)
	}
	prune(c, accessReports, func(r *AccessReport) time.Time { return r.Created })
	id := aws.UUID()
	accessReports.Put(c.Tx, recordKey(c.Account(), id), r)
	return &api.GenerateServiceLastAccessedDetailsOutput{JobId: &id}, nil
}

// sortedServices are the services that reports speak of, by namespace.
func (s *Service) sortedServices() []ServiceName {
	return slices.SortedFunc(slices.Values(s.Services), func(a, b ServiceName) int { return cmp.Compare(a.Namespace, b.Namespace) })
}

// accessSubjects returns the policies of what an ARN names, and the users and
// roles whose calls count for it.
func accessSubjects(c *call.Call, arn *string) (documents []*policy.Document, of []carrier, err error) {
	if a, ok := aws.ParseARN(aws.Val(arn)); ok && strings.HasPrefix(a.Resource, policyClass.noun+"/") {
		p, err := findPolicy(c, arn)
		if err != nil {
			return nil, nil, err
		}
		for _, x := range carriers(c, p.ARN, api.PolicyUsageTypePermissionsPolicy) {
			of = append(of, callers(c, x)...)
		}
		return []*policy.Document{p.source().Document()}, distinct(of), nil
	}
	list, err := grantors(c, arn)
	if err != nil {
		return nil, nil, err
	}
	for _, g := range list {
		documents = append(documents, g.document)
	}
	x, err := findCarrier(c, arn)
	return documents, callers(c, x.carrier), err
}

// callers are the users of a group, and of anybody else it itself.
func callers(c *call.Call, x carrier) []carrier {
	if x.class != groupClass {
		return []carrier{x}
	}
	var list []carrier
	for _, u := range users.By(c.State, byGroup, x.key()) {
		list = append(list, carrier{userClass, &u.Entity})
	}
	return list
}

func distinct(list []carrier) []carrier {
	slices.SortFunc(list, func(a, b carrier) int { return cmp.Compare(a.ARN, b.ARN) })
	return slices.CompactFunc(list, func(a, b carrier) bool { return a.ARN == b.ARN })
}

// prune forgets reports of the caller's account that are old, and the oldest
// when there are too many.
func prune[T any](c *call.Call, kind *store.Kind[T], created func(*T) time.Time) {
	var keys []string
	times := make(map[string]time.Time)
	for key, r := range kind.Scan(c.State, c.Account()+"/") {
		keys, times[key] = append(keys, key), created(r)
	}
	slices.SortFunc(keys, func(a, b string) int { return times[b].Compare(times[a]) })
	for i, key := range keys {
		if i >= reportsPerAccount-1 || c.Time.Sub(times[key]) >= reportsKept {
			kind.Delete(c.Tx, key)
		}
	}
}

func findAccessReport(c *call.Call, id *string) (*AccessReport, error) {
	r, ok := accessReports.Get(c.State, recordKey(c.Account(), aws.Val(id)))
	if !ok || c.Time.Sub(r.Created) >= reportsKept {
		return nil, noSuchEntity("Job with id %s not found", aws.Val(id))
	}
	return r, nil
}

// GetServiceLastAccessedDetails answers with a report.
func (s *Service) GetServiceLastAccessedDetails(c *call.Call, in *api.GetServiceLastAccessedDetailsInput) (*api.GetServiceLastAccessedDetailsOutput, error) {
	r, err := findAccessReport(c, in.JobId)
	if err != nil {
		return nil, err
	}
	p, err := page(c, byKey(r.Services, func(a ServiceAccess) string { return a.Namespace }), in.Marker, in.MaxItems)
	return &api.GetServiceLastAccessedDetailsOutput{
		JobStatus: new(api.JobStatusTypeCompleted), JobType: &r.Granularity, JobCreationDate: &r.Created, JobCompletionDate: &r.Created,
		ServicesLastAccessed: pages.Views(p.items, ServiceAccess.view), IsTruncated: p.truncated, Marker: p.marker,
	}, err
}

func (a ServiceAccess) view() api.ServiceLastAccessed {
	v := api.ServiceLastAccessed{ServiceName: &a.Name, ServiceNamespace: &a.Namespace, TotalAuthenticatedEntities: new(int32(len(a.By)))}
	if len(a.By) > 0 {
		v.LastAuthenticated, v.LastAuthenticatedEntity, v.LastAuthenticatedRegion = &a.By[0].Time, &a.By[0].ARN, &a.By[0].Region
	}
	return v
}

// GetServiceLastAccessedDetailsWithEntities answers with the users and roles
// that have called a service of a report.
func (s *Service) GetServiceLastAccessedDetailsWithEntities(c *call.Call, in *api.GetServiceLastAccessedDetailsWithEntitiesInput) (*api.GetServiceLastAccessedDetailsWithEntitiesOutput, error) {
	r, err := findAccessReport(c, in.JobId)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(r.Services, func(a ServiceAccess) bool { return a.Namespace == aws.Val(in.ServiceNamespace) })
	if i < 0 {
		return nil, noSuchEntity("Service %s is not in the report", aws.Val(in.ServiceNamespace))
	}
	p, err := page(c, byKey(r.Services[i].By, func(e EntityAccess) string { return e.ARN }), in.Marker, in.MaxItems)
	return &api.GetServiceLastAccessedDetailsWithEntitiesOutput{
		JobStatus: new(api.JobStatusTypeCompleted), JobCreationDate: &r.Created, JobCompletionDate: &r.Created,
		EntityDetailsList: pages.Views(p.items, EntityAccess.view), IsTruncated: p.truncated, Marker: p.marker,
	}, err
}

func (e EntityAccess) view() api.EntityDetails {
	return api.EntityDetails{
		EntityInfo:        &api.EntityInfo{Arn: &e.ARN, Name: &e.Name, Type: &e.Type, Id: &e.ID, Path: &e.Path},
		LastAuthenticated: &e.Time,
	}
}
