package organizations

import (
	"iter"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// Unit is an organizational unit.
type Unit struct {
	Place        string // key of the record
	ID           string // ou-…
	Organization string
	Parent       string // id of the root or unit it stands in
	Name         string
}

var units = store.NewKind("organizations.unit",
	store.Index[Unit]{Name: "id", Keys: func(_ string, u *Unit) []string { return []string{u.ID} }},
	store.Index[Unit]{Name: "parent", Keys: func(_ string, u *Unit) []string { return []string{u.Parent} }},
)

// unit returns a unit of the organization.
func (o *Organization) unit(r store.Reader, id string) (*Unit, bool) {
	u, ok := first(r, units, "id", id)
	return u, ok && u.Organization == o.ID
}

// CreateOrganizationalUnit makes a unit in the root or in another unit.
func (s *Service) CreateOrganizationalUnit(c *call.Call, in *api.CreateOrganizationalUnitInput) (*api.CreateOrganizationalUnitOutput, error) {
	o, err := s.managed(c)
	if err != nil {
		return nil, err
	}
	newTags, err := tagRules.With(nil, tag.Of(in.Tags))
	if err != nil {
		return nil, err
	}
	parent, name := aws.Val(in.ParentId), aws.Val(in.Name)
	switch {
	case !o.isParent(c.State, parent):
		return nil, errParentNotFound
	case nameTaken(c.State, parent, name):
		return nil, errDuplicateUnit
	case len(o.ancestors(c.State, parent)) > maxUnitDepth:
		return nil, constraint("OU_DEPTH_LIMIT_EXCEEDED", "You have exceeded the maximum depth of nested organizational units.")
	case s.unitsFull(c.State, o):
		return nil, constraint("OU_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of organizational units.")
	}
	u := &Unit{
		Place:        nextPlace(c.Tx, o.ID),
		ID:           aws.LowerID("ou-"+strings.TrimPrefix(o.Root, "r-")+"-", 8),
		Organization: o.ID,
		Parent:       parent,
		Name:         name,
	}
	units.Put(c.Tx, u.Place, u)
	putTags(c.Tx, o, u.ID, newTags)
	return &api.CreateOrganizationalUnitOutput{OrganizationalUnit: u.view(c.State, o)}, nil
}

// nameTaken reports whether a parent has a unit of that name.
func nameTaken(r store.Reader, parent, name string) bool {
	for _, u := range units.By(r, "parent", parent) {
		if u.Name == name {
			return true
		}
	}
	return false
}

func (s *Service) unitsFull(r store.Reader, o *Organization) bool {
	n := 0
	for range units.Scan(r, prefix(o.ID)) {
		n++
	}
	return n >= s.Limits.units()
}

// DescribeOrganizationalUnit tells of one unit.
func (s *Service) DescribeOrganizationalUnit(c *call.Call, in *api.DescribeOrganizationalUnitInput) (*api.DescribeOrganizationalUnitOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	u, ok := o.unit(c.State, aws.Val(in.OrganizationalUnitId))
	if !ok {
		return nil, errUnitNotFound
	}
	return &api.DescribeOrganizationalUnitOutput{OrganizationalUnit: u.view(c.State, o)}, nil
}

// UpdateOrganizationalUnit renames a unit.
func (s *Service) UpdateOrganizationalUnit(c *call.Call, in *api.UpdateOrganizationalUnitInput) (*api.UpdateOrganizationalUnitOutput, error) {
	o, err := s.managed(c)
	if err != nil {
		return nil, err
	}
	u, ok := o.unit(c.State, aws.Val(in.OrganizationalUnitId))
	if !ok {
		return nil, errUnitNotFound
	}
	if in.Name != nil && *in.Name != u.Name {
		if nameTaken(c.State, u.Parent, *in.Name) {
			return nil, errDuplicateUnit
		}
		u = new(*u)
		u.Name = *in.Name
		units.Put(c.Tx, u.Place, u)
	}
	return &api.UpdateOrganizationalUnitOutput{OrganizationalUnit: u.view(c.State, o)}, nil
}

// DeleteOrganizationalUnit removes a unit that holds nothing.
func (s *Service) DeleteOrganizationalUnit(c *call.Call, in *api.DeleteOrganizationalUnitInput) (*api.DeleteOrganizationalUnitOutput, error) {
	o, err := s.managed(c)
	if err != nil {
		return nil, err
	}
	u, ok := o.unit(c.State, aws.Val(in.OrganizationalUnitId))
	if !ok {
		return nil, errUnitNotFound
	}
	_, hasUnits := first(c.State, units, "parent", u.ID)
	_, hasAccounts := first(c.State, members, "parent", u.ID)
	if hasUnits || hasAccounts {
		return nil, errUnitNotEmpty
	}
	units.Delete(c.Tx, u.Place)
	forget(c.Tx, o, u.ID)
	return nil, nil
}

// ListOrganizationalUnitsForParent lists the units directly in the root or in
// a unit.
func (s *Service) ListOrganizationalUnitsForParent(c *call.Call, in *api.ListOrganizationalUnitsForParentInput) (*api.ListOrganizationalUnitsForParentOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	parent := aws.Val(in.ParentId)
	if !o.isParent(c.State, parent) {
		return nil, errParentNotFound
	}
	list, next, err := page(c, in.NextToken, in.MaxResults, func(after string) iter.Seq2[string, api.OrganizationalUnit] {
		return views(units.ByAfter(c.State, "parent", parent, after), func(u *Unit) (api.OrganizationalUnit, bool) {
			return *u.view(c.State, o), true
		})
	})
	return &api.ListOrganizationalUnitsForParentOutput{OrganizationalUnits: list, NextToken: next}, err
}

func (u *Unit) view(r store.Reader, o *Organization) *api.OrganizationalUnit {
	return &api.OrganizationalUnit{
		Id:   &u.ID,
		Arn:  new(o.arn("ou", u.ID)),
		Name: &u.Name,
		Path: new(o.path(r, u.ID)),
	}
}
