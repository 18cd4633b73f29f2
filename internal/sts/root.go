package sts

import (
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

// longestRoot is how long somebody may act as another account's root, and for
// how long who does not say.
const longestRoot = 15 * time.Minute

// taskPrefix is what the policies have in common that say for which task
// somebody acts as a root.
const taskPrefix = "arn:aws:iam::aws:policy/root-task/"

// tasks are their names.
var tasks = []string{
	"IAMAuditRootUserCredentials", "IAMCreateRootUserPassword", "IAMDeleteRootUserCredentials",
	"S3UnlockBucketPolicy", "SQSUnlockQueuePolicy",
}

// AssumeRoot issues credentials of a member account's root, for one task.
func (s *Service) AssumeRoot(c *call.Call, in *api.AssumeRootInput) (*api.AssumeRootOutput, error) {
	account, err := s.rootOf(c, in)
	if err != nil {
		return nil, err
	}
	lasts := longestRoot
	if in.DurationSeconds != nil {
		lasts = time.Duration(*in.DurationSeconds) * time.Second
	}
	by := c.Principal
	of := &aws.Session{IssuerType: by.Type, IssuerID: by.ID, IssuerARN: by.ARN, IssuerName: by.UserName, Policies: []string{*in.TaskPolicyArn.Arn}}
	if by.Session != nil {
		of.SourceIdentity = by.Session.SourceIdentity
	}
	p := aws.Principal{Type: aws.Root, Account: account, ARN: aws.RootARN(account), ID: account, Session: of}
	c.Owners = []string{account}
	c.Resources = []call.Resource{{Account: account, Type: "AWS::IAM::Root", ARN: p.ARN}}
	out := &api.AssumeRootOutput{Credentials: s.issue(c.Time, p, lasts, "")}
	if of.SourceIdentity != "" {
		out.SourceIdentity = &of.SourceIdentity
	}
	return out, nil
}

// assumingRoot is what AssumeRoot needs: a permission of the caller's own
// account. That the member obeys it follows from the organization.
func (s *Service) assumingRoot(c *call.Call, in *api.AssumeRootInput) ([]call.Target, error) {
	account, err := s.rootOf(c, in)
	if err != nil {
		return nil, err
	}
	t := call.Target{Action: "sts:AssumeRoot", Resource: aws.RootARN(account), Context: tagContext(nil, nil)}
	t.Context.Set("sts:TaskPolicyArn", *in.TaskPolicyArn.Arn)
	t.Context.Set("aws:ResourceAccount", account)
	return []call.Target{t}, nil
}

// rootOf returns the account whose root is to be assumed, when the caller's
// account may.
func (s *Service) rootOf(c *call.Call, in *api.AssumeRootInput) (string, error) {
	if c.Principal.Type == aws.Root {
		return "", denied("Root user sessions may not be assumed by root accounts.")
	}
	account := aws.Val(in.TargetPrincipal)
	if a, ok := aws.ParseARN(account); ok && a.Service == "iam" && a.Resource == "root" {
		account = a.Account
	}
	if !aws.IsAccountID(account) {
		return "", invalid("The target principal must be the id of an account or the ARN of its root.")
	}
	if name, ok := strings.CutPrefix(taskOf(in), taskPrefix); !ok || !slices.Contains(tasks, name) {
		return "", invalid("The task policy %s is not one that a root session can be limited to.", taskOf(in))
	}
	if s.RootSessions == nil {
		return "", denied("Centralized root access is not enabled.")
	}
	return account, s.RootSessions(c.State, c.Account(), account)
}

func taskOf(in *api.AssumeRootInput) string {
	if in.TaskPolicyArn == nil {
		return ""
	}
	return aws.Val(in.TaskPolicyArn.Arn)
}
