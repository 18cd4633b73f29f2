package kms

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"testing"
	"time"

	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// wrapAES is RFC 5649, written from the RFC beside the code that undoes it.
func wrapAES(t testing.TB, kek, key []byte) []byte {
	block, err := aes.NewCipher(kek)
	if err != nil {
		t.Fatal(err)
	}
	a := make([]byte, 8)
	binary.BigEndian.PutUint32(a, 0xA65959A6)
	binary.BigEndian.PutUint32(a[4:], uint32(len(key)))
	padded := append(bytes.Clone(key), make([]byte, (8-len(key)%8)%8)...)
	if len(padded) == 8 {
		out := append(a, padded...)
		block.Encrypt(out, out)
		return out
	}
	n := len(padded) / 8
	for j := range 6 {
		for i := 1; i <= n; i++ {
			b := append(bytes.Clone(a), padded[(i-1)*8:i*8]...)
			block.Encrypt(b, b)
			binary.BigEndian.PutUint64(a, binary.BigEndian.Uint64(b)^uint64(n*j+i))
			copy(padded[(i-1)*8:], b[8:])
		}
	}
	return append(a, padded...)
}

// TestUnwrapAES: the examples of RFC 5649.
func TestUnwrapAES(t *testing.T) {
	unhex := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	kek := unhex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8")
	for key, wrapped := range map[string]string{
		"c37b7e6492584340bed12207808941155068f738": "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a",
		"466f7250617369": "afbeb0f07dfbf5419200f2ccb50bb24f",
	} {
		got, ok := unwrapAES(kek, unhex(wrapped))
		if !ok || !bytes.Equal(got, unhex(key)) || !bytes.Equal(wrapAES(t, kek, unhex(key)), unhex(wrapped)) {
			t.Errorf("%s: %x %v", wrapped, got, ok)
		}
		for i := range len(wrapped) / 2 {
			if _, ok := unwrapAES(kek, flip(unhex(wrapped), i)); ok {
				t.Errorf("byte %d changed, and unwrapped", i)
			}
		}
	}
}

func FuzzUnwrapAES(f *testing.F) {
	kek := bytes.Repeat([]byte{1}, 32)
	f.Add([]byte("a key of some length"), []byte{})
	f.Add([]byte{1}, make([]byte, 24))
	f.Fuzz(func(t *testing.T, key, wrapped []byte) {
		unwrapAES(kek, wrapped)
		unwrapAES(wrapped, key)
		if len(key) > 0 {
			if got, ok := unwrapAES(kek, wrapAES(t, kek, key)); !ok || !bytes.Equal(got, key) {
				t.Fatalf("%x becomes %x", key, got)
			}
		}
	})
}

// wrapped asks for import parameters and wraps material as a client does.
func (h *house) wrapped(id, algorithm, spec string, material []byte) *api.ImportKeyMaterialInput {
	h.Helper()
	p := do[api.GetParametersForImportOutput](h, &api.GetParametersForImportInput{KeyId: &id, WrappingAlgorithm: &algorithm, WrappingKeySpec: &spec})
	key, err := x509.ParsePKIXPublicKey(p.PublicKey)
	if err != nil {
		h.Fatal(err)
	}
	newHash := map[string]func() hash.Hash{"_1": sha1.New, "56": sha256.New}[algorithm[len(algorithm)-2:]]
	var tail []byte
	if algorithm[:7] == "RSA_AES" {
		kek := random(32)
		tail, material = wrapAES(h.TB, kek, material), kek
	}
	blob, err := rsa.EncryptOAEP(newHash(), rand.Reader, key.(*rsa.PublicKey), material, nil)
	if err != nil {
		h.Fatal(err)
	}
	return &api.ImportKeyMaterialInput{
		KeyId: &id, ImportToken: p.ImportToken, EncryptedKeyMaterial: append(blob, tail...),
		ExpirationModel: new("KEY_MATERIAL_DOES_NOT_EXPIRE"),
	}
}

func (h *house) external(spec, usage string) string {
	h.Helper()
	return h.create(&api.CreateKeyInput{Origin: new("EXTERNAL"), KeySpec: &spec, KeyUsage: &usage})
}

const oaep256 = "RSAES_OAEP_SHA_256"

