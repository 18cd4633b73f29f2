package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/orgtrail/orgtrail/internal/advice"
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
)

const simulateAbout = `usage: orgtrail policy simulate [--explain] [FILE]

Decides requests as the server decides its calls. Reads one scenario a line, a
JSON object, from FILE or from standard input, and writes one decision a line.

`

const simulateFields = `
A scenario:

  principal                string           who calls: the ARN of a user, a role, a role session, a
                                            federated user or the root of an account, or
                                            service:cloudtrail.amazonaws.com, or anonymous
  action                   string           s3:PutObject
  resource                 string           an ARN; "*", the default, where the action knows none
  resourceAccount          string           who owns it; default: the account in its ARN, else the caller's
  context                  object           condition keys, each with its list of values; the case of
                                            letters does not count
  identityPolicies         list of policies of the user or the role, and of its groups
  resourcePolicy           policy           of the resource
  permissionBoundaries     list of policies absent: none is set
  sessionPolicies          list of policies absent: none was passed
  serviceControlPolicies   list of levels,  from the root of the organization to the caller's account, each
                                            a list of policies; absent: exempt
  resourceControlPolicies  list of levels   to the account of the resource; absent: exempt

A policy is a JSON object or a string that holds one. A field that is null or
an empty list is absent. A level without policies allows nothing; give
FullAWSAccess where it is attached. No other field may stand in a scenario.

The context gets the keys that follow from the principal (aws:PrincipalArn,
aws:PrincipalAccount, aws:PrincipalType, aws:username, aws:userid where the ARN
tells it, aws:PrincipalIsAWSService, …) and aws:ResourceAccount, unless they are
given; an empty list keeps a key away. A session is one without MFA. A role
stands for a session of it named ` + sessionName + `. Give aws:PrincipalArn for a session of a
role that has a path, as service-linked roles have. No time is added.

Nothing but resourcePolicy can allow sts:AssumeRole*, sts:TagSession,
sts:SetSourceIdentity and sts:SetContext, where it is the role's trust policy,
and kms:* on a key; a key policy or a trust policy that names the account hands
the question on to the identity policies.

A decision:

  line        the number of the scenario's line
  decision    allowed, explicitDeny or implicitDeny
  reason      why: AWS's message where it is refused
  statements  those that decided, each with its kind (identity, resource, trust, scp, rcp, boundary,
              session), level (of scp and rcp), policy, statement (places from 0) and sid

  {"principal":"arn:aws:iam::111111111111:user/zoe","action":"s3:GetObject","resource":"arn:aws:s3:::my-bucket/key","identityPolicies":[{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}]}
  {"line":1,"decision":"allowed","reason":"allowed by an identity-based policy","statements":[{"kind":"identity","policy":0,"statement":0,"sid":"Read"}]}

Of a line that is no scenario it writes {"line": …, "error": …}, goes on, and
ends with exit status 1.
`

// policySimulate decides scenarios.
func policySimulate(ctx context.Context, args []string) error {
	var explain bool
	name, err := parseWithFile(simulateFlags(&explain), args)
	if err != nil {
		return err
	}
	in, err := openInput(name)
	if err != nil {
		return err
	}
	defer in.Close()
	return interruptible(ctx, func() error { return simulate(in, os.Stdout, explain) })
}

func simulateFlags(explain *bool) *flag.FlagSet {
	f := newFlags("policy simulate")
	f.BoolVar(explain, "explain", isTerminal(os.Stdout), "say in words what each kind of policy says, and what does not match in those that are silent (default when the output is a terminal)")
	f.Usage = func() {
		fmt.Fprint(f.Output(), simulateAbout)
		f.PrintDefaults()
		fmt.Fprint(f.Output(), simulateFields)
	}
	return f
}

// simulate answers each line of in with one of out, or in words.
func simulate(in io.Reader, out io.Writer, explain bool) error {
	r, w := bufio.NewReader(in), bufio.NewWriter(out)
	all, failed := 0, 0
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return errors.Join(err, w.Flush())
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			all++
			if !answerScenario(w, n, line, explain) {
				failed++
			}
		}
		if r.Buffered() == 0 { // whoever asks one at a time gets the answer
			if err := w.Flush(); err != nil {
				return err
			}
		}
		if err == io.EOF {
			break
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s could not be read", failed, quantity(all, "scenario"))
	}
	return nil
}

// answerScenario writes the decision of one scenario. It reports whether there is one.
func answerScenario(w io.Writer, n int, line []byte, explain bool) bool {
	s, err := readScenario(line)
	switch {
	case err != nil && explain:
		fmt.Fprintf(w, "line %d: error: %v\n\n", n, err)
	case err != nil:
		writeLine(w, struct {
			Line  int    `json:"line"`
			Error string `json:"error"`
		}{n, err.Error()})
	case explain:
		explainScenario(w, n, s)
	default:
		writeLine(w, decisionOf(n, s))
	}
	return err == nil
}

// decision is one line of the output.
type decision struct {
	Line       int                `json:"line"`
	Decision   string             `json:"decision"`
	Reason     string             `json:"reason"`
	Statements []decidedStatement `json:"statements"`
}

type decidedStatement struct {
	Kind      string `json:"kind"`
	Level     *int   `json:"level,omitempty"`
	Policy    int    `json:"policy"`
	Statement int    `json:"statement"`
	Sid       string `json:"sid,omitempty"`
}

// kindNames are the kinds of policies in the output.
var kindNames = map[policy.Kind]string{
	policy.Identity: "identity", policy.Resource: "resource", policy.Trust: "trust", policy.SCP: "scp",
	policy.RCP: "rcp", policy.Boundary: "boundary", policy.Session: "session",
}

func decisionOf(n int, s *advice.Scenario) decision {
	result := s.Decide()
	d := decision{n, result.Decision.String(), reasonOf(s, result), []decidedStatement{}}
	for _, p := range result.Places {
		at := decidedStatement{Kind: kindNames[p.Kind], Policy: p.Policy, Statement: p.Statement, Sid: p.Sid}
		if p.Level >= 0 {
			at.Level = &p.Level
		}
		d.Statements = append(d.Statements, at)
	}
	return d
}

// reasonOf is AWS's message, or which kinds of policies allow.
func reasonOf(s *advice.Scenario, d advice.Decision) string {
	if d.Decision != policy.Allowed {
		return d.Message(s.Request)
	}
	var words []string
	for _, p := range d.Places {
		article := "a "
		if p.Kind == policy.Identity {
			article = "an "
		}
		words = append(words, article+p.Kind.String())
	}
	if s.Request.Principal.Type == aws.Root && len(words) == 0 {
		return "allowed: the root user needs no policy of its own"
	}
	return "allowed by " + joinWords(words)
}

// joinWords joins words as a sentence does.
func joinWords(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}

func writeLine(w io.Writer, v any) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(v) // a writer that fails tells when it is flushed
}
