package pattern

import (
	"strings"
	"testing"
	"time"
)

const apiCall = `{"version":"0","id":"3e3c153a-8339-4e30-8c35-687ebef853fe","detail-type":"AWS API Call via CloudTrail","source":"aws.s3",
"account":"111122223333","time":"2026-01-31T02:10:30Z","region":"us-east-2","resources":[],"detail":{"eventVersion":"1.11",
"userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:session","arn":"arn:aws:sts::111122223333:assumed-role/deploy/session",
"accountId":"111122223333","accessKeyId":"ASIAEXAMPLE","sessionContext":{"sessionIssuer":{"type":"Role","userName":"deploy"},"attributes":{"mfaAuthenticated":"false"}}},
"eventTime":"2026-01-31T02:10:30Z","eventSource":"s3.amazonaws.com","eventName":"PutBucketPolicy","awsRegion":"us-east-2","sourceIPAddress":"10.1.2.3",
"requestParameters":{"bucketName":"logs","bucketPolicy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}]}},
"responseElements":null,"readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}}`

func BenchmarkMatch(b *testing.B) {
	for name, text := range map[string]string{
		"hit":  `{"source":["aws.s3"],"detail":{"eventName":["PutBucketPolicy",{"prefix":"Delete"}],"sourceIPAddress":[{"cidr":"10.0.0.0/8"}]}}`,
		"miss": `{"source":["aws.iam"],"detail":{"eventName":["CreateUser"]}}`,
		"or":   `{"$or":[{"source":["aws.iam"]},{"detail":{"errorCode":[{"exists":true}]}},{"detail":{"eventName":[{"wildcard":"Put*Policy"}]}}]}`,
	} {
		p, err := ParseEvent(text)
		if err != nil {
			b.Fatal(err)
		}
		event := []byte(apiCall)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(event)))
			b.ReportAllocs()
			for b.Loop() {
				p.MatchValid(event)
			}
		})
		b.Run(name+"/checked", func(b *testing.B) {
			b.SetBytes(int64(len(event)))
			b.ReportAllocs()
			for b.Loop() {
				p.MatchJSON(event)
			}
		})
	}
}

// TestExpensiveEvents: arrays that must be tried in every pairing end in time,
// and long texts are walked over once.
func TestExpensiveEvents(t *testing.T) {
	within := func(pattern, event string) {
		t.Helper()
		p, err := ParseEvent(pattern)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		p.MatchJSON([]byte(event))
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("%.40s: %v", pattern, d)
		}
	}
	array := `[` + strings.Repeat(`{"y":1},`, 2000) + `{"x":1}]`
	within(`{"a":{"x":[2],"y":[3]}}`, `{`+strings.Repeat(`"a":`+array+`,`, 14)+`"b":1}`)
	within(`{"a":[{"wildcard":"*aaaaab*aab"}]}`, `{"a":"`+strings.Repeat("a", 256<<10)+`"}`)
	within(`{"a":{"b":{"c":[1]}}}`, strings.Repeat(`{"a":[`, 4000)+strings.Repeat(`]}`, 4000))
	within(`{"a":[1]}`, `{"a":"`+strings.Repeat(`\\`, 256<<10)+`"}`)
}
