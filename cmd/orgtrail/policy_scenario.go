package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/advice"
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// scenarioReader reads the fields of one scenario.
type scenarioReader struct {
	advice.Scenario
	principal string
	given     policy.Context // the context as it is written
}

// readScenario reads a scenario, one JSON object.
func readScenario(line []byte) (*advice.Scenario, error) {
	r := &scenarioReader{given: policy.Context{}}
	r.Request.Resource = "*"
	if err := eachMember(line, r.field); err != nil {
		return nil, err
	}
	switch {
	case r.principal == "":
		return nil, errors.New("principal is missing")
	case r.Request.Action == "":
		return nil, errors.New("action is missing")
	}
	return &r.Scenario, r.derive()
}

// eachMember calls do for each member of the one JSON object in data.
func eachMember(data []byte, do func(name string, value json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(data))
	token, err := d.Token()
	if err != nil {
		return notObject(err)
	}
	if token != json.Delim('{') {
		return errors.New("must be a JSON object")
	}
	seen := make(map[string]bool)
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return notObject(err)
		}
		name := token.(string) // the decoder gives nothing else in this place
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return notObject(err)
		}
		if seen[name] {
			return fmt.Errorf("%s appears twice", name)
		}
		seen[name] = true
		if err := do(name, value); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return notObject(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("one line holds one object, and more follows")
	}
	return nil
}

func notObject(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("the object does not end on its line (jq -c . puts it on one)")
	}
	return fmt.Errorf("not JSON: %w", err)
}

