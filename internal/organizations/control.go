package organizations

import (
	"slices"

	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
)

// ServiceControlPolicies returns the policies that limit the principals of an
// account: one list for the root, one for each unit on the way down, one for
// the account. It is nil where none apply: outside organizations, in the
// management account, and while the type is not enabled. It is asked for
// every call of a member; documents are shared and parsed already.
func ServiceControlPolicies(r store.Reader, account string) [][]policy.Attached {
	return controls(r, account, serviceControl)
}

// ResourceControlPolicies returns the policies that limit who may use the
// resources of an account, as ServiceControlPolicies does.
func ResourceControlPolicies(r store.Reader, account string) [][]policy.Attached {
	return controls(r, account, resourceControl)
}

func controls(r store.Reader, account, policyType string) [][]policy.Attached {
	m, ok := memberOf(r, account)
	if !ok {
		return nil
	}
	o, ok := organizations.Get(r, m.Organization)
	if !ok || o.Management == account || !o.enabled(policyType) {
		return nil
	}
	targets := append(o.ancestors(r, m.Parent), account)
	levels := make([][]policy.Attached, len(targets))
	for i, target := range targets {
		levels[i] = o.policiesOn(r, target, policyType)
	}
	return levels
}

// policiesOn returns the policies of an enabled type on one target.
func (o *Organization) policiesOn(r store.Reader, target, policyType string) []policy.Attached {
	t := policyTypes[policyType]
	a, ok := attachments.Get(r, prefix(o.ID)+target)
	if !ok {
		return t.attached
	}
	ids, ok := a.Policies[policyType]
	if !ok {
		return t.attached
	}
	list := make([]policy.Attached, 0, len(ids))
	for _, id := range ids {
		if p, ok := o.policy(r, id); ok {
			list = append(list, p.attachment())
		}
	}
	return slices.Clip(list)
}
