package logs

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/store/postgrestest"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// A tail asks again and again for what is not older than the newest event it
// has seen, and knows the events of that time by their ids, as the AWS CLI
// does. It sees every event once, while blocks are merged.
func TestTail(t *testing.T) {
	h := newHouse(t)
	h.group("g", "a", "b", "c")
	const each = 60
	var writers sync.WaitGroup
	var turn sync.Mutex
	for _, stream := range []string{"a", "b", "c"} {
		writers.Go(func() {
			for i := range each {
				// The time of an event is the newest there is when it comes.
				turn.Lock()
				h.Clock.Advance(time.Duration(i%2) * time.Millisecond)
				message := fmt.Sprint(stream, i)
				in := &api.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: &stream, LogEvents: []api.InputLogEvent{event(h.ms(), message)}}
				if _, err := h.Call(in); err != nil {
					t.Error(err)
				}
				turn.Unlock()
			}
		})
	}
	seen, newest := map[string]int64{}, int64(0)
	messages := map[string]int{}
	for begun := time.Now(); len(messages) < 3*each; {
		if time.Since(begun) > 5*time.Minute {
			t.Fatalf("%d of %d events are seen", len(messages), 3*each)
		}
		in := &api.FilterLogEventsInput{LogGroupName: new("g"), StartTime: &newest, Limit: new(int32(7))}
		for next := newest; ; {
			out, err := h.tail(in)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range out.Events {
				if _, again := seen[*e.EventId]; !again {
					messages[*e.Message]++
				}
				seen[*e.EventId] = *e.Timestamp
				next = max(next, *e.Timestamp)
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				newest = next
				break
			}
		}
		if err := h.upkeep.Advance(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	writers.Wait()
	for m, n := range messages {
		if n != 1 {
			t.Errorf("%s is seen %d times", m, n)
		}
	}
}

// tail is one page of a tail, beside calls that write.
func (h *house) tail(in *api.FilterLogEventsInput) (*api.FilterLogEventsOutput, error) {
	out, err := h.Call(in)
	if err != nil {
		return nil, err
	}
	return out.(*api.FilterLogEventsOutput), nil
}

// What one replica is asked for another one may do, and any can answer.
func TestReplicas(t *testing.T) {
	url := postgrestest.URL(t)
	a, b := openHouse(t, store.Options{URL: url}), openHouse(t, store.Options{URL: url})
	a.group("g", "s")
	a.put("g", "s", "one", "two")
	id := a.start("fields @message", "g")
	b.follow(a)
	b.put("g", "s", "three")
	b.Equal("events", b.filtered(&api.FilterLogEventsInput{LogGroupName: new("g")}), []string{"one", "two", "three"})
	b.advance()
	a.follow(b)
	out := answer[api.GetQueryResultsOutput](a, &api.GetQueryResultsInput{QueryId: id})
	a.Equal("the other replica's answer", fmt.Sprintln(*out.Status, len(out.Results)), "Complete 3\n")
	a.Equal("events", a.filtered(&api.FilterLogEventsInput{LogGroupName: new("g")}), []string{"one", "two", "three"})
	a.Do(&api.DeleteLogGroupInput{LogGroupName: new("g")})
	b.follow(a)
	b.advance()
	b.fails(missingCode, groupMissing, &api.FilterLogEventsInput{LogGroupName: new("g")})
}

// follow waits until the house sees what the other one has done.
func (h *house) follow(other *house) {
	h.Helper()
	for deadline := time.After(time.Minute); ; {
		changed := h.Store.Notify()
		if h.Store.View().Rev() >= other.Store.View().Rev() {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			h.Fatal("the other replica's changes do not come")
		}
	}
}

func TestReset(t *testing.T) {
	h := newHouse(t)
	h.group("g", "s")
	h.put("g", "s", "old")
	if err := h.Store.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.group("g", "s")
	h.Equal("events", len(h.filtered(&api.FilterLogEventsInput{LogGroupName: new("g")})), 0)
}
