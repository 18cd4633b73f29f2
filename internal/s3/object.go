package s3

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// forward makes a call of the data plane.
func forward[O any](s *Service, c *call.Call, in wire.Shape) (*O, error) {
	out, err := s.Plane.Do(c.Ctx, in)
	if err != nil {
		return nil, err
	}
	return any(out).(*O), nil
}

// PutObject writes an object. The body is streamed through.
func (s *Service) PutObject(c *call.Call, in *api.PutObjectInput) (*api.PutObjectOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	if err := checkObjectEncryption(in.ServerSideEncryption, in.SSECustomerAlgorithm); err != nil {
		return nil, err
	}
	if in.WriteOffsetBytes != nil {
		return nil, notImplemented("Appending to objects is not available.")
	}
	q := *in
	acl, err := b.writtenACL(in.ACL, nil, in.GrantFullControl, in.GrantRead, in.GrantReadACP, nil, in.GrantWriteACP)
	if err != nil {
		return nil, err
	}
	q.Tagging = withACL(in.Tagging, acl)
	if q.ObjectLockMode, q.ObjectLockRetainUntilDate, err = b.retention(c, in.ObjectLockMode, in.ObjectLockRetainUntilDate, in.ObjectLockLegalHoldStatus); err != nil {
		return nil, err
	}
	q.ACL, q.GrantFullControl, q.GrantRead, q.GrantReadACP, q.GrantWriteACP = nil, nil, nil, nil, nil
	q.ServerSideEncryption, q.BucketKeyEnabled, q.RequestPayer, q.ExpectedBucketOwner = nil, nil, nil, nil
	out, err := forward[api.PutObjectOutput](s, c, &q)
	if err != nil {
		return nil, err
	}
	out.ServerSideEncryption, out.Size = encrypted(c, in.ServerSideEncryption), nil
	return out, nil
}

// GetObject reads an object. The body of the output is the data plane's own
// stream.
func (s *Service) GetObject(c *call.Call, in *api.GetObjectInput) (*api.GetObjectOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	if err := checkObjectEncryption(nil, in.SSECustomerAlgorithm); err != nil {
		return nil, err
	}
	if in.Range != nil && in.PartNumber != nil {
		return nil, invalidRequest("Cannot specify both Range header and partNumber query parameter")
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner = nil, nil
	out, err := forward[api.GetObjectOutput](s, c, &q)
	if err != nil {
		return nil, err
	}
	out.ServerSideEncryption = encrypted(c, nil)
	out.TagCount = s.tagCount(c, b, in.Key, in.VersionId, out.TagCount)
	c.Additional["bytesTransferredOut"] = aws.Val(out.ContentLength)
	return out, nil
}

// HeadObject reads what is known of an object.
func (s *Service) HeadObject(c *call.Call, in *api.HeadObjectInput) (*api.HeadObjectOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	if err := checkObjectEncryption(nil, in.SSECustomerAlgorithm); err != nil {
		return nil, err
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner = nil, nil
	out, err := forward[api.HeadObjectOutput](s, c, &q)
	if err != nil {
		return nil, err
	}
	out.ServerSideEncryption = encrypted(c, nil)
	out.TagCount = s.tagCount(c, b, in.Key, in.VersionId, out.TagCount)
	return out, nil
}

// GetObjectAttributes reads the attributes of an object that are asked for.
func (s *Service) GetObjectAttributes(c *call.Call, in *api.GetObjectAttributesInput) (*api.GetObjectAttributesOutput, error) {
	if _, err := s.bucket(c, in.Bucket); err != nil {
		return nil, err
	}
	if err := checkObjectEncryption(nil, in.SSECustomerAlgorithm); err != nil {
		return nil, err
	}
	q := *in
	q.RequestPayer, q.ExpectedBucketOwner = nil, nil
	return forward[api.GetObjectAttributesOutput](s, c, &q)
}

// checkObjectEncryption refuses what is not encrypted with S3's own keys.
func checkObjectEncryption(method, customer *string) error {
	switch {
	case customer != nil:
		return notImplemented("Server-side encryption with customer-provided keys (SSE-C) is not available.")
	case method == nil || *method == api.ServerSideEncryptionAes256:
		return nil
	case *method == api.ServerSideEncryptionAwsKms || *method == api.ServerSideEncryptionAwsKmsDsse:
		return aws.Errorf("KMS.NotFoundException", "AWS KMS is not available: objects are encrypted with AES256.")
	}
	return invalidArgument("x-amz-server-side-encryption", *method, "The encryption method specified is not supported")
}

// encrypted is what an answer says of the encryption of an object. The record
// tells whether the caller asked for it.
func encrypted(c *call.Call, asked *string) *string {
	if c.Additional == nil {
		c.Additional = map[string]any{}
	}
	c.Additional["SSEApplied"] = "Default_SSE_S3"
	if asked != nil {
		c.Additional["SSEApplied"] = "SSE_S3"
	}
	return new(api.ServerSideEncryptionAes256)
}
