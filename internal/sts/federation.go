package sts

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

// federatedUser is the ARN of a user of that name whom an account vouches for.
func federatedUser(account, name string) string {
	return aws.NewARN("sts", "", account, "federated-user/"+name).String()
}

// GetFederationToken issues credentials for somebody whom the caller vouches
// for. They can do what the caller can and the session policies allow: without
// session policies only what the policy of a resource grants them by name.
// They end with the access key that asked for them, if not before.
func (s *Service) GetFederationToken(c *call.Call, in *api.GetFederationTokenInput) (*api.GetFederationTokenOutput, error) {
	p := c.Principal
	if p.Session != nil || p.Type != aws.IAMUser && p.Type != aws.Root {
		return nil, denied("Cannot call GetFederationToken with session credentials")
	}
	as := &api.AssumeRoleInput{Policy: in.Policy, PolicyArns: in.PolicyArns, Tags: in.Tags}
	of := &aws.Session{
		IssuerType: p.Type, IssuerID: p.ID, IssuerARN: p.ARN, IssuerName: p.UserName, Name: aws.Val(in.Name),
	}
	var err error
	if of.Policies, err = s.sessionPolicies(c, as, p.Account); err != nil {
		return nil, err
	}
	if of.Tags, _, err = sessionTags(c, as); err != nil {
		return nil, err
	}
	packed, err := pack(of)
	if err != nil {
		return nil, err
	}
	lasts := ownSession
	if in.DurationSeconds != nil {
		lasts = time.Duration(*in.DurationSeconds) * time.Second
	}
	if p.Type == aws.Root {
		lasts = min(lasts, rootSession)
	}
	federated := aws.Principal{
		Type: aws.FederatedUser, Account: p.Account, ARN: federatedUser(p.Account, of.Name), ID: p.Account + ":" + of.Name, Session: of,
	}
	return &api.GetFederationTokenOutput{
		Credentials:      s.issue(c.Time, federated, lasts, p.AccessKeyID),
		FederatedUser:    &api.FederatedUser{FederatedUserId: &federated.ID, Arn: &federated.ARN},
		PackedPolicySize: packed,
	}, nil
}

// federating is what GetFederationToken needs.
func federating(c *call.Call, in *api.GetFederationTokenInput) []call.Target {
	t := call.Target{
		Action: "sts:GetFederationToken", Resource: federatedUser(c.Account(), aws.Val(in.Name)),
		Context: tagContext(in.Tags, nil),
	}
	targets := []call.Target{t}
	if len(in.Tags) > 0 {
		t.Action = "sts:TagSession"
		targets = append(targets, t)
	}
	return targets
}
