package sts

import (
	"strconv"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

// Access lists the permissions that a call needs. Who a caller is and a
// session for itself take none.
func (s *Service) Access(c *call.Call, in any) ([]call.Target, error) {
	if p := c.Principal; p.Type == aws.FederatedUser && c.Operation.Name != "GetCallerIdentity" {
		return nil, denied("Cannot call %s with credentials of GetFederationToken", c.Operation.Name)
	}
	switch in := in.(type) {
	case *api.GetCallerIdentityInput, *api.GetSessionTokenInput:
		return nil, nil
	case *api.GetAccessKeyInfoInput:
		return []call.Target{{Action: "sts:GetAccessKeyInfo", Resource: "*"}}, nil
	case *api.AssumeRoleInput:
		return s.assuming(c, in)
	case *api.AssumeRoleWithWebIdentityInput:
		return s.assumingWithToken(c, in)
	case *api.AssumeRoleWithSAMLInput:
		return s.assumingWithSAML(c, in)
	case *api.AssumeRootInput:
		return s.assumingRoot(c, in)
	case *api.GetWebIdentityTokenInput:
		return vouching(in), nil
	case *api.DecodeAuthorizationMessageInput:
		return []call.Target{{Action: "sts:DecodeAuthorizationMessage", Resource: "*"}}, nil
	case *api.GetFederationTokenInput:
		return federating(c, in), nil
	}
	return nil, call.NoPermission(c)
}

// assuming is what AssumeRole needs. Only the role's trust policy can allow
// it; a role that does not exist trusts nobody, and the refusal is the same.
func (s *Service) assuming(c *call.Call, in *api.AssumeRoleInput) ([]call.Target, error) {
	if c.Principal.Type == aws.Root {
		return nil, denied("Roles may not be assumed by root accounts.")
	}
	arn, ok := aws.ParseARN(aws.Val(in.RoleArn))
	if !ok || !aws.IsAccountID(arn.Account) {
		return nil, invalid("%s is invalid", aws.Val(in.RoleArn))
	}
	trust := &policy.Attached{Document: &policy.Document{}}
	if role, ok := s.roles.Role(c.State, *in.RoleArn); ok {
		trust.Document = role.Trust
	}
	ctx := assumeContext(c, in)
	shown, err := s.checkCode(c, in.SerialNumber, in.TokenCode)
	if err != nil {
		return nil, err
	}
	if shown {
		ctx.Set("aws:MultiFactorAuthPresent", "true")
		ctx.Set("aws:MultiFactorAuthAge", "0")
	}
	t := call.Target{
		Action: "sts:AssumeRole", Resource: *in.RoleArn, Owner: arn.Account,
		Policy: trust, PolicyRequired: true, Context: ctx,
	}
	return assumingTargets(c, t, in), nil
}

// assumingTargets adds to the permission to assume a role those to tag its
// session and to give it a source identity.
func assumingTargets(c *call.Call, t call.Target, in *api.AssumeRoleInput) []call.Target {
	targets := []call.Target{t}
	if len(in.Tags) > 0 || len(in.TransitiveTagKeys) > 0 {
		t.Action = "sts:TagSession"
		targets = append(targets, t)
	}
	if sourceIdentity(c, in) != "" {
		t.Action = "sts:SetSourceIdentity"
		targets = append(targets, t)
	}
	return targets
}

func assumeContext(c *call.Call, in *api.AssumeRoleInput) policy.Context {
	ctx := tagContext(in.Tags, in.TransitiveTagKeys)
	ctx.Set("sts:RoleSessionName", aws.Val(in.RoleSessionName))
	if in.ExternalId != nil {
		ctx.Set("sts:ExternalId", *in.ExternalId)
	}
	if identity := sourceIdentity(c, in); identity != "" {
		ctx.Set("sts:SourceIdentity", identity)
	}
	ctx.Set("sts:DurationSeconds", strconv.Itoa(int(duration(in)/time.Second)))
	return ctx
}

// tagContext holds the keys about the tags of a session to be.
func tagContext(list []api.Tag, transitive []string) policy.Context {
	ctx := tag.Of(list).SetRequest(policy.Context{})
	if len(transitive) > 0 {
		ctx.Set("sts:TransitiveTagKeys", transitive...)
	}
	return ctx
}

// sourceIdentity is the source identity of the session to be: the one asked
// for, or the caller's own, which follows into every further role.
func sourceIdentity(c *call.Call, in *api.AssumeRoleInput) string {
	if in.SourceIdentity == nil && c.Principal.Session != nil {
		return c.Principal.Session.SourceIdentity
	}
	return aws.Val(in.SourceIdentity)
}
