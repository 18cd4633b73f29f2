package sqs

import (
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// Redrive says where messages go that are received too often. The zero value
// says that they stay.
type Redrive struct {
	Text        string `json:",omitempty"` // as it was given
	Target      string `json:",omitempty"` // ARN of the dead-letter queue
	MaxReceived int    `json:",omitempty"`
}

// RedriveAllow says which queues may use this one as their dead-letter queue.
// The zero value says that all of its account and region may.
type RedriveAllow struct {
	Text    string   `json:",omitempty"`
	None    bool     `json:",omitempty"`
	Sources []string `json:",omitempty"` // ARNs; none: all
}

// The bounds of the two policies.
const (
	maxReceiveCount = 1000
	maxSources      = 10
)

// setRedrive sets the RedrivePolicy.
func setRedrive(r store.Reader, q *Queue, text string) error {
	if text == "" {
		q.Redrive = Redrive{}
		return nil
	}
	p, problem := parseRedrive(text)
	if problem == "" {
		problem = q.cannotUse(r, p.Target)
	}
	if problem != "" {
		return invalidValue(text, "RedrivePolicy", "%s", problem)
	}
	q.Redrive = p
	return nil
}

// parseRedrive reads a RedrivePolicy and says what is wrong with it, "" when
// nothing is.
func parseRedrive(text string) (p Redrive, problem string) {
	var fields map[string]json.RawMessage
	if !readObject(text, &fields) {
		return p, "Redrive policy is not a valid JSON map."
	}
	for name := range fields {
		if name != "deadLetterTargetArn" && name != "maxReceiveCount" {
			return p, "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount]."
		}
	}
	for _, name := range []string{"deadLetterTargetArn", "maxReceiveCount"} {
		if fields[name] == nil {
			return p, "Redrive policy does not contain mandatory attribute: " + name + "."
		}
	}
	p.Text = text
	if json.Unmarshal(fields["deadLetterTargetArn"], &p.Target) != nil {
		return p, "Invalid value for deadLetterTargetArn."
	}
	if a, ok := aws.ParseARN(p.Target); !ok || a.Service != "sqs" {
		return p, "Invalid value for deadLetterTargetArn."
	}
	count := strings.Trim(string(fields["maxReceiveCount"]), `"`) // a string will do
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > maxReceiveCount {
		return p, "Invalid value for maxReceiveCount: " + count + ", valid values are from 1 to 1000 both inclusive."
	}
	p.MaxReceived = n
	return p, ""
}

// readObject reads a text that is one JSON object and nothing else.
func readObject(text string, into *map[string]json.RawMessage) bool {
	d := json.NewDecoder(strings.NewReader(text))
	if d.Decode(into) != nil || *into == nil {
		return false
	}
	_, err := d.Token()
	return errors.Is(err, io.EOF)
}

// cannotUse says why a queue may not have that dead-letter queue, "" when it
// may.
func (q *Queue) cannotUse(r store.Reader, target string) string {
	a, _ := aws.ParseARN(target)
	if a.Account != q.Account || a.Region != q.Region {
		return "Dead-letter target owner should be same as the source."
	}
	dead, ok := findARN(r, target)
	switch {
	case !ok:
		return "Dead letter target does not exist."
	case dead.FIFO != q.FIFO:
		return "Dead-letter queue must be same type of queue as the source."
	case !dead.admits(q):
		return "Dead-letter target does not allow this queue to use it."
	}
	return ""
}

// admits reports whether a queue may use this one as its dead-letter queue.
func (q *Queue) admits(source *Queue) bool {
	p := &q.RedriveAllow
	return !p.None && (len(p.Sources) == 0 || slices.Contains(p.Sources, source.ARN()))
}

// setRedriveAllow sets the RedriveAllowPolicy.
func setRedriveAllow(_ store.Reader, q *Queue, text string) error {
	if text == "" {
		q.RedriveAllow = RedriveAllow{}
		return nil
	}
	p, problem := parseRedriveAllow(text)
	if problem != "" {
		return invalidValue(text, "RedriveAllowPolicy", "%s", problem)
	}
	q.RedriveAllow = p
	return nil
}

// parseRedriveAllow reads a RedriveAllowPolicy and says what is wrong with it.
func parseRedriveAllow(text string) (p RedriveAllow, problem string) {
	var fields map[string]json.RawMessage
	if !readObject(text, &fields) {
		return p, "Redrive allow policy is not a valid JSON map."
	}
	for name := range fields {
		if name != "redrivePermission" && name != "sourceQueueArns" {
			return p, "Only following attributes are supported: [redrivePermission, sourceQueueArns]."
		}
	}
	permission := ""
	if fields["redrivePermission"] == nil || json.Unmarshal(fields["redrivePermission"], &permission) != nil {
		return p, "Redrive allow policy does not contain mandatory attribute: redrivePermission."
	}
	if fields["sourceQueueArns"] != nil && json.Unmarshal(fields["sourceQueueArns"], &p.Sources) != nil {
		return p, "Invalid value for sourceQueueArns."
	}
	for _, source := range p.Sources {
		if a, ok := aws.ParseARN(source); !ok || a.Service != "sqs" {
			return p, "Invalid value for sourceQueueArns."
		}
	}
	p.Text, p.None = text, permission == "denyAll"
	switch n := len(p.Sources); {
	case permission != "allowAll" && permission != "denyAll" && permission != "byQueue":
		return p, "Invalid value for redrivePermission: valid values are allowAll, denyAll and byQueue."
	case permission == "byQueue" && (n < 1 || n > maxSources):
		return p, "sourceQueueArns must have between 1 and 10 queues when redrivePermission is byQueue."
	case permission != "byQueue" && n > 0:
		return p, "sourceQueueArns can only be given when redrivePermission is byQueue."
	}
	return p, ""
}

// bury moves a message to the dead-letter queue when it has been received as
// often as it may be. It stays where the dead-letter queue is gone, or does
// not take it.
func (q *Queue) bury(tx *store.Tx, key string, m *message, now int64) bool {
	if q.Redrive.Target == "" || m.Received-m.Arrived < q.Redrive.MaxReceived {
		return false
	}
	dead, ok := findARN(tx, q.Redrive.Target)
	if !ok || dead.FIFO != q.FIFO || !dead.admits(q) || dead.ID == q.ID {
		return false
	}
	messages.Delete(tx, key)
	m = new(*m)
	m.Origin, m.Arrived, m.Visible = q.ARN(), m.Received, now
	if dead.FIFO {
		m.Sequence, m.Sent = dead.nextSequence(tx), now
	}
	dead.put(tx, m)
	return true
}

// ListDeadLetterSourceQueues lists the queues whose dead-letter queue this
// is.
func (s *Service) ListDeadLetterSourceQueues(c *call.Call, in *api.ListDeadLetterSourceQueuesInput) (*api.ListDeadLetterSourceQueuesOutput, error) {
	q, err := findURL(c, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	found, next, err := page(c, in.MaxResults, in.NextToken, func(after string) iter.Seq2[string, *Queue] {
		return queues.ByAfter(c.State, byDeadLetter, q.ARN(), after)
	})
	if err != nil {
		return nil, err
	}
	return &api.ListDeadLetterSourceQueuesOutput{QueueUrls: urls(c, found), NextToken: next}, nil
}
