package organizations

import (
	"slices"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// available returns the policy type of that name, if this organization can
// use it.
func (o *Organization) available(name string) (*policyType, bool) {
	t, ok := policyTypes[name]
	return t, ok && o.AllFeatures()
}

// enabled reports whether a policy type is enabled on the root.
func (o *Organization) enabled(name string) bool { return slices.Contains(o.PolicyTypes, name) }

// EnablePolicyType lets policies of a type have their effect. From here on
// every target has the policy that AWS attaches by itself.
func (s *Service) EnablePolicyType(c *call.Call, in *api.EnablePolicyTypeInput) (*api.EnablePolicyTypeOutput, error) {
	o, err := s.editable(c, in)
	if err != nil {
		return nil, err
	}
	name := aws.Val(in.PolicyType)
	if aws.Val(in.RootId) != o.Root {
		return nil, errRootNotFound
	}
	if _, ok := o.available(name); !ok {
		return nil, errPolicyTypeNotAvailable
	}
	if o.enabled(name) {
		return nil, errPolicyTypeEnabled
	}
	o = o.update(c.Tx, func(o *Organization) { o.PolicyTypes = append(o.PolicyTypes, name) })
	return &api.EnablePolicyTypeOutput{Root: o.rootView()}, nil
}

// DisablePolicyType ends the effect of a type. All its attachments are lost.
func (s *Service) DisablePolicyType(c *call.Call, in *api.DisablePolicyTypeInput) (*api.DisablePolicyTypeOutput, error) {
	o, err := s.editable(c, in)
	if err != nil {
		return nil, err
	}
	name := aws.Val(in.PolicyType)
	if aws.Val(in.RootId) != o.Root {
		return nil, errRootNotFound
	}
	if !o.enabled(name) {
		return nil, errPolicyTypeNotEnabled
	}
	for key, a := range attachments.Scan(c.Tx, prefix(o.ID)) {
		putAttached(c.Tx, key, a, name, nil)
	}
	o = o.update(c.Tx, func(o *Organization) {
		o.PolicyTypes = slices.DeleteFunc(o.PolicyTypes, func(t string) bool { return t == name })
	})
	return &api.DisablePolicyTypeOutput{Root: o.rootView()}, nil
}
