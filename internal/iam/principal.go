package iam

import (
	"maps"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
)

// PoliciesOf returns the policies that say what a principal may do: its own
// and its groups', its permissions boundary, and those of its session. A
// boundary that is not set and a session without policies are nil; one whose
// policy is gone allows nothing. A federated user has those of the user who
// asked for its credentials. Nobody but these and role sessions has any.
func (s *Service) PoliciesOf(r store.Reader, p aws.Principal) (identity, boundary, session []policy.Attached) {
	if p.IsAssumedRoot() {
		return s.sessionPolicies(r, p.Session), nil, nil // task policies deny what is no part of the task
	}
	g, groupKeys := grantsOf(r, &p)
	if g == nil {
		return nil, nil, s.sessionPolicies(r, p.Session)
	}
	identity = make([]policy.Attached, 0, len(g.Attached)+len(g.Inline)+2*len(groupKeys))
	identity = g.documents(r, identity)
	for _, key := range groupKeys {
		if group, ok := groups.Get(r, key); ok {
			identity = group.documents(r, identity)
		}
	}
	if g.Boundary != "" {
		boundary = []policy.Attached{managed(r, g.Boundary)}
	}
	return identity, boundary, s.sessionPolicies(r, p.Session)
}

// grantsOf finds the user or role behind a principal and the keys of its
// groups; nil when it has none or is another one by now.
func grantsOf(r store.Reader, p *aws.Principal) (*Grants, []string) {
	switch p.Type {
	case aws.IAMUser:
		if u, ok := userBehind(r, p); ok {
			return &u.Grants, u.Groups
		}
	case aws.AssumedRole:
		if role, ok := roleBehind(r, p); ok {
			return &role.Grants, nil
		}
	case aws.FederatedUser:
		if u, ok := federating(r, p); ok {
			return &u.Grants, u.Groups
		}
	}
	return nil, nil
}

// federating finds the user who asked for the credentials of a federated user.
func federating(r store.Reader, p *aws.Principal) (*User, bool) {
	if p.Session == nil || p.Session.IssuerType != aws.IAMUser {
		return nil, false
	}
	u, ok := users.Get(r, recordKey(p.Account, p.Session.IssuerName))
	return u, ok && u.ID == p.Session.IssuerID
}

func userBehind(r store.Reader, p *aws.Principal) (*User, bool) {
	u, ok := users.Get(r, recordKey(p.Account, p.UserName))
	return u, ok && u.ID == p.ID
}

// roleBehind finds the role of a session. A role of the same name that was
// made later is another one.
func roleBehind(r store.Reader, p *aws.Principal) (*Role, bool) {
	if p.Session == nil {
		return nil, false
	}
	role, ok := roles.Get(r, recordKey(p.Account, p.Session.IssuerName))
	return role, ok && role.ID == p.Session.IssuerID
}

// sessionPolicies are the documents and the managed policies that a session
// was limited to when it began.
func (s *Service) sessionPolicies(r store.Reader, of *aws.Session) []policy.Attached {
	if of == nil || len(of.Policies) == 0 {
		return nil
	}
	list := make([]policy.Attached, len(of.Policies))
	for i, text := range of.Policies {
		if strings.HasPrefix(text, "arn:") {
			list[i] = managed(r, text)
			continue
		}
		doc, err := s.sessionP.get(text, func() (*policy.Document, error) { return policy.Parse([]byte(text)) })
		if err != nil {
			doc = nothing
		}
		list[i] = policy.Attached{Document: doc}
	}
	return list
}

// nothing is a policy that allows nothing.
var nothing = &policy.Document{Version: "2012-10-17"}

// managed is the managed policy of that ARN. One that is gone allows nothing.
func managed(r store.Reader, arn string) policy.Attached {
	if p, ok := policyByARN(r, arn); ok {
		return p.attached()
	}
	return policy.Attached{ARN: arn, Document: nothing}
}

