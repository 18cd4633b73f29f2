package pattern

import (
	"bytes"
	"strings"
)

// node is what a pattern wants of an object, an array or a leaf of an event.
type node struct {
	leaf     bool
	value    value
	array    bool
	elements []*node
	members  []kept
}

// kept is one member of an object that a pattern wants.
type kept struct {
	step *step
	node *node
}

// find returns the step of a name that may have dots, nil when nothing is
// wanted under it.
func (s *step) find(name string) *step {
	for s != nil {
		first, rest, dotted := strings.Cut(name, ".")
		s = s.next[first]
		if !dotted {
			return s
		}
		name = rest
	}
	return nil
}

// put adds a member under a name that find knows. Each dot is an object more.
func (n *node) put(s *step, name string, v *node) {
	for {
		first, rest, dotted := strings.Cut(name, ".")
		s = s.next[first]
		if !dotted {
			n.members = append(n.members, kept{s, v})
			return
		}
		inner := &node{}
		n.members = append(n.members, kept{s, inner})
		n, name = inner, rest
	}
}

// scanner walks over an event, which is valid JSON.
type scanner struct {
	src []byte
	pos int
}

// value keeps what is wanted of the value at the position, nil when that is
// nothing, and moves behind it. The position is at the value's first byte.
func (s *scanner) value(want *step) *node {
	switch s.src[s.pos] {
	case '{':
		if len(want.next) == 0 {
			break
		}
		return s.object(want)
	case '[':
		return s.array(want)
	default:
		if want.leaf {
			start := s.pos
			s.skip()
			return &node{leaf: true, value: leafValue(string(s.src[start:s.pos]))}
		}
	}
	s.skip()
	return nil
}

func (s *scanner) object(want *step) *node {
	n := &node{}
	for s.pos++; s.more('}'); {
		start := s.pos
		s.string()
		key := s.src[start:s.pos]
		s.space()
		s.pos++ // the colon
		s.space()
		s.member(want, key, n)
	}
	if len(n.members) == 0 {
		return nil
	}
	return n
}

// member reads the value under a key, which has its quotes.
func (s *scanner) member(want *step, key []byte, into *node) {
	plain := key[1 : len(key)-1]
	if bytes.IndexByte(plain, '\\') < 0 && bytes.IndexByte(plain, '.') < 0 {
		if child := want.next[string(plain)]; child == nil {
			s.skip()
		} else if v := s.value(child); v != nil {
			into.members = append(into.members, kept{child, v})
		}
		return
	}
	name, _ := unquote(string(key))
	if child := want.find(name); child == nil {
		s.skip()
	} else if v := s.value(child); v != nil {
		into.put(want, name, v)
	}
}

func (s *scanner) array(want *step) *node {
	n := &node{array: true}
	for s.pos++; s.more(']'); {
		if v := s.value(want); v != nil {
			n.elements = append(n.elements, v)
		}
	}
	if len(n.elements) == 0 {
		return nil
	}
	return n
}

// more moves to the next member or element, or behind the end.
func (s *scanner) more(end byte) bool {
	s.space()
	if s.src[s.pos] == ',' {
		s.pos++
		s.space()
	}
	if s.src[s.pos] == end {
		s.pos++
		return false
	}
	return true
}

// skip moves behind the value at the position.
func (s *scanner) skip() {
	for depth := 0; s.pos < len(s.src); {
		switch s.src[s.pos] {
		case '"':
			s.string()
		case '{', '[':
			depth++
			s.pos++
		case '}', ']':
			depth--
			s.pos++
		case ',', ':', ' ', '\t', '\r', '\n':
			s.pos++
			continue
		default:
			s.word()
		}
		if depth == 0 {
			return
		}
	}
}

// string moves behind the string at the position.
func (s *scanner) string() {
	for s.pos++; ; {
		s.pos += bytes.IndexByte(s.src[s.pos:], '"') + 1
		escapes := 0
		for i := s.pos - 2; s.src[i] == '\\'; i-- {
			escapes++
		}
		if escapes%2 == 0 {
			return
		}
	}
}

// word moves behind a number, true, false or null.
func (s *scanner) word() {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ',', ':', '}', ']', ' ', '\t', '\r', '\n':
			return
		}
		s.pos++
	}
}

func (s *scanner) space() {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}
