package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the golden files")

// golden runs a test for each archive of a directory. run gets the archive's
// input files and returns what the rest of the archive must be.
func golden(t *testing.T, dir string, inputs int, run func(t *testing.T, in map[string][]byte) []txtar.File) {
	paths, err := filepath.Glob(filepath.Join("testdata/policy", dir, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			path, _ := filepath.Abs(path)
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := txtar.Format(a)
			in := make(map[string][]byte)
			for _, f := range a.Files[:inputs] {
				in[f.Name] = f.Data
			}
			a.Files = append(a.Files[:inputs], run(t, in)...)
			got := txtar.Format(a)
			if *update {
				if err := os.WriteFile(path, got, 0o666); err != nil {
					t.Fatal(err)
				}
			} else if !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestPolicyCheck(t *testing.T) {
	golden(t, "check", 2, func(t *testing.T, in map[string][]byte) []txtar.File {
		t.Chdir(t.TempDir())
		if err := os.WriteFile("policy.json", in["policy.json"], 0o666); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		c, err := parsePolicyCheck(append(strings.Fields(string(in["args"])), "policy.json"), &out, &errs)
		if err == nil {
			err = c.run()
		}
		fmt.Fprintf(&errs, "exit %d", status(err))
		if err != nil && !errors.Is(err, errUsage) {
			fmt.Fprintf(&errs, ": %v", err)
		}
		errs.WriteByte('\n')
		return []txtar.File{{Name: "output", Data: out.Bytes()}, {Name: "errors", Data: errs.Bytes()}}
	})
}

// status is what main ends with.
func status(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		return 2
	}
	return 1
}

func TestPolicySimulate(t *testing.T) {
	golden(t, "simulate", 1, func(t *testing.T, in map[string][]byte) []txtar.File {
		var decisions, words bytes.Buffer
		err := simulate(bytes.NewReader(in["scenarios"]), &decisions, false)
		again := simulate(bytes.NewReader(in["scenarios"]), &words, true)
		if fmt.Sprint(err) != fmt.Sprint(again) {
			t.Errorf("%v, and in words %v", err, again)
		}
		if err != nil {
			fmt.Fprintf(&words, "exit %d: %v\n", status(err), err)
		}
		return []txtar.File{{Name: "decisions", Data: decisions.Bytes()}, {Name: "words", Data: words.Bytes()}}
	})
}

func TestPolicyUsage(t *testing.T) {
	for _, c := range []struct {
		args string
		want int
	}{
		{"check --fix policy.json", 2},
		{"check --prefix p policy.json", 2},
		{"check --organization o-exampleorgid policy.json", 2},
		{"check --kind lambda policy.json", 2},
		{"check one.json two.json", 2},
		{"check --nope", 2},
		{"check testdata/policy/missing.json", 2},
		{"simulate testdata/policy/missing.jsonl", 1},
		{"simulate one two", 2},
		{"chek", 2},
		{"", 2},
	} {
		if got := status(policies(t.Context(), strings.Fields(c.args))); got != c.want {
			t.Errorf("%s: %d, want %d", c.args, got, c.want)
		}
	}
}

func TestSplitArgs(t *testing.T) {
	f := newFlags("test")
	f.String("value", "", "")
	f.Bool("truth", false, "")
	for args, want := range map[string]string{
		"a":                 "[] [a]",
		"--value v a":       "[--value v] [a]",
		"a -value v":        "[-value v] [a]",
		"--value=v a":       "[--value=v] [a]",
		"--truth a":         "[--truth] [a]",
		"- --truth":         "[--truth] [-]",
		"--nope a":          "[--nope] [a]",
		"a --value":         "[--value] [a]",
		"--truth -- --file": "[--truth] [--file]",
	} {
		flags, others := splitArgs(f, strings.Fields(args))
		if got := fmt.Sprint(flags, others); got != strings.Replace(want, "] [", "] [", 1) {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
}

func FuzzReadScenario(f *testing.F) {
	paths, _ := filepath.Glob("testdata/policy/simulate/*.txtar")
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for line := range bytes.Lines(a.Files[0].Data) {
			f.Add(bytes.TrimSpace(line))
		}
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		s, err := readScenario(line)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		d := decisionOf(1, s)
		if d.Reason == "" {
			t.Errorf("%s: no reason", d.Decision)
		}
		var words bytes.Buffer
		explainScenario(&words, 1, s)
		// A statement that denies is the only one that decides, and the
		// opinions know it.
		if d.Decision == "explicitDeny" && (len(d.Statements) != 1 || !strings.Contains(words.String(), "denies: ")) {
			t.Errorf("denied by %v:\n%s", d.Statements, &words)
		}
		if d.Decision == "allowed" && strings.Contains(words.String(), " denies: ") {
			t.Errorf("allowed:\n%s", &words)
		}
	})
}
