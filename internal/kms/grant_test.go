package kms

import (
	"maps"
	"strings"
	"testing"
	"testing/quick"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// allowed makes a call as somebody and reports whether policies let it.
func (h *house) allowed(p aws.Principal, in wire.Shape) (ok bool) {
	h.Helper()
	h.as(p, func() {
		_, err := h.Call(in)
		if code := aws.CodeOf(err); err != nil && code != aws.AccessDenied {
			h.Fatalf("%s: %v", in.Describe().Name, err)
		}
		ok = err == nil
	})
	return ok
}

// TestGrants: a grant lets its grantee do what it says, and nothing else, as
// one statement more of the key's policy.
func TestGrants(t *testing.T) {
	h := newHouse(t)
	id, other := h.create(&api.CreateKeyInput{}), h.create(&api.CreateKeyInput{})
	ann := calltest.User(owner, "ann")
	role := aws.Principal{Type: aws.AssumedRole, Account: owner, ARN: "arn:aws:sts::" + owner + ":assumed-role/r/s", ID: "AROA:s",
		Session: &aws.Session{IssuerType: aws.RoleIssuer, IssuerARN: "arn:aws:iam::" + owner + ":role/r"}}
	use := func(key string) wire.Shape { return &api.EncryptInput{KeyId: &key, Plaintext: []byte("x")} }
	h.Equal("before", h.allowed(ann, use(id)), false)
	out := do[api.CreateGrantOutput](h, &api.CreateGrantInput{KeyId: &id, GranteePrincipal: &ann.ARN, Operations: []string{"Encrypt", "DescribeKey"}})
	h.Do(&api.CreateGrantInput{KeyId: &id, GranteePrincipal: new(role.RoleARN()), Operations: []string{"Encrypt"}})
	for _, test := range []struct {
		name string
		who  aws.Principal
		in   wire.Shape
		want bool
	}{
		{"the operation", ann, use(id), true},
		{"with the token", ann, &api.EncryptInput{KeyId: &id, Plaintext: []byte("x"), GrantTokens: []string{*out.GrantToken}}, true},
		{"the other operation", ann, &api.DescribeKeyInput{KeyId: &id}, true},
		{"an operation it does not name", ann, &api.GenerateDataKeyInput{KeyId: &id, KeySpec: new("AES_256")}, false},
		{"a management operation", ann, &api.DisableKeyInput{KeyId: &id}, false},
		{"another key", ann, use(other), false},
		{"another user", calltest.User(owner, "ann2"), use(id), false},
		{"a session of the role", role, use(id), true},
		{"a session of the role, another operation", role, &api.DescribeKeyInput{KeyId: &id}, false},
	} {
		h.Equal(test.name, h.allowed(test.who, test.in), test.want)
	}
	// A denial in the key's policy outdoes it.
	h.Do(&api.PutKeyPolicyInput{KeyId: &id, Policy: allowing(toUser("Deny", ann.ARN, "kms:Encrypt", ""))})
	h.Equal("denied", h.allowed(ann, use(id)), false)
	h.Do(&api.PutKeyPolicyInput{KeyId: &id, Policy: allowing()})
	h.Do(&api.RevokeGrantInput{KeyId: &id, GrantId: out.GrantId})
	h.Equal("revoked", h.allowed(ann, use(id)), false)
	h.Fails("NotFoundException", &api.RevokeGrantInput{KeyId: &id, GrantId: out.GrantId})
	h.Fails("InvalidGrantIdException", &api.RevokeGrantInput{KeyId: &id, GrantId: new("x")})
}

func TestGrantConstraints(t *testing.T) {
	h := newHouse(t)
	ann := calltest.User(owner, "ann")
	for _, test := range []struct {
		name        string
		constraints api.GrantConstraints
		context     map[string]string
		want        bool
	}{
		{"equal", api.GrantConstraints{EncryptionContextEquals: map[string]string{"a": "1", "b": "2"}}, map[string]string{"a": "1", "b": "2"}, true},
		{"more", api.GrantConstraints{EncryptionContextEquals: map[string]string{"a": "1"}}, map[string]string{"a": "1", "b": "2"}, false},
		{"less", api.GrantConstraints{EncryptionContextEquals: map[string]string{"a": "1", "b": "2"}}, map[string]string{"a": "1"}, false},
		{"none", api.GrantConstraints{EncryptionContextEquals: map[string]string{"a": "1"}}, nil, false},
		{"another value", api.GrantConstraints{EncryptionContextEquals: map[string]string{"a": "1"}}, map[string]string{"a": "2"}, false},
		{"case of the name", api.GrantConstraints{EncryptionContextEquals: map[string]string{"a": "1"}}, map[string]string{"A": "1"}, false},
		{"subset", api.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "1"}}, map[string]string{"a": "1", "b": "2"}, true},
		{"no subset", api.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "1"}}, map[string]string{"b": "2"}, false},
		{"subset, two cases", api.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "1"}}, map[string]string{"A": "1", "a": "2"}, false},
		{"no wildcard", api.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "*"}}, map[string]string{"a": "1"}, false},
		{"no variable", api.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "${aws:username}"}}, map[string]string{"a": "ann"}, false},
		{"both", api.GrantConstraints{EncryptionContextEquals: map[string]string{"a": "1"}, EncryptionContextSubset: map[string]string{"b": "2"}}, map[string]string{"a": "1"}, false},
		{"empty", api.GrantConstraints{EncryptionContextEquals: map[string]string{}}, map[string]string{"a": "1"}, true},
	} {
		id := h.create(&api.CreateKeyInput{})
		h.Do(&api.CreateGrantInput{KeyId: &id, GranteePrincipal: &ann.ARN, Constraints: &test.constraints,
			Operations: []string{"Encrypt", "Decrypt", "ReEncryptTo", "ReEncryptFrom", "DescribeKey"}})
		blob := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &id, Plaintext: []byte("x"), EncryptionContext: test.context}).CiphertextBlob
		for _, in := range []wire.Shape{
			&api.EncryptInput{KeyId: &id, Plaintext: []byte("x"), EncryptionContext: test.context},
			&api.DecryptInput{CiphertextBlob: blob, EncryptionContext: test.context},
			&api.ReEncryptInput{CiphertextBlob: blob, SourceEncryptionContext: test.context, DestinationKeyId: &id, DestinationEncryptionContext: test.context},
		} {
			h.Equal(test.name+": "+in.Describe().Name, h.allowed(ann, in), test.want)
		}
		h.Equal(test.name+": DescribeKey", h.allowed(ann, &api.DescribeKeyInput{KeyId: &id}), true)
	}
}

