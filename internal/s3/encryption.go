package s3

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// defaultEncryption is the rule of a bucket that was given none.
func defaultEncryption() *api.ServerSideEncryptionRule {
	return &api.ServerSideEncryptionRule{
		ApplyServerSideEncryptionByDefault: &api.ServerSideEncryptionByDefault{SSEAlgorithm: new(api.ServerSideEncryptionAes256)},
		BucketKeyEnabled:                   new(false),
	}
}

// encryptionRule is the rule of the bucket. There always is one.
func (b *Bucket) encryptionRule() *api.ServerSideEncryptionRule {
	if b.Encryption == nil {
		return defaultEncryption()
	}
	return b.Encryption
}

// GetBucketEncryption shows the rule by which new objects are encrypted.
func (s *Service) GetBucketEncryption(c *call.Call, in *api.GetBucketEncryptionInput) (*api.GetBucketEncryptionOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	return &api.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: &api.ServerSideEncryptionConfiguration{
		Rules: []api.ServerSideEncryptionRule{*b.encryptionRule()},
	}}, nil
}

// PutBucketEncryption sets the rule. Whether its key can be used is found out
// by whoever writes.
func (s *Service) PutBucketEncryption(c *call.Call, in *api.PutBucketEncryptionInput) (*api.PutBucketEncryptionOutput, error) {
	rules := aws.Val(in.ServerSideEncryptionConfiguration).Rules
	if len(rules) != 1 {
		return nil, malformedXML()
	}
	rule := rules[0]
	if rule.ApplyServerSideEncryptionByDefault == nil {
		rule.ApplyServerSideEncryptionByDefault = defaultEncryption().ApplyServerSideEncryptionByDefault
	}
	if rule.BucketKeyEnabled == nil {
		rule.BucketKeyEnabled = new(false)
	}
	if err := s.checkDefaultEncryption(rule.ApplyServerSideEncryptionByDefault); err != nil {
		return nil, err
	}
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.Encryption = &rule
		b.Encrypts = b.Encrypts || *rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm == api.ServerSideEncryptionAwsKms
		return nil
	})
}

func (s *Service) checkDefaultEncryption(e *api.ServerSideEncryptionByDefault) error {
	switch algorithm := aws.Val(e.SSEAlgorithm); {
	case algorithm == "":
		return malformedXML()
	case algorithm == api.ServerSideEncryptionAwsKmsDsse:
		return errDualLayer
	case algorithm == api.ServerSideEncryptionAwsKms && s.Keys == nil:
		return errNoKMS
	case algorithm == api.ServerSideEncryptionAwsKms && e.KMSMasterKeyID != nil && *e.KMSMasterKeyID == "":
		return malformedXML()
	case algorithm == api.ServerSideEncryptionAwsKms:
		return nil
	case algorithm != api.ServerSideEncryptionAes256:
		return malformedXML()
	case e.KMSMasterKeyID != nil:
		return invalidArgument("ApplyServerSideEncryptionByDefault", *e.KMSMasterKeyID,
			"a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
	}
	return nil
}

// DeleteBucketEncryption goes back to AES256.
func (s *Service) DeleteBucketEncryption(c *call.Call, in *api.DeleteBucketEncryptionInput) (*api.DeleteBucketEncryptionOutput, error) {
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.Encryption = nil
		return nil
	})
}
