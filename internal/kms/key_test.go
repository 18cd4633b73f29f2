package kms

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

func TestCreateKey(t *testing.T) {
	h := newHouse(t)
	for _, test := range []struct {
		spec, usage string
		algorithms  func(*api.KeyMetadata) []string
		want        string
	}{
		{"", "", encryptionOf, "SYMMETRIC_DEFAULT"},
		{"SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", encryptionOf, "SYMMETRIC_DEFAULT"},
		{"RSA_2048", "ENCRYPT_DECRYPT", encryptionOf, "RSAES_OAEP_SHA_1 RSAES_OAEP_SHA_256"},
		{"RSA_3072", "SIGN_VERIFY", signingOf, "RSASSA_PKCS1_V1_5_SHA_256 RSASSA_PKCS1_V1_5_SHA_384 RSASSA_PKCS1_V1_5_SHA_512 RSASSA_PSS_SHA_256 RSASSA_PSS_SHA_384 RSASSA_PSS_SHA_512"},
		{"ECC_NIST_P256", "SIGN_VERIFY", signingOf, "ECDSA_SHA_256"},
		{"ECC_NIST_P384", "SIGN_VERIFY", signingOf, "ECDSA_SHA_384"},
		{"ECC_NIST_P521", "SIGN_VERIFY", signingOf, "ECDSA_SHA_512"},
		{"ECC_NIST_P521", "KEY_AGREEMENT", func(m *api.KeyMetadata) []string { return m.KeyAgreementAlgorithms }, "ECDH"},
		{"ECC_NIST_EDWARDS25519", "SIGN_VERIFY", signingOf, "ED25519_SHA_512 ED25519_PH_SHA_512"},
		{"HMAC_224", "GENERATE_VERIFY_MAC", macOf, "HMAC_SHA_224"},
		{"HMAC_512", "GENERATE_VERIFY_MAC", macOf, "HMAC_SHA_512"},
	} {
		in := &api.CreateKeyInput{Description: new("d")}
		if test.spec != "" {
			in.KeySpec, in.KeyUsage = &test.spec, &test.usage
		}
		m := h.describe(h.create(in))
		spec := test.spec
		if spec == "" {
			spec = "SYMMETRIC_DEFAULT"
		}
		h.Equal(test.spec+" algorithms", strings.Join(test.algorithms(m), " "), test.want)
		h.Equal("metadata", []any{*m.KeySpec, *m.CustomerMasterKeySpec, *m.KeyState, *m.Enabled, *m.Origin, *m.KeyManager, *m.Description, *m.MultiRegion, *m.AWSAccountId, m.CreationDate.Equal(h.Clock.Now())},
			[]any{spec, spec, "Enabled", true, "AWS_KMS", "CUSTOMER", "d", false, owner, true})
		if (m.CurrentKeyMaterialId != nil) != (spec == "SYMMETRIC_DEFAULT") {
			t.Errorf("%s: current material %v", test.spec, m.CurrentKeyMaterialId)
		}
	}
}

func encryptionOf(m *api.KeyMetadata) []string { return m.EncryptionAlgorithms }
func signingOf(m *api.KeyMetadata) []string    { return m.SigningAlgorithms }
func macOf(m *api.KeyMetadata) []string        { return m.MacAlgorithms }

