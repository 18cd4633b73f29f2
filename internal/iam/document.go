package iam

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
)

// identityDocument checks and parses a policy that speaks for who carries it.
func identityDocument(text *string) (policy.Source, error) {
	if err := policy.CheckIdentity([]byte(aws.Val(text))); err != nil {
		return policy.Source{}, err
	}
	return source(aws.Val(text))
}

// trustDocument checks and parses a role's trust policy, whose principals must
// exist.
func (s *Service) trustDocument(r store.Reader, text *string) (policy.Source, error) {
	exists := func(arn string) bool { return s.PrincipalExists(r, arn) }
	if err := policy.CheckTrust([]byte(aws.Val(text)), exists); err != nil {
		return policy.Source{}, err
	}
	if size(aws.Val(text)) > trustSize {
		return policy.Source{}, overQuota("ACLSizePerRole", trustSize)
	}
	trust, err := source(aws.Val(text))
	return trust.Bind(func(arn string) string { return s.PrincipalID(r, arn) }), err
}

func source(text string) (policy.Source, error) {
	doc, err := policy.NewSource(text)
	if err != nil {
		return policy.Source{}, aws.Errorf("MalformedPolicyDocument", "Syntax errors in policy.")
	}
	return doc, nil
}

// size is the length of a policy as quotas count it: white space is free.
func size(text string) int {
	n := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// encoded is a policy as answers carry it: URL-encoded.
func encoded(doc policy.Source) *string {
	return new(strings.ReplaceAll(url.QueryEscape(doc.Text()), "+", "%20"))
}
