package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

// entry is one event of PutEvents.
type entry = api.PutEventsRequestEntry

// PutEvents brings events to buses. Each entry succeeds or fails by itself;
// only when the caller may put none of them is the call refused.
func (s *Service) PutEvents(c *call.Call, in *api.PutEventsInput) (*api.PutEventsOutput, error) {
	notePutEvents(c, in)
	if in.EndpointId != nil {
		return nil, invalid("Global endpoints are not served here: EndpointId must not be specified.")
	}
	size := 0
	for i := range in.Entries {
		size += sizeOf(&in.Entries[i])
	}
	if size > putEventsSize {
		return nil, invalid("Total size of the entries in the request is over the limit.")
	}
	results := make([]api.PutEventsResultEntry, len(in.Entries))
	failed, refused := 0, 0
	var denial error
	for i := range in.Entries {
		e := &in.Entries[i]
		if err := c.Allow(putting(c, e)); err != nil {
			denial = err
			refused++
			results[i] = failure("AccessDeniedException", messageOf(err))
		} else {
			results[i] = s.put(c, e)
		}
		if results[i].EventId == nil {
			failed++
		}
	}
	if refused == len(in.Entries) {
		return nil, denial
	}
	return &api.PutEventsOutput{FailedEntryCount: new(int32(failed)), Entries: results}, nil
}

// put brings one event to its bus. An event for a bus that is not there, in
// this region, is taken and seen by nobody.
func (s *Service) put(c *call.Call, in *entry) api.PutEventsResultEntry {
	for _, required := range []struct {
		name  string
		value *string
	}{{"Source", in.Source}, {"DetailType", in.DetailType}, {"Detail", in.Detail}} {
		if aws.Val(required.value) == "" {
			return failure("InvalidArgument", "Parameter "+required.name+" is not valid. Reason: "+required.name+" is a required argument.")
		}
	}
	detail := []byte(*in.Detail)
	switch {
	case utf8.RuneCountInString(*in.DetailType) > 128:
		return failure("InvalidArgument", "Parameter DetailType is not valid. Reason: DetailType must not be longer than 128 characters.")
	case strings.HasPrefix(*in.Source, "aws."):
		return failure("NotAuthorizedForSourceException", "Not authorized for the source.")
	case !json.Valid(detail) || !bytes.HasPrefix(bytes.TrimLeft(detail, " \t\r\n"), []byte("{")):
		return failure("MalformedDetail", "Detail is malformed.")
	}
	n := bus(c, in.EventBusName)
	e := Event{
		DetailType: *in.DetailType, Source: *in.Source, Account: c.Account(), Region: c.Region, Time: c.Time,
		Resources: in.Resources, Detail: detail,
	}
	if in.Time != nil {
		e.Time = *in.Time
	}
	a, err := arrive(e, c.Time)
	if err != nil {
		return failure("MalformedDetail", "Detail is malformed.")
	}
	a.trace = aws.Val(in.TraceHeader)
	if n.Region == c.Region {
		s.route(c.Tx, n, a)
	}
	return api.PutEventsResultEntry{EventId: &a.ID}
}

// sizeOf is what an entry counts for: 14 bytes for a time, and its texts.
func sizeOf(e *entry) int {
	n := len(aws.Val(e.Source)) + len(aws.Val(e.DetailType)) + len(aws.Val(e.Detail))
	if e.Time != nil {
		n += 14
	}
	for _, r := range e.Resources {
		n += len(r)
	}
	return n
}

// putting is the permission to put one event.
func putting(c *call.Call, e *entry) call.Target {
	n := bus(c, e.EventBusName)
	t := call.Target{Action: "events:PutEvents", Resource: n.arn(), Owner: n.Account, Apart: true, Context: policy.Context{}}
	if b, ok := findBus(c.State, n); ok {
		t.Policy = b.attached()
		b.Tags.SetResource(t.Context)
	}
	t.Context.Set("events:source", aws.Val(e.Source))
	t.Context.Set("events:detail-type", aws.Val(e.DetailType))
	t.Context.Set("events:eventBusInvocation", "false")
	return t
}

func failure(code, message string) api.PutEventsResultEntry {
	return api.PutEventsResultEntry{ErrorCode: &code, ErrorMessage: &message}
}

func messageOf(err error) string {
	var refusal *aws.Error
	if errors.As(err, &refusal) {
		return refusal.Message
	}
	return err.Error()
}

// notePutEvents tells the record which buses the call is about.
func notePutEvents(c *call.Call, in *api.PutEventsInput) {
	for i := range in.Entries {
		n := bus(c, in.Entries[i].EventBusName)
		r := call.Resource{Account: n.Account, Type: "AWS::Events::EventBus", ARN: n.arn()}
		if !slices.Contains(c.Resources, r) {
			c.Resources = append(c.Resources, r)
		}
		if n.Account != c.Account() && !slices.Contains(c.Owners, n.Account) {
			c.Owners = append(c.Owners, n.Account)
		}
	}
}
