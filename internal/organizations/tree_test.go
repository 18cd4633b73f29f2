package organizations

import (
	"fmt"
	"slices"
	"testing"

	"github.com/orgtrail/orgtrail/internal/pages"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

func TestUnits(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	h.Limits.Units = 7
	root := &o.Root
	create := func(parent, name string) *api.CreateOrganizationalUnitInput {
		return &api.CreateOrganizationalUnitInput{ParentId: &parent, Name: &name}
	}
	refuses(h, "ParentNotFound", m, h.CreateOrganizationalUnit, create("r-none", "a"))
	refuses(h, "InvalidInput/INVALID_PATTERN", m, h.CreateOrganizationalUnit, create("o-x", "a"))

	a := must(h, m, h.CreateOrganizationalUnit, create(*root, "a")).OrganizationalUnit
	if want := o.ID + "/" + o.Root + "/" + *a.Id + "/"; *a.Path != want || *a.Arn != "arn:aws:organizations::"+m+":ou/"+o.ID+"/"+*a.Id {
		t.Errorf("unit: %s %s", *a.Path, *a.Arn)
	}
	refuses(h, "DuplicateOrganizationalUnit", m, h.CreateOrganizationalUnit, create(*root, "a"))

	deepest := *a.Id
	for depth := 2; depth <= 5; depth++ {
		deepest = h.unit(m, deepest, "a")
	}
	refuses(h, "ConstraintViolation/OU_DEPTH_LIMIT_EXCEEDED", m, h.CreateOrganizationalUnit, create(deepest, "a"))
	b := h.unit(m, *root, "b")
	h.unit(m, *root, "c")
	refuses(h, "ConstraintViolation/OU_NUMBER_LIMIT_EXCEEDED", m, h.CreateOrganizationalUnit, create(*root, "d"))

	refuses(h, "OrganizationalUnitNotFound", m, h.DescribeOrganizationalUnit, &api.DescribeOrganizationalUnitInput{OrganizationalUnitId: new("ou-none-12345678")})
	refuses(h, "OrganizationalUnitNotFound", m, h.UpdateOrganizationalUnit, &api.UpdateOrganizationalUnitInput{OrganizationalUnitId: new("ou-none-12345678"), Name: new("x")})
	refuses(h, "OrganizationalUnitNotFound", m, h.DeleteOrganizationalUnit, &api.DeleteOrganizationalUnitInput{OrganizationalUnitId: new("ou-none-12345678")})
	refuses(h, "DuplicateOrganizationalUnit", m, h.UpdateOrganizationalUnit, &api.UpdateOrganizationalUnitInput{OrganizationalUnitId: &b, Name: new("a")})
	must(h, m, h.UpdateOrganizationalUnit, &api.UpdateOrganizationalUnitInput{OrganizationalUnitId: &b, Name: new("b")})
	must(h, m, h.UpdateOrganizationalUnit, &api.UpdateOrganizationalUnitInput{OrganizationalUnitId: &b, Name: new("renamed")})
	if got := must(h, m, h.DescribeOrganizationalUnit, &api.DescribeOrganizationalUnitInput{OrganizationalUnitId: &b}).OrganizationalUnit; *got.Name != "renamed" {
		t.Errorf("name: %s", *got.Name)
	}
	refuses(h, "OrganizationalUnitNotEmpty", m, h.DeleteOrganizationalUnit, &api.DeleteOrganizationalUnitInput{OrganizationalUnitId: a.Id})
	account := h.create(m, "member")
	must(h, m, h.MoveAccount, &api.MoveAccountInput{AccountId: &account, SourceParentId: root, DestinationParentId: &b})
	refuses(h, "OrganizationalUnitNotEmpty", m, h.DeleteOrganizationalUnit, &api.DeleteOrganizationalUnitInput{OrganizationalUnitId: &b})
	must(h, m, h.MoveAccount, &api.MoveAccountInput{AccountId: &account, SourceParentId: &b, DestinationParentId: &deepest})
	must(h, m, h.DeleteOrganizationalUnit, &api.DeleteOrganizationalUnitInput{OrganizationalUnitId: &b})

	var names []string
	for _, u := range must(h, m, h.ListOrganizationalUnitsForParent, &api.ListOrganizationalUnitsForParentInput{ParentId: root}).OrganizationalUnits {
		names = append(names, *u.Name)
	}
	if !slices.Equal(names, []string{"a", "c"}) {
		t.Errorf("units of the root: %q", names)
	}
	if got := PathOf(h.Store.View(), account); len(got) != len(o.ID)+len(o.Root)+2+5*len(deepest+"/") {
		t.Errorf("path: %s", got)
	}
	if got := PathOf(h.Store.View(), h.standalone("alone")); got != "" {
		t.Errorf("path outside organizations: %s", got)
	}
}

func TestParentsAndChildren(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	unit := h.unit(m, o.Root, "u")
	inner := h.unit(m, unit, "inner")
	one, two := h.create(m, "one"), h.create(m, "two")
	move := func(account, from, to string) *api.MoveAccountInput {
		return &api.MoveAccountInput{AccountId: &account, SourceParentId: &from, DestinationParentId: &to}
	}
	refuses(h, "AccountNotFound", m, h.MoveAccount, move("000000000000", o.Root, unit))
	refuses(h, "SourceParentNotFound", m, h.MoveAccount, move(one, "r-none", unit))
	refuses(h, "SourceParentNotFound", m, h.MoveAccount, move(one, unit, inner))
	refuses(h, "DestinationParentNotFound", m, h.MoveAccount, move(one, o.Root, "ou-none-12345678"))
	refuses(h, "DuplicateAccount", m, h.MoveAccount, move(one, unit, o.Root))
	must(h, m, h.MoveAccount, move(one, o.Root, unit))

	children := func(parent, kind string) (ids []string) {
		for _, c := range must(h, m, h.ListChildren, &api.ListChildrenInput{ParentId: &parent, ChildType: &kind}).Children {
			if *c.Type != kind {
				t.Errorf("child %s is %s", *c.Id, *c.Type)
			}
			ids = append(ids, *c.Id)
		}
		return ids
	}
	for _, c := range []struct {
		parent, kind string
		want         []string
	}{
		{o.Root, "ACCOUNT", []string{m, two}},
		{o.Root, "ORGANIZATIONAL_UNIT", []string{unit}},
		{unit, "ACCOUNT", []string{one}},
		{inner, "ORGANIZATIONAL_UNIT", nil},
		{unit, "ORGANIZATIONAL_UNIT", []string{inner}},
	} {
		if got := children(c.parent, c.kind); !slices.Equal(got, c.want) {
			t.Errorf("%s in %s: %q, want %q", c.kind, c.parent, got, c.want)
		}
	}
	refuses(h, "ParentNotFound", m, h.ListChildren, &api.ListChildrenInput{ParentId: new("r-none"), ChildType: new("ACCOUNT")})
	refuses(h, "ParentNotFound", m, h.ListAccountsForParent, &api.ListAccountsForParentInput{ParentId: new("r-none")})
	refuses(h, "ParentNotFound", m, h.ListOrganizationalUnitsForParent, &api.ListOrganizationalUnitsForParentInput{ParentId: new("r-none")})
	if got := must(h, m, h.ListAccountsForParent, &api.ListAccountsForParentInput{ParentId: &unit}).Accounts; len(got) != 1 || *got[0].Id != one {
		t.Errorf("accounts of the unit: %+v", got)
	}

	for child, want := range map[string][2]string{
		one:  {unit, "ORGANIZATIONAL_UNIT"},
		two:  {o.Root, "ROOT"},
		unit: {o.Root, "ROOT"},
	} {
		got := must(h, m, h.ListParents, &api.ListParentsInput{ChildId: &child}).Parents
		if len(got) != 1 || *got[0].Id != want[0] || *got[0].Type != want[1] {
			t.Errorf("parents of %s: %+v", child, got)
		}
	}
	refuses(h, "ChildNotFound", m, h.ListParents, &api.ListParentsInput{ChildId: new("000000000000")})
	refuses(h, "ChildNotFound", m, h.ListParents, &api.ListParentsInput{ChildId: new("ou-none-12345678")})
}

// What belongs to another organization does not exist.
func TestOtherOrganizations(t *testing.T) {
	h := newHouse(t)
	m, _ := h.organize()
	other := h.standalone("other")
	must(h, other, h.CreateOrganization, &api.CreateOrganizationInput{})
	root := h.organizationOf(other).Root
	unit, policy := h.unit(other, root, "u"), h.scp(other, "p", "s3:*")
	creation := must(h, other, h.CreateAccount, &api.CreateAccountInput{AccountName: new("a"), Email: new("a@example.com")}).CreateAccountStatus.Id

	refuses(h, "AccountNotFound", m, h.DescribeAccount, &api.DescribeAccountInput{AccountId: &other})
	refuses(h, "AccountNotFound", m, h.RemoveAccountFromOrganization, &api.RemoveAccountFromOrganizationInput{AccountId: &other})
	refuses(h, "OrganizationalUnitNotFound", m, h.DescribeOrganizationalUnit, &api.DescribeOrganizationalUnitInput{OrganizationalUnitId: &unit})
	refuses(h, "PolicyNotFound", m, h.DescribePolicy, &api.DescribePolicyInput{PolicyId: &policy})
	refuses(h, "ParentNotFound", m, h.ListChildren, &api.ListChildrenInput{ParentId: &root, ChildType: new("ACCOUNT")})
	refuses(h, "CreateAccountStatusNotFound", m, h.DescribeCreateAccountStatus, &api.DescribeCreateAccountStatusInput{CreateAccountRequestId: creation})
	for _, id := range []string{other, unit, policy, root} {
		refuses(h, "TargetNotFound", m, h.ListTagsForResource, &api.ListTagsForResourceInput{ResourceId: &id})
	}
}

func TestPages(t *testing.T) {
	h := newHouse(t)
	m, _ := h.organize()
	want := []string{m}
	for i := range 44 {
		want = append(want, h.create(m, fmt.Sprintf("member%d", i)))
	}
	var got []string
	var sizes []int
	in := &api.ListAccountsInput{}
	for {
		out := must(h, m, h.ListAccounts, in)
		for _, a := range out.Accounts {
			got = append(got, *a.Id)
		}
		sizes = append(sizes, len(out.Accounts))
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	if !slices.Equal(got, want) || !slices.Equal(sizes, []int{20, 20, 5}) {
		t.Errorf("pages of %v: %q, want %q", sizes, got, want)
	}

	first := must(h, m, h.ListAccounts, &api.ListAccountsInput{MaxResults: new(int32(7))})
	if len(first.Accounts) != 7 || first.NextToken == nil {
		t.Fatalf("a page of 7: %d", len(first.Accounts))
	}
	// What goes between two pages does not shift the second.
	must(h, m, h.RemoveAccountFromOrganization, &api.RemoveAccountFromOrganizationInput{AccountId: &want[6]})
	second := must(h, m, h.ListAccounts, &api.ListAccountsInput{MaxResults: new(int32(1)), NextToken: first.NextToken})
	if *second.Accounts[0].Id != want[7] {
		t.Errorf("the second page begins with %s, want %s", *second.Accounts[0].Id, want[7])
	}

	refuses(h, "InvalidInput/MIN_VALUE_EXCEEDED", m, h.ListAccounts, &api.ListAccountsInput{MaxResults: new(int32(0))})
	refuses(h, "InvalidInput/MAX_VALUE_EXCEEDED", m, h.ListAccounts, &api.ListAccountsInput{MaxResults: new(int32(21))})
	for _, token := range []string{"", "x", "!", pages.Token("ListRoots", "1"), pages.Token("ListAccounts", "")} {
		refuses(h, "InvalidInput/INVALID_NEXT_TOKEN", m, h.ListAccounts, &api.ListAccountsInput{NextToken: &token})
	}
}
