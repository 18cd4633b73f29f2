package pattern

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// SyntaxError is why a text is no pattern.
type SyntaxError struct {
	// Reason is what is wrong and, where it has a place, at which line and
	// column of the text. That of a filter policy begins with "FilterPolicy: ",
	// so that SNS can say "Invalid parameter: " before it, or "Invalid
	// parameter: Attributes Reason: " in Subscribe.
	Reason string

	filter bool // of a filter policy
	json   bool // the text is no JSON
}

// Error is the message of EventBridge's InvalidEventPatternException, or of
// SNS's InvalidParameter.
func (e *SyntaxError) Error() string {
	if e.filter {
		return "Invalid parameter: " + e.Reason
	}
	return "Event pattern is not valid. Reason: " + e.Reason
}

func refuse(format string, args ...any) *SyntaxError {
	return &SyntaxError{Reason: fmt.Sprintf(format, args...)}
}

// quoted is how much of a text is repeated in an error, in characters.
const quoted = 500

// place says where in a text an offset is.
func place(text string, offset int) string {
	before := text[:offset]
	line := 1 + strings.Count(before, "\n") + strings.Count(before, "\r") - strings.Count(before, "\r\n")
	column := 1 + units(before[strings.LastIndexAny(before, "\r\n")+1:])
	return "[Source: (String)" + excerpt(text) + "; line: " + strconv.Itoa(line) + ", column: " + strconv.Itoa(column) + "]"
}

func excerpt(text string) string {
	if units(text) <= quoted {
		return `"` + text + `"`
	}
	all := utf16.Encode([]rune(text))
	return `"` + string(utf16.Decode(all[:quoted])) + `"[truncated ` + strconv.Itoa(len(all)-quoted) + " chars]"
}

// units counts characters as UTF-16 does.
func units(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
