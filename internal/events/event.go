package events

import (
	"encoding/json"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// Event is something that happened, as rules see it.
type Event struct {
	ID         string // a UUID; "" is given one
	DetailType string // AWS API Call via CloudTrail
	Source     string // aws.s3
	Account    string // whose event it is
	Region     string
	Time       time.Time
	Resources  []string        // ARNs
	Detail     json.RawMessage // a JSON object
	// ReadOnly says that the event is a management event that reads, which
	// only those rules see that ask for all of them.
	ReadOnly bool
}

// envelope is the form in which an event is matched and delivered.
type envelope struct {
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       string          `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// bareEnvelope is what a template gets for the event without its detail.
type bareEnvelope struct {
	ID         string   `json:"id"`
	Account    string   `json:"account"`
	DetailType string   `json:"detailType"`
	Time       string   `json:"time"`
	Source     string   `json:"source"`
	Region     string   `json:"region"`
	Resources  []string `json:"resources"`
	Version    string   `json:"version"`
}

const version = "0"

// arrival is an event at a bus.
type arrival struct {
	Event
	now   time.Time // when it arrived
	trace string    // of X-Ray, "" for none
	json  json.RawMessage
	// forwarded says that another bus sent it, so that it is sent to no
	// third one.
	forwarded bool
}

// arrive makes an arrival of an event. It fails when the detail is no JSON.
func arrive(e Event, now time.Time) (*arrival, error) {
	if e.ID == "" {
		e.ID = aws.UUID()
	}
	if e.Resources == nil {
		e.Resources = []string{}
	}
	raw, err := encode(envelope{version, e.ID, e.DetailType, e.Source, e.Account, e.at(), e.Region, e.Resources, e.Detail})
	return &arrival{Event: e, now: now, json: raw}, err
}

func (e *Event) at() string { return e.Time.UTC().Format("2006-01-02T15:04:05Z") }

func (a *arrival) envelope() bareEnvelope {
	return bareEnvelope{a.ID, a.Account, a.DetailType, a.at(), a.Source, a.Region, a.Resources, version}
}
