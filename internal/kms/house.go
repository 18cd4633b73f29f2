package kms

import (
	"errors"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// House is KMS as the other services of the house use it. Permission is one
// question and use another: Target says what to ask for, and whoever gets the
// answer that it may goes on to GenerateDataKey, Encrypt or Decrypt, which ask
// nobody and leave no record: whoever uses a key in the name of another knows
// best what to record.
type House struct{ *Service }

// Target is the permission to do something (kms:GenerateDataKey) with a key,
// named as a caller of that account in that region may name it: by id, ARN,
// alias name or alias ARN. ViaService is the value of kms:ViaService
// (s3.us-east-2.amazonaws.com), "" when the key is not used through a
// service. It fails when there is no such key, or it cannot be used now.
func (s *Service) Target(r store.Reader, key, account, region, action string, encryptionContext map[string]string, viaService string) (call.Target, *aws.Error) {
	k, err := find(r, account, region, key)
	if err != nil {
		return call.Target{}, err
	}
	operation := strings.TrimPrefix(action, "kms:")
	if operation != "DescribeKey" {
		if err := s.fit(k, operation); err != nil {
			return call.Target{}, err
		}
	}
	t := k.target(r, operation, k.policyFor(r, use{operation: operation, context: encryptionContext}), map[string][]string{})
	t.Context.Set("kms:CallerAccount", account)
	if viaService != "" {
		t.Context.Set("kms:ViaService", viaService)
	}
	setRequestAlias(t.Context, key)
	setEncryptionContext(t.Context, encryptionContext)
	if operation != "DescribeKey" {
		t.Context.Set("kms:EncryptionAlgorithm", symmetricDefault)
	}
	return t, nil
}

// fit refuses keys that cannot encrypt for a service now.
func (s *Service) fit(k *Key, operation string) *aws.Error {
	if err := k.usable(s.Now()); err != nil {
		return refusal(err)
	}
	switch {
	case k.Usage != encryptDecrypt:
		return invalidUsage(k, operation)
	case !k.symmetric():
		return invalidSpecFor(k, operation)
	}
	return nil
}

// GenerateDataKey makes a data key of 32 bytes, and encrypts it under the key
// of an ARN.
func (h House) GenerateDataKey(r store.Reader, keyARN string, encryptionContext map[string]string) (plaintext, ciphertext []byte, err *aws.Error) {
	plaintext = random(32)
	ciphertext, err = h.Encrypt(r, keyARN, plaintext, encryptionContext)
	return plaintext, ciphertext, err
}

// Encrypt encrypts under the key of an ARN.
func (h House) Encrypt(r store.Reader, keyARN string, plaintext []byte, encryptionContext map[string]string) ([]byte, *aws.Error) {
	a, _ := aws.ParseARN(keyARN)
	k, err := findKey(r, a.Account, a.Region, keyARN)
	if err != nil {
		return nil, err
	}
	if err := h.fit(k, "Encrypt"); err != nil {
		return nil, err
	}
	blob, e := h.seal(k, k.current(), plaintext, encryptionContext)
	return blob, refusal(e)
}

// Decrypt opens what Encrypt and GenerateDataKey have closed, here or for a
// caller of the API, and tells the ARN of the key.
func (h House) Decrypt(r store.Reader, blob []byte, encryptionContext map[string]string) (plaintext []byte, keyARN string, err *aws.Error) {
	t, ok := parseCiphertext(blob)
	if !ok {
		return nil, "", invalidCiphertext()
	}
	a, _ := aws.ParseARN(t.arn)
	record, ok := t.key(a.Region)
	if !ok {
		return nil, "", invalidCiphertext()
	}
	k, ok := keys.Get(r, record)
	if !ok {
		return nil, "", notFound("Key '%s' does not exist", t.arn)
	}
	if err := h.fit(k, "Decrypt"); err != nil {
		return nil, "", err
	}
	plaintext, _, e := h.unseal(k, blob, encryptionContext)
	return plaintext, k.ARN(), refusal(e)
}

// Describe returns a key named as for Target, its State being the one that it
// is in now. Its lists are shared and must not be changed.
func (s *Service) Describe(r store.Reader, key, account, region string) (Key, bool) {
	k, err := find(r, account, region, key)
	if err != nil {
		return Key{}, false
	}
	k = new(*k)
	k.State = k.state(s.Now())
	return *k, true
}

// Symmetric reports whether the key is a symmetric encryption key, the only
// kind that services can encrypt with.
func (k *Key) Symmetric() bool { return k.symmetric() }

// ManagedKey returns the ARN of the key that an account has for a service
// (s3), called alias/aws/s3. It is made when it is first needed.
func (s *Service) ManagedKey(tx *store.Tx, now time.Time, account, region, service string) (string, error) {
	a := &Alias{Account: account, Region: region, Name: reservedPrefix + service, Created: now, Updated: now}
	if old, ok := aliases.Get(tx, a.key()); ok {
		return keyARN(account, region, old.Target), nil
	}
	k := &Key{
		Account: account, Region: region, ID: aws.UUID(), Manager: api.KeyManagerTypeAws,
		Spec: symmetricDefault, Usage: encryptDecrypt, Origin: api.OriginTypeAwsKms,
		Description: "Default key that protects my data of " + service + " when no other key is defined",
		Created:     now, State: api.KeyStateEnabled,
	}
	var err error
	if k.Policy, err = write(managedPolicy, k, service); err != nil {
		return "", err
	}
	k.Rotation.start(now, defaultPeriod)
	k.Materials = []Material{s.newMaterial(k, random(32))}
	a.Target = k.ID
	keys.Put(tx, k.key(), k)
	aliases.Put(tx, a.key(), a)
	return k.ARN(), nil
}

// refusal is an error as one of AWS, whatever went wrong.
func refusal(err error) *aws.Error {
	var e *aws.Error
	if err == nil || errors.As(err, &e) {
		return e
	}
	return aws.Errorf(aws.InternalFailure, "%v", err)
}
