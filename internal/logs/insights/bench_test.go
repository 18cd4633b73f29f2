package insights

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func BenchmarkRun(b *testing.B) {
	var events []Event
	size := 0
	for i := range 10000 {
		name := "ListUsers"
		if i%1000 == 0 {
			name = "CreateUser"
		}
		m := fmt.Appendf(nil, `{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEEXAMPLE%04d:session","arn":"arn:aws:sts::123456789012:assumed-role/Deploy/session-%d","accountId":"123456789012","accessKeyId":"ASIAEXAMPLEEXAMPLE00","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEEXAMPLE00","arn":"arn:aws:iam::123456789012:role/Deploy","accountId":"123456789012","userName":"Deploy"},"attributes":{"creationDate":"2026-01-02T03:04:05Z","mfaAuthenticated":"false"}}},"eventTime":"2026-01-02T03:04:05Z","eventSource":"iam.amazonaws.com","eventName":"%s","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.%d","userAgent":"aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.8 md/arch#x86_64 lang/python#3.13.7","requestParameters":{"userName":"user-%04d","path":"/team/"},"responseElements":null,"requestID":"0b1c2d3e-1111-2222-3333-0123456789ab","eventID":"4f5e6d7c-4444-5555-6666-0123456789ab","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"123456789012","eventCategory":"Management"}`, i, i%50, name, i%256, i)
		events = append(events, Event{Timestamp: time.UnixMilli(int64(i)), Message: m})
		size += len(m)
	}
	for _, query := range []string{
		`filter eventName = "CreateUser" | stats count(*) by sourceIPAddress`,
		`filter eventName != "ListUsers" | fields eventName, userIdentity.arn`,
		`stats count(*) as calls by userIdentity.arn, eventName | sort calls desc | limit 10`,
		`fields @timestamp, @message | sort @timestamp desc | limit 20`,
		`filter @message like /Create[UR]/ | stats count(*) by bin(1h)`,
	} {
		q, err := Parse(query)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(query, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				_, err := q.Run(context.Background(), func(yield func(Event) bool) {
					for _, e := range events {
						if !yield(e) {
							return
						}
					}
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
