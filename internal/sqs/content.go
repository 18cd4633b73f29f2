package sqs

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// Attribute is what a message says besides its body.
type Attribute struct {
	// DataType is String, Number or Binary, and what its author added after a
	// dot. Of a Binary the value is BinaryValue, of all others StringValue.
	DataType    string
	StringValue string `json:",omitempty"`
	BinaryValue []byte `json:",omitempty"`
}

func (a *Attribute) isBinary() bool { return kindOf(a.DataType) == "Binary" }

// kindOf is a data type without what its author added.
func kindOf(dataType string) string {
	kind, _, _ := strings.Cut(dataType, ".")
	return kind
}

// The bounds of a message's attributes.
const (
	maxAttributes    = 10
	maxAttributeName = 256
)

// size is how many bytes the content counts.
func (c *content) size() int {
	n := len(c.Body)
	for name, a := range c.Attributes {
		n += len(name) + len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
	}
	return n
}

// check says what is wrong with a content.
func (c *content) check(maxSize int) error {
	if c.Body == "" {
		return missing("MessageBody")
	}
	if !isContent(c.Body) {
		return invalidCharacters()
	}
	if n := len(c.Attributes); n > maxAttributes {
		return invalidParameter("Number of message attributes [%d] exceeds the allowed maximum [%d].", n, maxAttributes)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Attributes)) {
		if err := checkAttributeName(name); err != nil {
			return err
		}
		a := c.Attributes[name]
		if err := a.check("Message (user)", name); err != nil {
			return err
		}
	}
	if c.size() > maxSize {
		return invalidParameter("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", maxSize)
	}
	return nil
}

func invalidCharacters() *aws.Error {
	return aws.Errorf("InvalidMessageContents", "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
}

// isContent reports whether s is made of the characters that a message may
// have.
func isContent(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
	}) < 0
}

func checkAttributeName(name string) error {
	lower := strings.ToLower(name)
	switch {
	case len(name) > maxAttributeName:
		return invalidParameter("Message (user) attribute name must be shorter than %d bytes, found %d.", maxAttributeName, len(name))
	case name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") != "",
		strings.HasPrefix(name, "."), strings.HasSuffix(name, "."), strings.Contains(name, ".."):
		return invalidParameter("Message (user) attribute name '%s' is invalid: it can contain alphanumeric characters, hyphens, underscores and periods, but neither begin or end with a period nor have two in succession.", name)
	case strings.HasPrefix(lower, "aws."), strings.HasPrefix(lower, "amazon."):
		return invalidParameter("You can't use message attribute names beginning with 'AWS.' or 'Amazon.' because these strings are reserved for internal use.")
	}
	return nil
}

// check says what is wrong with an attribute of some kind of attributes.
func (a *Attribute) check(which, name string) error {
	kind := kindOf(a.DataType)
	switch {
	case a.DataType == "":
		return invalidParameter("%s attribute '%s' must contain a non-empty attribute type.", which, name)
	case kind != "String" && kind != "Number" && kind != "Binary" || len(a.DataType) > maxAttributeName || !isContent(a.DataType):
		return invalidParameter("The type of %s attribute '%s' is invalid. You must use only the following supported type prefixes: Binary, Number, String.", lowerFirst(which), name)
	case a.isBinary() && len(a.BinaryValue) == 0, !a.isBinary() && a.StringValue == "":
		return invalidParameter("%s attribute '%s' must contain a non-empty value of type '%s'.", which, name, kind)
	case a.isBinary() && a.StringValue != "", !a.isBinary() && len(a.BinaryValue) > 0:
		return invalidParameter("%s attribute '%s' has conflicting values: its type is '%s'.", which, name, a.DataType)
	case !isContent(a.StringValue):
		return invalidCharacters()
	case kind == "Number" && !isNumber(a.StringValue):
		return invalidParameter("Can't cast the value of %s attribute '%s' to a number.", lowerFirst(which), name)
	}
	return nil
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// isNumber reports whether s is a decimal number. Numbers have up to
// thirty-eight digits, which no binary number holds.
func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return (err == nil || strings.HasSuffix(err.Error(), strconv.ErrRange.Error())) && strings.Trim(s, "0123456789+-.eE") == ""
}

// md5Of is the digest of a body.
func md5Of(body string) string {
	sum := md5.Sum([]byte(body))
	return hex.EncodeToString(sum[:])
}

// md5OfAttributes is the digest of attributes, nil when there are none: of
// each, in the order of names, its name, its type, a byte that says how its
// value travels, and its value. All but that byte come with their lengths.
func md5OfAttributes(attributes map[string]Attribute) *string {
	if len(attributes) == 0 {
		return nil
	}
	h := md5.New()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		writeField(h, name)
		writeField(h, a.DataType)
		if a.isBinary() {
			h.Write([]byte{2})
			writeField(h, string(a.BinaryValue))
		} else {
			h.Write([]byte{1})
			writeField(h, a.StringValue)
		}
	}
	return new(hex.EncodeToString(h.Sum(nil)))
}

func writeField(h hash.Hash, s string) {
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s))))
	io.WriteString(h, s)
}
