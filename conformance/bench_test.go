package conformance

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// verifyHours is how many digests, and log files, BenchmarkVerify has.
const verifyHours = 2000

// BenchmarkVerify checks 2,000 digests and 2,000 log files. The AWS CLI's own
// validator reads them once from the server; orgtrail verify once from the
// server too, saving them, and then from the directory: x_cli and
// x_cli-server are how many times as fast it is in this run.
func BenchmarkVerify(b *testing.B) {
	if major, minor := cliVersion(); major == 0 || major == 1 && minor < 29 || major == 2 && minor < 13 {
		b.Skip("no AWS CLI that takes its endpoint from the environment")
	}
	v := newVictim(b)
	arn, start := v.hours(verifyHours)
	end := time.Now().Add(verifyHours * time.Hour).UTC().Format(time.RFC3339)
	env := append(os.Environ(), v.environment()...)

	began := time.Now()
	cli := exec.Command("aws", "cloudtrail", "validate-logs", "--trail-arn", arn, "--start-time", start, "--end-time", end)
	cli.Env = env
	out, err := cli.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "log files valid") {
		b.Fatal(err, string(out))
	}
	cliTook := time.Since(began)
	b.Log(strings.TrimSpace(string(out)))

	verify := func(args ...string) {
		ours := exec.Command(binary, append([]string{"verify", "--trail-arn", arn, "--start-time", start, "--end-time", end}, args...)...)
		ours.Env = env
		if out, err := ours.CombinedOutput(); err != nil {
			b.Fatal(err, string(out))
		}
	}
	saved := b.TempDir()
	began = time.Now()
	verify("--save", saved)
	serverTook := time.Since(began)
	for b.Loop() {
		verify("--dir", filepath.Join(saved, "logs"), "--public-keys", filepath.Join(saved, "public-keys.json"))
	}
	took := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(cliTook.Seconds(), "cli-s")
	b.ReportMetric(cliTook.Seconds()/serverTook.Seconds(), "x_cli-server")
	b.ReportMetric(cliTook.Seconds()/took, "x_cli")
}

// hours makes a trail with validation and lets hours pass with a call in each.
func (v *victim) hours(n int) (arn, start string) {
	ctx := context.Background()
	v.prepare(ctx)
	trails := cloudtrail.NewFromConfig(v.cfg)
	out, err := trails.UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{Name: aws.String("all"), EnableLogFileValidation: aws.Bool(true)})
	if err != nil {
		v.t.Fatal(err)
	}
	start = time.Now().UTC().Format(time.RFC3339)
	for range n {
		if _, err := trails.ListTrails(ctx, nil); err != nil {
			v.t.Fatal(err)
		}
		resp, err := http.Post(v.Endpoint+"/_orgtrail/dev/clock", "application/json", strings.NewReader(`{"advance":"1h"}`))
		if err != nil || resp.StatusCode != http.StatusOK {
			v.t.Fatal(resp, err)
		}
		resp.Body.Close()
	}
	keys := s3.NewListObjectsV2Paginator(s3.NewFromConfig(v.cfg, func(o *s3.Options) { o.UsePathStyle = true }), &s3.ListObjectsV2Input{Bucket: aws.String("logs")})
	digests, logs := 0, 0
	for keys.HasMorePages() {
		page, err := keys.NextPage(ctx)
		if err != nil {
			v.t.Fatal(err)
		}
		for _, o := range page.Contents {
			if strings.Contains(*o.Key, "/CloudTrail-Digest/") {
				digests++
			} else {
				logs++
			}
		}
	}
	v.t.Logf("%d digests, %d log files", digests, logs)
	return *out.TrailARN, start
}

// environment points a client process at the server.
func (v *victim) environment() []string {
	c, err := v.cfg.Credentials.Retrieve(context.Background())
	if err != nil {
		v.t.Fatal(err)
	}
	return []string{
		"AWS_ENDPOINT_URL=" + v.Endpoint, "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=" + c.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey,
		"AWS_EC2_METADATA_DISABLED=true",
	}
}
