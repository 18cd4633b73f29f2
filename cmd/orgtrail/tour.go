package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/orgtrail/orgtrail/internal/server"
)

const (
	tourBucket = "my-organization-bucket"
	tourTrail  = "my-trail"
	// tourPatience is how long the tour waits for work that goes on behind
	// the server's answers.
	tourPatience = time.Minute
)

// tour makes an organization trail through the public API, as the AWS CLI
// would, and prints each step as the command it stands for.
type tour struct {
	out     io.Writer
	cfg     aws.Config // of the management account
	account string
	org     string
	members []string
}

func newTour(p server.Profile, out io.Writer) *tour {
	return &tour{out: out, cfg: aws.Config{
		Region:       p.Region,
		BaseEndpoint: &p.Endpoint,
		Credentials:  credentials.NewStaticCredentialsProvider(p.AccessKeyID, p.SecretAccessKey, ""),
	}}
}

// step prints the command that the next calls stand for.
func (t *tour) step(format string, args ...any) {
	fmt.Fprintf(t.out, "$ aws "+format+"\n", args...)
}

func (t *tour) walk(ctx context.Context) error {
	for _, leg := range []struct {
		title string
		run   func(context.Context) error
	}{
		{"An organization with two member accounts", t.organization},
		{"A bucket that CloudTrail may write to, and trusted access", t.prepare},
		{"An organization trail for all regions", t.trail},
		{"Calls in three accounts and four regions", t.calls},
		{"What was delivered", t.files},
	} {
		fmt.Fprintf(t.out, "\n# %s\n", leg.title)
		if err := leg.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", strings.ToLower(leg.title[:1])+leg.title[1:], err)
		}
	}
	return nil
}

func (t *tour) organization(ctx context.Context) error {
	id, err := sts.NewFromConfig(t.cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return err
	}
	t.account = *id.Account
	orgs := organizations.NewFromConfig(t.cfg)
	t.step("organizations create-organization")
	org, err := orgs.CreateOrganization(ctx, nil)
	if err != nil {
		return err
	}
	t.org = *org.Organization.Id
	fmt.Fprintf(t.out, "%s, managed by %s\n", t.org, t.account)
	for _, name := range []string{"Security", "Workloads"} {
		email := strings.ToLower(name) + "@example.com"
		t.step("organizations create-account --account-name %s --email %s", name, email)
		member, err := createAccount(ctx, orgs, name, email)
		if err != nil {
			return err
		}
		fmt.Fprintln(t.out, member)
		t.members = append(t.members, member)
	}
	return nil
}

// createAccount creates a member account and waits until it is there.
func createAccount(ctx context.Context, orgs *organizations.Client, name, email string) (string, error) {
	out, err := orgs.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: &name, Email: &email})
	if err != nil {
		return "", err
	}
	status := out.CreateAccountStatus
	err = until(ctx, func() (bool, error) {
		d, err := orgs.DescribeCreateAccountStatus(ctx, &organizations.DescribeCreateAccountStatusInput{CreateAccountRequestId: status.Id})
		if err != nil {
			return false, err
		}
		status = d.CreateAccountStatus
		if status.State == orgtypes.CreateAccountStateFailed {
			return false, errors.New(string(status.FailureReason))
		}
		return status.State == orgtypes.CreateAccountStateSucceeded, nil
	})
	return aws.ToString(status.AccountId), err
}

// bucketPolicy lets CloudTrail deliver the logs of the account and of its
// organization.
const bucketPolicy = `{"Version":"2012-10-17","Statement":[
 {"Sid":"AWSCloudTrailAclCheck20150319","Effect":"Allow","Principal":{"Service":["cloudtrail.amazonaws.com"]},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::%[1]s"},
 {"Sid":"AWSCloudTrailWrite20150319","Effect":"Allow","Principal":{"Service":["cloudtrail.amazonaws.com"]},"Action":"s3:PutObject","Resource":"arn:aws:s3:::%[1]s/AWSLogs/%[2]s/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}},
 {"Sid":"AWSCloudTrailWrite20150319","Effect":"Allow","Principal":{"Service":["cloudtrail.amazonaws.com"]},"Action":"s3:PutObject","Resource":"arn:aws:s3:::%[1]s/AWSLogs/%[3]s/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}]}`

func (t *tour) prepare(ctx context.Context) error {
	buckets := s3.NewFromConfig(t.cfg, pathStyle)
	t.step("s3 mb s3://%s", tourBucket)
	if _, err := buckets.CreateBucket(ctx, bucketIn(tourBucket, t.cfg.Region)); err != nil {
		return err
	}
	t.step("s3api put-bucket-policy --bucket %s --policy file://policy.json", tourBucket)
	_, err := buckets.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
		Bucket: aws.String(tourBucket), Policy: aws.String(fmt.Sprintf(bucketPolicy, tourBucket, t.account, t.org)),
	})
	if err != nil {
		return err
	}
	t.step("organizations enable-aws-service-access --service-principal cloudtrail.amazonaws.com")
	_, err = organizations.NewFromConfig(t.cfg).EnableAWSServiceAccess(ctx, &organizations.EnableAWSServiceAccessInput{
		ServicePrincipal: aws.String("cloudtrail.amazonaws.com"),
	})
	return err
}

func pathStyle(o *s3.Options) { o.UsePathStyle = true }

func bucketIn(name, region string) *s3.CreateBucketInput {
	in := &s3.CreateBucketInput{Bucket: &name}
	if region != "us-east-1" {
		in.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(region)}
	}
	return in
}

