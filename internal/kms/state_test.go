package kms

import (
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// TestStates: what each operation says of a key in each state.
func TestStates(t *testing.T) {
	h := newHouse(t)
	root := "arn:aws:iam::" + owner + ":root"
	enabled := h.create(&api.CreateKeyInput{})
	blob := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &enabled, Plaintext: []byte("x")}).CiphertextBlob
	disabled := h.create(&api.CreateKeyInput{})
	h.Do(&api.DisableKeyInput{KeyId: &disabled})
	pending := h.create(&api.CreateKeyInput{})
	h.Do(&api.ScheduleKeyDeletionInput{KeyId: &pending})
	waiting := h.create(&api.CreateKeyInput{Origin: new("EXTERNAL")})
	h.Equal("states", []string{h.state(enabled), h.state(disabled), h.state(pending), h.state(waiting)},
		[]string{"Enabled", "Disabled", "PendingDeletion", "PendingImport"})

	is := map[string]string{disabled: "is disabled.", pending: "is pending deletion.", waiting: "is pending import."}
	const (
		isDisabled = "DisabledException"
		invalid    = "KMSInvalidStateException"
	)
	for _, test := range []struct {
		name                        string
		in                          func(id *string) wire.Shape
		disabled, deletion, import_ string // codes; "" succeeds, "-" is not asked
	}{
		{"Encrypt", func(id *string) wire.Shape { return &api.EncryptInput{KeyId: id, Plaintext: []byte("x")} }, isDisabled, invalid, invalid},
		{"Decrypt", func(id *string) wire.Shape {
			return &api.DecryptInput{KeyId: id, CiphertextBlob: []byte("x"), DryRun: new(true)}
		}, isDisabled, invalid, invalid},
		{"ReEncrypt", func(id *string) wire.Shape { return &api.ReEncryptInput{CiphertextBlob: blob, DestinationKeyId: id} }, isDisabled, invalid, invalid},
		{"GenerateDataKey", func(id *string) wire.Shape {
			return &api.GenerateDataKeyInput{KeyId: id, KeySpec: new("AES_256")}
		}, isDisabled, invalid, invalid},
		{"GenerateDataKeyPair", func(id *string) wire.Shape {
			return &api.GenerateDataKeyPairInput{KeyId: id, KeyPairSpec: new("ECC_NIST_P256")}
		}, isDisabled, invalid, invalid},
		{"CreateGrant", func(id *string) wire.Shape {
			return &api.CreateGrantInput{KeyId: id, GranteePrincipal: &root, Operations: []string{"Encrypt"}}
		}, isDisabled, invalid, invalid},
		{"EnableKeyRotation", func(id *string) wire.Shape { return &api.EnableKeyRotationInput{KeyId: id} }, isDisabled, invalid, "UnsupportedOperationException"},
		{"DisableKeyRotation", func(id *string) wire.Shape { return &api.DisableKeyRotationInput{KeyId: id} }, isDisabled, invalid, "UnsupportedOperationException"},
		{"RotateKeyOnDemand", func(id *string) wire.Shape { return &api.RotateKeyOnDemandInput{KeyId: id} }, isDisabled, invalid, invalid},
		{"TagResource", func(id *string) wire.Shape {
			return &api.TagResourceInput{KeyId: id, Tags: []api.Tag{{TagKey: new("k"), TagValue: new("v")}}}
		}, "", invalid, ""},
		{"UntagResource", func(id *string) wire.Shape { return &api.UntagResourceInput{KeyId: id, TagKeys: []string{"k"}} }, "", invalid, ""},
		{"UpdateKeyDescription", func(id *string) wire.Shape {
			return &api.UpdateKeyDescriptionInput{KeyId: id, Description: new("x")}
		}, "", invalid, ""},
		{"CreateAlias", func(id *string) wire.Shape {
			return &api.CreateAliasInput{AliasName: new("alias/" + *id), TargetKeyId: id}
		}, "", invalid, ""},
		{"GetKeyPolicy", func(id *string) wire.Shape { return &api.GetKeyPolicyInput{KeyId: id} }, "", "", ""},
		{"PutKeyPolicy", func(id *string) wire.Shape {
			return &api.PutKeyPolicyInput{KeyId: id, Policy: new(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}}`)}
		}, "", "", ""},
		{"GetKeyRotationStatus", func(id *string) wire.Shape { return &api.GetKeyRotationStatusInput{KeyId: id} }, "", "", ""},
		{"ListGrants", func(id *string) wire.Shape { return &api.ListGrantsInput{KeyId: id} }, "", "", ""},
		{"CancelKeyDeletion", func(id *string) wire.Shape { return &api.CancelKeyDeletionInput{KeyId: id} }, invalid, "-", invalid},
		{"ScheduleKeyDeletion", func(id *string) wire.Shape { return &api.ScheduleKeyDeletionInput{KeyId: id} }, "-", invalid, "-"},
		{"EnableKey", func(id *string) wire.Shape { return &api.EnableKeyInput{KeyId: id} }, "-", invalid, invalid},
		{"DisableKey", func(id *string) wire.Shape { return &api.DisableKeyInput{KeyId: id} }, "", invalid, invalid},
	} {
		for id, want := range map[string]string{disabled: test.disabled, pending: test.deletion, waiting: test.import_} {
			if want == "-" {
				continue
			}
			switch _, err := h.Call(test.in(&id)); {
			case want == "" && err != nil:
				t.Errorf("%s of a key that %s: %v", test.name, is[id], err)
			case want == "UnsupportedOperationException", want == invalid && test.name == "CancelKeyDeletion":
				if err == nil || !strings.HasPrefix(err.Error(), want) {
					t.Errorf("%s of a key that %s: %v", test.name, is[id], err)
				}
			case want != "" && (err == nil || err.Error() != want+": "+h.arn(id)+" "+is[id]):
				t.Errorf("%s of a key that %s: %v", test.name, is[id], err)
			}
		}
	}
}

func TestDeletion(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{})
	h.Do(&api.CreateAliasInput{AliasName: new("alias/x"), TargetKeyId: &id},
		&api.CreateGrantInput{KeyId: &id, GranteePrincipal: new(userARN(owner, "u")), RetiringPrincipal: new(userARN(owner, "u")), Operations: []string{"Encrypt"}})
	blob := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &id, Plaintext: []byte("x")}).CiphertextBlob
	for _, days := range []int32{1, 6, 31} {
		h.Fails("ValidationException: PendingWindowInDays must be between 7 and 30 (inclusive)", &api.ScheduleKeyDeletionInput{KeyId: &id, PendingWindowInDays: &days})
	}
	out := do[api.ScheduleKeyDeletionOutput](h, &api.ScheduleKeyDeletionInput{KeyId: &id, PendingWindowInDays: new(int32(7))})
	h.Equal("answer", []any{*out.KeyId, out.DeletionDate.Equal(h.Clock.Now().Add(7 * day)), *out.KeyState, *out.PendingWindowInDays}, []any{h.arn(id), true, "PendingDeletion", int32(7)})
	h.Equal("enabled", *h.describe(id).Enabled, false)
	h.pass(7*day - 1)
	h.Equal("state", h.state(id), "PendingDeletion")

	h.Equal("cancelled", *do[api.CancelKeyDeletionOutput](h, &api.CancelKeyDeletionInput{KeyId: &id}).KeyId, h.arn(id))
	h.Equal("state", h.state(id), "Disabled")
	h.Fails("KMSInvalidStateException: "+h.arn(id)+" is not pending deletion.", &api.CancelKeyDeletionInput{KeyId: &id})
	h.pass(60 * day)
	h.Do(&api.EnableKeyInput{KeyId: &id}, &api.DecryptInput{CiphertextBlob: blob})

	h.Do(&api.ScheduleKeyDeletionInput{KeyId: &id})
	h.Clock.Advance(30 * day)
	h.Fails("KMSInvalidStateException", &api.CancelKeyDeletionInput{KeyId: &id}) // nobody has looked yet
	h.heard()
	h.pass(0)
	events := h.Emitted()
	e := events[0]
	h.Equal("event", []any{named(events), e.Type, e.InvokedBy, e.Account, e.Region, e.Details, e.Resources[0].ARN},
		[]any{"DeleteKey", "AwsServiceEvent", "AWS Internal", owner, home, map[string]any{"keyId": id}, h.arn(id)})
	h.Fails("NotFoundException: Key '"+h.arn(id)+"' does not exist", &api.DescribeKeyInput{KeyId: &id})
	h.Fails("NotFoundException", &api.DescribeKeyInput{KeyId: new("alias/x")})
	h.Fails("AccessDenied: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.", &api.DecryptInput{CiphertextBlob: blob})
	h.Equal("grants", len(do[api.ListRetirableGrantsOutput](h, &api.ListRetirableGrantsInput{RetiringPrincipal: new(userARN(owner, "u"))}).Grants), 0)
	h.pass(day)
	h.Equal("twice", h.heard(), "")
}
