package filter

import (
	"strconv"
)

// line matches messages by their words. Fields before and behind the ellipsis
// stand for words from the start and from the end; without one the numbers
// must be equal.
type line struct {
	head, tail []field
	ellipsis   bool
	needed     needs
}

// field stands for one word. It may have no name and no condition.
type field struct {
	name      string
	condition *expression
	operands  []*operand // of the leaves, which are numbered from 0
}

func parseLine(c *cursor) (matcher, error) {
	l := &line{}
	list := &l.head
	c.pos++
	for {
		c.space()
		if start := c.pos; c.take("...") {
			if l.ellipsis {
				return nil, c.failAt(start, "a pattern has one ellipsis at most")
			}
			l.ellipsis, list = true, &l.tail
		} else {
			f, err := c.parseField()
			if err != nil {
				return nil, err
			}
			*list = append(*list, f)
		}
		if c.space(); c.take("]") {
			break
		}
		if !c.take(",") {
			return nil, c.unexpected(`"," or "]"`)
		}
	}
	if err := c.end(); err != nil {
		return nil, err
	}
	for _, f := range append(append([]field(nil), l.head...), l.tail...) {
		l.needed.clauses = append(l.needed.clauses, f.needs()...)
	}
	return l, nil
}

// parseField reads a name, or a condition on one name, or nothing.
func (c *cursor) parseField() (field, error) {
	var f field
	if next := c.peek(); next == ',' || next == ']' {
		return f, nil
	}
	start := c.pos
	if f.name = c.word(isName); f.name != "" {
		if c.space(); c.peek() == ',' || c.peek() == ']' {
			return f, nil
		}
	}
	c.pos = start
	c.leaves = 0
	f.name = ""
	var err error
	f.condition, err = c.parseExpression(func() (*expression, error) { return c.parseFieldCondition(&f) })
	return f, err
}

func (c *cursor) parseFieldCondition(f *field) (*expression, error) {
	start := c.pos
	name := c.word(isName)
	if name == "" {
		return nil, c.unexpected("the name of a field")
	}
	if f.name != "" && f.name != name {
		return nil, c.failAt(start, "a condition on %q stands in the field %q", name, f.name)
	}
	f.name = name
	o, err := c.parseOperand()
	if err != nil {
		return nil, err
	}
	f.operands = append(f.operands, o)
	return c.newLeaf(false)
}

func (f *field) needs() [][][]byte {
	if f.condition == nil {
		return nil
	}
	return needsOf(f.condition, func(leaf int) [][][]byte {
		if text := f.operands[leaf].literal(); text != "" {
			return [][][]byte{{[]byte(text)}}
		}
		return nil
	})
}

// holds reports whether a word satisfies the field's condition. A word that
// reads as a number is one.
func (f *field) holds(word []byte) bool {
	if f.condition == nil {
		return true
	}
	s := scalar{'"', word}
	if _, ok := parseNumber(word); ok {
		s.kind = '0'
	}
	var v verdicts
	for i, o := range f.operands {
		if o.holds(s) {
			v.set(i)
		}
	}
	return f.condition.holds(&v)
}

// maxWords is how many words of a line are found without allocating.
const maxWords = 64

func (l *line) match(message []byte) bool {
	var room [maxWords][]byte
	words := splitWords(room[:0], message)
	if n := len(l.head) + len(l.tail); len(words) < n || len(words) > n && !l.ellipsis {
		return false
	}
	for i := range l.head {
		if !l.head[i].holds(words[i]) {
			return false
		}
	}
	end := words[len(words)-len(l.tail):]
	for i := range l.tail {
		if !l.tail[i].holds(end[i]) {
			return false
		}
	}
	return true
}

// splitWords appends the words of a message. What stands between brackets or
// quotes is one word, without them; a bracket or quote that is not closed is
// part of an ordinary word.
func splitWords(words [][]byte, message []byte) [][]byte {
	for i := 0; i < len(message); {
		if isSpace(message[i]) {
			i++
			continue
		}
		if end := closing(message, i); end > 0 {
			words = append(words, message[i+1:end])
			i = end + 1
			continue
		}
		start := i
		for i < len(message) && !isSpace(message[i]) {
			i++
		}
		words = append(words, message[start:i])
	}
	return words
}

// closing returns the index of the bracket or quote that closes the one at i,
// -1 if there is none.
func closing(message []byte, i int) int {
	mark := message[i]
	if mark == '[' {
		mark = ']'
	} else if mark != '"' {
		return -1
	}
	for i++; i < len(message); i++ {
		switch {
		case message[i] == mark:
			return i
		case message[i] == '\\' && mark == '"':
			i++
		}
	}
	return -1
}

// each calls f with the selector of every word, first to last.
func (l *line) each(message []byte, f func(selector string, word []byte)) {
	words := splitWords(nil, message)
	for i, word := range words {
		name := ""
		if i < len(l.head) {
			name = l.head[i].name
		} else if j := i - (len(words) - len(l.tail)); j >= 0 {
			name = l.tail[j].name
		}
		if name == "" {
			name = strconv.Itoa(i + 1)
		}
		f("$"+name, word)
	}
}

func (l *line) extract(message []byte) map[string]string {
	values := map[string]string{}
	l.each(message, func(selector string, word []byte) { values[selector] = string(word) })
	return values
}

func (l *line) needs() needs { return l.needed }
