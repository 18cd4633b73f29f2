package cloudtrail

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Routes says which trails a record goes to, as the trails are at this
// moment. The answer is stored with the record, so that no later change of a
// trail rewrites what it logged.
func (s *Service) Routes(r store.Reader, f *call.Facts) []journal.Route {
	var routes []journal.Route
	for t := range s.of(r, f.Account) {
		if t.Logging && t.reaches(f) && t.Selectors.Match(f) {
			routes = append(routes, journal.Route{Trail: t.ID, Organization: t.Organization})
		}
	}
	return routes
}

// reaches reports whether a trail logs the region of a record. Records of
// global services reach multi-region trails, and of the others only those at
// home in the global region that ask for them.
func (t *Trail) reaches(f *call.Facts) bool {
	if f.Global && !t.MultiRegion {
		return t.Region == aws.GlobalRegion && t.IncludeGlobal
	}
	return t.covers(f.Region)
}
