package logs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// record is the nth of many CloudTrail records of about 1 KB. Every
// thousandth is of an operation of its own.
func record(n int) []byte {
	name := []string{"GetObject", "DescribeInstances", "AssumeRole", "ListBuckets", "PutObject", "GetCallerIdentity", "Decrypt"}[n%7]
	if n%1000 == 999 {
		name = "StopLogging"
	}
	user := fmt.Sprintf("user-%03d", n*7919%500)
	return fmt.Appendf(nil, `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDA%016X","arn":"arn:aws:iam::111111111111:user/%s","accountId":"111111111111","accessKeyId":"AKIA%016X","userName":"%s"},`+
		`"eventTime":"2026-01-31T02:%02d:%02dZ","eventSource":"s3.amazonaws.com","eventName":"%s","awsRegion":"eu-west-1","sourceIPAddress":"10.%d.%d.%d","userAgent":"[aws-cli/2.17.1 md/awscrt#0.20.11 ua/2.0 os/linux#6.5.0 md/arch#x86_64 lang/python#3.11.8]",`+
		`"requestParameters":{"bucketName":"bucket-%d","Host":"bucket-%d.s3.eu-west-1.amazonaws.com","key":"data/%x/part-%05d.parquet"},"responseElements":null,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":%d,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"%064x","bytesTransferredOut":%d},`+
		`"requestID":"%016X","eventID":"%08x-1c2d-4e5f-8a9b-%012x","readOnly":%v,"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111111111111","eventCategory":"Data","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256"}}`,
		n*31, user, n*17, user, n/60%60, n%60, name, n%256, n/256%256, n%251, n%50, n%50, n*2654435761, n%100_000, n%9000, n*40503, n*13%90_000, n*2654435761, n, n*48271, n%2 == 0)
}

// BenchmarkFilterLogEvents searches a million records by a condition that one
// in a thousand meets, page by page, and compares it with zcat and jq over
// the same records in gzip files. With -short it is a hundred thousand.
func BenchmarkFilterLogEvents(b *testing.B) {
	n := 1_000_000
	if testing.Short() {
		n /= 10
	}
	h := openHouse(b, store.Options{Dir: b.TempDir()})
	h.group("CloudTrail/logs", "111111111111_CloudTrail_eu-west-1")
	files, size := fill(b, h, n)
	stored := time.Now()
	h.advance()
	b.Logf("%d records, %d MB; merged in %v", n, size>>20, time.Since(stored).Round(time.Millisecond))

	const pattern = `{ $.eventName = "StopLogging" && $.userIdentity.type = "IAMUser" }`
	search := func() (found int) {
		in := &api.FilterLogEventsInput{LogGroupName: new("CloudTrail/logs"), FilterPattern: new(pattern)}
		for {
			out := answer[api.FilterLogEventsOutput](h, in)
			found += len(out.Events)
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return found
			}
		}
	}
	b.SetBytes(int64(size))
	var took time.Duration
	for b.Loop() {
		start := time.Now()
		if found := search(); found != n/1000 {
			b.Fatalf("%d events found", found)
		}
		took += time.Since(start)
	}
	took /= time.Duration(b.N)
	if baseline, tool := scan(b, files, n/1000); baseline > 0 {
		b.ReportMetric(baseline.Seconds()/took.Seconds(), "times-"+tool)
		b.Logf("FilterLogEvents %v, zcat | %s %v", took.Round(time.Millisecond), tool, baseline.Round(time.Millisecond))
	}
}

// fill logs n records and writes them into gzip files, too.
func fill(b *testing.B, h *house, n int) (files []string, size int) {
	const batch, each = 500, 50_000
	dir := b.TempDir()
	var zipped *gzip.Writer
	var file *os.File
	arn := "arn:aws:logs:eu-west-1:111111111111:log-group:CloudTrail/logs"
	for i := 0; i < n; i += batch {
		if i%each == 0 {
			var err error
			if file, err = os.Create(filepath.Join(dir, fmt.Sprintf("%04d.json.gz", i/each))); err != nil {
				b.Fatal(err)
			}
			files, zipped = append(files, file.Name()), gzip.NewWriter(file)
		}
		events := make([]Event, batch)
		for j := range events {
			events[j] = Event{h.Clock.Now().Add(time.Duration(i+j) * time.Millisecond / 1000), record(i + j)}
			size += len(events[j].Message)
			zipped.Write(append(bytes.Clone(events[j].Message), '\n'))
		}
		if err := h.Store.Update(b.Context(), func(tx *store.Tx) error {
			if err := h.PutAsService(tx, h.Clock.Now(), arn, "111111111111_CloudTrail_eu-west-1", events); err != nil {
				return err
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		if (i+batch)%each == 0 || i+batch == n {
			if err := zipped.Close(); err != nil {
				b.Fatal(err)
			}
			file.Close()
		}
	}
	return files, size
}

// scan does the same search with zcat and jq, or where there is no jq with
// zcat and Python; 0 when there is neither.
func scan(b *testing.B, files []string, want int) (took time.Duration, tool string) {
	tool = "jq"
	filter := []string{"jq", "-c", `select(.eventName=="StopLogging" and .userIdentity.type=="IAMUser")`}
	if _, err := exec.LookPath("jq"); err != nil {
		tool = "python3"
		filter = []string{"python3", "-c", "import sys,json\nfor l in sys.stdin.buffer:\n r=json.loads(l)\n if r['eventName']=='StopLogging' and r['userIdentity']['type']=='IAMUser': sys.stdout.buffer.write(l)"}
	}
	if _, err := exec.LookPath(filter[0]); err != nil {
		return 0, ""
	}
	zcat, search := exec.Command("zcat", files...), exec.Command(filter[0], filter[1:]...)
	pipe, err := zcat.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	search.Stdin, search.Stdout = pipe, &out
	start := time.Now()
	for _, c := range []*exec.Cmd{zcat, search} {
		if err := c.Start(); err != nil {
			b.Fatal(err)
		}
	}
	if err := search.Wait(); err != nil {
		b.Fatal(err)
	}
	took = time.Since(start)
	if err := zcat.Wait(); err != nil {
		b.Fatal(err)
	}
	if found := bytes.Count(out.Bytes(), []byte("\n")); found != want {
		b.Fatalf("%s finds %d records", tool, found)
	}
	return took, tool
}

func TestRecordsAreJSON(t *testing.T) {
	for _, n := range []int{0, 999, 123_456} {
		if r := record(n); !json.Valid(r) || len(r) < 1000 {
			t.Errorf("record %d, of %d bytes: %s", n, len(r), r)
		}
	}
}
