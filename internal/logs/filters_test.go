package logs

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

func TestMetricFilters(t *testing.T) {
	h := newHouse(t)
	h.group("g")
	h.group("h")
	put := func(group, name, metric, value string) *api.PutMetricFilterInput {
		return &api.PutMetricFilterInput{LogGroupName: &group, FilterName: &name, FilterPattern: new("[ip, size]"),
			MetricTransformations: []api.MetricTransformation{{MetricName: &metric, MetricNamespace: new("n"), MetricValue: &value, DefaultValue: new(0.0)}}}
	}
	h.Do(put("g", "b", "m1", "1"), put("g", "a", "m2", "$size"), put("h", "a", "m1", "$.x"))
	names := func(in *api.DescribeMetricFiltersInput) string {
		var all []string
		for _, f := range answer[api.DescribeMetricFiltersOutput](h, in).MetricFilters {
			all = append(all, *f.LogGroupName+"/"+*f.FilterName+"="+*f.MetricTransformations[0].MetricValue)
		}
		return strings.Join(all, " ")
	}
	h.Equal("of a group", names(&api.DescribeMetricFiltersInput{LogGroupName: new("g")}), "g/a=$size g/b=1")
	h.Equal("by prefix", names(&api.DescribeMetricFiltersInput{LogGroupName: new("g"), FilterNamePrefix: new("b")}), "g/b=1")
	h.Equal("by metric", names(&api.DescribeMetricFiltersInput{MetricName: new("m1"), MetricNamespace: new("n")}), "g/b=1 h/a=$.x")
	h.Equal("counted", *answer[api.DescribeLogGroupsOutput](h, &api.DescribeLogGroupsInput{}).LogGroups[0].MetricFilterCount, int32(2))
	h.Do(put("g", "b", "m1", "2"), &api.DeleteMetricFilterInput{LogGroupName: new("g"), FilterName: new("a")})
	h.Equal("changed", names(&api.DescribeMetricFiltersInput{}), "g/b=2 h/a=$.x")

	bad := put("g", "c", "m", "1")
	bad.FilterPattern = new("[a")
	dimensions := put("g", "c", "m", "1")
	dimensions.MetricTransformations[0].Dimensions = map[string]string{"a": "$ip"}
	nameless := put("g", "c", "m", "1")
	nameless.FilterPattern = new("ERROR")
	nameless.MetricTransformations[0].Dimensions = map[string]string{"a": "$ip"}
	for _, c := range []struct {
		code, message string
		in            wire.Shape
	}{
		{invalidCode, "Invalid filter pattern", bad},
		{invalidCode, "neither a number", put("g", "c", "m", "x")},
		{invalidCode, "default value", dimensions},
		{invalidCode, "The specified filter pattern does not support dimensions", nameless},
		{missingCode, groupMissing, put("no", "c", "m", "1")},
		{missingCode, "The specified metric filter does not exist.", &api.DeleteMetricFilterInput{LogGroupName: new("g"), FilterName: new("a")}},
		{missingCode, groupMissing, &api.DeleteMetricFilterInput{LogGroupName: new("no"), FilterName: new("a")}},
		{missingCode, groupMissing, &api.DescribeMetricFiltersInput{LogGroupName: new("no")}},
		{invalidCode, "together", &api.DescribeMetricFiltersInput{MetricName: new("m")}},
		{invalidCode, "logGroupName", &api.DescribeMetricFiltersInput{FilterNamePrefix: new("m")}},
	} {
		h.fails(c.code, c.message, c.in)
	}
	h.Do(&api.CreateLogGroupInput{LogGroupName: new("ia"), LogGroupClass: new("INFREQUENT_ACCESS")})
	h.fails(classCode, "INFREQUENT_ACCESS", put("ia", "c", "m", "1"))
	for i := range maxMetricFilters - 1 {
		h.Do(put("g", fmt.Sprint(i), "m", "1"))
	}
	h.fails(limitCode, "Resource limit exceeded", put("g", "c", "m", "1"))
}

