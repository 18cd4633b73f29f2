package logs

import (
	"strconv"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/logs/filter"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// MetricFilter is a metric filter of a group. This house has no CloudWatch
// metrics: filters are kept, shown and tested, and publish nothing.
type MetricFilter struct {
	Group, Name    string
	Pattern        string
	Transformation api.MetricTransformation
	Created        int64
	OnTransformed  bool     `json:",omitempty"`
	Criteria       string   `json:",omitempty"`
	Dimensions     []string `json:",omitempty"` // system fields
}

var metricFilters = store.NewKind[MetricFilter]("logs.metricfilter")

// maxMetricFilters is how many a group may have.
const maxMetricFilters = 100

// maxRegexFilters is how many filters of a group, of either kind, may have a
// regular expression.
const maxRegexFilters = 5

// PutMetricFilter makes a filter, or changes the one of that name.
func (s *Service) PutMetricFilter(c *call.Call, in *api.PutMetricFilterInput) (*api.PutMetricFilterOutput, error) {
	n := own(c, in.LogGroupName)
	g, err := find(c.State, n)
	if err != nil {
		return nil, err
	}
	if g.Class != api.LogGroupClassStandard {
		return nil, invalidOperation("Metric filters are not supported for log groups of the %s log class.", g.Class)
	}
	p, err := parsePattern(*in.FilterPattern)
	if err != nil {
		return nil, err
	}
	m := in.MetricTransformations[0]
	if err := checkTransformation(p, &m); err != nil {
		return nil, err
	}
	f := &MetricFilter{
		Group: n.name, Name: *in.FilterName, Pattern: *in.FilterPattern, Transformation: m, Created: c.Time.UnixMilli(),
		OnTransformed: aws.Val(in.ApplyOnTransformedLogs), Criteria: aws.Val(in.FieldSelectionCriteria), Dimensions: in.EmitSystemFieldDimensions,
	}
	key := n.within(f.Name)
	if _, exists := metricFilters.Get(c.State, key); !exists && count(metricFilters.Scan(c.State, n.within(""))) >= maxMetricFilters {
		return nil, limitExceeded("Resource limit exceeded.")
	}
	if err := checkRegexes(c.State, n, p, "metric "+key); err != nil {
		return nil, err
	}
	metricFilters.Put(c.Tx, key, f)
	return nil, nil
}

// checkRegexes refuses a pattern with a regular expression where enough other
// filters of the group have one. The filter that is changed has the key.
func checkRegexes(r store.Reader, n groupName, p *filter.Pattern, key string) *aws.Error {
	if !p.HasRegex() {
		return nil
	}
	others := 0
	note := func(other, pattern string) {
		if p, err := filter.Parse(pattern); err == nil && other != key && p.HasRegex() {
			others++
		}
	}
	for other, f := range metricFilters.Scan(r, n.within("")) {
		note("metric "+other, f.Pattern)
	}
	for other, f := range subscriptions.Scan(r, n.within("")) {
		note("subscription "+other, f.Pattern)
	}
	if others >= maxRegexFilters {
		return limitExceeded("Resource limit exceeded.")
	}
	return nil
}

// checkTransformation refuses a value that is neither a number nor a field,
// and dimensions beside a default value or without anything to take them from.
func checkTransformation(p *filter.Pattern, m *api.MetricTransformation) *aws.Error {
	value := aws.Val(m.MetricValue)
	if _, err := strconv.ParseFloat(value, 64); err != nil && (len(value) < 2 || value[0] != '$') {
		return invalid("Invalid metric transformation: the metric value %q is neither a number nor a field.", value)
	}
	if len(m.Dimensions) > 3 {
		return invalid("Invalid metric transformation: a metric has at most 3 dimensions.")
	}
	if len(m.Dimensions) > 0 && !p.Names() {
		return invalid("The specified filter pattern does not support dimensions")
	}
	if m.DefaultValue != nil && len(m.Dimensions) > 0 {
		return invalid("Invalid metric transformation: dimensions are not supported when a default value is specified.")
	}
	return nil
}

// DeleteMetricFilter deletes a filter.
func (s *Service) DeleteMetricFilter(c *call.Call, in *api.DeleteMetricFilterInput) (*api.DeleteMetricFilterOutput, error) {
	return nil, deleteFilter(c, metricFilters, "metric filter", in.LogGroupName, in.FilterName)
}

// deleteFilter deletes a filter of a group, of either kind.
func deleteFilter[T any](c *call.Call, filters *store.Kind[T], noun string, group, name *string) error {
	n := own(c, group)
	if _, err := find(c.State, n); err != nil {
		return err
	}
	key := n.within(*name)
	if _, ok := filters.Get(c.State, key); !ok {
		return notFound("The specified %s does not exist.", noun)
	}
	filters.Delete(c.Tx, key)
	return nil
}

// DescribeMetricFilters lists the filters of a group, or of all groups, by
// name or by the metric that they are for.
func (s *Service) DescribeMetricFilters(c *call.Call, in *api.DescribeMetricFiltersInput) (*api.DescribeMetricFiltersOutput, error) {
	if (in.MetricName == nil) != (in.MetricNamespace == nil) {
		return nil, invalid("metricName and metricNamespace must be specified together.")
	}
	prefix := scope(c.Account(), c.Region)
	if in.LogGroupName != nil {
		n := own(c, in.LogGroupName)
		if _, err := find(c.State, n); err != nil {
			return nil, err
		}
		prefix = n.within(aws.Val(in.FilterNamePrefix))
	} else if in.FilterNamePrefix != nil {
		return nil, invalid("filterNamePrefix needs a logGroupName.")
	}
	items := pages.Where(metricFilters.Scan(c.State, prefix), func(f *MetricFilter) bool {
		return in.MetricName == nil ||
			aws.Val(f.Transformation.MetricName) == *in.MetricName && aws.Val(f.Transformation.MetricNamespace) == *in.MetricNamespace
	})
	found, next, err := page(c, in.NextToken, in.Limit, items)
	if err != nil {
		return nil, err
	}
	out := &api.DescribeMetricFiltersOutput{MetricFilters: make([]api.MetricFilter, len(found)), NextToken: next}
	for i, f := range found {
		out.MetricFilters[i] = f.view()
	}
	return out, nil
}

func (f *MetricFilter) view() api.MetricFilter {
	v := api.MetricFilter{
		FilterName: &f.Name, FilterPattern: &f.Pattern, LogGroupName: &f.Group, CreationTime: &f.Created,
		MetricTransformations:  []api.MetricTransformation{f.Transformation},
		ApplyOnTransformedLogs: &f.OnTransformed, EmitSystemFieldDimensions: f.Dimensions,
	}
	if f.Criteria != "" {
		v.FieldSelectionCriteria = &f.Criteria
	}
	return v
}

// TestMetricFilter tells which messages a pattern matches, and what it
// extracts from them.
func (s *Service) TestMetricFilter(c *call.Call, in *api.TestMetricFilterInput) (*api.TestMetricFilterOutput, error) {
	p, err := parsePattern(*in.FilterPattern)
	if err != nil {
		return nil, err
	}
	out := &api.TestMetricFilterOutput{Matches: []api.MetricFilterMatchRecord{}}
	for i, message := range in.LogEventMessages {
		values, ok := p.Extract([]byte(message))
		if !ok {
			continue
		}
		if values == nil {
			values = map[string]string{}
		}
		out.Matches = append(out.Matches, api.MetricFilterMatchRecord{
			EventNumber: new(int64(i + 1)), EventMessage: &in.LogEventMessages[i], ExtractedValues: values,
		})
	}
	return out, nil
}
