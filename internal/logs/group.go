package logs

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// LogGroup is a log group.
type LogGroup struct {
	// Number is the group's and never another's, also when a group of the
	// same name is made again.
	Number                int64
	Account, Region, Name string
	Created               int64 // Unix milliseconds
	Class                 string
	RetentionDays         int32 `json:",omitempty"` // 0 is for ever
	Tags                  Tags  `json:",omitempty"`
	Protected             bool  `json:",omitempty"` // from deletion
	// Key is the ARN of the KMS key, and DataKey the number of the data key
	// that seals what comes now.
	Key     string `json:",omitempty"`
	DataKey int64  `json:",omitempty"`
	// Policy is the group's own, set at PolicySet with PolicyRevision.
	Policy         policy.Source
	PolicySet      int64  `json:",omitempty"`
	PolicyRevision string `json:",omitempty"`
}

var logGroups = store.NewKind[LogGroup]("logs.group")

func (g *LogGroup) named() groupName { return groupName{g.Account, g.Region, g.Name} }

// ARN is the name of the group without the ":*" at its end.
func (g *LogGroup) ARN() string { return g.named().ARN() }

func find(r store.Reader, n groupName) (*LogGroup, *aws.Error) {
	g, ok := logGroups.Get(r, n.key())
	if !ok {
		return nil, noGroup()
	}
	return g, nil
}

// CreateLogGroup makes a group.
func (s *Service) CreateLogGroup(c *call.Call, in *api.CreateLogGroupInput) (*api.CreateLogGroupOutput, error) {
	n := own(c, in.LogGroupName)
	if strings.HasPrefix(strings.ToLower(n.name), "aws/") {
		return nil, invalid("Log groups starting with AWS/ are reserved for AWS.")
	}
	if _, exists := logGroups.Get(c.State, n.key()); exists {
		return nil, alreadyExists("The specified log group already exists")
	}
	g := &LogGroup{
		Number: number(c.Tx), Account: n.account, Region: n.region, Name: n.name,
		Created: c.Time.UnixMilli(), Class: api.LogGroupClassStandard,
		Protected: aws.Val(in.DeletionProtectionEnabled),
	}
	if in.LogGroupClass != nil {
		g.Class = *in.LogGroupClass
	}
	if g.Class == api.LogGroupClassDelivery {
		g.RetentionDays = deliveryRetention
	}
	var err *aws.Error
	if g.Tags, err = g.Tags.with(in.Tags); err != nil {
		return nil, err
	}
	if in.KmsKeyId != nil {
		if err := s.lock(c, g, *in.KmsKeyId); err != nil {
			return nil, err
		}
	}
	logGroups.Put(c.Tx, n.key(), g)
	return nil, nil
}

// DeleteLogGroup deletes a group with all that is in it. Its events cannot be
// read any more from this moment on, and are removed later.
func (s *Service) DeleteLogGroup(c *call.Call, in *api.DeleteLogGroupInput) (*api.DeleteLogGroupOutput, error) {
	n := own(c, in.LogGroupName)
	g, err := find(c.State, n)
	if err != nil {
		return nil, err
	}
	if g.Protected {
		return nil, aws.Errorf("ValidationException", "Cannot delete log group with deletion protection enabled. Disable deletion protection first.")
	}
	clearKind(c.Tx, logStreams, n.within(""))
	clearKind(c.Tx, metricFilters, n.within(""))
	clearKind(c.Tx, subscriptions, n.within(""))
	for key := range dataKeys.By(c.State, byOwner, g.ARN()) {
		dataKeys.Delete(c.Tx, key)
	}
	segment.DropGroup(c.Tx, g.Number)
	logGroups.Delete(c.Tx, n.key())
	return nil, nil
}

func clearKind[T any](tx *store.Tx, k *store.Kind[T], prefix string) {
	for key := range k.Scan(tx, prefix) {
		k.Delete(tx, key)
	}
}

// edit changes a group of the caller's.
func edit(c *call.Call, n groupName, change func(*LogGroup) *aws.Error) error {
	g, err := find(c.State, n)
	if err != nil {
		return err
	}
	g = new(*g)
	if err := change(g); err != nil {
		return err
	}
	logGroups.Put(c.Tx, n.key(), g)
	return nil
}

