package logs

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Event is a log event that another service of the house brings.
type Event struct {
	Time    time.Time
	Message []byte // UTF-8
}

// Group finds a log group by its ARN, with or without the ":*".
func Group(r store.Reader, arn string) (*LogGroup, bool) {
	n, ok := parseGroupARN(arn)
	if !ok {
		return nil, false
	}
	return logGroups.Get(r, n.key())
}

// HasStream reports whether a group has a stream of that name.
func HasStream(r store.Reader, groupARN, stream string) bool {
	n, ok := parseGroupARN(groupARN)
	if !ok {
		return false
	}
	_, ok = logStreams.Get(r, n.within(stream))
	return ok
}

// Target is what a service or a role needs to work on a group, or on a stream
// of it when one is named: an action of logs: under the resource policies of
// the group's account. Nothing is said of a group that does not exist.
func Target(r store.Reader, groupARN, stream, action string) call.Target {
	n, ok := parseGroupARN(groupARN)
	if !ok {
		return call.Target{Action: action, Resource: groupARN}
	}
	t := call.Target{
		Action: action, Resource: n.streamARN(stream), Owner: n.account,
		Policy: resourcePolicy(r, n), Context: policy.Context{},
	}
	if g, ok := logGroups.Get(r, n.key()); ok {
		for k, v := range g.Tags {
			t.Context.Set("aws:ResourceTag/"+k, v)
		}
	}
	return t
}

// PutAsService logs events for another service of the house, as part of the
// change that tx is. The permission was asked for by the caller, with Target.
// A stream that does not exist is made. The events may come in any order and
// number; those that are too old or too new for the group are left out, as
// PutLogEvents would reject them.
func (s *Service) PutAsService(tx *store.Tx, now time.Time, groupARN, stream string, events []Event) *aws.Error {
	g, ok := Group(tx, groupARN)
	if !ok {
		return noGroup()
	}
	if stream == "" || len(stream) > 512 || strings.ContainsAny(stream, ":*\x00") {
		return invalid("The log stream name %q is not valid.", stream)
	}
	st, ok := logStreams.Get(tx, g.named().within(stream))
	if !ok {
		st = newStream(tx, g.named(), stream, now.UnixMilli())
	}
	earliest := max(now.Add(-tooOld).UnixMilli(), g.horizon(now))
	latest := min(now.Add(tooNew).UnixMilli(), segment.MaxTime)
	list := make([]segment.Event, 0, len(events))
	for _, e := range events {
		if t := e.Time.UnixMilli(); t >= earliest && t <= latest && len(e.Message) > 0 {
			list = append(list, segment.Event{ID: segment.ID{Time: t}, Message: e.Message})
		}
	}
	slices.SortStableFunc(list, func(a, b segment.Event) int { return cmp.Compare(a.Time, b.Time) })
	_, err := s.write(tx, now, g, st, list)
	return err
}
