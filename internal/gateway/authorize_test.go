package gateway

import (
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
func (lone) ServiceControlPolicies(store.Reader, string) [][]policy.Attached { return nil }

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
