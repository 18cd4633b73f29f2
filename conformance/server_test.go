package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/orgtrail/orgtrail/internal/server"
)

// script is the state of one running script: its server and who it acts as.
type script struct {
	env     *testscript.Env
	server  *exec.Cmd
	log     buffer // of all its servers
	profile server.Profile
	ahead   time.Duration // of the server's clock, by what the script advanced it
}

// startPatience is how long a server, or what it does in its own time, is
// waited for: it is over when something hangs.
const startPatience = 2 * time.Minute

// buffer is what several processes write and a test reads meanwhile.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// serve starts the server, on a port of its own and the script's data
// directory, and acts as its first user from then on. The key that the script
// acts with before is the server's to other stores.
//
//	serve [flags of orgtrail serve]
func (s *script) serve(ts *testscript.TestScript, args []string) {
	data := ts.MkAbs("data")
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data}, args...)
	s.server = exec.Command(binary, args...)
	s.server.Dir = ts.MkAbs(".")
	s.server.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+ts.Getenv("AWS_ACCESS_KEY_ID"), "AWS_SECRET_ACCESS_KEY="+ts.Getenv("AWS_SECRET_ACCESS_KEY"))
	s.server.Stderr = &s.log
	tether(s.server)
	os.Remove(filepath.Join(data, "config"))
	ts.Check(s.server.Start())
	for deadline := time.Now().Add(startPatience); ; time.Sleep(5 * time.Millisecond) {
		p, err := server.ReadProfile(data)
		if err == nil && healthy(p.Endpoint) {
			s.profile = p
			break
		}
		if time.Now().After(deadline) {
			ts.Fatalf("the server did not start: %v\n%s", err, s.log.String())
		}
	}
	ts.Setenv("AWS_ACCESS_KEY_ID", s.profile.AccessKeyID)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", s.profile.SecretAccessKey)
	ts.Setenv("AWS_SESSION_TOKEN", "")
	ts.Setenv("AWS_DEFAULT_REGION", s.profile.Region)
	ts.Setenv("AWS_REGION", s.profile.Region)
	ts.Setenv("ENDPOINT", s.profile.Endpoint)
}

func healthy(endpoint string) bool {
	resp, err := http.Get(endpoint + "/_orgtrail/health")
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// terminate ends the server with a signal and waits for its end.
func (s *script) terminate(ts *testscript.TestScript, signal os.Signal) {
	ts.Check(s.server.Process.Signal(signal))
	err := s.server.Wait()
	s.server = nil
	if signal != os.Kill && err != nil {
		ts.Fatalf("the server did not stop in good order: %v\n%s", err, s.log.String())
	}
}

// stop ends a server that the script left running.
func (s *script) stop() {
	if s.server != nil {
		s.server.Process.Kill()
		s.server.Wait()
	}
	if strings.Contains(s.log.String(), "panic") {
		panic("the server panicked:\n" + s.log.String())
	}
}

// as acts as the root of an account from now on, on a server with --dev.
//
//	as ACCOUNT
func (s *script) as(ts *testscript.TestScript, args []string) {
	ts.Setenv("AWS_ACCESS_KEY_ID", args[0])
	ts.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	ts.Setenv("AWS_SESSION_TOKEN", "")
}

// assume acts as a role from now on; assume without a role acts as the first
// user again.
//
//	assume ROLE-ARN SESSION-NAME
func (s *script) assume(ts *testscript.TestScript, args []string) {
	ts.Setenv("AWS_ACCESS_KEY_ID", s.profile.AccessKeyID)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", s.profile.SecretAccessKey)
	ts.Setenv("AWS_SESSION_TOKEN", "")
	if len(args) == 0 {
		return
	}
	s.aws(ts, false, []string{"sts", "assume-role", "--role-arn", args[0], "--role-session-name", args[1]})
	var out struct {
		Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &out))
	ts.Setenv("AWS_ACCESS_KEY_ID", out.Credentials.AccessKeyId)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", out.Credentials.SecretAccessKey)
	ts.Setenv("AWS_SESSION_TOKEN", out.Credentials.SessionToken)
}

// aws runs the AWS CLI against the server. The endpoint is an option, because
// older CLIs do not read it from the environment.
func (s *script) aws(ts *testscript.TestScript, neg bool, args []string) {
	s.cli(ts, neg, append([]string{"--endpoint-url", s.profile.Endpoint, "--output", "json"}, args...))
}