// TestGrantingOn: who may make grants by a grant can give away no more.
func TestGrantingOn(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{})
	ann := calltest.User(owner, "ann")
	h.Do(&api.CreateGrantInput{KeyId: &id, GranteePrincipal: &ann.ARN, Operations: []string{"Encrypt", "CreateGrant"},
		Constraints: &api.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "1"}}})
	for _, test := range []struct {
		name        string
		operations  []string
		constraints *api.GrantConstraints
		want        bool
	}{
		{"the same", []string{"Encrypt"}, &api.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "1"}}, true},
		{"narrower", []string{"Encrypt"}, &api.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "1", "b": "2"}}, true},
		{"exact", []string{"Encrypt"}, &api.GrantConstraints{EncryptionContextEquals: map[string]string{"a": "1"}}, true},
		{"exact, elsewhere", []string{"Encrypt"}, &api.GrantConstraints{EncryptionContextEquals: map[string]string{"b": "1"}}, false},
		{"unconstrained", []string{"Encrypt"}, nil, false},
		{"elsewhere", []string{"Encrypt"}, &api.GrantConstraints{EncryptionContextSubset: map[string]string{"b": "1"}}, false},
		{"more operations", []string{"Encrypt", "Decrypt"}, &api.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "1"}}, false},
	} {
		in := &api.CreateGrantInput{KeyId: &id, GranteePrincipal: new(userARN(owner, "b")), Operations: test.operations, Constraints: test.constraints}
		h.Equal(test.name, h.allowed(ann, in), test.want)
	}
}

