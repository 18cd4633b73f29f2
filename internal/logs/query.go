package logs

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/logs/insights"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// Query is a query of Logs Insights. Its rows are kept beside the events when
// it is complete, for as long as the query itself.
type Query struct {
	Claim               claim
	ID, Account, Region string
	Groups              []groupRef
	Text                string
	From, Until         int64 // Unix milliseconds, both included
	Limit               int
	Status              string
	Created             int64
	Took                int64 // milliseconds
	User                string
	Why                 string // it failed
	// DataKey is the number of the key that seals the rows and Key the ARN of
	// the KMS key; 0 and "" leave them as they are.
	DataKey int64  `json:",omitempty"`
	Key     string `json:",omitempty"`

	Matched, Scanned, Bytes int64
}

// groupRef is a group that a query reads.
type groupRef struct{ Account, Region, Name string }

func (g groupRef) named() groupName { return groupName{g.Account, g.Region, g.Name} }

const (
	// queryGroups is how many groups a query may read.
	queryGroups = 50
	// sourceGroups is how many its SOURCE command may mean.
	sourceGroups = 10_000
	// queryRows is how many rows a query without a limit answers with.
	queryRows = 10_000
)

const byOpen = "open"

var queries = store.NewKind("logs.query", store.Index[Query]{
	Name: byOpen, Keys: func(_ string, q *Query) []string {
		if q.open() {
			return []string{""}
		}
		return nil
	},
})

func (q *Query) open() bool {
	return q.Status == api.QueryStatusScheduled || q.Status == api.QueryStatusRunning
}

func (q *Query) key() string { return scope(q.Account, q.Region) + q.ID }

func findQuery(c *call.Call, id *string) (*Query, *aws.Error) {
	q, ok := queries.Get(c.State, scope(c.Account(), c.Region)+aws.Val(id))
	if !ok {
		return nil, notFound("Query not found with the given query id: %s", aws.Val(id))
	}
	return q, nil
}

// StartQuery checks a query and leaves it to be run.
func (s *Service) StartQuery(c *call.Call, in *api.StartQueryInput) (*api.StartQueryOutput, error) {
	groups, err := queried(c, in)
	if err != nil {
		return nil, err
	}
	if l := aws.Val(in.QueryLanguage); l != "" && l != api.QueryLanguageCwli {
		return nil, invalid("Query language %s is not served here: use %s.", l, api.QueryLanguageCwli)
	}
	if *in.StartTime > *in.EndTime {
		return nil, invalid("Query's end date and time is before its start date and time.")
	}
	if *in.EndTime > segment.MaxTime/1000 {
		return nil, invalid("The start and end time of a query must be in seconds.")
	}
	switch parsed, err := insights.Parse(*in.QueryString); {
	case err != nil:
		return nil, malformed(err)
	case parsed.Source != nil && namings(in) > 0:
		return nil, invalid("The log groups of a query are named by its SOURCE command or by parameters, not by both.")
	}
	q := &Query{
		ID: aws.UUID(), Account: c.Account(), Region: c.Region, Text: *in.QueryString,
		From: *in.StartTime * 1000, Until: *in.EndTime*1000 + 999, Limit: queryRows,
		Status: api.QueryStatusScheduled, Created: c.Time.UnixMilli(), User: c.Principal.ARN,
	}
	if in.Limit != nil {
		q.Limit = int(*in.Limit)
	}
	reached := false // a group that may have events of the time
	for _, n := range groups {
		g, err := find(c.State, n)
		if err != nil {
			return nil, err
		}
		if g.Class == api.LogGroupClassDelivery {
			return nil, notOfClass(g, "StartQuery")
		}
		if q.Until >= max(g.Created, g.horizon(c.Time)) {
			reached = true
		}
		q.Groups = append(q.Groups, groupRef{n.account, n.region, n.name})
	}
	if !reached {
		return nil, aws.Errorf("MalformedQueryException", "end date and time is either before the log groups creation time or exceeds the log groups log retention settings")
	}
	if k, ok := resultKeys.Get(c.State, scope(c.Account(), c.Region)); ok {
		q.Key, q.DataKey = k.Key, k.DataKey
	}
	queries.Put(c.Tx, q.key(), q)
	return &api.StartQueryOutput{QueryId: &q.ID}, nil
}