func TestCreateKeyRefused(t *testing.T) {
	h := newHouse(t)
	many := make([]api.Tag, 51)
	for i := range many {
		many[i] = api.Tag{TagKey: new(fmt.Sprint("k", i)), TagValue: new("")}
	}
	for _, test := range []struct {
		in   api.CreateKeyInput
		want string
	}{
		{api.CreateKeyInput{KeySpec: new("ECC_SECG_P256K1"), KeyUsage: new("SIGN_VERIFY")}, "UnsupportedOperationException: KeySpec ECC_SECG_P256K1 is not supported in this Region."},
		{api.CreateKeyInput{KeySpec: new("SM2"), KeyUsage: new("SIGN_VERIFY")}, "UnsupportedOperationException: KeySpec SM2 is not supported in this Region."},
		{api.CreateKeyInput{KeySpec: new("ML_DSA_65"), KeyUsage: new("SIGN_VERIFY")}, "UnsupportedOperationException: KeySpec ML_DSA_65 is not supported in this Region."},
		{api.CreateKeyInput{KeySpec: new("RSA_1024")}, "ValidationException"},
		{api.CreateKeyInput{KeySpec: new("RSA_2048")}, "ValidationException: You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."},
		{api.CreateKeyInput{KeySpec: new("HMAC_256"), KeyUsage: new("ENCRYPT_DECRYPT")}, "ValidationException: KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec HMAC_256"},
		{api.CreateKeyInput{KeyUsage: new("SIGN_VERIFY")}, "ValidationException: KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT"},
		{api.CreateKeyInput{KeySpec: new("RSA_2048"), CustomerMasterKeySpec: new("RSA_2048")}, "ValidationException: You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated."},
		{api.CreateKeyInput{Origin: new("AWS_CLOUDHSM"), CustomKeyStoreId: new("cks-1")}, "CustomKeyStoreNotFoundException"},
		{api.CreateKeyInput{Origin: new("EXTERNAL_KEY_STORE")}, "UnsupportedOperationException"},
		{api.CreateKeyInput{XksKeyId: new("x")}, "ValidationException"},
		{api.CreateKeyInput{Tags: []api.Tag{{TagKey: new("aws:x"), TagValue: new("")}}}, "TagException"},
		{api.CreateKeyInput{Tags: []api.Tag{{TagKey: new("a"), TagValue: new("")}, {TagKey: new("a"), TagValue: new("")}}}, "TagException"},
		{api.CreateKeyInput{Tags: many}, "LimitExceededException"},
		{api.CreateKeyInput{Policy: new("{")}, "MalformedPolicyDocumentException"},
	} {
		h.Fails(test.want, &test.in)
	}
	h.Equal("keys", len(do[api.ListKeysOutput](h, &api.ListKeysInput{}).Keys), 0)
}

// TestNames: the ways in which a key can be named, and which operations take
// which.
func TestNames(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{})
	h.Do(&api.CreateAliasInput{AliasName: new("alias/a"), TargetKeyId: new(h.arn(id))})
	alias := aliasARN(owner, home, "alias/a")
	for _, name := range []string{id, h.arn(id), "alias/a", alias} {
		h.Equal(name, *h.describe(name).KeyId, id)
		if strings.Contains(name, "alias/") {
			h.Fails("NotFoundException: Invalid keyId '"+name+"'", &api.DisableKeyInput{KeyId: &name})
		} else {
			h.Do(&api.EnableKeyInput{KeyId: &name})
		}
	}
	none := "00000000-0000-0000-0000-000000000000"
	for name, want := range map[string]string{
		none:                                   "NotFoundException: Key '" + h.arn(none) + "' does not exist",
		h.arn(none):                            "NotFoundException: Key '" + h.arn(none) + "' does not exist",
		"alias/b":                              "NotFoundException: Alias " + aliasARN(owner, home, "alias/b") + " is not found.",
		aliasARN(stranger, home, "alias/a"):    "NotFoundException: Alias " + aliasARN(stranger, home, "alias/a") + " is not found.",
		"key/" + id:                            "NotFoundException: Invalid keyId 'key/" + id + "'",
		"x":                                    "NotFoundException: Invalid keyId 'x'",
		"arn:aws:s3:::bucket-of-somebody":      "InvalidArnException: Invalid arn arn:aws:s3:::bucket-of-somebody",
		"arn:aws:kms:us-east-2:1:key/" + id:    "InvalidArnException: Invalid arn arn:aws:kms:us-east-2:1:key/" + id,
		keyARN(owner, home, "x/"):              "NotFoundException: Invalid keyId 'x/'",
		"arn:aws:kms:us-east-2:" + owner + ":": "InvalidArnException: Invalid arn arn:aws:kms:us-east-2:" + owner + ":",
		keyARN(owner, abroad, id):              "NotFoundException: Invalid arn eu-west-1",
		strings.Repeat("a", 3000):              "ValidationException",
	} {
		h.Fails(want, &api.DescribeKeyInput{KeyId: &name})
	}
	h.in(abroad, func() { h.Fails("NotFoundException", &api.DescribeKeyInput{KeyId: &id}) })
}

