package logs

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// ResourcePolicy is a policy of an account in a region, for all its groups.
type ResourcePolicy struct {
	Name     string
	Document policy.Source
	Set      int64 // Unix milliseconds
}

var resourcePolicies = store.NewKind[ResourcePolicy]("logs.resourcepolicy")

const (
	maxResourcePolicies = 10   // of an account in a region
	maxPolicySize       = 5120 // bytes
)

// resourcePolicy is the policy that a group is under: those of its account
// and its own, as one. It is nil when there is none.
func resourcePolicy(r store.Reader, n groupName) *policy.Attached {
	var all policy.Document
	for _, p := range resourcePolicies.Scan(r, scope(n.account, n.region)) {
		all.Statements = append(all.Statements, p.Document.Document().Statements...)
	}
	if g, ok := logGroups.Get(r, n.key()); ok && !g.Policy.IsZero() {
		all.Statements = append(all.Statements, g.Policy.Document().Statements...)
	}
	if all.Statements == nil {
		return nil
	}
	return &policy.Attached{Document: &all}
}

// PutResourcePolicy sets a policy of the account, or of one group.
func (s *Service) PutResourcePolicy(c *call.Call, in *api.PutResourcePolicyInput) (*api.PutResourcePolicyOutput, error) {
	document, err := checkPolicy(in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	if in.ResourceArn != nil {
		return putGroupPolicy(c, in, document)
	}
	if in.PolicyName == nil || *in.PolicyName == "" {
		return nil, invalid("A policy of the account needs a policyName.")
	}
	if in.ExpectedRevisionId != nil {
		return nil, invalid("expectedRevisionId is for policies of a resource.")
	}
	key := scope(c.Account(), c.Region) + *in.PolicyName
	_, exists := resourcePolicies.Get(c.State, key)
	if !exists && count(resourcePolicies.Scan(c.State, scope(c.Account(), c.Region))) >= maxResourcePolicies {
		return nil, limitExceeded("Resource limit exceeded.")
	}
	p := &ResourcePolicy{Name: *in.PolicyName, Document: document, Set: c.Time.UnixMilli()}
	resourcePolicies.Put(c.Tx, key, p)
	return &api.PutResourcePolicyOutput{ResourcePolicy: new(p.view())}, nil
}

func checkPolicy(document *string) (policy.Source, *aws.Error) {
	text := aws.Val(document)
	if len(text) < 1 || len(text) > maxPolicySize {
		return policy.Source{}, invalid("Policy document length breaking Cloudwatch Logs Constraints, either < 1 or > %d", maxPolicySize)
	}
	written, err := policy.Read([]byte(text))
	if err != nil {
		return policy.Source{}, invalid("The policy document is invalid: %v", err)
	}
	for i := range written.Statements {
		if len(written.Statements[i].Principals) == 0 {
			return policy.Source{}, invalid("The policy document is invalid: Statement[%d]: names no principal", i)
		}
	}
	p, err := policy.NewSource(text)
	if err != nil {
		return policy.Source{}, invalid("The policy document is invalid: %v", err)
	}
	return p, nil
}

func putGroupPolicy(c *call.Call, in *api.PutResourcePolicyInput, document policy.Source) (*api.PutResourcePolicyOutput, error) {
	if in.PolicyName != nil {
		return nil, invalid("policyName and resourceArn cannot be specified at the same time.")
	}
	n, err := ownGroup(c, *in.ResourceArn)
	if err != nil {
		return nil, err
	}
	out := new(api.PutResourcePolicyOutput)
	changed := edit(c, n, func(g *LogGroup) *aws.Error {
		if err := g.expect(in.ExpectedRevisionId); err != nil {
			return err
		}
		g.Policy, g.PolicySet, g.PolicyRevision = document, c.Time.UnixMilli(), aws.UUID()
		out.ResourcePolicy, out.RevisionId = new(g.policyView()), &g.PolicyRevision
		return nil
	})
	return out, changed
}

// ownGroup reads the ARN of a group of the caller's.
func ownGroup(c *call.Call, arn string) (groupName, *aws.Error) {
	n, ok := parseGroupARN(arn)
	if !ok || n.account != c.Account() || n.region != c.Region {
		return groupName{}, invalid("The specified resource ARN is invalid.")
	}
	return n, nil
}

// expect refuses a change of a policy that is no longer what the caller saw.
func (g *LogGroup) expect(revision *string) *aws.Error {
	if revision != nil && *revision != g.PolicyRevision {
		return aws.Errorf("OperationAbortedException", "The policy has changed: its revision is not the expected one.")
	}
	return nil
}

// DeleteResourcePolicy deletes a policy of the account, or of one group.
func (s *Service) DeleteResourcePolicy(c *call.Call, in *api.DeleteResourcePolicyInput) (*api.DeleteResourcePolicyOutput, error) {
	switch {
	case (in.PolicyName == nil) == (in.ResourceArn == nil):
		return nil, invalid("Exactly one of policyName and resourceArn must be specified.")
	case in.ResourceArn != nil:
		n, err := ownGroup(c, *in.ResourceArn)
		if err != nil {
			return nil, err
		}
		return nil, edit(c, n, func(g *LogGroup) *aws.Error {
			if g.Policy.IsZero() {
				return notFound("The specified log group has no resource policy.")
			}
			if err := g.expect(in.ExpectedRevisionId); err != nil {
				return err
			}
			g.Policy, g.PolicySet, g.PolicyRevision = policy.Source{}, 0, ""
			return nil
		})
	}
	key := scope(c.Account(), c.Region) + *in.PolicyName
	if _, ok := resourcePolicies.Get(c.State, key); !ok {
		return nil, notFound("Policy with name [%s] does not exist", *in.PolicyName)
	}
	resourcePolicies.Delete(c.Tx, key)
	return nil, nil
}

// DescribeResourcePolicies lists the policies of the account, or those of
// groups.
func (s *Service) DescribeResourcePolicies(c *call.Call, in *api.DescribeResourcePoliciesInput) (*api.DescribeResourcePoliciesOutput, error) {
	var views []api.ResourcePolicy
	switch {
	case in.ResourceArn != nil:
		n, err := ownGroup(c, *in.ResourceArn)
		if err != nil {
			return nil, err
		}
		g, err := find(c.State, n)
		if err != nil {
			return nil, err
		}
		if !g.Policy.IsZero() {
			views = append(views, g.policyView())
		}
	case aws.Val(in.PolicyScope) == api.PolicyScopeResource:
		for _, g := range logGroups.Scan(c.State, scope(c.Account(), c.Region)) {
			if !g.Policy.IsZero() {
				views = append(views, g.policyView())
			}
		}
	default:
		for _, p := range resourcePolicies.Scan(c.State, scope(c.Account(), c.Region)) {
			views = append(views, p.view())
		}
	}
	found, next, err := page(c, in.NextToken, in.Limit, byPolicyName(views))
	if err != nil {
		return nil, err
	}
	return &api.DescribeResourcePoliciesOutput{ResourcePolicies: found, NextToken: next}, nil
}

func byPolicyName(views []api.ResourcePolicy) func(yield func(string, api.ResourcePolicy) bool) {
	return func(yield func(string, api.ResourcePolicy) bool) {
		for _, v := range views {
			if !yield(aws.Val(v.PolicyName)+aws.Val(v.ResourceArn), v) {
				return
			}
		}
	}
}

func (p *ResourcePolicy) view() api.ResourcePolicy {
	return api.ResourcePolicy{
		PolicyName: &p.Name, PolicyDocument: new(p.Document.Text()), LastUpdatedTime: &p.Set, PolicyScope: new(api.PolicyScopeAccount),
	}
}

func (g *LogGroup) policyView() api.ResourcePolicy {
	return api.ResourcePolicy{
		ResourceArn: new(g.ARN()), PolicyDocument: new(g.Policy.Text()), LastUpdatedTime: &g.PolicySet,
		PolicyScope: new(api.PolicyScopeResource), RevisionId: &g.PolicyRevision,
	}
}