func TestRetireGrant(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{})
	ann, ret, eve := calltest.User(owner, "ann"), calltest.User(owner, "ret"), calltest.User(owner, "eve")
	grant := func(operations ...string) *api.CreateGrantOutput {
		return do[api.CreateGrantOutput](h, &api.CreateGrantInput{KeyId: &id, GranteePrincipal: &ann.ARN, RetiringPrincipal: &ret.ARN, Operations: operations})
	}
	g := grant("Encrypt")
	byToken, byID := &api.RetireGrantInput{GrantToken: g.GrantToken}, &api.RetireGrantInput{KeyId: new(h.arn(id)), GrantId: g.GrantId}
	for _, in := range []wire.Shape{byToken, byID} {
		h.Equal("a stranger to it", h.allowed(eve, in), false)
		h.Equal("its grantee", h.allowed(ann, in), false)
	}
	h.as(ret, func() {
		h.Fails("DryRunOperationException", &api.RetireGrantInput{GrantToken: g.GrantToken, DryRun: new(true)})
	})
	h.Equal("who may", h.allowed(ret, byToken), true)
	h.Equal("grant in the record", h.Last().Additional, map[string]any{"grantId": *g.GrantId})
	h.Fails("NotFoundException", byToken)
	h.Fails("NotFoundException", byID)
	h.Equal("grantee who may", h.allowed(ann, &api.RetireGrantInput{GrantToken: grant("Encrypt", "RetireGrant").GrantToken}), true)
	h.Equal("root", h.allowed(calltest.Root(owner), &api.RetireGrantInput{GrantToken: grant("Encrypt").GrantToken}), true)
	h.Permit(eve, allowAll)
	h.Equal("by identity policy", h.allowed(eve, &api.RetireGrantInput{GrantToken: grant("Encrypt").GrantToken}), true)
	h.Fails("ValidationException: Grant token OR (grant ID, key ID) must be specified", &api.RetireGrantInput{KeyId: &id})
	h.Fails("InvalidGrantTokenException", &api.RetireGrantInput{GrantToken: new("x")})
	h.Fails("InvalidGrantTokenException", &api.RetireGrantInput{GrantToken: new(strings.ToUpper(*g.GrantToken))})
}

func TestListGrants(t *testing.T) {
	h := newHouse(t)
	id, other := h.create(&api.CreateKeyInput{}), h.create(&api.CreateKeyInput{})
	ann, ret := userARN(owner, "ann"), userARN(owner, "ret")
	in := &api.CreateGrantInput{KeyId: &id, GranteePrincipal: &ann, RetiringPrincipal: &ret, Operations: []string{"Encrypt", "Decrypt"}, Name: new("n"),
		Constraints: &api.GrantConstraints{EncryptionContextEquals: map[string]string{"a": "1"}}}
	first := do[api.CreateGrantOutput](h, in)
	again := do[api.CreateGrantOutput](h, in)
	h.Equal("the same grant", []any{*again.GrantId == *first.GrantId, *again.GrantToken == *first.GrantToken}, []any{true, false})
	in.Operations = in.Operations[:1]
	if *do[api.CreateGrantOutput](h, in).GrantId == *first.GrantId {
		t.Error("another grant of the same name is the same")
	}
	in.Name, in.KeyId, in.Constraints = nil, &other, nil
	h.Do(in, in)
	list := func(in *api.ListGrantsInput) []api.GrantListEntry { return do[api.ListGrantsOutput](h, in).Grants }
	h.Equal("of the key", len(list(&api.ListGrantsInput{KeyId: &id})), 2)
	h.Equal("of the other", len(list(&api.ListGrantsInput{KeyId: &other})), 2)
	h.Equal("of nobody", len(list(&api.ListGrantsInput{KeyId: &id, GranteePrincipal: &ret})), 0)
	g := list(&api.ListGrantsInput{KeyId: &id, GrantId: first.GrantId})[0]
	h.Equal("grant", []any{*g.KeyId, *g.Name, *g.GranteePrincipal, *g.RetiringPrincipal, *g.IssuingAccount, g.Operations, g.Constraints.EncryptionContextEquals, g.Constraints.EncryptionContextSubset == nil},
		[]any{h.arn(id), "n", ann, ret, aws.RootARN(owner), []string{"Decrypt", "Encrypt"}, map[string]string{"a": "1"}, true})
	page := do[api.ListGrantsOutput](h, &api.ListGrantsInput{KeyId: &id, Limit: new(int32(1))})
	h.Equal("rest", len(list(&api.ListGrantsInput{KeyId: &id, Marker: page.NextMarker})), 1)
	retirable := do[api.ListRetirableGrantsOutput](h, &api.ListRetirableGrantsInput{RetiringPrincipal: &ret})
	h.Equal("retirable", len(retirable.Grants), 4)
	h.in(abroad, func() {
		h.Equal("retirable elsewhere", len(do[api.ListRetirableGrantsOutput](h, &api.ListRetirableGrantsInput{RetiringPrincipal: &ret}).Grants), 0)
	})
	h.as(calltest.Root(stranger), func() {
		h.Fails(aws.AccessDenied, &api.ListRetirableGrantsInput{RetiringPrincipal: &ret})
		h.Fails("InvalidArnException", &api.ListRetirableGrantsInput{RetiringPrincipal: new("x")})
	})
}

