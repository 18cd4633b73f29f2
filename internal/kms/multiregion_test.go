package kms

import (
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

func TestMultiRegion(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{MultiRegion: new(true), Description: new("p")})
	if id[:4] != "mrk-" || len(id) != 36 {
		t.Fatal(id)
	}
	blob := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &id, Plaintext: []byte("x")}).CiphertextBlob
	h.heard()
	out := do[api.ReplicateKeyOutput](h, &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad), Description: new("r"), Tags: []api.Tag{{TagKey: new("k"), TagValue: new("v")}}})
	m := out.ReplicaKeyMetadata
	h.Equal("replica", []any{*m.Arn, *m.KeyId, *m.Description, *m.KeyState, *m.MultiRegionConfiguration.MultiRegionKeyType, *m.MultiRegionConfiguration.PrimaryKey.Arn, *m.MultiRegionConfiguration.ReplicaKeys[0].Region, *out.ReplicaTags[0].TagKey, *m.CurrentKeyMaterialId},
		[]any{keyARN(owner, abroad, id), id, "r", "Enabled", "REPLICA", h.arn(id), abroad, "k", *h.describe(id).CurrentKeyMaterialId})
	events := h.Emitted()
	e := events[0]
	h.Equal("event", []any{e.Region, named(events)}, []any{abroad, "CreateKey"})
	h.Equal("primary", []any{*h.describe(id).MultiRegionConfiguration.MultiRegionKeyType, len(h.describe(id).MultiRegionConfiguration.ReplicaKeys)}, []any{"PRIMARY", 1})

	// Each opens what the other has closed, in its own region.
	h.in(abroad, func() {
		back := do[api.DecryptOutput](h, &api.DecryptInput{CiphertextBlob: blob})
		h.Equal("abroad", []any{string(back.Plaintext), *back.KeyId}, []any{"x", keyARN(owner, abroad, id)})
		blob = do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &id, Plaintext: []byte("y")}).CiphertextBlob
	})
	h.Equal("at home", string(do[api.DecryptOutput](h, &api.DecryptInput{CiphertextBlob: blob}).Plaintext), "y")
	h.in("us-west-2", func() { h.Fails(aws.AccessDenied, &api.DecryptInput{CiphertextBlob: blob}) })
	single := h.create(&api.CreateKeyInput{})
	alone := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &single, Plaintext: []byte("x")}).CiphertextBlob
	h.in(abroad, func() { h.Fails("AccessDenied", &api.DecryptInput{CiphertextBlob: alone}) })

	// Rotation is the primary's, for both.
	h.Do(&api.EnableKeyRotationInput{KeyId: &id, RotationPeriodInDays: new(int32(90))})
	h.in(abroad, func() {
		h.Equal("rotation", *do[api.GetKeyRotationStatusOutput](h, &api.GetKeyRotationStatusInput{KeyId: &id}).KeyRotationEnabled, true)
		h.Fails("UnsupportedOperationException", &api.EnableKeyRotationInput{KeyId: &id})
		h.Fails("UnsupportedOperationException", &api.RotateKeyOnDemandInput{KeyId: &id})
	})
	h.pass(90 * day)
	blob = do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &id, Plaintext: []byte("z")}).CiphertextBlob
	h.in(abroad, func() {
		h.Equal("rotated", string(do[api.DecryptOutput](h, &api.DecryptInput{CiphertextBlob: blob}).Plaintext), "z")
	})

	// The part of the primary moves, and rotation with it.
	h.Do(&api.UpdatePrimaryRegionInput{KeyId: &id, PrimaryRegion: new(abroad)})
	h.Equal("now a replica", *h.describe(id).MultiRegionConfiguration.MultiRegionKeyType, "REPLICA")
	h.in(abroad, func() {
		h.Equal("now the primary", []any{*h.describe(id).MultiRegionConfiguration.MultiRegionKeyType, *h.describe(id).MultiRegionConfiguration.ReplicaKeys[0].Region}, []any{"PRIMARY", home})
		h.Do(&api.RotateKeyOnDemandInput{KeyId: &id})
	})
	h.Equal("rotations", len(do[api.ListKeyRotationsOutput](h, &api.ListKeyRotationsInput{KeyId: &id}).Rotations), 2)
	h.Equal("material", *h.describe(id).CurrentKeyMaterialId, h.currentIn(abroad, id))
}

func (h *house) currentIn(region, id string) (material string) {
	h.in(region, func() { material = *h.describe(id).CurrentKeyMaterialId })
	return material
}