func TestListsInPages(t *testing.T) {
	h := newHouse(t)
	var ids []string
	for range 5 {
		ids = append(ids, h.create(&api.CreateKeyInput{}))
	}
	slices.Sort(ids)
	h.in(abroad, func() { h.create(&api.CreateKeyInput{}) })
	h.as(calltest.Root(stranger), func() { h.create(&api.CreateKeyInput{}) })
	var got []string
	for marker := (*string)(nil); ; {
		out := do[api.ListKeysOutput](h, &api.ListKeysInput{Limit: new(int32(2)), Marker: marker})
		for _, k := range out.Keys {
			got = append(got, *k.KeyId)
			h.Equal("ARN", *k.KeyArn, h.arn(*k.KeyId))
		}
		if marker = out.NextMarker; marker == nil {
			h.Equal("truncated", *out.Truncated, false)
			break
		}
		h.Equal("truncated", *out.Truncated, true)
	}
	h.Equal("keys", got, ids)
	for _, in := range []wire.Shape{
		&api.ListKeysInput{Marker: new("!")}, &api.ListAliasesInput{Marker: new("!")},
		&api.ListGrantsInput{KeyId: &ids[0], Marker: new("!")}, &api.ListResourceTagsInput{KeyId: &ids[0], Marker: new("!")},
		&api.ListKeyPoliciesInput{KeyId: &ids[0], Marker: new("!")}, &api.ListKeyRotationsInput{KeyId: &ids[0], Marker: new("!")},
		&api.ListRetirableGrantsInput{RetiringPrincipal: new(aws.RootARN(owner)), Marker: new("!")},
	} {
		h.Fails("InvalidMarkerException", in)
	}
	h.Fails("ValidationException", &api.ListKeysInput{Limit: new(int32(0))})
	h.Equal("policies", do[api.ListKeyPoliciesOutput](h, &api.ListKeyPoliciesInput{KeyId: &ids[0]}).PolicyNames, []string{"default"})
}

func TestTags(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{Tags: []api.Tag{{TagKey: new("b"), TagValue: new("1")}}})
	h.Do(&api.TagResourceInput{KeyId: &id, Tags: []api.Tag{{TagKey: new("a"), TagValue: new("2")}, {TagKey: new("B"), TagValue: new("3")}, {TagKey: new("b"), TagValue: new("4")}}},
		&api.UntagResourceInput{KeyId: &id, TagKeys: []string{"B", "none"}})
	out := do[api.ListResourceTagsOutput](h, &api.ListResourceTagsInput{KeyId: &id, Limit: new(int32(1))})
	h.Equal("tag", []string{*out.Tags[0].TagKey, *out.Tags[0].TagValue}, []string{"a", "2"})
	out = do[api.ListResourceTagsOutput](h, &api.ListResourceTagsInput{KeyId: &id, Marker: out.NextMarker})
	h.Equal("tag", []string{*out.Tags[0].TagKey, *out.Tags[0].TagValue}, []string{"b", "4"})
	h.Fails("TagException", &api.TagResourceInput{KeyId: &id, Tags: []api.Tag{{TagKey: new("AWS:x"), TagValue: new("")}}})
}

