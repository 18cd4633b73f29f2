package s3

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// CopyObject makes an object of another one.
func (s *Service) CopyObject(c *call.Call, in *api.CopyObjectInput) (*api.CopyObjectOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	if err := checkObjectEncryption(in.ServerSideEncryption, in.SSECustomerAlgorithm); err != nil {
		return nil, err
	}
	if err := checkObjectEncryption(nil, in.CopySourceSSECustomerAlgorithm); err != nil {
		return nil, err
	}
	q := *in
	acl, err := b.writtenACL(in.ACL, nil, in.GrantFullControl, in.GrantRead, in.GrantReadACP, nil, in.GrantWriteACP)
	if err != nil {
		return nil, err
	}
	if q.ObjectLockMode, q.ObjectLockRetainUntilDate, err = b.retention(c, in.ObjectLockMode, in.ObjectLockRetainUntilDate, in.ObjectLockLegalHoldStatus); err != nil {
		return nil, err
	}
	q.ACL, q.GrantFullControl, q.GrantRead, q.GrantReadACP, q.GrantWriteACP = nil, nil, nil, nil, nil
	q.ServerSideEncryption, q.BucketKeyEnabled, q.RequestPayer = nil, nil, nil
	q.ExpectedBucketOwner, q.ExpectedSourceBucketOwner = nil, nil
	out, err := forward[api.CopyObjectOutput](s, c, &q)
	if err != nil {
		return nil, err
	}
	out.ServerSideEncryption = encrypted(c, in.ServerSideEncryption)
	return out, s.settleACL(c, b, in, out.VersionId, acl)
}

// settleACL gives a copy its own access control list. The list of what was
// copied has come with its tags.
func (s *Service) settleACL(c *call.Call, b *Bucket, in *api.CopyObjectInput, version *string, acl string) error {
	from, err := ParseCopySource(aws.Val(in.CopySource))
	if err != nil {
		return err
	}
	if source, ok := buckets.Get(c.State, from.Bucket); b.ACLsDisabled() && (!ok || source.ACLsDisabled()) {
		return nil
	}
	visible, before, _, err := s.tags(c, in.Bucket, in.Key, version)
	if err != nil || before == acl {
		return err
	}
	_, err = s.setTags(c, in.Bucket, in.Key, version, visible, acl)
	return err
}
