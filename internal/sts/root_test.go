package sts

import (
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

func TestAssumeRoot(t *testing.T) {
	f := newFixture(t)
	const task = "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"
	input := func(target, task string) *api.AssumeRootInput {
		return &api.AssumeRootInput{TargetPrincipal: &target, TaskPolicyArn: &api.PolicyDescriptorType{Arn: &task}}
	}
	f.fails("AccessDenied: Centralized root access is not enabled.", input(other, task))
	f.service.RootSessions = func(_ store.Reader, account, target string) error {
		if target != other {
			return denied("not a member")
		}
		return nil
	}
	f.fails("AccessDenied: User: arn:aws:iam::111111111111:user/ada is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::222222222222:root", input(other, task))
	f.may("sts:AssumeRoot")
	f.Caller.Session = &aws.Session{SourceIdentity: "ada", IssuerType: aws.IAMUser}
	for _, target := range []string{other, aws.RootARN(other)} {
		out := f.Do(input(target, task)).(*api.AssumeRootOutput)
		p := f.open(out.Credentials).Principal
		f.Equal("principal", []any{p.Type, p.Account, p.ARN, p.ID, p.IsAssumedRoot(), p.Session.Policies}, []any{aws.Root, other, aws.RootARN(other), other, true, []string{task}})
		f.Equal("session", []any{*out.Credentials.Expiration, *out.SourceIdentity, p.Session.IssuerARN}, []any{f.Clock.Now().Add(15 * time.Minute), "ada", f.Caller.ARN})
		f.Equal("log", f.Last().Owners, []string{other})
	}
	in := input(other, task)
	in.DurationSeconds = new(int32(60))
	f.Equal("a minute", *f.Do(in).(*api.AssumeRootOutput).Credentials.Expiration, f.Clock.Now().Add(time.Minute))
	in.DurationSeconds = new(int32(901))
	f.fails("ValidationError", in)
	f.fails("AccessDenied: not a member", input("333333333333", task))
	f.fails("ValidationError: The target principal", input("arn:aws:iam::222222222222:user/x", task))
	f.fails("ValidationError: The task policy", input(other, "arn:aws:iam::aws:policy/AdministratorAccess"))
	f.fails("ValidationError: The task policy", input(other, task+"x"))
	f.Caller = root()
	f.fails("AccessDenied: Root user sessions may not be assumed by root accounts.", input(other, task))
}
