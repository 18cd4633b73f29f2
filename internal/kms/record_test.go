package kms

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// TestRecords: what records say of the requests and, where operations set it,
// of the answers.
func TestRecords(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{})
	sign, mac := h.specced("ECC_NIST_P256", "SIGN_VERIFY"), h.specced("HMAC_256", "GENERATE_VERIFY_MAC")
	ext := h.external("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
	secret := []byte("a secret of some length")
	context := map[string]string{"b": "2", "a": "1"}
	blob := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &id, Plaintext: secret, EncryptionContext: context}).CiphertextBlob
	imported := h.wrapped(ext, oaep256, "RSA_2048", random(32))
	imported.ExpirationModel, imported.ValidTo = new("KEY_MATERIAL_EXPIRES"), new(h.Clock.Now().Add(day))
	ann := userARN(owner, "ann")
	token := do[api.CreateGrantOutput](h, &api.CreateGrantInput{KeyId: &id, GranteePrincipal: &ann, Operations: []string{"Encrypt"}}).GrantToken
	none := "null"
	answer := `{"keyId":"` + h.arn(id) + `"}`
	for _, test := range []struct {
		in                wire.Shape
		request, response string // "" is not looked at
	}{
		{&api.EncryptInput{KeyId: &id, Plaintext: secret, EncryptionContext: context, GrantTokens: []string{*token}}, `{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"a":"1","b":"2"},"keyId":"` + id + `"}`, none},
		{&api.DecryptInput{CiphertextBlob: blob, EncryptionContext: context}, `{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"a":"1","b":"2"}}`, none},
		{&api.ReEncryptInput{CiphertextBlob: blob, SourceEncryptionContext: context, DestinationKeyId: &id}, `{"destinationEncryptionAlgorithm":"SYMMETRIC_DEFAULT","destinationKeyId":"` + id + `","sourceEncryptionAlgorithm":"SYMMETRIC_DEFAULT","sourceEncryptionContext":{"a":"1","b":"2"}}`, none},
		{&api.GenerateDataKeyInput{KeyId: &id, KeySpec: new("AES_256"), EncryptionContext: context}, `{"encryptionContext":{"a":"1","b":"2"},"keyId":"` + id + `","keySpec":"AES_256"}`, none},
		{&api.GenerateDataKeyPairInput{KeyId: &id, KeyPairSpec: new("ECC_NIST_P256")}, `{"keyId":"` + id + `","keyPairSpec":"ECC_NIST_P256"}`, none},
		{&api.GenerateRandomInput{NumberOfBytes: new(int32(1))}, `{"numberOfBytes":1}`, none},
		{&api.SignInput{KeyId: sign, Message: secret, SigningAlgorithm: new("ECDSA_SHA_256")}, `{"keyId":"` + *sign + `","messageType":"RAW","signingAlgorithm":"ECDSA_SHA_256"}`, none},
		{&api.GenerateMacInput{KeyId: mac, Message: secret, MacAlgorithm: new("HMAC_SHA_256")}, `{"keyId":"` + *mac + `","macAlgorithm":"HMAC_SHA_256"}`, none},
		{&api.ListKeysInput{}, none, none},
		{&api.CreateKeyInput{}, `{"bypassPolicyLockoutSafetyCheck":false,"description":"","keySpec":"SYMMETRIC_DEFAULT","keyUsage":"ENCRYPT_DECRYPT","multiRegion":false,"origin":"AWS_KMS"}`, none},
		{&api.CreateAliasInput{AliasName: new("alias/a"), TargetKeyId: &id}, `{"aliasName":"alias/a","targetKeyId":"` + id + `"}`, answer},
		{&api.DeleteAliasInput{AliasName: new("alias/a")}, `{"aliasName":"alias/a"}`, answer},
		{&api.TagResourceInput{KeyId: &id, Tags: []api.Tag{{TagKey: new("k"), TagValue: new("v")}}}, `{"keyId":"` + id + `","tags":[{"tagKey":"k","tagValue":"v"}]}`, answer},
		{&api.DisableKeyInput{KeyId: &id}, `{"keyId":"` + id + `"}`, answer},
		{&api.EnableKeyInput{KeyId: &id}, `{"keyId":"` + id + `"}`, answer},
		{&api.PutKeyPolicyInput{KeyId: &id, Policy: new(strings.Replace(defaultPolicy, "ACCOUNT", owner, 1))}, "", answer},
		{&api.RetireGrantInput{GrantToken: token}, none, answer},
		{imported, `{"expirationModel":"KEY_MATERIAL_EXPIRES","keyId":"` + ext + `","validTo":"Feb 1, 2026 2:00:00 AM"}`, ""},
	} {
		out, err := h.Call(test.in)
		if err != nil {
			t.Fatalf("%s: %v", test.in.Describe().Name, err)
		}
		request, response := h.recorded(test.in)
		name := test.in.Describe().Name
		if test.request != "" {
			h.Equal(name, request, test.request)
		}
		if test.response != "" {
			h.Equal(name+" response", response, test.response)
		}
		h.silent(name, request+response, test.in, out)
		if name != "GenerateRandomInput" && name != "ListKeysInput" && (len(h.Last().Resources) == 0 || h.Last().Resources[0].Account != owner) {
			t.Errorf("%s: resources %v", name, h.Last().Resources)
		}
	}
	in := &api.CreateGrantInput{KeyId: &id, GranteePrincipal: &ann, Operations: []string{"Encrypt"}, Constraints: &api.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "1"}}}
	out := do[api.CreateGrantOutput](h, in)
	request, response := h.recorded(in)
	h.Equal("CreateGrant", request, `{"constraints":{"encryptionContextSubset":{"a":"1"}},"granteePrincipal":"`+ann+`","keyId":"`+id+`","operations":["Encrypt"]}`)
	h.Equal("CreateGrant", response, `{"grantId":"`+*out.GrantId+`","keyId":"`+h.arn(id)+`"}`)

	material := *h.describe(id).CurrentKeyMaterialId
	h.Do(&api.DecryptInput{CiphertextBlob: blob, EncryptionContext: context})
	h.Equal("resources", h.Last().Resources, []call.Resource{{Account: owner, Type: "AWS::KMS::Key", ARN: h.arn(id)}})
	h.Equal("material", h.Last().Additional, map[string]any{"keyMaterialId": material})
}

