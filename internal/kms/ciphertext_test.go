package kms

import (
	"bytes"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

func TestEncrypt(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{})
	context := map[string]string{"a": "1", "b": "2"}
	for _, plaintext := range [][]byte{{0}, []byte("secret"), bytes.Repeat([]byte("s"), 4096)} {
		out := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &id, Plaintext: plaintext, EncryptionContext: context})
		h.Equal("answer", []any{*out.KeyId, *out.EncryptionAlgorithm}, []any{h.arn(id), "SYMMETRIC_DEFAULT"})
		if len(plaintext) > 1 && bytes.Contains(out.CiphertextBlob, plaintext) || len(out.CiphertextBlob) > 6144 {
			t.Error("readable, or too long")
		}
		back := do[api.DecryptOutput](h, &api.DecryptInput{CiphertextBlob: out.CiphertextBlob, EncryptionContext: context})
		h.Equal("plaintext", []any{back.Plaintext, *back.KeyId, *back.KeyMaterialId}, []any{plaintext, h.arn(id), *h.describe(id).CurrentKeyMaterialId})
		again := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &id, Plaintext: plaintext, EncryptionContext: context})
		if bytes.Equal(out.CiphertextBlob, again.CiphertextBlob) {
			t.Error("two ciphertexts are equal")
		}
	}
}

// TestTampering: no bit of a blob can be changed, nothing cut off or added,
// and no other context opens it.
func TestTampering(t *testing.T) {
	h := newHouse(t)
	id, other := h.create(&api.CreateKeyInput{}), h.create(&api.CreateKeyInput{})
	context := map[string]string{"a": "1"}
	blob := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &id, Plaintext: []byte("x"), EncryptionContext: context}).CiphertextBlob
	opened := func(blob []byte, context map[string]string) bool {
		_, err := h.Call(&api.DecryptInput{CiphertextBlob: blob, EncryptionContext: context})
		code := aws.CodeOf(err)
		if err != nil && code != "InvalidCiphertextException" && code != aws.AccessDenied {
			t.Fatal(err)
		}
		return err == nil
	}
	if !opened(blob, context) {
		t.Fatal("it does not open at all")
	}
	for i := range blob {
		for bit := range 8 {
			bad := bytes.Clone(blob)
			bad[i] ^= 1 << bit
			if opened(bad, context) {
				t.Fatalf("byte %d bit %d: opened", i, bit)
			}
		}
	}
	for n := 1; n < len(blob); n++ {
		if opened(blob[:n], context) {
			t.Fatalf("cut to %d: opened", n)
		}
	}
	if opened(append(bytes.Clone(blob), 0), context) {
		t.Fatal("longer: opened")
	}
	for _, c := range []map[string]string{nil, {}, {"a": "2"}, {"A": "1"}, {"a": "1", "b": ""}, {"a1": ""}, {"b": "1"}} {
		if opened(blob, c) {
			t.Errorf("opened with %v", c)
		}
	}
	// The blob of one key as that of another: the ARN is authenticated.
	moved := bytes.Replace(blob, []byte(id), []byte(other), 1)
	if opened(moved, context) {
		t.Error("opened by another key")
	}
	h.Fails("IncorrectKeyException", &api.DecryptInput{CiphertextBlob: blob, EncryptionContext: context, KeyId: &other})
	h.Do(&api.DecryptInput{CiphertextBlob: blob, EncryptionContext: context, KeyId: &id})
}

func TestReEncrypt(t *testing.T) {
	h := newHouse(t)
	one, two := h.create(&api.CreateKeyInput{}), h.create(&api.CreateKeyInput{})
	blob := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &one, Plaintext: []byte("x"), EncryptionContext: map[string]string{"a": "1"}}).CiphertextBlob
	in := &api.ReEncryptInput{
		CiphertextBlob: blob, SourceEncryptionContext: map[string]string{"a": "1"},
		DestinationKeyId: &two, DestinationEncryptionContext: map[string]string{"b": "2"},
	}
	out := do[api.ReEncryptOutput](h, in)
	h.Equal("answer", []string{*out.SourceKeyId, *out.KeyId, *out.SourceKeyMaterialId, *out.DestinationKeyMaterialId},
		[]string{h.arn(one), h.arn(two), *h.describe(one).CurrentKeyMaterialId, *h.describe(two).CurrentKeyMaterialId})
	h.Equal("plaintext", do[api.DecryptOutput](h, &api.DecryptInput{CiphertextBlob: out.CiphertextBlob, EncryptionContext: map[string]string{"b": "2"}}).Plaintext, []byte("x"))
	in.SourceEncryptionContext = nil
	h.Fails("InvalidCiphertextException", in)
	in.SourceEncryptionContext, in.SourceKeyId = map[string]string{"a": "1"}, &two
	h.Fails("IncorrectKeyException", in)
	in.SourceKeyId, in.DryRun = &one, new(true)
	h.Fails("DryRunOperationException", in)
}

// TestSealedAtRest: the database knows no material.
func TestSealedAtRest(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{})
	k, _ := keys.Get(h.Store.View(), place(owner, home)+id)
	secret, err := h.open(k, k.current())
	if err != nil || len(secret) != 32 || bytes.Contains(k.current().Sealed, secret) {
		t.Fatal(len(secret), err)
	}
	moved := *k
	moved.ID = strings.Repeat("0", len(id))
	if _, err := h.open(&moved, k.current()); aws.CodeOf(err) != aws.InternalFailure {
		t.Errorf("the material of one key opens for another: %v", err)
	}
}

func FuzzParseCiphertext(f *testing.F) {
	k := &Key{Account: owner, Region: home, ID: "00000000-0000-0000-0000-000000000000"}
	secret := bytes.Repeat([]byte{1}, 32)
	m := &Material{ID: materialID(k, secret)}
	blob, err := encryptWith(k, m, secret, []byte("plain"), map[string]string{"a": "1"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(blob)
	f.Add([]byte{})
	f.Add([]byte{1, 255})
	f.Add(append([]byte{1, 0}, make([]byte, 64)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, ok := parseCiphertext(b)
		if !ok {
			return
		}
		if whole := append(append(bytes.Clone(c.head), c.salt...), c.sealed...); !bytes.Equal(whole, b) {
			t.Fatal("the parts are not the whole")
		}
		c.key(home)
		plaintext, err := c.decryptWith(secret, map[string]string{"a": "1"})
		if err == nil && (string(plaintext) != "plain" || c.arn != k.ARN() || c.material != m.ID) {
			t.Fatalf("forged %q of %s", plaintext, c.arn)
		}
	})
}

// FuzzAuthenticated: no two encryption contexts are the same to a cipher.
func FuzzAuthenticated(f *testing.F) {
	f.Add("a", "1", "b", "2", "a", "1b")
	f.Add("a", "", "", "", "", "a")
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2, k3, v3 string) {
		one, two := map[string]string{k1: v1, k2: v2}, map[string]string{k3: v3}
		same := len(one) == 1 && k1 == k3 && one[k1] == v3
		if bytes.Equal(authenticated(nil, one), authenticated(nil, two)) != same {
			t.Fatalf("%q and %q", one, two)
		}
	})
}
