package policy

import (
	"strings"
	"testing"
	"time"
)

func TestTextMatch(t *testing.T) {
	ctx := Context{
		"aws:username":          {"Zoë"},
		"aws:principaltag/team": {"red"},
		"aws:principaltag/star": {"*"},
		"aws:principaltag/odd":  {"a\xffb"},
		"aws:tagkeys":           {"one", "two"},
		"aws:useragent":         {""},
	}
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "anything at all", true},
		{"abc", "abc", true},
		{"abc", "ABC", false},
		{"abc", "abcd", false},
		{"abc*", "abc", true},
		{"abc*", "abcd/e:f", true},
		{"abc*", "ab", false},
		{"*abc", "xabc", true},
		{"*abc", "abcx", false},
		{"a*c", "abbbc", true},
		{"a*c", "ac", true},
		{"a*c", "ab", false},
		{"a**c", "abc", true},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"a?c", "aöc", true},
		{"??", "ö", false},
		{"??", "öö", true},
		{"*?x", "x", false},
		{"*?x", "öx", true},
		{"*ö*", "aöa", true},
		{"a*b*c*d", "a1b2c3d", true},
		{"a*b*c*d", "a1b2c3", false},
		{"*a*a*a*b", strings.Repeat("a", 200), false},
		{"arn:aws:s3:::b/*/x", "arn:aws:s3:::b/deep/er/x", true},

		{"home/${aws:username}/*", "home/Zoë/a", true},
		{"home/${AWS:UserName}/*", "home/Zoë/a", true},
		{"home/${ aws:username }/*", "home/Zoë/a", true},
		{"home/${aws:username}/*", "home/Bob/a", false},
		{"${aws:username}${aws:PrincipalTag/Team}", "Zoëred", true},
		{"${aws:PrincipalTag/none}", "", false},
		{"${aws:PrincipalTag/none, 'blue'}", "blue", true},
		{"${aws:PrincipalTag/none,'b, }*'}/*", "b, }*/x", true},
		{"${aws:PrincipalTag/team, 'blue'}", "red", true},
		{"${aws:PrincipalTag/team, 'blue'}", "blue", false},
		{"${aws:useragent, 'x'}", "", true}, // empty is a value
		{"${aws:TagKeys}", "one", false},    // several values are none
		{"${aws:TagKeys, 'x'}", "x", false},
		{"${aws:PrincipalTag/star}", "*", true},
		{"${aws:PrincipalTag/star}", "x", false},
		{"${aws:PrincipalTag/odd}", "a\xffb", false},
		{"${*}", "*", true},
		{"${*}", "x", false},
		{"a${?}*", "a?b", true},
		{"a${?}*", "acb", false},
		{"${$}{x}", "${x}", true},
		{"$x{}", "$x{}", true},
	} {
		text, err := compileText(c.pattern, true, true)
		if err != nil {
			t.Errorf("%q: %v", c.pattern, err)
			continue
		}
		if got := text.match(c.s, ctx); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.s, got)
		}
		if text.shape != template {
			if got := matchGlob(text.pattern, c.s, false); got != c.want {
				t.Errorf("%q globs %q: %v", c.pattern, c.s, got)
			}
		}
	}
}

func TestPlainText(t *testing.T) {
	text, err := compileText("a*${aws:username}", false, false)
	if err != nil || !text.match("a*${aws:username}", Context{"aws:username": {"x"}}) || text.match("abx", nil) {
		t.Errorf("wildcards and variables count where they should not: %v", err)
	}
}

func TestMalformedVariable(t *testing.T) {
	for _, s := range []string{"${", "${aws:username", "${}", "${ }", "${,'x'}", "${a:b,x}", "${a:b,'x}", "${a:b,'x'", "${a:b,'x'y}", "${*,'x'}"} {
		if _, err := compileText(s, true, true); err == nil {
			t.Errorf("%q: accepted", s)
		}
		if _, err := compileText(s, true, false); err != nil {
			t.Errorf("%q without variables: %v", s, err)
		}
	}
}

func TestMatchFold(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "s3:GetObject", true},
		{"S3:getobject", "s3:GetObject", true},
		{"s3:getobject", "s3:GetObjectAcl", false},
		{"s3:Get*", "S3:GETOBJECT", true},
		{"s3:Get*", "s3:PutObject", false},
		{"s3:Get*", "s3", false},
		{"s3:*Object", "s3:PutObject", true},
		{"s3:?etObject", "s3:GetObject", true},
		{"s3:*Object", "s3:PutObjectAcl", false},
	} {
		text := compileAction(c.pattern)
		if got := text.matchFold(c.s); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.s, got)
		}
	}
}

// The matcher must not take more than the product of the lengths.
func TestGlobIsNotExponential(t *testing.T) {
	pattern := wildcards(strings.Repeat("*a", 2000) + "b")
	done := make(chan bool)
	go func() { done <- matchGlob(pattern, strings.Repeat("a", 2000), false) }()
	select {
	case got := <-done:
		if got {
			t.Error("matched")
		}
	case <-time.After(time.Minute):
		t.Fatal("still matching after a minute")
	}
}

// naiveGlob is the definition of a match, in the plain words of recursion.
func naiveGlob(pattern, s []rune) bool {
	if len(pattern) == 0 {
		return len(s) == 0
	}
	if pattern[0] == '*' {
		return naiveGlob(pattern[1:], s) || len(s) > 0 && naiveGlob(pattern, s[1:])
	}
	return len(s) > 0 && (pattern[0] == '?' || pattern[0] == s[0]) && naiveGlob(pattern[1:], s[1:])
}

func FuzzGlob(f *testing.F) {
	f.Add("a*b?c", "aXXbYc")
	f.Add("*?ö*", "aöö")
	f.Add("**a*a", "aaaa")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		pattern, s = strings.ToValidUTF8(pattern, "."), strings.ToValidUTF8(s, ".")
		if len(pattern) > 12 || len(s) > 24 {
			return
		}
		want := naiveGlob([]rune(pattern), []rune(s))
		text, err := compileText(pattern, true, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := text.match(s, nil); got != want {
			t.Errorf("%q matches %q: %v, want %v", pattern, s, got, want)
		}
		if got := matchGlob(wildcards(pattern), s, false); got != want {
			t.Errorf("%q globs %q: %v, want %v", pattern, s, got, want)
		}
	})
}
