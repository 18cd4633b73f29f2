package kms

import (
	"regexp"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
)

var keyIDForm = regexp.MustCompile(`^(mrk-[0-9a-f]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$`)

// find returns the key that a call of an account in a region means by a key
// id, a key ARN, the name of an alias or its ARN. Only ARNs can name another
// account's keys, and nothing another region's.
func find(r store.Reader, account, region, name string) (*Key, *aws.Error) {
	account, name, err := locate(account, region, name)
	if err != nil {
		return nil, err
	}
	if !isAlias(name) {
		return findID(r, account, region, name)
	}
	a, ok := aliases.Get(r, place(account, region)+name)
	if !ok {
		return nil, notFound("Alias %s is not found.", aliasARN(account, region, name))
	}
	return findID(r, account, region, a.Target)
}

// findKey is find for the operations that take no aliases.
func findKey(r store.Reader, account, region, name string) (*Key, *aws.Error) {
	account, id, err := locate(account, region, name)
	switch {
	case err != nil:
		return nil, err
	case isAlias(id):
		return nil, notFound("Invalid keyId '%s'", name)
	}
	return findID(r, account, region, id)
}

func findID(r store.Reader, account, region, id string) (*Key, *aws.Error) {
	if !keyIDForm.MatchString(id) {
		return nil, notFound("Invalid keyId '%s'", id)
	}
	k, ok := keys.Get(r, place(account, region)+strings.ToLower(id))
	if !ok {
		return nil, notFound("Key '%s' does not exist", keyARN(account, region, id))
	}
	return k, nil
}

// locate returns the account that a name belongs to, and the name without the
// ARN around it: a key id, or an alias.
func locate(account, region, name string) (string, string, *aws.Error) {
	if !strings.HasPrefix(name, "arn:") {
		return account, name, nil
	}
	a, ok := aws.ParseARN(name)
	if !ok || a.Service != "kms" || a.Partition != aws.Partition || !aws.IsAccountID(a.Account) {
		return "", "", invalidARN(name)
	}
	id, isKey := strings.CutPrefix(a.Resource, "key/")
	switch {
	case !isKey && !isAlias(a.Resource):
		return "", "", invalidARN(name)
	case a.Region != region:
		return "", "", notFound("Invalid arn %s", a.Region)
	}
	return a.Account, id, nil
}

func isAlias(name string) bool { return strings.HasPrefix(name, aliasPrefix) }

// named finds the key that Access has found for the call before, by whatever
// name it was called.
func (s *Service) named(c *call.Call, name *string) (*Key, error) {
	k, err := find(c.State, c.Account(), c.Region, aws.Val(name))
	if err != nil {
		return nil, err
	}
	noteOwner(c, k)
	return k, nil
}
