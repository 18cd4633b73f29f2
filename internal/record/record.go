package record

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/wire"
)

// eventVersion is the version of the format that every record is written in.
const eventVersion = "1.11"

// The largest sizes that AWS gives the members of an event. Texts are cut,
// objects are replaced by a marker.
const (
	maxText   = 1 << 10
	maxObject = 100 << 10
	maxExtra  = 28 << 10
)

// usualSize is what most records of calls do not exceed.
const usualSize = 1536

// Outcome is how a call ended.
type Outcome struct {
	In, Out wire.Shape // nil when there is none, as when the input could not be read
	Err     *aws.Error // nil when the call succeeded
	Time    time.Time  // when it ended
}

// Copy says whose copy of a call's record is built. Every account that a call
// concerns gets one of its own.
type Copy struct {
	Account  string // whose log it stands in
	EventID  string
	SharedID string // common to the copies, "" when there is only one
}

// Region is where a call is recorded: the global region for global services.
func Region(c *call.Call) string {
	if c.Operation.Service.Global {
		return aws.GlobalRegion
	}
	return c.Region
}

// Call builds the record of a call.
func Call(c *call.Call, o Outcome, r Copy) []byte {
	op := c.Operation
	e := encoder{buf: make([]byte, 0, usualSize)}
	e.begin()
	e.text("eventVersion", eventVersion)
	e.name("userIdentity")
	e.callerIdentity(&c.Principal, r.Account)
	e.text("eventTime", isoTime(o.Time))
	e.text("eventSource", op.Service.EventSource)
	e.text("eventName", op.EventName)
	e.text("awsRegion", Region(c))
	e.text("sourceIPAddress", c.SourceIP)
	e.text("userAgent", cut(c.UserAgent))
	if o.Err != nil {
		e.text("errorCode", cut(op.Service.Exception(o.Err.Code)))
		e.text("errorMessage", cut(o.Err.Message))
	}
	e.object("requestParameters", maxObject, func() { e.request(c, o.In) })
	e.object("responseElements", maxObject, func() { e.response(c, o) })
	if len(c.Additional) > 0 {
		e.object("additionalEventData", maxExtra, func() { e.json(c.Additional) })
	}
	e.text("requestID", c.RequestID)
	e.text("eventID", r.EventID)
	e.bool("readOnly", op.ReadOnly)
	e.resources(known(c, o.Err, r.Account))
	e.text("eventType", "AwsApiCall")
	e.category(op.DataType, r)
	e.connection(c)
	if s := c.Principal.Session; s != nil && s.FromConsole {
		e.text("sessionCredentialFromConsole", "true")
	}
	e.end()
	return e.buf
}

// Event builds a record that a call causes besides its own.
func Event(c *call.Call, ev *call.Event, ended time.Time, r Copy) []byte {
	e := encoder{buf: make([]byte, 0, 1<<10)}
	e.begin()
	e.text("eventVersion", eventVersion)
	source, agent := ev.InvokedBy, ev.InvokedBy
	e.name("userIdentity")
	switch {
	case ev.Inside:
		const inside = "AWS Internal"
		caller := c.Principal
		caller.InvokedBy = inside
		source, agent = inside, inside
		e.callerIdentity(&caller, ev.Account)
	case ev.InvokedBy == "":
		source, agent = c.SourceIP, cut(c.UserAgent)
		e.callerIdentity(&c.Principal, ev.Account)
	case ev.Type == "AwsServiceEvent":
		e.begin()
		e.text("accountId", ev.Account)
		e.text("invokedBy", ev.InvokedBy)
		e.end()
	default:
		e.identity(&aws.Principal{Type: aws.AWSService, Service: ev.InvokedBy})
	}
	e.text("eventTime", isoTime(ended))
	e.text("eventSource", ev.Source)
	e.text("eventName", ev.Name)
	e.text("awsRegion", ev.Region)
	e.text("sourceIPAddress", source)
	e.text("userAgent", agent)
	if ev.Err != nil {
		e.text("errorCode", cut(ev.Err.Code))
		e.text("errorMessage", cut(ev.Err.Message))
	}
	e.object("requestParameters", maxObject, func() { e.json(ev.Request) })
	e.object("responseElements", maxObject, func() { e.json(ev.Response) })
	if ev.Additional != nil {
		e.object("additionalEventData", maxExtra, func() { e.json(ev.Additional) })
	}
	if ev.Type == "AwsApiCall" {
		e.text("requestID", c.RequestID)
	}
	e.text("eventID", r.EventID)
	e.bool("readOnly", ev.ReadOnly)
	e.resources(ev.Resources)
	e.text("eventType", ev.Type)
	if ev.Details != nil {
		e.object("serviceEventDetails", maxObject, func() { e.json(ev.Details) })
	}
	e.category(ev.DataType, r)
	if ev.InvokedBy == "" && !ev.Inside {
		e.connection(c)
	}
	e.end()
	return e.buf
}

