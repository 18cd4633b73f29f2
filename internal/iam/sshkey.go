package iam

import (
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// SSHKey is a public key that a user signs in with elsewhere. Its key in the
// store is its id.
type SSHKey struct {
	User     string // key of the user
	Blob     []byte // as SSH sends it
	Uploaded time.Time
	Inactive bool
}

var sshKeys = store.NewKind("iam.sshkey", store.Index[SSHKey]{
	Name: byUser, Keys: func(_ string, k *SSHKey) []string { return []string{k.User} },
})

// The sizes of RSA keys that are taken, in bits.
const (
	leastSSH = 2048
	mostSSH  = 16384
)

// UploadSSHPublicKey stores a user's public key, which comes as a line of an
// authorized_keys file or in PEM.
func (s *Service) UploadSSHPublicKey(c *call.Call, in *api.UploadSSHPublicKeyInput) (*api.UploadSSHPublicKeyOutput, error) {
	u, err := findUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	blob, err := parseSSHKey(aws.Val(in.SSHPublicKeyBody))
	if err != nil {
		return nil, err
	}
	n := 0
	for _, other := range sshKeys.By(c.State, byUser, u.key()) {
		if n++; slices.Equal(other.Blob, blob) {
			return nil, aws.Errorf("DuplicateSSHPublicKey", "The specified SSH public key is already associated with the specified user.")
		}
	}
	if n >= sshKeysPerUser {
		return nil, overQuota("SSHPublicKeysPerUser", sshKeysPerUser)
	}
	id := aws.UniqueID("APKA")
	k := &SSHKey{User: u.key(), Blob: blob, Uploaded: c.Time.UTC().Truncate(time.Second)}
	sshKeys.Put(c.Tx, id, k)
	return &api.UploadSSHPublicKeyOutput{SSHPublicKey: k.view(u, id, api.EncodingTypeSsh)}, nil
}

// parseSSHKey reads an RSA key in either form.
func parseSSHKey(body string) ([]byte, error) {
	var key ssh.PublicKey
	var err error
	if block, _ := pem.Decode([]byte(body)); block != nil {
		var parsed any
		if parsed, err = x509.ParsePKIXPublicKey(block.Bytes); err == nil {
			key, err = ssh.NewPublicKey(parsed)
		}
	} else {
		key, _, _, _, err = ssh.ParseAuthorizedKey([]byte(body))
	}
	if err != nil {
		return nil, aws.Errorf("InvalidPublicKey", "The public key is malformed or otherwise invalid.")
	}
	rsaKey, ok := cryptoKey(key).(*rsa.PublicKey)
	if !ok || rsaKey.N.BitLen() < leastSSH || rsaKey.N.BitLen() > mostSSH {
		return nil, aws.Errorf("InvalidPublicKey", "The public key must be an RSA key of %d to %d bits.", leastSSH, mostSSH)
	}
	return key.Marshal(), nil
}

func cryptoKey(key ssh.PublicKey) any {
	if k, ok := key.(ssh.CryptoPublicKey); ok {
		return k.CryptoPublicKey()
	}
	return nil
}

// ListSSHPublicKeys lists the keys of a user.
func (s *Service) ListSSHPublicKeys(c *call.Call, in *api.ListSSHPublicKeysInput) (*api.ListSSHPublicKeysOutput, error) {
	u, err := findUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	var list []api.SSHPublicKeyMetadata
	for id, k := range sshKeys.By(c.State, byUser, u.key()) {
		list = append(list, api.SSHPublicKeyMetadata{UserName: &u.Name, SSHPublicKeyId: &id, Status: new(status(k.Inactive)), UploadDate: &k.Uploaded})
	}
	p, err := page(c, byKey(list, func(k api.SSHPublicKeyMetadata) string { return *k.SSHPublicKeyId }), in.Marker, in.MaxItems)
	return &api.ListSSHPublicKeysOutput{SSHPublicKeys: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// GetSSHPublicKey answers with a key in the form that is asked for.
func (s *Service) GetSSHPublicKey(c *call.Call, in *api.GetSSHPublicKeyInput) (*api.GetSSHPublicKeyOutput, error) {
	u, k, err := findSSHKey(c, in.UserName, in.SSHPublicKeyId)
	if err != nil {
		return nil, err
	}
	return &api.GetSSHPublicKeyOutput{SSHPublicKey: k.view(u, *in.SSHPublicKeyId, aws.Val(in.Encoding))}, nil
}

// UpdateSSHPublicKey switches a key on or off.
func (s *Service) UpdateSSHPublicKey(c *call.Call, in *api.UpdateSSHPublicKeyInput) (*api.UpdateSSHPublicKeyOutput, error) {
	_, k, err := findSSHKey(c, in.UserName, in.SSHPublicKeyId)
	if err != nil {
		return nil, err
	}
	if k.Inactive, err = inactive(in.Status); err != nil {
		return nil, err
	}
	sshKeys.Put(c.Tx, *in.SSHPublicKeyId, k)
	return nil, nil
}

// DeleteSSHPublicKey deletes a key.
func (s *Service) DeleteSSHPublicKey(c *call.Call, in *api.DeleteSSHPublicKeyInput) (*api.DeleteSSHPublicKeyOutput, error) {
	if _, _, err := findSSHKey(c, in.UserName, in.SSHPublicKeyId); err != nil {
		return nil, err
	}
	sshKeys.Delete(c.Tx, *in.SSHPublicKeyId)
	return nil, nil
}

// findSSHKey finds a copy of a user's key.
func findSSHKey(c *call.Call, user, id *string) (*User, *SSHKey, error) {
	u, err := findUser(c, user)
	if err != nil {
		return nil, nil, err
	}
	k, ok := sshKeys.Get(c.State, aws.Val(id))
	if !ok || k.User != u.key() {
		return nil, nil, noSuchEntity("The Public Key with id %s cannot be found.", aws.Val(id))
	}
	return u, new(*k), nil
}

// view shows a key. What is stored was parsed before and is again.
func (k *SSHKey) view(u *User, id, encoding string) *api.SSHPublicKey {
	body := ""
	if key, err := ssh.ParsePublicKey(k.Blob); err == nil {
		body = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
		if der, err := x509.MarshalPKIXPublicKey(cryptoKey(key)); err == nil && encoding == api.EncodingTypePem {
			body = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		}
	}
	return &api.SSHPublicKey{
		UserName: &u.Name, SSHPublicKeyId: &id, Fingerprint: new(fingerprint(k.Blob)), SSHPublicKeyBody: &body,
		Status: new(status(k.Inactive)), UploadDate: &k.Uploaded,
	}
}

// fingerprint is the MD5 sum of a key as SSH sends it: sixteen pairs of digits
// with colons between them.
func fingerprint(blob []byte) string {
	sum := md5.Sum(blob)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = fmt.Sprintf("%02x", b)
	}
	return strings.Join(pairs, ":")
}

func status(inactive bool) string {
	if inactive {
		return api.StatusTypeInactive
	}
	return api.StatusTypeActive
}

// inactive reads a status that a call may set.
func inactive(status *string) (bool, error) {
	switch aws.Val(status) {
	case api.StatusTypeActive:
		return false, nil
	case api.StatusTypeInactive:
		return true, nil
	}
	return false, invalidInput("The status %s cannot be set.", aws.Val(status))
}

// moveCredentials follows a user to another key with its SSH keys, its signing
// certificates and its credentials of services.
func moveCredentials(tx *store.Tx, from, to string) {
	for id, k := range sshKeys.By(tx, byUser, from) {
		k := new(*k)
		k.User = to
		sshKeys.Put(tx, id, k)
	}
	for id, k := range signingCertificates.By(tx, byUser, from) {
		k := new(*k)
		k.User = to
		signingCertificates.Put(tx, id, k)
	}
	for id, k := range serviceCredentials.By(tx, byUser, from) {
		k := new(*k)
		k.User = to
		serviceCredentials.Put(tx, id, k)
	}
}
