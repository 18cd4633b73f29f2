package organizations

import (
	"iter"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// The tree: one root, units below it, accounts anywhere.

// isParent reports whether id is the root or a unit of the organization.
func (o *Organization) isParent(r store.Reader, id string) bool {
	if id == o.Root {
		return true
	}
	_, ok := o.unit(r, id)
	return ok
}

// isTarget reports whether policies can be attached to id: the root, a unit
// or an account.
func (o *Organization) isTarget(r store.Reader, id string) bool {
	if aws.IsAccountID(id) {
		_, ok := o.member(r, id)
		return ok
	}
	return o.isParent(r, id)
}

// ancestors returns the way from the root down to a parent, both included.
func (o *Organization) ancestors(r store.Reader, parent string) []string {
	way := make([]string, 0, maxUnitDepth+2) // with room for an account
	for parent != o.Root {
		u, ok := o.unit(r, parent)
		if !ok {
			break
		}
		way = append(way, parent)
		parent = u.Parent
	}
	way = append(way, o.Root)
	slices.Reverse(way)
	return way
}

// path is the ids from the organization down to a parent, each followed by a
// slash.
func (o *Organization) path(r store.Reader, parent string) string {
	return o.ID + "/" + strings.Join(o.ancestors(r, parent), "/") + "/"
}

// PathOf returns where an account stands in its organization, as
// aws:PrincipalOrgPaths has it: o-…/r-…/ou-…/. It is "" for an account in no
// organization.
func PathOf(r store.Reader, account string) string {
	m, ok := memberOf(r, account)
	if !ok {
		return ""
	}
	o, ok := organizations.Get(r, m.Organization)
	if !ok {
		return ""
	}
	return o.path(r, m.Parent)
}

// ListRoots tells of the one root.
func (s *Service) ListRoots(c *call.Call, in *api.ListRootsInput) (*api.ListRootsOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	list, next, err := page(c, in.NextToken, in.MaxResults, numbered([]api.Root{*o.rootView()}))
	return &api.ListRootsOutput{Roots: list, NextToken: next}, err
}

const rootName = "Root"

func (o *Organization) rootView() *api.Root {
	types := []api.PolicyTypeSummary{}
	for _, t := range o.PolicyTypes {
		types = append(types, api.PolicyTypeSummary{Type: &t, Status: new(api.PolicyTypeStatusEnabled)})
	}
	return &api.Root{Id: &o.Root, Arn: new(o.arn("root", o.Root)), Name: new(rootName), PolicyTypes: types}
}

// ListChildren lists the ids of the accounts or the units of a parent.
func (s *Service) ListChildren(c *call.Call, in *api.ListChildrenInput) (*api.ListChildrenOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	parent, kind := aws.Val(in.ParentId), aws.Val(in.ChildType)
	if !o.isParent(c.State, parent) {
		return nil, errParentNotFound
	}
	list, next, err := page(c, in.NextToken, in.MaxResults, func(after string) iter.Seq2[string, api.Child] {
		if kind == api.ChildTypeAccount {
			return views(members.ByAfter(c.State, "parent", parent, after), func(m *Member) (api.Child, bool) {
				return api.Child{Id: &m.Account, Type: &kind}, true
			})
		}
		return views(units.ByAfter(c.State, "parent", parent, after), func(u *Unit) (api.Child, bool) {
			return api.Child{Id: &u.ID, Type: &kind}, true
		})
	})
	return &api.ListChildrenOutput{Children: list, NextToken: next}, err
}

// ListParents tells the one parent of an account or a unit.
func (s *Service) ListParents(c *call.Call, in *api.ListParentsInput) (*api.ListParentsOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	id, ok := o.parentOf(c.State, aws.Val(in.ChildId))
	if !ok {
		return nil, errChildNotFound
	}
	parent := api.Parent{Id: &id, Type: new(api.ParentTypeOrganizationalUnit)}
	if id == o.Root {
		parent.Type = new(api.ParentTypeRoot)
	}
	list, next, err := page(c, in.NextToken, in.MaxResults, numbered([]api.Parent{parent}))
	return &api.ListParentsOutput{Parents: list, NextToken: next}, err
}

func (o *Organization) parentOf(r store.Reader, child string) (string, bool) {
	if m, ok := o.member(r, child); ok {
		return m.Parent, true
	}
	if u, ok := o.unit(r, child); ok {
		return u.Parent, true
	}
	return "", false
}
