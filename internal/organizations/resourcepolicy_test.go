package organizations

import (
	"strings"
	"testing"

	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

// grantTo is a resource policy with one statement.
func grantTo(principal, action, resource string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"` + action + `","Resource":"` + resource + `"}}`
}

func TestResourcePolicy(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	member, stranger := h.create(m, "member"), h.standalone("stranger")
	put := func(content string) *api.PutResourcePolicyInput {
		return &api.PutResourcePolicyInput{Content: &content}
	}
	refuses(h, "ResourcePolicyNotFound", m, h.DescribeResourcePolicy, &api.DescribeResourcePolicyInput{})
	refuses(h, "ResourcePolicyNotFound", m, h.DeleteResourcePolicy, &api.DeleteResourcePolicyInput{})
	own := "arn:aws:organizations::" + m + ":"
	for _, c := range []struct{ content, want string }{
		{"{", "InvalidInput/INVALID_RESOURCE_POLICY_JSON"},
		{"{}", "InvalidInput/INVALID_RESOURCE_POLICY_JSON"},
		{`{"Version":"2012-10-17","Statement":[]}`, "InvalidInput/INVALID_RESOURCE_POLICY_JSON"},
		{strings.Repeat(" ", 40_001), "InvalidInput/MAX_LENGTH_EXCEEDED"},
		{strings.Replace(grantTo("*", "organizations:ListAccounts", "*"), `{"AWS":"*"}`, `"*"`, 1), "InvalidInput/INVALID_PRINCIPAL"},
		{strings.Replace(grantTo("*", "organizations:ListAccounts", "*"), `{"AWS":"*"}`, `{"Service":"ec2.amazonaws.com"}`, 1), "InvalidInput/INVALID_PRINCIPAL"},
		{strings.Replace(grantTo(member, "organizations:ListAccounts", "*"), `"Principal"`, `"NotPrincipal"`, 1), "InvalidInput/INVALID_PRINCIPAL"},
		{grantTo("*", "organizations:ListAccounts", "*"), "InvalidInput/INVALID_PRINCIPAL"},
		{grantTo(stranger, "organizations:ListAccounts", "*"), "InvalidInput/INVALID_PRINCIPAL"},
		{grantTo("arn:aws:iam::"+stranger+":root", "organizations:ListAccounts", "*"), "InvalidInput/INVALID_PRINCIPAL"},
		{grantTo(member, "s3:GetObject", "*"), "InvalidInput/UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"},
		{grantTo(member, "organizations:CreateAccount", "*"), "InvalidInput/UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"},
		{grantTo(member, "*", "*"), "InvalidInput/UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"},
		{strings.Replace(grantTo(member, "organizations:ListAccounts", "*"), `"Action"`, `"NotAction"`, 1), "InvalidInput/UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"},
		{grantTo(member, "organizations:ListAccounts", "arn:aws:s3:::b"), "InvalidInput/UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY"},
		{grantTo(member, "organizations:ListAccounts", "arn:aws:organizations::"+stranger+":account/*"), "InvalidInput/UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY"},
		{grantTo(member, "organizations:UpdatePolicy", own+"policy/"+o.ID+"/wrong_policy/*"), "InvalidInput/UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY"},
		{grantTo(member, "organizations:UpdatePolicy", "arn:aws:organizations::aws:policy/wrong_policy/*"), "InvalidInput/UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY"},
		{grantTo("arn:aws:iam::"+member+":role/r", "organizations:UpdatePolicy", own+"policy/"+o.ID+"/service_control_policy/*"), "<nil>"},
		{grantTo("arn:aws:iam::"+member+":root", "organizations:List*", own+"policy/*"), "<nil>"},
		{grantTo(member, "organizations:ListAccounts", "*"), "<nil>"},
	} {
		_, err := do(h, m, h.PutResourcePolicy, put(c.content))
		if got := refusal(err); got != c.want {
			t.Errorf("%s:\ngot %s, want %s", c.content, got, c.want)
		}
	}
	got := must(h, m, h.DescribeResourcePolicy, &api.DescribeResourcePolicyInput{}).ResourcePolicy
	id := *got.ResourcePolicySummary.Id
	if *got.ResourcePolicySummary.Arn != own+"resourcepolicy/"+o.ID+"/"+id || *got.Content != grantTo(member, "organizations:ListAccounts", "*") {
		t.Errorf("resource policy: %+v", got)
	}
	if again := must(h, m, h.PutResourcePolicy, put(*got.Content)).ResourcePolicy; *again.ResourcePolicySummary.Id != id {
		t.Error("a resource policy that is written again has a new id")
	}
	must(h, m, h.DeleteResourcePolicy, &api.DeleteResourcePolicyInput{})
	refuses(h, "ResourcePolicyNotFound", m, h.DescribeResourcePolicy, &api.DescribeResourcePolicyInput{})
}

// A resource policy lets members do what it names, and nothing else.
func TestResourcePolicyGrants(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	member, other := h.create(m, "member"), h.create(m, "other")
	must(h, m, h.EnablePolicyType, &api.EnablePolicyTypeInput{RootId: &o.Root, PolicyType: new(serviceControl)})
	p := h.scp(m, "p", "s3:*")
	statement := func(effect, action, resource string) string {
		return `{"Effect":"` + effect + `","Principal":{"AWS":"` + member + `"},"Action":[` + action + `],"Resource":"` + resource + `"}`
	}
	write := func(statements ...string) {
		t.Helper()
		must(h, m, h.PutResourcePolicy, &api.PutResourcePolicyInput{Content: new(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`)})
	}
	attach := &api.AttachPolicyInput{PolicyId: &p, TargetId: &other}
	detach := &api.DetachPolicyInput{PolicyId: &p, TargetId: &other}
	refuses(h, "AccessDenied", member, h.AttachPolicy, attach)

	write(statement("Allow", `"organizations:AttachPolicy","organizations:ListAccounts"`, "*"))
	must(h, member, h.AttachPolicy, attach)
	must(h, member, h.ListAccounts, &api.ListAccountsInput{})
	refuses(h, "AccessDenied", member, h.DetachPolicy, detach)
	refuses(h, "AccessDenied", member, h.ListRoots, &api.ListRootsInput{})
	refuses(h, "AccessDenied", other, h.ListAccounts, &api.ListAccountsInput{})
	refuses(h, "AccessDenied", member, h.CreateAccount, &api.CreateAccountInput{AccountName: new("a"), Email: new("a@example.com")})

	// Both the policy and the target must be named.
	write(statement("Allow", `"organizations:DetachPolicy"`, o.arn("policy", "service_control_policy/*")))
	refuses(h, "AccessDenied", member, h.DetachPolicy, detach)
	write(statement("Allow", `"organizations:DetachPolicy"`, o.arn("policy", "service_control_policy/*")),
		statement("Allow", `"organizations:DetachPolicy"`, o.arn("account", other)))
	must(h, member, h.DetachPolicy, detach)

	// What it denies is denied to delegated administrators and to every
	// member, by IAM's own answer.
	must(h, m, h.EnableAWSServiceAccess, &api.EnableAWSServiceAccessInput{ServicePrincipal: new(cloudTrail)})
	must(h, m, h.RegisterDelegatedAdministrator, &api.RegisterDelegatedAdministratorInput{AccountId: &member, ServicePrincipal: new(cloudTrail)})
	must(h, member, h.ListRoots, &api.ListRootsInput{})
	write(statement("Deny", `"organizations:ListRoots","organizations:DescribeOrganization"`, "*"))
	_, err := do(h, member, h.ListRoots, &api.ListRootsInput{})
	if err == nil || !strings.Contains(err.Error(), "with an explicit deny in a resource-based policy") {
		t.Errorf("denied: %v", err)
	}
	refuses(h, "AccessDenied", member, h.DescribeOrganization, &api.DescribeOrganizationInput{})
	must(h, member, h.ListAccounts, &api.ListAccountsInput{})
	must(h, other, h.DescribeOrganization, &api.DescribeOrganizationInput{})
	must(h, m, h.ListRoots, &api.ListRootsInput{})
}

func FuzzResourcePolicy(f *testing.F) {
	h := newHouse(f)
	m, o := h.organize()
	view := h.Store.View()
	f.Add(grantTo(m, "organizations:ListAccounts", "*"))
	f.Add(strings.Replace(grantTo(m, "organizations:List*", o.arn("policy", "*")), "Allow", "Deny", 1))
	f.Add(`{"Statement":[{"Effect":"Deny","Principal":{"AWS":[""]},"Action":[],"Resource":{}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		content, guard, err := o.readResourcePolicy(view, text)
		if err == nil && (content.IsZero() || content.Text() != text) {
			t.Errorf("%q: accepted as %q", text, content.Text())
		}
		denies := false
		if err == nil {
			for _, s := range content.Document().Statements {
				denies = denies || s.Effect.String() == "Deny"
			}
			if denies == guard.IsZero() {
				t.Errorf("%q: guard %q", text, guard.Text())
			}
		}
	})
}
