package logs

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

func event(at int64, message string) api.InputLogEvent {
	return api.InputLogEvent{Timestamp: &at, Message: &message}
}

func TestPutLogEvents(t *testing.T) {
	h := newHouse(t)
	h.group("g", "s")
	put := func(events ...api.InputLogEvent) *api.PutLogEventsInput {
		return &api.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), LogEvents: events, SequenceToken: new("anything")}
	}
	now := h.ms()
	out := answer[api.PutLogEventsOutput](h, put(event(now, "one"), event(now, "two")))
	h.Equal("token", len(*out.NextSequenceToken), 56)
	h.Equal("rejected", out.RejectedLogEventsInfo == nil, true)
	h.Equal("resource", h.Last().Resources[0].ARN, "arn:aws:logs:eu-west-1:111111111111:log-group:g")

	const day = 24 * 3_600_000
	for _, c := range []struct {
		retention int32
		want      string // expired, too old, too new
		events    []int64
	}{
		{0, "<nil> 1 <nil>", []int64{now - 14*day - 1, now - 14*day}},
		{3, "2 <nil> <nil>", []int64{now - 3*day - 2, now - 3*day - 1, now - 3*day}},
		{3, "2 1 <nil>", []int64{now - 14*day - 1, now - 14*day}},
		{0, "<nil> <nil> 1", []int64{now, now + 2*3_600_000 + 1}},
		{0, "<nil> <nil> 0", []int64{now + 3*3_600_000}},
	} {
		h.Do(&api.DeleteRetentionPolicyInput{LogGroupName: new("g")})
		if c.retention > 0 {
			h.Do(&api.PutRetentionPolicyInput{LogGroupName: new("g"), RetentionInDays: &c.retention})
		}
		var events []api.InputLogEvent
		for _, at := range c.events {
			events = append(events, event(at, "m"))
		}
		show := func(p *int32) string {
			if p == nil {
				return "<nil>"
			}
			return fmt.Sprint(*p)
		}
		r := answer[api.PutLogEventsOutput](h, put(events...)).RejectedLogEventsInfo
		h.Equal("rejected", fmt.Sprint(show(r.ExpiredLogEventEndIndex), " ", show(r.TooOldLogEventEndIndex), " ", show(r.TooNewLogEventStartIndex)), c.want)
	}
	big := strings.Repeat("x", putSize-26)
	h.Do(put(event(now, big)))
	h.fails(invalidCode, "Upload too large: 1048577 bytes exceeds limit of 1048576", put(event(now, big+"x")))
	h.fails(invalidCode, "chronological order", put(event(now, "a"), event(now-1, "b")))
	h.fails(invalidCode, "24 hours", put(event(now-day, "a"), event(now+1, "b")))
	h.fails(invalidCode, "logEvents", put(make([]api.InputLogEvent, 10_001)...))
	h.fails(missingCode, groupMissing, &api.PutLogEventsInput{LogGroupName: new("no"), LogStreamName: new("s"), LogEvents: []api.InputLogEvent{event(now, "m")}})
	h.fails(missingCode, "log stream", &api.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: new("no"), LogEvents: []api.InputLogEvent{event(now, "m")}})
}

