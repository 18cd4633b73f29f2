package logs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

func (h *house) start(query string, groups ...string) *string {
	h.Helper()
	return answer[api.StartQueryOutput](h, &api.StartQueryInput{
		LogGroupNames: groups, QueryString: &query, StartTime: new(int64(0)), EndTime: new(h.ms() / 1000),
	}).QueryId
}

func TestQueries(t *testing.T) {
	h := newHouse(t)
	h.group("g", "s")
	h.group("h", "s")
	for i := range 4 {
		h.put("g", "s", fmt.Sprintf(`{"n":%d}`, i))
		h.put("h", "s", fmt.Sprintf(`{"n":%d}`, 10+i))
		h.Clock.Advance(time.Second)
	}
	id := h.start("fields n | filter n > 1 | sort n asc", "g", "h", "g")
	out := answer[api.GetQueryResultsOutput](h, &api.GetQueryResultsInput{QueryId: id})
	h.Equal("before it runs", fmt.Sprintln(*out.Status, len(out.Results)), "Scheduled 0\n")
	h.advance()
	out = answer[api.GetQueryResultsOutput](h, &api.GetQueryResultsInput{QueryId: id})
	h.Equal("status", *out.Status, "Complete")
	var found []string
	for _, row := range out.Results {
		for _, f := range row {
			if *f.Field == "n" {
				found = append(found, *f.Value)
			}
			if *f.Field == "@ptr" {
				h.Do(&api.GetLogRecordInput{LogRecordPointer: f.Value})
			}
		}
	}
	h.Equal("rows", found, []string{"2", "3", "10", "11", "12", "13"})
	st := out.Statistics
	h.Equal("statistics", []float64{*st.RecordsMatched, *st.RecordsScanned, *st.LogGroupsScanned}, []float64{6, 8, 2})

	first := answer[api.GetQueryResultsOutput](h, &api.GetQueryResultsInput{QueryId: id, MaxItems: new(int32(4))})
	rest := answer[api.GetQueryResultsOutput](h, &api.GetQueryResultsInput{QueryId: id, NextToken: first.NextToken})
	h.Equal("pages", fmt.Sprint(len(first.Results), len(rest.Results), rest.NextToken), "4 2 <nil>")

	h.Clock.Advance(time.Second)
	stopped := h.start("fields n", "g")
	h.Equal("stopped", *answer[api.StopQueryOutput](h, &api.StopQueryInput{QueryId: stopped}).Success, true)
	h.fails(invalidCode, "cannot be stopped", &api.StopQueryInput{QueryId: stopped})
	h.advance()
	h.Equal("stays so", *answer[api.GetQueryResultsOutput](h, &api.GetQueryResultsInput{QueryId: stopped}).Status, "Cancelled")

	list := answer[api.DescribeQueriesOutput](h, &api.DescribeQueriesInput{}).Queries
	h.Equal("the latest first", []string{*list[0].QueryId, *list[1].QueryId}, []string{*stopped, *id})
	h.Equal("of a group", len(answer[api.DescribeQueriesOutput](h, &api.DescribeQueriesInput{LogGroupName: new("h")}).Queries), 1)
	h.Equal("of a status", len(answer[api.DescribeQueriesOutput](h, &api.DescribeQueriesInput{Status: new("Cancelled")}).Queries), 1)

	h.Clock.Advance(8 * 24 * time.Hour)
	h.advance()
	h.fails(missingCode, "Query not found", &api.GetQueryResultsInput{QueryId: id})
	h.Equal("forgotten", len(answer[api.DescribeQueriesOutput](h, &api.DescribeQueriesInput{}).Queries), 0)
	if _, err := h.Events.Result(t.Context(), *id, nil); err == nil {
		t.Error("the rows of a forgotten query are kept")
	}

	bad := func(edit func(*api.StartQueryInput)) *api.StartQueryInput {
		in := &api.StartQueryInput{LogGroupName: new("g"), QueryString: new("fields n"), StartTime: new(int64(1)), EndTime: new(int64(2))}
		edit(in)
		return in
	}
	_, err := h.Call(bad(func(in *api.StartQueryInput) { in.QueryString = new("fields é |") }))
	var malformed *aws.Error
	if !errors.As(err, &malformed) || malformed.Code != "MalformedQueryException" {
		t.Fatal(err)
	}
	compile := malformed.Fields[0].Shape.(*api.QueryCompileError)
	h.Equal("where", fmt.Sprint(malformed.Fields[0].Name, *compile.Location.StartCharOffset, *compile.Location.EndCharOffset, *compile.Message), "queryCompileError10 10unexpected end of the query")
	h.fails("MalformedQueryException", "end date and time is either before the log groups creation time", bad(func(*api.StartQueryInput) {}))
	h.fails(invalidCode, "end date", bad(func(in *api.StartQueryInput) { in.EndTime = new(int64(0)) }))
	h.fails(invalidCode, "seconds", bad(func(in *api.StartQueryInput) { in.EndTime = new(int64(1) << 60) }))
	h.fails(invalidCode, "SQL", bad(func(in *api.StartQueryInput) { in.QueryLanguage = new("SQL") }))
	h.fails(invalidCode, "Exactly one", bad(func(in *api.StartQueryInput) { in.LogGroupNames = []string{"g"} }))
	h.fails(missingCode, groupMissing, bad(func(in *api.StartQueryInput) { in.LogGroupName = new("no") }))
	h.fails(missingCode, "Query not found", &api.StopQueryInput{QueryId: new("no")})
	h.fails(missingCode, groupMissing, &api.DescribeQueriesInput{LogGroupName: new("no")})
}