// connection writes how the caller was connected.
func (e *encoder) connection(c *call.Call) {
	if c.TLS == nil {
		return
	}
	e.name("tlsDetails")
	e.begin()
	e.text("tlsVersion", c.TLS.Version)
	e.text("cipherSuite", c.TLS.CipherSuite)
	e.text("clientProvidedHostHeader", c.Host)
	e.end()
}

// category writes what a record says of its kind and its recipient.
func (e *encoder) category(dataType string, r Copy) {
	e.bool("managementEvent", dataType == "")
	e.text("recipientAccountId", r.Account)
	if r.SharedID != "" {
		e.text("sharedEventID", r.SharedID)
	}
	if dataType == "" {
		e.text("eventCategory", "Management")
	} else {
		e.text("eventCategory", "Data")
	}
}

func (e *encoder) resources(list []call.Resource) {
	if len(list) == 0 {
		return
	}
	e.name("resources")
	e.beginList()
	for _, r := range list {
		e.next()
		e.begin()
		if r.Account != "" || r.Unknown {
			e.text("accountId", r.Account)
		}
		e.text("type", r.Type)
		if r.Prefix {
			e.text("ARNPrefix", r.ARN)
		} else {
			e.text("ARN", r.ARN)
		}
		e.end()
	}
	e.endList()
}

// known are the resources of a call as an account may know them. Who was
// denied objects of another account does not learn whose they are, nor which.
func known(c *call.Call, err *aws.Error, account string) []call.Resource {
	if c.Operation.DataType != "AWS::S3::Object" || err == nil || err.Code != "AccessDenied" || slices.Contains(c.Owners, account) || len(c.Owners) == 0 {
		return c.Resources
	}
	list := slices.Clone(c.Resources)
	for i := range list {
		r := &list[i]
		if bucket, _, isObject := strings.Cut(r.ARN, "/"); isObject {
			r.ARN, r.Prefix = bucket+"/", true
		} else {
			r.Account, r.Unknown = "", true
		}
	}
	return list
}

// object writes a member whose value is an object or null. One that is too
// large is replaced by AWS's marker.
func (e *encoder) object(name string, limit int, value func()) {
	e.name(name)
	start := len(e.buf)
	value()
	size := len(e.buf) - start
	if size <= limit {
		return
	}
	e.buf = append(e.buf[:start], `{"omitted":true,"originalSize":`...)
	e.buf = strconv.AppendInt(e.buf, int64(size), 10)
	e.buf = append(e.buf, `,"reason":"`+name+` too large"}`...)
	e.more = true
}

// json writes a value as encoding/json does; nil is null.
func (e *encoder) json(v any) {
	b, err := json.Marshal(v)
	if err != nil { // no value of ours: maps, strings, numbers, structs of them
		panic("record: " + err.Error())
	}
	e.raw(b)
}

// cut shortens a text to what a record may hold, between characters.
func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

func isoTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
