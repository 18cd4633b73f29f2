package kms

import (
	"strings"
	"testing"

	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

func TestAutomaticRotation(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{})
	status := func() *api.GetKeyRotationStatusOutput {
		return do[api.GetKeyRotationStatusOutput](h, &api.GetKeyRotationStatusInput{KeyId: &id})
	}
	h.Equal("off", *status().KeyRotationEnabled, false)
	h.Fails("ValidationException", &api.EnableKeyRotationInput{KeyId: &id, RotationPeriodInDays: new(int32(89))})
	h.Do(&api.EnableKeyRotationInput{KeyId: &id})
	h.Equal("on", []any{*status().KeyRotationEnabled, *status().RotationPeriodInDays, status().NextRotationDate.Equal(h.Clock.Now().Add(365 * day))}, []any{true, int32(365), true})
	h.Do(&api.EnableKeyRotationInput{KeyId: &id, RotationPeriodInDays: new(int32(90))})

	context := map[string]string{"a": "1"}
	var blobs [][]byte
	encrypt := func() {
		blobs = append(blobs, do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &id, Plaintext: []byte("x"), EncryptionContext: context}).CiphertextBlob)
	}
	encrypt()
	before := *h.describe(id).CurrentKeyMaterialId
	h.heard()
	h.pass(90*day - 1)
	h.Equal("too early", h.heard(), "")
	h.pass(1)
	events := h.Emitted()
	e := events[0]
	h.Equal("event", []any{named(events), e.Type, e.Details}, []any{"RotateKey", "AwsServiceEvent", map[string]any{"rotationType": "AUTOMATIC", "keyId": id}})
	after := *h.describe(id).CurrentKeyMaterialId
	if after == before {
		t.Error("no new material")
	}
	h.Equal("next", status().NextRotationDate.Equal(h.Clock.Now().Add(90*day)), true)
	encrypt()
	h.pass(0)
	h.Equal("once", h.heard(), "")

	// Disabled keys wait; what was due meanwhile happens once.
	h.Do(&api.DisableKeyInput{KeyId: &id})
	h.pass(400 * day)
	h.Equal("disabled", h.heard(), "")
	h.Do(&api.EnableKeyInput{KeyId: &id})
	h.pass(0)
	h.Equal("enabled again", h.heard(), "RotateKey")
	h.Do(&api.RotateKeyOnDemandInput{KeyId: &id})
	encrypt()
	for i, blob := range blobs {
		out := do[api.DecryptOutput](h, &api.DecryptInput{CiphertextBlob: blob, EncryptionContext: context})
		h.Equal("plaintext", out.Plaintext, []byte("x"))
		h.Equal("material", *out.KeyMaterialId == before, i == 0)
	}

	list := do[api.ListKeyRotationsOutput](h, &api.ListKeyRotationsInput{KeyId: &id})
	var kinds []string
	for _, r := range list.Rotations {
		kinds = append(kinds, *r.RotationType+" "+*r.KeyMaterialState)
	}
	h.Equal("rotations", strings.Join(kinds, ", "), "AUTOMATIC NON_CURRENT, AUTOMATIC NON_CURRENT, ON_DEMAND CURRENT")
	all := do[api.ListKeyRotationsOutput](h, &api.ListKeyRotationsInput{KeyId: &id, IncludeKeyMaterial: new("ALL_KEY_MATERIAL"), Limit: new(int32(1))})
	h.Equal("first material", []any{*all.Rotations[0].KeyMaterialId, all.Rotations[0].RotationType, *all.Truncated}, []any{before, (*string)(nil), true})
	h.Equal("the others", len(do[api.ListKeyRotationsOutput](h, &api.ListKeyRotationsInput{KeyId: &id, IncludeKeyMaterial: new("ALL_KEY_MATERIAL"), Marker: all.NextMarker}).Rotations), 3)

	// Nothing is rotated that is to be deleted; cancelled, it goes on.
	h.Do(&api.ScheduleKeyDeletionInput{KeyId: &id})
	h.Equal("leaving", *status().KeyRotationEnabled, false)
	h.Do(&api.CancelKeyDeletionInput{KeyId: &id}, &api.EnableKeyInput{KeyId: &id})
	h.Equal("staying", *status().KeyRotationEnabled, true)
	h.Do(&api.DisableKeyRotationInput{KeyId: &id})
	h.heard()
	h.pass(400 * day)
	h.Equal("off again", []any{h.heard(), *status().KeyRotationEnabled, status().NextRotationDate == nil}, []any{"", false, true})
}

func TestRotationRefused(t *testing.T) {
	h := newHouse(t)
	mac := h.specced("HMAC_256", "GENERATE_VERIFY_MAC")
	h.Fails("UnsupportedOperationException", &api.EnableKeyRotationInput{KeyId: mac})
	h.Fails("UnsupportedOperationException", &api.DisableKeyRotationInput{KeyId: mac})
	h.Fails("UnsupportedOperationException", &api.GetKeyRotationStatusInput{KeyId: mac})
	h.Fails("UnsupportedOperationException", &api.RotateKeyOnDemandInput{KeyId: mac})
	h.Fails("UnsupportedOperationException", &api.ListKeyRotationsInput{KeyId: mac})
	id := h.create(&api.CreateKeyInput{})
	for range rotationsPerKey {
		h.Do(&api.RotateKeyOnDemandInput{KeyId: &id})
	}
	h.Fails("LimitExceededException", &api.RotateKeyOnDemandInput{KeyId: &id})
}