// Of the filters of a group, of either kind, five may have regular expressions.
func TestRegexFilters(t *testing.T) {
	h := newHouse(t)
	h.group("g")
	h.group("h")
	metric := func(group, name, pattern string) *api.PutMetricFilterInput {
		return &api.PutMetricFilterInput{LogGroupName: &group, FilterName: &name, FilterPattern: &pattern,
			MetricTransformations: []api.MetricTransformation{{MetricName: new("m"), MetricNamespace: new("n"), MetricValue: new("1")}}}
	}
	h.Do(subscribe("a", "%x%"), metric("g", "a", "[ip = %x%]"), metric("g", "b", "{ $.a = %x% }"), metric("g", "c", "%x%"), metric("g", "d", "x"), metric("g", "e", "%x%"))
	h.fails(limitCode, "Resource limit exceeded", metric("g", "d", "%x%"))
	h.fails(limitCode, "Resource limit exceeded", subscribe("b", "%x%"))
	h.Do(subscribe("a", "%y%"), metric("g", "a", "%y%"), metric("g", "f", "x"), subscribe("b", "x"), metric("h", "a", "%x%"))
	h.Do(metric("g", "a", "y"), metric("g", "d", "%x%"))
}

func TestTestMetricFilter(t *testing.T) {
	h := newHouse(t)
	out := answer[api.TestMetricFilterOutput](h, &api.TestMetricFilterInput{
		FilterPattern: new("[ip, status = 4*]"), LogEventMessages: []string{"10.0.0.1 200", "10.0.0.2 404"},
	})
	h.Equal("matches", len(out.Matches), 1)
	h.Equal("number", *out.Matches[0].EventNumber, int64(2))
	h.Equal("values", out.Matches[0].ExtractedValues, map[string]string{"$ip": "10.0.0.2", "$status": "404"})
	h.fails(invalidCode, "Invalid filter pattern", &api.TestMetricFilterInput{FilterPattern: new("{"), LogEventMessages: []string{"x"}})
}

func subscribe(name, pattern string) *api.PutSubscriptionFilterInput {
	return &api.PutSubscriptionFilterInput{LogGroupName: new("g"), FilterName: &name, FilterPattern: &pattern, DestinationArn: new(queue)}
}

