package calltest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/gateway"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Root is the root user of an account.
func Root(account string) aws.Principal {
	return aws.Principal{Type: aws.Root, Account: account, ARN: aws.RootARN(account), ID: account}
}

// User is a user of an account.
func User(account, name string) aws.Principal {
	return aws.Principal{
		Type: aws.IAMUser, Account: account, UserName: name, ID: "AIDA" + name,
		ARN: aws.NewARN("iam", "", account, "user/"+name).String(),
	}
}

// Permit gives a principal these identity policies, and no others. A root
// needs none.
func (d *Door) Permit(p aws.Principal, documents ...string) {
	d.Helper()
	d.policies[p.ARN] = nil
	for _, text := range documents {
		d.policies[p.ARN] = append(d.policies[p.ARN], *Policy(d, text))
	}
}

// May returns nil when a principal may do what t says, as it would be said of
// its calls, or the refusal.
func (d *Door) May(p aws.Principal, t call.Target) error {
	return d.gateway.Judge(d.Store.View(), p, d.Region, d.Clock.Now())(t)
}

// Allowing is a policy that allows one action, or those of a pattern, on
// everything.
func Allowing(action string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"*"}]}`
}

// Policy is a document as it is attached.
func Policy(t testing.TB, text string) *policy.Attached {
	t.Helper()
	doc, err := policy.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &policy.Attached{Name: "p", Document: doc}
}

// Key is a key for the services that seal something.
func Key(t testing.TB) *seal.Key {
	t.Helper()
	key, err := seal.New([]byte(strings.Repeat("k", seal.Size)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// known is what the gateway knows of callers: what the test says.
type known struct {
	gateway.Identities // whose other methods find callers by credentials
	gateway.Organizations
	d *Door
}

func (k known) PoliciesOf(r store.Reader, p aws.Principal) (identity, boundary, session []policy.Attached) {
	if k.d.Identities != nil {
		return k.d.Identities.PoliciesOf(r, p)
	}
	return k.d.policies[p.ARN], nil, nil
}

func (k known) TagsOf(r store.Reader, p aws.Principal) map[string]string {
	if k.d.Identities != nil {
		return k.d.Identities.TagsOf(r, p)
	}
	return nil
}

func (k known) Membership(r store.Reader, account string) (organization, path string) {
	if k.d.Membership == nil {
		return "", ""
	}
	return k.d.Membership(r, account)
}

func (k known) ServiceControlPolicies(store.Reader, string) [][]policy.Attached {
	if len(k.d.Forbidden) == 0 {
		return nil
	}
	denied := `"` + strings.Join(slices.Sorted(maps.Keys(k.d.Forbidden)), `","`) + `"`
	return [][]policy.Attached{{
		*Policy(k.d, Allowing("*")),
		*Policy(k.d, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":[`+denied+`],"Resource":"*"}]}`),
	}}
}

func (known) ResourceControlPolicies(store.Reader, string) [][]policy.Attached { return nil }
