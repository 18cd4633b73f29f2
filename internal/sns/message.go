package sns

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/pattern"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

// Message is what is published. The zero value of a member means that it is
// not given.
type Message struct {
	Subject, Body string
	// Structure is "json" when Body holds a text for each protocol.
	Structure              string
	Attributes             map[string]Attribute
	GroupID, Deduplication string

	noSubject bool              // an empty one was given
	texts     map[string]string // protocol → text, of the structure json
}

// Attribute is an attribute of a message: a String, a String.Array, a Number
// or a type that begins with one of them and a dot has a Text; a Binary has
// Bytes.
type Attribute struct {
	Type  string
	Text  string `json:",omitempty"`
	Bytes []byte `json:",omitempty"`
}

func (a Attribute) binary() bool { return kindOf(a.Type) == "Binary" }

// shown is the value as envelopes show it.
func (a Attribute) shown() string {
	if a.binary() {
		return base64.StdEncoding.EncodeToString(a.Bytes)
	}
	return a.Text
}

// kindOf is the type without what its user added to it.
func kindOf(dataType string) string {
	kind, _, _ := strings.Cut(dataType, ".")
	return kind
}

// filterable are the attributes as filter policies see them: binary ones are
// not seen.
func (m *Message) filterable() map[string]pattern.Attribute {
	seen := make(map[string]pattern.Attribute, len(m.Attributes))
	for name, a := range m.Attributes {
		if !a.binary() {
			seen[name] = pattern.Attribute{Type: a.Type, Value: a.Text}
		}
	}
	return seen
}

// textFor is the text that subscriptions of a protocol get.
func (m *Message) textFor(protocol string) string {
	if m.texts == nil {
		return m.Body
	}
	if text, ok := m.texts[protocol]; ok {
		return text
	}
	return m.texts["default"]
}

// size is what counts against the limit of a message and of a batch.
func (m *Message) size() int {
	n := len(m.Body)
	for name, a := range m.Attributes {
		n += len(name) + len(a.Type) + len(a.Text) + len(a.Bytes)
	}
	return n
}

// newMessage reads a message of a call.
func newMessage(body, subject, structure, group, deduplication *string, attributes map[string]api.MessageAttributeValue) (*Message, error) {
	m := &Message{
		Body: aws.Val(body), Subject: aws.Val(subject), Structure: aws.Val(structure),
		GroupID: aws.Val(group), Deduplication: aws.Val(deduplication),
		noSubject: subject != nil && *subject == "",
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a, err := readAttribute(name, attributes[name])
		if err != nil {
			return nil, err
		}
		if m.Attributes == nil {
			m.Attributes = make(map[string]Attribute, len(attributes))
		}
		m.Attributes[name] = a
	}
	return m, nil
}

// readAttribute checks one attribute.
func readAttribute(name string, in api.MessageAttributeValue) (Attribute, error) {
	a := Attribute{Type: aws.Val(in.DataType), Text: aws.Val(in.StringValue), Bytes: in.BinaryValue}
	if err := checkAttributeName(name); err != nil {
		return a, err
	}
	field, empty, other := "String", a.Text == "", len(a.Bytes) > 0
	if a.binary() {
		field, empty, other = "Binary", len(a.Bytes) == 0, a.Text != ""
	}
	switch {
	case !isDataType(a.Type):
		return a, invalidValue("The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
	case empty && other:
		return a, invalidValue("The message attribute '%s' with type '%s' must use field '%s'.", name, a.Type, field)
	case empty:
		return a, invalidValue("The message attribute '%s' must contain non-empty message attribute value for message attribute type '%s'.", name, a.Type)
	case !utf8.ValidString(a.Text):
		return a, invalidValue("The message attribute '%s' must be UTF-8.", name)
	case kindOf(a.Type) == "Number" && !isNumber(a.Text):
		return a, invalidValue("Could not cast message attribute '%s' value to number.", name)
	}
	return a, nil
}

var dataType = regexp.MustCompile(`^(String|Number|Binary)(\..+)?$`)

func isDataType(text string) bool {
	return len(text) <= lengthOfAttributeName && utf8.ValidString(text) && dataType.MatchString(text)
}

var number = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return number.MatchString(text) && (err == nil || errors.Is(err, strconv.ErrRange))
}

// checkAttributeName asks for letters, digits, hyphens, underscores, and dots
// that stand between others.
func checkAttributeName(name string) error {
	switch {
	case name == "":
		return invalidValue("The message attribute name must not be empty.")
	case len(name) > lengthOfAttributeName:
		return invalidValue("Length of message attribute name must be less than 256 bytes.")
	case name[0] == '.':
		return invalidValue("Invalid message attribute name starting with character '.' was found.")
	case name[len(name)-1] == '.':
		return invalidValue("Invalid message attribute name ending with character '.' was found.")
	case strings.Contains(name, ".."):
		return invalidValue("Message attribute name can not have successive '.' character.")
	}
	for _, r := range name {
		if r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r) {
			return invalidValue("Invalid non-alphanumeric character '#x%X' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.", r)
		}
	}
	return nil
}

// check judges the message for a topic and, of the structure json, takes it
// apart.
func (m *Message) check(t *Topic) error {
	switch {
	case m.noSubject || !isSubject(m.Subject):
		return invalid("Subject")
	case m.Body == "":
		return invalid("Empty message")
	case !utf8.ValidString(m.Body):
		return invalid("Message Reason: it must be UTF-8")
	case m.size() > messageSize:
		return invalid("Message too long")
	}
	return m.checkOrder(t)
}

// isSubject reports whether a text can be a subject, as the absent one can.
func isSubject(text string) bool {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > lengthOfSubject || strings.HasPrefix(text, " ") {
		return false
	}
	return !strings.ContainsFunc(text, unicode.IsControl)
}

var orderID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^[A-Za-z0-9!-/:-@\\[-`{-~]{1,128}$") })

// checkOrder judges what FIFO topics ask for and others do without.
func (m *Message) checkOrder(t *Topic) error {
	switch {
	case t.FIFO() && m.GroupID == "":
		return invalid("The MessageGroupId parameter is required for FIFO topics")
	case t.FIFO() && m.Deduplication == "" && !t.ByContent:
		return invalid("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	case !t.FIFO() && m.Deduplication != "":
		return invalid("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type")
	case m.GroupID != "" && !orderID().MatchString(m.GroupID):
		return invalid("MessageGroupId Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.")
	case m.Deduplication != "" && !orderID().MatchString(m.Deduplication):
		return invalid("MessageDeduplicationId Reason: MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length.")
	}
	return nil
}

// split takes a message of the structure json apart.
func (m *Message) split() error {
	switch m.Structure {
	case "":
		return nil
	case "json":
	default:
		return invalid("MessageStructure")
	}
	texts, err := readTexts(m.Body)
	if err != nil {
		return invalid("Message Structure - JSON message body failed to parse")
	}
	if _, ok := texts["default"]; !ok {
		return invalid("Message Structure - No default entry in JSON message body")
	}
	m.texts = texts
	return nil
}

// readTexts reads an object whose members are texts for protocols. Members
// that are no strings are passed over; a name that stands twice is an error.
func readTexts(body string) (map[string]string, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(body)))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("no object")
	}
	texts, seen := map[string]string{}, map[string]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		key := fmt.Sprint(name) // the decoder gives nothing but strings here
		if seen[key] {
			return nil, fmt.Errorf("%s stands twice", key)
		}
		seen[key] = true
		if text, ok := value.(string); ok {
			texts[key] = text
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more than one value")
	}
	return texts, nil
}
