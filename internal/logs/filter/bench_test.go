package filter

import (
	"fmt"
	"testing"
)

// record is a record of CloudTrail of about 1 KB.
func record(i int, name string) []byte {
	return fmt.Appendf(nil, `{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEEXAMPLE%04d:session","arn":"arn:aws:sts::123456789012:assumed-role/Deploy/session-%04d","accountId":"123456789012","accessKeyId":"ASIAEXAMPLEEXAMPLE00","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEEXAMPLE00","arn":"arn:aws:iam::123456789012:role/Deploy","accountId":"123456789012","userName":"Deploy"},"attributes":{"creationDate":"2026-01-02T03:04:05Z","mfaAuthenticated":"false"}}},"eventTime":"2026-01-02T03:04:05Z","eventSource":"iam.amazonaws.com","eventName":"%s","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.%d","userAgent":"aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.8 md/arch#x86_64 lang/python#3.13.7","requestParameters":{"userName":"user-%04d","path":"/team/"},"responseElements":null,"requestID":"0b1c2d3e-1111-2222-3333-0123456789ab","eventID":"4f5e6d7c-4444-5555-6666-0123456789ab","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"123456789012","eventCategory":"Management"}`, i, i, name, i%256, i)
}

func BenchmarkMatch(b *testing.B) {
	var records [][]byte
	size := 0
	for i := range 1000 {
		name := "ListUsers"
		if i == 500 {
			name = "CreateUser"
		}
		records = append(records, record(i, name))
		size += len(records[i])
	}
	for _, bench := range []struct {
		name, pattern string
		matches       int
	}{
		{"one name", `{ $.eventName = "CreateUser" }`, 1},
		{"missing member", `{ $.errorCode = "*UnauthorizedOperation" || $.errorCode = "AccessDenied*" }`, 0},
		{"read all", `{ $.userIdentity.type = "Root" || $.sourceIPAddress != 10.* }`, 1000},
		{"read all, none", `{ $.userIdentity.invokedBy NOT EXISTS && $.userIdentity.type != AssumedRole }`, 0},
		{"wildcard", `{ $.userIdentity.* = "Root" || $.a NOT EXISTS }`, 1000},
		{"term", `CreateUser`, 1},
		{"regex", `%Create[UR]%`, 1},
	} {
		p, err := Parse(bench.pattern)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for _, r := range records {
					if p.Match(r) {
						n++
					}
				}
				if n != bench.matches {
					b.Fatal(n)
				}
			}
		})
	}
}

// BenchmarkMay is what a scan of stored events does: rule out whole chunks
// first.
func BenchmarkMay(b *testing.B) {
	var chunk []byte
	for i := range 1000 {
		chunk = append(chunk, record(i, "ListUsers")...)
	}
	p, err := Parse(`{ $.eventName = "CreateUser" }`)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(chunk)))
	for b.Loop() {
		if p.May(chunk) {
			b.Fatal("not ruled out")
		}
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	r := record(1, "ListUsers")
	for _, pattern := range []string{`{ $.userIdentity.type = "Root" && $.sourceIPAddress != 10.* }`, `{ $.a NOT EXISTS && $.readOnly IS TRUE }`, `[a, b > 1]`, `X Y`} {
		p, err := Parse(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(100, func() { p.Match(r) }); n != 0 {
			t.Errorf("%s: %v allocations", pattern, n)
		}
	}
}