// namings counts the parameters that name groups.
func namings(in *api.StartQueryInput) (ways int) {
	for _, given := range []bool{in.LogGroupName != nil, in.LogGroupNames != nil, in.LogGroupIdentifiers != nil} {
		if given {
			ways++
		}
	}
	return ways
}

// queried are the groups that a query is for, each once.
func queried(c *call.Call, in *api.StartQueryInput) ([]groupName, *aws.Error) {
	if namings(in) == 0 {
		parsed, err := insights.Parse(aws.Val(in.QueryString))
		if err != nil {
			return nil, malformed(err)
		}
		if parsed.Source != nil {
			return sourced(c, parsed.Source)
		}
	}
	names := slices.Concat(in.LogGroupNames, in.LogGroupIdentifiers)
	if in.LogGroupName != nil {
		names = append(names, *in.LogGroupName)
	}
	if namings(in) != 1 || len(names) == 0 || len(names) > queryGroups {
		return nil, invalid("Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified, with at most %d log groups.", queryGroups)
	}
	var groups []groupName
	for _, name := range names {
		n, err := identify(c, name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(groups, n) {
			groups = append(groups, n)
		}
	}
	return groups, nil
}

// sourced are the groups of the account that a SOURCE command means: those of
// one of the classes, STANDARD when it names none, whose names begin with one
// of the prefixes.
func sourced(c *call.Call, from *insights.Source) ([]groupName, *aws.Error) {
	if err := ownAccounts(c, from.AccountIdentifiers); err != nil {
		return nil, err
	}
	classes := from.Classes
	if len(classes) == 0 {
		classes = []string{api.LogGroupClassStandard}
	}
	var groups []groupName
	for _, g := range logGroups.Scan(c.State, scope(c.Account(), c.Region)) {
		begins := len(from.NamePrefixes) == 0 || slices.ContainsFunc(from.NamePrefixes, func(p string) bool { return strings.HasPrefix(g.Name, p) })
		if begins && g.Class != api.LogGroupClassDelivery && slices.Contains(classes, g.Class) {
			groups = append(groups, g.named())
		}
	}
	switch {
	case len(groups) == 0:
		return nil, notFound("No log group matches the SOURCE command of the query.")
	case len(groups) > sourceGroups:
		return nil, limitExceeded("The SOURCE command of a query may match at most %d log groups.", sourceGroups)
	}
	return groups, nil
}

// StopQuery ends a query that is not complete.
func (s *Service) StopQuery(c *call.Call, in *api.StopQueryInput) (*api.StopQueryOutput, error) {
	q, err := findQuery(c, in.QueryId)
	if err != nil {
		return nil, err
	}
	if !q.open() {
		return nil, invalid("Query %s is not running, and cannot be stopped: its status is %s.", q.ID, q.Status)
	}
	q = new(*q)
	q.Status, q.Took = api.QueryStatusCancelled, c.Time.UnixMilli()-q.Created
	queries.Put(c.Tx, q.key(), q)
	return &api.StopQueryOutput{Success: new(true)}, nil
}

// GetQueryResults answers with the rows of a query, once it is complete, and
// with how far it is.
func (s *Service) GetQueryResults(c *call.Call, in *api.GetQueryResultsInput) (*api.GetQueryResultsOutput, error) {
	q, err := findQuery(c, in.QueryId)
	if err != nil {
		return nil, err
	}
	out := &api.GetQueryResultsOutput{
		QueryLanguage: new(api.QueryLanguageCwli), Status: &q.Status, Statistics: q.statistics(), Results: [][]api.ResultField{},
	}
	if q.Key != "" {
		out.EncryptionKey = &q.Key
	}
	if q.Status != api.QueryStatusComplete {
		return out, nil
	}
	rows, err := s.rows(c, q)
	if err != nil {
		return nil, err
	}
	from, ok := pages.Position(c.Operation.Name+q.ID, in.NextToken)
	start := 0
	if in.NextToken != nil {
		n, failed := strconv.Atoi(from)
		if !ok || failed != nil || n < 0 || n > len(rows) {
			return nil, badToken()
		}
		start = n
	}
	end := len(rows)
	if n := int(aws.Val(in.MaxItems)); n > 0 && start+n < end {
		end = start + n
		out.NextToken = new(pages.Token(c.Operation.Name+q.ID, strconv.Itoa(end)))
	}
	for _, row := range rows[start:end] {
		fields := make([]api.ResultField, len(row))
		for i := range row {
			fields[i] = api.ResultField{Field: &row[i].Name, Value: &row[i].Value}
		}
		out.Results = append(out.Results, fields)
	}
	return out, nil
}

func (q *Query) statistics() *api.QueryStatistics {
	return &api.QueryStatistics{
		RecordsMatched: new(float64(q.Matched)), RecordsScanned: new(float64(q.Scanned)), BytesScanned: new(float64(q.Bytes)),
		EstimatedRecordsSkipped: new(0.0), EstimatedBytesSkipped: new(0.0), LogGroupsScanned: new(float64(len(q.Groups))),
	}
}

// DescribeQueries lists the queries of the account, the latest first.
func (s *Service) DescribeQueries(c *call.Call, in *api.DescribeQueriesInput) (*api.DescribeQueriesOutput, error) {
	if l := aws.Val(in.QueryLanguage); l != "" && l != api.QueryLanguageCwli {
		return &api.DescribeQueriesOutput{Queries: []api.QueryInfo{}}, nil
	}
	if in.LogGroupName != nil {
		if _, err := find(c.State, own(c, in.LogGroupName)); err != nil {
			return nil, err
		}
	}
	items := pages.Where(queries.Scan(c.State, scope(c.Account(), c.Region)), func(q *Query) bool {
		return (in.Status == nil || q.Status == *in.Status) && (in.LogGroupName == nil || q.reads(own(c, in.LogGroupName)))
	})
	found, next, err := pageBy(c, in.NextToken, in.MaxResults, latest(items), func(key, last string) bool { return key < last })
	if err != nil {
		return nil, err
	}
	out := &api.DescribeQueriesOutput{Queries: make([]api.QueryInfo, len(found)), NextToken: next}
	for i, q := range found {
		out.Queries[i] = q.view()
	}
	return out, nil
}

// latest orders queries by when they were made, the latest first.
func latest(items iter.Seq2[string, *Query]) iter.Seq2[string, *Query] {
	byKey := map[string]*Query{}
	var keys []string
	for _, q := range items {
		key := positionOf(q.Created, q.ID)
		byKey[key], keys = q, append(keys, key)
	}
	slices.Sort(keys)
	slices.Reverse(keys)
	return func(yield func(string, *Query) bool) {
		for _, key := range keys {
			if !yield(key, byKey[key]) {
				return
			}
		}
	}
}

func (q *Query) reads(n groupName) bool {
	return slices.ContainsFunc(q.Groups, func(g groupRef) bool { return g.named() == n })
}

func (q *Query) view() api.QueryInfo {
	return api.QueryInfo{
		QueryLanguage: new(api.QueryLanguageCwli), QueryId: &q.ID, QueryString: &q.Text, Status: &q.Status, CreateTime: &q.Created,
		LogGroupName: &q.Groups[0].Name, QueryDuration: &q.Took, BytesScanned: new(float64(q.Bytes)), UserIdentity: &q.User,
	}
}
