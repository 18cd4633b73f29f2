package orgtrail

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// files returns the paths of the repository that fit a pattern, without what
// belongs to tools.
func files(t *testing.T, pattern string) []string {
	var found []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (path == ".git" || path == "bin") {
			return fs.SkipDir
		}
		if ok, _ := filepath.Match(pattern, d.Name()); ok && !d.IsDir() {
			found = append(found, path)
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		t.Fatal("no files", err)
	}
	return found
}

var (
	fence   = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```")
	span    = regexp.MustCompile("`([^`\n]*)`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	notSlug = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are the names under which the headings of a page can be linked to.
func anchors(page []byte) map[string]bool {
	found := make(map[string]bool)
	for _, h := range heading.FindAllSubmatch(fence.ReplaceAll(page, nil), -1) {
		slug := notSlug.ReplaceAllString(strings.ToLower(string(h[1])), "")
		found[strings.ReplaceAll(slug, " ", "-")] = true
	}
	return found
}

func TestLinks(t *testing.T) {
	for _, page := range files(t, "*.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		prose := span.ReplaceAll(fence.ReplaceAll(text, nil), nil)
		for _, m := range link.FindAllSubmatch(prose, -1) {
			checkLink(t, page, text, string(m[1]))
		}
	}
}

func checkLink(t *testing.T, page string, text []byte, to string) {
	if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
		return
	}
	path, anchor, _ := strings.Cut(to, "#")
	target := page
	if path != "" {
		target = filepath.Join(filepath.Dir(page), path)
		if _, err := os.Stat(target); err != nil {
			t.Errorf("%s links to %s, which does not exist", page, to)
			return
		}
	}
	if anchor == "" {
		return
	}
	if target != page {
		var err error
		if text, err = os.ReadFile(target); err != nil {
			t.Errorf("%s links to %s: %v", page, to, err)
			return
		}
	}
	if !anchors(text)[anchor] {
		t.Errorf("%s links to %s, which has no such heading", page, to)
	}
}

// Every package says what it is for: in its doc.go, in the file of main, or,
// where it is generated, in service.gen.go.
func TestPackageComments(t *testing.T) {
	for _, p := range packages(t) {
		path, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours {
			continue // the module's root
		}
		if !hasComment(t, path, "doc.go") && !hasComment(t, path, "main.go") && !hasComment(t, path, "service.gen.go") {
			t.Errorf("%s has no package comment in doc.go, main.go or service.gen.go", path)
		}
	}
}

func hasComment(t *testing.T, dir, file string) bool {
	name := filepath.Join(dir, file)
	if _, err := os.Stat(name); err != nil {
		return false
	}
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return f.Doc.Text() != ""
}