// field reads one field of a scenario.
func (r *scenarioReader) field(name string, value json.RawMessage) (err error) {
	switch name {
	case "principal":
		r.principal, err = readText(value)
	case "action":
		r.Request.Action, err = readText(value)
		if err == nil && (!strings.Contains(r.Request.Action, ":") || strings.ContainsAny(r.Request.Action, "*?")) {
			err = errors.New("takes a service, a colon and the name of one action, such as s3:PutObject")
		}
	case "resource":
		r.Request.Resource, err = readText(value)
	case "resourceAccount":
		r.Request.ResourceAccount, err = readText(value)
		if err == nil && !aws.IsAccountID(r.Request.ResourceAccount) {
			err = errors.New("must be the twelve digits of an account id")
		}
	case "context":
		return eachMember(value, r.contextKey)
	case "identityPolicies":
		r.Identity, err = readPolicies(value, withoutPrincipals)
	case "permissionBoundaries":
		r.Boundary, err = readPolicies(value, withoutPrincipals)
	case "sessionPolicies":
		r.Session, err = readPolicies(value, withoutPrincipals)
	case "serviceControlPolicies":
		r.SCPs, err = readLevels(value, withoutPrincipals)
	case "resourceControlPolicies":
		r.RCPs, err = readLevels(value, withPrincipals)
	case "resourcePolicy":
		if string(value) != "null" {
			r.Resource, err = readPolicy(value, withPrincipals)
		}
	default:
		return fmt.Errorf("unknown field %q", name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func readText(value json.RawMessage) (s string, err error) {
	if value[0] != '"' {
		return "", errors.New("must be a string")
	}
	if err := json.Unmarshal(value, &s); err != nil {
		return "", err
	}
	if s == "" {
		return "", errors.New("is empty")
	}
	return s, nil
}

// contextKey reads the values of one condition key: a list, or one value by
// itself.
func (r *scenarioReader) contextKey(name string, value json.RawMessage) error {
	if name == "" {
		return errors.New("context: a key is empty")
	}
	if _, twice := r.given[strings.ToLower(name)]; twice {
		return fmt.Errorf("context: %s appears twice, for the case of letters does not count", name)
	}
	items := []json.RawMessage{value}
	if value[0] == '[' {
		if err := json.Unmarshal(value, &items); err != nil {
			return err
		}
	}
	values := []string{}
	for _, item := range items {
		switch item[0] {
		case '"':
			var s string
			if err := json.Unmarshal(item, &s); err != nil {
				return err
			}
			values = append(values, s)
		case 'n', '[', '{':
			return fmt.Errorf("context: %s: must be a list of strings", name)
		default:
			values = append(values, string(item)) // true and 10 as they stand
		}
	}
	r.given.Set(name, values...)
	return nil
}

// withPrincipals and withoutPrincipals say whether the statements of a policy name
// principals. One that does not do as its kind does is refused wherever it
// could be stored.
const (
	withPrincipals    = true
	withoutPrincipals = false
)

// readPolicy reads a policy: an object, or a string that holds one.
func readPolicy(value json.RawMessage, named bool) (*policy.Written, error) {
	data := []byte(value)
	if value[0] == '"' {
		var s string
		if err := json.Unmarshal(value, &s); err != nil {
			return nil, err
		}
		data = []byte(s)
	}
	w, err := policy.Read(data)
	if err != nil {
		return nil, err
	}
	for i := range w.Statements {
		if is := w.Statements[i].Principal.Name != ""; is != named {
			if named {
				return nil, fmt.Errorf("no principal in Statement[%d], and there must be one", i)
			}
			return nil, fmt.Errorf("a principal in Statement[%d], and there must be none", i)
		}
	}
	return w, nil
}

// readPolicies reads a list of policies. null is no list.
func readPolicies(value json.RawMessage, named bool) ([]*policy.Written, error) {
	items, err := readList(value)
	if len(items) == 0 || err != nil {
		return nil, err
	}
	out := make([]*policy.Written, len(items))
	for i, item := range items {
		if out[i], err = readPolicy(item, named); err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return out, nil
}

// readLevels reads one list of policies for each level. A level without
// policies is one that allows nothing.
func readLevels(value json.RawMessage, named bool) ([][]*policy.Written, error) {
	items, err := readList(value)
	if len(items) == 0 || err != nil {
		return nil, err
	}
	out := make([][]*policy.Written, len(items))
	for i, item := range items {
		if string(item) == "null" {
			return nil, fmt.Errorf("[%d]: must be a list of policies", i)
		}
		if out[i], err = readPolicies(item, named); err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return out, nil
}

// readList reads a list, never nil unless it is null.
func readList(value json.RawMessage) (items []json.RawMessage, err error) {
	if string(value) == "null" {
		return nil, nil
	}
	if value[0] != '[' {
		return nil, errors.New("must be a list")
	}
	items = []json.RawMessage{}
	return items, json.Unmarshal(value, &items)
}

// derive adds what follows from the fields: who the principal is, its context
// keys where they are not given, whose the resource is, and whether nothing
// but the resource's policy can allow the action.
func (r *scenarioReader) derive() error {
	p, err := principalOf(r.principal, r.given)
	if err != nil {
		return fmt.Errorf("principal: %w", err)
	}
	q := &r.Request
	q.Principal = p
	if arn, ok := aws.ParseARN(q.Resource); ok && q.ResourceAccount == "" && aws.IsAccountID(arn.Account) {
		q.ResourceAccount = arn.Account
	}
	q.Context = policy.PrincipalContext(p, nil, time.Time{})
	delete(q.Context, "aws:tokenissuetime") // nobody knows when
	if p.ID == "" {
		delete(q.Context, "aws:userid")
	}
	if q.ResourceAccount != "" {
		q.Context.Set("aws:ResourceAccount", q.ResourceAccount)
	} else if p.Account != "" {
		q.Context.Set("aws:ResourceAccount", p.Account)
	}
	maps.Copy(q.Context, r.given)
	r.ResourceOnly = resourceOnly(q.Action, q.Resource, r.Resource != nil)
	return nil
}

// resourceOnly reports whether nothing but the resource's own policy can
// allow an action: that of a role, of a session in the making, of a key. The
// actions of KMS that are done to no key have none.
func resourceOnly(action, resource string, hasPolicy bool) bool {
	switch a := strings.ToLower(action); {
	case strings.HasPrefix(a, "sts:assumerole"), a == "sts:tagsession", a == "sts:setsourceidentity", a == "sts:setcontext":
		return true
	case strings.HasPrefix(a, "kms:"):
		return hasPolicy || resource != "*"
	}
	return false
}

// sessionName is that of the session which a role stands for.
const sessionName = "orgtrail"

// principalOf returns who an ARN, service:NAME or anonymous is. The ARN of a
// session does not tell the path of its role; a context that gives
// aws:PrincipalArn does.
func principalOf(name string, given policy.Context) (aws.Principal, error) {
	if name == "anonymous" {
		return aws.Principal{}, nil
	}
	if service, ok := strings.CutPrefix(name, "service:"); ok && service != "" {
		return aws.ServicePrincipal(service), nil
	}
	arn, ok := aws.ParseARN(name)
	if !ok || !aws.IsAccountID(arn.Account) || arn.Region != "" {
		return aws.Principal{}, fmt.Errorf("%q is no ARN of a principal, nor service:NAME, nor anonymous", name)
	}
	kind, path, _ := strings.Cut(arn.Resource, "/")
	last := path[strings.LastIndexByte(path, '/')+1:]
	p := aws.Principal{Account: arn.Account, ARN: name}
	switch of := arn.Service + ":" + kind; {
	case of == "iam:root" && path == "":
		p.Type, p.ID = aws.Root, arn.Account
	case of == "iam:user" && last != "":
		p.Type, p.UserName = aws.IAMUser, last
	case of == "iam:role" && last != "":
		p.Type, p.Session = aws.AssumedRole, sessionOf(name, last, sessionName)
		p.ARN = aws.ARN{Partition: arn.Partition, Service: "sts", Account: arn.Account, Resource: "assumed-role/" + last + "/" + sessionName}.String()
	case of == "sts:assumed-role" && last != "" && strings.Count(path, "/") == 1:
		role, session, _ := strings.Cut(path, "/")
		p.Type = aws.AssumedRole
		p.Session = sessionOf(roleARN(arn, role, given), role, session)
	case of == "sts:federated-user" && last != "":
		p.Type, p.ID = aws.FederatedUser, arn.Account+":"+path
		p.Session = &aws.Session{IssuerType: aws.IAMUser, Name: path}
	default:
		return aws.Principal{}, fmt.Errorf("%s is not the ARN of a root, a user, a role or a session", name)
	}
	return p, nil
}

func sessionOf(arn, role, name string) *aws.Session {
	return &aws.Session{IssuerType: aws.RoleIssuer, IssuerARN: arn, IssuerName: role, Name: name}
}

// roleARN is the ARN of the role behind a session: the one that the context
// gives, if it can be that, or the one without a path.
func roleARN(session aws.ARN, role string, given policy.Context) string {
	if arns := given["aws:principalarn"]; len(arns) == 1 {
		prefix := "arn:" + session.Partition + ":iam::" + session.Account + ":role/"
		if path, ok := strings.CutPrefix(arns[0], prefix); ok && path[strings.LastIndexByte(path, '/')+1:] == role {
			return arns[0]
		}
	}
	return aws.ARN{Partition: session.Partition, Service: "iam", Account: session.Account, Resource: "role/" + role}.String()
}
