package kms

import (
	"slices"
	"time"

	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// state is the key's state at a time. A key of imported material waits for
// import as long as anything is missing of what it has ever worked with:
// nobody could tell beforehand which ciphertext it would fail to open.
func (k *Key) state(now time.Time) string {
	if k.leaving() || k.Origin != api.OriginTypeExternal {
		return k.State
	}
	missing := func(m Material) bool { return !m.Pending && !m.present(now) }
	if k.current() == nil || slices.ContainsFunc(k.Materials, missing) {
		return api.KeyStatePendingImport
	}
	return k.State
}

func (k *Key) leaving() bool {
	return k.State == api.KeyStatePendingDeletion || k.State == api.KeyStatePendingReplicaDeletion
}

// notLeaving refuses keys that are to be deleted.
func (k *Key) notLeaving() error {
	switch k.State {
	case api.KeyStatePendingDeletion:
		return invalidState(k, "pending deletion")
	case api.KeyStatePendingReplicaDeletion:
		return invalidState(k, "pending replica deletion")
	}
	return nil
}

// complete refuses keys that are to be deleted or wait for material. Disabled
// ones pass.
func (k *Key) complete(now time.Time) error {
	if err := k.notLeaving(); err != nil {
		return err
	}
	if k.state(now) == api.KeyStatePendingImport {
		return invalidState(k, "pending import")
	}
	return nil
}

// usable refuses all keys but enabled ones.
func (k *Key) usable(now time.Time) error {
	if err := k.complete(now); err != nil {
		return err
	}
	if k.State == api.KeyStateDisabled {
		return disabled(k)
	}
	return nil
}

// EnableKey makes a key usable.
func (s *Service) EnableKey(c *call.Call, in *api.EnableKeyInput) (*api.EnableKeyOutput, error) {
	return nil, s.turn(c, in.KeyId, api.KeyStateEnabled)
}

// DisableKey makes a key unusable until it is enabled again.
func (s *Service) DisableKey(c *call.Call, in *api.DisableKeyInput) (*api.DisableKeyOutput, error) {
	return nil, s.turn(c, in.KeyId, api.KeyStateDisabled)
}

func (s *Service) turn(c *call.Call, name *string, state string) error {
	return s.edit(c, name, func(k *Key) error {
		err := k.complete(c.Time)
		k.State = state
		return err
	})
}

// The bounds of the days that a key waits for its deletion.
const (
	shortestWindow = 7
	longestWindow  = 30
)

// ScheduleKeyDeletion lets a key wait for its deletion. The primary of a
// multi-region key waits for its replicas first.
func (s *Service) ScheduleKeyDeletion(c *call.Call, in *api.ScheduleKeyDeletionInput) (*api.ScheduleKeyDeletionOutput, error) {
	window := int32(longestWindow)
	if in.PendingWindowInDays != nil {
		window = *in.PendingWindowInDays
	}
	if window < shortestWindow || window > longestWindow {
		return nil, validation("PendingWindowInDays must be between %d and %d (inclusive)", shortestWindow, longestWindow)
	}
	out := &api.ScheduleKeyDeletionOutput{PendingWindowInDays: &window}
	return out, s.edit(c, in.KeyId, func(k *Key) error {
		if err := k.notLeaving(); err != nil {
			return err
		}
		k.Window = window
		if k.Primary == k.Region && len(replicasOf(c.State, k)) > 0 {
			k.State = api.KeyStatePendingReplicaDeletion
		} else {
			k.schedule(c.Time)
			out.DeletionDate = &k.Deletion
		}
		out.KeyId, out.KeyState = new(k.ARN()), &k.State
		return nil
	})
}

// schedule starts the days of waiting.
func (k *Key) schedule(now time.Time) {
	k.State = api.KeyStatePendingDeletion
	k.Deletion = now.AddDate(0, 0, int(k.Window))
}

// CancelKeyDeletion keeps a key that waits for its deletion. It comes back
// disabled.
func (s *Service) CancelKeyDeletion(c *call.Call, in *api.CancelKeyDeletionInput) (*api.CancelKeyDeletionOutput, error) {
	out := &api.CancelKeyDeletionOutput{}
	return out, s.edit(c, in.KeyId, func(k *Key) error {
		if !k.leaving() || k.outlived(c.Time) {
			return invalidState(k, "not pending deletion")
		}
		k.State, k.Window, k.Deletion = api.KeyStateDisabled, 0, time.Time{}
		out.KeyId = new(k.ARN())
		return nil
	})
}

// outlived reports whether the key's time has come.
func (k *Key) outlived(now time.Time) bool {
	return k.State == api.KeyStatePendingDeletion && !now.Before(k.Deletion)
}
