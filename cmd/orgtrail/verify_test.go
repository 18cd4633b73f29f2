package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/digest"
)

const (
	verifiedTrail  = "arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail"
	verifiedBucket = "my-bucket"
)

var verifiedFrom = time.Date(2026, 1, 31, 0, 1, 31, 0, time.UTC)

// deliveries is a server with what a trail has delivered: as much of S3 and
// CloudTrail as a verification asks for.
type deliveries struct {
	t       *testing.T
	objects map[string]delivered
	key     *rsa.PrivateKey
	denied  bool
}

type delivered struct {
	body     []byte
	metadata map[string]string
}

// deliver makes the deliveries of an organization trail: four hours of two
// accounts.
func deliver(t *testing.T) *deliveries {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	d := &deliveries{t: t, objects: make(map[string]delivered), key: key}
	for _, account := range []string{"111111111111", "222222222222"} {
		d.chain(digest.Folder{Prefix: "logs", Organization: "o-exampleorgid", Account: account})
	}
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)
	t.Setenv("AWS_ENDPOINT_URL", s.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	return d
}

func (d *deliveries) chain(f digest.Folder) {
	var head digest.Link
	for i := range 4 {
		start := verifiedFrom.Add(time.Duration(i) * time.Hour)
		k := digest.Key{Folder: f, Region: "eu-west-1", Trail: "my-trail", HomeRegion: "us-east-2", End: start.Add(time.Hour)}
		log := d.log(f, start.Add(30*time.Minute))
		file, err := digest.Sign(digest.Digest{
			Account: f.Account, Start: digest.At(start), End: digest.At(k.End),
			Bucket: verifiedBucket, Object: k.String(), Previous: head, LogFiles: []digest.LogFile{log},
		}, d.key)
		if err != nil {
			d.t.Fatal(err)
		}
		d.objects[k.String()] = delivered{file.Body(), file.Metadata()}
		head = file.Link()
	}
}

func (d *deliveries) log(f digest.Folder, at time.Time) digest.LogFile {
	k := digest.LogKey{Folder: f, Kind: "CloudTrail", Region: "eu-west-1", Time: at, Random: fmt.Sprintf("%016d", len(d.objects))}
	content := k.String()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(content))
	z.Close()
	d.objects[k.String()] = delivered{b.Bytes(), nil}
	sum := sha256.Sum256([]byte(content))
	return digest.LogFile{Bucket: verifiedBucket, Object: k.String(), Hash: hex.EncodeToString(sum[:])}
}

// find is the first key that contains the text.
func (d *deliveries) find(text string) string {
	for _, k := range slices.Sorted(maps.Keys(d.objects)) {
		if strings.Contains(k, text) {
			return k
		}
	}
	d.t.Fatalf("no key contains %s", text)
	return ""
}

