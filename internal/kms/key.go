package kms

import (
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// Key is a KMS key. The copies that a multi-region key has in several regions
// are records of their own that share id and material.
type Key struct {
	Account, Region, ID string
	Spec, Usage, Origin string
	Manager             string // CUSTOMER, or AWS for the keys of its services
	Description         string
	Created             time.Time
	// State is Enabled, Disabled, PendingDeletion or PendingReplicaDeletion.
	// That a key waits for material is not stored: see state.
	State     string
	Policy    policy.Source
	Tags      tag.Set
	Materials []Material // in the order in which they came
	Rotation  Rotation
	// Window is for how many days a key that is to be deleted waits, and
	// Deletion when it goes; a primary that waits for its replicas does not
	// know that yet.
	Window   int32
	Deletion time.Time
	// Primary is the region of the primary of a multi-region key, "" for
	// any other key.
	Primary string
}

const (
	byID = "id"  // account and id: the copies of a multi-region key
	due  = "due" // keys for which something will fall due
)

var keys = store.NewKind("kms.key",
	store.Index[Key]{Name: byID, Keys: func(_ string, k *Key) []string { return []string{k.Account + "/" + k.ID} }},
	store.Index[Key]{Name: due, Keys: func(_ string, k *Key) []string {
		if k.next().IsZero() {
			return nil
		}
		return []string{""}
	}},
)

func place(account, region string) string { return account + "/" + region + "/" }

func (k *Key) key() string { return place(k.Account, k.Region) + k.ID }

// ARN is the key's ARN.
func (k *Key) ARN() string { return keyARN(k.Account, k.Region, k.ID) }

func keyARN(account, region, id string) string {
	return aws.NewARN("kms", region, account, "key/"+id).String()
}

func (k *Key) spec() *spec {
	s := specs[k.Spec]
	return &s
}

// symmetric reports whether this is a symmetric encryption key, the only kind
// that makes data keys, rotates and knows encryption contexts.
func (k *Key) symmetric() bool { return k.Spec == symmetricDefault }

// CreateKey makes a key of the caller's account in the region of the call.
func (s *Service) CreateKey(c *call.Call, in *api.CreateKeyInput) (*api.CreateKeyOutput, error) {
	k := &Key{
		Account: c.Account(), Region: c.Region, ID: aws.UUID(), Manager: api.KeyManagerTypeCustomer,
		Description: aws.Val(in.Description), Created: c.Time, State: api.KeyStateEnabled,
	}
	if aws.Val(in.MultiRegion) {
		k.ID = "mrk-" + strings.ReplaceAll(k.ID, "-", "")
		k.Primary = c.Region
	}
	if err := k.determine(in); err != nil {
		return nil, err
	}
	var err error
	if k.Tags, err = tagRules.With(nil, tagsOf(in.Tags)); err != nil {
		return nil, err
	}
	if k.Policy, err = s.newPolicy(c, k, in.Policy, in.BypassPolicyLockoutSafetyCheck); err != nil {
		return nil, err
	}
	if k.Origin == api.OriginTypeAwsKms {
		secret, err := generate(c, k.spec())
		if err != nil {
			return nil, err
		}
		k.Materials = []Material{s.newMaterial(k, secret)}
	}
	keys.Put(c.Tx, k.key(), k)
	note(c, k)
	return &api.CreateKeyOutput{KeyMetadata: k.view(c.State, c.Time)}, nil
}

// determine sets what kind of key it is to be.
func (k *Key) determine(in *api.CreateKeyInput) error {
	if in.KeySpec != nil && in.CustomerMasterKeySpec != nil {
		return validation("You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.")
	}
	k.Spec = symmetricDefault
	for _, name := range []*string{in.CustomerMasterKeySpec, in.KeySpec} {
		if name != nil {
			k.Spec = *name
		}
	}
	sp, ok := specs[k.Spec]
	if !ok {
		return unsupported("KeySpec %s is not supported in this Region.", k.Spec)
	}
	k.Origin = api.OriginTypeAwsKms
	if in.Origin != nil {
		k.Origin = *in.Origin
	}
	switch {
	case in.CustomKeyStoreId != nil:
		return aws.Errorf("CustomKeyStoreNotFoundException", "%s", *in.CustomKeyStoreId)
	case in.XksKeyId != nil:
		return validation("XksKeyId is only valid for keys with origin EXTERNAL_KEY_STORE.")
	case k.Origin != api.OriginTypeAwsKms && k.Origin != api.OriginTypeExternal:
		return unsupported("Origin %s is not supported in this Region: there are no custom key stores.", k.Origin)
	}
	var err error
	k.Usage, err = usage(k.Spec, &sp, in.KeyUsage)
	return err
}

// DescribeKey tells everything of a key but its policy, its tags and its
// material.
func (s *Service) DescribeKey(c *call.Call, in *api.DescribeKeyInput) (*api.DescribeKeyOutput, error) {
	if err := s.checkTokens(in.GrantTokens); err != nil {
		return nil, err
	}
	k, err := s.named(c, in.KeyId)
	if err != nil {
		return nil, err
	}
	return &api.DescribeKeyOutput{KeyMetadata: k.view(c.State, c.Time)}, nil
}

// ListKeys lists the keys of the caller's account in the region.
func (s *Service) ListKeys(c *call.Call, in *api.ListKeysInput) (*api.ListKeysOutput, error) {
	p, err := page(c, keys.Scan(c.State, place(c.Account(), c.Region)), in.Marker, in.Limit, 100)
	return &api.ListKeysOutput{NextMarker: p.next, Truncated: &p.truncated, Keys: pages.Views(p.items, func(k *Key) api.KeyListEntry {
		return api.KeyListEntry{KeyId: &k.ID, KeyArn: new(k.ARN())}
	})}, err
}

// UpdateKeyDescription describes a key anew.
func (s *Service) UpdateKeyDescription(c *call.Call, in *api.UpdateKeyDescriptionInput) (*api.UpdateKeyDescriptionOutput, error) {
	return nil, s.edit(c, in.KeyId, func(k *Key) error {
		k.Description = aws.Val(in.Description)
		return k.notLeaving()
	})
}

// edit changes a key. AWS puts the key's ARN into the record of changes that
// answer nothing.
func (s *Service) edit(c *call.Call, name *string, change func(*Key) error) error {
	k, err := s.named(c, name)
	if err != nil {
		return err
	}
	k = k.clone()
	if err := change(k); err != nil {
		return err
	}
	keys.Put(c.Tx, k.key(), k)
	if c.Operation.Void {
		c.Response = map[string]any{"keyId": k.ARN()}
	}
	return nil
}

// clone returns a copy that may be changed.
func (k *Key) clone() *Key {
	k = new(*k)
	k.Materials = slices.Clone(k.Materials)
	k.Tags = slices.Clone(k.Tags)
	return k
}

// view is the metadata of a key.
func (k *Key) view(r store.Reader, now time.Time) *api.KeyMetadata {
	state := k.state(now)
	v := &api.KeyMetadata{
		AWSAccountId: &k.Account, KeyId: &k.ID, Arn: new(k.ARN()), CreationDate: &k.Created,
		Enabled: new(state == api.KeyStateEnabled), Description: &k.Description,
		KeyUsage: &k.Usage, KeyState: &state, Origin: &k.Origin, KeyManager: &k.Manager,
		CustomerMasterKeySpec: &k.Spec, KeySpec: &k.Spec, MultiRegion: new(k.Primary != ""),
	}
	algorithms := k.spec().algorithms[k.Usage]
	switch k.Usage {
	case encryptDecrypt:
		v.EncryptionAlgorithms = algorithms
	case signVerify:
		v.SigningAlgorithms = algorithms
	case generateMac:
		v.MacAlgorithms = algorithms
	case keyAgreement:
		v.KeyAgreementAlgorithms = algorithms
	}
	switch state {
	case api.KeyStatePendingDeletion:
		v.DeletionDate = &k.Deletion
	case api.KeyStatePendingReplicaDeletion:
		v.PendingDeletionWindowInDays = &k.Window
	}
	if m := k.current(); m != nil {
		if k.symmetric() {
			v.CurrentKeyMaterialId = &m.ID
		}
		if k.Origin == api.OriginTypeExternal && m.present(now) {
			v.ExpirationModel, v.ValidTo = m.expiration()
		}
	}
	v.MultiRegionConfiguration = k.family(r)
	return v
}
