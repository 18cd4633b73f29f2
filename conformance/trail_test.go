package conformance

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/rogpeppe/go-internal/testscript"
)

// logKey is the name of a log file: prefix, organization, account, region,
// date, account again, region again, time.
var logKey = regexp.MustCompile(`^(?:(.+)/)?AWSLogs/(?:(o-[a-z0-9]{10,32})/)?(\d{12})/CloudTrail/([a-z0-9-]+)/(\d{4}/\d{2}/\d{2})/(\d{12})_CloudTrail_([a-z0-9-]+)_(\d{8})T\d{4}Z_[A-Za-z0-9]{16}\.json\.gz$`)

// event is one record of a log file, and where it stood.
type event struct {
	Key    string
	Fields map[string]any
	Raw    json.RawMessage
}

// checkTrail reads every log file of a bucket and checks what must hold of
// all of them: the name, the date, one account and region per file, the
// record's own account and region, the members that every record has, and
// that no record of one trail stands anywhere twice.
func checkTrail(b *s3.Client, bucket string) ([]event, error) {
	var all []event
	seen := make(map[string]string)
	pages := s3.NewListObjectsV2Paginator(b, &s3.ListObjectsV2Input{Bucket: &bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			return nil, err
		}
		for _, o := range page.Contents {
			if strings.Contains(*o.Key, "/CloudTrail-Digest/") || !strings.Contains(*o.Key, "AWSLogs/") {
				continue
			}
			events, err := readLog(b, bucket, *o.Key)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", *o.Key, err)
			}
			for _, e := range events {
				id := logKey.FindStringSubmatch(e.Key)[1] + " " + e.Fields["eventID"].(string)
				if other, twice := seen[id]; twice {
					return nil, fmt.Errorf("record %s stands in %s and in %s", id, other, e.Key)
				}
				seen[id] = e.Key
			}
			all = append(all, events...)
		}
	}
	return all, nil
}

func readLog(b *s3.Client, bucket, key string) ([]event, error) {
	m := logKey.FindStringSubmatch(key)
	if m == nil {
		return nil, fmt.Errorf("not the name of a log file")
	}
	if m[3] != m[6] || m[4] != m[7] || strings.ReplaceAll(m[5], "/", "") != m[8] {
		return nil, fmt.Errorf("the folder and the file name disagree")
	}
	out, err := b.GetObject(context.Background(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	if aws.ToString(out.ContentType) != "application/json" || aws.ToString(out.ContentEncoding) != "gzip" {
		return nil, fmt.Errorf("content type %q, encoding %q", aws.ToString(out.ContentType), aws.ToString(out.ContentEncoding))
	}
	z, err := gzip.NewReader(out.Body)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	var file struct{ Records []json.RawMessage }
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	if len(file.Records) == 0 || strings.ContainsRune(string(text), '\n') {
		return nil, fmt.Errorf("%d records, or more than one line", len(file.Records))
	}
	var events []event
	for _, raw := range file.Records {
		e := event{Key: key, Raw: raw}
		if err := json.Unmarshal(raw, &e.Fields); err != nil {
			return nil, err
		}
		if err := e.check(m[3], m[4]); err != nil {
			return nil, fmt.Errorf("%w: %s", err, raw)
		}
		events = append(events, e)
	}
	return events, nil
}

// always are the members that no record lacks, whatever their value.
var always = []string{
	"eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
	"userAgent", "requestParameters", "responseElements", "eventID", "readOnly", "eventType", "managementEvent",
	"recipientAccountId", "eventCategory",
}

func (e *event) check(account, region string) error {
	for _, name := range always {
		if _, ok := e.Fields[name]; !ok {
			return fmt.Errorf("no %s", name)
		}
	}
	if e.Fields["recipientAccountId"] != account || e.Fields["awsRegion"] != region {
		return fmt.Errorf("of another account or region than its file")
	}
	if e.Fields["eventVersion"] != "1.11" {
		return fmt.Errorf("version %v", e.Fields["eventVersion"])
	}
	return nil
}

// line is a record in short: account region event [error].
func (e *event) line() string {
	parts := []string{e.Fields["recipientAccountId"].(string), e.Fields["awsRegion"].(string), e.Fields["eventName"].(string)}
	if code, failed := e.Fields["errorCode"].(string); failed {
		parts = append(parts, code)
	}
	return strings.Join(parts, " ")
}

// bucket returns a client that reads as whom the script acts as.
func (s *script) bucket(ts *testscript.TestScript) *s3.Client {
	return s3.NewFromConfig(aws.Config{
		Region: s.profile.Region, BaseEndpoint: &s.profile.Endpoint, HTTPClient: http.DefaultClient,
		Credentials: credentials.NewStaticCredentialsProvider(
			ts.Getenv("AWS_ACCESS_KEY_ID"), ts.Getenv("AWS_SECRET_ACCESS_KEY"), ts.Getenv("AWS_SESSION_TOKEN")),
	}, func(o *s3.Options) { o.UsePathStyle = true })
}

// records checks a trail's bucket and prints its records, one sorted line
// each. Records that the reading itself makes are left out: those of S3 data
// events and of the checks themselves come from the same user.
//
//	records BUCKET [PREFIX]
func (s *script) records(ts *testscript.TestScript, args []string) {
	events, err := checkTrail(s.bucket(ts), args[0])
	ts.Check(err)
	var lines []string
	for _, e := range events {
		if len(args) < 2 || strings.HasPrefix(e.Key, args[1]) {
			lines = append(lines, e.line())
		}
	}
	slices.Sort(lines)
	fmt.Fprintln(ts.Stdout(), strings.Join(lines, "\n"))
}

// files prints the folders of a bucket's log files and how many are in each.
//
//	files BUCKET
func (s *script) files(ts *testscript.TestScript, args []string) {
	events, err := checkTrail(s.bucket(ts), args[0])
	ts.Check(err)
	folders := make(map[string]bool)
	for _, e := range events {
		m := logKey.FindStringSubmatch(e.Key)
		folder, _, _ := strings.Cut(e.Key, "/"+m[5]+"/")
		folders[folder] = true
	}
	for folder := range folders {
		fmt.Fprintln(ts.Stdout(), folder)
	}
}

// record prints the one record of a bucket that has this event name and, when
// given, this text in it. Several trails may have a copy of it.
//
//	record BUCKET EVENT-NAME [TEXT]
func (s *script) record(ts *testscript.TestScript, args []string) {
	events, err := checkTrail(s.bucket(ts), args[0])
	ts.Check(err)
	events = slices.DeleteFunc(events, func(e event) bool {
		return e.Fields["eventName"] != args[1] || len(args) > 2 && !strings.Contains(string(e.Raw), args[2])
	})
	if len(events) == 0 {
		ts.Fatalf("no record of %v", args[1:])
	}
	for _, e := range events {
		if e.Fields["eventID"] != events[0].Fields["eventID"] {
			ts.Fatalf("more than one record of %v:\n%s\n%s", args[1:], events[0].Raw, e.Raw)
		}
	}
	fmt.Fprintf(ts.Stdout(), "%s\n", events[0].Raw)
}

// await waits until the log files under a prefix have a record of an event.
//
//	await BUCKET PREFIX EVENT-NAME
func (s *script) await(ts *testscript.TestScript, args []string) {
	s.until(ts, args[2]+" under "+args[1], func() bool {
		events, err := checkTrail(s.bucket(ts), args[0])
		ts.Check(err)
		return slices.ContainsFunc(events, func(e event) bool {
			return strings.HasPrefix(e.Key, args[1]) && e.Fields["eventName"] == args[2]
		})
	})
}