// cli runs the AWS CLI, which finds the server by itself.
func (s *script) cli(ts *testscript.TestScript, neg bool, args []string) {
	switch err := ts.Exec(ts.Getenv("AWS_CLI"), args...); {
	case err != nil && !neg:
		ts.Fatalf("aws: %v\n%s\n%s", err, ts.ReadFile("stderr"), s.log.String())
	case err == nil && neg:
		ts.Fatalf("aws succeeded:\n%s", ts.ReadFile("stdout"))
	}
}

// eventually runs the AWS CLI until its output matches a pattern: for what
// the server does in its own time.
//
//	eventually PATTERN aws-arguments...
func (s *script) eventually(ts *testscript.TestScript, args []string) {
	pattern := regexp.MustCompile(args[0])
	s.until(ts, "output that matches "+args[0], func() bool {
		s.aws(ts, false, args[1:])
		return pattern.MatchString(ts.ReadFile("stdout"))
	})
}

// refused runs the AWS CLI and wants this error and no other. A message that
// ends in … is the beginning of one.
//
//	refused CODE MESSAGE aws-arguments...
func (s *script) refused(ts *testscript.TestScript, args []string) {
	code, message := args[0], args[1]
	s.aws(ts, true, args[2:])
	got := strings.TrimSpace(ts.ReadFile("stderr"))
	m := regexp.MustCompile(`(?s)An error occurred \(([\w.]+)\) when calling the (\w+) operation(?: \([^)]*\))?: (.*)`).FindStringSubmatch(got)
	if m == nil || m[1] != code {
		ts.Fatalf("want %s, got: %s", code, got)
	}
	if begin, isBeginning := strings.CutSuffix(message, "…"); m[3] != message && !(isBeginning && strings.HasPrefix(m[3], begin)) {
		ts.Fatalf("want %s: %s\ngot  %s: %s", code, message, m[1], m[3])
	}
}

// output compares the standard output of the last command, as JSON, with a
// file of the script, in which $NAME is a variable and "*" matches anything.
//
//	output FILE
func (s *script) output(ts *testscript.TestScript, args []string) {
	want := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	got := ts.ReadFile("stdout")
	var w, g any
	ts.Check(json.Unmarshal([]byte(want), &w))
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		ts.Fatalf("not JSON: %v\n%s", err, got)
	}
	if !same(w, g) {
		ts.Fatalf("want %s\ngot %s", want, got)
	}
}

func same(want, got any) bool {
	switch w := want.(type) {
	case string:
		return w == "*" || w == got
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for k := range w {
			if v, ok := g[k]; !ok || !same(w[k], v) {
				return false
			}
		}
		return true
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for i := range w {
			if !same(w[i], g[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(want, got)
}

// let sets a variable to a member of the last command's JSON output.
//
//	let NAME Member.Member.0
func (s *script) let(ts *testscript.TestScript, args []string) {
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
	for part := range strings.SplitSeq(args[1], ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			var i int
			fmt.Sscan(part, &i)
			if i >= len(x) {
				ts.Fatalf("%s: no element %s", args[1], part)
			}
			v = x[i]
		default:
			ts.Fatalf("%s: nothing has the member %s", args[1], part)
		}
	}
	ts.Setenv(args[0], fmt.Sprint(v))
}

// dev calls an endpoint of development.
//
//	dev flush | dev reset | dev clock 1h
func (s *script) dev(ts *testscript.TestScript, args []string) {
	body := "{}"
	switch args[0] {
	case "reset":
		s.ahead = 0
	case "clock":
		d, err := time.ParseDuration(args[1])
		ts.Check(err)
		s.ahead += d
		body = `{"advance":"` + args[1] + `"}`
	}
	resp, err := http.Post(s.profile.Endpoint+"/_orgtrail/dev/"+args[0], "application/json", strings.NewReader(body))
	ts.Check(err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(resp.Body)
		ts.Fatalf("dev %s: %s: %s", args[0], resp.Status, b)
	}
}

// account waits until a member account has been created, and sets a variable
// to its id.
//
//	account NAME REQUEST-ID
func (s *script) account(ts *testscript.TestScript, args []string) {
	s.until(ts, "the account "+args[1], func() bool {
		s.aws(ts, false, []string{"organizations", "describe-create-account-status", "--create-account-request-id", args[1]})
		return strings.Contains(ts.ReadFile("stdout"), `"SUCCEEDED"`)
	})
	s.let(ts, []string{args[0], "CreateAccountStatus.AccountId"})
}

// until asks again and again until a condition holds.
func (s *script) until(ts *testscript.TestScript, what string, holds func() bool) {
	for deadline := time.Now().Add(startPatience); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("waited in vain for %s\n%s", what, s.log.String())
		}
	}
}
