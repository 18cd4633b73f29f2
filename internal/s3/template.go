package s3

import (
	"io"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// CloudTrail has a bucket in every region that everybody may read, with the
// policies that the CLI fills in for those who let it make a trail's bucket
// and topic (aws cloudtrail create-subscription). The buckets are no state:
// they are the same everywhere, and nobody can change them.
const (
	templateBucket  = "awscloudtrail-policy-" // and the region
	templateAccount = "000000000000"          // their owner, whom nobody can be
)

// templates are the objects of these buckets by key.
var templates = map[string]string{
	"policy/S3/AWSCloudTrail-S3BucketPolicy-2014-12-17.json": `{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "AWSCloudTrailAclCheck20150319", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
      "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::<BucketName>"},
    {"Sid": "AWSCloudTrailWrite20150319", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
      "Action": "s3:PutObject", "Resource": "arn:aws:s3:::<BucketName>/<Prefix>/AWSLogs/<CustomerAccountID>/*",
      "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}}
  ]
}
`,
	"policy/SNS/AWSCloudTrail-SnsTopicPolicy-2014-12-17.json": `{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "AWSCloudTrailSNSPolicy20131101", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
      "Action": "SNS:Publish", "Resource": "arn:aws:sns:<Region>:<SNSTopicOwnerAccountId>:<SNSTopicName>"}
  ]
}
`,
}

// templatesWritten is when.
var templatesWritten = time.Date(2014, 12, 17, 0, 0, 0, 0, time.UTC)

// findTemplates returns the bucket of templates of that name.
func findTemplates(name string) (*Bucket, bool) {
	region, ok := strings.CutPrefix(name, templateBucket)
	if !ok || !aws.IsRegion(region) {
		return nil, false
	}
	read, err := policy.NewSource(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"` + objectARN(name, "*") + `"}]}`)
	return &Bucket{Name: name, Account: templateAccount, Region: region, Created: templatesWritten, Policy: read}, err == nil
}

// isTemplates reports whether the bucket is one of templates.
func (b *Bucket) isTemplates() bool { return b.Account == templateAccount }

// template reads one.
func template(key *string) (*api.GetObjectOutput, error) {
	text, ok := templates[aws.Val(key)]
	if !ok {
		return nil, aws.Errorf("NoSuchKey", "The specified key does not exist.").With("Key", aws.Val(key))
	}
	return &api.GetObjectOutput{
		Body: io.NopCloser(strings.NewReader(text)), ContentLength: new(int64(len(text))),
		ContentType: new("application/json"), LastModified: new(templatesWritten),
	}, nil
}
