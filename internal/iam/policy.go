package iam

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// Policy is a managed policy: one of an account, stored under its ARN, or one
// of AWS's, which every account has.
type Policy struct {
	Entity
	Description string
	Updated     time.Time
	Versions    []PolicyVersion // oldest first
	Last        int             // number of the newest version there ever was
	Default     int             // number of the version in force
	Tags        tag.Set
}

// PolicyVersion is one version of a managed policy. Numbers are not used
// twice.
type PolicyVersion struct {
	Number   int
	Created  time.Time
	Document policy.Source
}

const byName = "name"

var policies = store.NewKind("iam.policy", store.Index[Policy]{
	Name: byName, Keys: func(_ string, p *Policy) []string { return []string{p.key()} },
})

// awsAccount stands in ARNs for the owner of AWS's own policies.
const awsAccount = "aws"

// CreatePolicy makes a managed policy with one version.
func (s *Service) CreatePolicy(c *call.Call, in *api.CreatePolicyInput) (*api.CreatePolicyOutput, error) {
	e, err := policyClass.entity(c.Account(), aws.Val(in.PolicyName), in.Path, c.Time)
	if err != nil {
		return nil, err
	}
	p := &Policy{Entity: e, Description: aws.Val(in.Description), Updated: e.Created}
	if p.Tags, err = tagRules.With(p.Tags, tag.Of(in.Tags)); err != nil {
		return nil, err
	}
	if err := p.add(in.PolicyDocument, true, c.Time); err != nil {
		return nil, err
	}
	if pages.Count(policies.By(c.State, byName, p.key())) > 0 {
		return nil, alreadyExists("A policy called %s already exists. Duplicate names are not allowed.", p.Name)
	}
	if err := room(policyClass, customerPolicies(c.State, c.Account())); err != nil {
		return nil, err
	}
	policies.Put(c.Tx, p.ARN, p)
	v := p.summary(c.State, c.Account())
	v.Tags = tagView(p.Tags)
	return &api.CreatePolicyOutput{Policy: &v}, nil
}

