package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/digest"
)

// verifyPrinter says what a verification finds: in words, or as one JSON
// object a line. The verifier calls it one call at a time.
type verifyPrinter struct {
	v        *verification
	out, err io.Writer
	live     bool // err is a terminal: it shows a progress line
	shown    time.Time
}

// refresh is how often the progress line is written anew.
const refresh = 200 * time.Millisecond

func newVerifyPrinter(v *verification, out, err *os.File) *verifyPrinter {
	stat, e := err.Stat()
	return &verifyPrinter{v: v, out: out, err: err, live: e == nil && stat.Mode()&os.ModeCharDevice != 0}
}

func (p *verifyPrinter) start() {
	if p.v.json {
		return
	}
	fmt.Fprintf(p.out, "Verifying %s\nin %s, deliveries from %s to %s\n\n",
		p.v.arn, uri(p.v.Bucket, p.v.Prefix), clock(p.v.Start), clock(p.v.End))
}

// severities are how findings are headed.
var severities = map[digest.Severity]string{
	digest.Invalid:   "INVALID",
	digest.Unchecked: "NOT CHECKED",
	digest.Notice:    "NOTE",
}

func (p *verifyPrinter) finding(f digest.Finding) {
	p.clear()
	if p.v.json {
		p.line(struct {
			Type     string          `json:"type"`
			Severity digest.Severity `json:"severity"`
			digest.Finding
		}{"finding", f.Kind.Severity(), f})
		return
	}
	about := uri(f.Bucket, f.Object)
	if f.Object == "" {
		about = fmt.Sprintf("%s %s, %s to %s", f.Account, f.Region, clock(f.From), clock(f.To))
	}
	fmt.Fprintf(p.out, "%-12s%s\n", severities[f.Kind.Severity()], about)
	fmt.Fprintf(p.out, "%-12s%s\n", "", f.Detail)
	if f.Cause != "" {
		fmt.Fprintf(p.out, "%-12sLikely cause: %s\n", "", f.Cause)
	}
	fmt.Fprintln(p.out)
}

func (p *verifyPrinter) valid(bucket, object string) {
	p.clear()
	if p.v.json {
		p.line(struct {
			Type   string `json:"type"`
			Bucket string `json:"bucket"`
			Object string `json:"object"`
		}{"valid", bucket, object})
		return
	}
	fmt.Fprintf(p.out, "%-12s%s\n", "valid", uri(bucket, object))
}

func (p *verifyPrinter) progress(s digest.Summary) {
	if !p.live || time.Since(p.shown) < refresh {
		return
	}
	p.shown = time.Now()
	fmt.Fprintf(p.err, "\r\x1b[K%s, %s, %s, %s", quantity(s.Chains, "chain"),
		quantity(s.Digests.Total()+s.Backfills.Total(), "digest"), quantity(s.Logs.Total(), "log file"), quantity(s.Invalid, "invalid finding"))
}

// clear takes the progress line away.
func (p *verifyPrinter) clear() {
	if p.live && !p.shown.IsZero() {
		fmt.Fprint(p.err, "\r\x1b[K")
		p.shown = time.Time{}
	}
}

func (p *verifyPrinter) summary(s digest.Summary) {
	p.clear()
	if p.v.json {
		p.line(struct {
			Type string `json:"type"`
			digest.Summary
		}{"summary", s})
		return
	}
	if s.From.IsZero() {
		fmt.Fprintln(p.out, "No valid digest was found.")
	} else {
		fmt.Fprintf(p.out, "Valid digests cover %s to %s in %s of %s.\n",
			clock(s.From), clock(s.To), quantity(s.Chains, "chain"), quantity(s.Accounts, "account"))
	}
	for _, row := range []struct {
		name  string
		tally digest.Tally
	}{{"digests", s.Digests}, {"backfill digests", s.Backfills}, {"log files", s.Logs}} {
		if row.tally.Total() > 0 {
			fmt.Fprintf(p.out, "  %-18s%s\n", row.name, counts(row.tally))
		}
	}
}

// again says how to verify what was saved.
func (p *verifyPrinter) again(args []string) {
	for i, a := range args {
		if strings.ContainsAny(a, " '\"$\\*?") {
			args[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	w := p.out
	if p.v.json {
		w = p.err
	}
	fmt.Fprintf(w, "\nSaved. To verify again:\n  %s\n", strings.Join(args, " "))
}

func (p *verifyPrinter) line(v any) {
	e := json.NewEncoder(p.out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // strings, numbers and times always encode
	}
}

func counts(t digest.Tally) string {
	s := fmt.Sprintf("%d valid", t.Valid)
	if t.Invalid > 0 {
		s += fmt.Sprintf(", %d INVALID", t.Invalid)
	}
	if t.Unchecked > 0 {
		s += fmt.Sprintf(", %d not checked", t.Unchecked)
	}
	return s
}

func uri(bucket, object string) string { return "s3://" + bucket + "/" + object }

func clock(t time.Time) string { return t.UTC().Format(digest.TimeFormat) }

func quantity(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprint(n, " ", what, "s")
}
