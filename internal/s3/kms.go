package s3

import (
	"errors"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// managedKey is the key of an account that is used where none is named.
const managedKey = "alias/aws/s3"

const kmsSource = "kms.amazonaws.com"

// viaService is what a key's policy sees of calls that S3 makes for others.
func (b *Bucket) viaService() string { return "s3." + b.Region + ".amazonaws.com" }

// wish is what a write asks of its encryption, in its headers.
type wish struct {
	method, keyID, context, customer *string
	bucketKey                        *bool
}

// plan is how a write will be encrypted: with a key of KMS, or, when key is
// "", with S3's own. asked says that the headers said so, and not the bucket.
type plan struct {
	key       string // as it was named
	context   map[string]string
	bucketKey bool
	asked     bool
}

// encryption decides how an object of the bucket is encrypted.
func (b *Bucket) encryption(key string, w wish) (plan, error) {
	if w.customer != nil {
		return plan{}, errCustomerKeys
	}
	method, rule := aws.Val(w.method), b.encryptionRule()
	kms := api.ServerSideEncryptionAwsKms
	switch {
	case method == "" && w.keyID == nil && w.context == nil:
		p := plan{bucketKey: aws.Val(rule.BucketKeyEnabled)}
		if d := rule.ApplyServerSideEncryptionByDefault; aws.Val(d.SSEAlgorithm) == kms {
			p.key = managedKey
			if d.KMSMasterKeyID != nil {
				p.key = *d.KMSMasterKeyID
			}
			if w.bucketKey != nil {
				p.bucketKey = *w.bucketKey
			}
		}
		return p, nil
	case method == api.ServerSideEncryptionAwsKmsDsse:
		return plan{}, errDualLayer
	case method == kms:
	case method != "" && method != api.ServerSideEncryptionAes256:
		return plan{}, invalidArgument("x-amz-server-side-encryption", method, "The encryption method specified is not supported")
	case w.keyID != nil || w.context != nil:
		return plan{}, invalidArgument("x-amz-server-side-encryption", method,
			"Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms")
	default:
		return plan{asked: true}, nil
	}
	p := plan{key: managedKey, bucketKey: aws.Val(rule.BucketKeyEnabled), asked: true}
	if aws.Val(w.keyID) != "" {
		p.key = *w.keyID
	}
	if w.bucketKey != nil {
		p.bucketKey = *w.bucketKey
	}
	var err error
	p.context, err = readContext(w.context, b.Name, key)
	return p, err
}

var (
	errCustomerKeys = notImplemented("Server-side encryption with customer-provided keys (SSE-C) is not available.")
	errDualLayer    = notImplemented("Dual-layer server-side encryption (aws:kms:dsse) is not available. Use aws:kms.")
	errNoKMS        = aws.Errorf("KMS.NotFoundException", "AWS KMS is not available: objects are encrypted with AES256.")
)

// applied is what a record says of the encryption of an object.
func (e *envelope) applied(asked bool) string {
	switch {
	case e == nil && asked:
		return "SSE_S3"
	case e == nil:
		return "Default_SSE_S3"
	case asked:
		return "SSE_KMS"
	}
	return "Default_SSE_KMS"
}

// newKey makes the data key of an object that a caller writes, if the caller
// may use the key that it, or the bucket, names. The envelope is nil for an
// object that no key of KMS encrypts.
func (s *Service) newKey(c *call.Call, b *Bucket, key string, p plan) (dataKey, *envelope, error) {
	if p.key == "" {
		return nil, nil, nil
	}
	if s.Keys == nil {
		return nil, nil, errNoKMS
	}
	k, e, err := s.generateKey(c, c.State, b, key, p)
	if p.key == managedKey && aws.CodeOf(err) == "KMS.NotFoundException" && c.Account() != "" {
		events := c.Events // but for those of a transaction that runs again
		err = s.Update(c.Ctx, func(tx *store.Tx) (err error) {
			c.Events = events
			if _, err = s.Keys.ManagedKey(tx, c.Time, c.Account(), b.Region, "s3"); err == nil {
				k, e, err = s.generateKey(c, tx, b, key, p)
			}
			return err
		})
	}
	if err != nil {
		return nil, nil, err
	}
	return k, e, s.markEncrypted(c.Ctx, b)
}

func (s *Service) generateKey(c *call.Call, r store.Reader, b *Bucket, key string, p plan) (dataKey, *envelope, error) {
	e := &envelope{Context: p.context, BucketKey: p.bucketKey}
	context := e.context(b.Name, key)
	t, err := s.allowKey(c, r, b, p.key, "GenerateDataKey", context)
	if err != nil {
		return nil, nil, err
	}
	plaintext, sealed, failed := s.Keys.GenerateDataKey(r, t.Resource, context)
	if failed != nil {
		return nil, nil, kmsError(failed)
	}
	e.KeyARN, e.DataKey = t.Resource, sealed
	return plaintext, e, nil
}

// openKey opens the data key of an object for a caller who may.
func (s *Service) openKey(c *call.Call, b *Bucket, key string, e *envelope) (dataKey, error) {
	if s.Keys == nil {
		return nil, errNoKMS
	}
	context := e.context(b.Name, key)
	if _, err := s.allowKey(c, c.State, b, e.KeyARN, "Decrypt", context); err != nil {
		return nil, err
	}
	plaintext, _, failed := s.Keys.Decrypt(c.State, e.DataKey, context)
	if failed != nil {
		return nil, kmsError(failed)
	}
	return plaintext, nil
}

// allowKey asks whether the caller may use a key through S3. The use is a
// call of KMS that the caller finds in its log, and the key's owner in its.
func (s *Service) allowKey(c *call.Call, r store.Reader, b *Bucket, key, action string, context map[string]string) (call.Target, error) {
	t, failed := s.Keys.Target(r, key, c.Account(), b.Region, "kms:"+action, context, b.viaService())
	if failed != nil {
		return t, kmsError(failed)
	}
	err := c.Allow(t)
	var refused *aws.Error
	if errors.As(err, &refused) {
		refused = kmsError(refused)
		err = refused
	}
	owner := t.Owner
	if owner == "" {
		owner = c.Account()
	}
	c.EmitEach(keyEvent(b, owner, action, t, context, refused), c.Account(), owner)
	return t, err
}

func keyEvent(b *Bucket, owner, action string, t call.Target, context map[string]string, err *aws.Error) call.Event {
	request := map[string]any{"encryptionContext": context}
	if action == "GenerateDataKey" {
		request["keyId"], request["keySpec"] = t.Resource, "AES_256"
	} else {
		request["encryptionAlgorithm"] = "SYMMETRIC_DEFAULT"
	}
	return call.Event{
		Type: "AwsApiCall", Source: kmsSource, Name: action, Region: b.Region,
		ReadOnly: true, Inside: true, Request: request, Err: err,
		Resources: []call.Resource{{Account: owner, Type: "AWS::KMS::Key", ARN: t.Resource}},
	}
}

// admitsKey decides whether a key's policy lets a service encrypt an object
// for a source. With a bucket key it has to let the service decrypt, too. It
// returns the envelope of the object, which lacks its data key.
func (s *Service) admitsKey(r store.Reader, b *Bucket, key string, p plan, from call.Source) (*envelope, *aws.Error) {
	if s.Keys == nil {
		return nil, errNoKMS
	}
	e := &envelope{Context: p.context, BucketKey: p.bucketKey}
	actions := []string{"kms:GenerateDataKey"}
	if p.bucketKey {
		actions = append(actions, "kms:Decrypt")
	}
	for _, action := range actions {
		t, failed := s.Keys.Target(r, p.key, b.Account, b.Region, action, e.context(b.Name, key), b.viaService())
		if failed != nil {
			return nil, kmsError(failed)
		}
		var rcps [][]policy.Attached
		if s.ResourceControls != nil {
			rcps = s.ResourceControls(r, t.Owner)
		}
		if failed := from.Ask(t, b.Region, s.Now(), rcps); failed != nil {
			return nil, kmsError(failed)
		}
		e.KeyARN = t.Resource
	}
	return e, nil
}

// newKeyFor is newKey for a service that works for a source.
func (s *Service) newKeyFor(r store.Reader, b *Bucket, key string, p plan, from call.Source) (dataKey, *envelope, *aws.Error) {
	e, failed := s.admitsKey(r, b, key, p, from)
	if failed != nil {
		return nil, nil, failed
	}
	plaintext, sealed, failed := s.Keys.GenerateDataKey(r, e.KeyARN, e.context(b.Name, key))
	if failed != nil {
		return nil, nil, kmsError(failed)
	}
	e.DataKey = sealed
	return plaintext, e, nil
}
