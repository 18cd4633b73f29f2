package kms

import (
	"slices"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// role is what a multi-region key is: PRIMARY or REPLICA.
func (k *Key) role() string {
	if k.Primary == k.Region {
		return api.MultiRegionKeyTypePrimary
	}
	return api.MultiRegionKeyTypeReplica
}

// replicasOf are the replicas of a multi-region key, itself left out.
func replicasOf(r store.Reader, k *Key) []*Key {
	var list []*Key
	if k.Primary == "" {
		return nil
	}
	for _, o := range keys.By(r, byID, k.Account+"/"+k.ID) {
		if o.Region != k.Region && o.Region != o.Primary {
			list = append(list, o)
		}
	}
	return list
}

// primary is the primary of a multi-region key; any other key is its own.
func (k *Key) primary(r store.Reader) *Key {
	if k.Primary != "" && k.Primary != k.Region {
		if p, ok := keys.Get(r, place(k.Account, k.Primary)+k.ID); ok {
			return p
		}
	}
	return k
}

// everywhere reports whether a material is present in all regions of the key.
func (k *Key) everywhere(r store.Reader, material string, now time.Time) bool {
	missing := func(o *Key) bool {
		m := o.material(material)
		return m == nil || !m.present(now)
	}
	return !missing(k.primary(r)) && !slices.ContainsFunc(replicasOf(r, k), missing) && !missing(k)
}

// family is what the metadata of a multi-region key tell of its copies.
func (k *Key) family(r store.Reader) *api.MultiRegionConfiguration {
	if k.Primary == "" {
		return nil
	}
	member := func(region string) api.MultiRegionKey {
		return api.MultiRegionKey{Arn: new(keyARN(k.Account, region, k.ID)), Region: &region}
	}
	v := &api.MultiRegionConfiguration{
		MultiRegionKeyType: new(k.role()), PrimaryKey: new(member(k.Primary)), ReplicaKeys: []api.MultiRegionKey{},
	}
	for _, o := range keys.By(r, byID, k.Account+"/"+k.ID) {
		if o.Region != k.Primary {
			v.ReplicaKeys = append(v.ReplicaKeys, member(o.Region))
		}
	}
	return v
}

// leads refuses keys that are not the primary of a multi-region key.
func (k *Key) leads(operation string) error {
	switch {
	case k.Primary == "":
		return unsupported("%s is not a multi-Region key, which is not valid for %s.", k.ARN(), operation)
	case k.Primary != k.Region:
		return unsupported("%s is a multi-Region replica key, which is not valid for %s.", k.ARN(), operation)
	}
	return nil
}

// ReplicateKey makes a copy of a multi-region key in another region: the same
// id and material, with a policy, tags, aliases and grants of its own.
func (s *Service) ReplicateKey(c *call.Call, in *api.ReplicateKeyInput) (*api.ReplicateKeyOutput, error) {
	k, err := s.named(c, in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := k.leads(c.Operation.Name); err != nil {
		return nil, err
	}
	if err := k.usable(c.Time); err != nil {
		return nil, err
	}
	region := aws.Val(in.ReplicaRegion)
	if !aws.IsRegion(region) && region != k.Region {
		return nil, validation("ReplicaRegion %s is not a Region of this partition.", region)
	}
	replica := k.copyTo(region, c.Time, aws.Val(in.Description))
	if _, ok := keys.Get(c.State, replica.key()); ok {
		return nil, aws.Errorf("AlreadyExistsException", "Unable to replicate key %s to region %s, as the key already exists there", k.ID, region)
	}
	if replica.Tags, err = tagRules.With(nil, tagsOf(in.Tags)); err != nil {
		return nil, err
	}
	if replica.Policy, err = s.newPolicy(c, replica, in.Policy, in.BypassPolicyLockoutSafetyCheck); err != nil {
		return nil, err
	}
	keys.Put(c.Tx, replica.key(), replica)
	v := replica.view(c.State, c.Time)
	c.Emit(call.Event{
		Type: "AwsApiCall", Source: api.API.EventSource, Name: "CreateKey", Account: k.Account, Region: region,
		Request:   replicaRequest(replica),
		Resources: []call.Resource{{Account: k.Account, Type: "AWS::KMS::Key", ARN: replica.ARN()}},
	})
	return &api.ReplicateKeyOutput{
		ReplicaKeyMetadata: v, ReplicaPolicy: new(replica.Policy.Text()), ReplicaTags: pages.Views(replica.Tags, tagView),
	}, nil
}

// copyTo is a replica in another region. Imported material does not travel.
func (k *Key) copyTo(region string, now time.Time, description string) *Key {
	replica := &Key{
		Account: k.Account, Region: region, ID: k.ID, Spec: k.Spec, Usage: k.Usage, Origin: k.Origin, Manager: k.Manager,
		Description: description, Created: now, State: api.KeyStateEnabled, Primary: k.Primary,
		Materials: slices.Clone(k.Materials),
	}
	if k.Origin == api.OriginTypeExternal {
		for i := range replica.Materials {
			replica.Materials[i].Sealed, replica.Materials[i].Expires = nil, time.Time{}
		}
	}
	return replica
}

// replicaRequest is the request in the record of the making of a replica,
// which stands in the replica's region.
func replicaRequest(k *Key) map[string]any {
	return map[string]any{
		"description": k.Description, "keyUsage": k.Usage, "keySpec": k.Spec, "origin": k.Origin,
		"multiRegion": true, "policy": k.Policy.Text(),
	}
}

// UpdatePrimaryRegion makes a replica the primary, and the primary a replica.
// Rotation goes with the part.
func (s *Service) UpdatePrimaryRegion(c *call.Call, in *api.UpdatePrimaryRegionInput) (*api.UpdatePrimaryRegionOutput, error) {
	k, err := s.named(c, in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := k.leads(c.Operation.Name); err != nil {
		return nil, err
	}
	region := aws.Val(in.PrimaryRegion)
	next, ok := keys.Get(c.State, place(k.Account, region)+k.ID)
	switch {
	case region == k.Region:
		return nil, validation("%s is the primary key already.", k.ARN())
	case !ok:
		return nil, notFound("Key '%s' does not exist", keyARN(k.Account, region, k.ID))
	}
	for _, o := range []*Key{k, next} {
		if err := o.usable(c.Time); err != nil {
			return nil, err
		}
	}
	for _, o := range append(replicasOf(c.State, k), k) {
		o = o.clone()
		o.Primary, o.Rotation = region, Rotation{}
		if o.Region == region {
			o.Rotation = k.Rotation
		}
		keys.Put(c.Tx, o.key(), o)
	}
	c.Response = map[string]any{"keyId": k.ARN()}
	return nil, nil
}
