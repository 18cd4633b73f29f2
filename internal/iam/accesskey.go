package iam

import (
	"encoding/base64"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/session"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// AccessKey is a long-term access key of a user or of a root. Its key in the
// store is its id.
type AccessKey struct {
	Account  string
	User     string // key of the user, "" for a root's
	Created  time.Time
	Inactive bool
	Sealed   string // the secret, sealed under the id, base64
}

// byUser files access keys under the key of their user, a root's under
// rootKey.
const byUser = "user"

var accessKeys = store.NewKind("iam.accesskey", store.Index[AccessKey]{
	Name: byUser, Keys: func(_ string, k *AccessKey) []string { return []string{k.owner()} },
})

func (k *AccessKey) owner() string {
	if k.User == "" {
		return rootKey(k.Account)
	}
	return k.User
}

// rootKey is the key that a root would have, were it a user.
func rootKey(account string) string { return account + "/" }

// holder is whose access keys a call is about.
type holder struct {
	account, key string
	user         string // key of the user, "" for a root
	name         *string
}

// findHolder finds the user of that name, or the caller when none is given.
func findHolder(c *call.Call, name *string) (holder, error) {
	if name == nil && c.Principal.Type == aws.Root {
		return holder{account: c.Account(), key: rootKey(c.Account())}, nil
	}
	u, err := findUser(c, name)
	if err != nil {
		return holder{}, err
	}
	return holder{u.Account, u.key(), u.key(), &u.Name}, nil
}

// CreateAccessKey makes an access key and answers with its secret, which
// nobody is shown again. Records name no secret access key.
func (s *Service) CreateAccessKey(c *call.Call, in *api.CreateAccessKeyInput) (*api.CreateAccessKeyOutput, error) {
	h, err := findHolder(c, in.UserName)
	if err != nil {
		return nil, err
	}
	if pages.Count(accessKeys.By(c.State, byUser, h.key)) >= keysPerUser {
		return nil, overQuota("AccessKeysPerUser", keysPerUser)
	}
	id, secret := s.newAccessKey(c.Tx, c.Time, h.account, h.user)
	k, _ := accessKeys.Get(c.Tx, id)
	return &api.CreateAccessKeyOutput{AccessKey: &api.AccessKey{
		UserName: h.name, AccessKeyId: &id, Status: new(k.status()), SecretAccessKey: &secret, CreateDate: &k.Created,
	}}, nil
}

func (s *Service) newAccessKey(tx *store.Tx, now time.Time, account, user string) (id, secret string) {
	id, secret = session.NewAccessKeyID(session.LongTerm, account), aws.SecretKey()
	for _, taken := accessKeys.Get(tx, id); taken; _, taken = accessKeys.Get(tx, id) {
		id = session.NewAccessKeyID(session.LongTerm, account)
	}
	accessKeys.Put(tx, id, &AccessKey{
		Account: account, User: user, Created: now.UTC().Truncate(time.Second),
		Sealed: base64.RawStdEncoding.EncodeToString(s.key.Seal([]byte(secret), id)),
	})
	return id, secret
}

// secret opens what is sealed in an access key.
func (s *Service) secret(id string, k *AccessKey) (string, error) {
	return s.secrets.get(k.Sealed, func() (string, error) {
		sealed, err := base64.RawStdEncoding.DecodeString(k.Sealed)
		if err != nil {
			return "", err
		}
		plain, err := s.key.Open(sealed, id)
		return string(plain), err
	})
}

// UpdateAccessKey switches a key on or off. Sessions that it was asked for
// with GetSessionToken follow it.
func (s *Service) UpdateAccessKey(c *call.Call, in *api.UpdateAccessKeyInput) (*api.UpdateAccessKeyOutput, error) {
	k, err := findAccessKey(c, in.UserName, in.AccessKeyId)
	if err != nil {
		return nil, err
	}
	k = new(*k)
	k.Inactive = aws.Val(in.Status) != api.StatusTypeActive
	accessKeys.Put(c.Tx, *in.AccessKeyId, k)
	return nil, nil
}

// DeleteAccessKey deletes a key for good.
func (s *Service) DeleteAccessKey(c *call.Call, in *api.DeleteAccessKeyInput) (*api.DeleteAccessKeyOutput, error) {
	if _, err := findAccessKey(c, in.UserName, in.AccessKeyId); err != nil {
		return nil, err
	}
	accessKeys.Delete(c.Tx, *in.AccessKeyId)
	lastUses.Delete(c.Tx, *in.AccessKeyId)
	return nil, nil
}

// ListAccessKeys lists the keys of a user, without their secrets.
func (s *Service) ListAccessKeys(c *call.Call, in *api.ListAccessKeysInput) (*api.ListAccessKeysOutput, error) {
	h, err := findHolder(c, in.UserName)
	if err != nil {
		return nil, err
	}
	var list []api.AccessKeyMetadata
	for id, k := range accessKeys.By(c.State, byUser, h.key) {
		list = append(list, api.AccessKeyMetadata{UserName: h.name, AccessKeyId: &id, Status: new(k.status()), CreateDate: &k.Created})
	}
	p, err := page(c, byKey(list, func(k api.AccessKeyMetadata) string { return *k.AccessKeyId }), in.Marker, in.MaxItems)
	return &api.ListAccessKeysOutput{AccessKeyMetadata: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// GetAccessKeyLastUsed answers when, where and on which service a key of the
// account was last used.
func (s *Service) GetAccessKeyLastUsed(c *call.Call, in *api.GetAccessKeyLastUsedInput) (*api.GetAccessKeyLastUsedOutput, error) {
	id := aws.Val(in.AccessKeyId)
	k, ok := accessKeys.Get(c.State, id)
	if !ok || k.Account != c.Account() {
		return nil, noAccessKey(id)
	}
	out := &api.GetAccessKeyLastUsedOutput{AccessKeyLastUsed: &api.AccessKeyLastUsed{ServiceName: new("N/A"), Region: new("N/A")}}
	if u, ok := users.Get(c.State, k.User); ok {
		out.UserName = &u.Name
	}
	if u, ok := s.lastUse(c.State, id); ok {
		out.AccessKeyLastUsed = &api.AccessKeyLastUsed{LastUsedDate: &u.Time, ServiceName: &u.Service, Region: &u.Region}
	}
	return out, nil
}

func findAccessKey(c *call.Call, user, id *string) (*AccessKey, error) {
	h, err := findHolder(c, user)
	if err != nil {
		return nil, err
	}
	k, ok := accessKeys.Get(c.State, aws.Val(id))
	if !ok || k.owner() != h.key {
		return nil, noAccessKey(aws.Val(id))
	}
	return k, nil
}

func noAccessKey(id string) *aws.Error {
	return noSuchEntity("The Access Key with id %s cannot be found.", id)
}

func (k *AccessKey) status() string {
	if k.Inactive {
		return api.StatusTypeInactive
	}
	return api.StatusTypeActive
}
