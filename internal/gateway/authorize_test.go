package gateway

import (
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
)

// lone knows nobody, and is in no organization.
type lone struct {
	Identities
	Organizations
}

func (lone) PoliciesOf(store.Reader, aws.Principal) (identity, boundary, session []policy.Attached) {
	return nil, nil, nil
}
func (lone) TagsOf(store.Reader, aws.Principal) map[string]string { return nil }
func (lone) Membership(store.Reader, string) (organization, path string) {
	return "", ""
}
func (lone) ServiceControlPolicies(store.Reader, string) [][]policy.Attached  { return nil }
func (lone) ResourceControlPolicies(store.Reader, string) [][]policy.Attached { return nil }
func (lone) CanonicalUser(string) string                                      { return "" }

// governed is in an organization whose resource control policies deny all.
type governed struct{ lone }

func (governed) ResourceControlPolicies(store.Reader, string) [][]policy.Attached {
	doc, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}`))
	if err != nil {
		panic(err)
	}
	return [][]policy.Attached{{{Document: doc}}}
}

// What a target says of its resource gets to where it is decided: that it is
// AWS's own, and what a refusal calls it.
func TestTarget(t *testing.T) {
	g := &Gateway{Identities: lone{}, Organizations: governed{}}
	root := aws.Principal{Type: aws.Root, Account: "111111111111", ARN: aws.RootARN("111111111111")}
	a := g.authorizer(&call.Call{Operation: &wire.Operation{Service: new(wire.Service)}, Principal: root})
	key := call.Target{Action: "kms:Decrypt", Resource: "arn:aws:kms:us-east-1:111111111111:key/k"}
	if a.allow(key) == nil {
		t.Error("a key of the account's is not governed")
	}
	key.AWSManaged = true
	if err := a.allow(key); err != nil {
		t.Errorf("a key that AWS manages: %v", err)
	}
	a = g.authorizer(&call.Call{Operation: &wire.Operation{Service: new(wire.Service)}, Principal: aws.Principal{Type: aws.IAMUser, Account: "111111111111"}})
	err := a.allow(call.Target{Action: "iam:GetRole", Resource: "arn:aws:iam::111111111111:role/r", Called: "role r"})
	if err == nil || !strings.Contains(err.Error(), "iam:GetRole on resource: role r because") {
		t.Error(err)
	}
}

// TestRequestedRegion: whatever region a call to a global service is signed
// for, policies see us-east-1, as its record does.
func TestRequestedRegion(t *testing.T) {
	for global, want := range map[bool]string{true: "us-east-1", false: "eu-west-1"} {
		g := &Gateway{Identities: lone{}, Organizations: lone{}}
		a := g.authorizer(&call.Call{
			Operation: &wire.Operation{Service: &wire.Service{Global: global}}, Region: "eu-west-1",
		})
		ctx := a.context(call.Target{}, "")
		if got := ctx["aws:requestedregion"]; len(got) != 1 || got[0] != want {
			t.Errorf("global %t: %q, want %s", global, got, want)
		}
	}
}
