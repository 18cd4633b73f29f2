package s3_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/s3"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

const (
	topicARN = "arn:aws:sns:us-east-1:111111111111:topic"
	queueARN = "arn:aws:sqs:us-east-1:111111111111:queue"
)

// mail is where notifications go. It takes what a transaction sends when the
// transaction has run, as its last run had it.
type mail struct {
	refuse string // an ARN
	sent   []string
	from   call.Source
}

func (m *mail) send(kind, arn string, from call.Source, text string) *aws.Error {
	m.from = from
	if arn == m.refuse {
		return aws.Errorf(aws.AccessDenied, "%s does not let it in", arn)
	}
	m.sent = append(m.sent, kind+" "+text)
	return nil
}

func (m *mail) Publish(_ *store.Tx, _ time.Time, arn string, from call.Source, subject, text string) *aws.Error {
	if subject != "Amazon S3 Notification" {
		panic(subject)
	}
	return m.send("topic", arn, from, text)
}

func (m *mail) Send(_ *store.Tx, _ time.Time, arn string, from call.Source, text string) *aws.Error {
	return m.send("queue", arn, from, text)
}

func (m *mail) Offer(_ *store.Tx, _ time.Time, account, region string, e s3.BusEvent) error {
	m.sent = append(m.sent, fmt.Sprintf("bus %s %s %s %s %s", account, region, e.DetailType, e.Resources, e.Detail))
	return nil
}

// take returns what was sent since it was asked last.
func (m *mail) take() []string {
	sent := m.sent
	m.sent = nil
	return sent
}

func queueTo(arn string, filter map[string]string, events ...string) api.QueueConfiguration {
	q := api.QueueConfiguration{Id: new("q"), QueueArn: &arn, Events: events}
	if filter != nil {
		q.Filter = &api.NotificationConfigurationFilter{Key: &api.S3KeyFilter{}}
		for name, value := range filter {
			q.Filter.Key.FilterRules = append(q.Filter.Key.FilterRules, api.FilterRule{Name: &name, Value: &value})
		}
	}
	return q
}

func notifyInput(conf api.NotificationConfiguration) *api.PutBucketNotificationConfigurationInput {
	return &api.PutBucketNotificationConfigurationInput{Bucket: new("bucket"), NotificationConfiguration: &conf}
}

func newMailHouse(t *testing.T) (*house, *mail) {
	h, m := newHouse(t), new(mail)
	h.service.Notifications = m
	h.bucket("bucket", nil)
	return h, m
}

