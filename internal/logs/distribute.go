package logs

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/logs/filter"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/store"
)

// messageSize is what a message of a queue may hold, in bytes.
const messageSize = 256 << 10

// payload is what a destination gets: as JSON, compressed with gzip and
// written in base64.
type payload struct {
	MessageType         string         `json:"messageType"`
	Owner               string         `json:"owner"`
	LogGroup            string         `json:"logGroup"`
	LogStream           string         `json:"logStream"`
	SubscriptionFilters []string       `json:"subscriptionFilters"`
	LogEvents           []payloadEvent `json:"logEvents"`
}

type payloadEvent struct {
	ID        string            `json:"id"`
	Timestamp int64             `json:"timestamp"`
	Message   string            `json:"message"`
	Extracted map[string]string `json:"extractedFields,omitempty"`
}

func (p *payload) encode() string {
	var out bytes.Buffer
	text := base64.NewEncoder(base64.StdEncoding, &out)
	zipped := gzip.NewWriter(text)
	e := json.NewEncoder(zipped)
	e.SetEscapeHTML(false)
	// Neither writing to memory nor encoding texts and numbers fails.
	_ = e.Encode(p)
	_ = zipped.Close()
	_ = text.Close()
	return out.String()
}

// checkHealth sends the message that checks a new destination.
func (s *Service) checkHealth(c *call.Call, g *LogGroup, f *Subscription) *aws.Error {
	p := payload{
		MessageType: "CONTROL_MESSAGE", Owner: "CloudwatchLogs", SubscriptionFilters: []string{},
		LogEvents: []payloadEvent{{Timestamp: c.Time.UnixMilli(), Message: "CWL CONTROL MESSAGE: Checking health of destination SQS."}},
	}
	if err := s.send(c.Tx, c.Time, g, f.Destination, p.encode()); err != nil {
		return invalid("Could not deliver test message to specified SQS queue. Check that the queue exists and that its policy lets %s send messages: %s", ServicePrincipal, err.Message)
	}
	return nil
}

func (s *Service) send(tx *store.Tx, now time.Time, g *LogGroup, queue, body string) *aws.Error {
	return s.Queues.Send(tx, now, queue, s.source(tx, ServicePrincipal, g.ARN()+":*", g.Account), body)
}

// distribute passes events on to the subscriptions of their group, in the
// change that logs them: what a queue takes is durable with the events. What a
// queue refuses, because it is gone or its policy has changed, is skipped: to
// log an event does not depend on who else wants it.
func (s *Service) distribute(tx *store.Tx, now time.Time, g *LogGroup, st *LogStream, events []segment.Event) {
	var text []byte
	for _, f := range subscriptions.Scan(tx, g.named().within("")) {
		p, err := filter.Parse(f.Pattern)
		if err != nil {
			s.Log.Error("a subscription has no pattern", "group", g.ARN(), "subscription", f.Name, "error", err)
			continue
		}
		if text == nil {
			text = lines(events)
		}
		if !p.May(text) {
			continue
		}
		list := matching(p, f, events)
		if err := s.sendAll(tx, now, g, st, f, list); err != nil {
			s.Log.Warn("log events are not passed on", "group", g.ARN(), "subscription", f.Name, "queue", f.Destination, "error", err)
		}
	}
}

// matching are the events that a subscription wants. Those of a pattern that
// names the words of a line come with them.
func matching(p *filter.Pattern, f *Subscription, events []segment.Event) []payloadEvent {
	words := strings.HasPrefix(strings.TrimSpace(f.Pattern), "[")
	var list []payloadEvent
	for i := range events {
		e := &events[i]
		if !p.Match(e.Message) {
			continue
		}
		out := payloadEvent{ID: e.ID.String(), Timestamp: e.Time, Message: string(e.Message)}
		if words {
			values, _ := p.Extract(e.Message)
			out.Extracted = make(map[string]string, len(values))
			for name, value := range values {
				out.Extracted[strings.TrimPrefix(name, "$")] = value
			}
		}
		list = append(list, out)
	}
	return list
}

// sendAll sends events in as many messages as they need. An event that fits
// none by itself is left out.
func (s *Service) sendAll(tx *store.Tx, now time.Time, g *LogGroup, st *LogStream, f *Subscription, events []payloadEvent) *aws.Error {
	if len(events) == 0 {
		return nil
	}
	p := payload{
		MessageType: "DATA_MESSAGE", Owner: g.Account, LogGroup: g.Name, LogStream: st.Name,
		SubscriptionFilters: []string{f.Name}, LogEvents: events,
	}
	body := p.encode()
	if len(body) <= messageSize {
		return s.send(tx, now, g, f.Destination, body)
	}
	if len(events) == 1 {
		return aws.Errorf("InvalidMessageContents", "the event %s is too large for a message", events[0].ID)
	}
	half := len(events) / 2
	if err := s.sendAll(tx, now, g, st, f, events[:half]); err != nil {
		return err
	}
	return s.sendAll(tx, now, g, st, f, events[half:])
}