func (t *tour) trail(ctx context.Context) error {
	trails := cloudtrail.NewFromConfig(t.cfg)
	t.step("cloudtrail create-trail --name %s --s3-bucket-name %s --is-organization-trail --is-multi-region-trail", tourTrail, tourBucket)
	out, err := trails.CreateTrail(ctx, &cloudtrail.CreateTrailInput{
		Name: aws.String(tourTrail), S3BucketName: aws.String(tourBucket),
		IsOrganizationTrail: aws.Bool(true), IsMultiRegionTrail: aws.Bool(true),
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(t.out, *out.TrailARN)
	t.step("cloudtrail start-logging --name %s", tourTrail)
	_, err = trails.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: aws.String(tourTrail)})
	return err
}

// calls does something worth recording in every account: the member accounts
// in regions of their own, one of them something that is refused.
func (t *tour) calls(ctx context.Context) error {
	t.step("iam create-user --user-name auditor")
	if _, err := iam.NewFromConfig(t.cfg).CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("auditor")}); err != nil {
		return err
	}
	security, err := t.as(ctx, t.members[0], "eu-central-1")
	if err != nil {
		return err
	}
	bucket := "findings-" + t.members[0]
	t.step("s3 mb s3://%s --region eu-central-1 --profile security", bucket)
	if _, err := s3.NewFromConfig(security, pathStyle).CreateBucket(ctx, bucketIn(bucket, "eu-central-1")); err != nil {
		return err
	}
	workloads, err := t.as(ctx, t.members[1], "ap-northeast-1")
	if err != nil {
		return err
	}
	t.step("cloudtrail delete-trail --name <organization's trail> --region %s --profile workloads", t.cfg.Region)
	home := workloads.Copy()
	home.Region = t.cfg.Region
	_, err = cloudtrail.NewFromConfig(home).DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{
		Name: aws.String("arn:aws:cloudtrail:" + t.cfg.Region + ":" + t.account + ":trail/" + tourTrail),
	})
	if err == nil {
		return errors.New("a member account deleted the organization's trail")
	}
	fmt.Fprintln(t.out, "refused, and recorded")
	t.step("cloudtrail describe-trails --region ap-northeast-1 --profile workloads")
	_, err = cloudtrail.NewFromConfig(workloads).DescribeTrails(ctx, nil)
	return err
}

// as assumes the role that every created account trusts its management
// account with.
func (t *tour) as(ctx context.Context, account, region string) (aws.Config, error) {
	out, err := sts.NewFromConfig(t.cfg).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn:         aws.String("arn:aws:iam::" + account + ":role/OrganizationAccountAccessRole"),
		RoleSessionName: aws.String("tour"),
	})
	if err != nil {
		return aws.Config{}, err
	}
	cfg := t.cfg.Copy()
	cfg.Region = region
	cfg.Credentials = credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	return cfg, nil
}

// files waits until every account has a log file, lists them, and shows the
// record of the call that was refused.
func (t *tour) files(ctx context.Context) error {
	t.step("s3 ls --recursive s3://%s/AWSLogs/", tourBucket)
	keys := make(map[string]bool)
	err := until(ctx, func() (bool, error) {
		list, err := t.list(ctx)
		for _, key := range list {
			if !keys[key] {
				fmt.Fprintln(t.out, key)
				keys[key] = true
			}
		}
		return t.complete(keys), err
	})
	if err != nil {
		return err
	}
	for key := range keys {
		record, err := t.find(ctx, key, func(r map[string]any) bool { return r["eventName"] == "DeleteTrail" })
		if err != nil {
			return err
		}
		if record != nil {
			b, err := json.MarshalIndent(record, "", "  ")
			fmt.Fprintf(t.out, "\n# One record: the member's attempt, in the file of its account\n%s\n", b)
			return err
		}
	}
	return errors.New("the refused call is in no file")
}

func (t *tour) list(ctx context.Context) ([]string, error) {
	var keys []string
	pages := s3.NewListObjectsV2Paginator(s3.NewFromConfig(t.cfg, pathStyle), &s3.ListObjectsV2Input{Bucket: aws.String(tourBucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, o := range page.Contents {
			keys = append(keys, *o.Key)
		}
	}
	return keys, nil
}

// complete reports whether the files of every call of the tour are there.
func (t *tour) complete(keys map[string]bool) bool {
	for _, want := range []string{
		t.account + "/CloudTrail/us-east-1/", t.account + "/CloudTrail/" + t.cfg.Region + "/",
		t.members[0] + "/CloudTrail/eu-central-1/",
		t.members[1] + "/CloudTrail/ap-northeast-1/", t.members[1] + "/CloudTrail/" + t.cfg.Region + "/",
	} {
		found := false
		for key := range keys {
			found = found || strings.HasPrefix(key, "AWSLogs/"+t.org+"/"+want)
		}
		if !found {
			return false
		}
	}
	return true
}

// find returns the first record of a log file that fits, or nil.
func (t *tour) find(ctx context.Context, key string, fits func(map[string]any) bool) (map[string]any, error) {
	out, err := s3.NewFromConfig(t.cfg, pathStyle).GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(tourBucket), Key: &key})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	var file struct{ Records []map[string]any }
	if err := json.NewDecoder(z).Decode(&file); err != nil {
		return nil, err
	}
	for _, r := range file.Records {
		if fits(r) {
			return r, nil
		}
	}
	return nil, nil
}

// until asks again and again until done, an error, or the end of patience.
func until(ctx context.Context, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, tourPatience)
	defer cancel()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