func TestSubscriptions(t *testing.T) {
	h := newHouse(t)
	h.group("g", "s")
	h.Do(subscribe("f", "[ip, status = 4*]"))
	control := h.payloads()
	h.Equal("control message", fmt.Sprint(len(control), control[0].MessageType, control[0].Owner), "1CONTROL_MESSAGECloudwatchLogs")
	h.Equal("source", fmt.Sprint(h.from[0]), "{logs.amazonaws.com arn:aws:logs:eu-west-1:111111111111:log-group:g:* 111111111111  }")

	h.put("g", "s", "10.0.0.1 200", "10.0.0.2 404", "10.0.0.3 <500>")
	got := h.payloads()
	h.Equal("messages", len(got), 1)
	page := answer[api.FilterLogEventsOutput](h, &api.FilterLogEventsInput{LogGroupName: new("g")})
	h.Equal("payload", got[0], payload{
		MessageType: "DATA_MESSAGE", Owner: account, LogGroup: "g", LogStream: "s", SubscriptionFilters: []string{"f"},
		LogEvents: []payloadEvent{{
			ID: *page.Events[1].EventId, Timestamp: *page.Events[1].Timestamp, Message: "10.0.0.2 404",
			Extracted: map[string]string{"ip": "10.0.0.2", "status": "404"},
		}},
	})
	h.Do(subscribe("f", ""))
	h.payloads()
	random := make([]byte, 400_000)
	for i := range random {
		random[i] = byte(' ' + rand.N(64)) // no small letters: "kept" is looked for below
	}
	h.put("g", "s", string(random[:200_000]), string(random[200_000:]), "last")
	events := 0
	for _, p := range h.payloads() {
		events += len(p.LogEvents)
	}
	h.Equal("events in several messages", events, 3)

	// What a queue refuses does not keep events from being logged.
	h.refusal = aws.Errorf("AccessDenied", "no")
	h.put("g", "s", "kept")
	h.fails(invalidCode, "Could not deliver test message", subscribe("h", ""))
	h.refusal = nil
	h.Equal("kept", h.filtered(&api.FilterLogEventsInput{LogGroupName: new("g"), FilterPattern: new("kept")}), []string{"kept"})

	h.Do(subscribe("e", "x"))
	list := answer[api.DescribeSubscriptionFiltersOutput](h, &api.DescribeSubscriptionFiltersInput{LogGroupName: new("g")}).SubscriptionFilters
	h.Equal("list", fmt.Sprintln(len(list), *list[0].FilterName, *list[1].FilterName, *list[0].DestinationArn, *list[0].Distribution), "2 e f "+queue+" ByLogStream\n")
	h.Equal("by prefix", len(answer[api.DescribeSubscriptionFiltersOutput](h, &api.DescribeSubscriptionFiltersInput{LogGroupName: new("g"), FilterNamePrefix: new("f")}).SubscriptionFilters), 1)

	to := func(arn string) *api.PutSubscriptionFilterInput {
		in := subscribe("f", "")
		in.DestinationArn = &arn
		return in
	}
	role := subscribe("f", "")
	role.RoleArn = new("arn:aws:iam::111111111111:role/r")
	elsewhere := subscribe("f", "")
	elsewhere.LogGroupName = new("no")
	for _, c := range []struct {
		code, message string
		in            wire.Shape
	}{
		{invalidCode, `service "lambda" are not served here`, to("arn:aws:lambda:eu-west-1:111111111111:function:f")},
		{invalidCode, `service "kinesis" are not served here`, to("arn:aws:kinesis:eu-west-1:111111111111:stream/f")},
		{invalidCode, "not valid", to("queue")},
		{invalidCode, "FIFO", to(queue + ".fifo")},
		{invalidCode, "role", role},
		{invalidCode, "Invalid filter pattern", subscribe("f", "{")},
		{limitCode, "Resource limit exceeded", subscribe("third", "")},
		{missingCode, groupMissing, elsewhere},
		{missingCode, "The specified subscription filter does not exist.", &api.DeleteSubscriptionFilterInput{LogGroupName: new("g"), FilterName: new("no")}},
		{missingCode, groupMissing, &api.DeleteSubscriptionFilterInput{LogGroupName: new("no"), FilterName: new("f")}},
		{missingCode, groupMissing, &api.DescribeSubscriptionFiltersInput{LogGroupName: new("no")}},
	} {
		h.fails(c.code, c.message, c.in)
	}
	h.Do(&api.DeleteSubscriptionFilterInput{LogGroupName: new("g"), FilterName: new("f")}, &api.DeleteSubscriptionFilterInput{LogGroupName: new("g"), FilterName: new("e")})
	h.payloads()
	h.put("g", "s", "quiet")
	h.Equal("after the deletion", len(h.payloads()), 0)
	h.Do(&api.CreateLogGroupInput{LogGroupName: new("ia"), LogGroupClass: new("INFREQUENT_ACCESS")})
	elsewhere.LogGroupName = new("ia")
	h.fails(classCode, "INFREQUENT_ACCESS", elsewhere)
}

