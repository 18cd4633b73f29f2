package policy

import "encoding/json"

// Source is a policy as its author wrote it, parsed once: the form in which
// stored values hold their documents, so that no evaluation parses. The zero
// Source holds no policy.
type Source struct {
	text string
	doc  *Document
}

// NewSource parses a policy.
func NewSource(text string) (Source, error) {
	doc, err := Parse([]byte(text))
	return Source{text, doc}, err
}

// Text is the policy as it was written.
func (s Source) Text() string { return s.text }

// Document is the parsed policy, nil for the zero Source.
func (s Source) Document() *Document { return s.doc }

// IsZero reports whether there is no policy.
func (s Source) IsZero() bool { return s.doc == nil }

// MarshalJSON writes the text.
func (s Source) MarshalJSON() ([]byte, error) { return json.Marshal(s.text) }

// UnmarshalJSON reads and parses the text.
func (s *Source) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	if text == "" {
		*s = Source{}
		return nil
	}
	var err error
	*s, err = NewSource(text)
	return err
}
