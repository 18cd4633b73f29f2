package organizations

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// ResourcePolicy is the policy of an organization itself: it lets member
// accounts manage policies and read the organization, or keeps them from it.
// The key of the record is the organization's id.
type ResourcePolicy struct {
	ID      string // rp-…
	Content policy.Source
	// Guard holds what Content forbids: its Deny statements beside one that
	// allows everything, so that it can only take away. It is zero when
	// Content forbids nothing.
	Guard policy.Source
}

var resourcePolicies = store.NewKind[ResourcePolicy]("organizations.resourcepolicy")

// delegable are the operations that a resource policy can grant.
var delegable = []string{
	"AttachPolicy", "CreatePolicy", "DeletePolicy", "DescribeAccount", "DescribeCreateAccountStatus",
	"DescribeEffectivePolicy", "DescribeHandshake", "DescribeOrganization", "DescribeOrganizationalUnit",
	"DescribePolicy", "DescribeResourcePolicy", "DetachPolicy", "DisablePolicyType", "EnablePolicyType",
	"ListAWSServiceAccessForOrganization", "ListAccounts", "ListAccountsForParent", "ListChildren",
	"ListCreateAccountStatus", "ListDelegatedAdministrators", "ListDelegatedServicesForAccount",
	"ListHandshakesForAccount", "ListHandshakesForOrganization", "ListOrganizationalUnitsForParent",
	"ListParents", "ListPolicies", "ListPoliciesForTarget", "ListRoots", "ListTagsForResource",
	"ListTargetsForPolicy", "TagResource", "UntagResource", "UpdatePolicy",
}

// attached is a document of the resource policy as evaluation takes it.
func (p *ResourcePolicy) attached(o *Organization, content policy.Source) *policy.Attached {
	return &policy.Attached{Name: p.ID, ARN: o.arn("resourcepolicy", p.ID), Document: content.Document()}
}

// PutResourcePolicy writes the organization's resource policy. Tags count
// only when it is new.
func (s *Service) PutResourcePolicy(c *call.Call, in *api.PutResourcePolicyInput) (*api.PutResourcePolicyOutput, error) {
	o, err := s.managed(c)
	if err != nil {
		return nil, err
	}
	newTags, err := tagRules.With(nil, tag.Of(in.Tags))
	if err != nil {
		return nil, err
	}
	content, guard, err := o.readResourcePolicy(c.State, aws.Val(in.Content))
	if err != nil {
		return nil, err
	}
	p := &ResourcePolicy{ID: aws.LowerID("rp-", 8)}
	if old, ok := resourcePolicies.Get(c.State, o.ID); ok {
		p.ID = old.ID
	} else {
		putTags(c.Tx, o, p.ID, newTags)
	}
	p.Content, p.Guard = content, guard
	resourcePolicies.Put(c.Tx, o.ID, p)
	return &api.PutResourcePolicyOutput{ResourcePolicy: p.view(o)}, nil
}

// DescribeResourcePolicy tells the resource policy.
func (s *Service) DescribeResourcePolicy(c *call.Call, in *api.DescribeResourcePolicyInput) (*api.DescribeResourcePolicyOutput, error) {
	o, err := s.readable(c, in)
	if err != nil {
		return nil, err
	}
	p, ok := resourcePolicies.Get(c.State, o.ID)
	if !ok {
		return nil, errResourcePolicyNotFound
	}
	return &api.DescribeResourcePolicyOutput{ResourcePolicy: p.view(o)}, nil
}

// DeleteResourcePolicy removes the resource policy.
func (s *Service) DeleteResourcePolicy(c *call.Call, _ *api.DeleteResourcePolicyInput) (*api.DeleteResourcePolicyOutput, error) {
	o, err := s.managed(c)
	if err != nil {
		return nil, err
	}
	p, ok := resourcePolicies.Get(c.State, o.ID)
	if !ok {
		return nil, errResourcePolicyNotFound
	}
	resourcePolicies.Delete(c.Tx, o.ID)
	putTags(c.Tx, o, p.ID, nil)
	return nil, nil
}

func (p *ResourcePolicy) view(o *Organization) *api.ResourcePolicy {
	return &api.ResourcePolicy{
		ResourcePolicySummary: &api.ResourcePolicySummary{Id: &p.ID, Arn: new(o.arn("resourcepolicy", p.ID))},
		Content:               new(p.Content.Text()),
	}
}

// grant is what the rules of resource policies look at in a statement.
type grant struct {
	Effect    string
	Principal principals
	Action    words
	Resource  words
}

// principals are the AWS principals of a statement; any other form of the
// element leaves it empty.
type principals []string

func (p *principals) UnmarshalJSON(b []byte) error {
	var byKind map[string]words
	if json.Unmarshal(b, &byKind) == nil && len(byKind) == 1 {
		*p = principals(byKind["AWS"])
	}
	return nil
}

// words are one string or a list of strings.
type words []string

func (w *words) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*w = make(words, 1)
		return json.Unmarshal(b, &(*w)[0])
	}
	return json.Unmarshal(b, (*[]string)(w))
}

