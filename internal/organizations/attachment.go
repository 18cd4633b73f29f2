package organizations

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// attached are the policies that somebody attached to a target or detached
// from it. The key of the record is organization/target.
type attached struct {
	// Policies are the ids of all policies of a type, the one of AWS among
	// them while it is attached. A type that is missing has nothing but that
	// one.
	Policies map[string][]string
}

var attachments = store.NewKind("organizations.attachments",
	store.Index[attached]{Name: "policy", Keys: func(key string, a *attached) []string {
		organization, _, _ := strings.Cut(key, "/")
		var under []string
		for _, ids := range a.Policies {
			for _, id := range ids {
				under = append(under, prefix(organization)+id)
			}
		}
		return under
	}},
)

// attachedTo returns the ids of the policies of an enabled type on a target.
func (o *Organization) attachedTo(r store.Reader, target, policyType string) []string {
	if a, ok := attachments.Get(r, prefix(o.ID)+target); ok {
		if ids, ok := a.Policies[policyType]; ok {
			return ids
		}
	}
	return []string{policyTypes[policyType].Default.ID}
}

// putAttached stores the policies of one type on a target; nil means as AWS
// leaves it. old is the record before, nil when there is none.
func putAttached(tx *store.Tx, key string, old *attached, policyType string, ids []string) {
	a := attached{Policies: map[string][]string{}}
	if old != nil {
		a.Policies = maps.Clone(old.Policies)
	}
	if ids == nil {
		delete(a.Policies, policyType)
	} else {
		a.Policies[policyType] = ids
	}
	if len(a.Policies) == 0 {
		attachments.Delete(tx, key)
		return
	}
	attachments.Put(tx, key, &a)
}

func (o *Organization) setAttached(tx *store.Tx, target, policyType string, ids []string) {
	key := prefix(o.ID) + target
	old, _ := attachments.Get(tx, key)
	if slices.Equal(ids, []string{policyTypes[policyType].Default.ID}) {
		ids = nil
	}
	putAttached(tx, key, old, policyType, ids)
}

// AttachPolicy attaches a policy to the root, a unit or an account.
func (s *Service) AttachPolicy(c *call.Call, in *api.AttachPolicyInput) (*api.AttachPolicyOutput, error) {
	o, p, err := s.attachment(c, in, in.PolicyId, in.TargetId)
	if err != nil {
		return nil, err
	}
	target := aws.Val(in.TargetId)
	if !o.enabled(p.Type) {
		return nil, aws.Errorf("PolicyTypeNotEnabledException", "The given policy type %s is not enabled on the current view", policyTypes[p.Type].title)
	}
	ids := o.attachedTo(c.State, target, p.Type)
	if slices.Contains(ids, p.ID) {
		return nil, errDuplicateAttachment
	}
	if len(ids) >= maxPoliciesPerTarget {
		return nil, constraint("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", "You have attached the maximum number of policies to the specified target.")
	}
	o.setAttached(c.Tx, target, p.Type, append(slices.Clone(ids), p.ID))
	return nil, nil
}

// DetachPolicy takes a policy off a target.
func (s *Service) DetachPolicy(c *call.Call, in *api.DetachPolicyInput) (*api.DetachPolicyOutput, error) {
	o, p, err := s.attachment(c, in, in.PolicyId, in.TargetId)
	if err != nil {
		return nil, err
	}
	target := aws.Val(in.TargetId)
	if p.managed() && !policyTypes[p.Type].detachable {
		return nil, invalid("NON_DETACHABLE_POLICY", "You can't detach this policy, it is managed by AWS.")
	}
	if !o.enabled(p.Type) {
		return nil, errPolicyNotAttached
	}
	ids := slices.Clone(o.attachedTo(c.State, target, p.Type))
	i := slices.Index(ids, p.ID)
	if i < 0 {
		return nil, errPolicyNotAttached
	}
	if len(ids) == 1 {
		return nil, constraint("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", "You cannot remove the last policy attached to the specified target. You must have at least one attached at all times.")
	}
	o.setAttached(c.Tx, target, p.Type, slices.Delete(ids, i, i+1))
	return nil, nil
}

