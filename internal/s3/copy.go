package s3

import (
	"io"
	"net/url"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// CopyObject makes an object of another one. The data plane does it, unless
// a key of KMS encrypts one of the two.
func (s *Service) CopyObject(c *call.Call, in *api.CopyObjectInput) (*api.CopyObjectOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	if in.CopySourceSSECustomerAlgorithm != nil {
		return nil, errCustomerKeys
	}
	w, err := b.settle(c, *in.Key, settings{
		wish: wish{in.ServerSideEncryption, in.SSEKMSKeyId, in.SSEKMSEncryptionContext, in.SSECustomerAlgorithm, in.BucketKeyEnabled},
		acl:  in.ACL, fullControl: in.GrantFullControl, read: in.GrantRead, readACP: in.GrantReadACP, writeACP: in.GrantWriteACP,
		lockMode: in.ObjectLockMode, lockUntil: in.ObjectLockRetainUntilDate, legalHold: in.ObjectLockLegalHoldStatus,
		metadata: in.Metadata,
	})
	if err != nil {
		return nil, err
	}
	src, err := s.source(c, in.CopySource, conditions{in.CopySourceIfMatch, in.CopySourceIfNoneMatch, in.CopySourceIfModifiedSince, in.CopySourceIfUnmodifiedSince}, w.encryption.key != "")
	if err != nil {
		return nil, err
	}
	q := *in
	q.ObjectLockMode, q.ObjectLockRetainUntilDate = w.lockMode, w.lockUntil
	q.ACL, q.GrantFullControl, q.GrantRead, q.GrantReadACP, q.GrantWriteACP = nil, nil, nil, nil, nil
	q.SSEKMSKeyId, q.SSEKMSEncryptionContext, q.BucketKeyEnabled, q.RequestPayer = nil, nil, nil, nil
	q.ExpectedBucketOwner, q.ExpectedSourceBucketOwner = nil, nil
	var out *api.CopyObjectOutput
	var e *envelope
	if src.read() {
		out, e, err = s.copyThrough(c, b, src, &q, w.encryption)
	} else {
		q.ServerSideEncryption = nil
		out, err = forward[api.CopyObjectOutput](s, c, &q)
	}
	if err != nil {
		return nil, err
	}
	out.ServerSideEncryption, out.SSEKMSKeyId, out.BucketKeyEnabled = told(c, e, w.encryption.asked)
	out.SSEKMSEncryptionContext = e.contextHeader(b.Name, *in.Key)
	if err := s.settleACL(c, b, in, out.VersionId, w.acl); err != nil {
		return nil, err
	}
	s.notify(c, b, objectEvent{name: objectCopied, key: *in.Key, version: out.VersionId, etag: aws.Val(out.CopyObjectResult).ETag, size: src.size()})
	return out, nil
}

// source is what a copy is made of.
type source struct {
	CopySource
	bucket *Bucket
	// head is nil where the data plane copies by itself.
	head   *api.HeadObjectOutput
	object *encrypted // nil when no key of KMS encrypts it
}

// conditions are what a copy asks of its source.
type conditions struct {
	match, noneMatch *string
	since, notSince  *time.Time
}

// source looks at what is to be copied where the copy has to be read and
// written: when the copy will be encrypted, or the source is.
func (s *Service) source(c *call.Call, header *string, if_ conditions, encrypt bool) (*source, error) {
	from, err := ParseCopySource(aws.Val(header))
	if err != nil {
		return nil, err
	}
	src := &source{CopySource: from}
	if src.bucket, err = s.bucket(c, &from.Bucket); err != nil {
		return nil, err
	}
	if !encrypt && !src.bucket.Encrypts {
		return src, nil
	}
	in := &api.HeadObjectInput{
		Bucket: &from.Bucket, Key: &from.Key,
		IfMatch: if_.match, IfNoneMatch: if_.noneMatch, IfModifiedSince: if_.since, IfUnmodifiedSince: if_.notSince,
	}
	if from.Version != "" {
		in.VersionId = &from.Version
	}
	head, o, err := s.look(c.Ctx, in)
	switch {
	case aws.CodeOf(err) == "NotModified":
		return nil, aws.Errorf("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	case err != nil:
		return nil, err
	case encrypt || o != nil:
		src.head, src.object = head, o
	}
	return src, nil
}

// read reports whether the copy has to be read and written.
func (src *source) read() bool { return src.head != nil }

// size is that of the source, nil where nobody has looked.
func (src *source) size() *int64 {
	if src.head == nil {
		return nil
	}
	return src.head.ContentLength
}

// content reads n bytes of a source from an offset on.
func (s *Service) sourceContent(c *call.Call, src *source, w window) (io.ReadCloser, error) {
	if o := src.object; o != nil {
		k, err := s.openKey(c, src.bucket, src.Key, o.envelope)
		if err != nil {
			return nil, err
		}
		return s.content(c.Ctx, o, k, w.offset, w.n)
	}
	in := &api.GetObjectInput{Bucket: &src.Bucket, Key: &src.Key, VersionId: src.head.VersionId, IfMatch: src.head.ETag}
	if w.partial {
		in.Range = new(w.header())
	}
	out, err := forward[api.GetObjectOutput](s, c, in)
	if err != nil {
		return nil, err
	}
	return out.Body, nil
}

// copyThrough copies by reading and writing.
func (s *Service) copyThrough(c *call.Call, b *Bucket, src *source, in *api.CopyObjectInput, p plan) (*api.CopyObjectOutput, *envelope, error) {
	size := *src.head.ContentLength
	switch {
	case size > maxObject:
		return nil, nil, invalidRequest("The specified copy source is larger than the maximum allowable size for a copy source: %d", int64(maxObject))
	case src.CopySource == CopySource{b.Name, *in.Key, ""} && !changes(in):
		return nil, nil, invalidRequest("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	put, err := s.copyInput(c, src, in)
	if err != nil {
		return nil, nil, err
	}
	if put.Body, err = s.sourceContent(c, src, window{0, size, false}); err != nil {
		return nil, nil, err
	}
	defer put.Body.Close()
	written, e, err := s.put(c, b, put, p)
	if err != nil {
		return nil, nil, err
	}
	head, err := forward[api.HeadObjectOutput](s, c, &api.HeadObjectInput{Bucket: &b.Name, Key: in.Key, VersionId: written.VersionId})
	if err != nil {
		return nil, nil, err
	}
	return &api.CopyObjectOutput{
		VersionId: written.VersionId, CopySourceVersionId: src.head.VersionId,
		CopyObjectResult: &api.CopyObjectResult{
			ETag: written.ETag, LastModified: head.LastModified, ChecksumType: written.ChecksumType,
			ChecksumCRC32: written.ChecksumCRC32, ChecksumCRC32C: written.ChecksumCRC32C, ChecksumCRC64NVME: written.ChecksumCRC64NVME,
			ChecksumSHA1: written.ChecksumSHA1, ChecksumSHA256: written.ChecksumSHA256,
		},
	}, e, nil
}

// changes reports whether a copy of an object to itself makes a difference.
func changes(in *api.CopyObjectInput) bool {
	return aws.Val(in.MetadataDirective) == api.MetadataDirectiveReplace || aws.Val(in.TaggingDirective) == api.TaggingDirectiveReplace ||
		in.StorageClass != nil || in.WebsiteRedirectLocation != nil || in.ServerSideEncryption != nil || in.ChecksumAlgorithm != nil
}

// copyInput is the write that makes the copy, but for its content.
func (s *Service) copyInput(c *call.Call, src *source, in *api.CopyObjectInput) (*api.PutObjectInput, error) {
	put := &api.PutObjectInput{
		Bucket: in.Bucket, Key: in.Key, ContentLength: src.head.ContentLength, IfMatch: in.IfMatch, IfNoneMatch: in.IfNoneMatch,
		CacheControl: in.CacheControl, ContentDisposition: in.ContentDisposition, ContentEncoding: in.ContentEncoding,
		ContentLanguage: in.ContentLanguage, ContentType: in.ContentType, Expires: in.Expires, Metadata: in.Metadata,
		WebsiteRedirectLocation: in.WebsiteRedirectLocation, Tagging: in.Tagging, StorageClass: in.StorageClass,
		ObjectLockMode: in.ObjectLockMode, ObjectLockRetainUntilDate: in.ObjectLockRetainUntilDate,
		ObjectLockLegalHoldStatus: in.ObjectLockLegalHoldStatus, ChecksumAlgorithm: in.ChecksumAlgorithm,
	}
	if h := src.head; aws.Val(in.MetadataDirective) != api.MetadataDirectiveReplace {
		put.Metadata, put.CacheControl, put.ContentDisposition, put.ContentEncoding = h.Metadata, h.CacheControl, h.ContentDisposition, h.ContentEncoding
		put.ContentLanguage, put.ContentType, put.Expires = h.ContentLanguage, h.ContentType, h.Expires
	}
	if aws.Val(in.TaggingDirective) != api.TaggingDirectiveReplace && aws.Val(src.head.TagCount) > 0 {
		out, err := forward[api.GetObjectTaggingOutput](s, c, &api.GetObjectTaggingInput{Bucket: &src.Bucket, Key: &src.Key, VersionId: src.head.VersionId})
		if err != nil {
			return nil, err
		}
		tags := url.Values{}
		for _, tag := range out.TagSet {
			tags.Set(aws.Val(tag.Key), aws.Val(tag.Value))
		}
		put.Tagging = new(tags.Encode())
	}
	return put, nil
}

// settleACL gives a copy its own access control list. The list of what was
// copied has come with its tags.
func (s *Service) settleACL(c *call.Call, b *Bucket, in *api.CopyObjectInput, version *string, acl string) error {
	from, err := ParseCopySource(aws.Val(in.CopySource))
	if err != nil {
		return err
	}
	if source, ok := buckets.Get(c.State, from.Bucket); b.aclsDisabled() && (!ok || source.aclsDisabled()) {
		return nil
	}
	visible, before, _, err := s.tags(c, in.Bucket, in.Key, version)
	if err != nil || before == acl {
		return err
	}
	_, err = s.setTags(c, in.Bucket, in.Key, version, visible, acl)
	return err
}
