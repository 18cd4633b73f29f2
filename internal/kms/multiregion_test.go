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
	h.equal("replica", []any{*m.Arn, *m.KeyId, *m.Description, *m.KeyState, *m.MultiRegionConfiguration.MultiRegionKeyType, *m.MultiRegionConfiguration.PrimaryKey.Arn, *m.MultiRegionConfiguration.ReplicaKeys[0].Region, *out.ReplicaTags[0].TagKey, *m.CurrentKeyMaterialId},
		[]any{keyARN(owner, abroad, id), id, "r", "Enabled", "REPLICA", h.arn(id), abroad, "k", *h.describe(id).CurrentKeyMaterialId})
	e := h.events[0]
	h.equal("event", []any{e.Region, h.heard()}, []any{abroad, "CreateKey"})
	h.equal("primary", []any{*h.describe(id).MultiRegionConfiguration.MultiRegionKeyType, len(h.describe(id).MultiRegionConfiguration.ReplicaKeys)}, []any{"PRIMARY", 1})

	// Each opens what the other has closed, in its own region.
	h.in(abroad, func() {
		back := do[api.DecryptOutput](h, &api.DecryptInput{CiphertextBlob: blob})
		h.equal("abroad", []any{string(back.Plaintext), *back.KeyId}, []any{"x", keyARN(owner, abroad, id)})
		blob = do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &id, Plaintext: []byte("y")}).CiphertextBlob
	})
	h.equal("at home", string(do[api.DecryptOutput](h, &api.DecryptInput{CiphertextBlob: blob}).Plaintext), "y")
	h.in("us-west-2", func() { h.fails(aws.AccessDenied, &api.DecryptInput{CiphertextBlob: blob}) })
	single := h.create(&api.CreateKeyInput{})
	alone := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &single, Plaintext: []byte("x")}).CiphertextBlob
	h.in(abroad, func() { h.fails("AccessDenied", &api.DecryptInput{CiphertextBlob: alone}) })

	// Rotation is the primary's, for both.
	h.do(&api.EnableKeyRotationInput{KeyId: &id, RotationPeriodInDays: new(int32(90))})
	h.in(abroad, func() {
		h.equal("rotation", *do[api.GetKeyRotationStatusOutput](h, &api.GetKeyRotationStatusInput{KeyId: &id}).KeyRotationEnabled, true)
		h.fails("UnsupportedOperationException", &api.EnableKeyRotationInput{KeyId: &id})
		h.fails("UnsupportedOperationException", &api.RotateKeyOnDemandInput{KeyId: &id})
	})
	h.pass(90 * day)
	blob = do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &id, Plaintext: []byte("z")}).CiphertextBlob
	h.in(abroad, func() {
		h.equal("rotated", string(do[api.DecryptOutput](h, &api.DecryptInput{CiphertextBlob: blob}).Plaintext), "z")
	})

	// The part of the primary moves, and rotation with it.
	h.do(&api.UpdatePrimaryRegionInput{KeyId: &id, PrimaryRegion: new(abroad)})
	h.equal("now a replica", *h.describe(id).MultiRegionConfiguration.MultiRegionKeyType, "REPLICA")
	h.in(abroad, func() {
		h.equal("now the primary", []any{*h.describe(id).MultiRegionConfiguration.MultiRegionKeyType, *h.describe(id).MultiRegionConfiguration.ReplicaKeys[0].Region}, []any{"PRIMARY", home})
		h.do(&api.RotateKeyOnDemandInput{KeyId: &id})
	})
	h.equal("rotations", len(do[api.ListKeyRotationsOutput](h, &api.ListKeyRotationsInput{KeyId: &id}).Rotations), 2)
	h.equal("material", *h.describe(id).CurrentKeyMaterialId, h.currentIn(abroad, id))
}

func (h *house) currentIn(region, id string) (material string) {
	h.in(region, func() { material = *h.describe(id).CurrentKeyMaterialId })
	return material
}

