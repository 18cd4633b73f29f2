package iam

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// Grants are the policies of a user, a group or a role. Its methods never
// write into a slice, so that a copy of the struct may be changed.
type Grants struct {
	Inline   []Inline // in the order of their names
	Attached []string // ARNs of managed policies, in order
	Boundary string   // ARN of the managed policy that bounds the others, "" without
}

// Inline is a policy that lives in what it speaks for.
type Inline struct {
	Name     string
	Document policy.Source
}

// putInline adds a policy or replaces the one of that name.
func (g *Grants) putInline(k *class, owner string, name, text *string) error {
	if err := checkName("policyName", aws.Val(name), policyClass.longest); err != nil {
		return err
	}
	doc, err := identityDocument(text)
	if err != nil {
		return err
	}
	inline := slices.DeleteFunc(slices.Clone(g.Inline), func(p Inline) bool { return p.Name == *name })
	inline = append(inline, Inline{*name, doc})
	slices.SortFunc(inline, func(a, b Inline) int { return strings.Compare(a.Name, b.Name) })
	total := 0
	for _, p := range inline {
		total += size(p.Document.Text())
	}
	if total > k.inline {
		return limitExceeded("Maximum policy size of %d bytes exceeded for %s %s", k.inline, k.noun, owner)
	}
	g.Inline = inline
	return nil
}

func (g *Grants) inline(k *class, name *string) (Inline, error) {
	for _, p := range g.Inline {
		if p.Name == aws.Val(name) {
			return p, nil
		}
	}
	return Inline{}, noSuchEntity("The %s policy with name %s cannot be found.", k.noun, aws.Val(name))
}

func (g *Grants) deleteInline(k *class, name *string) error {
	if _, err := g.inline(k, name); err != nil {
		return err
	}
	g.Inline = slices.DeleteFunc(slices.Clone(g.Inline), func(p Inline) bool { return p.Name == *name })
	return nil
}

func (g *Grants) inlinePage(c *call.Call, marker *string, limit *int32) (paged[string], error) {
	names := make([]string, len(g.Inline))
	for i, p := range g.Inline {
		names[i] = p.Name
	}
	return page(c, byKey(names, itself), marker, limit)
}

// attach attaches a managed policy. Attaching it again changes nothing.
func (g *Grants) attach(r store.Reader, k *class, account string, arn *string) error {
	p, err := attachable(r, account, arn)
	if err != nil {
		return err
	}
	if strings.HasPrefix(p.Path, rootTaskPath) {
		return aws.Errorf("PolicyNotAttachable", "Cannot attach a root task policy to a %s.", k.title)
	}
	if strings.HasPrefix(p.Path, linkedPath) {
		return aws.Errorf("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer %s.", k.title)
	}
	if slices.Contains(g.Attached, p.ARN) {
		return nil
	}
	if len(g.Attached) >= attachedPerEntity {
		return overQuota("PoliciesPer"+k.title, attachedPerEntity)
	}
	attached := append(slices.Clone(g.Attached), p.ARN)
	slices.Sort(attached)
	g.Attached = attached
	return nil
}

func (g *Grants) detach(arn *string) error {
	if _, err := parsePolicyARN(arn); err != nil {
		return err
	}
	if !slices.Contains(g.Attached, *arn) {
		return noSuchEntity("Policy %s was not found.", *arn)
	}
	g.Attached = slices.DeleteFunc(slices.Clone(g.Attached), func(a string) bool { return a == *arn })
	return nil
}

// attachedPage lists the attached policies whose path begins with prefix.
func (g *Grants) attachedPage(c *call.Call, prefix, marker *string, limit *int32) (paged[api.AttachedPolicy], error) {
	var list []api.AttachedPolicy
	for _, arn := range g.Attached {
		path, name := pathAndName(arn)
		if strings.HasPrefix(path, aws.Val(prefix)) {
			list = append(list, api.AttachedPolicy{PolicyName: &name, PolicyArn: &arn})
		}
	}
	return page(c, byKey(list, func(p api.AttachedPolicy) string { return *p.PolicyArn }), marker, limit)
}

// bound sets the permissions boundary.
func (g *Grants) bound(r store.Reader, account string, arn *string) error {
	p, err := attachable(r, account, arn)
	if err != nil {
		return err
	}
	g.Boundary = p.ARN
	return nil
}

func (g *Grants) unbound(k *class, name string) error {
	if g.Boundary == "" {
		return noSuchEntity("The %s with name %s does not have a permissions boundary.", k.noun, name)
	}
	g.Boundary = ""
	return nil
}

func (g *Grants) boundaryView() *api.AttachedPermissionsBoundary {
	if g.Boundary == "" {
		return nil
	}
	return &api.AttachedPermissionsBoundary{
		PermissionsBoundaryType: new(api.PermissionsBoundaryAttachmentTypePermissionsBoundaryPolicy),
		PermissionsBoundaryArn:  &g.Boundary,
	}
}

// free refuses the deletion of what still carries policies.
func (g *Grants) free() error {
	switch {
	case len(g.Attached) > 0:
		return conflict("Cannot delete entity, must detach all policies first.")
	case len(g.Inline) > 0:
		return conflict("Cannot delete entity, must delete policies first.")
	}
	return nil
}

// The indexes from a managed policy to whom it is attached to and whom it
// bounds.
const (
	byAttached = "attached"
	byBoundary = "boundary"
)

func grantIndexes[T any](account func(*T) string, grants func(*T) *Grants) []store.Index[T] {
	return []store.Index[T]{
		{Name: byAttached, Keys: func(_ string, v *T) []string {
			terms := make([]string, len(grants(v).Attached))
			for i, arn := range grants(v).Attached {
				terms[i] = policyUse(account(v), arn)
			}
			return terms
		}},
		{Name: byBoundary, Keys: func(_ string, v *T) []string {
			if grants(v).Boundary == "" {
				return nil
			}
			return []string{policyUse(account(v), grants(v).Boundary)}
		}},
	}
}

// policyUse is the term under which the use of a policy in an account is filed.
func policyUse(account, arn string) string { return account + " " + arn }

// documents are the policies that grants consist of, appended to list.
func (g *Grants) documents(r store.Reader, list []policy.Attached) []policy.Attached {
	for _, arn := range g.Attached {
		if p, ok := policyByARN(r, arn); ok {
			list = append(list, p.attached())
		}
	}
	for _, p := range g.Inline {
		list = append(list, policy.Attached{Name: p.Name, Document: p.Document.Document()})
	}
	return list
}