func TestGetLogEvents(t *testing.T) {
	h := newHouse(t)
	h.group("g", "s", "empty")
	for i := range 25 {
		h.put("g", "s", fmt.Sprint(i))
		h.Clock.Advance(time.Millisecond)
	}
	get := func(in *api.GetLogEventsInput) (string, *api.GetLogEventsOutput) {
		in.LogGroupName, in.LogStreamName, in.Limit = new("g"), new("s"), new(int32(10))
		out := answer[api.GetLogEventsOutput](h, in)
		var all []string
		for _, e := range out.Events {
			all = append(all, *e.Message)
		}
		return strings.Join(all, " "), out
	}
	check := func(what, got, want string) { h.Helper(); h.Equal(what, got, want) }

	first, out := get(&api.GetLogEventsInput{StartFromHead: new(true)})
	check("head", first, "0 1 2 3 4 5 6 7 8 9")
	second, out := get(&api.GetLogEventsInput{StartFromHead: new(true), NextToken: out.NextForwardToken})
	check("forward", second, "10 11 12 13 14 15 16 17 18 19")
	back, _ := get(&api.GetLogEventsInput{NextToken: out.NextBackwardToken})
	check("back", back, first)
	third, out := get(&api.GetLogEventsInput{StartFromHead: new(true), NextToken: out.NextForwardToken})
	check("forward", third, "20 21 22 23 24")
	end := out.NextForwardToken
	for range 2 {
		var none string
		none, out = get(&api.GetLogEventsInput{StartFromHead: new(true), NextToken: end})
		check("end", none, "")
		check("the same token", *out.NextForwardToken, *end)
	}
	again, _ := get(&api.GetLogEventsInput{NextToken: out.NextBackwardToken})
	check("back from the end", again, "15 16 17 18 19 20 21 22 23 24")

	h.put("g", "s", "25")
	more, _ := get(&api.GetLogEventsInput{StartFromHead: new(true), NextToken: end})
	check("what came meanwhile", more, "25")
	tail, out := get(&api.GetLogEventsInput{})
	check("tail", tail, "16 17 18 19 20 21 22 23 24 25")
	for _, want := range []string{"6 7 8 9 10 11 12 13 14 15", "0 1 2 3 4 5", ""} {
		token := out.NextBackwardToken
		var got string
		got, out = get(&api.GetLogEventsInput{NextToken: token})
		check("backward", got, want)
		if want == "" {
			check("the same token", *out.NextBackwardToken, *token)
		}
	}
	from := h.ms() - 25
	window, _ := get(&api.GetLogEventsInput{StartTime: new(from + 3), EndTime: new(from + 5)})
	check("window, the end not included", window, "3 4")

	none := answer[api.GetLogEventsOutput](h, &api.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("empty")})
	h.Equal("empty", len(none.Events), 0)
	h.put("g", "empty", "late")
	late := answer[api.GetLogEventsOutput](h, &api.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("empty"), NextToken: none.NextForwardToken})
	h.Equal("late", *late.Events[0].Message, "late")

	h.Do(&api.CreateLogGroupInput{LogGroupName: new("ia"), LogGroupClass: new("INFREQUENT_ACCESS")}, &api.CreateLogStreamInput{LogGroupName: new("ia"), LogStreamName: new("s")})
	h.fails(invalidCode, "INFREQUENT_ACCESS", &api.GetLogEventsInput{LogGroupName: new("ia"), LogStreamName: new("s")})
	h.fails(invalidCode, "INFREQUENT_ACCESS", &api.FilterLogEventsInput{LogGroupName: new("ia")})
	for _, token := range []string{"x", "f/1/s", "g/" + segment.ID{}.String() + "/s", "f/" + segment.ID{}.String()} {
		h.fails(invalidCode, "The specified nextToken is invalid.", &api.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), NextToken: &token})
	}
	h.fails(missingCode, groupMissing, &api.GetLogEventsInput{LogGroupName: new("no"), LogStreamName: new("s")})
	h.fails(missingCode, "log stream", &api.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("no")})
}

// An answer holds a megabyte and no more.
func TestPagesAreBounded(t *testing.T) {
	h := newHouse(t)
	h.group("g", "s")
	for range 3 {
		h.put("g", "s", strings.Repeat("x", 400_000), strings.Repeat("y", 400_000))
		h.Clock.Advance(time.Second)
	}
	out := answer[api.GetLogEventsOutput](h, &api.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), StartFromHead: new(true)})
	h.Equal("events", len(out.Events), 2)
	page := answer[api.FilterLogEventsOutput](h, &api.FilterLogEventsInput{LogGroupName: new("g")})
	h.Equal("filtered", len(page.Events), 2)
	h.Equal("all", len(h.filtered(&api.FilterLogEventsInput{LogGroupName: new("g")})), 6)
}