// GetPolicy answers with a managed policy but not its document.
func (s *Service) GetPolicy(c *call.Call, in *api.GetPolicyInput) (*api.GetPolicyOutput, error) {
	p, err := findPolicy(c, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	v := p.summary(c.State, c.Account())
	v.Tags = tag.Shapes[api.Tag](p.Tags)
	if p.Description != "" {
		v.Description = &p.Description
	}
	return &api.GetPolicyOutput{Policy: &v}, nil
}

// DeletePolicy deletes a managed policy that nothing uses and that has no
// version but the one in force.
func (s *Service) DeletePolicy(c *call.Call, in *api.DeletePolicyInput) (*api.DeletePolicyOutput, error) {
	p, err := ownPolicy(c, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	if usage(c.State, byAttached, p.Account, p.ARN)+usage(c.State, byBoundary, p.Account, p.ARN) > 0 {
		return nil, conflict("Cannot delete a policy attached to entities.")
	}
	if len(p.Versions) > 1 {
		return nil, conflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
	}
	policies.Delete(c.Tx, p.ARN)
	return nil, nil
}

// ListPolicies lists the managed policies of the account and of AWS.
func (s *Service) ListPolicies(c *call.Call, in *api.ListPoliciesInput) (*api.ListPoliciesOutput, error) {
	attached, boundary := true, true
	switch aws.Val(in.PolicyUsageFilter) {
	case api.PolicyUsageTypePermissionsPolicy:
		boundary = false
	case api.PolicyUsageTypePermissionsBoundary:
		attached = false
	}
	wanted := func(p *Policy) bool {
		if !aws.Val(in.OnlyAttached) && attached && boundary {
			return true
		}
		return attached && usage(c.State, byAttached, c.Account(), p.ARN) > 0 ||
			boundary && usage(c.State, byBoundary, c.Account(), p.ARN) > 0
	}
	list := pages.Where(under(in.PathPrefix, policiesIn(c.State, c.Account(), aws.Val(in.Scope))), wanted)
	p, err := page(c, list, in.Marker, in.MaxItems)
	view := func(p *Policy) api.Policy { return p.summary(c.State, c.Account()) }
	return &api.ListPoliciesOutput{Policies: pages.Views(p.items, view), IsTruncated: p.truncated, Marker: p.marker}, err
}

// policiesIn lists the managed policies of a scope in the order of their
// ARNs: those of the account come before those of AWS.
func policiesIn(r store.Reader, account, scope string) iter.Seq2[string, *Policy] {
	return func(yield func(string, *Policy) bool) {
		if scope != api.PolicyScopeTypeAws {
			for arn, p := range customerPolicies(r, account) {
				if !yield(arn, p) {
					return
				}
			}
		}
		if scope != api.PolicyScopeTypeLocal {
			for _, p := range awsPolicies().list {
				if !yield(p.ARN, p) {
					return
				}
			}
		}
	}
}

func customerPolicies(r store.Reader, account string) iter.Seq2[string, *Policy] {
	return policies.Scan(r, policyClass.arn(account, "/", ""))
}

// CreatePolicyVersion adds a version, in force at once when asked to be.
func (s *Service) CreatePolicyVersion(c *call.Call, in *api.CreatePolicyVersionInput) (*api.CreatePolicyVersionOutput, error) {
	var made PolicyVersion
	p, err := editPolicy(c, in.PolicyArn, func(p *Policy) error {
		if len(p.Versions) >= versionsPerPolicy {
			return limitExceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", versionsPerPolicy)
		}
		if err := p.add(in.PolicyDocument, aws.Val(in.SetAsDefault), c.Time); err != nil {
			return err
		}
		made = p.Versions[len(p.Versions)-1]
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &api.CreatePolicyVersionOutput{PolicyVersion: new(p.versionView(made))}, nil
}

// GetPolicyVersion answers with the document of a version.
func (s *Service) GetPolicyVersion(c *call.Call, in *api.GetPolicyVersionInput) (*api.GetPolicyVersionOutput, error) {
	p, err := findPolicy(c, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	v, err := p.version(in.VersionId)
	if err != nil {
		return nil, err
	}
	view := p.versionView(v)
	view.Document = encoded(v.Document)
	return &api.GetPolicyVersionOutput{PolicyVersion: &view}, nil
}

// DeletePolicyVersion deletes a version that is not in force.
func (s *Service) DeletePolicyVersion(c *call.Call, in *api.DeletePolicyVersionInput) (*api.DeletePolicyVersionOutput, error) {
	_, err := editPolicy(c, in.PolicyArn, func(p *Policy) error {
		v, err := p.version(in.VersionId)
		if err != nil {
			return err
		}
		if v.Number == p.Default {
			return conflict("Cannot delete the default version of a policy.")
		}
		p.Versions = slices.DeleteFunc(slices.Clone(p.Versions), func(o PolicyVersion) bool { return o.Number == v.Number })
		return nil
	})
	return nil, err
}

// SetDefaultPolicyVersion puts another version in force.
func (s *Service) SetDefaultPolicyVersion(c *call.Call, in *api.SetDefaultPolicyVersionInput) (*api.SetDefaultPolicyVersionOutput, error) {
	_, err := editPolicy(c, in.PolicyArn, func(p *Policy) error {
		v, err := p.version(in.VersionId)
		p.Default = v.Number
		return err
	})
	return nil, err
}

// ListPolicyVersions lists the versions, the newest first.
func (s *Service) ListPolicyVersions(c *call.Call, in *api.ListPolicyVersionsInput) (*api.ListPolicyVersionsOutput, error) {
	p, err := findPolicy(c, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	newestFirst := func(v PolicyVersion) string { return fmt.Sprintf("%09d", 1e9-v.Number) }
	pg, err := page(c, byKey(p.Versions, newestFirst), in.Marker, in.MaxItems)
	return &api.ListPolicyVersionsOutput{Versions: pages.Views(pg.items, p.versionView), IsTruncated: pg.truncated, Marker: pg.marker}, err
}

// TagPolicy adds or replaces tags.
func (s *Service) TagPolicy(c *call.Call, in *api.TagPolicyInput) (*api.TagPolicyOutput, error) {
	_, err := editPolicy(c, in.PolicyArn, func(p *Policy) (err error) {
		p.Tags, err = tagRules.With(p.Tags, tag.Of(in.Tags))
		return err
	})
	return nil, err
}

// UntagPolicy removes tags.
func (s *Service) UntagPolicy(c *call.Call, in *api.UntagPolicyInput) (*api.UntagPolicyOutput, error) {
	_, err := editPolicy(c, in.PolicyArn, func(p *Policy) error {
		p.Tags = tagRules.Without(p.Tags, in.TagKeys)
		return nil
	})
	return nil, err
}

// ListPolicyTags lists a policy's tags.
func (s *Service) ListPolicyTags(c *call.Call, in *api.ListPolicyTagsInput) (*api.ListPolicyTagsOutput, error) {
	p, err := findPolicy(c, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	pg, err := page(c, p.Tags.All(), in.Marker, in.MaxItems)
	return &api.ListPolicyTagsOutput{Tags: tag.Shapes[api.Tag](pg.items), IsTruncated: pg.truncated, Marker: pg.marker}, err
}

// add appends a version.
func (p *Policy) add(text *string, inForce bool, now time.Time) error {
	doc, err := identityDocument(text)
	if err != nil {
		return err
	}
	if size(doc.Text()) > policySize {
		return overQuota("PolicySize", policySize)
	}
	v := PolicyVersion{Number: p.Last + 1, Created: now.UTC().Truncate(time.Second), Document: doc}
	p.Last, p.Updated = v.Number, v.Created
	p.Versions = append(slices.Clone(p.Versions), v)
	if inForce {
		p.Default = v.Number
	}
	return nil
}

func (p *Policy) version(id *string) (PolicyVersion, error) {
	for _, v := range p.Versions {
		if v.id() == aws.Val(id) {
			return v, nil
		}
	}
	return PolicyVersion{}, noSuchEntity("Policy %s version %s does not exist or is not attachable.", p.ARN, aws.Val(id))
}

func (v PolicyVersion) id() string { return "v" + strconv.Itoa(v.Number) }

// source is the version in force.
func (p *Policy) source() policy.Source {
	for i := range p.Versions {
		if p.Versions[i].Number == p.Default {
			return p.Versions[i].Document
		}
	}
	return policy.Source{}
}

func (p *Policy) document() *policy.Document { return p.source().Document() }

// attached is the policy as evaluation takes it.
func (p *Policy) attached() policy.Attached {
	return policy.Attached{Name: p.Name, ARN: p.ARN, Document: p.document()}
}

// policyByARN finds a managed policy of any account or of AWS.
func policyByARN(r store.Reader, arn string) (*Policy, bool) {
	if p, ok := awsPolicies().byARN[arn]; ok {
		return p, true
	}
	return policies.Get(r, arn)
}

// findPolicy finds a policy that the caller's account sees.
func findPolicy(c *call.Call, arn *string) (*Policy, error) {
	account, err := parsePolicyARN(arn)
	if err != nil {
		return nil, err
	}
	p, ok := policyByARN(c.State, *arn)
	if !ok || account != c.Account() && account != awsAccount {
		return nil, noSuchEntity("Policy %s was not found.", *arn)
	}
	return p, nil
}

// ownPolicy finds a policy that the caller's account may change.
func ownPolicy(c *call.Call, arn *string) (*Policy, error) {
	p, err := findPolicy(c, arn)
	if err == nil && p.Account == awsAccount {
		err = aws.Errorf(aws.AccessDenied, "User: %s is not authorized to perform: iam:%s on resource: policy %s", c.Principal.ARN, c.Operation.Name, *arn)
	}
	return p, err
}

func editPolicy(c *call.Call, arn *string, edit func(*Policy) error) (*Policy, error) {
	p, err := ownPolicy(c, arn)
	if err != nil {
		return nil, err
	}
	p = new(*p)
	if err := edit(p); err != nil {
		return nil, err
	}
	policies.Put(c.Tx, p.ARN, p)
	return p, nil
}

// attachable finds a policy that may be attached in an account.
func attachable(r store.Reader, account string, arn *string) (*Policy, error) {
	owner, err := parsePolicyARN(arn)
	if err != nil {
		return nil, err
	}
	p, ok := policyByARN(r, *arn)
	if !ok || owner != account && owner != awsAccount {
		return nil, noSuchEntity("Policy %s does not exist or is not attachable.", *arn)
	}
	return p, nil
}

// parsePolicyARN returns the account in the ARN of a managed policy.
func parsePolicyARN(arn *string) (account string, err error) {
	a, ok := aws.ParseARN(aws.Val(arn))
	if !ok || a.Partition != aws.Partition || a.Service != "iam" || !strings.HasPrefix(a.Resource, "policy/") {
		return "", invalidInput("ARN %s is not valid.", aws.Val(arn))
	}
	return a.Account, nil
}

// pathAndName takes the resource of an ARN apart: user/path/name.
func pathAndName(arn string) (path, name string) {
	slash, last := strings.IndexByte(arn, '/'), strings.LastIndexByte(arn, '/')
	if slash < 0 {
		return "/", arn
	}
	return arn[slash : last+1], arn[last+1:]
}

// usage counts what a policy is attached to, or what it bounds, in an account.
func usage(r store.Reader, index, account, arn string) int {
	term := policyUse(account, arn)
	return pages.Count(users.By(r, index, term)) + pages.Count(groups.By(r, index, term)) + pages.Count(roles.By(r, index, term))
}

// summary is a policy as lists show it.
func (p *Policy) summary(r store.Reader, account string) api.Policy {
	return api.Policy{
		PolicyName: &p.Name, PolicyId: &p.ID, Arn: &p.ARN, Path: &p.Path,
		DefaultVersionId: new(PolicyVersion{Number: p.Default}.id()), IsAttachable: new(true),
		AttachmentCount:               new(int32(usage(r, byAttached, account, p.ARN))),
		PermissionsBoundaryUsageCount: new(int32(usage(r, byBoundary, account, p.ARN))),
		CreateDate:                    &p.Created, UpdateDate: &p.Updated,
	}
}

func (p *Policy) versionView(v PolicyVersion) api.PolicyVersion {
	return api.PolicyVersion{VersionId: new(v.id()), IsDefaultVersion: new(v.Number == p.Default), CreateDate: &v.Created}
}