// silent checks that a record holds none of the bytes of a call, nor its
// tokens.
func (h *house) silent(name, record string, shapes ...any) {
	h.Helper()
	for _, s := range shapes {
		wire.Encode(&bytesOf{func(b []byte) {
			if text := base64.StdEncoding.EncodeToString(b); len(b) > 8 && (strings.Contains(record, text) || bytes.Contains([]byte(record), b)) {
				h.Errorf("%s: the record has bytes of the call", name)
			}
		}, wire.NewJSONEncoder(nil)}, s.(wire.Shape))
	}
}

// bytesOf sees the blobs of a shape.
type bytesOf struct {
	seen func([]byte)
	*wire.JSONEncoder
}

func (b *bytesOf) Blob(t *wire.Type, v []byte) { b.seen(v); b.JSONEncoder.Blob(t, v) }

// TestRefusedRecords: a refused call tells what it was about, and an owner
// abroad hears nothing of it.
func TestRefusedRecords(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{})
	arn := h.arn(id)
	in := &api.EncryptInput{KeyId: &arn, Plaintext: []byte("a secret of some length")}
	h.as(calltest.User(stranger, "bob"), func() { h.Fails("AccessDenied", in) })
	request, _ := h.recorded(in)
	h.Equal("request", request, `{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","keyId":"`+arn+`"}`)
	h.Equal("resources", h.Last().Resources, []call.Resource{{Account: owner, Type: "AWS::KMS::Key", ARN: arn}})
	h.Equal("owners", h.Last().Owners, []string(nil))
}
