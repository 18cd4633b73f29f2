package advice

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// refusal says what the service answers to who wants to store the document.
func (l *linter) refusal() {
	service, err := l.p.ask(l.p.text)
	if err == nil {
		return
	}
	text := refused(service, err)
	for i := range l.p.Statements {
		// Whatever is wrong with a statement is wrong with it alone, too.
		if _, alone := l.p.ask(l.p.alone(i)); alone != nil && alone.Message == err.Message {
			l.at(i, Error, ruleRefused, "%s", text)
			return
		}
	}
	l.document(Error, ruleRefused, "%s", text)
}

// ask hands a document to the service that would store it.
func (p *Policy) ask(text []byte) (service string, refusal *aws.Error) {
	switch p.Kind {
	case Bucket:
		if p.Bucket == "" {
			return "S3", nil
		}
		return "S3", policy.CheckBucket(text, p.Bucket, nil)
	case Trust:
		return "IAM", policy.CheckTrust(text, nil)
	case SCP:
		return "Organizations", policy.CheckSCP(text)
	case RCP:
		return "Organizations", policy.CheckRCP(text)
	case Resource:
		return "", nil
	}
	return "IAM", policy.CheckIdentity(text)
}

// refused says what a service answers.
func refused(service string, refusal *aws.Error) string {
	return fmt.Sprintf("%s refuses the policy: %s: %s", service, refusal.Code, refusal.Message)
}

// alone is the document with one of its statements.
func (p *Policy) alone(i int) []byte {
	s := &p.Statements[i]
	version := ""
	if p.Version != "" {
		version = `"Version":"` + p.Version + `",`
	}
	return fmt.Appendf(nil, `{%s"Statement":[%s]}`, version, p.text[s.Start:s.End])
}

// The sizes that services accept: a bucket policy in bytes, the policies of an
// organization in characters, those of IAM in characters that are not white
// space.
const (
	bucketSize       = 20 * 1024
	organizationSize = 5120
	managedSize      = 6144
	inlineSize       = 10240
	trustSize        = 2048
	sessionSize      = 2048
)

func (l *linter) size(text []byte) {
	over := func(n, limit int, unit, what string) {
		if n > limit {
			l.document(Error, ruleSize, "%d %s, and %s takes %d", n, unit, what, limit)
		}
	}
	const dense = "characters without white space"
	switch l.p.Kind {
	case Bucket:
		over(len(text), bucketSize, "bytes", "a bucket policy")
	case SCP, RCP:
		over(utf8.RuneCount(text), organizationSize, "characters", "a policy of an organization")
	case Boundary:
		over(denseLength(text), managedSize, dense, "a permissions boundary")
	case Trust:
		over(denseLength(text), trustSize, dense, "a trust policy, unless the quota was raised,")
	case Session:
		over(utf8.RuneCount(text), sessionSize, "characters", "a session policy")
	case Identity:
		n := denseLength(text)
		over(n, inlineSize, dense, "even an inline policy of a role")
		if n > managedSize && n <= inlineSize {
			l.document(Warning, ruleSize, "%d %s fit into the inline policies of a role alone: a managed policy takes %d", n, dense, managedSize)
		}
	}
}

func denseLength(text []byte) int {
	n := 0
	for _, r := range string(text) {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}