func TestMultiRegionRefused(t *testing.T) {
	h := newHouse(t)
	single, id := h.create(&api.CreateKeyInput{}), h.create(&api.CreateKeyInput{MultiRegion: new(true)})
	h.fails("UnsupportedOperationException", &api.ReplicateKeyInput{KeyId: &single, ReplicaRegion: new(abroad)})
	h.fails("UnsupportedOperationException", &api.UpdatePrimaryRegionInput{KeyId: &single, PrimaryRegion: new(abroad)})
	h.fails("AlreadyExistsException", &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(home)})
	h.fails("ValidationException", &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new("xx-nowhere-1")})
	h.fails("NotFoundException: Key '"+keyARN(owner, abroad, id)+"' does not exist", &api.UpdatePrimaryRegionInput{KeyId: &id, PrimaryRegion: new(abroad)})
	h.fails("ValidationException", &api.UpdatePrimaryRegionInput{KeyId: &id, PrimaryRegion: new(home)})
	h.fails("MalformedPolicyDocumentException", &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad), Policy: new("{")})
	h.fails("TagException", &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad), Tags: []api.Tag{{TagKey: new("aws:x"), TagValue: new("")}}})
	h.do(&api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad)})
	h.fails("AlreadyExistsException", &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad)})
	h.in(abroad, func() {
		h.fails("UnsupportedOperationException", &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new("us-west-2")})
		h.do(&api.DisableKeyInput{KeyId: &id})
	})
	h.fails("DisabledException", &api.UpdatePrimaryRegionInput{KeyId: &id, PrimaryRegion: new(abroad)})
}

// TestMultiRegionDeletion: the primary waits for its replicas.
func TestMultiRegionDeletion(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{MultiRegion: new(true)})
	h.do(&api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad)})
	out := do[api.ScheduleKeyDeletionOutput](h, &api.ScheduleKeyDeletionInput{KeyId: &id, PendingWindowInDays: new(int32(7))})
	h.equal("answer", []any{*out.KeyState, out.DeletionDate, *h.describe(id).PendingDeletionWindowInDays}, []any{"PendingReplicaDeletion", (*time.Time)(nil), int32(7)})
	h.fails("KMSInvalidStateException: "+h.arn(id)+" is pending replica deletion.", &api.EncryptInput{KeyId: &id, Plaintext: []byte("x")})
	h.pass(60 * day)
	h.equal("waits", h.state(id), "PendingReplicaDeletion")
	h.in(abroad, func() { h.do(&api.ScheduleKeyDeletionInput{KeyId: &id, PendingWindowInDays: new(int32(8))}) })
	h.pass(8 * day)
	h.equal("its own days", []any{h.state(id), h.describe(id).DeletionDate.Equal(h.now.Add(7 * day))}, []any{"PendingDeletion", true})
	h.heard()
	h.pass(7 * day)
	h.equal("gone", h.heard(), "DeleteKey")
	h.fails("NotFoundException", &api.DescribeKeyInput{KeyId: &id})
}

// TestMultiRegionImport: imported material does not travel; every region
// imports it for itself, and is rotated with the others.
func TestMultiRegionImport(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{MultiRegion: new(true), Origin: new("EXTERNAL")})
	first, second := random(32), random(32)
	h.fails("KMSInvalidStateException", &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad)})
	h.do(h.wrapped(id, oaep256, "RSA_2048", first), &api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad)})
	h.in(abroad, func() {
		h.equal("replica", h.state(id), "PendingImport")
		h.fails("IncorrectKeyMaterialException", h.wrapped(id, oaep256, "RSA_2048", second))
		h.do(h.wrapped(id, oaep256, "RSA_2048", first))
		h.equal("replica", h.state(id), "Enabled")
		in := h.wrapped(id, oaep256, "RSA_2048", second)
		in.ImportType = new("NEW_KEY_MATERIAL")
		h.fails("UnsupportedOperationException", in)
	})
	in := h.wrapped(id, oaep256, "RSA_2048", second)
	in.ImportType = new("NEW_KEY_MATERIAL")
	next := *do[api.ImportKeyMaterialOutput](h, in).KeyMaterialId
	pending := func() string {
		all := do[api.ListKeyRotationsOutput](h, &api.ListKeyRotationsInput{KeyId: &id, IncludeKeyMaterial: new("ALL_KEY_MATERIAL")}).Rotations
		return *all[1].KeyMaterialState
	}
	h.equal("pending", pending(), "PENDING_MULTI_REGION_IMPORT_AND_ROTATION")
	h.fails("KMSInvalidStateException", &api.RotateKeyOnDemandInput{KeyId: &id})
	h.in(abroad, func() { h.do(h.wrapped(id, oaep256, "RSA_2048", second)) })
	h.equal("pending", pending(), "PENDING_ROTATION")
	h.do(&api.RotateKeyOnDemandInput{KeyId: &id})
	h.equal("rotated", []string{*h.describe(id).CurrentKeyMaterialId, h.currentIn(abroad, id)}, []string{next, next})

	in = h.wrapped(id, oaep256, "RSA_2048", random(32))
	in.ImportType = new("NEW_KEY_MATERIAL")
	h.do(in, &api.DeleteImportedKeyMaterialInput{KeyId: &id, KeyMaterialId: do[api.ListKeyRotationsOutput](h, &api.ListKeyRotationsInput{KeyId: &id, IncludeKeyMaterial: new("ALL_KEY_MATERIAL")}).Rotations[1].KeyMaterialId})
}
