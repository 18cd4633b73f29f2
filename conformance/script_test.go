package conformance

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// binary is the server under test, built once.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "orgtrail-conformance-")
	if err == nil {
		binary = filepath.Join(dir, "orgtrail")
		var out []byte
		if out, err = exec.Command("go", "build", "-o", binary, "github.com/orgtrail/orgtrail/cmd/orgtrail").CombinedOutput(); err != nil {
			err = fmt.Errorf("%w\n%s", err, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// needCLI returns the path of the AWS CLI. Where it is missing the scripts
// are skipped, except in continuous integration, where that would be a hole.
func needCLI(t *testing.T) string {
	path, err := exec.LookPath("aws")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("the AWS CLI is not installed")
		}
		t.Skip("the AWS CLI is not installed")
	}
	return path
}

func TestScripts(t *testing.T) {
	cli := needCLI(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			for _, name := range []string{"PYENV_ROOT", "PYENV_VERSION", "GOCOVERDIR"} {
				if v, ok := os.LookupEnv(name); ok {
					e.Setenv(name, v)
				}
			}
			if e.Getenv("PYENV_ROOT") == "" {
				e.Setenv("PYENV_ROOT", filepath.Join(os.Getenv("HOME"), ".pyenv"))
			}
			e.Setenv("AWS_PAGER", "")
			e.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			e.Setenv("AWS_CLI", cli)
			// Older CLIs sign URLs with a version of signatures that is gone.
			config := filepath.Join(e.WorkDir, "aws-config")
			e.Setenv("AWS_CONFIG_FILE", config)
			if err := os.WriteFile(config, []byte("[default]\ns3 =\n  signature_version = s3v4\n"), 0o600); err != nil {
				return err
			}
			e.Setenv("NO_COLOR", "1")
			s := &script{env: e}
			e.Values[scriptKey{}] = s
			e.Defer(s.stop)
			return nil
		},
		Cmds:      commands,
		Condition: condition,
	})
}

// commands are what scripts know beyond testscript's own, which come first
// where a name is taken.
var commands = map[string]func(*testscript.TestScript, bool, []string){
	"serve":      func(ts *testscript.TestScript, neg bool, args []string) { of(ts).serve(ts, args) },
	"halt":       func(ts *testscript.TestScript, neg bool, args []string) { of(ts).terminate(ts, os.Interrupt) },
	"crash":      func(ts *testscript.TestScript, neg bool, args []string) { of(ts).terminate(ts, os.Kill) },
	"as":         func(ts *testscript.TestScript, neg bool, args []string) { of(ts).as(ts, args) },
	"assume":     func(ts *testscript.TestScript, neg bool, args []string) { of(ts).assume(ts, args) },
	"aws":        func(ts *testscript.TestScript, neg bool, args []string) { of(ts).aws(ts, neg, args) },
	"refused":    func(ts *testscript.TestScript, neg bool, args []string) { of(ts).refused(ts, args) },
	"eventually": func(ts *testscript.TestScript, neg bool, args []string) { of(ts).eventually(ts, args) },
	"output":     func(ts *testscript.TestScript, neg bool, args []string) { of(ts).output(ts, args) },
	"let":        func(ts *testscript.TestScript, neg bool, args []string) { of(ts).let(ts, args) },
	"dev":        func(ts *testscript.TestScript, neg bool, args []string) { of(ts).dev(ts, args) },
	"records":    func(ts *testscript.TestScript, neg bool, args []string) { of(ts).records(ts, args) },
	"files":      func(ts *testscript.TestScript, neg bool, args []string) { of(ts).files(ts, args) },
	"record":     func(ts *testscript.TestScript, neg bool, args []string) { of(ts).record(ts, args) },
	"credentials": func(ts *testscript.TestScript, neg bool, args []string) {
		ts.Setenv("AWS_ACCESS_KEY_ID", args[0])
		ts.Setenv("AWS_SECRET_ACCESS_KEY", args[1])
		ts.Setenv("AWS_SESSION_TOKEN", "")
	},
	"account": func(ts *testscript.TestScript, neg bool, args []string) { of(ts).account(ts, args) },
	"await":   func(ts *testscript.TestScript, neg bool, args []string) { of(ts).await(ts, args) },
	"expand":  expand,

	// put-and-fail gives the bucket a policy that CloudTrail finds wanting.
	"put-and-fail": func(ts *testscript.TestScript, neg bool, args []string) {
		s := of(ts)
		s.aws(ts, false, []string{"s3api", "put-bucket-policy", "--bucket", "my-bucket", "--policy", "file://" + args[0]})
		s.refused(ts, []string{
			"InsufficientS3BucketPolicyException", "Incorrect S3 bucket policy is detected for bucket: my-bucket",
			"cloudtrail", "create-trail", "--name", "my-trail", "--s3-bucket-name", "my-bucket", "--is-organization-trail",
		})
	},
}

// condition answers the scripts' [conditions] about the AWS CLI: [cli1] is that
// it is of the first version, which has commands that the second does not, and
// [recent] that it knows the operations and members of the last years.
func condition(cond string) (bool, error) {
	major, minor := cliVersion()
	switch cond {
	case "cli1":
		return major == 1, nil
	case "recent":
		return major == 1 && minor >= 40 || major == 2 && minor >= 27, nil
	}
	return false, fmt.Errorf("unknown condition %q", cond)
}

// cliVersion is that of the AWS CLI, zero when there is none.
var cliVersion = sync.OnceValues(func() (major, minor int) {
	out, _ := exec.Command("aws", "--version").CombinedOutput()
	fmt.Sscanf(string(out), "aws-cli/%d.%d", &major, &minor)
	return major, minor
})

type scriptKey struct{}

func of(ts *testscript.TestScript) *script { return ts.Value(scriptKey{}).(*script) }

// expand replaces $NAME in files of the script with the environment's values.
//
//	expand policy.json ...
func expand(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		path := ts.MkAbs(name)
		text := os.Expand(ts.ReadFile(name), func(key string) string {
			if key == "" || strings.ToUpper(key) != key {
				return "$" + key
			}
			return ts.Getenv(key)
		})
		ts.Check(os.WriteFile(path, []byte(text), 0o600))
	}
}