// A query may say by itself which groups it reads.
func TestSource(t *testing.T) {
	h := newHouse(t)
	for _, g := range []string{"app/a", "app/b", "other"} {
		h.group(g, "s")
		h.put(g, "s", g)
	}
	h.Do(&api.CreateLogGroupInput{LogGroupName: new("app/ia"), LogGroupClass: new("INFREQUENT_ACCESS")})
	for source, want := range map[string]string{
		`namePrefix: ["app/"]`:         "app/a app/b",
		`namePrefix: ["app/b", "oth"]`: "app/b other",
		``:                             "app/a app/b other",
		`class: ["INFREQUENT_ACCESS"]`: "app/ia",
		`namePrefix: ["app/a"], accountIdentifiers: ["` + account + `"]`: "app/a",
	} {
		id := h.start("SOURCE logGroups(" + source + ") | fields @message | sort @message")
		q, _ := queries.Get(h.State.View(), scope(account, region)+*id)
		var groups []string
		for _, g := range q.Groups {
			groups = append(groups, g.Name)
		}
		h.Equal(source, strings.Join(groups, " "), want)
	}
	h.advance()
	both := &api.StartQueryInput{LogGroupName: new("other"), QueryString: new("SOURCE logGroups() | fields a"), StartTime: new(int64(0)), EndTime: new(h.ms() / 1000)}
	h.fails(invalidCode, "not by both", both)
	both.LogGroupName, both.QueryString = nil, new(`SOURCE logGroups(namePrefix: ["none"]) | fields a`)
	h.fails(missingCode, "No log group matches", both)
	both.QueryString = new(`SOURCE logGroups(accountIdentifiers: ["` + other + `"]) | fields a`)
	h.fails(invalidCode, "not linked", both)
	both.QueryString = new("fields a")
	h.fails(invalidCode, "Exactly one", both)
	both.QueryString = new("SOURCE logGroups( | fields a")
	h.fails("MalformedQueryException", "unexpected symbol", both)
}

