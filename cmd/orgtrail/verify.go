package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/digest"
)

const verifyAbout = `usage: orgtrail verify --trail-arn ARN --start-time TIME [flags]

Verifies what a trail has delivered: that its digest files are signed, follow
each other without a gap, and that the log files in the bucket are exactly
those that the digests name, unchanged. It works against orgtrail and AWS, with
the credentials and endpoint of the environment, and on downloaded copies.

`

const verifyStatus = `
Permissions: cloudtrail:DescribeTrails and cloudtrail:ListPublicKeys,
s3:ListBucket, s3:GetObject and s3:GetBucketLocation of the bucket.

Offline: --save DIR keeps all that is read. A directory that was downloaded
otherwise lacks the signatures, which are metadata of the digest objects. Put
at least those of the newest digest of each account and region beside it:

  aws s3api head-object --bucket B --key KEY --query Metadata > KEY.metadata.json

Exit status: 0 everything is valid, 1 something is invalid, 2 something could
not be checked: wrong usage, no access, no digests, or log files of a time for
which there are none.
`

// verification is what the command line asks for.
type verification struct {
	digest.Request
	arn        string
	endpoint   string
	dirs       list
	save       string
	publicKeys string
	json       bool
	verbose    bool
	parallel   int
}

// verify checks the digests and log files of a trail.
func verify(ctx context.Context, args []string) error {
	v, err := parseVerification(args, time.Now())
	if errors.Is(err, flag.ErrHelp) || errors.Is(err, errUsage) {
		return err
	}
	if err == nil {
		// What a verification keeps is little, and what it throws away much:
		// to collect at nine times the little saves a sixth of its work.
		if os.Getenv("GOGC") == "" {
			debug.SetGCPercent(800)
		}
		err = v.run(ctx, newVerifyPrinter(v, os.Stdout, os.Stderr))
	}
	if err == nil || errors.Is(err, errInvalid) {
		return err
	}
	fmt.Fprintln(os.Stderr, "orgtrail:", err)
	return errUsage // ends with status 2
}

// errInvalid is what a verification that found something invalid ends with.
var errInvalid = errors.New("not everything is valid")

// verdict is the error that a summary amounts to.
func (v *verification) verdict(sum digest.Summary) error {
	switch {
	case sum.Invalid > 0:
		return errInvalid
	case sum.Digests.Total()+sum.Backfills.Total() == 0:
		return fmt.Errorf("no digest of the trail was found in %s", uri(v.Bucket, v.Prefix))
	case sum.Unchecked > 0:
		return errors.New("not everything could be checked")
	}
	return nil
}

// parseVerification reads the flags. Those of the server may be set in the
// environment and mean something else here, so it is left alone.
func parseVerification(args []string, now time.Time) (*verification, error) {
	v := new(verification)
	f := newFlags("verify")
	var start, end moment
	f.StringVar(&v.arn, "trail-arn", "", "`ARN` of the trail")
	f.Var(&start, "start-time", "verify what was delivered from this `time` on (UTC): 2026-01-31 or 2026-01-31T02:00:00Z")
	f.Var(&end, "end-time", "… and up to this `time` (default now)")
	f.Var((*list)(&v.Accounts), "account-id", "`id` of an account, again or with commas for more (default: every account found)")
	f.Var((*list)(&v.Regions), "region", "`region` whose deliveries are verified, again or with commas for more (default: every region found)")
	f.StringVar(&v.Bucket, "s3-bucket", "", "`name` of the bucket (default: the trail's)")
	f.StringVar(&v.Prefix, "s3-prefix", "", "`prefix` of the keys before AWSLogs/ (default: the trail's, or none with --s3-bucket or --dir)")
	f.StringVar(&v.endpoint, "endpoint-url", "", "`URL` of the server (default: AWS_ENDPOINT_URL, or AWS)")
	f.Var(&v.dirs, "dir", "verify a downloaded bucket in this `directory` instead; its keys are paths below it. NAME=DIR when the bucket has another name than the directory; again for the buckets that the trail used before")
	f.StringVar(&v.publicKeys, "public-keys", "", "`file` with the output of aws cloudtrail list-public-keys, instead of asking for them")
	f.StringVar(&v.save, "save", "", "keep what is read in this `directory`, to verify it again offline")
	f.BoolVar(&v.json, "json", false, "print one JSON object for each finding, and one with the summary")
	f.BoolVar(&v.verbose, "verbose", false, "print what is valid, too")
	f.IntVar(&v.parallel, "parallel", 32, "how many objects are read at the same time")
	f.Usage = func() {
		fmt.Fprint(f.Output(), verifyAbout)
		f.PrintDefaults()
		fmt.Fprint(f.Output(), verifyStatus)
	}
	if err := parseArgs(f, args); err != nil {
		return nil, err
	}
	v.Start, v.End = time.Time(start), time.Time(end)
	if v.End.IsZero() {
		v.End = now.UTC()
	}
	return v, v.check()
}

