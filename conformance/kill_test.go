package conformance

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// victim is a server process that is killed and started again.
type victim struct {
	t    testing.TB
	data string
	*daemon
	cfg aws.Config // of who calls the server that runs now
}

func newVictim(t testing.TB) *victim {
	v := &victim{t: t, data: t.TempDir()}
	v.cfg = aws.Config{
		Region:     "us-east-1",
		Retryer:    func() aws.Retryer { return aws.NopRetryer{} },
		HTTPClient: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 32}},
	}
	v.start()
	return v
}

// start starts the server, each time on a port of its own: the one before may
// be somebody else's by now.
func (v *victim) start() {
	v.daemon = start(v.t, http.DefaultClient, v.data, nil, "--dev", "--delivery-interval", "100ms")
	v.cfg.BaseEndpoint = &v.Endpoint
	v.cfg.Credentials = credentials.NewStaticCredentialsProvider(v.AccessKeyID, v.SecretAccessKey, "")
}

func (v *victim) kill() {
	v.Process.Kill()
	v.Wait()
}

// prepare makes a bucket, and a trail that logs every management event and
// the objects of one more bucket.
func (v *victim) prepare(ctx context.Context) {
	buckets := s3.NewFromConfig(v.cfg, func(o *s3.Options) { o.UsePathStyle = true })
	trails := cloudtrail.NewFromConfig(v.cfg)
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::logs"},{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*"}]}`
	must := func(_ any, err error) {
		if err != nil {
			v.t.Fatal(err)
		}
	}
	must(buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("logs")}))
	must(buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("objects")}))
	must(buckets.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String("logs"), Policy: &policy}))
	must(trails.CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: aws.String("all"), S3BucketName: aws.String("logs"), IsMultiRegionTrail: aws.Bool(true)}))
	must(trails.PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{TrailName: aws.String("all"), EventSelectors: []trailtypes.EventSelector{{
		ReadWriteType: trailtypes.ReadWriteTypeAll, IncludeManagementEvents: aws.Bool(true),
		DataResources: []trailtypes.DataResource{{Type: aws.String("AWS::S3::Object"), Values: []string{"arn:aws:s3:::objects/"}}},
	}}}))
	must(trails.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: aws.String("all")}))
}

// answers are the request ids of the calls that were answered, by what they
// did.
type answers struct {
	sync.Mutex
	users, objects map[string]string // request id → name
	reads          map[string]bool
}

// work makes calls until one is not answered because the server is gone.
func (v *victim) work(ctx context.Context, name string, got *answers) {
	users := iam.NewFromConfig(v.cfg)
	trails := cloudtrail.NewFromConfig(v.cfg)
	objects := s3.NewFromConfig(v.cfg, func(o *s3.Options) { o.UsePathStyle = true })
	for i := 0; ; i++ {
		item := fmt.Sprintf("%s-%d", name, i)
		var metadata middleware.Metadata
		var err error
		switch i % 3 {
		case 0:
			var out *iam.CreateUserOutput
			if out, err = users.CreateUser(ctx, &iam.CreateUserInput{UserName: &item}); err == nil {
				metadata = out.ResultMetadata
			}
		case 1:
			var out *s3.PutObjectOutput
			if out, err = objects.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("objects"), Key: &item, Body: strings.NewReader(item)}); err == nil {
				metadata = out.ResultMetadata
			}
		case 2:
			var out *cloudtrail.ListTrailsOutput
			if out, err = trails.ListTrails(ctx, nil); err == nil {
				metadata = out.ResultMetadata
			}
		}
		if err != nil {
			var answered interface{ HTTPStatusCode() int }
			if errors.As(err, &answered) && answered.HTTPStatusCode() >= 400 {
				v.t.Errorf("%s: %v", item, err)
			}
			return
		}
		id, _ := awsmiddleware.GetRequestIDMetadata(metadata)
		if id == "" {
			v.t.Errorf("%s: an answer without a request id", item)
		}
		got.Lock()
		switch i % 3 {
		case 0:
			got.users[id] = item
		case 1:
			got.objects[id] = item
		case 2:
			got.reads[id] = true
		}
		got.Unlock()
	}
}

// TestKilledServer kills the server at random moments under load. What it
// had answered must have happened and stand in exactly one log file; and
// nothing may have happened that no record tells of.
func TestKilledServer(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	ctx := context.Background()
	v := newVictim(t)
	v.prepare(ctx)
	got := &answers{users: map[string]string{}, objects: map[string]string{}, reads: map[string]bool{}}
	for round := range rounds {
		var wg sync.WaitGroup
		for w := range 6 {
			wg.Go(func() { v.work(ctx, fmt.Sprintf("r%d-w%d", round, w), got) })
		}
		time.Sleep(time.Duration(50+rand.IntN(400)) * time.Millisecond) // the moment of death is the point
		v.kill()
		wg.Wait()
		v.start()
	}
	resp, err := http.Post(v.Endpoint+"/_orgtrail/dev/flush", "application/json", nil)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
	t.Logf("answered: %d users, %d objects, %d reads", len(got.users), len(got.objects), len(got.reads))

	bucket := s3.NewFromConfig(v.cfg, func(o *s3.Options) { o.UsePathStyle = true })
	events, err := checkTrail(bucket, "logs")
	if err != nil {
		t.Fatal(err)
	}
	records := make(map[string]int) // by request id
	created := make(map[string]int) // users that a record says were created
	put := make(map[string]bool)    // objects that a record speaks of
	for _, e := range events {
		id, _ := e.Fields["requestID"].(string)
		records[id]++
		parameters, _ := e.Fields["requestParameters"].(map[string]any)
		_, failed := e.Fields["errorCode"]
		switch e.Fields["eventName"] {
		case "CreateUser":
			if !failed {
				created[parameters["userName"].(string)]++
			}
		case "PutObject":
			put[parameters["key"].(string)] = true
		}
	}
	for _, ids := range []map[string]string{got.users, got.objects} {
		for id, name := range ids {
			if records[id] != 1 {
				t.Errorf("%s was answered and has %d records", name, records[id])
			}
		}
	}
	for id := range got.reads {
		if records[id] != 1 {
			t.Errorf("a read was answered and has %d records", records[id])
		}
	}
	v.compareUsers(ctx, got, created)
	v.compareObjects(ctx, bucket, got, put)
}

func (v *victim) compareUsers(ctx context.Context, got *answers, created map[string]int) {
	exist := make(map[string]bool)
	pages := iam.NewListUsersPaginator(iam.NewFromConfig(v.cfg), nil)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			v.t.Fatal(err)
		}
		for _, u := range page.Users {
			exist[*u.UserName] = true
			if *u.UserName != "admin" && created[*u.UserName] != 1 {
				v.t.Errorf("user %s exists and has %d records", *u.UserName, created[*u.UserName])
			}
		}
	}
	for _, name := range got.users {
		if !exist[name] {
			v.t.Errorf("user %s was answered and is gone", name)
		}
	}
	for name := range created {
		if !exist[name] {
			v.t.Errorf("a record says that user %s was created", name)
		}
	}
}

func (v *victim) compareObjects(ctx context.Context, bucket *s3.Client, got *answers, put map[string]bool) {
	exist := make(map[string]bool)
	pages := s3.NewListObjectsV2Paginator(bucket, &s3.ListObjectsV2Input{Bucket: aws.String("objects")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			v.t.Fatal(err)
		}
		for _, o := range page.Contents {
			exist[*o.Key] = true
			if !put[*o.Key] {
				v.t.Errorf("object %s exists and no record speaks of it", *o.Key)
			}
		}
	}
	for _, key := range got.objects {
		if !exist[key] {
			v.t.Errorf("object %s was answered and is gone", key)
		}
	}
}
