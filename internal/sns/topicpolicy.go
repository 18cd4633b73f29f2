package sns

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

// topicActions are what a topic's policy can speak of.
var topicActions = []string{
	"GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe",
	"ListSubscriptionsByTopic", "Publish", "Receive", "GetDataProtectionPolicy", "PutDataProtectionPolicy",
	"ListTagsForResource", "TagResource", "UntagResource", "ConfirmSubscription",
}

// defaultPolicy is what a topic has until it is given another.
func defaultPolicy(n TopicName) policy.Source {
	text := fmt.Sprintf(`{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow",`+
		`"Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission",`+
		`"SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"%s",`+
		`"Condition":{"StringEquals":{"AWS:SourceOwner":"%s"}}}]}`, n.ARN(), n.Account)
	source, err := policy.NewSource(text)
	if err != nil {
		panic(err) // it is our own
	}
	return source
}

// readPolicy judges the policy of a topic.
func (s *Service) readPolicy(r store.Reader, text string) (policy.Source, error) {
	if len(text) > policySize {
		return policy.Source{}, invalid("Policy Reason: Policy length exceeds the limit of %d bytes", policySize)
	}
	w, err := policy.Read([]byte(text))
	if err != nil {
		return policy.Source{}, invalid("Policy Error: %v", err)
	}
	for i := range w.Statements {
		if err := s.checkStatement(r, &w.Statements[i]); err != nil {
			return policy.Source{}, err
		}
	}
	source, err := policy.NewSource(text)
	if err != nil || s.Principals == nil {
		return source, err
	}
	return source.Bind(func(arn string) string { return s.Principals.PrincipalID(r, arn) }), nil
}

func (s *Service) checkStatement(r store.Reader, w *policy.WrittenStatement) error {
	switch {
	case len(w.Principals) == 0:
		return invalid("Policy Error: a statement names no principal")
	case len(w.Action.Values) == 0:
		return invalid("Policy Error: a statement names no action")
	case len(w.Resource.Values) != 1:
		return invalid("Policy statement must apply to a single resource!")
	}
	for _, action := range w.Action.Values {
		inScope := func(name string) bool { return policy.MatchesAction(action, "SNS:"+name) }
		if !slices.ContainsFunc(topicActions, inScope) {
			return invalid("Policy statement action out of service scope!")
		}
	}
	for _, p := range w.Principals {
		if p.Kind == "AWS" && !s.principalExists(r, p.Value) {
			return invalid("Policy Error: PrincipalNotFound")
		}
	}
	return nil
}

// principalExists reports whether an AWS principal of a policy is there. A
// session stands and falls with its account.
func (s *Service) principalExists(r store.Reader, value string) bool {
	if value == "*" {
		return true
	}
	if aws.IsAccountID(value) {
		value = aws.RootARN(value)
	}
	a, ok := aws.ParseARN(value)
	if !ok || !aws.IsAccountID(a.Account) {
		return false
	}
	if a.Service == "sts" {
		value = aws.RootARN(a.Account)
	}
	return s.Principals == nil || s.Principals.PrincipalExists(r, value)
}

// document is a policy whose statements are added to and taken from.
type document struct {
	Version   string `json:",omitempty"`
	ID        string `json:"Id,omitempty"`
	Statement []json.RawMessage
}

// sids are the ids of the statements, in order.
func (d *document) sids() []string {
	list := make([]string, len(d.Statement))
	for i, text := range d.Statement {
		var s struct{ Sid string }
		_ = json.Unmarshal(text, &s) // it was parsed as a policy
		list[i] = s.Sid
	}
	return list
}

// rewrite changes the statements of a topic's policy.
func rewrite(c *call.Call, arn *string, fn func(*Topic, *document) error) error {
	return change(c, arn, func(t *Topic) error {
		d, err := statements(t.Policy.Text())
		if err != nil {
			return err
		}
		if err := fn(t, d); err != nil {
			return err
		}
		text, err := json.Marshal(d)
		if err != nil {
			return err
		}
		if len(d.Statement) == 0 {
			t.Policy = policy.Source{}
			return nil
		}
		source, err := policy.NewSource(string(text))
		t.Policy = source.Bind(t.Policy.IDOf)
		return err
	})
}

// statements takes a policy apart. "" is one without statements.
func statements(text string) (*document, error) {
	if text == "" {
		return &document{Version: "2008-10-17", ID: "__default_policy_ID"}, nil
	}
	var d struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return nil, err
	}
	out := &document{Version: d.Version, ID: d.ID}
	if strings.HasPrefix(strings.TrimSpace(string(d.Statement)), "{") {
		out.Statement = []json.RawMessage{d.Statement}
		return out, nil
	}
	return out, json.Unmarshal(d.Statement, &out.Statement)
}

var labelForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`) })

// AddPermission adds a statement that lets accounts do something.
func (s *Service) AddPermission(c *call.Call, in *api.AddPermissionInput) (*api.AddPermissionOutput, error) {
	return nil, rewrite(c, in.TopicArn, func(t *Topic, d *document) error {
		label := aws.Val(in.Label)
		switch {
		case !labelForm().MatchString(label):
			return invalid("Label")
		case slices.Contains(d.sids(), label):
			return invalid("Statement already exists")
		case len(in.AWSAccountId) == 0:
			return invalid("AWSAccountId")
		case len(in.ActionName) == 0:
			return invalid("ActionName")
		}
		statement, err := s.permission(c.State, t, label, in)
		if err != nil {
			return err
		}
		d.Statement = append(d.Statement, statement)
		return nil
	})
}

// permission writes the statement of AddPermission.
func (s *Service) permission(r store.Reader, t *Topic, label string, in *api.AddPermissionInput) (json.RawMessage, error) {
	var actions, accounts []string
	for _, name := range in.ActionName {
		if !slices.Contains(topicActions, name) {
			return nil, invalid("Policy statement action out of service scope!")
		}
		actions = append(actions, "SNS:"+name)
	}
	for _, account := range in.AWSAccountId {
		if !aws.IsAccountID(account) || !s.principalExists(r, account) {
			return nil, invalid("Policy Error: PrincipalNotFound")
		}
		accounts = append(accounts, aws.RootARN(account))
	}
	return json.Marshal(struct {
		Sid, Effect string
		Principal   map[string]any
		Action      any
		Resource    string
	}{label, "Allow", map[string]any{"AWS": oneOrMore(accounts)}, oneOrMore(actions), t.ARN()})
}

// oneOrMore is a list as policies write it: one value stands alone.
func oneOrMore(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// RemovePermission removes the statements of a label, if there are any.
func (s *Service) RemovePermission(c *call.Call, in *api.RemovePermissionInput) (*api.RemovePermissionOutput, error) {
	return nil, rewrite(c, in.TopicArn, func(_ *Topic, d *document) error {
		sids := d.sids()
		var kept []json.RawMessage
		for i, statement := range d.Statement {
			if sids[i] != aws.Val(in.Label) {
				kept = append(kept, statement)
			}
		}
		d.Statement = kept
		return nil
	})
}
