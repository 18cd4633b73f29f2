package server

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/orgtrail/orgtrail/internal/wire"
)

// In development a key that nobody has is a root's: of the account that it
// names, or of the first. A key that somebody has stays what it is, and whose
// account is closed has none.
func TestUnknownKeys(t *testing.T) {
	s, p := startServer(t, func(c *Config) { c.Dev = true })
	admin := newClient(t, p)
	as := func(key, secret string) *client {
		return newClient(t, Profile{Endpoint: p.Endpoint, AccessKeyID: key, SecretAccessKey: secret})
	}
	identity := url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}
	arn := func(c *client) string {
		var out struct{ GetCallerIdentityResult struct{ Arn string } }
		unmarshal(c, c.must(c.form("sts", identity)), &out)
		return out.GetCallerIdentityResult.Arn
	}
	for key, want := range map[string]string{
		"AKIAIOSFODNN7EXAMPLE": "arn:aws:iam::" + devAccount + ":root",
		"555555555555":         "arn:aws:iam::555555555555:root",
	} {
		if got := arn(as(key, "anything")); got != want {
			t.Errorf("%s is %s", key, got)
		}
	}

	var made struct {
		CreateAccessKeyResult struct {
			AccessKey struct{ AccessKeyId, SecretAccessKey string }
		}
	}
	unmarshal(admin, admin.must(admin.form("iam", url.Values{"Action": {"CreateAccessKey"}, "Version": {"2010-05-08"}})), &made)
	key := made.CreateAccessKeyResult.AccessKey
	user := as(key.AccessKeyId, key.SecretAccessKey)
	if got := arn(user); got != "arn:aws:iam::"+devAccount+":user/admin" {
		t.Errorf("the new key is %s", got)
	}
	refused(t, "a wrong secret", wire.AWSQuery, as(key.AccessKeyId, "wrong").form("sts", identity), "SignatureDoesNotMatch")
	admin.must(admin.form("iam", url.Values{"Action": {"UpdateAccessKey"}, "Version": {"2010-05-08"}, "AccessKeyId": {key.AccessKeyId}, "Status": {"Inactive"}}))
	refused(t, "an inactive key", wire.AWSQuery, user.form("sts", identity), "InvalidClientTokenId")

	organizations := func(operation, body string) *reply {
		return admin.must(admin.json("AWSOrganizationsV20161128."+operation, body))
	}
	organizations("CreateOrganization", "{}")
	organizations("CreateAccount", `{"AccountName":"a","Email":"a@example.com"}`)
	if err := s.organizations.Advance(t.Context()); err != nil {
		t.Fatal(err)
	}
	var list struct{ CreateAccountStatuses []struct{ AccountId string } }
	if err := json.Unmarshal(organizations("ListCreateAccountStatus", "{}").body, &list); err != nil || len(list.CreateAccountStatuses) != 1 {
		t.Fatal(err, list)
	}
	member := list.CreateAccountStatuses[0].AccountId
	if got := arn(as(member, "")); got != "arn:aws:iam::"+member+":root" {
		t.Errorf("the member is %s", got)
	}
	organizations("CloseAccount", `{"AccountId":"`+member+`"}`)
	if err := s.organizations.Advance(t.Context()); err != nil {
		t.Fatal(err)
	}
	refused(t, "a closed account", wire.AWSQuery, as(member, "").form("sts", identity), "InvalidClientTokenId")
}
