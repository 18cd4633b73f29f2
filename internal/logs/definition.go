package logs

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// QueryDefinition is a query that is kept under a name, with the groups that
// it is for.
type QueryDefinition struct {
	ID, Name, Text string
	Groups         []string             `json:",omitempty"`
	Language       string               `json:",omitempty"`
	Parameters     []api.QueryParameter `json:",omitempty"`
	Changed        int64
	Token          string `json:",omitempty"` // of the call that made it
}

var queryDefinitions = store.NewKind[QueryDefinition]("logs.querydefinition")

// maxQueryDefinitions is how many an account may have in a region.
const maxQueryDefinitions = 1000

// PutQueryDefinition keeps a query, or changes the one with that id. A call
// that is repeated with its token makes nothing new.
func (s *Service) PutQueryDefinition(c *call.Call, in *api.PutQueryDefinitionInput) (*api.PutQueryDefinitionOutput, error) {
	d := &QueryDefinition{
		Name: *in.Name, Text: *in.QueryString, Groups: in.LogGroupNames, Language: aws.Val(in.QueryLanguage),
		Parameters: in.Parameters, Changed: c.Time.UnixMilli(), Token: aws.Val(in.ClientToken),
	}
	all := scope(c.Account(), c.Region)
	switch {
	case in.QueryDefinitionId != nil:
		if _, ok := queryDefinitions.Get(c.State, all+*in.QueryDefinitionId); !ok {
			return nil, notFound("The specified query definition does not exist.")
		}
		d.ID = *in.QueryDefinitionId
	default:
		n := 0
		for _, old := range queryDefinitions.Scan(c.State, all) {
			if n++; d.Token != "" && old.Token == d.Token {
				return &api.PutQueryDefinitionOutput{QueryDefinitionId: &old.ID}, nil
			}
		}
		if n >= maxQueryDefinitions {
			return nil, limitExceeded("Resource limit exceeded.")
		}
		d.ID = aws.UUID()
	}
	queryDefinitions.Put(c.Tx, all+d.ID, d)
	return &api.PutQueryDefinitionOutput{QueryDefinitionId: &d.ID}, nil
}

// DeleteQueryDefinition forgets a query.
func (s *Service) DeleteQueryDefinition(c *call.Call, in *api.DeleteQueryDefinitionInput) (*api.DeleteQueryDefinitionOutput, error) {
	key := scope(c.Account(), c.Region) + *in.QueryDefinitionId
	if _, ok := queryDefinitions.Get(c.State, key); !ok {
		return nil, notFound("The specified query definition does not exist.")
	}
	queryDefinitions.Delete(c.Tx, key)
	return &api.DeleteQueryDefinitionOutput{Success: new(true)}, nil
}

// DescribeQueryDefinitions lists the queries that are kept, by name.
func (s *Service) DescribeQueryDefinitions(c *call.Call, in *api.DescribeQueryDefinitionsInput) (*api.DescribeQueryDefinitionsOutput, error) {
	var all []*QueryDefinition
	for _, d := range queryDefinitions.Scan(c.State, scope(c.Account(), c.Region)) {
		if strings.HasPrefix(d.Name, aws.Val(in.QueryDefinitionNamePrefix)) && (in.QueryLanguage == nil || d.language() == *in.QueryLanguage) {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *QueryDefinition) int { return strings.Compare(a.position(), b.position()) })
	found, next, err := page(c, in.NextToken, in.MaxResults, func(yield func(string, *QueryDefinition) bool) {
		for _, d := range all {
			if !yield(d.position(), d) {
				return
			}
		}
	})
	if err != nil {
		return nil, err
	}
	out := &api.DescribeQueryDefinitionsOutput{QueryDefinitions: make([]api.QueryDefinition, len(found)), NextToken: next}
	for i, d := range found {
		out.QueryDefinitions[i] = d.view()
	}
	return out, nil
}

func (d *QueryDefinition) position() string { return d.Name + "\x00" + d.ID }

func (d *QueryDefinition) language() string {
	if d.Language == "" {
		return api.QueryLanguageCwli
	}
	return d.Language
}

func (d *QueryDefinition) view() api.QueryDefinition {
	return api.QueryDefinition{
		QueryDefinitionId: &d.ID, Name: &d.Name, QueryString: &d.Text, LastModified: &d.Changed,
		LogGroupNames: d.Groups, QueryLanguage: new(d.language()), Parameters: d.Parameters,
	}
}
