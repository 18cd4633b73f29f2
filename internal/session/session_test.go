package session

import (
	"encoding/base64"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/seal"
)

func testCodec(t testing.TB, fill byte) *Codec {
	t.Helper()
	master, err := seal.New([]byte(strings.Repeat(string(fill), seal.Size)))
	if err != nil {
		t.Fatal(err)
	}
	return NewCodec(master)
}

func roleSession() Credentials {
	created := time.Date(2026, 1, 31, 2, 0, 0, 0, time.UTC)
	return Credentials{
		Secret: aws.SecretKey(),
		Principal: aws.Principal{
			Type: aws.AssumedRole, Account: "111111111111", ID: "AROAEXAMPLEEXAMPLE123:ops",
			ARN:         "arn:aws:sts::111111111111:assumed-role/OrganizationAccountAccessRole/ops",
			AccessKeyID: NewAccessKeyID(Temporary, "111111111111"),
			Session: &aws.Session{
				IssuerType: aws.RoleIssuer, IssuerID: "AROAEXAMPLEEXAMPLE123", IssuerName: "OrganizationAccountAccessRole",
				IssuerARN: "arn:aws:iam::111111111111:role/OrganizationAccountAccessRole",
				Name:      "ops", Created: created, Expires: created.Add(time.Hour),
			},
		},
	}
}

func TestTokenRoundTrip(t *testing.T) {
	user := roleSession()
	user.IssuedBy = "AKIAEXAMPLEEXAMPLE12"
	user.Principal = aws.Principal{
		Type: aws.IAMUser, Account: "111111111111", ID: "AIDAEXAMPLEEXAMPLE123", UserName: "ada",
		ARN: "arn:aws:iam::111111111111:user/ada", AccessKeyID: "ASIAEXAMPLEEXAMPLE12",
		Session: &aws.Session{IssuerType: aws.IAMUser, IssuerID: "AIDAEXAMPLEEXAMPLE123", Created: time.Unix(1, 0).UTC(), Expires: time.Unix(2, 0).UTC()},
	}
	full := roleSession()
	full.Principal.Session.Policies = []string{`{"Version":"2012-10-17"}`, "arn:aws:iam::aws:policy/ReadOnlyAccess"}
	full.Principal.Session.Tags = map[string]string{"team": "blue", "": "x"}
	full.Principal.Session.TransitiveTags = []string{"team"}
	full.Principal.Session.SourceIdentity = "ada"
	full.Principal.Session.MFA = true
	large := roleSession()
	large.Principal.Session.Policies = []string{strings.Repeat(`{"Action":"s3:GetObject"},`, 300)}

	codec := testCodec(t, 1)
	for name, want := range map[string]Credentials{"role": roleSession(), "user": user, "everything": full, "large": large} {
		token := codec.Token(want)
		got, err := codec.Open(want.Principal.AccessKeyID, token)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: got %+v\nwant %+v", name, *got, want)
		}
		if len(token) > 1024 {
			t.Errorf("%s: %d characters", name, len(token))
		}
	}
}

