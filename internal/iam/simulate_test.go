package iam

import (
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

const readBox = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::box/*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue"}}}]}`

func entry(key string, values ...string) api.ContextEntry {
	return api.ContextEntry{ContextKeyName: &key, ContextKeyValues: values, ContextKeyType: new(api.ContextKeyTypeEnumString)}
}

func decisions(results []api.EvaluationResult) string {
	var b strings.Builder
	for _, r := range results {
		b.WriteString(*r.EvalActionName + " " + *r.EvalResourceName + " " + *r.EvalDecision + "\n")
	}
	return b.String()
}

func TestSimulateCustomPolicy(t *testing.T) {
	f := newFixture(t)
	deny := `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:Delete*","Resource":"*"}}`
	in := &api.SimulateCustomPolicyInput{
		PolicyInputList: []string{readBox, deny}, ActionNames: []string{"s3:GetObject", "s3:DeleteObject"},
		ResourceArns: []string{"arn:aws:s3:::box/a", "arn:aws:s3:::other/a"},
	}
	out := f.Do(in).(*api.SimulateCustomPolicyOutput)
	f.Equal("without the key", decisions(out.EvaluationResults), "s3:GetObject arn:aws:s3:::box/a implicitDeny\ns3:GetObject arn:aws:s3:::other/a implicitDeny\n"+
		"s3:DeleteObject arn:aws:s3:::box/a explicitDeny\ns3:DeleteObject arn:aws:s3:::other/a explicitDeny\n")
	f.Equal("missing", out.EvaluationResults[0].MissingContextValues, []string{"aws:PrincipalTag/team"})

	in.ContextEntries = []api.ContextEntry{entry("aws:PrincipalTag/team", "blue")}
	in.MaxItems = new(int32(3))
	out = f.Do(in).(*api.SimulateCustomPolicyOutput)
	first := out.EvaluationResults[0]
	f.Equal("with the key", *first.EvalDecision, "allowed")
	f.Equal("missing", len(first.MissingContextValues), 0)
	s := first.MatchedStatements[0]
	f.Equal("statement", []any{*s.SourcePolicyId, *s.SourcePolicyType, *s.StartPosition.Column, *s.EndPosition.Column},
		[]any{"PolicyInputList.1", "IAM Policy", int32(38), int32(len(readBox) - 1)})
	f.Equal("resource's own result", *first.ResourceSpecificResults[0].EvalResourceDecision, "allowed")
	f.Equal("page", []any{len(out.EvaluationResults), *out.IsTruncated}, []any{3, true})
	in.Marker = out.Marker
	out = f.Do(in).(*api.SimulateCustomPolicyOutput)
	f.Equal("last page", decisions(out.EvaluationResults), "s3:DeleteObject arn:aws:s3:::other/a explicitDeny\n")
	f.Equal("denied by", *out.EvaluationResults[0].MatchedStatements[0].SourcePolicyId, "PolicyInputList.2")
}

func TestSimulateBoundaryAndResource(t *testing.T) {
	f := newFixture(t)
	bounded := f.Do(&api.SimulateCustomPolicyInput{
		PolicyInputList: []string{*document("*")}, PermissionsBoundaryPolicyInputList: []string{*document("s3:*")},
		ActionNames: []string{"s3:GetObject", "iam:ListUsers"},
	}).(*api.SimulateCustomPolicyOutput).EvaluationResults
	f.Equal("bounded", decisions(bounded), "s3:GetObject * allowed\niam:ListUsers * implicitDeny\n")
	f.Equal("details", []bool{*bounded[0].PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary, *bounded[1].PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary}, []bool{true, false})

	bucket := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:user/eve"},"Action":"s3:GetObject","Resource":"*"}]}`
	in := &api.SimulateCustomPolicyInput{
		PolicyInputList: []string{*document("s3:*")}, ResourcePolicy: &bucket, ActionNames: []string{"s3:GetObject"},
		ResourceArns: []string{"arn:aws:s3:::box/a"}, ResourceOwner: new("arn:aws:iam::111111111111:root"),
	}
	f.Fails("InvalidInput: CallerArn is required when a ResourcePolicy is simulated and the policies are not those of a user.", in)
	in.CallerArn = new("arn:aws:iam::222222222222:user/eve")
	r := f.Do(in).(*api.SimulateCustomPolicyOutput).EvaluationResults[0]
	f.Equal("across accounts", *r.EvalDecision, "allowed")
	f.Equal("both sides", r.EvalDecisionDetails, map[string]string{"IAM Policy": "allowed", "Resource Policy": "allowed"})
	in.CallerArn = new("arn:aws:iam::222222222222:user/mallory")
	r = f.Do(in).(*api.SimulateCustomPolicyOutput).EvaluationResults[0]
	f.Equal("another caller", *r.EvalDecision, "implicitDeny")
	f.Equal("both sides", r.EvalDecisionDetails, map[string]string{"IAM Policy": "allowed", "Resource Policy": "implicitDeny"})
}

func TestSimulatePrincipalPolicy(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateUserInput{UserName: new("ada"), Tags: []api.Tag{{Key: new("team"), Value: new("blue")}}},
		&api.CreateGroupInput{GroupName: new("eng")}, &api.AddUserToGroupInput{UserName: new("ada"), GroupName: new("eng")},
		&api.PutUserPolicyInput{UserName: new("ada"), PolicyName: new("box"), PolicyDocument: new(readBox)},
		&api.PutGroupPolicyInput{GroupName: new("eng"), PolicyName: new("trails"), PolicyDocument: document("cloudtrail:*")},
		&api.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: trusting(account)},
		&api.AttachRolePolicyInput{RoleName: new("r"), PolicyArn: new(administratorAccess)},
		&api.PutRolePermissionsBoundaryInput{RoleName: new("r"), PermissionsBoundary: new("arn:aws:iam::aws:policy/ReadOnlyAccess")})
	ada := new("arn:aws:iam::111111111111:user/ada")
	in := &api.SimulatePrincipalPolicyInput{PolicySourceArn: ada, ActionNames: []string{"s3:GetObject", "cloudtrail:StartLogging", "iam:ListUsers"}, ResourceArns: []string{"arn:aws:s3:::box/a"}}
	r := f.Do(in).(*api.SimulatePrincipalPolicyOutput).EvaluationResults
	f.Equal("user", decisions(r), "s3:GetObject arn:aws:s3:::box/a allowed\ncloudtrail:StartLogging arn:aws:s3:::box/a allowed\niam:ListUsers arn:aws:s3:::box/a implicitDeny\n")
	f.Equal("ids", []string{*r[0].MatchedStatements[0].SourcePolicyId, *r[1].MatchedStatements[0].SourcePolicyId}, []string{"user_ada_box", "group_eng_trails"})
	if r[0].OrganizationsDecisionDetail != nil {
		t.Error("outside organizations there is an organization's decision")
	}

	f.service.ServiceControls = func(_ store.Reader, account string) [][]policy.Attached {
		return [][]policy.Attached{{{Document: mustParse(*document("s3:*"))}}}
	}
	r = f.Do(in).(*api.SimulatePrincipalPolicyOutput).EvaluationResults
	f.Equal("under a control policy", decisions(r), "s3:GetObject arn:aws:s3:::box/a allowed\ncloudtrail:StartLogging arn:aws:s3:::box/a implicitDeny\niam:ListUsers arn:aws:s3:::box/a implicitDeny\n")
	f.Equal("allowed by organizations", []bool{*r[0].OrganizationsDecisionDetail.AllowedByOrganizations, *r[1].OrganizationsDecisionDetail.AllowedByOrganizations}, []bool{true, false})
	f.service.ServiceControls = nil

	in = &api.SimulatePrincipalPolicyInput{PolicySourceArn: new("arn:aws:iam::111111111111:role/r"), ActionNames: []string{"iam:ListUsers", "iam:CreateUser"}}
	r = f.Do(in).(*api.SimulatePrincipalPolicyOutput).EvaluationResults
	f.Equal("role within a boundary", decisions(r), "iam:ListUsers * allowed\niam:CreateUser * implicitDeny\n")
	in.PolicySourceArn = new("arn:aws:iam::111111111111:group/eng")
	in.ActionNames = []string{"cloudtrail:StartLogging"}
	f.Equal("group", decisions(f.Do(in).(*api.SimulatePrincipalPolicyOutput).EvaluationResults), "cloudtrail:StartLogging * allowed\n")
	in.PolicySourceArn = new("arn:aws:iam::111111111111:user/eng/ada")
	f.Fails("NoSuchEntity: The principal with ARN arn:aws:iam::111111111111:user/eng/ada cannot be found.", in)
	in.PolicySourceArn = new("arn:aws:iam::222222222222:user/ada")
	f.Fails("NoSuchEntity: The principal with ARN arn:aws:iam::222222222222:user/ada cannot be found.", in)
	in.PolicySourceArn = new("arn:aws:iam::111111111111:policy/ada")
	f.Fails("InvalidInput: Invalid Entity Arn: arn:aws:iam::111111111111:policy/ada does not clearly define entity type and name.", in)
}

func TestSimulationRefusals(t *testing.T) {
	f := newFixture(t)
	for want, change := range map[string]func(*api.SimulateCustomPolicyInput){
		"Invalid Action: s3:*": func(in *api.SimulateCustomPolicyInput) { in.ActionNames = []string{"s3:*"} },
		"PolicyInputList.1 is not a valid policy: policy: not JSON: EOF at byte 0": func(in *api.SimulateCustomPolicyInput) {
			in.PolicyInputList = []string{" "}
		},
		"CallerArn arn:aws:iam::111111111111:role/r is not the ARN of a user.": func(in *api.SimulateCustomPolicyInput) {
			in.CallerArn = new("arn:aws:iam::111111111111:role/r")
		},
		"ResourceOwner 111111111111 is not the ARN of an account.": func(in *api.SimulateCustomPolicyInput) { in.ResourceOwner = new("111111111111") },
		"Invalid ResourceHandlingOption: x":                        func(in *api.SimulateCustomPolicyInput) { in.ResourceHandlingOption = new("x") },
		"The context key aws:username of type string must have one value.": func(in *api.SimulateCustomPolicyInput) {
			in.ContextEntries = []api.ContextEntry{entry("aws:username", "a", "b")}
		},
		"Only one permissions boundary policy may be simulated.": func(in *api.SimulateCustomPolicyInput) {
			in.PermissionsBoundaryPolicyInputList = []string{readBox, readBox}
		},
	} {
		in := &api.SimulateCustomPolicyInput{PolicyInputList: []string{readBox}, ActionNames: []string{"s3:GetObject"}}
		change(in)
		if _, err := f.Call(in); err == nil || !strings.HasPrefix(err.Error(), "InvalidInput: ") || !strings.HasPrefix(strings.TrimPrefix(err.Error(), "InvalidInput: "), strings.SplitN(want, " policy:", 2)[0]) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestContextKeys(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.PutUserPolicyInput{UserName: new("admin"), PolicyName: new("box"), PolicyDocument: new(readBox)})
	own := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}"}]}`
	f.Equal("custom", f.Do(&api.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{own, readBox}}).(*api.GetContextKeysForCustomPolicyOutput).ContextKeyNames,
		[]string{"aws:username", "aws:PrincipalTag/team"})
	f.Equal("principal", f.Do(&api.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: &f.Caller.ARN, PolicyInputList: []string{own}}).(*api.GetContextKeysForPrincipalPolicyOutput).ContextKeyNames,
		[]string{"aws:PrincipalTag/team", "aws:username"})
	if _, err := f.Call(&api.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{"{}"}}); err == nil {
		t.Error("an empty object is a policy")
	}
}
