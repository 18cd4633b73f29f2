package kms

import (
	"fmt"
	"iter"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// Rotation is how a key gets new material. Of a multi-region key the primary
// alone has it.
type Rotation struct {
	Enabled  bool
	Days     int32     // from one rotation to the next
	Next     time.Time // when the next one is due
	OnDemand int       // rotations that were asked for
}

// defaultPeriod is how many days pass between rotations when nobody says.
const defaultPeriod = 365

func (r *Rotation) start(now time.Time, days int32) {
	r.Enabled, r.Days, r.Next = true, days, now.AddDate(0, 0, int(days))
}

// rotatable refuses keys that have one material for ever, and the replicas of
// multi-region keys, which follow their primary.
func (k *Key) rotatable() error {
	switch {
	case !k.symmetric():
		return invalidSpec(k)
	case k.Primary != "" && k.Primary != k.Region:
		return unsupported("%s is a multi-Region replica key, which is rotated with its primary key.", k.ARN())
	}
	return nil
}

// EnableKeyRotation lets a key be rotated again and again.
func (s *Service) EnableKeyRotation(c *call.Call, in *api.EnableKeyRotationInput) (*api.EnableKeyRotationOutput, error) {
	days := int32(defaultPeriod)
	if in.RotationPeriodInDays != nil {
		days = *in.RotationPeriodInDays
	}
	return nil, s.regulate(c, in.KeyId, func(r *Rotation) {
		if !r.Enabled || r.Days != days {
			r.start(c.Time, days)
		}
	})
}

// DisableKeyRotation leaves a key the material that it has.
func (s *Service) DisableKeyRotation(c *call.Call, in *api.DisableKeyRotationInput) (*api.DisableKeyRotationOutput, error) {
	return nil, s.regulate(c, in.KeyId, func(r *Rotation) { *r = Rotation{OnDemand: r.OnDemand} })
}

func (s *Service) regulate(c *call.Call, name *string, change func(*Rotation)) error {
	return s.edit(c, name, func(k *Key) error {
		if err := k.rotatable(); err != nil {
			return err
		}
		if k.Origin != api.OriginTypeAwsKms {
			return invalidOrigin(k)
		}
		change(&k.Rotation)
		return k.usable(c.Time)
	})
}

// GetKeyRotationStatus tells whether and when a key is rotated. One that is to
// be deleted is not.
func (s *Service) GetKeyRotationStatus(c *call.Call, in *api.GetKeyRotationStatusInput) (*api.GetKeyRotationStatusOutput, error) {
	k, err := s.named(c, in.KeyId)
	if err != nil {
		return nil, err
	}
	if !k.symmetric() {
		return nil, invalidSpec(k)
	}
	r := k.primary(c.State).Rotation
	out := &api.GetKeyRotationStatusOutput{KeyId: &k.ID, KeyRotationEnabled: new(r.Enabled && !k.leaving())}
	if *out.KeyRotationEnabled {
		out.RotationPeriodInDays, out.NextRotationDate = &r.Days, &r.Next
	}
	return out, nil
}

// RotateKeyOnDemand rotates a key at once: to new material or, where it is
// imported, to what was imported for that.
func (s *Service) RotateKeyOnDemand(c *call.Call, in *api.RotateKeyOnDemandInput) (*api.RotateKeyOnDemandOutput, error) {
	out := &api.RotateKeyOnDemandOutput{}
	return out, s.edit(c, in.KeyId, func(k *Key) error {
		if err := k.rotatable(); err != nil {
			return err
		}
		if err := k.usable(c.Time); err != nil {
			return err
		}
		if k.Rotation.OnDemand >= rotationsPerKey {
			return limitExceeded("%s has been rotated on demand %d times, which is the most that a key can be.", k.ARN(), rotationsPerKey)
		}
		k.Rotation.OnDemand++
		out.KeyId = &k.ID
		if k.Origin == api.OriginTypeExternal {
			return s.rotateImported(c, k)
		}
		s.rotate(c, k, api.RotationTypeOnDemand)
		return nil
	})
}

// rotate gives new material to a key, which the caller stores, and to its
// replicas. What the old material has encrypted it goes on decrypting.
func (s *Service) rotate(c *call.Call, k *Key, why string) {
	m := s.newMaterial(k, random(32))
	m.Rotation, m.Rotated = why, c.Time
	k.Materials = append(k.Materials, m)
	for _, replica := range replicasOf(c.State, k) {
		replica = replica.clone()
		replica.Materials = append(replica.Materials, m)
		keys.Put(c.Tx, replica.key(), replica)
	}
	serviceEvent(c, k, "RotateKey", map[string]any{"rotationType": why})
}

// rotateImported makes the material current that was imported last, in every
// region that has the key.
func (s *Service) rotateImported(c *call.Call, k *Key) error {
	copies := append(replicasOf(c.State, k), k)
	for _, o := range copies {
		if m := o.pending(); m == nil || !m.present(c.Time) {
			return aws.Errorf("KMSInvalidStateException", "%s has no key material pending rotation.", o.ARN())
		}
	}
	for i, o := range copies {
		if o != k {
			o = o.clone()
			copies[i] = o
		}
		m := o.pending()
		m.Pending, m.Rotation, m.Rotated = false, api.RotationTypeOnDemand, c.Time
		if o != k {
			keys.Put(c.Tx, o.key(), o)
		}
	}
	serviceEvent(c, k, "RotateKey", map[string]any{"rotationType": api.RotationTypeOnDemand})
	return nil
}

// pending is the material that waits to be rotated to.
func (k *Key) pending() *Material {
	if n := len(k.Materials); n > 0 && k.Materials[n-1].Pending {
		return &k.Materials[n-1]
	}
	return nil
}

// ListKeyRotations lists the rotations of a key or, when asked for, all the
// material that it has or waits for.
func (s *Service) ListKeyRotations(c *call.Call, in *api.ListKeyRotationsInput) (*api.ListKeyRotationsOutput, error) {
	k, err := s.named(c, in.KeyId)
	if err != nil {
		return nil, err
	}
	if !k.symmetric() {
		return nil, invalidSpec(k)
	}
	all := in.IncludeKeyMaterial != nil && *in.IncludeKeyMaterial == api.IncludeKeyMaterialAllKeyMaterial
	asked := func(m *Material) bool { return all || m.Rotation != "" }
	p, err := page(c, pages.Where(k.inOrder(), asked), in.Marker, in.Limit, 100)
	view := func(m *Material) api.RotationsListEntry { return k.rotation(c.State, m, c.Time) }
	return &api.ListKeyRotationsOutput{Rotations: pages.Views(p.items, view), NextMarker: p.next, Truncated: &p.truncated}, err
}

// inOrder lists the materials of a key by the number of their coming.
func (k *Key) inOrder() iter.Seq2[string, *Material] {
	return func(yield func(string, *Material) bool) {
		for i := range k.Materials {
			if !yield(fmt.Sprintf("%08d", i), &k.Materials[i]) {
				return
			}
		}
	}
}

func (k *Key) rotation(r store.Reader, m *Material, now time.Time) api.RotationsListEntry {
	v := api.RotationsListEntry{KeyId: &k.ID, KeyMaterialId: &m.ID, KeyMaterialState: new(api.KeyMaterialStateNonCurrent)}
	switch {
	case m.Pending && k.everywhere(r, m.ID, now):
		v.KeyMaterialState = new(api.KeyMaterialStatePendingRotation)
	case m.Pending:
		v.KeyMaterialState = new(api.KeyMaterialStatePendingMultiRegionImportAndRotation)
	case m == k.current():
		v.KeyMaterialState = new(api.KeyMaterialStateCurrent)
	}
	if m.Rotation != "" {
		v.RotationType, v.RotationDate = &m.Rotation, &m.Rotated
	}
	if k.Origin == api.OriginTypeExternal {
		v.ImportState = new(m.importState(now))
		if m.Description != "" {
			v.KeyMaterialDescription = &m.Description
		}
		if m.present(now) {
			v.ExpirationModel, v.ValidTo = m.expiration()
		}
	}
	return v
}
