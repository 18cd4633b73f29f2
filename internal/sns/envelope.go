package sns

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/wire"
)

// The types of messages.
const (
	notification             = "Notification"
	subscriptionConfirmation = "SubscriptionConfirmation"
	unsubscribeConfirmation  = "UnsubscribeConfirmation"
)

// timeFormat is how messages write a time, which is in UTC.
const timeFormat = "2006-01-02T15:04:05.000Z"

// envelope is what stands around a message that is not raw.
type envelope struct {
	Type, MessageID   string
	Topic             TopicName
	Sequence          string // of FIFO topics
	Token             string // of confirmations
	Subject, Message  string
	Time              time.Time
	Attributes        map[string]Attribute
	version           string // of the signature, "" when there is none
	signature, certID string
}

// canonical is the text that is signed: names and values, a line each, in the
// order of the names.
func (e *envelope) canonical(base string) string {
	var b strings.Builder
	add := func(name, value string) {
		if value != "" {
			b.WriteString(name + "\n" + value + "\n")
		}
	}
	b.WriteString("Message\n" + e.Message + "\n") // also an empty one
	add("MessageId", e.MessageID)
	if e.Token == "" {
		add("Subject", e.Subject)
	} else {
		add("SubscribeURL", e.subscribeURL(base))
	}
	add("Timestamp", e.timestamp())
	add("Token", e.Token)
	add("TopicArn", e.Topic.ARN())
	add("Type", e.Type)
	return b.String()
}

func (e *envelope) timestamp() string { return e.Time.UTC().Format(timeFormat) }

func (e *envelope) subscribeURL(base string) string {
	return base + "/?Action=ConfirmSubscription&TopicArn=" + e.Topic.ARN() + "&Token=" + e.Token
}

// text is the message as a subscription gets it: JSON laid out as AWS does.
func (e *envelope) text(sub *Subscription, base string) string {
	j := object{indent: "  "}
	j.add("Type", e.Type)
	j.add("MessageId", e.MessageID)
	j.addSome("SequenceNumber", e.Sequence)
	j.addSome("Token", e.Token)
	j.add("TopicArn", e.Topic.ARN())
	j.addSome("Subject", e.Subject)
	j.add("Message", e.Message)
	if e.Token != "" {
		j.add("SubscribeURL", e.subscribeURL(base))
	}
	j.add("Timestamp", e.timestamp())
	if e.version != "" {
		j.add("SignatureVersion", e.version)
		j.add("Signature", e.signature)
		j.add("SigningCertURL", base+CertificatePath(e.certID))
	}
	if e.Token == "" {
		j.add("UnsubscribeURL", base+"/?Action=Unsubscribe&SubscriptionArn="+sub.ARN())
	}
	if len(e.Attributes) > 0 {
		j.addRaw("MessageAttributes", attributesText(e.Attributes))
	}
	return j.text()
}

// attributesText writes the attributes of a message, one in a line.
func attributesText(attributes map[string]Attribute) string {
	j := object{indent: "    ", close: "  "}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		b := append([]byte(nil), `{"Type":`...)
		b = wire.AppendJSONString(b, a.Type)
		b = append(b, `,"Value":`...)
		b = wire.AppendJSONString(b, a.shown())
		j.addRaw(name, string(append(b, '}')))
	}
	return j.text()
}

// object is a JSON object that is being written with a member in a line.
type object struct {
	indent, close string
	buf           []byte
}

func (j *object) addRaw(name, value string) {
	if j.buf == nil {
		j.buf = append(j.buf, '{')
	} else {
		j.buf = append(j.buf, ',')
	}
	j.buf = append(j.buf, "\n"+j.indent...)
	j.buf = wire.AppendJSONString(j.buf, name)
	j.buf = append(j.buf, " : "+value...)
}

func (j *object) add(name, value string) { j.addRaw(name, string(wire.AppendJSONString(nil, value))) }

func (j *object) addSome(name, value string) {
	if value != "" {
		j.add(name, value)
	}
}

func (j *object) text() string { return string(j.buf) + "\n" + j.close + "}" }
