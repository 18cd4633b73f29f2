package iam

import (
	"regexp"
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{
		"ada": true, "A.b_c+d=e,f@g-h": true, strings.Repeat("x", 64): true,
		"": false, "a b": false, "a/b": false, "ä": false, "a\n": false, strings.Repeat("x", 65): false,
	} {
		if err := checkName("userName", name, 64); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	const want = "ValidationError: The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
	if err := checkName("userName", "a b", 64); err.Error() != want {
		t.Error(err)
	}
}

func TestCheckPath(t *testing.T) {
	for path, ok := range map[string]bool{
		"/": true, "/a/": true, "/a/b-c/": true, "/!~/": true, "/" + strings.Repeat("x", 510) + "/": true,
		"": false, "a/": false, "/a": false, "/a b/": false, "/ä/": false, "/" + strings.Repeat("x", 511) + "/": false,
	} {
		if err := checkPath(path); (err == nil) != ok {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func FuzzName(f *testing.F) {
	model := regexp.MustCompile(`\A[\w+=,.@-]{1,64}\z`)
	for _, s := range []string{"ada", "", "a/b", "ä", "a\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if ok := checkName("userName", s, 64) == nil; ok != model.MatchString(s) {
			t.Errorf("%q is a name: %v", s, ok)
		}
	})
}

func FuzzPath(f *testing.F) {
	model := regexp.MustCompile(`\A(?:/|/[!-~]+/)\z`)
	for _, s := range []string{"/", "//", "///", "/a/", "", "/a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if ok := checkPath(s) == nil; ok != (model.MatchString(s) && len(s) <= longestPath) {
			t.Errorf("%q is a path: %v", s, ok)
		}
		e := Entity{Account: account, Path: "/", Name: "x"}
		if userClass.call(&e, "x", s) == nil {
			if path, name := pathAndName(e.ARN); path != s || name != "x" {
				t.Errorf("%s has path %q", e.ARN, path)
			}
		}
	})
}
