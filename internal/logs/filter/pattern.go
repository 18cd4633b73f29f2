package filter

import ()

// MaxLength is how many bytes a pattern may have.
const MaxLength = 1024

// Pattern is a compiled filter pattern. It may be used by several goroutines
// at once.
type Pattern struct {
	matcher
	regexes int
}

// matcher is what terms, fields and conditions have in common.
type matcher interface {
	match(message []byte) bool
	// extract returns the values that the pattern names in a message that it
	// matches.
	extract(message []byte) map[string]string
	// needs are what every matching message contains.
	needs() needs
}

// Parse compiles a filter pattern. The error is a [*SyntaxError].
func Parse(pattern string) (*Pattern, error) {
	if len(pattern) > MaxLength {
		return nil, &SyntaxError{Offset: MaxLength, Message: "the pattern has more than 1024 characters"}
	}
	c := &cursor{text: pattern}
	var m matcher
	var err error
	switch c.space(); c.peek() {
	case '{':
		m, err = parseDocument(c)
	case '[':
		m, err = parseLine(c)
	default:
		m, err = parseTerms(c)
	}
	if err != nil {
		return nil, err
	}
	return &Pattern{m, c.regexes}, nil
}

// Match reports whether the pattern matches a message.
func (p *Pattern) Match(message []byte) bool { return p.match(message) }

// Extract reports whether the pattern matches a message, and returns the
// values that it names there, as TestMetricFilter shows them: under the
// selectors of conditions that find something, and under $name or $1 for every
// word of a line. For terms the map is empty.
func (p *Pattern) Extract(message []byte) (map[string]string, bool) {
	if !p.match(message) {
		return nil, false
	}
	return p.extract(message), true
}

// Names reports whether the pattern names values of a message, as conditions
// and lines do.
func (p *Pattern) Names() bool {
	_, is := p.matcher.(*terms)
	return !is
}

// HasRegex reports whether there is a regular expression in the pattern.
func (p *Pattern) HasRegex() bool { return p.regexes > 0 }

// May reports whether any message in data could match: false is certain, true
// is not. Data may be many messages in a row, as long as none is cut.
func (p *Pattern) May(data []byte) bool {
	n := p.needs()
	return n.metBy(data)
}
