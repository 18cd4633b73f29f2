package policy

import "encoding/json"

// Source is a policy as its author wrote it, parsed once: the form in which
// stored values hold their documents, so that no evaluation parses. The zero
// Source holds no policy.
type Source struct {
	text string
	doc  *Document
	ids  map[string]string
}

// stored is a Source whose principals are bound, as it is written. One without
// is its text.
type stored struct {
	Text string
	IDs  map[string]string
}

// NewSource parses a policy.
func NewSource(text string) (Source, error) {
	doc, err := Parse([]byte(text))
	return Source{text: text, doc: doc}, err
}

// Bind ties the users and roles that the policy names as principals to those
// who have these ARNs now, by their unique ids. A policy goes on meaning them
// when they are renamed, and never means another who takes the name after
// them. idOf returns "" of an ARN that nobody has whom an id would outlive.
func (s Source) Bind(idOf func(arn string) string) Source {
	if s.IsZero() {
		return s
	}
	ids := make(map[string]string)
	for i := range s.doc.Statements {
		if p := s.doc.Statements[i].principals; p != nil {
			for _, name := range p.names {
				if id := idOf(name); id != "" {
					ids[name] = id
				}
			}
		}
	}
	if len(ids) == 0 {
		return s
	}
	bound, err := newBound(s.text, ids)
	if err != nil {
		return s // it was parsed before
	}
	return bound
}

// IDOf returns the unique id that an ARN is bound to, "" when it is to none.
func (s Source) IDOf(arn string) string { return s.ids[arn] }

func newBound(text string, ids map[string]string) (Source, error) {
	s, err := NewSource(text)
	if err != nil {
		return s, err
	}
	s.ids = ids
	for i := range s.doc.Statements {
		if p := s.doc.Statements[i].principals; p != nil {
			p.ids = ids
		}
	}
	return s, nil
}

// Text is the policy as it was written.
func (s Source) Text() string { return s.text }

// Document is the parsed policy, nil for the zero Source.
func (s Source) Document() *Document { return s.doc }

// IsZero reports whether there is no policy.
func (s Source) IsZero() bool { return s.doc == nil }

// MarshalJSON writes the text, and whom its principals are bound to.
func (s Source) MarshalJSON() ([]byte, error) {
	if s.ids == nil {
		return json.Marshal(s.text)
	}
	return json.Marshal(stored{s.text, s.ids})
}

// UnmarshalJSON reads and parses what MarshalJSON writes.
func (s *Source) UnmarshalJSON(b []byte) error {
	var from stored
	into := any(&from.Text)
	if len(b) > 0 && b[0] == '{' {
		into = &from
	}
	if err := json.Unmarshal(b, into); err != nil {
		return err
	}
	var err error
	switch {
	case from.Text == "":
		*s = Source{}
	case from.IDs != nil:
		*s, err = newBound(from.Text, from.IDs)
	default:
		*s, err = NewSource(from.Text)
	}
	return err
}