var trailARN = regexp.MustCompile(`^arn:[^:]+:cloudtrail:([^:]+):(\d{12}):trail/([^/]+)$`)

func (v *verification) check() error {
	arn := trailARN.FindStringSubmatch(v.arn)
	switch {
	case v.arn == "":
		return errors.New("--trail-arn is missing")
	case arn == nil:
		return fmt.Errorf("invalid trail ARN provided: %s", v.arn)
	case v.Start.IsZero():
		return errors.New("--start-time is missing")
	case v.Start.After(v.End):
		return errors.New("invalid time range specified: start-time must occur before end-time")
	case len(v.dirs) > 0 && v.save != "":
		return errors.New("--save has nothing to save of --dir")
	}
	for _, id := range v.Accounts {
		if !digest.AccountID(id) {
			return fmt.Errorf("--account-id: %q is not the id of an account", id)
		}
	}
	v.HomeRegion, v.Account, v.Trail = arn[1], arn[2], arn[3]
	v.Prefix = strings.TrimSuffix(v.Prefix, "/")
	return nil
}

// run verifies from where the flags say.
func (v *verification) run(ctx context.Context, p *verifyPrinter) error {
	source, err := v.source(ctx)
	if err != nil {
		return err
	}
	p.start()
	verifier := digest.Verifier{
		Buckets: source.buckets, Keys: source.keys, Parallel: v.parallel,
		SignatureFromNext: len(v.dirs) > 0,
		Report:            p.finding, Progress: p.progress,
	}
	if v.verbose {
		verifier.Valid = p.valid
	}
	sum, err := verifier.Verify(ctx, v.Request)
	if err != nil {
		p.clear()
		return err
	}
	p.summary(sum)
	if source.saved != nil {
		if err := source.saved.finish(); err != nil {
			return err
		}
		p.again(source.saved.again(v))
	}
	return v.verdict(sum)
}

// source is where a verification reads from.
type source struct {
	buckets digest.Buckets
	keys    digest.Keys
	saved   *saver // nil unless what is read is kept
}

func (v *verification) source(ctx context.Context) (s source, err error) {
	cloud := &cloud{v: v}
	s.buckets, s.keys = cloud, cloud
	if v.publicKeys != "" {
		if s.keys, err = readPublicKeys(v.publicKeys); err != nil {
			return s, err
		}
	}
	if len(v.dirs) > 0 {
		s.buckets, err = v.directories()
	} else if v.Bucket == "" {
		err = cloud.find(ctx)
	}
	if err == nil && v.save != "" {
		s.saved = &saver{cloud: cloud, Keys: s.keys, path: v.save, dirs: make(digest.Directories)}
		s.buckets, s.keys = s.saved, s.saved
	}
	return s, err
}

// directories opens the downloaded buckets. The first is the trail's.
func (v *verification) directories() (digest.Directories, error) {
	dirs := make(digest.Directories)
	for i, arg := range v.dirs {
		name, path, named := strings.Cut(arg, "=")
		if !named || strings.ContainsRune(name, filepath.Separator) {
			full, err := filepath.Abs(arg)
			if err != nil {
				return nil, err
			}
			name, path = filepath.Base(full), arg
			if i == 0 && v.Bucket != "" {
				name = v.Bucket
			}
		}
		d, err := digest.OpenDirectory(path)
		if err != nil {
			return nil, err
		}
		dirs[name] = d
		if i == 0 {
			v.Bucket = name
		}
	}
	return dirs, nil
}

// list is a flag that may be given again, or with commas.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(s string) error {
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item == "" {
			return errors.New("an item is empty")
		}
		*l = append(*l, item)
	}
	return nil
}

// moment is a flag with a time, in UTC unless it says otherwise.
type moment time.Time

func (m *moment) String() string {
	if t := time.Time(*m); !t.IsZero() {
		return t.Format(time.RFC3339)
	}
	return ""
}

func (m *moment) Set(s string) error {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly, "20060102T150405Z"} {
		if t, err := time.Parse(layout, s); err == nil {
			*m = moment(t.UTC())
			return nil
		}
	}
	return fmt.Errorf("%q is not a time such as 2026-01-31T02:00:00Z", s)
}