func TestMultiRegionRefused(t *testing.T) {
	h := newHouse(t)
	single, id := h.create(&api.CreateKeyInput{}), h.create(&api.CreateKeyInput{MultiRegion: new(true)})
	h.Fails("UnsupportedOperationException", &api.ReplicateKeyInput{KeyId: &single, ReplicaRegion: new(abroad)})
	h.Fails("UnsupportedOperationException", &api.UpdatePrimaryRegionInput{KeyId: &single, PrimaryRegion: new(abroad)})
	h.Fails("AlreadyExistsException", &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(home)})
	h.Fails("ValidationException", &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new("xx-nowhere-1")})
	h.Fails("NotFoundException: Key '"+keyARN(owner, abroad, id)+"' does not exist", &api.UpdatePrimaryRegionInput{KeyId: &id, PrimaryRegion: new(abroad)})
	h.Fails("ValidationException", &api.UpdatePrimaryRegionInput{KeyId: &id, PrimaryRegion: new(home)})
	h.Fails("MalformedPolicyDocumentException", &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad), Policy: new("{")})
	h.Fails("TagException", &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad), Tags: []api.Tag{{TagKey: new("aws:x"), TagValue: new("")}}})
	h.Do(&api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad)})
	h.Fails("AlreadyExistsException", &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad)})
	h.in(abroad, func() {
		h.Fails("UnsupportedOperationException", &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new("us-west-2")})
		h.Do(&api.DisableKeyInput{KeyId: &id})
	})
	h.Fails("DisabledException", &api.UpdatePrimaryRegionInput{KeyId: &id, PrimaryRegion: new(abroad)})
}

// TestMultiRegionDeletion: the primary waits for its replicas.
func TestMultiRegionDeletion(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{MultiRegion: new(true)})
	h.Do(&api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad)})
	out := do[api.ScheduleKeyDeletionOutput](h, &api.ScheduleKeyDeletionInput{KeyId: &id, PendingWindowInDays: new(int32(7))})
	h.Equal("answer", []any{*out.KeyState, out.DeletionDate, *h.describe(id).PendingDeletionWindowInDays}, []any{"PendingReplicaDeletion", (*time.Time)(nil), int32(7)})
	h.Fails("KMSInvalidStateException: "+h.arn(id)+" is pending replica deletion.", &api.EncryptInput{KeyId: &id, Plaintext: []byte("x")})
	h.pass(60 * day)
	h.Equal("waits", h.state(id), "PendingReplicaDeletion")
	h.in(abroad, func() { h.Do(&api.ScheduleKeyDeletionInput{KeyId: &id, PendingWindowInDays: new(int32(8))}) })
	h.pass(8 * day)
	h.Equal("its own days", []any{h.state(id), h.describe(id).DeletionDate.Equal(h.Clock.Now().Add(7 * day))}, []any{"PendingDeletion", true})
	h.heard()
	h.pass(7 * day)
	h.Equal("gone", h.heard(), "DeleteKey")
	h.Fails("NotFoundException", &api.DescribeKeyInput{KeyId: &id})
}

// TestMultiRegionImport: imported material does not travel; every region
// imports it for itself, and is rotated with the others.
func TestMultiRegionImport(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{MultiRegion: new(true), Origin: new("EXTERNAL")})
	first, second := random(32), random(32)
	h.Fails("KMSInvalidStateException", &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad)})
	h.Do(h.wrapped(id, oaep256, "RSA_2048", first), &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad)})
	h.in(abroad, func() {
		h.Equal("replica", h.state(id), "PendingImport")
		h.Fails("IncorrectKeyMaterialException", h.wrapped(id, oaep256, "RSA_2048", second))
		h.Do(h.wrapped(id, oaep256, "RSA_2048", first))
		h.Equal("replica", h.state(id), "Enabled")
		in := h.wrapped(id, oaep256, "RSA_2048", second)
		in.ImportType = new("NEW_KEY_MATERIAL")
		h.Fails("UnsupportedOperationException", in)
	})
	in := h.wrapped(id, oaep256, "RSA_2048", second)
	in.ImportType = new("NEW_KEY_MATERIAL")
	next := *do[api.ImportKeyMaterialOutput](h, in).KeyMaterialId
	pending := func() string {
		all := do[api.ListKeyRotationsOutput](h, &api.ListKeyRotationsInput{KeyId: &id, IncludeKeyMaterial: new("ALL_KEY_MATERIAL")}).Rotations
		return *all[1].KeyMaterialState
	}
	h.Equal("pending", pending(), "PENDING_MULTI_REGION_IMPORT_AND_ROTATION")
	h.Fails("KMSInvalidStateException", &api.RotateKeyOnDemandInput{KeyId: &id})
	h.in(abroad, func() { h.Do(h.wrapped(id, oaep256, "RSA_2048", second)) })
	h.Equal("pending", pending(), "PENDING_ROTATION")
	h.Do(&api.RotateKeyOnDemandInput{KeyId: &id})
	h.Equal("rotated", []string{*h.describe(id).CurrentKeyMaterialId, h.currentIn(abroad, id)}, []string{next, next})

	in = h.wrapped(id, oaep256, "RSA_2048", random(32))
	in.ImportType = new("NEW_KEY_MATERIAL")
	h.Do(in, &api.DeleteImportedKeyMaterialInput{KeyId: &id, KeyMaterialId: do[api.ListKeyRotationsOutput](h, &api.ListKeyRotationsInput{KeyId: &id, IncludeKeyMaterial: new("ALL_KEY_MATERIAL")}).Rotations[1].KeyMaterialId})
}
