package iam

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// GetContextKeysForCustomPolicy names the condition keys that policies ask
// for.
func (s *Service) GetContextKeysForCustomPolicy(_ *call.Call, in *api.GetContextKeysForCustomPolicyInput) (*api.GetContextKeysForCustomPolicyOutput, error) {
	keys, err := contextKeys([]string{}, in.PolicyInputList)
	return &api.GetContextKeysForCustomPolicyOutput{ContextKeyNames: keys}, err
}

// GetContextKeysForPrincipalPolicy names the condition keys that the policies
// of a user, a group or a role ask for, and further ones.
func (s *Service) GetContextKeysForPrincipalPolicy(c *call.Call, in *api.GetContextKeysForPrincipalPolicyInput) (*api.GetContextKeysForPrincipalPolicyOutput, error) {
	src, err := findPolicySource(c, in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(src.documents))
	for i, d := range src.documents {
		texts[i] = d.Text()
	}
	keys, err := contextKeys([]string{}, append(texts, in.PolicyInputList...))
	return &api.GetContextKeysForPrincipalPolicyOutput{ContextKeyNames: keys}, err
}

func contextKeys(keys, texts []string) ([]string, error) {
	for _, text := range texts {
		more, err := policy.ContextKeys([]byte(text))
		if err != nil {
			return nil, invalidInput("Syntax errors in policy: %v", err)
		}
		keys = mergeKeys(keys, more)
	}
	return keys, nil
}

// mergeKeys adds names that are not there yet, in whatever case.
func mergeKeys(keys, more []string) []string {
	for _, key := range more {
		if !slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) }) {
			keys = append(keys, key)
		}
	}
	return keys
}

// policySource is a user, a group or a role whose policies are asked about.
type policySource struct {
	principal aws.Principal // who would act with them; of a group nobody in particular
	tags      tag.Set
	documents []sourceDocument // of a user those of its groups too
	boundary  *sourceDocument
}

func findPolicySource(c *call.Call, arn *string) (*policySource, error) {
	missing := noSuchEntity("The principal with ARN %s cannot be found.", aws.Val(arn))
	a, ok := aws.ParseARN(aws.Val(arn))
	if !ok || a.Service != "iam" {
		return nil, invalidInput("Invalid Entity Arn: %s does not clearly define entity type and name.", aws.Val(arn))
	}
	if a.Account != c.Account() {
		return nil, missing
	}
	_, name := pathAndName(a.Resource)
	key := recordKey(a.Account, name)
	src := new(policySource)
	switch class, _, _ := strings.Cut(a.Resource, "/"); class {
	case userClass.noun:
		u, ok := users.Get(c.State, key)
		if !ok || u.ARN != *arn {
			return nil, missing
		}
		src.principal = aws.Principal{Type: aws.IAMUser, Account: u.Account, ARN: u.ARN, ID: u.ID, UserName: u.Name}
		src.tags = u.Tags
		src.take(c, userClass, &u.Entity, &u.Grants)
		for _, key := range u.Groups {
			if g, ok := groups.Get(c.State, key); ok {
				src.take(c, groupClass, &g.Entity, &g.Grants)
			}
		}
	case groupClass.noun:
		g, ok := groups.Get(c.State, key)
		if !ok || g.ARN != *arn {
			return nil, missing
		}
		src.principal = aws.Principal{Type: aws.IAMUser, Account: g.Account}
		src.take(c, groupClass, &g.Entity, &g.Grants)
	case roleClass.noun:
		r, ok := roles.Get(c.State, key)
		if !ok || r.ARN != *arn {
			return nil, missing
		}
		src.principal = r.simulated(c)
		src.tags = r.Tags
		src.take(c, roleClass, &r.Entity, &r.Grants)
	default:
		return nil, invalidInput("Invalid Entity Arn: %s does not clearly define entity type and name.", *arn)
	}
	return src, nil
}

// simulated is a session of the role as a simulation imagines it.
func (r *Role) simulated(c *call.Call) aws.Principal {
	const session = "simulation"
	return aws.Principal{
		Type: aws.AssumedRole, Account: r.Account, ID: r.ID + ":" + session,
		ARN: aws.NewARN("sts", "", r.Account, "assumed-role/"+r.Name+"/"+session).String(),
		Session: &aws.Session{
			IssuerType: aws.RoleIssuer, IssuerID: r.ID, IssuerARN: r.ARN, IssuerName: r.Name, Name: session, Created: c.Time,
		},
	}
}

// take adds the policies of one carrier.
func (src *policySource) take(c *call.Call, k *class, e *Entity, g *Grants) {
	for _, arn := range g.Attached {
		if p, ok := policyByARN(c.State, arn); ok {
			src.documents = append(src.documents, sourceDocument{id: p.Name, kind: identitySource, Source: p.source()})
		}
	}
	for _, p := range g.Inline {
		id := k.noun + "_" + e.Name + "_" + p.Name
		src.documents = append(src.documents, sourceDocument{id: id, kind: identitySource, Source: p.Document})
	}
	if p, ok := policyByARN(c.State, g.Boundary); ok { // a boundary cannot be deleted while it bounds
		src.boundary = &sourceDocument{id: p.Name, kind: boundarySource, Source: p.source()}
	}
}
