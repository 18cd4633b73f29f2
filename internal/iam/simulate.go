package iam

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// SimulateCustomPolicy decides what policies that the caller writes down would
// allow.
func (s *Service) SimulateCustomPolicy(c *call.Call, in *api.SimulateCustomPolicyInput) (*api.SimulateCustomPolicyOutput, error) {
	m := newSimulation(aws.Principal{Type: aws.IAMUser, Account: c.Account()})
	p, err := m.run(c, simulated(*in))
	return &api.SimulateCustomPolicyOutput{EvaluationResults: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// SimulatePrincipalPolicy decides what a user, a group or a role may do, with
// further policies if the caller writes some down.
func (s *Service) SimulatePrincipalPolicy(c *call.Call, in *api.SimulatePrincipalPolicyInput) (*api.SimulatePrincipalPolicyOutput, error) {
	src, err := findPolicySource(c, in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	m := newSimulation(src.principal)
	if src.principal.ARN != "" {
		m.ask.Context = policy.PrincipalContext(src.principal, src.tags.Map(), c.Time)
		delete(m.ask.Context, "aws:tokenissuetime") // of no session in particular
		delete(m.ask.Context, "aws:multifactorauthpresent")
	}
	for _, d := range src.documents {
		m.docs.Identity = append(m.docs.Identity, m.add(d))
	}
	if src.boundary != nil {
		m.docs.Boundary = []policy.Attached{m.add(*src.boundary)}
	}
	if s.ServiceControls != nil {
		m.docs.SCPs = s.ServiceControls(c.State, c.Account())
	}
	p, err := m.run(c, simulated{
		PolicyInputList: in.PolicyInputList, PermissionsBoundaryPolicyInputList: in.PermissionsBoundaryPolicyInputList,
		ActionNames: in.ActionNames, ResourceArns: in.ResourceArns, ResourcePolicy: in.ResourcePolicy, ResourceOwner: in.ResourceOwner,
		CallerArn: in.CallerArn, ContextEntries: in.ContextEntries, ResourceHandlingOption: in.ResourceHandlingOption,
		MaxItems: in.MaxItems, Marker: in.Marker,
	})
	return &api.SimulatePrincipalPolicyOutput{EvaluationResults: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// simulated is what both simulations ask for.
type simulated api.SimulateCustomPolicyInput

// simulation is a question about policies, to be asked of many actions and
// resources.
type simulation struct {
	ask     policy.Request // without action and resource
	docs    policy.Documents
	sources map[*policy.Document]*sourceDocument
	keys    []string // that the policies ask for
}

func newSimulation(p aws.Principal) *simulation {
	return &simulation{
		ask:     policy.Request{Principal: p, Context: policy.Context{}},
		sources: map[*policy.Document]*sourceDocument{},
	}
}

// sourceDocument is a policy by the name that simulations call it.
type sourceDocument struct {
	id, kind string
	policy.Source
	spans []policy.Span // read when a statement is first matched
}

// The kinds of policies that results name.
const (
	identitySource = "IAM Policy"
	resourceSource = "Resource Policy"
	boundarySource = "IAM Permissions Boundary Policy"
)

// add takes a policy in.
func (m *simulation) add(d sourceDocument) policy.Attached {
	m.sources[d.Document()] = &d
	keys, _ := policy.ContextKeys([]byte(d.Text())) // a Source has been parsed
	m.keys = mergeKeys(m.keys, keys)
	return policy.Attached{Name: d.id, Document: d.Document()}
}

// parse takes in the policies that a call spells out.
func (m *simulation) parse(list, kind string, texts []string) ([]policy.Attached, error) {
	var attached []policy.Attached
	for i, text := range texts {
		src, err := policy.NewSource(text)
		if err != nil {
			return nil, invalidInput("%s.%d is not a valid policy: %v", list, i+1, err)
		}
		attached = append(attached, m.add(sourceDocument{id: fmt.Sprintf("%s.%d", list, i+1), kind: kind, Source: src}))
	}
	return attached, nil
}

// run reads the rest of the question and answers a page of it.
func (m *simulation) run(c *call.Call, in simulated) (paged[api.EvaluationResult], error) {
	for _, step := range []func(simulated) error{m.readPolicies, m.readCaller, m.readContext, m.readOwner, checkActions} {
		if err := step(in); err != nil {
			return paged[api.EvaluationResult]{}, err
		}
	}
	return page(c, m.results(in), in.Marker, in.MaxItems)
}

func (m *simulation) readPolicies(in simulated) error {
	identity, err := m.parse("PolicyInputList", identitySource, in.PolicyInputList)
	if err != nil {
		return err
	}
	m.docs.Identity = append(m.docs.Identity, identity...)
	if len(in.PermissionsBoundaryPolicyInputList) > 1 {
		return invalidInput("Only one permissions boundary policy may be simulated.")
	}
	if len(in.PermissionsBoundaryPolicyInputList) > 0 {
		m.docs.Boundary, err = m.parse("PermissionsBoundaryPolicyInputList", boundarySource, in.PermissionsBoundaryPolicyInputList)
		if err != nil {
			return err
		}
	}
	if in.ResourcePolicy != nil {
		resource, err := m.parse("ResourcePolicy", resourceSource, []string{*in.ResourcePolicy})
		if err != nil {
			return err
		}
		m.docs.Resource = &resource[0]
	}
	return nil
}

// readCaller puts the simulated caller in the place of the principal whose
// policies are asked about. A resource's policy needs to know one.
func (m *simulation) readCaller(in simulated) error {
	if in.CallerArn == nil {
		if in.ResourcePolicy != nil && (m.ask.Principal.Type != aws.IAMUser || m.ask.Principal.ARN == "") {
			return invalidInput("CallerArn is required when a ResourcePolicy is simulated and the policies are not those of a user.")
		}
		return nil
	}
	arn, ok := aws.ParseARN(*in.CallerArn)
	if !ok || arn.Service != "iam" || !strings.HasPrefix(arn.Resource, "user/") || !aws.IsAccountID(arn.Account) {
		return invalidInput("CallerArn %s is not the ARN of a user.", *in.CallerArn)
	}
	if *in.CallerArn == m.ask.Principal.ARN {
		return nil
	}
	_, name := pathAndName(arn.Resource)
	m.ask.Principal = aws.Principal{Type: aws.IAMUser, Account: arn.Account, ARN: *in.CallerArn, UserName: name}
	for key, value := range map[string]string{
		"aws:PrincipalArn": *in.CallerArn, "aws:PrincipalAccount": arn.Account, "aws:PrincipalType": "User", "aws:username": name,
	} {
		m.ask.Context.Set(key, value)
	}
	delete(m.ask.Context, "aws:userid")
	return nil
}

func (m *simulation) readContext(in simulated) error {
	for i, e := range in.ContextEntries {
		key := aws.Val(e.ContextKeyName)
		if key == "" {
			return invalidInput("ContextEntries.%d names no key.", i+1)
		}
		single := !strings.HasSuffix(aws.Val(e.ContextKeyType), "List")
		if e.ContextKeyType != nil && single && len(e.ContextKeyValues) > 1 {
			return invalidInput("The context key %s of type %s must have one value.", key, *e.ContextKeyType)
		}
		m.ask.Context.Set(key, e.ContextKeyValues...)
	}
	return nil
}

func (m *simulation) readOwner(in simulated) error {
	if in.ResourceOwner == nil {
		return nil
	}
	arn, ok := aws.ParseARN(*in.ResourceOwner)
	if !ok || !aws.IsAccountID(arn.Account) {
		return invalidInput("ResourceOwner %s is not the ARN of an account.", *in.ResourceOwner)
	}
	m.ask.ResourceAccount = arn.Account
	return nil
}

var simulatedAction = regexp.MustCompile(`^[A-Za-z0-9-]+:[A-Za-z0-9-]+$`)

// handlingOptions are the shapes of launches that EC2's actions are simulated
// in. The resources that belong to one are the caller's to name.
var handlingOptions = []string{"EC2-Classic-InstanceStore", "EC2-Classic-EBS", "EC2-VPC-InstanceStore",
	"EC2-VPC-InstanceStore-Subnet", "EC2-VPC-EBS", "EC2-VPC-EBS-Subnet"}

func checkActions(in simulated) error {
	for _, action := range in.ActionNames {
		if !simulatedAction.MatchString(action) {
			return invalidInput("Invalid Action: %s", action)
		}
	}
	if o := in.ResourceHandlingOption; o != nil && !slices.Contains(handlingOptions, *o) {
		return invalidInput("Invalid ResourceHandlingOption: %s", *o)
	}
	return nil
}

// results decides every action on every resource, as far as they are asked
// for.
func (m *simulation) results(in simulated) iter.Seq2[string, api.EvaluationResult] {
	resources := in.ResourceArns
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	return func(yield func(string, api.EvaluationResult) bool) {
		for i, action := range in.ActionNames {
			for j, resource := range resources {
				if !yield(fmt.Sprintf("%06d/%06d", i, j), m.result(action, resource, len(in.ResourceArns) > 0)) {
					return
				}
			}
		}
	}
}

// result is one decision. One on a resource that the call names is told twice,
// the second time as the resource's own.
func (m *simulation) result(action, resource string, named bool) api.EvaluationResult {
	ask := m.ask
	ask.Action, ask.Resource = action, resource
	if ask.ResourceAccount == "" {
		if arn, ok := aws.ParseARN(resource); ok && aws.IsAccountID(arn.Account) {
			ask.ResourceAccount = arn.Account
		}
	}
	decided := policy.Evaluate(ask, m.docs)
	r := api.EvaluationResult{
		EvalActionName: &action, EvalResourceName: &resource, EvalDecision: new(decided.Decision.String()),
		MatchedStatements: m.matched(decided), MissingContextValues: m.missing(), EvalDecisionDetails: m.details(ask),
	}
	ask.ResourceAccount = "" // what bounds the caller does not ask whose the resource is
	if m.docs.Boundary != nil {
		allowed := policy.Evaluate(ask, policy.Documents{Identity: everything, Boundary: m.docs.Boundary}).Decision == policy.Allowed
		r.PermissionsBoundaryDecisionDetail = &api.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: &allowed}
	}
	if m.docs.SCPs != nil {
		allowed := policy.Evaluate(ask, policy.Documents{Identity: everything, SCPs: m.docs.SCPs}).Decision == policy.Allowed
		r.OrganizationsDecisionDetail = &api.OrganizationsDecisionDetail{AllowedByOrganizations: &allowed}
	}
	if named {
		r.ResourceSpecificResults = []api.ResourceSpecificResult{{
			EvalResourceName: r.EvalResourceName, EvalResourceDecision: r.EvalDecision, MatchedStatements: r.MatchedStatements,
			MissingContextValues: r.MissingContextValues, EvalDecisionDetails: r.EvalDecisionDetails,
			PermissionsBoundaryDecisionDetail: r.PermissionsBoundaryDecisionDetail,
		}}
	}
	return r
}

// everything allows whatever is asked, so that another policy alone decides.
var everything = []policy.Attached{{Document: mustParse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}}

// details says, across accounts, what each side decides.
func (m *simulation) details(ask policy.Request) map[string]string {
	if m.docs.Resource == nil || ask.ResourceAccount == "" || ask.ResourceAccount == ask.Principal.Account {
		return nil
	}
	mine, theirs := ask, ask
	mine.ResourceAccount = ""
	return map[string]string{
		identitySource: policy.Evaluate(mine, policy.Documents{Identity: m.docs.Identity}).Decision.String(),
		resourceSource: policy.Evaluate(theirs, policy.Documents{Identity: everything, Resource: m.docs.Resource}).Decision.String(),
	}
}

// matched are the statements that decided. Those of service control policies
// are the organization's, and are not shown.
func (m *simulation) matched(r policy.Result) []api.Statement {
	list := []api.Statement{}
	for _, match := range r.Statements() {
		src, ok := m.sources[match.Policy.Document]
		if !ok {
			continue
		}
		if src.spans == nil {
			src.spans = policy.Spans(src.Text())
		}
		v := api.Statement{SourcePolicyId: &src.id, SourcePolicyType: &src.kind}
		for i, span := range src.spans {
			if match.Statement == &src.Document().Statements[i] {
				v.StartPosition, v.EndPosition = positionView(span.Start), positionView(span.End)
			}
		}
		list = append(list, v)
	}
	return list
}

func positionView(p policy.Position) *api.Position {
	return &api.Position{Line: new(int32(p.Line)), Column: new(int32(p.Column))}
}

// missing are the condition keys that the policies ask for and nobody gave.
func (m *simulation) missing() []string {
	list := []string{}
	for _, key := range m.keys {
		if len(m.ask.Context[strings.ToLower(key)]) == 0 {
			list = append(list, key)
		}
	}
	return list
}
