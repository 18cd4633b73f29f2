package store

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/journal"
)

// records makes entries as an organization's trail would: 1.9 KB of JSON each,
// of a few hundred callers, with ids, addresses and parameters of their own.
func records(n int) []journal.Entry {
	rnd := rand.New(rand.NewPCG(1, 2))
	events := []struct{ source, name string }{
		{"s3.amazonaws.com", "GetObject"}, {"s3.amazonaws.com", "PutObject"}, {"iam.amazonaws.com", "ListRoles"},
		{"sts.amazonaws.com", "AssumeRole"}, {"organizations.amazonaws.com", "DescribeAccount"}, {"cloudtrail.amazonaws.com", "LookupEvents"},
	}
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	out := make([]journal.Entry, n)
	for i := range out {
		at = at.Add(time.Duration(rnd.IntN(3)) * time.Second)
		account := fmt.Sprintf("%012d", 111122223333+int64(rnd.IntN(40)))
		region := aws.Regions[rnd.IntN(6)]
		ev := events[rnd.IntN(len(events))]
		id, role := aws.EventID(), fmt.Sprintf("role-%d", rnd.IntN(200))
		session, key := aws.UniqueID("AROA"), aws.UniqueID("ASIA")
		arn := "arn:aws:sts::" + account + ":assumed-role/" + role + "/session-" + fmt.Sprint(rnd.IntN(5000))
		object := fmt.Sprintf("data/%s/%s/part-%05d.parquet", at.Format("2006/01/02"), aws.LowerID("", 12), rnd.IntN(99999))
		body := fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"%s:session","arn":"%s","accountId":"%s","accessKeyId":"%s","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"%s","arn":"arn:aws:iam::%s:role/%s","accountId":"%s","userName":"%s"},"attributes":{"creationDate":"%s","mfaAuthenticated":"false"}}},"eventTime":"%s","eventSource":"%s","eventName":"%s","awsRegion":"%s","sourceIPAddress":"%d.%d.%d.%d","userAgent":"aws-cli/2.%d.%d md/awscrt#0.23.8 ua/2.1 os/linux#6.8.0-%d md/arch#x86_64 lang/python#3.12.6 md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/command#s3api.get-object","requestParameters":{"bucketName":"bucket-%s-%d","Host":"bucket-%d.s3.%s.amazonaws.com","key":"%s","x-id":"%s"},"responseElements":null,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"%s","bytesTransferredOut":%d},"requestID":"%s","eventID":"%s","readOnly":true,"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::bucket-%s/%s"},{"accountId":"%s","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::bucket-%s"}],"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"%s","eventCategory":"Data","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"bucket-%d.s3.%s.amazonaws.com"}}`,
			session, arn, account, key, session, account, role, account, role, at.Format(time.RFC3339), at.Format(time.RFC3339),
			ev.source, ev.name, region, rnd.IntN(223)+1, rnd.IntN(256), rnd.IntN(256), rnd.IntN(256), rnd.IntN(30), rnd.IntN(30), rnd.IntN(60),
			account, rnd.IntN(50), rnd.IntN(50), region, object, ev.name, aws.SecretKey()+aws.SecretKey(), rnd.IntN(1<<20),
			aws.UUID(), id, account, object, account, account, account, rnd.IntN(50), region)
		out[i] = journal.Entry{Account: account, Region: region, Time: at, EventID: id, Record: []byte(body),
			Routes: []journal.Route{{Trail: "trail-organization", Organization: "o-exampleorgid"}}}
	}
	return out
}

// TestRecordsAreRealistic holds the benchmark's records to the size they are
// said to have, and to what gzip makes of real log files.
func TestRecordsAreRealistic(t *testing.T) {
	var all bytes.Buffer
	size := 0
	z := gzip.NewWriter(&all)
	for _, e := range records(1000) {
		size += len(e.Record)
		z.Write(e.Record)
	}
	z.Close()
	if size < 1850*1000 || size > 2050*1000 {
		t.Errorf("%d bytes a record", size/1000)
	}
	if ratio := float64(size) / float64(all.Len()); ratio > 8 {
		t.Errorf("gzip makes them %.1f times smaller", ratio)
	}
}

// drive lets waiters append one entry after another until total entries are
// durable, and returns entries a second and the latencies.
func drive(b *testing.B, waiters, total int, entries []journal.Entry, appendOne func(*journal.Entry) error) (perSecond float64, latency []time.Duration) {
	b.Helper()
	var next atomic.Int64
	each := make([][]time.Duration, waiters)
	var wg sync.WaitGroup
	began := time.Now()
	for w := range waiters {
		wg.Go(func() {
			mine := make([]time.Duration, 0, total/waiters*2)
			for i := next.Add(1); i <= int64(total); i = next.Add(1) {
				at := time.Now()
				if err := appendOne(&entries[int(i)%len(entries)]); err != nil {
					b.Error(err)
					return
				}
				mine = append(mine, time.Since(at))
			}
			each[w] = mine
		})
	}
	wg.Wait()
	perSecond = float64(total) / time.Since(began).Seconds()
	latency = slices.Concat(each...)
	slices.Sort(latency)
	return perSecond, latency
}

// bareFile is the yardstick: a write-ahead file with group commit and
// fdatasync, and nothing else.
type bareFile struct {
	f       *os.File
	mu      sync.Mutex
	filled  sync.Cond
	waiting []bareWrite
	closed  bool
}

