package organizations

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

const denyS3 = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}`
const denyS3RCP = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}`

func TestPolicies(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	create := func(name, kind, content string) *api.CreatePolicyInput {
		return &api.CreatePolicyInput{Name: &name, Description: new("d"), Type: &kind, Content: &content}
	}
	p := must(h, m, h.CreatePolicy, create("deny-s3", serviceControl, denyS3)).Policy
	if s := p.PolicySummary; *s.Arn != "arn:aws:organizations::"+m+":policy/"+o.ID+"/service_control_policy/"+*s.Id || *s.AwsManaged || *s.Name != "deny-s3" || *s.Description != "d" || *p.Content != denyS3 {
		t.Errorf("policy: %+v", s)
	}
	id := p.PolicySummary.Id
	must(h, m, h.CreatePolicy, create("deny-s3", resourceControl, denyS3RCP)) // names are taken by type

	for _, c := range []struct {
		in   *api.CreatePolicyInput
		want string
	}{
		{create("deny-s3", serviceControl, denyS3), "DuplicatePolicy"},
		{create("FullAWSAccess", serviceControl, denyS3), "DuplicatePolicy"},
		{create("x", "TAG_POLICY", "{}"), "PolicyTypeNotAvailableForOrganization"},
		{create("x", "BACKUP_POLICY", "{}"), "PolicyTypeNotAvailableForOrganization"},
		{create("x", "NO_POLICY", "{}"), "InvalidInput/INVALID_ENUM"},
		{create("x", serviceControl, "{"), "MalformedPolicyDocument"},
		{create("x", serviceControl, denyS3RCP), "MalformedPolicyDocument"},
		{create("x", resourceControl, denyS3), "MalformedPolicyDocument"},
		{create("x", serviceControl, strings.Repeat(" ", 5120)+denyS3), "ConstraintViolation/POLICY_CONTENT_LIMIT_EXCEEDED"},
		{create("x", serviceControl, denyS3+strings.Repeat(" ", 5120-len(denyS3))), "<nil>"},
		{create(strings.Repeat("x", 129), serviceControl, denyS3), "InvalidInput/MAX_LENGTH_EXCEEDED"},
	} {
		refuses(h, c.want, m, h.CreatePolicy, c.in)
	}
	h.Limits.ResourceControlPolicies = 1
	refuses(h, "ConstraintViolation/POLICY_NUMBER_LIMIT_EXCEEDED", m, h.CreatePolicy, create("y", resourceControl, denyS3RCP))

	update := func(change func(*api.UpdatePolicyInput)) *api.UpdatePolicyInput {
		in := &api.UpdatePolicyInput{PolicyId: id}
		change(in)
		return in
	}
	got := must(h, m, h.UpdatePolicy, update(func(in *api.UpdatePolicyInput) { in.Name, in.Description = new("new"), new("e") })).Policy
	if *got.PolicySummary.Name != "new" || *got.PolicySummary.Description != "e" || *got.Content != denyS3 {
		t.Errorf("updated: %+v", got)
	}
	refuses(h, "DuplicatePolicy", m, h.UpdatePolicy, update(func(in *api.UpdatePolicyInput) { in.Name = new("x") }))
	refuses(h, "MalformedPolicyDocument", m, h.UpdatePolicy, update(func(in *api.UpdatePolicyInput) { in.Content = new("{}") }))
	refuses(h, "PolicyNotFound", m, h.UpdatePolicy, update(func(in *api.UpdatePolicyInput) { in.PolicyId = new("p-none0000") }))
	refuses(h, "InvalidInput/IMMUTABLE_POLICY", m, h.UpdatePolicy, update(func(in *api.UpdatePolicyInput) { in.PolicyId = new("p-FullAWSAccess") }))
	refuses(h, "InvalidInput/IMMUTABLE_POLICY", m, h.DeletePolicy, &api.DeletePolicyInput{PolicyId: new("p-FullAWSAccess")})
	refuses(h, "PolicyNotFound", m, h.DeletePolicy, &api.DeletePolicyInput{PolicyId: new("p-none0000")})
	refuses(h, "PolicyNotFound", m, h.DescribePolicy, &api.DescribePolicyInput{PolicyId: new("p-none0000")})

	full := must(h, m, h.DescribePolicy, &api.DescribePolicyInput{PolicyId: new("p-FullAWSAccess")}).Policy
	if *full.PolicySummary.Arn != "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess" || !*full.PolicySummary.AwsManaged {
		t.Errorf("FullAWSAccess: %+v", full.PolicySummary)
	}
	names := func(kind string) (list []string) {
		in := &api.ListPoliciesInput{Filter: &kind, MaxResults: new(int32(1))}
		for {
			out := must(h, m, h.ListPolicies, in)
			for _, p := range out.Policies {
				list = append(list, *p.Name)
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return list
			}
		}
	}
	for kind, want := range map[string][]string{
		serviceControl:  {"FullAWSAccess", "new", "x"},
		resourceControl: {"RCPFullAWSAccess", "deny-s3"},
		"TAG_POLICY":    nil,
	} {
		if got := names(kind); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
	must(h, m, h.DeletePolicy, &api.DeletePolicyInput{PolicyId: id})
	refuses(h, "PolicyNotFound", m, h.DescribePolicy, &api.DescribePolicyInput{PolicyId: id})
}

func TestPolicyTypes(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	in := func(root, kind string) *api.EnablePolicyTypeInput {
		return &api.EnablePolicyTypeInput{RootId: &root, PolicyType: &kind}
	}
	refuses(h, "RootNotFound", m, h.EnablePolicyType, in("r-none", serviceControl))
	refuses(h, "PolicyTypeNotAvailableForOrganization", m, h.EnablePolicyType, in(o.Root, "TAG_POLICY"))
	root := must(h, m, h.EnablePolicyType, in(o.Root, serviceControl)).Root
	if len(root.PolicyTypes) != 1 || *root.PolicyTypes[0].Type != serviceControl || *root.PolicyTypes[0].Status != "ENABLED" {
		t.Errorf("root: %+v", root)
	}
	refuses(h, "PolicyTypeAlreadyEnabled", m, h.EnablePolicyType, in(o.Root, serviceControl))

	disable := func(root, kind string) *api.DisablePolicyTypeInput {
		return &api.DisablePolicyTypeInput{RootId: &root, PolicyType: &kind}
	}
	refuses(h, "RootNotFound", m, h.DisablePolicyType, disable("r-none", serviceControl))
	refuses(h, "PolicyTypeNotEnabled", m, h.DisablePolicyType, disable(o.Root, resourceControl))
	refuses(h, "PolicyTypeNotEnabled", m, h.DisablePolicyType, disable(o.Root, "TAG_POLICY"))

	// All attachments of the type are lost, those of other types are not.
	must(h, m, h.EnablePolicyType, in(o.Root, resourceControl))
	scp := h.scp(m, "s", "s3:*")
	rcp := must(h, m, h.CreatePolicy, &api.CreatePolicyInput{Name: new("r"), Description: new(""), Type: new(resourceControl), Content: new(denyS3RCP)}).Policy.PolicySummary.Id
	must(h, m, h.AttachPolicy, &api.AttachPolicyInput{PolicyId: &scp, TargetId: &o.Root})
	must(h, m, h.DetachPolicy, &api.DetachPolicyInput{PolicyId: new("p-FullAWSAccess"), TargetId: &o.Root})
	must(h, m, h.AttachPolicy, &api.AttachPolicyInput{PolicyId: rcp, TargetId: &o.Root})
	root = must(h, m, h.DisablePolicyType, disable(o.Root, serviceControl)).Root
	if len(root.PolicyTypes) != 1 || *root.PolicyTypes[0].Type != resourceControl {
		t.Errorf("root: %+v", root)
	}
	h.attachedTo(m, o.Root, serviceControl)
	h.attachedTo(m, o.Root, resourceControl, "RCPFullAWSAccess", "r")
	must(h, m, h.DeletePolicy, &api.DeletePolicyInput{PolicyId: &scp})
	must(h, m, h.EnablePolicyType, in(o.Root, serviceControl))
	h.attachedTo(m, o.Root, serviceControl, "FullAWSAccess")
}

// attachedTo checks the names of the policies on a target.
func (h *house) attachedTo(management, target, kind string, want ...string) {
	h.Helper()
	var got []string
	for _, p := range must(h, management, h.ListPoliciesForTarget, &api.ListPoliciesForTargetInput{TargetId: &target, Filter: &kind}).Policies {
		got = append(got, *p.Name)
	}
	if !slices.Equal(got, want) {
		h.Errorf("%s on %s: %q, want %q", kind, target, got, want)
	}
}

func TestAttachments(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	unit, account := h.unit(m, o.Root, "u"), h.create(m, "a")
	p := h.scp(m, "p", "s3:*")
	attach := func(p, target string) *api.AttachPolicyInput {
		return &api.AttachPolicyInput{PolicyId: &p, TargetId: &target}
	}
	detach := func(p, target string) *api.DetachPolicyInput {
		return &api.DetachPolicyInput{PolicyId: &p, TargetId: &target}
	}
	_, err := do(h, m, h.AttachPolicy, attach(p, unit))
	if err == nil || err.Error() != "PolicyTypeNotEnabledException: The given policy type ServiceControlPolicy is not enabled on the current view" {
		t.Errorf("before the type is enabled: %v", err)
	}
	refuses(h, "PolicyNotAttached", m, h.DetachPolicy, detach("p-FullAWSAccess", o.Root))
	for _, kind := range []string{serviceControl, resourceControl} {
		must(h, m, h.EnablePolicyType, &api.EnablePolicyTypeInput{RootId: &o.Root, PolicyType: &kind})
	}
	for _, target := range []string{o.Root, unit, account, m} {
		h.attachedTo(m, target, serviceControl, "FullAWSAccess")
		h.attachedTo(m, target, resourceControl, "RCPFullAWSAccess")
	}
	must(h, m, h.AttachPolicy, attach(p, unit))
	h.attachedTo(m, unit, serviceControl, "FullAWSAccess", "p")
	for _, c := range []struct{ policy, target, want string }{
		{p, unit, "DuplicatePolicyAttachment"},
		{"p-FullAWSAccess", account, "DuplicatePolicyAttachment"},
		{"p-none0000", unit, "PolicyNotFound"},
		{p, "ou-none-12345678", "TargetNotFound"},
		{p, "000000000000", "TargetNotFound"},
		{p, "r-none", "TargetNotFound"},
		{p, "x", "InvalidInput/INVALID_PATTERN"},
	} {
		refuses(h, c.want, m, h.AttachPolicy, attach(c.policy, c.target))
	}
	for i := range 3 {
		must(h, m, h.AttachPolicy, attach(h.scp(m, fmt.Sprint("more", i), "s3:*"), unit))
	}
	refuses(h, "ConstraintViolation/MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", m, h.AttachPolicy, attach(h.scp(m, "last", "s3:*"), unit))
	refuses(h, "PolicyInUse", m, h.DeletePolicy, &api.DeletePolicyInput{PolicyId: &p})

	for _, c := range []struct{ policy, target, want string }{
		{p, account, "PolicyNotAttached"},
		{"p-none0000", unit, "PolicyNotFound"},
		{p, "ou-none-12345678", "TargetNotFound"},
		{"p-FullAWSAccess", account, "ConstraintViolation/MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"},
		{"p-RCPFullAWSAccess", account, "InvalidInput/NON_DETACHABLE_POLICY"},
	} {
		refuses(h, c.want, m, h.DetachPolicy, detach(c.policy, c.target))
	}
	must(h, m, h.DetachPolicy, detach("p-FullAWSAccess", unit))
	h.attachedTo(m, unit, serviceControl, "p", "more0", "more1", "more2")
	must(h, m, h.AttachPolicy, attach("p-FullAWSAccess", unit))
	must(h, m, h.DetachPolicy, detach(p, unit))
	must(h, m, h.DeletePolicy, &api.DeletePolicyInput{PolicyId: &p})
	refuses(h, "TargetNotFound", m, h.ListPoliciesForTarget, &api.ListPoliciesForTargetInput{TargetId: new("ou-none-12345678"), Filter: new(serviceControl)})
	refuses(h, "PolicyNotFound", m, h.ListTargetsForPolicy, &api.ListTargetsForPolicyInput{PolicyId: &p})
	refuses(h, "InvalidInput/INPUT_REQUIRED", m, h.ListPolicies, &api.ListPoliciesInput{})
	h.attachedTo(m, account, "TAG_POLICY")
}

func TestTargetsOfPolicies(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	unit, account := h.unit(m, o.Root, "u"), h.create(m, "a")
	v, w := h.unit(m, o.Root, "v"), h.unit(m, o.Root, "w")
	p := h.scp(m, "p", "s3:*")
	targets := func(policy string) (list []string) {
		in := &api.ListTargetsForPolicyInput{PolicyId: &policy, MaxResults: new(int32(1))}
		for {
			out := must(h, m, h.ListTargetsForPolicy, in)
			for _, t := range out.Targets {
				list = append(list, *t.Type+" "+*t.Name+" "+*t.TargetId+" "+*t.Arn)
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return list
			}
		}
	}
	if got := targets("p-FullAWSAccess"); got != nil {
		t.Errorf("targets of a type that is not enabled: %q", got)
	}
	must(h, m, h.EnablePolicyType, &api.EnablePolicyTypeInput{RootId: &o.Root, PolicyType: new(serviceControl)})
	for _, target := range []string{unit, account} {
		must(h, m, h.AttachPolicy, &api.AttachPolicyInput{PolicyId: &p, TargetId: &target})
	}
	must(h, m, h.DetachPolicy, &api.DetachPolicyInput{PolicyId: new("p-FullAWSAccess"), TargetId: &unit})
	arn := "arn:aws:organizations::" + m + ":"
	root := "ROOT Root " + o.Root + " " + arn + "root/" + o.ID + "/" + o.Root
	ou := "ORGANIZATIONAL_UNIT u " + unit + " " + arn + "ou/" + o.ID + "/" + unit
	member := "ACCOUNT a " + account + " " + arn + "account/" + o.ID + "/" + account
	own := "ACCOUNT management " + m + " " + arn + "account/" + o.ID + "/" + m
	other := func(name, id string) string {
		return "ORGANIZATIONAL_UNIT " + name + " " + id + " " + arn + "ou/" + o.ID + "/" + id
	}
	if got, want := targets("p-FullAWSAccess"), []string{root, other("v", v), other("w", w), own, member}; !slices.Equal(got, want) {
		t.Errorf("targets of FullAWSAccess:\n%q\nwant\n%q", got, want)
	}
	got := targets(p)
	slices.Sort(got)
	if want := []string{member, ou}; !slices.Equal(got, want) {
		t.Errorf("targets:\n%q\nwant\n%q", got, want)
	}
}

// chain names the policies on the way to an account.
func chain(levels [][]policy.Attached) (names []string) {
	for _, level := range levels {
		var on []string
		for _, p := range level {
			if p.Document == nil {
				on = append(on, "not parsed:")
			}
			on = append(on, p.Name)
		}
		names = append(names, strings.Join(on, "+"))
	}
	return names
}

func TestControlPolicies(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	outer := h.unit(m, o.Root, "outer")
	inner := h.unit(m, outer, "inner")
	account := h.create(m, "a")
	must(h, m, h.MoveAccount, &api.MoveAccountInput{AccountId: &account, SourceParentId: &o.Root, DestinationParentId: &inner})
	p, q := h.scp(m, "p", "s3:*"), h.scp(m, "q", "iam:*")
	expect := func(lookup func(store.Reader, string) [][]policy.Attached, account string, want ...string) {
		t.Helper()
		if got := chain(lookup(h.Store.View(), account)); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	expect(ServiceControlPolicies, account)
	must(h, m, h.EnablePolicyType, &api.EnablePolicyTypeInput{RootId: &o.Root, PolicyType: new(serviceControl)})
	const full = "FullAWSAccess"
	expect(ServiceControlPolicies, account, full, full, full, full)
	expect(ResourceControlPolicies, account)
	expect(ServiceControlPolicies, m)
	expect(ServiceControlPolicies, h.standalone("alone"))

	for policy, target := range map[string]string{p: outer, q: account} {
		must(h, m, h.AttachPolicy, &api.AttachPolicyInput{PolicyId: &policy, TargetId: &target})
	}
	must(h, m, h.DetachPolicy, &api.DetachPolicyInput{PolicyId: new("p-FullAWSAccess"), TargetId: &account})
	expect(ServiceControlPolicies, account, full, full+"+p", full, "q")

	before := h.Store.View()
	must(h, m, h.UpdatePolicy, &api.UpdatePolicyInput{PolicyId: &q, Name: new("r")})
	expect(ServiceControlPolicies, account, full, full+"+p", full, "r")
	if got := chain(ServiceControlPolicies(before, account)); got[3] != "q" {
		t.Errorf("an older revision says %q", got)
	}
	must(h, m, h.EnablePolicyType, &api.EnablePolicyTypeInput{RootId: &o.Root, PolicyType: new(resourceControl)})
	expect(ResourceControlPolicies, account, "RCPFullAWSAccess", "RCPFullAWSAccess", "RCPFullAWSAccess", "RCPFullAWSAccess")
	must(h, m, h.MoveAccount, &api.MoveAccountInput{AccountId: &account, SourceParentId: &inner, DestinationParentId: &o.Root})
	expect(ServiceControlPolicies, account, full, "r")
	must(h, m, h.RemoveAccountFromOrganization, &api.RemoveAccountFromOrganizationInput{AccountId: &account})
	expect(ServiceControlPolicies, account)
}