func (d *deliveries) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "CloudTrail_20131101.")
	path := strings.TrimPrefix(r.URL.Path, "/")
	bucket, key, _ := strings.Cut(path, "/")
	switch {
	case d.denied:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`)
	case operation == "DescribeTrails":
		fmt.Fprintf(w, `{"trailList":[{"TrailARN":%q,"S3BucketName":%q,"S3KeyPrefix":"logs"}]}`, verifiedTrail, verifiedBucket)
	case operation == "ListPublicKeys":
		k := digest.NewPublicKey(&d.key.PublicKey, verifiedFrom, verifiedFrom)
		value, _ := json.Marshal(k.Value)
		fmt.Fprintf(w, `{"PublicKeyList":[{"Value":%s,"Fingerprint":%q,"ValidityStartTime":1767225600,"ValidityEndTime":1769817600}]}`, value, k.Fingerprint)
	case bucket == verifiedBucket && key == "":
		d.list(w, r)
	case bucket == verifiedBucket && d.objects[key].body != nil:
		for name, value := range d.objects[key].metadata {
			w.Header().Set("X-Amz-Meta-"+name, value)
		}
		w.Write(d.objects[key].body)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `<Error><Code>NoSuchKey</Code></Error>`)
	}
}

// list answers ListObjectsV2, three keys a page.
func (d *deliveries) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	after := max(q.Get("start-after"), q.Get("continuation-token"))
	type contents struct{ Key string }
	var result struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           bool
		NextContinuationToken string
		Contents              []contents
		CommonPrefixes        []struct{ Prefix string }
	}
	for _, k := range slices.Sorted(maps.Keys(d.objects)) {
		if !strings.HasPrefix(k, q.Get("prefix")) || k <= after {
			continue
		}
		if below, deeper := strings.CutPrefix(k, q.Get("prefix")); q.Get("delimiter") != "" && deeper {
			if name, _, folder := strings.Cut(below, "/"); folder {
				p := q.Get("prefix") + name + "/"
				if n := len(result.CommonPrefixes); n == 0 || result.CommonPrefixes[n-1].Prefix != p {
					result.CommonPrefixes = append(result.CommonPrefixes, struct{ Prefix string }{p})
				}
				continue
			}
		}
		if len(result.Contents) == 3 {
			result.IsTruncated, result.NextContinuationToken = true, result.Contents[2].Key
			break
		}
		result.Contents = append(result.Contents, contents{k})
	}
	xml.NewEncoder(w).Encode(result)
}

// runVerify runs the subcommand with flags for the deliveries' trail and
// period in front of the given ones.
func runVerify(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	args = append([]string{
		"--trail-arn", verifiedTrail, "--start-time", "2026-01-31T00:00:00Z", "--end-time", "2026-01-31T06:00:00Z",
	}, args...)
	v, err := parseVerification(args, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err = v.run(context.Background(), &verifyPrinter{v: v, out: &b, err: &b})
	return b.String(), err
}

func TestVerifyOnline(t *testing.T) {
	deliver(t)
	out, err := runVerify(t)
	if err != nil || !strings.Contains(out, "in 2 chains of 2 accounts") || !strings.Contains(out, "8 valid") || strings.Contains(out, "INVALID") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = runVerify(t, "--account-id", "222222222222", "--region", "eu-west-1,us-east-2", "--verbose")
	if err != nil || !strings.Contains(out, "in 1 chain of 1 account.") || strings.Count(out, "valid       s3://") != 8 {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestVerifyFinds(t *testing.T) {
	d := deliver(t)
	changed, deleted := d.find("222222222222_CloudTrail_"), d.find("111111111111_CloudTrail-Digest_eu-west-1_my-trail_us-east-2_20260131T02")
	d.objects[changed] = d.objects[d.find("111111111111_CloudTrail_")]
	delete(d.objects, deleted)
	out, err := runVerify(t)
	if !errors.Is(err, errInvalid) {
		t.Errorf("error %v", err)
	}
	for _, want := range []string{
		"INVALID     s3://my-bucket/" + changed, "hash value doesn't match",
		"INVALID     s3://my-bucket/" + deleted, "Likely cause: it was deleted",
		"6 valid, 1 INVALID", "7 valid, 1 INVALID",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// jsonLines splits the output of --json by its types.
func jsonLines(t *testing.T, out string) map[string][]string {
	t.Helper()
	lines := make(map[string][]string)
	for line := range strings.Lines(out) {
		var l struct{ Type, Severity, Kind, Detail string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			continue // the words after it
		}
		if l.Type == "finding" && (l.Severity == "" || l.Kind == "" || l.Detail == "") {
			t.Errorf("a finding lacks a member: %s", line)
		}
		lines[l.Type] = append(lines[l.Type], line)
	}
	for _, l := range lines {
		slices.Sort(l)
	}
	return lines
}

// TestVerifySaved: what was saved gives the same findings without a server.
func TestVerifySaved(t *testing.T) {
	d := deliver(t)
	d.objects[d.find("222222222222_CloudTrail_")] = delivered{[]byte("text"), nil}
	d.log(digest.Folder{Prefix: "logs", Organization: "o-exampleorgid", Account: "111111111111"}, verifiedFrom.Add(90*time.Minute))
	delete(d.objects, d.find("T030131Z"))
	dir := t.TempDir()
	out, err := runVerify(t, "--json", "--save", dir)
	if !errors.Is(err, errInvalid) {
		t.Fatal(err)
	}
	online := jsonLines(t, out)
	if len(online["finding"]) != 3 || len(online["summary"]) != 1 {
		t.Fatalf("%s", out)
	}
	_, again, ok := strings.Cut(out, "  orgtrail verify ")
	if !ok {
		t.Fatalf("no command to verify again:\n%s", out)
	}
	d.denied = true
	v, err := parseVerification(append(strings.Fields(again), "--json"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := v.run(context.Background(), &verifyPrinter{v: v, out: &b, err: &b}); !errors.Is(err, errInvalid) {
		t.Errorf("error %v", err)
	}
	if offline := jsonLines(t, b.String()); fmt.Sprint(offline) != fmt.Sprint(online) {
		t.Errorf("offline\n%s\nonline\n%s", offline, online)
	}
}

// TestVerifyDirectory: a plain download needs the signatures of the newest
// digests alone.
func TestVerifyDirectory(t *testing.T) {
	d := deliver(t)
	dir := t.TempDir()
	for key, o := range d.objects {
		path := filepath.Join(dir, key)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, o.body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"--dir", verifiedBucket + "=" + dir, "--s3-prefix", "logs"}
	if out, err := runVerify(t, args...); !errors.Is(err, errInvalid) || strings.Count(out, "signature is missing") != 8 {
		t.Errorf("without signatures: %v\n%s", err, out)
	}
	for key, o := range d.objects {
		if strings.Contains(key, "T040131Z") {
			text, _ := json.Marshal(o.metadata)
			if err := os.WriteFile(filepath.Join(dir, key)+".metadata.json", text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if out, err := runVerify(t, args...); err != nil {
		t.Errorf("with those of the newest: %v\n%s", err, out)
	}
}

func TestVerifyCannotCheck(t *testing.T) {
	d := deliver(t)
	if _, err := runVerify(t, "--start-time", "2026-02-10", "--end-time", "2026-02-11"); err == nil || errors.Is(err, errInvalid) {
		t.Errorf("no digests: %v", err)
	}
	if _, err := runVerify(t, "--trail-arn", verifiedTrail+"2"); err == nil || !strings.Contains(err.Error(), "could not be found") {
		t.Errorf("no trail: %v", err)
	}
	d.denied = true
	if _, err := runVerify(t, "--s3-bucket", verifiedBucket); err == nil || errors.Is(err, errInvalid) {
		t.Errorf("no access: %v", err)
	}
}

func TestVerifyUsage(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"--trail-arn", verifiedTrail},
		{"--start-time", "2026-01-31"},
		{"--trail-arn", "my-trail", "--start-time", "2026-01-31"},
		{"--trail-arn", verifiedTrail, "--start-time", "yesterday"},
		{"--trail-arn", verifiedTrail, "--start-time", "2026-01-31", "--end-time", "2026-01-30"},
		{"--trail-arn", verifiedTrail, "--start-time", "2026-01-31", "--account-id", "1,"},
		{"--trail-arn", verifiedTrail, "--start-time", "2026-01-31", "--account-id", "12"},
		{"--trail-arn", verifiedTrail, "--start-time", "2026-01-31", "--dir", "a", "--save", "b"},
		{"--trail-arn", verifiedTrail, "--start-time", "2026-01-31", "more"},
		{"--trail-arn", verifiedTrail, "--start-time", "2026-01-31", "--dir", filepath.Join(t.TempDir(), "none")},
	} {
		if err := verify(context.Background(), args); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
}