type bareWrite struct {
	e    *journal.Entry
	done chan error
}

func newBareFile(b *testing.B) *bareFile {
	f, err := os.Create(filepath.Join(b.TempDir(), "wal"))
	if err != nil {
		b.Fatal(err)
	}
	w := &bareFile{f: f}
	w.filled.L = &w.mu
	go w.run()
	return w
}

func (w *bareFile) append(e *journal.Entry) error {
	done := make(chan error, 1)
	w.mu.Lock()
	w.waiting = append(w.waiting, bareWrite{e, done})
	w.filled.Signal()
	w.mu.Unlock()
	return <-done
}

func (w *bareFile) run() {
	buf := bufio.NewWriterSize(w.f, 4<<20)
	for {
		w.mu.Lock()
		for len(w.waiting) == 0 && !w.closed {
			w.filled.Wait()
		}
		batch := w.waiting
		w.waiting = nil
		closed := w.closed
		w.mu.Unlock()
		if closed {
			w.f.Close()
			return
		}
		for _, x := range batch {
			var head [8]byte
			binary.LittleEndian.PutUint32(head[:], uint32(len(x.e.Record)))
			binary.LittleEndian.PutUint32(head[4:], crc32.ChecksumIEEE(x.e.Record))
			buf.Write(head[:])
			buf.Write(x.e.Record)
		}
		err := buf.Flush()
		if err == nil {
			err = fdatasync(w.f)
		}
		for _, x := range batch {
			x.done <- err
		}
	}
}

func (w *bareFile) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.filled.Signal()
}

// BenchmarkAppend measures durable appends next to the bare file, in turns so
// that both meet the same disk. ratio is the store's rate over the file's.
func BenchmarkAppend(b *testing.B) {
	entries := records(20000)
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, waiters := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("%s/waiters=%d", engine, waiters), func(b *testing.B) {
				s := openBench(b, engine)
				file := newBareFile(b)
				defer file.close()
				one := func(e *journal.Entry) error { return s.Append(context.Background(), *e) }
				total := map[int]int{1: 1500, 16: 12000, 256: 60000}[waiters]
				drive(b, waiters, total/4, entries, one)
				var ratios, rates, p50, p99 []float64
				for b.Loop() {
					bare, _ := drive(b, waiters, total, entries, file.append)
					ours, lat := drive(b, waiters, total, entries, one)
					ratios, rates = append(ratios, ours/bare), append(rates, ours)
					p50 = append(p50, lat[len(lat)/2].Seconds()*1e3)
					p99 = append(p99, lat[len(lat)*99/100].Seconds()*1e3)
				}
				b.ReportMetric(median(ratios), "ratio")
				b.ReportMetric(median(rates), "records/s")
				b.ReportMetric(median(p50), "p50-ms")
				b.ReportMetric(median(p99), "p99-ms")
				m := s.Metrics()
				b.ReportMetric(float64(m.Requests)/float64(m.Commits), "batch")
				b.ReportMetric(float64(m.EntryBytes)/float64(m.ChunkBytes), "compression")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

func openBench(b *testing.B, engine string) *Store {
	if engine == "sqlite" {
		return sqliteBench(b).open(b)
	}
	return postgresBench(b).open(b)
}

// fill puts n accounts into the control plane.
func fill(b *testing.B, s *Store, n int) {
	b.Helper()
	for i := 0; i < n; i += 5000 {
		err := s.Update(b.Context(), func(tx *Tx) error {
			for j := i; j < i+5000; j++ {
				accounts.Put(tx, fmt.Sprintf("%012d", j), &account{Name: fmt.Sprint("account ", j), Org: fmt.Sprint("o-", j%50), Tags: []string{"env", fmt.Sprint("team-", j%300)}})
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUpdate measures durable changes of one record each, with its entry,
// in a control plane of 100,000 records.
func BenchmarkUpdate(b *testing.B) {
	entries := records(1000)
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, waiters := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/waiters=%d", engine, waiters), func(b *testing.B) {
				s := openBench(b, engine)
				fill(b, s, 100_000)
				var n atomic.Int64
				one := func(e *journal.Entry) error {
					key := fmt.Sprintf("%012d", n.Add(7919)%100_000)
					return s.Update(context.Background(), func(tx *Tx) error {
						a, _ := accounts.Get(tx, key)
						changed := *a
						changed.Name = e.EventID
						accounts.Put(tx, key, &changed)
						tx.Append(*e)
						return nil
					})
				}
				var rates []float64
				for b.Loop() {
					rate, _ := drive(b, waiters, 200*waiters, entries, one)
					rates = append(rates, rate)
				}
				b.ReportMetric(median(rates), "changes/s")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

func BenchmarkView(b *testing.B) {
	s := sqliteBench(b).open(b)
	fill(b, s, 100_000)
	names := make([]string, 1000)
	for i := range names {
		names[i] = fmt.Sprintf("%012d", i*97)
	}
	b.Run("View", func(b *testing.B) {
		for b.Loop() {
			runtime.KeepAlive(s.View())
		}
	})
	b.Run("View+Get", func(b *testing.B) {
		i := 0
		for b.Loop() {
			if _, ok := accounts.Get(s.View(), names[i%len(names)]); !ok {
				b.Fatal("absent")
			}
			i++
		}
	})
	b.Run("View+By", func(b *testing.B) {
		for b.Loop() {
			for range accounts.By(s.View(), "org", "o-7") {
				break
			}
		}
	})
}
