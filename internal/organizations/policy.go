package organizations

import (
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// The policy types that have an effect in this house.
const (
	serviceControl  = api.PolicyTypeServiceControlPolicy
	resourceControl = api.PolicyTypeResourceControlPolicy
)

// Policy is a service or resource control policy.
type Policy struct {
	Place        string // key of the record
	ID           string // p-…
	Organization string // "" of a policy of AWS
	ARN          string
	Type         string
	Name         string
	Description  string
	Content      policy.Source
}

var policies = store.NewKind("organizations.policy",
	store.Index[Policy]{Name: "id", Keys: func(_ string, p *Policy) []string { return []string{p.ID} }},
	store.Index[Policy]{Name: "type", Keys: func(_ string, p *Policy) []string { return []string{typeKey(p.Organization, p.Type)} }},
	store.Index[Policy]{Name: "name", Keys: func(_ string, p *Policy) []string {
		return []string{typeKey(p.Organization, p.Type) + "/" + p.Name}
	}},
)

func typeKey(organization, policyType string) string { return prefix(organization) + policyType }

// A type of policy that can be enabled.
type policyType struct {
	// Default is the policy of AWS that is attached to every target as long
	// as nobody detaches it; its ARN and document are in attached.
	Default  *Policy
	attached []policy.Attached
	// detachable says that Default may be detached while another policy
	// remains.
	detachable bool
	check      func(document []byte) *aws.Error
	title      string // as PolicyTypeNotEnabledException spells it
}

var policyTypes = map[string]*policyType{
	serviceControl: newPolicyType(policyType{
		Default: &Policy{
			ID:          "p-FullAWSAccess",
			Type:        serviceControl,
			Name:        "FullAWSAccess",
			Description: "Allows access to every operation",
			Content:     mustSource(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
		},
		detachable: true,
		check:      policy.CheckSCP,
		title:      "ServiceControlPolicy",
	}),
	resourceControl: newPolicyType(policyType{
		Default: &Policy{
			ID:          "p-RCPFullAWSAccess",
			Type:        resourceControl,
			Name:        "RCPFullAWSAccess",
			Description: "Allows access to every operation",
			Content:     mustSource(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`),
		},
		check: policy.CheckRCP,
		title: "ResourceControlPolicy",
	}),
}

func newPolicyType(t policyType) *policyType {
	t.Default.ARN = aws.NewARN("organizations", "", "aws", "policy/"+strings.ToLower(t.Default.Type)+"/"+t.Default.ID).String()
	t.attached = []policy.Attached{t.Default.attachment()}
	return &t
}

func mustSource(text string) policy.Source {
	src, err := policy.NewSource(text)
	if err != nil {
		panic(err) // a policy of this file does not parse
	}
	return src
}

// managed reports whether the policy is one of AWS.
func (p *Policy) managed() bool { return p.Organization == "" }

// attachment is the policy as evaluation takes it.
func (p *Policy) attachment() policy.Attached {
	return policy.Attached{Name: p.Name, ARN: p.ARN, Document: p.Content.Document()}
}

// policy returns a policy that the organization can use: its own, or one of
// AWS.
func (o *Organization) policy(r store.Reader, id string) (*Policy, bool) {
	for _, t := range policyTypes {
		if t.Default.ID == id {
			return t.Default, true
		}
	}
	p, ok := first(r, policies, "id", id)
	return p, ok && p.Organization == o.ID
}

// CreatePolicy stores a policy. It has no effect until it is attached.
func (s *Service) CreatePolicy(c *call.Call, in *api.CreatePolicyInput) (*api.CreatePolicyOutput, error) {
	o, err := s.editable(c, in)
	if err != nil {
		return nil, err
	}
	newTags, err := tagRules.With(nil, tag.Of(in.Tags))
	if err != nil {
		return nil, err
	}
	p := &Policy{
		ID:           aws.LowerID("p-", 8),
		Organization: o.ID,
		Type:         aws.Val(in.Type),
		Name:         aws.Val(in.Name),
		Description:  aws.Val(in.Description),
	}
	p.ARN = o.arn("policy", strings.ToLower(p.Type)+"/"+p.ID)
	if _, ok := o.available(p.Type); !ok {
		return nil, errPolicyTypeNotAvailable
	}
	if err := p.setContent(aws.Val(in.Content)); err != nil {
		return nil, err
	}
	if policyNameTaken(c.State, p) {
		return nil, errDuplicatePolicy
	}
	if s.policiesFull(c.State, p) {
		return nil, constraint("POLICY_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of policies.")
	}
	p.Place = nextPlace(c.Tx, o.ID)
	policies.Put(c.Tx, p.Place, p)
	putTags(c.Tx, o, p.ID, newTags)
	return &api.CreatePolicyOutput{Policy: p.view()}, nil
}

// setContent checks a document against the rules of the policy's type.
func (p *Policy) setContent(text string) error {
	if utf8.RuneCountInString(text) > maxPolicySize {
		return constraint("POLICY_CONTENT_LIMIT_EXCEEDED", "You have exceeded the maximum length of a policy document.")
	}
	if policyTypes[p.Type].check([]byte(text)) != nil {
		return errMalformedPolicy
	}
	content, err := policy.NewSource(text)
	if err != nil {
		return errMalformedPolicy
	}
	p.Content = content
	return nil
}

// policyNameTaken reports whether another policy of the type has the name.
func policyNameTaken(r store.Reader, p *Policy) bool {
	other, ok := first(r, policies, "name", typeKey(p.Organization, p.Type)+"/"+p.Name)
	return ok && other.ID != p.ID || p.Name == policyTypes[p.Type].Default.Name
}

func (s *Service) policiesFull(r store.Reader, p *Policy) bool {
	n := 0
	for range policies.By(r, "type", typeKey(p.Organization, p.Type)) {
		n++
	}
	return n >= s.Limits.policies(p.Type)
}

// DescribePolicy tells a policy with its content.
func (s *Service) DescribePolicy(c *call.Call, in *api.DescribePolicyInput) (*api.DescribePolicyOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	p, ok := o.policy(c.State, aws.Val(in.PolicyId))
	if !ok {
		return nil, errPolicyNotFound
	}
	return &api.DescribePolicyOutput{Policy: p.view()}, nil
}

// UpdatePolicy changes what the input names. A new content takes effect on
// every target at once.
func (s *Service) UpdatePolicy(c *call.Call, in *api.UpdatePolicyInput) (*api.UpdatePolicyOutput, error) {
	o, err := s.editable(c, in)
	if err != nil {
		return nil, err
	}
	p, err := o.ownPolicy(c.State, aws.Val(in.PolicyId))
	if err != nil {
		return nil, err
	}
	p = new(*p)
	if in.Name != nil {
		p.Name = *in.Name
	}
	if in.Description != nil {
		p.Description = *in.Description
	}
	if in.Content != nil {
		if err := p.setContent(*in.Content); err != nil {
			return nil, err
		}
	}
	if policyNameTaken(c.State, p) {
		return nil, errDuplicatePolicy
	}
	policies.Put(c.Tx, p.Place, p)
	return &api.UpdatePolicyOutput{Policy: p.view()}, nil
}

// DeletePolicy removes a policy that is attached nowhere.
func (s *Service) DeletePolicy(c *call.Call, in *api.DeletePolicyInput) (*api.DeletePolicyOutput, error) {
	o, err := s.editable(c, in)
	if err != nil {
		return nil, err
	}
	p, err := o.ownPolicy(c.State, aws.Val(in.PolicyId))
	if err != nil {
		return nil, err
	}
	if _, used := first(c.State, attachments, "policy", prefix(o.ID)+p.ID); used {
		return nil, errPolicyInUse
	}
	policies.Delete(c.Tx, p.Place)
	putTags(c.Tx, o, p.ID, nil)
	return nil, nil
}

// ownPolicy returns a policy that the organization may change.
func (o *Organization) ownPolicy(r store.Reader, id string) (*Policy, error) {
	p, ok := o.policy(r, id)
	if !ok {
		return nil, errPolicyNotFound
	}
	if p.managed() {
		return nil, invalid("IMMUTABLE_POLICY", "You specified a policy that is managed by AWS and can't be modified.")
	}
	return p, nil
}

// ListPolicies lists the policies of a type, that of AWS first.
func (s *Service) ListPolicies(c *call.Call, in *api.ListPoliciesInput) (*api.ListPoliciesOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	list, next, err := page(c, in.NextToken, in.MaxResults, func(after string) iter.Seq2[string, api.PolicySummary] {
		return views(o.policiesAfter(c.State, aws.Val(in.Filter), after), func(p *Policy) (api.PolicySummary, bool) {
			return *p.summary(), true
		})
	})
	return &api.ListPoliciesOutput{Policies: list, NextToken: next}, err
}

// policiesAfter yields the policies of a type by their place. That of AWS has
// none; it stands under the prefix that all places begin with.
func (o *Organization) policiesAfter(r store.Reader, policyType, after string) iter.Seq2[string, *Policy] {
	return func(yield func(string, *Policy) bool) {
		if t, ok := policyTypes[policyType]; ok && after == "" && o.AllFeatures() && !yield(prefix(o.ID), t.Default) {
			return
		}
		policies.ByAfter(r, "type", typeKey(o.ID, policyType), after)(yield)
	}
}

func (p *Policy) view() *api.Policy {
	return &api.Policy{PolicySummary: p.summary(), Content: new(p.Content.Text())}
}

func (p *Policy) summary() *api.PolicySummary {
	return &api.PolicySummary{
		Id:          &p.ID,
		Arn:         &p.ARN,
		Name:        &p.Name,
		Description: &p.Description,
		Type:        &p.Type,
		AwsManaged:  new(p.managed()),
	}
}
