package kms

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// policyName is the name of the one policy that a key has.
const policyName = "default"

// defaultPolicy leaves a key to its account: identity policies decide.
const defaultPolicy = `{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::ACCOUNT:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`

// managedPolicy is that of a key of one of AWS's services: everybody in the
// account may use it through the service, and nobody may change it.
const managedPolicy = `{
  "Version" : "2012-10-17",
  "Id" : "auto-SERVICE-1",
  "Statement" : [ {
    "Sid" : "Allow access through SERVICE for all principals in the account that are authorized to use SERVICE",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "*"
    },
    "Action" : [ "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey" ],
    "Resource" : "*",
    "Condition" : {
      "StringEquals" : {
        "kms:CallerAccount" : "ACCOUNT",
        "kms:ViaService" : "SERVICE.REGION.amazonaws.com"
      }
    }
  }, {
    "Sid" : "Allow direct access to key metadata to the account",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::ACCOUNT:root"
    },
    "Action" : [ "kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant" ],
    "Resource" : "*"
  } ]
}`

// write fills in the blanks of one of our own policies.
func write(template string, k *Key, service string) (policy.Source, error) {
	return policy.NewSource(strings.NewReplacer("ACCOUNT", k.Account, "REGION", k.Region, "SERVICE", service).Replace(template))
}

// newPolicy returns the policy that a call gives to a key, the default one
// when it gives none. It is refused when it names somebody who does not exist
// or, unless the caller bypasses that, would keep the caller from ever
// changing it again.
func (s *Service) newPolicy(c *call.Call, k *Key, text *string, bypass *bool) (policy.Source, error) {
	if text == nil {
		return write(defaultPolicy, k, "")
	}
	if len(*text) > policySize {
		return policy.Source{}, limitExceeded("The key policy has %d bytes, more than %d.", len(*text), policySize)
	}
	if err := s.checkPolicy(c.State, *text); err != nil {
		return policy.Source{}, err
	}
	source, err := policy.NewSource(*text)
	if err != nil {
		return policy.Source{}, malformedPolicy("%v", err)
	}
	if !aws.Val(bypass) && lockedOut(c, k, source.Document()) {
		return policy.Source{}, malformedPolicy("The new key policy will not allow you to update the key policy in the future.")
	}
	return s.bind(c.State, source), nil
}

// bind ties a policy to those whom it names, if somebody knows them.
func (s *Service) bind(r store.Reader, source policy.Source) policy.Source {
	if s.Principals == nil {
		return source
	}
	return source.Bind(func(arn string) string { return s.Principals.PrincipalID(r, arn) })
}

// checkPolicy judges a key policy.
func (s *Service) checkPolicy(r store.Reader, text string) error {
	written, err := policy.Read([]byte(text))
	if err != nil {
		return malformedPolicy("Policy document is malformed: %v", err)
	}
	for i := range written.Statements {
		st := &written.Statements[i]
		switch {
		case st.Principal.Name == "":
			return malformedPolicy("Policy contains a statement with no principal.")
		case st.Principal.Negated() && st.Effect == policy.Allow:
			return malformedPolicy("Policy contains an Allow statement with NotPrincipal.")
		case st.Resource.Name == "":
			return malformedPolicy("Policy contains a statement with no resource.")
		}
		for _, p := range st.Principals {
			if !s.nameable(r, p) {
				return malformedPolicy("Policy contains a statement with one or more invalid principals.")
			}
		}
	}
	return nil
}

// nameable reports whether a policy may name a principal.
func (s *Service) nameable(r store.Reader, p policy.WrittenPrincipal) bool {
	switch p.Kind {
	case "":
		return p.Value == "*"
	case "AWS":
		return p.Value == "*" || s.exists(r, p.Value)
	case "Service":
		return strings.HasSuffix(p.Value, ".amazonaws.com")
	case "Federated":
		return p.Value != ""
	}
	return false
}

// exists reports whether a policy or a grant may name somebody. An account's
// id stands for its root.
func (s *Service) exists(r store.Reader, principal string) bool {
	if aws.IsAccountID(principal) {
		principal = aws.RootARN(principal)
	}
	return s.Principals == nil || s.Principals.PrincipalExists(r, principal)
}

// everything is the policy of a caller whose own policies stand in no way.
var everything = mustAttach(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)

func mustAttach(text string) []policy.Attached {
	doc, err := policy.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return []policy.Attached{{Document: doc}}
}

// lockedOut reports whether a policy keeps the caller from putting another in
// its place, whatever the caller's own policies say.
func lockedOut(c *call.Call, k *Key, doc *policy.Document) bool {
	ctx := policy.PrincipalContext(c.Principal, nil, c.Time)
	k.describe(c.State, ctx)
	ctx.Set("kms:CallerAccount", c.Account())
	req := policy.Request{
		Principal: c.Principal, Action: "kms:PutKeyPolicy", Resource: k.ARN(), ResourceAccount: k.Account, Context: ctx,
	}
	docs := policy.Documents{
		Identity: everything, Session: everything,
		Resource: &policy.Attached{Name: policyName, Document: doc}, ResourceOnly: true,
	}
	result := policy.Evaluate(req, docs)
	return result.Decision != policy.Allowed
}

// GetKeyPolicy shows the policy as it was written.
func (s *Service) GetKeyPolicy(c *call.Call, in *api.GetKeyPolicyInput) (*api.GetKeyPolicyOutput, error) {
	k, err := s.named(c, in.KeyId)
	if err != nil {
		return nil, err
	}
	if in.PolicyName != nil && *in.PolicyName != policyName {
		return nil, notFound("No such policy exists")
	}
	return &api.GetKeyPolicyOutput{Policy: new(k.Policy.Text()), PolicyName: new(policyName)}, nil
}

// PutKeyPolicy replaces the policy.
func (s *Service) PutKeyPolicy(c *call.Call, in *api.PutKeyPolicyInput) (*api.PutKeyPolicyOutput, error) {
	if in.PolicyName != nil && *in.PolicyName != policyName {
		return nil, unsupported("Only default policy is supported")
	}
	return nil, s.edit(c, in.KeyId, func(k *Key) (err error) {
		k.Policy, err = s.newPolicy(c, k, in.Policy, in.BypassPolicyLockoutSafetyCheck)
		return err
	})
}

// ListKeyPolicies lists the names of the key's policies, of which there is
// one.
func (s *Service) ListKeyPolicies(c *call.Call, in *api.ListKeyPoliciesInput) (*api.ListKeyPoliciesOutput, error) {
	if _, err := s.named(c, in.KeyId); err != nil {
		return nil, err
	}
	only := func(yield func(string, string) bool) { yield(policyName, policyName) }
	p, err := page(c, only, in.Marker, in.Limit, 100)
	return &api.ListKeyPoliciesOutput{PolicyNames: p.items, NextMarker: p.next, Truncated: &p.truncated}, err
}
