package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/rogpeppe/go-internal/testscript"
)

// The commands of scripts about what a trail's neighbours do.
func init() {
	maps.Copy(commands, map[string]func(*testscript.TestScript, bool, []string){
		"logging":  func(ts *testscript.TestScript, neg bool, args []string) { of(ts).logging(ts, args) },
		"seconds":  func(ts *testscript.TestScript, neg bool, args []string) { of(ts).seconds(ts, args) },
		"notified": func(ts *testscript.TestScript, neg bool, args []string) { of(ts).notified(ts, args) },
	})
}

// logging makes a bucket, and a trail of the same name that logs every region
// to it: where a script needs one and is about something else.
//
//	logging BUCKET
func (s *script) logging(ts *testscript.TestScript, args []string) {
	name, ctx := args[0], context.Background()
	policy := strings.ReplaceAll(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},
		"Action":["s3:GetBucketAcl","s3:PutObject"],"Resource":["arn:aws:s3:::BUCKET","arn:aws:s3:::BUCKET/*"]}}`, "BUCKET", name)
	bucket := s.bucket(ts)
	o := bucket.Options()
	in := &s3.CreateBucketInput{Bucket: &name}
	if o.Region != "us-east-1" {
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(o.Region)}
	}
	_, err := bucket.CreateBucket(ctx, in)
	ts.Check(err)
	_, err = bucket.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &name, Policy: &policy})
	ts.Check(err)
	trails := cloudtrail.New(cloudtrail.Options{Region: o.Region, BaseEndpoint: o.BaseEndpoint, Credentials: o.Credentials})
	_, err = trails.CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: &name, S3BucketName: &name, IsMultiRegionTrail: aws.Bool(true)})
	ts.Check(err)
	_, err = trails.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: &name})
	ts.Check(err)
}

// seconds sets a variable to the server's time in seconds since 1970, or to a
// time before or after it.
//
//	seconds NAME [DURATION]
func (s *script) seconds(ts *testscript.TestScript, args []string) {
	at := time.Now().Add(s.ahead)
	if len(args) > 1 {
		d, err := time.ParseDuration(args[1])
		ts.Check(err)
		at = at.Add(d)
	}
	ts.Setenv(args[0], fmt.Sprint(at.Unix()))
}

// notified reads a queue until it has brought every log file of a bucket
// under a prefix, and prints their names. No name may come twice, and none of
// a file that does not exist.
//
//	notified BUCKET PREFIX QUEUE-URL
func (s *script) notified(ts *testscript.TestScript, args []string) {
	bucket, prefix, queue := args[0], args[1], args[2]
	out, err := s.bucket(ts).ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
	ts.Check(err)
	missing := make(map[string]bool)
	for _, o := range out.Contents {
		if logKey.MatchString(*o.Key) {
			missing[*o.Key] = true
		}
	}
	all := slices.Sorted(maps.Keys(missing))
	receive := func() (messages int) {
		for _, body := range s.receive(ts, queue) {
			for _, key := range notifiedKeys(ts, body, bucket) {
				if !missing[key] {
					ts.Fatalf("%s is no log file of %s, or was notified before:\n%s", key, bucket, body)
				}
				delete(missing, key)
			}
			messages++
		}
		return messages
	}
	s.until(ts, "notices of all files", func() bool { receive(); return len(missing) == 0 })
	for receive() > 0 {
	}
	fmt.Fprintln(ts.Stdout(), strings.Join(all, "\n"))
}

// receive takes messages from a queue and returns their bodies.
func (s *script) receive(ts *testscript.TestScript, queue string) (bodies []string) {
	s.aws(ts, false, []string{"sqs", "receive-message", "--queue-url", queue, "--max-number-of-messages", "10"})
	var got struct {
		Messages []struct{ Body, ReceiptHandle string }
	}
	if text := ts.ReadFile("stdout"); text != "" {
		ts.Check(json.Unmarshal([]byte(text), &got))
	}
	var entries []map[string]string
	for i, m := range got.Messages {
		bodies = append(bodies, m.Body)
		entries = append(entries, map[string]string{"Id": fmt.Sprint(i), "ReceiptHandle": m.ReceiptHandle})
	}
	if len(entries) > 0 {
		text, err := json.Marshal(entries)
		ts.Check(err)
		s.aws(ts, false, []string{"sqs", "delete-message-batch", "--queue-url", queue, "--entries", string(text)})
	}
	return bodies
}

// notifiedKeys are the keys that a message names: of an event of S3 or a
// notice of CloudTrail, and of either within what SNS delivers.
func notifiedKeys(ts *testscript.TestScript, body, bucket string) (keys []string) {
	var m struct {
		Message     *string // of SNS
		S3Bucket    string
		S3ObjectKey []string
		Records     []struct {
			S3 struct {
				Bucket struct{ Name string }
				Object struct{ Key string }
			}
		}
	}
	ts.Check(json.Unmarshal([]byte(body), &m))
	if m.Message != nil {
		return notifiedKeys(ts, *m.Message, bucket)
	}
	of := func(name string) {
		if name != bucket {
			ts.Fatalf("the bucket is %s, not %s:\n%s", name, bucket, body)
		}
	}
	if len(m.S3ObjectKey) > 0 {
		of(m.S3Bucket)
	}
	keys = m.S3ObjectKey
	for _, r := range m.Records {
		of(r.S3.Bucket.Name)
		key, err := url.QueryUnescape(r.S3.Object.Key)
		ts.Check(err)
		keys = append(keys, key)
	}
	return keys
}
