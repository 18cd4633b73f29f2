//go:build unix

package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/journal"
)

const (
	backlog    = 1_000_000 // records journaled before the delivery
	backlogSet = 20_000    // different ones, far more than a compressor looks back
)

// BenchmarkBacklog delivers a million journaled records of eight accounts in
// three regions to an organization trail whose bucket keeps nothing. Ratio is
// its speed in terms of what gzip alone makes of the same bytes on one core,
// cpu-ratio the same by the processor's time, which other processes on the
// machine disturb less.
func BenchmarkBacklog(b *testing.B) {
	entries := realisticEntries(backlogSet)
	r := newRig(b)
	r.otherFollower(0, 0) // so that the journal is not trimmed
	began := time.Now()
	var bytes int64
	for n := 0; n < backlog; n += 500 {
		some := entries[n%backlogSet:][:500]
		if err := r.store.Append(context.Background(), some...); err != nil {
			b.Fatal(err)
		}
		for i := range some {
			bytes += int64(len(some[i].Record)) + 1
		}
	}
	b.Logf("%d records, %d bytes each, journaled in %v", backlog, bytes/backlog, time.Since(began).Round(time.Millisecond))

	for _, cores := range []int{1, runtime.NumCPU()} {
		b.Run(fmt.Sprintf("cores=%d", cores), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
			alone, aloneCPU := gzipAlone(b, entries)
			var spent time.Duration
			b.SetBytes(bytes)
			for b.Loop() {
				b.StopTimer()
				d := r.delivery(func(c *Config) { c.Bucket, c.Clock = discard{}, nil })
				r.write(`DELETE FROM cursor WHERE follower = $1`, follower)
				before := cpuTime()
				b.StartTimer()
				r.flush(d)
				spent += cpuTime() - before
				if m := d.Metrics(time.Now()); m.Records != backlog {
					b.Fatalf("delivered %+v", m)
				}
			}
			speed := float64(bytes) * float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(alone/1e6, "gzip-MB/s")
			b.ReportMetric(speed/alone, "ratio")
			b.ReportMetric(float64(bytes)*float64(b.N)/spent.Seconds()/aloneCPU, "cpu-ratio")
		})
	}
}

// gzipAlone returns how many bytes a second one core compresses, by the clock
// and by the processor's time.
func gzipAlone(b *testing.B, entries []journal.Entry) (speed, cpuSpeed float64) {
	b.Helper()
	z, err := gzip.NewWriterLevel(nothing{}, level)
	if err != nil {
		b.Fatal(err)
	}
	bytes := 0.0
	began, before := time.Now(), cpuTime()
	for time.Since(began) < 2*time.Second {
		z.Reset(nothing{})
		for i := range entries {
			z.Write(entries[i].Record)
			z.Write([]byte{','})
			bytes += float64(len(entries[i].Record) + 1)
		}
		z.Close()
	}
	return bytes / time.Since(began).Seconds(), bytes / (cpuTime() - before).Seconds()
}

// cpuTime is what this process has used of the processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

type nothing struct{}

func (nothing) Write(p []byte) (int, error) { return len(p), nil }

// realisticEntries makes entries that compress as records of API calls do.
func realisticEntries(n int) []journal.Entry {
	random := rand.New(rand.NewPCG(1, 2))
	id := func(format string) string { return fmt.Sprintf(format, random.Uint64(), random.Uint32()) }
	entries := make([]journal.Entry, n)
	for i := range entries {
		at := noon.Add(time.Duration(i) * time.Millisecond)
		account := fmt.Sprintf("%012d", random.IntN(8)+1)
		region := []string{"us-east-1", "us-east-2", "eu-west-1"}[random.IntN(3)]
		role := "arn:aws:iam::" + account + ":role/deploy"
		record, err := json.Marshal(map[string]any{
			"eventVersion": "1.11",
			"userIdentity": map[string]any{
				"type": "AssumedRole", "principalId": id("AROA%016X%X"), "arn": role, "accountId": account, "accessKeyId": id("ASIA%016X%X"),
				"sessionContext": map[string]any{
					"sessionIssuer": map[string]any{"type": "Role", "principalId": id("AROA%016X%X"), "arn": role, "accountId": account, "userName": "deploy"},
					"attributes":    map[string]any{"creationDate": at.Format(time.RFC3339), "mfaAuthenticated": "false"},
				},
			},
			"eventTime": at.Format(time.RFC3339), "eventSource": "ec2.amazonaws.com", "eventName": "DescribeInstances", "awsRegion": region,
			"sourceIPAddress": fmt.Sprintf("10.%d.%d.%d", random.IntN(256), random.IntN(256), random.IntN(256)),
			"userAgent":       "aws-cli/2.15.30 Python/3.11.8 Linux/5.10 exe/x86_64 prompt/off command/ec2.describe-instances",
			"requestParameters": map[string]any{"instancesSet": map[string]any{"items": []any{map[string]any{"instanceId": id("i-%016x%x")}}}, "filterSet": map[string]any{"items": []any{
				map[string]any{"name": "tag:deployment", "valueSet": map[string]any{"items": []any{map[string]any{"value": aws.UUID()}}}},
				map[string]any{"name": "instance-state-name", "valueSet": map[string]any{"items": []any{map[string]any{"value": "running"}, map[string]any{"value": "stopped"}}}},
			}}},
			"responseElements": nil, "requestID": aws.UUID(), "eventID": aws.UUID(), "readOnly": true, "eventType": "AwsApiCall",
			"managementEvent": true, "recipientAccountId": account, "eventCategory": "Management",
			"tlsDetails": map[string]any{"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": "ec2." + region + ".amazonaws.com"},
		})
		if err != nil {
			panic(err)
		}
		entries[i] = journal.Entry{Account: account, Region: region, Time: at, EventID: aws.UUID(), Routes: []journal.Route{toOrg}, Record: record}
	}
	return entries
}
