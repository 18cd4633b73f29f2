package organizations

import (
	"fmt"
	"testing"

	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// crowd makes an organization of n accounts, all but the first in one unit
// deep in the tree, and returns the last.
func (h *house) crowd(n int) (management, last string) {
	h.Helper()
	management, o := h.organize()
	unit := o.Root
	for range 3 {
		unit = h.unit(management, unit, "u")
	}
	must(h, management, h.EnablePolicyType, &api.EnablePolicyTypeInput{RootId: &o.Root, PolicyType: new(serviceControl)})
	must(h, management, h.AttachPolicy, &api.AttachPolicyInput{PolicyId: new(h.scp(management, "p", "s3:*")), TargetId: &unit})
	h.update(func(tx *store.Tx) {
		for i := range n - 1 {
			last = fmt.Sprintf("%012d", i)
			fakeAccountKind.Put(tx, last, &fakeAccount{ID: last, Name: last, Email: last + "@example.com"})
			m := &Member{Place: nextPlace(tx, o.ID), Organization: o.ID, Account: last, Parent: unit, Method: "CREATED", Joined: h.Clock.Now(), State: "ACTIVE"}
			members.Put(tx, m.Place, m)
		}
		count(tx, o.ID, func(t *tally) { t.Accounts = n })
	})
	return management, last
}

func BenchmarkOrganizationOf(b *testing.B) {
	benchmarkSizes(b, func(b *testing.B, h *house, _, account string) {
		view := h.Store.View()
		for b.Loop() {
			if _, ok := OrganizationOf(view, account); !ok {
				b.Fatal("in no organization")
			}
		}
	})
}

func BenchmarkServiceControlPolicies(b *testing.B) {
	benchmarkSizes(b, func(b *testing.B, h *house, _, account string) {
		view := h.Store.View()
		for b.Loop() {
			if len(ServiceControlPolicies(view, account)) != 5 {
				b.Fatal("levels are missing")
			}
		}
	})
}

func BenchmarkPathOf(b *testing.B) {
	benchmarkSizes(b, func(b *testing.B, h *house, _, account string) {
		view := h.Store.View()
		for b.Loop() {
			PathOf(view, account)
		}
	})
}

func BenchmarkLastPageOfAccounts(b *testing.B) {
	benchmarkSizes(b, func(b *testing.B, h *house, management, account string) {
		m, _ := memberOf(h.Store.View(), account)
		o := h.organizationOf(management)
		near := fmt.Sprintf("%s%012d", prefix(o.ID), max(1, int(tallyOf(h.Store.View(), o.ID).Ordinal)-pageSize))
		in := &api.ListAccountsInput{NextToken: new(pages.Token("ListAccounts", near))}
		for b.Loop() {
			out := must(h, management, h.ListAccounts, in)
			if *out.Accounts[len(out.Accounts)-1].Id != m.Account {
				b.Fatal("not the last page")
			}
		}
	})
}

func benchmarkSizes(b *testing.B, run func(b *testing.B, h *house, management, account string)) {
	for _, n := range []int{10, 1_000, 10_000} {
		b.Run(fmt.Sprintf("accounts=%d", n), func(b *testing.B) {
			h := newHouse(b)
			management, last := h.crowd(n)
			b.ReportAllocs()
			run(b, h, management, last)
		})
	}
}

// Sixteen requests side by side, each an account with its roles.
func BenchmarkCreateAccount(b *testing.B) {
	h := newHouse(b)
	m, _ := h.crowd(10_000)
	i := 0
	for b.Loop() {
		for range sideBySide {
			i++
			must(h, m, h.CreateAccount, &api.CreateAccountInput{AccountName: new("a"), Email: new(fmt.Sprintf("new%d@example.com", i))})
		}
		h.advance()
	}
}

// The answers must not depend on the number of accounts: with ten thousand,
// every list still comes in full pages and reaches the last account.
func TestManyAccounts(t *testing.T) {
	h := newHouse(t)
	m, last := h.crowd(10_000)
	unit, _ := h.organizationOf(m).parentOf(h.Store.View(), last)
	lists := map[string]func(next *string) (n int, token *string){
		"ListAccounts": func(next *string) (int, *string) {
			out := must(h, m, h.ListAccounts, &api.ListAccountsInput{NextToken: next})
			return len(out.Accounts), out.NextToken
		},
		"ListAccountsForParent": func(next *string) (int, *string) {
			out := must(h, m, h.ListAccountsForParent, &api.ListAccountsForParentInput{ParentId: &unit, NextToken: next})
			return len(out.Accounts), out.NextToken
		},
		"ListChildren": func(next *string) (int, *string) {
			out := must(h, m, h.ListChildren, &api.ListChildrenInput{ParentId: &unit, ChildType: new("ACCOUNT"), NextToken: next})
			return len(out.Children), out.NextToken
		},
		"ListTargetsForPolicy": func(next *string) (int, *string) {
			out := must(h, m, h.ListTargetsForPolicy, &api.ListTargetsForPolicyInput{PolicyId: new("p-FullAWSAccess"), NextToken: next})
			return len(out.Targets), out.NextToken
		},
	}
	for name, want := range map[string]int{"ListAccounts": 10_000, "ListAccountsForParent": 9_999, "ListChildren": 9_999, "ListTargetsForPolicy": 10_004} {
		total := 0
		var next *string
		for {
			n, token := lists[name](next)
			total += n
			if next = token; next == nil {
				break
			}
			if n != pageSize {
				t.Fatalf("%s: a page of %d", name, n)
			}
		}
		if total != want {
			t.Errorf("%s: %d, want %d", name, total, want)
		}
	}
}