func TestKeys(t *testing.T) {
	h := newHouse(t)
	h.group("g", "s")
	h.put("g", "s", "open")
	h.Do(&api.AssociateKmsKeyInput{LogGroupName: new("g"), KmsKeyId: new(kmsKey)})
	h.put("g", "s", "sealed")
	h.Do(&api.CreateLogGroupInput{LogGroupName: new("k"), KmsKeyId: new(kmsKey)})
	h.Equal("key", *answer[api.DescribeLogGroupsOutput](h, &api.DescribeLogGroupsInput{LogGroupNamePrefix: new("k")}).LogGroups[0].KmsKeyId, kmsKey)
	all := func(want ...string) {
		h.Helper()
		h.Equal("events", h.filtered(&api.FilterLogEventsInput{LogGroupName: new("g")}), want)
	}
	all("open", "sealed")
	h.Clock.Advance(2 * time.Hour)
	h.advance()
	all("open", "sealed")
	h.Do(&api.DisassociateKmsKeyInput{LogGroupName: new("g")})
	h.put("g", "s", "open again")
	all("open", "sealed", "open again")

	h.disabled = true
	const denied = "The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:eu-west-1:111111111111:log-group:"
	h.fails("AccessDenied", denied+"g'", &api.FilterLogEventsInput{LogGroupName: new("g")})
	h.fails("AccessDenied", denied+"g'", &api.AssociateKmsKeyInput{LogGroupName: new("g"), KmsKeyId: new(kmsKey)})
	h.fails("AccessDenied", denied+"n'", &api.CreateLogGroupInput{LogGroupName: new("n"), KmsKeyId: new(kmsKey)})
	h.Clock.Advance(2 * time.Hour)
	h.advance() // leaves what it cannot open as it is
	h.disabled = false
	all("open", "sealed", "open again")

	results := "arn:aws:logs:eu-west-1:111111111111:query-result:*"
	h.Do(&api.AssociateKmsKeyInput{ResourceIdentifier: &results, KmsKeyId: new(kmsKey)})
	id := answer[api.StartQueryOutput](h, &api.StartQueryInput{LogGroupName: new("g"), QueryString: new("fields @message"), StartTime: new(int64(0)), EndTime: new(h.ms() / 1000)}).QueryId
	h.advance()
	out := answer[api.GetQueryResultsOutput](h, &api.GetQueryResultsInput{QueryId: id})
	h.Equal("sealed results", fmt.Sprintln(*out.Status, *out.EncryptionKey), "Complete "+kmsKey+"\n")
	h.disabled = true
	h.fails("AccessDenied", "query-result", &api.GetQueryResultsInput{QueryId: id})
	h.disabled = false
	h.Do(&api.DisassociateKmsKeyInput{ResourceIdentifier: &results})

	h.fails(invalidCode, "ARN", &api.AssociateKmsKeyInput{LogGroupName: new("g"), KmsKeyId: new("1234")})
	h.fails(invalidCode, "Exactly one", &api.AssociateKmsKeyInput{KmsKeyId: new(kmsKey)})
	h.fails(invalidCode, "ARN", &api.DisassociateKmsKeyInput{ResourceIdentifier: new("arn:aws:s3:::b")})
	h.fails(missingCode, groupMissing, &api.AssociateKmsKeyInput{LogGroupName: new("no"), KmsKeyId: new(kmsKey)})
	h.fails(missingCode, groupMissing, &api.DisassociateKmsKeyInput{LogGroupName: new("no")})
}

func FuzzTokens(f *testing.F) {
	f.Add("f/" + segment.ID{Time: 1, Ingested: 2, Stream: 3, Seq: 4}.String() + "/s")
	f.Add(pages.Token("FilterLogEvents", "x"))
	f.Add(pointer(&LogGroup{Account: account, Region: region, Name: "g"}, segment.ID{Time: 9}))
	f.Fuzz(func(t *testing.T, token string) {
		if at, err := parseCursor(&token); err == nil && at.String() != token {
			t.Errorf("the token %q is read as %q", token, at)
		}
		if position, ok := pages.Position("Op", &token); ok && pages.Token("Op", position) != token {
			t.Errorf("the token %q is read as %q", token, position)
		}
		if n, id, err := parsePointer(token); err == nil {
			again, id2, err := parsePointer(pointer(&LogGroup{Account: n.account, Region: n.region, Name: n.name}, id))
			if err != nil || again != n || id2 != id {
				t.Errorf("the pointer %q is read as %v %v, and then as %v %v", token, n, id, again, id2)
			}
		}
		if n, ok := parseGroupARN(token); ok && strings.Contains(n.name, ":") {
			t.Errorf("a group is called %q", n.name)
		}
	})
}