func TestNotificationRecord(t *testing.T) {
	h, m := newMailHouse(t)
	must[api.PutBucketNotificationConfigurationOutput](h, notifyInput(api.NotificationConfiguration{
		QueueConfigurations: []api.QueueConfiguration{queueTo(queueARN, nil, "s3:ObjectCreated:*")}}))
	want := `queue {"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-20T12:00:00.000Z","Bucket":"bucket","RequestId":"r-1","HostId":"r-1"}`
	if sent := m.take(); !slices.Equal(sent, []string{want}) {
		t.Errorf("%q", sent)
	}
	if m.from != (call.Source{Service: "s3.amazonaws.com", ARN: "arn:aws:s3:::bucket", Account: owner}) {
		t.Errorf("%+v", m.from)
	}
	put := must[api.PutObjectOutput](h, putInput("bucket", "a b/ü", "content"))
	sent := m.take()
	if len(sent) != 1 {
		t.Fatalf("%q", sent)
	}
	text := strings.TrimPrefix(sent[0], "queue ")
	var r struct {
		Records []struct {
			S3 struct{ Object struct{ Sequencer string } }
		}
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	want = `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2026-11-20T12:00:00.000Z","eventName":"ObjectCreated:Put",` +
		`"userIdentity":{"principalId":"AWS:111111111111"},"requestParameters":{"sourceIPAddress":"192.0.2.1"},"responseElements":{"x-amz-request-id":"r-1","x-amz-id-2":"r-1"},` +
		`"s3":{"s3SchemaVersion":"1.0","configurationId":"q","bucket":{"name":"bucket","ownerIdentity":{"principalId":"` + s3.CanonicalUser(owner) + `"},"arn":"arn:aws:s3:::bucket"},` +
		`"object":{"key":"a+b/%C3%BC","size":7,"eTag":"` + strings.Trim(*put.ETag, `"`) + `","sequencer":"` + r.Records[0].S3.Object.Sequencer + `"}}}]}`
	if text != want {
		t.Errorf("%s\nwant %s", text, want)
	}
}

// TestNotificationEvents walks through what can happen to objects.
func TestNotificationEvents(t *testing.T) {
	h, m := newMailHouse(t)
	h.service.Keys = newKeys()
	must[api.PutBucketVersioningOutput](h, &api.PutBucketVersioningInput{Bucket: new("bucket"), VersioningConfiguration: &api.VersioningConfiguration{Status: new("Enabled")}})
	must[api.PutBucketNotificationConfigurationOutput](h, notifyInput(api.NotificationConfiguration{
		QueueConfigurations:      []api.QueueConfiguration{queueTo(queueARN, map[string]string{"Prefix": "in/", "suffix": ".txt"}, "s3:ObjectCreated:*", "s3:ObjectRemoved:DeleteMarkerCreated")},
		TopicConfigurations:      []api.TopicConfiguration{{TopicArn: new(topicARN), Events: []string{"s3:ObjectTagging:*", "s3:ObjectRemoved:Delete"}}},
		EventBridgeConfiguration: &api.EventBridgeConfiguration{},
	}))
	m.take()
	var put *api.PutObjectOutput
	up := func() *string {
		return must[api.CreateMultipartUploadOutput](h, &api.CreateMultipartUploadInput{Bucket: new("bucket"), Key: new("in/up.txt"), ServerSideEncryption: new("aws:kms")}).UploadId
	}
	key := new("in/a.txt")
	for _, test := range []struct {
		what string
		do   func()
		want []string
	}{
		{"put", func() { put = must[api.PutObjectOutput](h, putInput("bucket", *key, "1234567")) }, []string{"queue ObjectCreated:Put 7", "bus Object Created PutObject"}},
		{"put of another prefix", func() { must[api.PutObjectOutput](h, putInput("bucket", "out/a.txt", "")) }, []string{"bus Object Created PutObject"}},
		{"put of another suffix", func() { must[api.PutObjectOutput](h, putInput("bucket", "in/a.bin", "")) }, []string{"bus Object Created PutObject"}},
		{"encrypted put", func() { must[api.PutObjectOutput](h, kmsInput("bucket", *key, "12345")) }, []string{"queue ObjectCreated:Put 5", "bus Object Created PutObject"}},
		{"copy", func() {
			must[api.CopyObjectOutput](h, &api.CopyObjectInput{Bucket: new("bucket"), Key: key, CopySource: new("bucket/in/a.txt"), MetadataDirective: new("REPLACE")})
		}, []string{"queue ObjectCreated:Copy 5", "bus Object Created CopyObject"}},
		{"upload", func() {
			id := up()
			part := must[api.UploadPartOutput](h, &api.UploadPartInput{Bucket: new("bucket"), Key: new("in/up.txt"), UploadId: id, PartNumber: new(int32(1)), Body: putInput("", "", "123").Body, ContentLength: new(int64(3))})
			must[api.CompleteMultipartUploadOutput](h, &api.CompleteMultipartUploadInput{Bucket: new("bucket"), Key: new("in/up.txt"), UploadId: id,
				MultipartUpload: &api.CompletedMultipartUpload{Parts: []api.CompletedPart{{PartNumber: new(int32(1)), ETag: part.ETag}}}})
		}, []string{"queue ObjectCreated:CompleteMultipartUpload 3", "bus Object Created CompleteMultipartUpload"}},
		{"tags", func() {
			must[api.PutObjectTaggingOutput](h, &api.PutObjectTaggingInput{Bucket: new("bucket"), Key: key, Tagging: &api.Tagging{TagSet: []api.Tag{{Key: new("k"), Value: new("v")}}}})
		}, []string{"topic ObjectTagging:Put -", "bus Object Tags Added "}},
		{"no tags", func() {
			must[api.DeleteObjectTaggingOutput](h, &api.DeleteObjectTaggingInput{Bucket: new("bucket"), Key: key})
		}, []string{"topic ObjectTagging:Delete -", "bus Object Tags Deleted "}},
		{"delete", func() { must[api.DeleteObjectOutput](h, &api.DeleteObjectInput{Bucket: new("bucket"), Key: key}) },
			[]string{"queue ObjectRemoved:DeleteMarkerCreated -", "bus Object Deleted DeleteObject"}},
		{"delete of a version", func() {
			must[api.DeleteObjectsOutput](h, &api.DeleteObjectsInput{Bucket: new("bucket"), Delete: &api.Delete{Objects: []api.ObjectIdentifier{{Key: key, VersionId: put.VersionId}}}})
		}, []string{"topic ObjectRemoved:Delete -", "bus Object Deleted DeleteObject"}},
		{"a failure", func() { h.code(&api.GetObjectInput{Bucket: new("bucket"), Key: new("nothing")}) }, nil},
		{"a service's put", func() {
			h.putPolicy(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket/*"}]}`)
			if _, err := h.service.PutAsService(context.Background(), h.store.View(), s3.ServiceObject{Bucket: "bucket", Key: "in/log.txt", Body: []byte("1234"), From: call.Source{Service: "cloudtrail.amazonaws.com", ARN: "x", Account: owner}}); err != nil {
				t.Fatal(err)
			}
		}, []string{"queue ObjectCreated:Put 4", "bus Object Created PutObject"}},
	} {
		test.do()
		var got []string
		for _, s := range m.take() {
			got = append(got, summary(t, s))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.what, got, test.want)
		}
	}
}

func (h *house) putPolicy(text string) {
	h.t.Helper()
	must[api.PutBucketPolicyOutput](h, &api.PutBucketPolicyInput{Bucket: new("bucket"), Policy: &text})
}

// summary is what matters of a message here.
func summary(t *testing.T, sent string) string {
	t.Helper()
	kind, text, _ := strings.Cut(sent, " ")
	if kind == "bus" {
		head, detail, _ := strings.Cut(strings.TrimPrefix(text, owner+" us-east-1 "), " [arn:aws:s3:::bucket] ")
		var d struct{ Reason string }
		if err := json.Unmarshal([]byte(detail), &d); err != nil {
			t.Fatal(err)
		}
		return "bus " + head + " " + d.Reason
	}
	var r struct {
		Records []struct {
			EventName string
			S3        struct{ Object struct{ Size *int64 } }
		}
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil || len(r.Records) != 1 {
		t.Fatal(err, text)
	}
	size := "-"
	if n := r.Records[0].S3.Object.Size; n != nil {
		size = fmt.Sprint(*n)
	}
	return kind + " " + r.Records[0].EventName + " " + size
}

func TestSequencerGrows(t *testing.T) {
	h, m := newMailHouse(t)
	must[api.PutBucketNotificationConfigurationOutput](h, notifyInput(api.NotificationConfiguration{
		QueueConfigurations: []api.QueueConfiguration{queueTo(queueARN, nil, "s3:ObjectCreated:*")}}))
	m.take()
	last := ""
	for range 5 { // the clock stands still
		must[api.PutObjectOutput](h, putInput("bucket", "key", "content"))
		_, after, _ := strings.Cut(m.take()[0], `"sequencer":"`)
		next, _, _ := strings.Cut(after, `"`)
		if next <= last || len(next) != 16 {
			t.Errorf("%q after %q", next, last)
		}
		last = next
	}
}

// TestDestinationGone: what cannot be told does not fail what happened.
func TestDestinationGone(t *testing.T) {
	h, m := newMailHouse(t)
	must[api.PutBucketNotificationConfigurationOutput](h, notifyInput(api.NotificationConfiguration{
		QueueConfigurations: []api.QueueConfiguration{queueTo(queueARN, nil, "s3:ObjectCreated:*")},
		TopicConfigurations: []api.TopicConfiguration{{TopicArn: new(topicARN), Events: []string{"s3:ObjectRemoved:*"}}},
	}))
	m.take()
	m.refuse = queueARN
	must[api.PutObjectOutput](h, putInput("bucket", "key", "content"))
	must[api.DeleteObjectOutput](h, &api.DeleteObjectInput{Bucket: new("bucket"), Key: new("key")})
	if sent := m.take(); len(sent) != 1 || !strings.HasPrefix(sent[0], "topic ") {
		t.Errorf("%q", sent)
	}
}

func TestNotificationRefusals(t *testing.T) {
	h, m := newMailHouse(t)
	m.refuse = topicARN
	created := "s3:ObjectCreated:*"
	queues := func(all ...api.QueueConfiguration) api.NotificationConfiguration {
		for i := range all {
			all[i].Id = new(fmt.Sprint(i))
		}
		return api.NotificationConfiguration{QueueConfigurations: all}
	}
	unable := "Unable to validate the following destination configurations"
	overlap := "Configurations overlap. Configurations on the same bucket cannot share a common event type."
	for _, test := range []struct {
		conf api.NotificationConfiguration
		want string
	}{
		{queues(queueTo(queueARN, nil, created)), ""},
		{api.NotificationConfiguration{TopicConfigurations: []api.TopicConfiguration{{TopicArn: new(topicARN), Events: []string{created}}}}, unable},
		{api.NotificationConfiguration{LambdaFunctionConfigurations: []api.LambdaFunctionConfiguration{{Events: []string{created}, LambdaFunctionArn: new("arn:aws:lambda:us-east-1:111111111111:function:f")}}},
			"LambdaFunctionConfigurations are not available: AWS Lambda is not served here. Notify a topic, a queue or EventBridge."},
		{queues(queueTo("queue", nil, created)), "The ARN is not well formed"},
		{queues(queueTo(topicARN, nil, created)), "The ARN is not well formed"},
		{queues(queueTo(strings.Replace(queueARN, "us-east-1", "eu-west-1", 1), nil, created)), "The notification destination service region is not valid for the bucket location constraint"},
		{queues(queueTo(queueARN+".fifo", nil, created)), unable + ": FIFO destinations are not supported"},
		{queues(queueTo(queueARN, nil, "s3:ObjectLost")), "The event 's3:ObjectLost' is not supported for notifications"},
		{queues(queueTo(queueARN, map[string]string{"infix": "x"}, created)), "filter rule name must be either prefix or suffix"},
		{queues(queueTo(queueARN, map[string]string{"prefix": "x", "Prefix": "x"}, created)), "Cannot specify more than one prefix rule in a filter."},
		{queues(queueTo(queueARN, map[string]string{"prefix": strings.Repeat("x", 1025)}, created)), "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation"},
		{queues(queueTo(queueARN, nil, created), queueTo(queueARN, nil, "s3:ObjectCreated:Put")), overlap},
		{queues(queueTo(queueARN, map[string]string{"prefix": "a/"}, created), queueTo(queueARN, map[string]string{"prefix": "a/b"}, created)), overlap},
		{queues(queueTo(queueARN, map[string]string{"prefix": "a/"}, created), queueTo(queueARN, map[string]string{"suffix": ".txt"}, created)), overlap},
		{queues(queueTo(queueARN, map[string]string{"prefix": "a/"}, created), queueTo(queueARN, map[string]string{"prefix": "b/"}, created)), ""},
		{queues(queueTo(queueARN, nil, created), queueTo(queueARN, nil, "s3:ObjectRemoved:*")), ""},
	} {
		_, _, err := h.call(owner, notifyInput(test.conf))
		got := ""
		if err != nil {
			_, got, _ = strings.Cut(err.Error(), ": ")
		}
		if got != test.want {
			t.Errorf("%+v: %q, want %q", test.conf, got, test.want)
		}
	}
	skipping := notifyInput(api.NotificationConfiguration{TopicConfigurations: []api.TopicConfiguration{{TopicArn: new(topicARN), Events: []string{created}}}})
	skipping.SkipDestinationValidation = new(true)
	must[api.PutBucketNotificationConfigurationOutput](h, skipping)
}