func TestAliases(t *testing.T) {
	h := newHouse(t)
	one, two := h.create(&api.CreateKeyInput{}), h.create(&api.CreateKeyInput{})
	other := h.specced("HMAC_256", "GENERATE_VERIFY_MAC")
	h.Do(&api.CreateAliasInput{AliasName: new("alias/x"), TargetKeyId: &one})
	created := h.Clock.Now()
	h.Clock.Advance(day)
	h.Do(&api.UpdateAliasInput{AliasName: new("alias/x"), TargetKeyId: &two})
	out := do[api.ListAliasesOutput](h, &api.ListAliasesInput{})
	h.Equal("aliases", len(out.Aliases), 1)
	a := out.Aliases[0]
	h.Equal("alias", []any{*a.AliasName, *a.AliasArn, *a.TargetKeyId, a.CreationDate.Equal(created), a.LastUpdatedDate.Equal(h.Clock.Now())},
		[]any{"alias/x", aliasARN(owner, home, "alias/x"), two, true, true})
	h.Equal("of one", len(do[api.ListAliasesOutput](h, &api.ListAliasesInput{KeyId: &one}).Aliases), 0)
	h.Equal("of two", len(do[api.ListAliasesOutput](h, &api.ListAliasesInput{KeyId: &two}).Aliases), 1)
	for _, test := range []struct {
		in   wire.Shape
		want string
	}{
		{&api.CreateAliasInput{AliasName: new("alias/x"), TargetKeyId: &one}, "AlreadyExistsException: An alias with the name " + *a.AliasArn + " already exists"},
		{&api.CreateAliasInput{AliasName: new("x"), TargetKeyId: &one}, "ValidationException: Invalid identifier"},
		{&api.CreateAliasInput{AliasName: new("alias/"), TargetKeyId: &one}, "ValidationException: Invalid identifier"},
		{&api.CreateAliasInput{AliasName: new("alias/a:b"), TargetKeyId: &one}, "ValidationException: alias/a:b contains invalid characters for an alias"},
		{&api.CreateAliasInput{AliasName: new("alias/a b"), TargetKeyId: &one}, "ValidationException"},
		{&api.CreateAliasInput{AliasName: new("alias/aws/s3"), TargetKeyId: &one}, "NotAuthorizedException"},
		{&api.DeleteAliasInput{AliasName: new("alias/aws/s3")}, "NotAuthorizedException"},
		{&api.CreateAliasInput{AliasName: new("alias/y"), TargetKeyId: new("alias/x")}, "ValidationException: Aliases must refer to keys. Not aliases"},
		{&api.CreateAliasInput{AliasName: new("alias/y"), TargetKeyId: a.AliasArn}, "ValidationException: Aliases must refer to keys. Not aliases"},
		{&api.UpdateAliasInput{AliasName: new("alias/y"), TargetKeyId: &one}, "NotFoundException: Alias " + aliasARN(owner, home, "alias/y") + " is not found."},
		{&api.UpdateAliasInput{AliasName: new("alias/x"), TargetKeyId: other}, "ValidationException"},
		{&api.DeleteAliasInput{AliasName: new("alias/y")}, "NotFoundException"},
		{&api.CreateAliasInput{AliasName: new("alias/z"), TargetKeyId: new(keyARN(stranger, home, one))}, "AccessDenied"},
	} {
		h.Fails(test.want, test.in)
	}
	for i := range aliasesPerKey {
		h.Do(&api.CreateAliasInput{AliasName: new(fmt.Sprint("alias/n", i)), TargetKeyId: &one})
	}
	h.Fails("LimitExceededException", &api.CreateAliasInput{AliasName: new("alias/more"), TargetKeyId: &one})
	h.Do(&api.DeleteAliasInput{AliasName: new("alias/x")})
	h.Fails("NotFoundException", &api.DescribeKeyInput{KeyId: new("alias/x")})
}

// TestPrivateKeysAreMadeBeforehand: a transaction that needs a private key is
// given up for it. What it takes to make one keeps nobody else waiting.
func TestPrivateKeysAreMadeBeforehand(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		spec, usage string
		runs        int
	}{
		{symmetricDefault, encryptDecrypt, 1},
		{api.KeySpecHmac256, generateMac, 1},
		{api.KeySpecEccNistP256, signVerify, 2},
		{api.KeySpecRsa2048, encryptDecrypt, 2},
		{api.KeySpecRsa2048, encryptDecrypt, 2}, // not the first one alone
	} {
		h.Runs = 0
		h.Do(&api.CreateKeyInput{KeySpec: &c.spec, KeyUsage: &c.usage})
		if h.Runs != c.runs {
			t.Errorf("%s: %d runs of the transaction, want %d", c.spec, h.Runs, c.runs)
		}
	}
	h.Runs = 0
	h.Fails("MalformedPolicyDocumentException", &api.CreateKeyInput{KeySpec: new(api.KeySpecRsa4096), KeyUsage: new(signVerify), Policy: new("{}")})
	if h.Runs != 1 {
		t.Errorf("%d runs for a key that nobody gets", h.Runs)
	}
}