func TestFilterLogEvents(t *testing.T) {
	h := newHouse(t)
	h.group("g", "a/1", "a/2", "b")
	for i := range 10 {
		for _, s := range []string{"a/1", "b", "a/2"} {
			h.put("g", s, fmt.Sprintf(`{"n":%d,"s":"%s"}`, i, s))
		}
		h.Clock.Advance(time.Second)
	}
	find := func(in *api.FilterLogEventsInput) int {
		in.LogGroupName = new("g")
		return len(h.filtered(in))
	}
	h.Equal("all", find(&api.FilterLogEventsInput{Limit: new(int32(4))}), 30)
	h.Equal("pattern", find(&api.FilterLogEventsInput{FilterPattern: new("{ $.n = 3 }"), Interleaved: new(true)}), 3)
	h.Equal("term", find(&api.FilterLogEventsInput{FilterPattern: new(`"\"n\":7"`)}), 3)
	h.Equal("names", find(&api.FilterLogEventsInput{LogStreamNames: []string{"b", "a/1"}, Limit: new(int32(3))}), 20)
	h.Equal("prefix", find(&api.FilterLogEventsInput{LogStreamNamePrefix: new("a/")}), 20)
	h.Equal("no such prefix", find(&api.FilterLogEventsInput{LogStreamNamePrefix: new("x")}), 0)
	h.Equal("window", find(&api.FilterLogEventsInput{StartTime: new(h.ms() - 3000), EndTime: new(h.ms() - 2000)}), 6)

	page := answer[api.FilterLogEventsOutput](h, &api.FilterLogEventsInput{LogGroupName: new("g")})
	last := ""
	for _, e := range page.Events {
		if *e.EventId <= last || len(*e.EventId) != 56 {
			t.Errorf("event id %s after %s", *e.EventId, last)
		}
		last = *e.EventId
	}
	h.Equal("stream", *page.Events[0].LogStreamName, "a/1")
	h.Equal("ingestion", *page.Events[0].IngestionTime, *page.Events[0].Timestamp)
	h.Equal("searched", len(page.SearchedLogStreams), 0)

	// A page that was begun is not disturbed by what is written meanwhile.
	in := &api.FilterLogEventsInput{LogGroupName: new("g"), Limit: new(int32(10))}
	begun := answer[api.FilterLogEventsOutput](h, in)
	h.put("g", "b", "late")
	h.advance()
	in.NextToken = begun.NextToken
	h.Equal("rest", len(h.filtered(in)), 21)

	h.fails(invalidCode, "Invalid filter pattern", &api.FilterLogEventsInput{LogGroupName: new("g"), FilterPattern: new("{ $.x = }")})
	h.fails(invalidCode, "same time", &api.FilterLogEventsInput{LogGroupName: new("g"), LogStreamNames: []string{"b"}, LogStreamNamePrefix: new("a")})
	h.fails(missingCode, "log stream", &api.FilterLogEventsInput{LogGroupName: new("g"), LogStreamNames: []string{"no"}})
	h.fails(missingCode, groupMissing, &api.FilterLogEventsInput{LogGroupName: new("no")})
	h.fails(invalidCode, "endTime", &api.FilterLogEventsInput{LogGroupName: new("g"), StartTime: new(int64(2)), EndTime: new(int64(1))})
	h.fails(invalidCode, "nextToken", &api.FilterLogEventsInput{LogGroupName: new("g"), NextToken: new("x")})
	h.fails(invalidCode, "nextToken", &api.FilterLogEventsInput{LogGroupName: new("g"), NextToken: new(pages.Token("FilterLogEvents", "x"))})
}