func TestTokenRefused(t *testing.T) {
	codec, cr := testCodec(t, 1), roleSession()
	token := codec.Token(cr)
	raw, _ := base64.StdEncoding.DecodeString(token)
	flipped := func(i int) string {
		b := append([]byte(nil), raw...)
		b[i] ^= 1
		return base64.StdEncoding.EncodeToString(b)
	}
	sealed := func(body string) string {
		return base64.StdEncoding.EncodeToString(codec.key.Seal([]byte(body), cr.Principal.AccessKeyID))
	}
	for name, c := range map[string]struct{ key, token string }{
		"another access key": {"ASIAEXAMPLEEXAMPLE12", token},
		"a long-term key":    {"AKIA" + cr.Principal.AccessKeyID[4:], token},
		"first byte":         {cr.Principal.AccessKeyID, flipped(0)},
		"last byte":          {cr.Principal.AccessKeyID, flipped(len(raw) - 1)},
		"middle":             {cr.Principal.AccessKeyID, flipped(len(raw) / 2)},
		"cut":                {cr.Principal.AccessKeyID, token[:len(token)-4]},
		"empty":              {cr.Principal.AccessKeyID, ""},
		"no base64":          {cr.Principal.AccessKeyID, "not base64!"},
		"another master key": {cr.Principal.AccessKeyID, testCodec(t, 2).Token(cr)},
		"empty payload":      {cr.Principal.AccessKeyID, sealed("")},
		"unknown form":       {cr.Principal.AccessKeyID, sealed("\x09{}")},
		"no JSON":            {cr.Principal.AccessKeyID, sealed("\x01{")},
		"not deflated":       {cr.Principal.AccessKeyID, sealed("\x02\xff\xff")},
		"a bomb":             {cr.Principal.AccessKeyID, sealed("\x02" + string(deflate(make([]byte, 8<<20))))},
	} {
		if got, err := codec.Open(c.key, c.token); err != ErrInvalid {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestAccessKeyID(t *testing.T) {
	seen := map[string]bool{}
	for _, account := range []string{"000000000000", "000000000001", "123456789012", "999999999999"} {
		for _, prefix := range []string{LongTerm, Temporary} {
			for range 100 {
				id := NewAccessKeyID(prefix, account)
				if len(id) != 20 || !strings.HasPrefix(id, prefix) || seen[id] {
					t.Fatalf("id %s", id)
				}
				seen[id] = true
				if got, ok := AccountOf(id); !ok || got != account {
					t.Fatalf("AccountOf(%s) = %q, %v", id, got, ok)
				}
			}
		}
	}
	for _, id := range []string{"", "AKIA", "AIDAQ3EGRIFGY3AAAAAA", "AKIAIOSFODNN7EXAMPLE", "AKIAQ3EGRIFGY3", "akiaq3egrifgy3aaaaaa", "AKIA////////////////"} {
		if got, ok := AccountOf(id); ok {
			t.Errorf("AccountOf(%q) = %q", id, got)
		}
	}
	// Encoded by AWS itself, as published.
	if got, ok := AccountOf("ASIAQNZGKIQY56JQ7WML"); !ok || got != "029608264753" {
		t.Errorf("a key of AWS: %q, %v", got, ok)
	}
}

func TestPacked(t *testing.T) {
	small := Packed(nil, map[string]string{"a": "b"})
	large := Packed([]string{strings.Repeat("abcdefghij", 200)}, map[string]string{"a": "b"})
	if small <= 0 || large <= small {
		t.Errorf("packed %d and %d bytes", small, large)
	}
	if n := Packed(nil, nil); n != 0 {
		t.Errorf("nothing packs to %d bytes", n)
	}
}

func FuzzOpen(f *testing.F) {
	codec, cr := testCodec(f, 1), roleSession()
	cr.Secret, cr.Principal.AccessKeyID = "secret", "ASIAEXAMPLEEXAMPLE12" // the same in every process
	token := codec.Token(cr)
	f.Add(cr.Principal.AccessKeyID, token)
	f.Add("ASIAEXAMPLEEXAMPLE13", token[:40])
	f.Fuzz(func(t *testing.T, id, token string) {
		got, err := codec.Open(id, token)
		if err == nil && (id != cr.Principal.AccessKeyID || got.Secret != cr.Secret) {
			t.Fatalf("forged: %+v", got)
		}
	})
}

// What is inside the seal was written by us, but a master key may be shared
// with a later version of the program.
func FuzzDecode(f *testing.F) {
	f.Add(byte(plain), []byte(`{"s":"x","c":1}`))
	f.Add(byte(deflated), deflate([]byte(`{"p":["a"]}`)))
	f.Fuzz(func(t *testing.T, form byte, body []byte) {
		decode(form, body) // whatever it is, no panic
	})
}

func FuzzAccountOf(f *testing.F) {
	f.Add("AKIAIOSFODNN7EXAMPLE")
	f.Add(NewAccessKeyID(Temporary, "123456789012"))
	f.Fuzz(func(t *testing.T, id string) {
		if account, ok := AccountOf(id); ok && !aws.IsAccountID(account) {
			t.Fatalf("%q is no account", account)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	codec, cr := testCodec(b, 1), roleSession()
	token := codec.Token(cr)
	for b.Loop() {
		if _, err := codec.Open(cr.Principal.AccessKeyID, token); err != nil {
			b.Fatal(err)
		}
	}
}
