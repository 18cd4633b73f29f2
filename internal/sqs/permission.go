package sqs

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// The bounds of a queue's policy.
const (
	maxPolicy     = 8192 // bytes
	maxStatements = 20
	maxPrincipals = 50
	maxActions    = 7 // of one AddPermission
)

// setPolicy sets the Policy attribute.
func setPolicy(_ store.Reader, q *Queue, text string) error {
	if text == "" {
		q.Policy = policy.Source{}
		return nil
	}
	if !isQueuePolicy(text) {
		return invalidAttribute("Policy")
	}
	doc, err := policy.NewSource(text)
	if err != nil {
		return invalidAttribute("Policy")
	}
	q.Policy = doc
	return nil
}

// isQueuePolicy reports whether a text is a policy that a queue may have: one
// that says of everybody what they may do in SQS. A statement need not name a
// resource but this queue.
func isQueuePolicy(text string) bool {
	w, err := policy.Read([]byte(text))
	if err != nil || len(text) > maxPolicy || len(w.Statements) > maxStatements {
		return false
	}
	principals := 0
	for _, st := range w.Statements {
		principals += len(st.Principals)
		if st.Principal.Name == "" || st.Action.Name == "" || st.Resource.Name == "" || principals > maxPrincipals {
			return false
		}
		for _, action := range st.Action.Values {
			if service, _, _ := strings.Cut(action, ":"); action != "*" && !strings.EqualFold(service, "sqs") {
				return false
			}
		}
	}
	return true
}

// shared are the actions that AddPermission can give to other accounts.
var shared = []string{
	"*", "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility",
	"GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue",
}

// document is a policy as AddPermission writes it. Statements of others stay
// as they were written.
type document struct {
	Version   string            `json:"Version"`
	ID        string            `json:"Id,omitempty"`
	Statement []json.RawMessage `json:"Statement"`
}

type statement struct {
	Sid, Effect string
	Principal   struct{ AWS any }
	Action      any
	Resource    string
}

// AddPermission adds a statement to the queue's policy.
func (s *Service) AddPermission(c *call.Call, in *api.AddPermissionInput) (*api.AddPermissionOutput, error) {
	st, err := statementOf(in)
	if err != nil {
		return nil, err
	}
	return nil, editQueue(c, in.QueueUrl, func(q *Queue) error {
		doc, at := q.document(st.Sid)
		if at >= 0 {
			return invalidValue(st.Sid, "Label", "Already exists.")
		}
		st.Resource = q.ARN()
		text, err := json.Marshal(st)
		if err != nil {
			return err
		}
		doc.Statement = append(doc.Statement, text)
		if len(doc.Statement) > maxStatements {
			return aws.Errorf("OverLimit", "%d Statements were found, maximum allowed is %d.", len(doc.Statement), maxStatements)
		}
		return q.write(doc)
	})
}

// RemovePermission removes the statement of that label.
func (s *Service) RemovePermission(c *call.Call, in *api.RemovePermissionInput) (*api.RemovePermissionOutput, error) {
	return nil, editQueue(c, in.QueueUrl, func(q *Queue) error {
		doc, at := q.document(aws.Val(in.Label))
		if at < 0 {
			return invalidValue(aws.Val(in.Label), "Label", "can't find label.")
		}
		doc.Statement = slices.Delete(doc.Statement, at, at+1)
		if len(doc.Statement) == 0 {
			q.Policy = policy.Source{}
			return nil
		}
		return q.write(doc)
	})
}

// statementOf is the statement that AddPermission asks for.
func statementOf(in *api.AddPermissionInput) (st statement, err error) {
	label := aws.Val(in.Label)
	switch {
	case len(label) > 80 || !isWord(label):
		return st, invalidValue(label, "Label", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	case len(in.AWSAccountIds) == 0:
		return st, missing("PrincipalId")
	case len(in.Actions) == 0:
		return st, missing("Actions")
	case len(in.Actions) > maxActions:
		return st, aws.Errorf("OverLimit", "%d Actions were found, maximum allowed is %d.", len(in.Actions), maxActions)
	}
	var principals, actions []string
	for _, id := range in.AWSAccountIds {
		if !aws.IsAccountID(id) {
			return st, invalidValue(id, "PrincipalId", "Unable to verify.")
		}
		principals = append(principals, aws.RootARN(id))
	}
	for _, name := range in.Actions {
		switch {
		case api.API.Operation(name) != nil && !slices.Contains(shared, name):
			return st, invalidValue("SQS:"+name, "ActionName", "Only the queue owner is allowed to invoke this action.")
		case !slices.Contains(shared, name):
			return st, invalidValue("SQS:"+name, "ActionName", "Please refer to the appropriate WSDL for a list of valid actions.")
		}
		actions = append(actions, "SQS:"+name)
	}
	st.Sid, st.Effect = label, "Allow"
	st.Principal.AWS, st.Action = oneOrAll(principals), oneOrAll(actions)
	return st, nil
}

// oneOrAll writes a list of one without brackets.
func oneOrAll(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// document is the queue's policy, and the place of the statement with that id
// in it, -1 when there is none. A queue without a policy has an empty one.
func (q *Queue) document(sid string) (doc document, at int) {
	doc = document{Version: "2008-10-17", ID: q.ARN() + "/SQSDefaultPolicy"}
	if q.Policy.IsZero() {
		return doc, -1
	}
	var stored struct {
		Version, ID string
		Statement   json.RawMessage
	}
	// What is stored was parsed when it was, so nothing can be wrong with it.
	json.Unmarshal([]byte(q.Policy.Text()), &stored)
	doc.ID = stored.ID
	if stored.Version != "" {
		doc.Version = stored.Version
	}
	if json.Unmarshal(stored.Statement, &doc.Statement) != nil { // a single one, without brackets
		doc.Statement = []json.RawMessage{stored.Statement}
	}
	return doc, slices.IndexFunc(doc.Statement, func(text json.RawMessage) bool {
		var st struct{ Sid string }
		json.Unmarshal(text, &st)
		return st.Sid == sid
	})
}

// write makes a document the queue's policy.
func (q *Queue) write(doc document) error {
	text, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	before := q.Policy
	if err := setPolicy(nil, q, string(text)); err != nil {
		return err
	}
	q.Policy = q.Policy.Bind(before.IDOf)
	return nil
}

// bind ties a policy to those whom it names, if somebody knows them.
func (s *Service) bind(r store.Reader, p policy.Source) policy.Source {
	if s.Principals == nil {
		return p
	}
	return p.Bind(func(arn string) string { return s.Principals.PrincipalID(r, arn) })
}