// A query whose worker is gone is run by another one when its claim is over.
func TestClaimsEnd(t *testing.T) {
	h := newHouse(t)
	h.group("g", "s")
	id := h.start("fields @message", "g")
	err := h.Store.Update(t.Context(), func(tx *store.Tx) error {
		for _, q := range queries.Scan(tx, "") {
			j := q.job(h.Service)
			j.take(tx, claim{Worker: 4711, Until: h.Clock.Now().Add(claimTime).UnixMilli()})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	status := func() string {
		return *answer[api.GetQueryResultsOutput](h, &api.GetQueryResultsInput{QueryId: id}).Status
	}
	h.advance()
	h.Equal("claimed", status(), "Running")
	h.Clock.Advance(claimTime)
	h.advance()
	h.Equal("taken over", status(), "Complete")
}

func TestQueryDefinitions(t *testing.T) {
	h := newHouse(t)
	token := strings.Repeat("t", 36)
	put := &api.PutQueryDefinitionInput{Name: new("b/1"), QueryString: new("fields n"), LogGroupNames: []string{"g"}, ClientToken: &token}
	id := answer[api.PutQueryDefinitionOutput](h, put).QueryDefinitionId
	h.Equal("repeated", *answer[api.PutQueryDefinitionOutput](h, put).QueryDefinitionId, *id)
	h.Do(&api.PutQueryDefinitionInput{Name: new("a"), QueryString: new("fields n")},
		&api.PutQueryDefinitionInput{QueryDefinitionId: id, Name: new("b/2"), QueryString: new("fields m")})
	names := func(in *api.DescribeQueryDefinitionsInput) (all []string) {
		for {
			out := answer[api.DescribeQueryDefinitionsOutput](h, in)
			for _, d := range out.QueryDefinitions {
				all = append(all, *d.Name+": "+*d.QueryString)
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return all
			}
		}
	}
	h.Equal("all", names(&api.DescribeQueryDefinitionsInput{MaxResults: new(int32(1))}), []string{"a: fields n", "b/2: fields m"})
	h.Equal("prefix", names(&api.DescribeQueryDefinitionsInput{QueryDefinitionNamePrefix: new("b")}), []string{"b/2: fields m"})
	h.Do(&api.DeleteQueryDefinitionInput{QueryDefinitionId: id})
	h.fails(missingCode, "does not exist", &api.DeleteQueryDefinitionInput{QueryDefinitionId: id})
	put.QueryDefinitionId = id
	h.fails(missingCode, "does not exist", put)
}

func (h *house) export() *string {
	h.Helper()
	return answer[api.CreateExportTaskOutput](h, &api.CreateExportTaskInput{
		LogGroupName: new("g"), Destination: new("bucket"), DestinationPrefix: new("p"), From: new(int64(0)), To: new(h.ms() + 1), TaskName: new("t"),
	}).TaskId
}

func (h *house) task(id *string) api.ExportTask {
	h.Helper()
	return answer[api.DescribeExportTasksOutput](h, &api.DescribeExportTasksInput{TaskId: id}).ExportTasks[0]
}

func TestExportTasks(t *testing.T) {
	h := newHouse(t)
	h.group("g", "2026/01/[x]", "b", "empty")
	h.put("g", "2026/01/[x]", "one", "two")
	h.put("g", "b", "three")
	id := h.export()
	h.Equal("status", *h.task(id).Status.Code, "PENDING")
	h.fails(limitCode, "Resource limit exceeded", &api.CreateExportTaskInput{LogGroupName: new("g"), Destination: new("bucket"), From: new(int64(0)), To: new(int64(1))})
	h.advance()
	done := h.task(id)
	h.Equal("done", fmt.Sprintln(*done.Status.Code, *done.Status.Message, *done.TaskName, *done.ExecutionInfo.CompletionTime), fmt.Sprintln("COMPLETED Completed successfully t", h.ms()))
	var keys []string
	for k := range h.objects {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	want := []string{"bucket/p/" + *id + "/2026-01-[x]/000000.gz", "bucket/p/" + *id + "/b/000000.gz", "bucket/p/aws-logs-write-test"}
	slices.Sort(want)
	h.Equal("objects", keys, want)
	at := func(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }
	h.Equal("lines", string(h.unzip(h.objects["bucket/p/"+*id+"/2026-01-[x]/000000.gz"])), at(h.ms()-1)+" one\n"+at(h.ms())+" two\n")
	h.Equal("proof", string(h.objects["bucket/p/aws-logs-write-test"]), "Permission Check Successful")
	h.fails(classCode, "already finished", &api.CancelExportTaskInput{TaskId: id})

	// One that waits is cancelled at once, one that runs before its next object.
	id = h.export()
	h.Do(&api.CancelExportTaskInput{TaskId: id})
	h.Equal("cancelled", *h.task(id).Status.Code, "CANCELLED")
	id = h.export()
	h.putting = func(key string) {
		if strings.HasSuffix(key, "aws-logs-write-test") {
			h.Do(&api.CancelExportTaskInput{TaskId: id})
		}
	}
	h.advance()
	h.putting = nil
	h.Equal("cancelled", *h.task(id).Status.Code, "CANCELLED")
	h.Equal("objects", h.objects["bucket/p/"+*id+"/b/000000.gz"] == nil, true)

	// A bucket that refuses later makes the task fail.
	id = h.export()
	h.denied = aws.Errorf("AccessDenied", "Access Denied")
	h.advance()
	h.Equal("failed", *h.task(id).Status.Code, "FAILED")
	create := func(edit func(*api.CreateExportTaskInput)) *api.CreateExportTaskInput {
		in := &api.CreateExportTaskInput{LogGroupName: new("g"), Destination: new("bucket"), From: new(int64(0)), To: new(int64(1))}
		edit(in)
		return in
	}
	h.fails(invalidCode, "PutObject call on the given bucket failed.", create(func(*api.CreateExportTaskInput) {}))
	h.denied = aws.Errorf("AccessDenied", "acl")
	h.fails(invalidCode, "GetBucketAcl call on the given bucket failed.", create(func(*api.CreateExportTaskInput) {}))
	h.denied = nil
	h.fails(invalidCode, "before", create(func(in *api.CreateExportTaskInput) { in.To = new(int64(0)) }))
	h.fails(missingCode, groupMissing, create(func(in *api.CreateExportTaskInput) { in.LogGroupName = new("no") }))
	h.fails(missingCode, "export task", &api.CancelExportTaskInput{TaskId: new("no")})
	h.fails(invalidCode, "same time", &api.DescribeExportTasksInput{TaskId: new("x"), StatusCode: new("FAILED")})
	h.Equal("by status", len(answer[api.DescribeExportTasksOutput](h, &api.DescribeExportTasksInput{StatusCode: new("CANCELLED")}).ExportTasks), 2)
}

// Run does what is asked for without being told to.
func TestRun(t *testing.T) {
	h := newHouse(t)
	h.group("g", "s")
	h.put("g", "s", "x")
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { h.Run(ctx) })
	defer running.Wait()
	defer stop()
	id, export := h.start("fields @message", "g"), h.export()
	for {
		changed := h.Store.Notify()
		if *answer[api.GetQueryResultsOutput](h, &api.GetQueryResultsInput{QueryId: id}).Status == "Complete" && *h.task(export).Status.Code == "COMPLETED" {
			return
		}
		select {
		case <-changed:
		case <-time.After(time.Minute):
			t.Fatal("nothing was done")
		}
	}
}
