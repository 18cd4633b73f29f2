package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// SyntaxError says what is wrong in a document and where.
type SyntaxError struct {
	Path    string // Statement[1].Condition.StringLike; "" is the whole document
	Problem string
	// Offset is how many bytes stand before the place. Of a document that is
	// JSON, Read alone finds it out.
	Offset int
}

func (e *SyntaxError) Error() string {
	if e.Path == "" {
		return e.Problem
	}
	return e.Path + ": " + e.Problem
}

func syntaxErrorf(path, format string, args ...any) *SyntaxError {
	return &SyntaxError{Path: path, Problem: fmt.Sprintf(format, args...)}
}

// notJSON is the error of a document that stops being JSON where d has got to.
func notJSON(d *json.Decoder, err error) *SyntaxError {
	offset := d.InputOffset()
	return &SyntaxError{Problem: fmt.Sprintf("not JSON: %v at byte %d", err, offset), Offset: int(offset)}
}

// Problems that a Check function has words of its own for.
const (
	isMissing      = "is missing"
	isEmpty        = "is empty"
	unknownElement = "unknown element"
)

// maxDepth bounds the nesting of a document. The language needs six levels.
const maxDepth = 16

// node is one JSON value. Unlike a map it keeps the order of an object's
// members, and unlike encoding/json's structs it tells names apart by case.
type node struct {
	kind    byte   // one of { [ " 0 t n: object, list, string, number, boolean, null
	start   int    // of its first byte in the text; of a scalar its last
	end     int    // behind its last byte
	text    string // of a string, a number or a boolean
	members []member
	items   []node
}

type member struct {
	name  string
	value node
}

// readJSON reads the one value that data holds. A name that appears twice in
// an object is refused: readers that disagree on which of the two counts
// would disagree on what is allowed.
func readJSON(data []byte) (node, *SyntaxError) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	n, err := readNode(d, "", 0)
	if err != nil {
		return node{}, err
	}
	if _, err := d.Token(); err != io.EOF {
		return node{}, &SyntaxError{"", "not JSON: more than one value", n.end}
	}
	return n, nil
}

func readNode(d *json.Decoder, path string, depth int) (node, *SyntaxError) {
	token, err := d.Token()
	if err != nil {
		return node{}, notJSON(d, err)
	}
	end := int(d.InputOffset())
	n := node{start: end - 1, end: end}
	switch v := token.(type) {
	case string:
		n.kind, n.text = '"', v
	case json.Number:
		n.kind, n.text = '0', v.String()
	case bool:
		n.kind, n.text = 't', fmt.Sprint(v)
	case nil:
		n.kind = 'n'
	case json.Delim:
		if depth == maxDepth {
			return node{}, &SyntaxError{path, "nested too deeply", end}
		}
		if v == '{' {
			return readObject(d, path, depth+1)
		}
		return readList(d, path, depth+1)
	}
	return n, nil
}

func readObject(d *json.Decoder, path string, depth int) (node, *SyntaxError) {
	n := node{kind: '{', start: int(d.InputOffset()) - 1}
	seen := make(map[string]bool)
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return node{}, notJSON(d, err)
		}
		name := token.(string) // the decoder gives nothing else in this place
		if seen[name] {
			return node{}, &SyntaxError{join(path, name), "appears twice", int(d.InputOffset())}
		}
		seen[name] = true
		value, serr := readNode(d, join(path, name), depth)
		if serr != nil {
			return node{}, serr
		}
		n.members = append(n.members, member{name, value})
	}
	err := n.closed(d)
	return n, err
}

func readList(d *json.Decoder, path string, depth int) (node, *SyntaxError) {
	n := node{kind: '[', start: int(d.InputOffset()) - 1}
	for d.More() {
		item, err := readNode(d, fmt.Sprintf("%s[%d]", path, len(n.items)), depth)
		if err != nil {
			return node{}, err
		}
		n.items = append(n.items, item)
	}
	err := n.closed(d)
	return n, err
}

// closed reads the bracket that ends an object or a list.
func (n *node) closed(d *json.Decoder) *SyntaxError {
	if _, err := d.Token(); err != nil {
		return notJSON(d, err)
	}
	n.end = int(d.InputOffset())
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// strings returns a string, or the strings of a list. Scalars that are not
// strings count only where loose says so: in conditions, where true and 10
// may stand without quotes.
func (n *node) strings(path string, loose bool) ([]string, *SyntaxError) {
	scalars := `"`
	if loose {
		scalars = `"0t`
	}
	if strings.IndexByte(scalars, n.kind) >= 0 {
		return []string{n.text}, nil
	}
	if n.kind != '[' {
		return nil, syntaxErrorf(path, "must be a string or a list of strings")
	}
	out := make([]string, 0, len(n.items))
	for i, item := range n.items {
		if strings.IndexByte(scalars, item.kind) < 0 {
			return nil, syntaxErrorf(fmt.Sprintf("%s[%d]", path, i), "must be a string")
		}
		out = append(out, item.text)
	}
	return out, nil
}
