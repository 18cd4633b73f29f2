package digest

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// cliCase is what testdata/validate_logs.py reads.
type cliCase struct {
	Trail        string                          `json:"trail"`
	Bucket       string                          `json:"bucket"`
	Prefix       string                          `json:"prefix"`
	Organization string                          `json:"organization"`
	Account      string                          `json:"account"`
	Region       string                          `json:"region"`
	Start        time.Time                       `json:"start"`
	End          time.Time                       `json:"end"`
	Keys         []cliKey                        `json:"keys"`
	Buckets      map[string]map[string]cliObject `json:"buckets"`
}

type cliKey struct {
	Value, Fingerprint string
}

type cliObject struct {
	Body     []byte            `json:"body"`
	Metadata map[string]string `json:"metadata"`
}

type cliResult struct {
	Status         int
	Stdout, Stderr string
}

// TestLikeTheCLI has the validator of the AWS CLI judge every scenario, and
// compares: the same files valid, the same files invalid, for the same
// reason, but for what it is known not to look at.
func TestLikeTheCLI(t *testing.T) {
	if err := exec.Command("python3", "-c", "import awscli.customizations.cloudtrail.validation").Run(); err != nil {
		t.Skip("python3 has no awscli: ", err)
	}
	var cases []scenario
	var estates []*estate
	var finds [][]find
	var in bytes.Buffer
	for _, s := range scenarios {
		if s.cli.aborts {
			continue
		}
		e := newEstate(t)
		f := s.happen(e)
		cases, estates, finds = append(cases, s), append(estates, e), append(finds, f)
		if err := json.NewEncoder(&in).Encode(e.cliCase(s)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("python3", "testdata/validate_logs.py")
	cmd.Stdin = &in
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	results := json.NewDecoder(bytes.NewReader(out))
	for i, s := range cases {
		var r cliResult
		if err := results.Decode(&r); err != nil {
			t.Fatal(err)
		}
		t.Run(s.name, func(t *testing.T) {
			want := finds[i]
			if s.cli.finds != nil {
				want = s.cli.finds(want)
			}
			estates[i].t = t
			estates[i].compare(s, r, want)
			if s.cli.why == "" {
				estates[i].compareValid(s, r)
			}
		})
	}
}

func (e *estate) cliCase(s scenario) cliCase {
	q := e.request()
	if s.ask != nil {
		s.ask(&q)
	}
	e.private("eu-west-1")
	c := cliCase{
		Trail:  "arn:aws:cloudtrail:" + theHome + ":" + manager + ":trail/" + theTrail,
		Bucket: q.Bucket, Prefix: q.Prefix, Organization: theOrg, Account: member, Region: "eu-west-1",
		Start: q.Start, End: q.End,
		Buckets: make(map[string]map[string]cliObject),
	}
	if e.account() == manager {
		c.Account = manager
	}
	for _, k := range e.keys["eu-west-1"] {
		v, _ := json.Marshal(k.Value)
		c.Keys = append(c.Keys, cliKey{strings.Trim(string(v), `"`), k.Fingerprint})
	}
	for name, b := range e.buckets {
		c.Buckets[name] = make(map[string]cliObject)
		for key, o := range b {
			c.Buckets[name][key] = cliObject{o.body, o.metadata}
		}
	}
	return c
}

// account is the member, unless all digests are the manager's.
func (e *estate) account() string {
	for key := range e.buckets[theBucket] {
		if strings.Contains(key, "/"+member+"_CloudTrail-Digest_") {
			return member
		}
	}
	return manager
}

// cliWords is how the CLI names what we name by kind.
var cliWords = map[Kind]string{
	DigestMissing:    "not found",
	DigestFormat:     "invalid format",
	DigestMoved:      "has been moved from its original location",
	KeyUnknown:       "public key not found in region",
	KeyFormat:        "Unable to load PKCS #1 key",
	SignatureMissing: "signature verification failed",
	SignatureFailed:  "signature verification failed",
	LogMissing:       "not found",
	LogFormat:        "invalid format",
	LogHash:          "hash value doesn't match",
}

// compare compares what the CLI printed with what it is to find.
func (e *estate) compare(s scenario, r cliResult, want []find) {
	var invalid []string
	gaps := 0
	for line := range strings.Lines(r.Stderr) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) == 3 {
			key := fields[1][strings.Index(fields[1], "AWSLogs/"):]
			invalid = append(invalid, key+" "+strings.TrimPrefix(fields[2], "INVALID: "))
		} else if strings.Contains(line, "No log files were delivered") {
			gaps++
		}
	}
	for _, f := range want {
		words, known := cliWords[f.kind]
		switch {
		case f.kind == Gap:
			gaps--
		case known && f.object != "":
			at := slices.IndexFunc(invalid, func(line string) bool {
				return strings.Contains(f.object, line[:strings.Index(line, " ")]) && strings.Contains(line, words)
			})
			if at < 0 && strings.HasSuffix(s.name, "no hex") { // told by its exception
				at = slices.IndexFunc(invalid, func(line string) bool { return strings.HasPrefix(line, f.object) })
			}
			if at < 0 {
				e.t.Errorf("the CLI does not find %s of %s\n%s", f.kind, f.object, r.Stderr)
				continue
			}
			invalid = slices.Delete(invalid, at, at+1)
		}
	}
	if len(invalid) > 0 || gaps != 0 {
		e.t.Errorf("the CLI finds more: %q, %d gaps", invalid, gaps)
	}
	if valid := strings.Contains(r.Stderr, "INVALID"); valid != (r.Status != 0) {
		e.t.Errorf("status %d, %s", r.Status, r.Stderr)
	}
}

// compareValid compares the files that both find nothing wrong with. The CLI
// looks into one folder.
func (e *estate) compareValid(s scenario, r cliResult) {
	q := e.request()
	if s.ask != nil {
		s.ask(&q)
	}
	folder := "AWSLogs/" + theOrg + "/"
	var ours, theirs []string
	e.verify(q, func(v *Verifier) {
		if s.verify != nil {
			s.verify(v)
		}
		v.Valid = func(bucket, key string) {
			if strings.Contains(key, folder) {
				ours = append(ours, "s3://"+bucket+"/"+key)
			}
		}
	})
	for line := range strings.Lines(r.Stdout) {
		if fields := strings.Split(strings.TrimSpace(line), "\t"); len(fields) == 3 && fields[2] == "valid" {
			theirs = append(theirs, fields[1])
		}
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	if !slices.Equal(ours, theirs) {
		e.t.Errorf("valid for us\n%s\nfor the CLI\n%s", strings.Join(ours, "\n"), strings.Join(theirs, "\n"))
	}
}
