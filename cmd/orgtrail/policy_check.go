package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/orgtrail/orgtrail/internal/advice"
)

const checkAbout = `usage: orgtrail policy check [flags] FILE

Tells what is wrong with one policy: what the services refuse, words that they
do not know, principals that match nobody, statements that never match or say
more than they seem to. FILE may be - for standard input.

With --trail-arn it tells what a trail misses in the policy, and which statement
does not match in what: of a bucket policy with --bucket, and --prefix and
--organization if the trail has them; with --kind trust of the role for its log
group; with --log-group of the permissions of that role.

`

const checkStatus = `
Findings are lines on standard output, FILE:line: severity: text. An error is
refused, or has no effect, or keeps CloudTrail out; a warning has an effect that
is hardly meant; a note is worth knowing and often right. The line is that of
the statement.

With --fix the corrected document is the standard output, and the findings go to
standard error. Statements are added in the form that AWS documents; those of
the document stay as they are, also one that denies what the trail needs.

Exit status: 0 no findings, or notes alone; 1 errors or warnings; 2 the file
cannot be read or is no policy, or wrong usage.

  orgtrail policy check --trail-arn arn:aws:cloudtrail:us-east-2:111111111111:trail/my-trail \
    --bucket my-bucket --organization o-exampleorgid --fix policy.json > fixed.json
`

// policyChecking is what the command line asks for.
type policyChecking struct {
	file  string
	kind  string
	json  bool
	fix   bool
	trail advice.Trail

	out, err io.Writer
}

// policyCheck judges one document.
func policyCheck(ctx context.Context, args []string) error {
	c, err := parsePolicyCheck(args, os.Stdout, os.Stderr)
	if err != nil {
		return err
	}
	return interruptible(ctx, c.run)
}

func parsePolicyCheck(args []string, out, errs io.Writer) (*policyChecking, error) {
	c := &policyChecking{out: out, err: errs}
	f := c.flags()
	var err error
	if c.file, err = parseWithFile(f, args); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, misused(f, err)
	}
	return c, nil
}

func (c *policyChecking) flags() *flag.FlagSet {
	f := newFlags("policy check")
	f.StringVar(&c.kind, "kind", "", "`kind` of policy: "+strings.Join(advice.Kinds(), ", ")+" (default: guessed, and said)")
	f.BoolVar(&c.json, "json", false, "print findings as one JSON object a line")
	f.StringVar(&c.trail.ARN, "trail-arn", "", "`ARN` of the trail")
	f.StringVar(&c.trail.Bucket, "bucket", "", "`name` of the bucket that the policy is for")
	f.StringVar(&c.trail.Prefix, "prefix", "", "`prefix` of the trail's keys")
	f.StringVar(&c.trail.Organization, "organization", "", "`id` of the organization that the trail is for")
	f.StringVar(&c.trail.LogGroup, "log-group", "", "`ARN` of the trail's log group")
	f.BoolVar(&c.fix, "fix", false, "print the document with what the trail misses added, and nothing else, to standard output")
	f.Usage = func() {
		fmt.Fprint(f.Output(), checkAbout)
		f.PrintDefaults()
		fmt.Fprint(f.Output(), checkStatus)
	}
	return f
}

// check asks whether the flags fit together.
func (c *policyChecking) check() error {
	switch t := c.trail; {
	case c.forTrail():
	case c.fix:
		return errors.New("--fix needs a trail: --trail-arn or --log-group")
	case t.Prefix != "":
		return errors.New("--prefix needs --trail-arn")
	case t.Organization != "":
		return errors.New("--organization needs --trail-arn or --log-group")
	}
	if c.kind != "" {
		_, err := advice.ParseKind(c.kind)
		return err
	}
	return nil
}

// forTrail reports whether the policy is held against a trail.
func (c *policyChecking) forTrail() bool { return c.trail.ARN != "" || c.trail.LogGroup != "" }

// run reads the document, prints what is found and, if asked to, the corrected
// document.
func (c *policyChecking) run() error {
	text, err := c.read()
	if err != nil {
		return c.unusable(err)
	}
	p, err := advice.Read(text, c.kindOf(text), c.trail.Bucket)
	var unreadable *advice.Unreadable
	if errors.As(err, &unreadable) {
		c.print(unreadable.Findings)
		return errUsage
	}
	findings := p.Lint()
	var fixed []byte
	if c.forTrail() {
		if p.Kind == advice.Bucket && c.trail.Bucket == "" {
			return c.unusable(errors.New("--bucket is missing: the bucket that the trail delivers to"))
		}
		missing, err := p.Meets(c.trail)
		if err != nil {
			return c.unusable(err)
		}
		findings = advice.Merge(findings, missing)
		if fixed, err = p.Amend(c.trail); err != nil {
			return c.unusable(err)
		}
	}
	if c.fix {
		for _, f := range p.Oversize(fixed) {
			f.Text = "with what is missing: " + f.Text
			findings = append(findings, f)
		}
	}
	c.print(findings)
	if c.fix {
		if _, err := c.out.Write(fixed); err != nil {
			return err
		}
	}
	return c.verdict(findings)
}

func (c *policyChecking) read() ([]byte, error) {
	in, err := openInput(c.file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(in)
}

// unusable ends with status 2.
func (c *policyChecking) unusable(err error) error {
	fmt.Fprintln(c.err, "orgtrail:", err)
	return errUsage
}

// kindOf is the kind that the flags say or imply, else a guess.
func (c *policyChecking) kindOf(text []byte) advice.Kind {
	kind, err := advice.ParseKind(c.kind)
	switch {
	case err == nil:
		return kind
	case c.trail.LogGroup != "":
		return advice.Identity
	case c.trail.Bucket != "":
		return advice.Bucket
	}
	kind, ok := advice.GuessKind(text)
	if ok {
		fmt.Fprintf(c.err, "%s: judged as %s (--kind says otherwise)\n", c.name(), kind.Title())
	}
	return kind
}

func (c *policyChecking) name() string {
	if c.file == "-" {
		return "<stdin>"
	}
	return c.file
}

func (c *policyChecking) print(findings []advice.Finding) {
	w := c.out
	if c.fix {
		w = c.err
	}
	for _, f := range findings {
		if c.json {
			writeLine(w, struct {
				File string `json:"file"`
				advice.Finding
			}{c.name(), f})
			continue
		}
		fmt.Fprintf(w, "%s:%v\n", c.name(), f)
	}
}

// verdict is the error that findings amount to.
func (c *policyChecking) verdict(findings []advice.Finding) error {
	var count [3]int
	for _, f := range findings {
		count[f.Severity]++
	}
	if count[advice.Error]+count[advice.Warning] == 0 {
		return nil
	}
	return fmt.Errorf("%s: %s, %s", c.name(), quantity(count[advice.Error], "error"), quantity(count[advice.Warning], "warning"))
}
