package events

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	api "github.com/orgtrail/orgtrail/internal/wire/api/events"
)

// statement is what PutPermission adds to the policy of a bus.
type statement struct {
	Sid       string
	Effect    string
	Principal any // "*" or {"AWS": …}
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

// document is the policy of a bus as a list of statements.
type document struct {
	Version   string
	Statement []json.RawMessage
}

// PutPermission gives a bus a policy, or adds a statement to the one it has:
// an account, everybody or an organization may put events. A statement of the
// same id is replaced.
func (s *Service) PutPermission(c *call.Call, in *api.PutPermissionInput) (*api.PutPermissionOutput, error) {
	old, err := open(c, in.EventBusName)
	if err != nil {
		return nil, err
	}
	b := new(*old)
	text := aws.Val(in.Policy)
	if in.Policy == nil {
		if text, err = b.granting(in); err != nil {
			return nil, err
		}
	} else if in.Action != nil || in.Principal != nil || in.StatementId != nil || in.Condition != nil {
		return nil, invalid("Parameter Policy cannot be specified with Action, Principal, StatementId or Condition.")
	}
	if b.Policy, err = readPolicy(text); err != nil {
		return nil, err
	}
	b.put(c)
	return nil, nil
}

// readPolicy judges the policy of a bus.
func readPolicy(text string) (policy.Source, error) {
	if len(text) > busPolicySize {
		return policy.Source{}, aws.Errorf("PolicyLengthExceededException", "The policy is longer than %d characters.", busPolicySize)
	}
	w, err := policy.Read([]byte(text))
	if err != nil {
		return policy.Source{}, invalid("The policy is not valid: %v", err)
	}
	for i := range w.Statements {
		st := &w.Statements[i]
		switch {
		case len(st.Principals) == 0:
			return policy.Source{}, invalid("The policy is not valid: a statement has no principal.")
		case slices.ContainsFunc(st.Action.Values, func(a string) bool { return a != "*" && !strings.HasPrefix(strings.ToLower(a), "events:") }):
			return policy.Source{}, invalid("The policy is not valid: a statement has an action of another service.")
		case len(st.Resource.Values) == 0:
			return policy.Source{}, invalid("The policy is not valid: a statement has no resource.")
		}
	}
	return policy.NewSource(text)
}

// granting is the bus's policy with the statement of an input.
func (b *Bus) granting(in *api.PutPermissionInput) (string, error) {
	switch {
	case in.Action == nil || in.Principal == nil || in.StatementId == nil:
		return "", invalid("Parameter(s) Action, Principal and StatementId, or Policy, must be specified.")
	case *in.Action != "events:PutEvents":
		return "", invalid("Provided value in parameter 'action' is not supported.")
	}
	st := statement{Sid: *in.StatementId, Effect: "Allow", Principal: "*", Action: *in.Action, Resource: b.arn()}
	if *in.Principal != "*" {
		st.Principal = map[string]string{"AWS": aws.RootARN(*in.Principal)}
	}
	if on := in.Condition; on != nil {
		if aws.Val(on.Type) != "StringEquals" || !strings.EqualFold(aws.Val(on.Key), "aws:PrincipalOrgID") {
			return "", invalid("Provided condition is not supported: its Type must be StringEquals and its Key aws:PrincipalOrgID.")
		}
		st.Condition = map[string]map[string]string{"StringEquals": {*on.Key: aws.Val(on.Value)}}
	}
	d := b.statements()
	d.remove(st.Sid)
	raw, err := encode(st)
	if err != nil {
		return "", err
	}
	d.Statement = append(d.Statement, raw)
	return d.text()
}

// RemovePermission takes a statement from the policy of a bus, or all of it.
func (s *Service) RemovePermission(c *call.Call, in *api.RemovePermissionInput) (*api.RemovePermissionOutput, error) {
	old, err := open(c, in.EventBusName)
	if err != nil {
		return nil, err
	}
	b := new(*old)
	d := b.statements()
	switch {
	case aws.Val(in.RemoveAllPermissions):
		d.Statement = nil
	case in.StatementId == nil:
		return nil, invalid("Parameter StatementId must be specified.")
	case !d.remove(*in.StatementId):
		return nil, aws.Errorf(resourceNotFound, "Statement with the provided id does not exist.")
	}
	b.Policy = policy.Source{}
	if len(d.Statement) > 0 {
		text, err := d.text()
		if err != nil {
			return nil, err
		}
		if b.Policy, err = policy.NewSource(text); err != nil {
			return nil, err
		}
	}
	b.put(c)
	return nil, nil
}

// statements takes the bus's policy apart.
func (b *Bus) statements() *document {
	d := &document{Version: "2012-10-17"}
	var stored struct {
		Version   string
		Statement json.RawMessage
	}
	if b.Policy.IsZero() || json.Unmarshal([]byte(b.Policy.Text()), &stored) != nil {
		return d
	}
	if stored.Version != "" {
		d.Version = stored.Version
	}
	if json.Unmarshal(stored.Statement, &d.Statement) != nil {
		d.Statement = []json.RawMessage{stored.Statement} // one that is no list
	}
	return d
}

// remove takes out the statement of an id.
func (d *document) remove(sid string) bool {
	before := len(d.Statement)
	d.Statement = slices.DeleteFunc(d.Statement, func(raw json.RawMessage) bool {
		var s struct{ Sid string }
		return json.Unmarshal(raw, &s) == nil && s.Sid == sid
	})
	return len(d.Statement) < before
}

func (d *document) text() (string, error) {
	raw, err := encode(d)
	return string(raw), err
}

// encode is json.Marshal that leaves <, > and & as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