func TestImport(t *testing.T) {
	h := newHouse(t)
	material := random(32)
	for _, algorithm := range []string{"RSAES_OAEP_SHA_1", oaep256, "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"} {
		id := h.external("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
		h.Equal("state", h.state(id), "PendingImport")
		in := h.wrapped(id, algorithm, "RSA_2048", material)
		out := do[api.ImportKeyMaterialOutput](h, in)
		h.Equal("state", []any{h.state(id), *out.KeyId, *out.KeyMaterialId, *h.describe(id).ExpirationModel}, []any{"Enabled", h.arn(id), *h.describe(id).CurrentKeyMaterialId, "KEY_MATERIAL_DOES_NOT_EXPIRE"})
		k := h.stored(id)
		if secret, err := h.open(k, k.current()); err != nil || !bytes.Equal(secret, material) {
			t.Errorf("%s: another material, %v", algorithm, err)
		}
		in.EncryptedKeyMaterial = flip(in.EncryptedKeyMaterial, len(in.EncryptedKeyMaterial)-1)
		h.Fails("InvalidCiphertextException: ", in)
	}
}

// TestImportAsymmetric: keys that were made elsewhere work here.
func TestImportAsymmetric(t *testing.T) {
	h := newHouse(t)
	rsaOwn, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecOwn, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for spec, own := range map[string]crypto.Signer{"RSA_2048": rsaOwn, "ECC_NIST_P384": ecOwn} {
		der, err := x509.MarshalPKCS8PrivateKey(own)
		if err != nil {
			t.Fatal(err)
		}
		id := h.external(spec, "SIGN_VERIFY")
		h.Do(h.wrapped(id, "RSA_AES_KEY_WRAP_SHA_256", "RSA_3072", der))
		if !own.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(h.public(&id)) {
			t.Errorf("%s: another public key", spec)
		}
		other := h.external(map[string]string{"RSA_2048": "RSA_3072", "ECC_NIST_P384": "ECC_NIST_P256"}[spec], "SIGN_VERIFY")
		h.Fails("IncorrectKeyMaterialException", h.wrapped(other, "RSA_AES_KEY_WRAP_SHA_256", "RSA_2048", der))
	}
	id := h.external("HMAC_384", "GENERATE_VERIFY_MAC")
	h.Fails("IncorrectKeyMaterialException", h.wrapped(id, oaep256, "RSA_2048", make([]byte, 32)))
	secret := random(48)
	h.Do(h.wrapped(id, oaep256, "RSA_2048", secret))
	mac := do[api.GenerateMacOutput](h, &api.GenerateMacInput{KeyId: &id, Message: []byte("m"), MacAlgorithm: new("HMAC_SHA_384")}).Mac
	check := hmac.New(crypto.SHA384.New, secret)
	check.Write([]byte("m"))
	h.Equal("mac", mac, check.Sum(nil))
}

func TestImportRefused(t *testing.T) {
	h := newHouse(t)
	id, own := h.external("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), h.create(&api.CreateKeyInput{})
	origin := "UnsupportedOperationException: " + h.arn(own) + " origin is AWS_KMS which is not valid for this operation."
	h.Fails(origin, &api.GetParametersForImportInput{KeyId: &own, WrappingAlgorithm: new(oaep256), WrappingKeySpec: new("RSA_2048")})
	h.Fails(origin, &api.DeleteImportedKeyMaterialInput{KeyId: &own})
	h.Fails("UnsupportedOperationException", &api.GetParametersForImportInput{KeyId: &id, WrappingAlgorithm: new("RSAES_PKCS1_V1_5"), WrappingKeySpec: new("RSA_2048")})
	h.Fails("UnsupportedOperationException", &api.GetParametersForImportInput{KeyId: &id, WrappingAlgorithm: new(oaep256), WrappingKeySpec: new("SM2")})
	material := random(32)
	for _, test := range []struct {
		name string
		edit func(*api.ImportKeyMaterialInput)
		want string
	}{
		{"token", func(in *api.ImportKeyMaterialInput) { in.ImportToken = flip(in.ImportToken, 40) }, "InvalidImportTokenException"},
		{"token of another key", func(in *api.ImportKeyMaterialInput) {
			in.KeyId = new(h.external("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"))
		}, "InvalidImportTokenException"},
		{"no date", func(in *api.ImportKeyMaterialInput) { in.ExpirationModel = nil }, "ValidationException: A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"},
		{"date", func(in *api.ImportKeyMaterialInput) { in.ValidTo = new(h.Clock.Now().Add(day)) }, "ValidationException"},
		{"past", func(in *api.ImportKeyMaterialInput) { in.ExpirationModel, in.ValidTo = nil, new(h.Clock.Now()) }, "ValidationException"},
		{"far", func(in *api.ImportKeyMaterialInput) {
			in.ExpirationModel, in.ValidTo = nil, new(h.Clock.Now().Add(366*day))
		}, "ValidationException"},
		{"another id", func(in *api.ImportKeyMaterialInput) { in.KeyMaterialId = new(hex.EncodeToString(random(32))) }, "IncorrectKeyMaterialException"},
		{"short", func(in *api.ImportKeyMaterialInput) { in.EncryptedKeyMaterial = []byte("x") }, "InvalidCiphertextException: "},
	} {
		in := h.wrapped(id, oaep256, "RSA_2048", material)
		test.edit(in)
		h.Fails(test.want, in)
	}
	h.Fails("IncorrectKeyMaterialException", h.wrapped(id, oaep256, "RSA_2048", material[1:]))
	in := h.wrapped(id, oaep256, "RSA_2048", material)
	h.Clock.Advance(tokenLife)
	h.Fails("ExpiredImportTokenException", in)
	h.Equal("state", h.state(id), "PendingImport")
}

// TestImportedMaterialComesAndGoes: deletion, expiry, and the same material
// again.
func TestImportedMaterialComesAndGoes(t *testing.T) {
	h := newHouse(t)
	id, material := h.external("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), random(32)
	until := func(d time.Duration) *api.ImportKeyMaterialInput {
		in := h.wrapped(id, oaep256, "RSA_2048", material)
		in.ExpirationModel, in.ValidTo = nil, new(h.Clock.Now().Add(d))
		return in
	}
	h.Do(until(10 * day))
	m := h.describe(id)
	h.Equal("expires", []any{*m.ExpirationModel, m.ValidTo.Equal(h.Clock.Now().Add(10 * day))}, []any{"KEY_MATERIAL_EXPIRES", true})
	blob := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &id, Plaintext: []byte("x")}).CiphertextBlob
	h.heard()
	h.Clock.Advance(10 * day)
	h.Fails("KMSInvalidStateException: "+h.arn(id)+" is pending import.", &api.DecryptInput{CiphertextBlob: blob}) // nobody has looked yet
	h.pass(0)
	events := h.Emitted()
	e := events[0]
	h.Equal("event", []any{named(events), e.Details}, []any{"DeleteExpiredKeyMaterial", map[string]any{"keyId": id, "keyMaterialId": *m.CurrentKeyMaterialId}})
	if k := h.stored(id); len(k.current().Sealed) > 0 {
		t.Error("the material is still stored")
	}
	h.Fails("IncorrectKeyMaterialException", h.wrapped(id, oaep256, "RSA_2048", random(32)))
	h.Do(until(day))
	h.Equal("again", do[api.DecryptOutput](h, &api.DecryptInput{CiphertextBlob: blob}).Plaintext, []byte("x"))
	h.Do(h.wrapped(id, oaep256, "RSA_2048", material)) // and for ever
	h.heard()
	h.pass(5 * day)
	h.Equal("for ever", []any{h.state(id), h.heard()}, []any{"Enabled", ""})

	out := do[api.DeleteImportedKeyMaterialOutput](h, &api.DeleteImportedKeyMaterialInput{KeyId: &id})
	h.Equal("deleted", []any{*out.KeyId, *out.KeyMaterialId, h.state(id)}, []any{h.arn(id), *m.CurrentKeyMaterialId, "PendingImport"})
	h.Do(&api.DeleteImportedKeyMaterialInput{KeyId: &id})
	h.Fails("NotFoundException", &api.DeleteImportedKeyMaterialInput{KeyId: &id, KeyMaterialId: new(hex.EncodeToString(random(32)))})
	h.Do(h.wrapped(id, oaep256, "RSA_2048", material), &api.DecryptInput{CiphertextBlob: blob})
}

// TestRotateImported: a key is rotated to material that was imported for it.
func TestRotateImported(t *testing.T) {
	h := newHouse(t)
	id, first, second := h.external("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), random(32), random(32)
	h.Do(h.wrapped(id, oaep256, "RSA_2048", first))
	blob := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &id, Plaintext: []byte("x")}).CiphertextBlob
	h.Fails("KMSInvalidStateException: "+h.arn(id)+" has no key material pending rotation.", &api.RotateKeyOnDemandInput{KeyId: &id})
	in := h.wrapped(id, oaep256, "RSA_2048", second)
	in.ImportType, in.KeyMaterialDescription = new("NEW_KEY_MATERIAL"), new("the second")
	before := *h.describe(id).CurrentKeyMaterialId
	h.Do(in)
	h.Equal("not yet", *h.describe(id).CurrentKeyMaterialId, before)
	h.Fails("IncorrectKeyMaterialException", in)
	more := h.wrapped(id, oaep256, "RSA_2048", random(32))
	more.ImportType = in.ImportType
	h.Fails("KMSInvalidStateException", more)
	all := do[api.ListKeyRotationsOutput](h, &api.ListKeyRotationsInput{KeyId: &id, IncludeKeyMaterial: new("ALL_KEY_MATERIAL")}).Rotations
	h.Equal("materials", []string{*all[0].KeyMaterialState, *all[0].ImportState, *all[1].KeyMaterialState, *all[1].ImportState, *all[1].KeyMaterialDescription},
		[]string{"CURRENT", "IMPORTED", "PENDING_ROTATION", "IMPORTED", "the second"})
	h.Do(&api.RotateKeyOnDemandInput{KeyId: &id})
	h.Equal("now", *h.describe(id).CurrentKeyMaterialId, *all[1].KeyMaterialId)
	h.Do(&api.DecryptInput{CiphertextBlob: blob})
	h.Do(&api.DeleteImportedKeyMaterialInput{KeyId: &id, KeyMaterialId: &before})
	h.Equal("incomplete", h.state(id), "PendingImport")

	third := h.wrapped(id, oaep256, "RSA_2048", random(32))
	third.ImportType = in.ImportType
	pending := *do[api.ImportKeyMaterialOutput](h, third).KeyMaterialId
	h.Do(&api.DeleteImportedKeyMaterialInput{KeyId: &id, KeyMaterialId: &pending})
	h.Fails("NotFoundException", &api.DeleteImportedKeyMaterialInput{KeyId: &id, KeyMaterialId: &pending})
}