func TestCreateGrantRefused(t *testing.T) {
	h := newHouse(t)
	id := new(h.create(&api.CreateKeyInput{}))
	sign := h.specced("ECC_NIST_P256", "SIGN_VERIFY")
	ann := new(userARN(owner, "ann"))
	for _, test := range []struct {
		in   api.CreateGrantInput
		want string
	}{
		{api.CreateGrantInput{KeyId: id, GranteePrincipal: new(userARN(owner, "nobody")), Operations: []string{"Encrypt"}}, "InvalidArnException: ARN does not refer to a valid principal"},
		{api.CreateGrantInput{KeyId: id, GranteePrincipal: new(owner), Operations: []string{"Encrypt"}}, "InvalidArnException: ARN does not refer to a valid principal"},
		{api.CreateGrantInput{KeyId: id, GranteePrincipal: ann, RetiringPrincipal: new("x"), Operations: []string{"Encrypt"}}, "InvalidArnException: ARN does not refer to a valid principal"},
		{api.CreateGrantInput{KeyId: id, GranteePrincipal: ann, Operations: []string{"Sign"}}, "ValidationException"},
		{api.CreateGrantInput{KeyId: id, GranteePrincipal: ann, Operations: []string{"Nothing"}}, "ValidationException"},
		{api.CreateGrantInput{KeyId: id, GranteePrincipal: ann}, "ValidationException"},
		{api.CreateGrantInput{KeyId: sign, GranteePrincipal: ann, Operations: []string{"Encrypt"}}, "ValidationException"},
		{api.CreateGrantInput{KeyId: sign, GranteePrincipal: ann, Operations: []string{"Sign"}, Constraints: &api.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "1"}}}, "ValidationException"},
		{api.CreateGrantInput{KeyId: id, GranteePrincipal: ann, Operations: []string{"Encrypt"}, GrantTokens: []string{"x"}}, "InvalidGrantTokenException"},
		{api.CreateGrantInput{KeyId: id, GranteePrincipal: ann, Operations: []string{"Encrypt"}, DryRun: new(true)}, "DryRunOperationException"},
	} {
		h.Fails(test.want, &test.in)
	}
	h.Equal("grants", len(do[api.ListGrantsOutput](h, &api.ListGrantsInput{KeyId: id}).Grants), 0)
	h.Do(&api.CreateGrantInput{KeyId: sign, GranteePrincipal: ann, Operations: []string{"Sign", "Verify", "GetPublicKey", "DescribeKey", "CreateGrant", "RetireGrant"}})
}

// TestInclude: constraints that include others let pass whatever those do.
func TestInclude(t *testing.T) {
	small := func(m map[bool]bool) map[string]string {
		out := map[string]string{}
		for k, v := range m {
			out[map[bool]string{true: "a", false: "b"}[k]] = map[bool]string{true: "1", false: "2"}[v]
		}
		return out
	}
	law := func(ce, cs, oe, os, context map[bool]bool) bool {
		c, o := Constraints{small(ce), small(cs)}, Constraints{small(oe), small(os)}
		if c.include(o) && o.admit(small(context)) && !c.admit(small(context)) {
			t.Logf("%v includes %v, but not of %v", c, o, small(context))
			return false
		}
		return true
	}
	if err := quick.Check(law, &quick.Config{MaxCount: 20_000}); err != nil {
		t.Error(err)
	}
}

// FuzzConstraints: what is admitted is what the words of the API say.
func FuzzConstraints(f *testing.F) {
	f.Add("a", "1", "b", "2", "a", "1", true)
	f.Add("a", "1", "a", "1", "A", "1", false)
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2, k3, v3 string, equals bool) {
		context, wanted := map[string]string{k1: v1, k2: v2}, map[string]string{k3: v3}
		c := Constraints{Subset: wanted}
		value, there := context[k3]
		want := there && value == v3
		if equals {
			c = Constraints{Equals: wanted}
			want = want && len(context) == 1
		}
		if c.admit(context) != want {
			t.Fatalf("%+v admits %v: %v", c, context, !want)
		}
		if !c.include(c) || !c.include(Constraints{Equals: maps.Clone(wanted)}) || (Constraints{}).include(c) != true {
			t.Fatalf("%+v does not include itself", c)
		}
	})
}
