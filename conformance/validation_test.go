package conformance

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/rogpeppe/go-internal/testscript"
)

// The commands of scripts about log file validation.
func init() {
	maps.Copy(commands, map[string]func(*testscript.TestScript, bool, []string){
		"names":    func(ts *testscript.TestScript, neg bool, args []string) { of(ts).names(ts) },
		"now":      func(ts *testscript.TestScript, neg bool, args []string) { of(ts).now(ts, args) },
		"validate": func(ts *testscript.TestScript, neg bool, args []string) { of(ts).validate(ts, neg, args) },
		"orgtrail": func(ts *testscript.TestScript, neg bool, args []string) { of(ts).orgtrail(ts, neg, args) },
		"key":      func(ts *testscript.TestScript, neg bool, args []string) { of(ts).key(ts, args) },
	})
}

// now sets a variable to the time on the server's clock.
//
//	now NAME
func (s *script) now(ts *testscript.TestScript, args []string) {
	ts.Setenv(args[0], time.Now().Add(s.ahead).UTC().Format("2006-01-02T15:04:05Z"))
}

// validate runs aws cloudtrail validate-logs on the trail $ARN between $START
// and $END. An endpoint on its command line would be CloudTrail's alone and
// not that of S3, so it finds the server by the names of AWS.
//
//	validate --account-id ACCOUNT [--region REGION]
func (s *script) validate(ts *testscript.TestScript, neg bool, args []string) {
	s.cli(ts, neg, append([]string{
		"cloudtrail", "validate-logs", "--trail-arn", ts.Getenv("ARN"),
		"--start-time", ts.Getenv("START"), "--end-time", ts.Getenv("END"),
	}, args...))
}

// orgtrail runs the binary under test.
func (s *script) orgtrail(ts *testscript.TestScript, neg bool, args []string) {
	switch err := ts.Exec(binary, args...); {
	case err != nil && !neg:
		ts.Fatalf("orgtrail: %v\n%s\n%s", err, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	case err == nil && neg:
		ts.Fatalf("orgtrail succeeded:\n%s", ts.ReadFile("stdout"))
	}
}

// key sets a variable to the n-th key, in order, that has this text in it.
//
//	key NAME BUCKET TEXT [N]
func (s *script) key(ts *testscript.TestScript, args []string) {
	n := 0
	if len(args) > 3 {
		var err error
		n, err = strconv.Atoi(args[3])
		ts.Check(err)
	}
	var keys []string
	pages := s3.NewListObjectsV2Paginator(s.bucket(ts), &s3.ListObjectsV2Input{Bucket: &args[1]})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		ts.Check(err)
		for _, o := range page.Contents {
			if strings.Contains(*o.Key, args[2]) {
				keys = append(keys, *o.Key)
			}
		}
	}
	slices.Sort(keys)
	if n >= len(keys) {
		ts.Fatalf("%d keys with %s", len(keys), args[2])
	}
	ts.Setenv(args[0], keys[n])
}