// ManagedPolicy returns the managed policy of that ARN in the version that is
// in force, when an account may use it.
func (s *Service) ManagedPolicy(r store.Reader, account, arn string) (policy.Attached, bool) {
	p, err := attachable(r, account, &arn)
	if err != nil {
		return policy.Attached{}, false
	}
	return p.attached(), true
}

// TagsOf returns the tags of the user or role behind a principal, with those
// of its session in front of them.
func (s *Service) TagsOf(r store.Reader, p aws.Principal) map[string]string {
	var tags tag.Set
	switch p.Type {
	case aws.IAMUser:
		if u, ok := userBehind(r, &p); ok {
			tags = u.Tags
		}
	case aws.AssumedRole:
		if role, ok := roleBehind(r, &p); ok {
			tags = role.Tags
		}
	}
	if p.Session == nil || len(p.Session.Tags) == 0 {
		if len(tags) == 0 {
			return nil
		}
		return tags.Map()
	}
	all := make(map[string]string, len(tags)+len(p.Session.Tags))
	for _, t := range tags {
		if !hasFold(p.Session.Tags, t.Key) {
			all[t.Key] = t.Value
		}
	}
	maps.Copy(all, p.Session.Tags)
	return all
}

func hasFold(tags map[string]string, key string) bool {
	for k := range tags {
		if strings.EqualFold(k, key) {
			return true
		}
	}
	return false
}

// Role returns the role of an ARN, which names account, path and name exactly.
func (s *Service) Role(r store.Reader, arn string) (*Role, bool) {
	a, ok := aws.ParseARN(arn)
	if !ok {
		return nil, false
	}
	_, name := pathAndName(a.Resource)
	role, ok := roles.Get(r, recordKey(a.Account, name))
	if !ok || role.ARN != arn {
		return nil, false
	}
	return role, true
}

// PrincipalID returns the unique id of the user, the role or the session of a
// role that has an ARN, "" when nobody has it.
func (s *Service) PrincipalID(r store.Reader, arn string) string {
	a, ok := aws.ParseARN(arn)
	if !ok {
		return ""
	}
	kind, rest, _ := strings.Cut(a.Resource, "/")
	_, name := pathAndName(a.Resource)
	switch a.Service + ":" + kind {
	case "iam:user":
		if u, ok := users.Get(r, recordKey(a.Account, name)); ok && u.ARN == arn {
			return u.ID
		}
	case "iam:role":
		if role, ok := s.Role(r, arn); ok {
			return role.ID
		}
	case "sts:assumed-role":
		of, session, _ := strings.Cut(rest, "/")
		if role, ok := roles.Get(r, recordKey(a.Account, of)); ok && role.Name == of && session != "" {
			return role.ID + ":" + session
		}
	}
	return ""
}

// PrincipalExists reports whether an ARN names somebody whom a policy may
// speak of: the root of an account, which also stands for all of it, a user, a
// role, a session of a role.
func (s *Service) PrincipalExists(r store.Reader, arn string) bool {
	a, ok := aws.ParseARN(arn)
	if !ok || a.Partition != aws.Partition || a.Region != "" {
		return false
	}
	kind, rest, _ := strings.Cut(a.Resource, "/")
	switch a.Service + ":" + kind {
	case "iam:root":
		return rest == "" && s.AccountExists(r, a.Account)
	case "iam:user":
		_, name := pathAndName(a.Resource)
		u, ok := users.Get(r, recordKey(a.Account, name))
		return ok && u.ARN == arn
	case "iam:role":
		_, ok := s.Role(r, arn)
		return ok
	case "sts:assumed-role":
		name, session, ok := strings.Cut(rest, "/")
		role, exists := roles.Get(r, recordKey(a.Account, name))
		return ok && session != "" && exists && role.Name == name
	case "sts:federated-user":
		return rest != "" && s.AccountExists(r, a.Account)
	}
	return false
}