func TestRecordsAndFields(t *testing.T) {
	h := newHouse(t)
	h.group("g", "s")
	h.put("g", "s", `{"a":{"b":1,"c":[true,"x"]},"d":"y","e":null}`, "plain")
	g, _ := find(h.Store.View(), groupName{account, region, "g"})
	page := answer[api.FilterLogEventsOutput](h, &api.FilterLogEventsInput{LogGroupName: new("g")})
	id, err := segment.ParseID(*page.Events[0].EventId)
	if err != nil {
		t.Fatal(err)
	}
	record := answer[api.GetLogRecordOutput](h, &api.GetLogRecordInput{LogRecordPointer: new(pointer(g, id))}).LogRecord
	delete(record, "@ptr")
	h.Equal("record", record, map[string]string{
		"@log": "111111111111:g", "@logStream": "s", "@message": `{"a":{"b":1,"c":[true,"x"]},"d":"y","e":null}`,
		"@timestamp": fmt.Sprint(h.ms() - 1), "@ingestionTime": fmt.Sprint(h.ms()),
		"a.b": "1", "a.c.0": "true", "a.c.1": "x", "d": "y",
	})
	id.Seq = 99
	h.fails(missingCode, "log record", &api.GetLogRecordInput{LogRecordPointer: new(pointer(g, id))})
	id.Stream = 99
	h.fails(missingCode, "log record", &api.GetLogRecordInput{LogRecordPointer: new(pointer(g, id))})
	h.fails(invalidCode, "pointer", &api.GetLogRecordInput{LogRecordPointer: new("x")})

	share := func(in *api.GetLogGroupFieldsInput) string {
		var all []string
		in.LogGroupName = new("g")
		for _, f := range answer[api.GetLogGroupFieldsOutput](h, in).LogGroupFields {
			all = append(all, fmt.Sprint(*f.Name, "=", *f.Percent))
		}
		return strings.Join(all, " ")
	}
	want := "@ingestionTime=100 @log=100 @logStream=100 @message=100 @timestamp=100 a.b=50 a.c.0=50 a.c.1=50 d=50"
	h.Equal("fields", share(&api.GetLogGroupFieldsInput{}), want)
	h.Clock.Advance(time.Hour)
	h.Equal("fields", share(&api.GetLogGroupFieldsInput{}), "")
	h.Equal("fields", share(&api.GetLogGroupFieldsInput{Time: new(h.ms()/1000 - 3600)}), want)
	h.fails(missingCode, groupMissing, &api.GetLogGroupFieldsInput{LogGroupName: new("no")})
	h.fails(invalidCode, "seconds", &api.GetLogGroupFieldsInput{LogGroupName: new("g"), Time: new(int64(1) << 60)})
}

func TestPutAsService(t *testing.T) {
	h := newHouse(t)
	h.group("g")
	arn := "arn:aws:logs:eu-west-1:111111111111:log-group:g:*"
	put := func(stream string, events ...Event) error {
		return h.Store.Update(t.Context(), func(tx *store.Tx) error {
			if err := h.PutAsService(tx, h.Clock.Now(), arn, stream, events); err != nil {
				return err
			}
			return nil
		})
	}
	day := 24 * time.Hour
	if err := put("new", Event{h.Clock.Now(), []byte("3")}, Event{h.Clock.Now().Add(-3 * day), []byte("1")}, Event{h.Clock.Now().Add(-15 * day), []byte("0")},
		Event{h.Clock.Now().Add(-day), []byte("2")}, Event{h.Clock.Now().Add(3 * time.Hour), []byte("4")}); err != nil {
		t.Fatal(err)
	}
	h.Equal("events", h.filtered(&api.FilterLogEventsInput{LogGroupName: new("g")}), []string{"1", "2", "3"})
	if put("a:b") == nil {
		t.Error("a stream may have a colon in its name")
	}
	if g, ok := Group(h.Store.View(), arn); !ok || g.Name != "g" {
		t.Error("the group is not found by its ARN")
	}
	arn = "arn:aws:logs:eu-west-1:111111111111:log-group:no:*"
	if put("new") == nil {
		t.Error("events go into a group that does not exist")
	}
}
