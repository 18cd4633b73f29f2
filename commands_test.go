package orgtrail

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	command  = regexp.MustCompile(`(?:^|\(| )(?:go run \./cmd/)?orgtrail ([a-z]+)([^|&)]*)`)
	goal     = regexp.MustCompile(`^make ([a-z]+)`)
	flagName = regexp.MustCompile(`(?:^| )--([a-z][a-z0-9-]*)`)
)

// What the pages tell people to type exists: the program's commands with
// their flags, and the goals of make. A flag that stands alone is one of
// orgtrail serve.
func TestCommandsOfThePages(t *testing.T) {
	usage := usageOfCommands(t)
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"README.md", "README.ja.md", "CONTRIBUTING.md"} {
		for _, line := range codeOf(t, page) {
			if m := goal.FindStringSubmatch(line); m != nil && !strings.Contains(string(makefile), "\n"+m[1]+":") {
				t.Errorf("%s: there is no %q", page, m[0])
			}
			name, args := "serve", line
			if m := command.FindStringSubmatch(line); m != nil {
				name, args = m[1], m[2]
			} else if !strings.HasPrefix(line, "--") || strings.HasPrefix(line, "--endpoint-url") { // the AWS CLI's
				continue
			}
			help, ok := usage[name]
			if !ok {
				t.Errorf("%s: %q: there is no orgtrail %s", page, line, name)
			}
			for _, f := range flagName.FindAllStringSubmatch(args, -1) {
				if !regexp.MustCompile(`(?m)^ +-` + f[1] + `\b`).MatchString(help) {
					t.Errorf("%s: %q: orgtrail %s has no flag --%s", page, line, name, f[1])
				}
			}
		}
	}
}

// codeOf returns the code of a page: the lines of its blocks, and what stands
// between backquotes.
func codeOf(t *testing.T, page string) []string {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range fence.FindAllSubmatch(text, -1) {
		lines = append(lines, strings.Split(string(m[1]), "\n")...)
	}
	for _, m := range span.FindAllSubmatch(fence.ReplaceAll(text, nil), -1) {
		lines = append(lines, string(m[1]))
	}
	return lines
}

// usageOfCommands returns what each command of the program says of itself.
func usageOfCommands(t *testing.T) map[string]string {
	binary := filepath.Join(t.TempDir(), "orgtrail")
	if out, err := exec.Command("go", "build", "-o", binary, "./cmd/orgtrail").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	say := func(args ...string) string {
		out, err := exec.Command(binary, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("orgtrail %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	usage := make(map[string]string)
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z]+) `).FindAllStringSubmatch(say("help"), -1) {
		if m[1] == "version" { // it takes no flags
			usage[m[1]] = ""
			continue
		}
		usage[m[1]] = say(m[1], "-h")
	}
	if usage["serve"] == "" {
		t.Fatal("the usage lists no serve")
	}
	return usage
}