// readResourcePolicy parses a resource policy, applies its rules, and returns
// it with its guard.
func (o *Organization) readResourcePolicy(r store.Reader, text string) (content, guard policy.Source, err error) {
	malformed := invalid("INVALID_RESOURCE_POLICY_JSON", "The provided resource policy is not valid JSON or does not meet the requirements of a resource policy.")
	content, err = policy.NewSource(text)
	if err != nil {
		return content, guard, malformed
	}
	var statements []json.RawMessage
	if statements, err = splitStatements(text); err != nil || len(statements) == 0 {
		return content, guard, malformed
	}
	var denials []json.RawMessage
	for _, raw := range statements {
		var g grant
		if err := json.Unmarshal(raw, &g); err != nil {
			return content, guard, malformed
		}
		if err := o.checkGrant(r, &g); err != nil {
			return content, guard, err
		}
		if g.Effect == "Deny" {
			denials = append(denials, raw)
		}
	}
	if len(denials) > 0 {
		guard, err = guardOf(content.Document().Version, denials)
	}
	return content, guard, err
}

// splitStatements returns the statements of a policy, of which there may be
// one without a list around it.
func splitStatements(text string) (list []json.RawMessage, err error) {
	var doc struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return nil, err
	}
	if strings.HasPrefix(strings.TrimSpace(string(doc.Statement)), "{") {
		return []json.RawMessage{doc.Statement}, nil
	}
	err = json.Unmarshal(doc.Statement, &list)
	return list, err
}

func guardOf(version string, denials []json.RawMessage) (policy.Source, error) {
	text, err := json.Marshal(map[string]any{
		"Version":   version,
		"Statement": append(denials, json.RawMessage(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`)),
	})
	if err != nil {
		return policy.Source{}, err
	}
	return policy.NewSource(string(text))
}

func (o *Organization) checkGrant(r store.Reader, g *grant) error {
	if len(g.Principal) == 0 || !all(g.Principal, func(p string) bool { return o.hasPrincipal(r, p) }) {
		return invalid("INVALID_PRINCIPAL", "The resource policy specifies a principal that is not an account of your organization.")
	}
	if len(g.Action) == 0 || !all(g.Action, isDelegable) {
		return invalid("UNSUPPORTED_ACTION_IN_RESOURCE_POLICY", "The resource policy specifies an action that is not supported.")
	}
	if len(g.Resource) == 0 || !all(g.Resource, o.isOwnResource) {
		return invalid("UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY", "The resource policy specifies a resource that is not supported.")
	}
	if !all(g.Resource, namesPolicyType) {
		return invalid("UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY", "The resource policy specifies a policy type that is not supported.")
	}
	return nil
}

func all(list []string, ok func(string) bool) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !ok(s) })
}

// hasPrincipal reports whether a principal belongs to a member: an account
// id, or the ARN of an account, a user or a role.
func (o *Organization) hasPrincipal(r store.Reader, principal string) bool {
	account := principal
	if arn, ok := aws.ParseARN(principal); ok && (arn.Service == "iam" || arn.Service == "sts") {
		account = arn.Account
	}
	_, ok := o.member(r, account)
	return ok
}

// isDelegable reports whether an action, perhaps with wildcards, names an
// operation that can be granted.
func isDelegable(action string) bool {
	name, ok := strings.CutPrefix(strings.ToLower(action), "organizations:")
	return ok && slices.ContainsFunc(delegable, func(operation string) bool {
		match, err := path.Match(name, strings.ToLower(operation))
		return err == nil && match
	})
}

// isOwnResource reports whether a resource is everything, something of the
// organization, or a policy of AWS.
func (o *Organization) isOwnResource(resource string) bool {
	arn, ok := aws.ParseARN(resource)
	return resource == "*" || ok && arn.Service == "organizations" && (arn.Account == o.Management || arn.Account == "aws")
}

// namesPolicyType reports whether the ARN of a policy names a type that there
// is. Other resources have no type to name.
func namesPolicyType(resource string) bool {
	arn, ok := aws.ParseARN(resource)
	parts := strings.Split(arn.Resource, "/")
	if !ok || parts[0] != "policy" {
		return true
	}
	at := 2 // policy/o-…/type/p-…
	if arn.Account == "aws" {
		at = 1 // policy/type/p-…
	}
	if len(parts) <= at || strings.ContainsAny(parts[at], "*?") {
		return true
	}
	return slices.Contains([]string{
		api.PolicyTypeServiceControlPolicy, api.PolicyTypeResourceControlPolicy, api.PolicyTypeTagPolicy,
		api.PolicyTypeBackupPolicy, api.PolicyTypeAiservicesOptOutPolicy, api.PolicyTypeChatbotPolicy,
		api.PolicyTypeDeclarativePolicyEc2, api.PolicyTypeSecurityhubPolicy, api.PolicyTypeInspectorPolicy,
		api.PolicyTypeUpgradeRolloutPolicy, api.PolicyTypeBedrockPolicy, api.PolicyTypeS3Policy,
		api.PolicyTypeNetworkSecurityDirectorPolicy,
	}, strings.ToUpper(parts[at]))
}