// attachment checks the caller of AttachPolicy or DetachPolicy and finds what
// it names.
func (s *Service) attachment(c *call.Call, in any, policyID, target *string) (*Organization, *Policy, error) {
	o, err := s.editable(c, in)
	if err != nil {
		return nil, nil, err
	}
	p, ok := o.policy(c.State, aws.Val(policyID))
	if !ok {
		return nil, nil, errPolicyNotFound
	}
	if !o.isTarget(c.State, aws.Val(target)) {
		return nil, nil, errTargetNotFound
	}
	return o, p, nil
}

// ListPoliciesForTarget lists the policies of a type that are attached
// directly to a target.
func (s *Service) ListPoliciesForTarget(c *call.Call, in *api.ListPoliciesForTargetInput) (*api.ListPoliciesForTargetOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	target, policyType := aws.Val(in.TargetId), aws.Val(in.Filter)
	if !o.isTarget(c.State, target) {
		return nil, errTargetNotFound
	}
	all := []api.PolicySummary{}
	if o.enabled(policyType) {
		for _, id := range o.attachedTo(c.State, target, policyType) {
			if p, ok := o.policy(c.State, id); ok {
				all = append(all, *p.summary())
			}
		}
	}
	list, next, err := page(c, in.NextToken, in.MaxResults, numbered(all))
	return &api.ListPoliciesForTargetOutput{Policies: list, NextToken: next}, err
}

// ListTargetsForPolicy lists where a policy is attached.
func (s *Service) ListTargetsForPolicy(c *call.Call, in *api.ListTargetsForPolicyInput) (*api.ListTargetsForPolicyOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	p, ok := o.policy(c.State, aws.Val(in.PolicyId))
	if !ok {
		return nil, errPolicyNotFound
	}
	list, next, err := page(c, in.NextToken, in.MaxResults, func(after string) iter.Seq2[string, api.PolicyTargetSummary] {
		if !p.managed() {
			return s.targetsOf(c.State, o, p, after)
		}
		return s.targetsOfDefault(c.State, o, p, after)
	})
	return &api.ListTargetsForPolicyOutput{Targets: list, NextToken: next}, err
}

// targetsOf yields the targets of a customer's policy: they all have records.
func (s *Service) targetsOf(r store.Reader, o *Organization, p *Policy, after string) iter.Seq2[string, api.PolicyTargetSummary] {
	return func(yield func(string, api.PolicyTargetSummary) bool) {
		for key := range attachments.ByAfter(r, "policy", prefix(o.ID)+p.ID, after) {
			_, target, _ := strings.Cut(key, "/")
			if !yield(key, s.targetView(r, o, target)) {
				return
			}
		}
	}
}

// targetsOfDefault yields the targets of a policy of AWS: every target whose
// record does not say otherwise. They stand by their place; the root has
// none, and stands before all others.
func (s *Service) targetsOfDefault(r store.Reader, o *Organization, p *Policy, after string) iter.Seq2[string, api.PolicyTargetSummary] {
	return func(yield func(string, api.PolicyTargetSummary) bool) {
		if !o.enabled(p.Type) {
			return
		}
		for at, target := range o.targets(r, after) {
			if slices.Contains(o.attachedTo(r, target, p.Type), p.ID) && !yield(at, s.targetView(r, o, target)) {
				return
			}
		}
	}
}

// targets yields the root, then all units, then all accounts, each with a
// position that sorts in this order.
func (o *Organization) targets(r store.Reader, after string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		if after == "" && !yield("0", o.Root) {
			return
		}
		if after < "2" {
			for at, u := range units.ScanAfter(r, prefix(o.ID), strings.TrimPrefix(after, "1")) {
				if !yield("1"+at, u.ID) {
					return
				}
			}
			after = ""
		}
		for at, m := range members.ScanAfter(r, prefix(o.ID), strings.TrimPrefix(after, "2")) {
			if !yield("2"+at, m.Account) {
				return
			}
		}
	}
}

func (s *Service) targetView(r store.Reader, o *Organization, id string) api.PolicyTargetSummary {
	kind, name, targetType := "root", rootName, api.TargetTypeRoot
	if aws.IsAccountID(id) {
		kind, targetType = "account", api.TargetTypeAccount
		name, _, _ = s.Accounts.Account(r, id)
	} else if u, ok := o.unit(r, id); ok {
		kind, name, targetType = "ou", u.Name, api.TargetTypeOrganizationalUnit
	}
	return api.PolicyTargetSummary{TargetId: &id, Arn: new(o.arn(kind, id)), Name: &name, Type: &targetType}
}
