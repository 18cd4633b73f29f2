package filter

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// maxRegexes is how many regular expressions a pattern may have.
const maxRegexes = 2

// maxProgram is how many instructions a regular expression may compile to.
const maxProgram = 4000

// parseRegex reads a regular expression between percent signs. The language is
// small: no groups, no characters beyond ASCII. Matching takes linear time.
func (c *cursor) parseRegex() (*regexp.Regexp, error) {
	start := c.pos
	length := strings.IndexByte(c.text[start+1:], '%')
	if length < 0 {
		return nil, c.failAt(start, "the regular expression is not closed by %%")
	}
	if c.regexes++; c.regexes > maxRegexes {
		return nil, c.failAt(start, "the pattern has more than %d regular expressions", maxRegexes)
	}
	source := c.text[start+1 : start+1+length]
	if source == "" {
		return nil, c.failAt(start, "the regular expression is empty")
	}
	if at, ok := checkRegex(source); !ok {
		return nil, c.failAt(start+1+at, "%q is not supported in regular expressions", source[at:])
	}
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil, c.failAt(start, "invalid regular expression")
	}
	if program, err := syntax.Compile(tree.Simplify()); err != nil || len(program.Inst) > maxProgram {
		return nil, c.failAt(start, "the regular expression is too large")
	}
	c.pos = start + length + 2
	return regexp.MustCompile(source), nil
}

// checkRegex returns the index of the first thing that the language does not
// have.
func checkRegex(s string) (at int, ok bool) {
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case isAlphanumeric(b), strings.IndexByte(`:_#=@/;,-^$?[]{}|*+.`, b) >= 0:
		case b == '\\' && i+1 < len(s) && escapable(s[i+1]):
			i++
		default:
			return i, false
		}
	}
	return 0, true
}

// escapable are the classes that a backslash names, \x for a byte in
// hexadecimal, and punctuation, which it takes as it is.
func escapable(b byte) bool {
	if isAlphanumeric(b) {
		return strings.IndexByte("dDsSwWx", b) >= 0
	}
	return b > ' ' && b < 0x7f
}
