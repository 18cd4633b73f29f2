package policy

import (
	"encoding/json"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// A policy means the users and roles whom it named when it was stored: under
// another name still, and nobody who takes the name after them. What is
// written and read again means the same.
func TestBind(t *testing.T) {
	const text = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["` + userARN + `","` + roleARN + `","222222222222"]},"Action":"s3:*","Resource":"*"},
		{"Effect":"Deny","NotPrincipal":{"AWS":["` + userARN + `","` + roleARN + `","` + home + `","` + session + `","222222222222"]},"Action":"s3:*","Resource":"*"}]}`
	ids := map[string]string{userARN: user.ID, roleARN: "AROAAUDITOR"}
	source, err := NewSource(text)
	if err != nil {
		t.Fatal(err)
	}
	bound := source.Bind(func(arn string) string { return ids[arn] })
	if bound.Text() != text || bound.IDOf(userARN) != user.ID || source.IDOf(userARN) != "" {
		t.Errorf("%q, ids %q and %q", bound.Text(), bound.IDOf(userARN), source.IDOf(userARN))
	}
	written, err := json.Marshal(bound)
	if err != nil {
		t.Fatal(err)
	}
	var read Source
	if err := json.Unmarshal(written, &read); err != nil {
		t.Fatal(err)
	}
	renamed, namesake, recreated := user, user, roleSession(roleARN, "AROAANOTHER", session)
	renamed.ARN, namesake.ID = userARN+"-ann", "AIDAANOTHER"
	for name, s := range map[string]Source{"bound": bound, "read again": read} {
		for _, c := range []struct {
			name string
			who  aws.Principal
			want Decision
		}{
			{"the user", user, Allowed}, {"renamed", renamed, Allowed}, {"a namesake", namesake, ExplicitDeny},
			{"the role", auditor, Allowed}, {"a namesake of the role", recreated, ExplicitDeny},
		} {
			got := Evaluate(Request{Principal: c.who, Action: "s3:GetObject", Resource: object}, Documents{Resource: &Attached{Document: s.Document()}})
			if got.Decision != c.want {
				t.Errorf("%s, %s: %v, want %v", name, c.name, got.Decision, c.want)
			}
		}
	}

	// A policy in which nobody is bound is stored as its text, as ever.
	plain := source.Bind(func(string) string { return "" })
	if b, _ := json.Marshal(plain); b[0] != '"' {
		t.Errorf("%s", b)
	}
}
