package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/journal"
)

// backlog is the number of records that BenchmarkRelay delivers.
const backlog = 1_000_000

// BenchmarkRelay delivers a backlog of journaled records to the bucket of a
// trail, first of one that has nothing but a bucket, and then of one with a
// log group and a topic, while the relay serves those two. x_alone is the
// ratio of the times until the bucket has everything.
func BenchmarkRelay(b *testing.B) {
	var took [2]time.Duration
	for i, neighbours := range []bool{false, true} {
		b.Run(fmt.Sprintf("neighbours=%t", neighbours), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s, p := startServer(b, func(c *Config) { c.AccountID = devAccount })
				relayTrail(newClient(b, p), neighbours)
				journalRecords(b, s)
				b.StartTimer()
				if err := s.delivery.Flush(context.Background()); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				began := time.Now()
				if err := s.relay.Flush(context.Background()); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(time.Since(began).Seconds(), "s-behind")
				b.StartTimer()
			}
			took[i] = b.Elapsed() / time.Duration(b.N)
			b.ReportMetric(backlog/took[i].Seconds(), "records/s")
			if neighbours {
				b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "x_alone")
			}
		})
	}
}

// relayTrail makes a trail that logs.
func relayTrail(c *client, neighbours bool) {
	c.must(c.s3(http.MethodPut, "/logs", ""))
	c.must(c.s3(http.MethodPut, "/logs?policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["s3:GetBucketAcl","s3:PutObject"],"Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]}]}`))
	settings := map[string]any{"Name": "all", "S3BucketName": "logs", "IsMultiRegionTrail": true}
	if neighbours {
		call := func(service, target, body string) {
			c.must(c.do(c.request(http.MethodPost, "/", service, http.Header{"Content-Type": {jsonType}, "X-Amz-Target": {target}}, []byte(body))))
		}
		call("logs", "Logs_20140328.CreateLogGroup", `{"logGroupName":"trail"}`)
		c.must(c.form("iam", url.Values{"Version": {"2010-05-08"}, "Action": {"CreateRole"}, "RoleName": {"logs"},
			"AssumeRolePolicyDocument": {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`}}))
		c.must(c.form("iam", url.Values{"Version": {"2010-05-08"}, "Action": {"PutRolePolicy"}, "RoleName": {"logs"}, "PolicyName": {"logs"},
			"PolicyDocument": {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}`}}))
		c.must(c.form("sns", url.Values{"Version": {"2010-03-31"}, "Action": {"CreateTopic"}, "Name": {"files"},
			"Attributes.entry.1.key": {"Policy"}, "Attributes.entry.1.value": {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sns:Publish","Resource":"*"}]}`}}))
		settings["SnsTopicName"] = "files"
		settings["CloudWatchLogsLogGroupArn"] = "arn:aws:logs:us-east-1:" + devAccount + ":log-group:trail:*"
		settings["CloudWatchLogsRoleArn"] = "arn:aws:iam::" + devAccount + ":role/logs"
	}
	body, err := json.Marshal(settings)
	if err != nil {
		c.Fatal(err)
	}
	c.must(c.json("CloudTrail_20131101.CreateTrail", string(body)))
	c.must(c.json("CloudTrail_20131101.StartLogging", `{"Name":"all"}`))
}

// journalRecords journals the backlog of the trail: records of a length and a
// variety that records have.
func journalRecords(b *testing.B, s *Server) {
	now := s.clock.now()
	routes := s.cloudtrail.Routes(s.store.View(), &call.Facts{
		Account: devAccount, Region: "us-east-1", Source: "iam.amazonaws.com", Name: "GetUser", Type: "AwsApiCall", ReadOnly: true,
	})
	if len(routes) != 1 {
		b.Fatalf("%d trails", len(routes))
	}
	for n := 0; n < backlog; {
		var some []journal.Entry
		for range 1000 {
			e := journal.Entry{Account: devAccount, Region: "us-east-1", Time: now.Add(time.Duration(n) * time.Microsecond),
				EventID: aws.EventID(), Routes: routes}
			e.Record = fmt.Appendf(nil, `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE%016x","arn":"arn:aws:iam::%s:user/user-%d","accountId":"%s"},"eventTime":"%s","eventSource":"iam.amazonaws.com","eventName":"GetUser","awsRegion":"us-east-1","sourceIPAddress":"10.1.%d.%d","userAgent":"%s","requestID":"%s","eventID":"%s","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"%s","eventCategory":"Management"}`,
				n*2654435761, devAccount, n%977, devAccount, e.Time.Format(time.RFC3339), n%251, n%241, strings.Repeat("agent/", 1+n%17), aws.UUID(), e.EventID, devAccount)
			some = append(some, e)
			n++
		}
		if err := s.store.Append(context.Background(), some...); err != nil {
			b.Fatal(err)
		}
	}
}