// PutLogGroupDeletionProtection protects a group from deletion, or no more.
func (s *Service) PutLogGroupDeletionProtection(c *call.Call, in *api.PutLogGroupDeletionProtectionInput) (*api.PutLogGroupDeletionProtectionOutput, error) {
	n, err := identify(c, *in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	return nil, edit(c, n, func(g *LogGroup) *aws.Error {
		g.Protected = *in.DeletionProtectionEnabled
		return nil
	})
}

// DescribeLogGroups lists groups of the caller's account by name.
func (s *Service) DescribeLogGroups(c *call.Call, in *api.DescribeLogGroupsInput) (*api.DescribeLogGroupsOutput, error) {
	if in.LogGroupNamePrefix != nil && in.LogGroupNamePattern != nil {
		return nil, invalid("LogGroupNamePrefix and LogGroupNamePattern cannot be specified at the same time.")
	}
	if err := ownAccounts(c, in.AccountIdentifiers); err != nil {
		return nil, err
	}
	wanted, err := identifiers(c, in.LogGroupIdentifiers)
	if err != nil {
		return nil, err
	}
	pattern := strings.ToLower(aws.Val(in.LogGroupNamePattern))
	items := pages.Where(logGroups.Scan(c.State, scope(c.Account(), c.Region)+aws.Val(in.LogGroupNamePrefix)), func(g *LogGroup) bool {
		return strings.Contains(strings.ToLower(g.Name), pattern) &&
			(in.LogGroupClass == nil || g.Class == *in.LogGroupClass) &&
			(wanted == nil || wanted[g.named().key()])
	})
	groups, next, err := page(c, in.NextToken, in.Limit, items)
	if err != nil {
		return nil, err
	}
	stored, failed := s.Events.Stored(c.Ctx, numbers(groups))
	if failed != nil {
		return nil, failed
	}
	out := &api.DescribeLogGroupsOutput{LogGroups: make([]api.LogGroup, len(groups)), NextToken: next}
	for i, g := range groups {
		out.LogGroups[i] = g.view(c.State, stored[g.Number])
	}
	return out, nil
}

func numbers(groups []*LogGroup) []int64 {
	n := make([]int64, len(groups))
	for i, g := range groups {
		n[i] = g.Number
	}
	return n
}

// identifiers are the keys of groups of the caller's that are named by name or
// ARN; nil when none are.
func identifiers(c *call.Call, named []string) (map[string]bool, *aws.Error) {
	if named == nil {
		return nil, nil
	}
	keys := map[string]bool{}
	for _, i := range named {
		n, err := identify(c, i)
		if err != nil {
			return nil, err
		}
		keys[n.key()] = true
	}
	return keys, nil
}

// ownAccounts refuses the accounts of others: there is no monitoring account
// that others are linked to.
func ownAccounts(c *call.Call, accounts []string) *aws.Error {
	if slices.ContainsFunc(accounts, func(a string) bool { return a != c.Account() }) {
		return invalid("The account identifiers contain an account that is not linked to this account.")
	}
	return nil
}

func (g *LogGroup) view(r store.Reader, stored int64) api.LogGroup {
	v := api.LogGroup{
		LogGroupName: &g.Name, CreationTime: &g.Created,
		Arn: new(g.ARN() + ":*"), LogGroupArn: new(g.ARN()),
		MetricFilterCount: new(int32(count(metricFilters.Scan(r, g.named().within(""))))),
		StoredBytes:       &stored, LogGroupClass: &g.Class, DeletionProtectionEnabled: &g.Protected,
	}
	if g.RetentionDays != 0 {
		v.RetentionInDays = &g.RetentionDays
	}
	if g.Key != "" {
		v.KmsKeyId = &g.Key
	}
	return v
}

func count[T any](items iter.Seq2[string, T]) (n int) {
	for range items {
		n++
	}
	return n
}

// ListLogGroups lists groups by alternatives of what their names contain, or
// with "^" begin with, and by their tags.
func (s *Service) ListLogGroups(c *call.Call, in *api.ListLogGroupsInput) (*api.ListLogGroupsOutput, error) {
	if err := ownAccounts(c, in.AccountIdentifiers); err != nil {
		return nil, err
	}
	if in.DataSources != nil || in.FieldIndexNames != nil {
		return nil, invalid("Log groups have neither data sources nor field indexes here: dataSources and fieldIndexNames cannot be used.")
	}
	items := pages.Where(logGroups.Scan(c.State, scope(c.Account(), c.Region)), func(g *LogGroup) bool {
		return named(g.Name, in.LogGroupNamePattern) &&
			(in.LogGroupClass == nil || g.Class == *in.LogGroupClass) &&
			!slices.ContainsFunc(in.LogGroupTags, func(f api.TagFilter) bool { return !g.Tags.meet(f) })
	})
	groups, next, err := page(c, in.NextToken, in.Limit, items)
	if err != nil {
		return nil, err
	}
	out := &api.ListLogGroupsOutput{LogGroups: make([]api.LogGroupSummary, len(groups)), NextToken: next}
	for i, g := range groups {
		out.LogGroups[i] = api.LogGroupSummary{LogGroupName: &g.Name, LogGroupArn: new(g.ARN()), LogGroupClass: &g.Class}
	}
	return out, nil
}

func named(name string, pattern *string) bool {
	if pattern == nil {
		return true
	}
	for alternative := range strings.SplitSeq(*pattern, "|") {
		start, anchored := strings.CutPrefix(alternative, "^")
		if anchored && strings.HasPrefix(name, start) || !anchored && strings.Contains(name, alternative) {
			return true
		}
	}
	return false
}

// Tags are the tags of a group.
type Tags map[string]string

// with returns the tags and those of a request, which replace tags of the
// same key.
func (t Tags) with(in map[string]string) (Tags, *aws.Error) {
	out := maps.Clone(t)
	for k, v := range in {
		if tag.Reserved(k) {
			return nil, invalid("Tag keys that begin with aws: are reserved for system use: %s", k)
		}
		if out == nil {
			out = Tags{}
		}
		out[k] = v
	}
	if len(out) > tag.Max {
		return nil, aws.Errorf("TooManyTagsException", "A resource cannot have more than %d tags.", tag.Max)
	}
	return out, nil
}

func (t Tags) without(keys []string) Tags {
	out := maps.Clone(t)
	for _, k := range keys {
		delete(out, k)
	}
	return out
}

// meet reports whether one of the tags meets a filter: of no value the key
// must be there, of several one must fit. A value may begin and end with a
// "*" and is turned around by a "!".
func (t Tags) meet(f api.TagFilter) bool {
	value, ok := t[aws.Val(f.Key)]
	if len(f.Values) == 0 {
		return ok
	}
	return slices.ContainsFunc(f.Values, func(want string) bool {
		want, not := strings.CutPrefix(want, "!")
		return (ok && fits(value, want)) != not
	})
}

func fits(value, want string) bool {
	want, open := strings.CutPrefix(want, "*")
	want, on := strings.CutSuffix(want, "*")
	switch {
	case open && on:
		return strings.Contains(value, want)
	case open:
		return strings.HasSuffix(value, want)
	case on:
		return strings.HasPrefix(value, want)
	}
	return value == want
}
